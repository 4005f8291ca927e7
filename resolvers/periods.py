"""Periods that end by themselves: deactivations, memberships, roles, ways in, kept answers."""

from datetime import datetime
from uuid import UUID, uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import (
    Activation,
    Actor,
    ActorKind,
    Change,
    Group,
    GroupMember,
    KeptAnswer,
    RoleAssignment,
    User,
    UserStatus,
)
from models.activations import ENDS
from models.history import record
from models.idempotency import KEPT_FOR
from models.refusals import Refusal
from policies import Policy
from resolvers import activations, authenticators, roles
from resolvers.telling import tell_of

RAN_OUT = f"""
select id from activation where used_at is null and not has_run_out and {ENDS} <= $1 order by {ENDS}
"""


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
    for key in await RoleAssignment.filter(until_on__lt=day).values_list("id", flat=True):
        await end_role(reach, key)


async def tell_what_ran_out(reach: Gateways, policy: Policy) -> None:
    """Tells those who can renew it of each way in that has run out unused."""
    now = reach.clock.now()
    for row in await get_connection("default").execute_query_dict(RAN_OUT, [now]):
        await tell_that_it_ran_out(reach, policy, row["id"], now)


async def tell_that_it_ran_out(reach: Gateways, policy: Policy, key: UUID, now: datetime) -> None:
    """Tells of one way in, unless it was used, renewed or told of meanwhile."""
    async with in_transaction():
        activation = await Activation.locked_or_none(id=key)
        if activation is None or not activation.run_out(now):
            return
        await activation.save()
        user = await User.get(id=activation.user_id)
        here, permission = user.organisation_id, "user:resend_activation"
        renewing = await roles.holders(policy, here, today(now), permission)
        await tell_of(reach, renewing, "activation_ran_out", user, person=user.name)


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
        users = await User.filter(id=member.user_id)
        await tell_of(reach, users, "member_removed", group, group=group.name)
        await record(ended, await Actor.named(member.organisation_id, ActorKind.SYSTEM, "Segl"))


async def end_role(reach: Gateways, key: object) -> None:
    """Takes a role whose last day is over, unless it was taken or given anew meanwhile."""
    now = reach.clock.now()
    async with in_transaction():
        held = await RoleAssignment.get_or_none(id=key)
        if held is None:
            return
        user = await User.locked(id=held.user_id)  # as whoever gives and takes roles does first
        held = await RoleAssignment.get_or_none(id=key)
        if held is None or not held.is_over(today(now)):
            return
        ended = Change("role:remove", "removeRole", now, uuid4())
        ended.begin()
        await roles.end(held, user)
        await tell_of(reach, [user], "role_removed", user, role=held.role)
        await record(ended, await Actor.named(user.organisation_id, ActorKind.SYSTEM, "Segl"))
