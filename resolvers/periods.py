"""Periods that begin and end by themselves: deactivations, and how long answers are kept."""

from uuid import uuid4

from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import Actor, ActorKind, Change, Group, GroupMember, KeptAnswer, User, UserStatus
from models.history import record
from models.idempotency import KEPT_FOR
from models.refusals import Refusal
from resolvers import activations, authenticators
from resolvers.telling import tell_one


async def turn(reach: Gateways) -> None:
    """Deactivates whose period has begun, and ends what has had its last day."""
    day = today(reach.clock.now())
    waiting = (UserStatus.ACTIVE, UserStatus.AWAITING_ACTIVATION)
    begun = User.filter(deactivated_from__lte=day, status__in=waiting)
    ended = User.filter(deactivated_until__lt=day, status=UserStatus.DEACTIVATED)
    for key in await begun.values_list("id", flat=True):
        await change(reach, key, "user:deactivate", "deactivateUser")
    for key in await ended.values_list("id", flat=True):
        await change(reach, key, "user:reactivate", "reactivateUser")
    for key in await GroupMember.filter(until_on__lt=day).values_list("id", flat=True):
        await end_membership(reach, key)


async def forget(reach: Gateways) -> None:
    """Deletes the answers that are no longer kept for a repeat."""
    await KeptAnswer.filter(kept_at__lt=reach.clock.now() - KEPT_FOR).delete()


async def change(reach: Gateways, key: object, activity: str, operation: str) -> None:
    """Makes one transition, if it is still due when the user is locked."""
    now = reach.clock.now()
    async with in_transaction():
        user = await User.locked_or_none(id=key)
        if user is None:
            return
        started = Change(activity, operation, now, uuid4(), user.deactivation_reason)
        started.begin()
        try:
            if operation == "deactivateUser":
                user.begin_deactivation(today(now))
                await activations.void(user)
                await authenticators.void_codes(user)
            else:
                user.end_deactivation(today(now))
        except Refusal:
            return
        await user.save()
        actor = await Actor.named(user.organisation_id, ActorKind.SYSTEM, "Segl")
        await record(started, actor)


async def end_membership(reach: Gateways, key: object) -> None:
    """Ends a membership whose last day is over, unless it has ended meanwhile."""
    now = reach.clock.now()
    async with in_transaction():
        member = await GroupMember.locked_or_none(id=key)
        if member is None:
            return
        ended = Change("group:remove_member", "removeGroupMembers", now, uuid4())
        ended.begin()
        await member.delete()
        group = await Group.get(id=member.group_id)
        await tell_one(reach, member.user_id, "member_removed", group, group=group.name)
        await record(ended, await Actor.named(member.organisation_id, ActorKind.SYSTEM, "Segl"))
