"""Periods that begin and end by themselves: planned deactivations, and the return from them."""

from uuid import uuid4

from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import Actor, ActorKind, Change, User, UserStatus
from models.history import record
from models.refusals import Refusal
from resolvers import activations


async def turn(reach: Gateways) -> None:
    """Deactivates whose period has begun, and lets those return whose period has ended."""
    day = today(reach.clock.now())
    waiting = (UserStatus.ACTIVE, UserStatus.AWAITING_ACTIVATION)
    begun = User.filter(deactivated_from__lte=day, status__in=waiting)
    ended = User.filter(deactivated_until__lt=day, status=UserStatus.DEACTIVATED)
    for key in await begun.values_list("id", flat=True):
        await change(reach, key, "user:deactivate", "deactivateUser")
    for key in await ended.values_list("id", flat=True):
        await change(reach, key, "user:reactivate", "reactivateUser")


async def change(reach: Gateways, key: object, activity: str, operation: str) -> None:
    """Makes one transition, if it is still due when the user is locked."""
    now = reach.clock.now()
    async with in_transaction():
        user = await User.select_for_update().get(id=key)
        started = Change(activity, operation, now, uuid4(), user.deactivation_reason)
        started.begin()
        try:
            if operation == "deactivateUser":
                user.begin_deactivation(today(now))
                await activations.void(user)
            else:
                user.end_deactivation(today(now))
        except Refusal:
            return
        await user.save()
        actor = await Actor.named(user.organisation_id, ActorKind.SYSTEM, "Segl")
        await record(started, actor)
