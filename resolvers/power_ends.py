"""How powers of attorney end: by one of the sides, by their last day, or with their only user."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import (
    Actor,
    ActorKind,
    Change,
    DelegationGroup,
    DelegationGroupPower,
    DelegationGroupUser,
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyStatus,
    PowerOfAttorneyUser,
    Request,
    User,
)
from models.history import record, record_fetched
from models.powers import users_of
from policies import Policy
from resolvers import roles
from resolvers.context import Context
from resolvers.naming import note
from resolvers.rights import told_day
from resolvers.telling import tell_of

Tell = Callable[..., Awaitable[Any]]

ADMINISTERING = ("power_of_attorney:decide", "power_of_attorney:revoke")
# An organisation that has come to be finds what was granted to its number before.
ARRIVED = """
select p.id, o.id as grantee_id from power_of_attorney p
join organisation o on o.cvr_number = p.grantee_cvr_number where p.grantee_id is null
"""


async def administrators(policy: Policy, organisation_id: UUID, day: date) -> list[User]:
    """The active users of one side who look after its powers of attorney."""
    found = [
        user
        for permission in ADMINISTERING
        for user in await roles.holders(policy, organisation_id, day, permission)
    ]
    return list({one.id: one for one in found}.values())


async def end(
    context: Context, power: PowerOfAttorney, status: PowerOfAttorneyStatus, reason: str | None
) -> None:
    """Ends a power of attorney as whoever asks, and tells the others."""
    by = await context.actor()
    power.end(status, context.now, by)
    await close(power, by, context.today, context.policy, context.tell, reason)


async def close(
    power: PowerOfAttorney,
    by: Actor,
    day: date,
    policy: Policy,
    tell: Tell,
    reason: str | None = None,
) -> None:
    """Stores that a power has ended, takes it out of its delegation groups, and tells both sides
    and whoever could use it.
    """
    users = await User.filter(id__in=await users_of(power.id)).order_by("id")
    await power.save()
    await DelegationGroupPower.filter(power_of_attorney_id=power.id).delete()
    for side, names in (await names_of(power)).items():
        here = [one for one in users if one.organisation_id == side]
        told = [*await administrators(policy, side, day), *here]
        others = {one.id: one for one in told if one.id != by.user_id}
        await tell([*others.values()], "power_ended", power, reason=reason, **names)


async def names_of(power: PowerOfAttorney) -> dict[UUID, dict[str, Any]]:
    """What the people of each side are told of a power; the grantor's learn no more of the grantee
    than they can read.
    """
    grantor = await Organisation.get(id=power.organisation_id)
    grantee = await Organisation.get_or_none(id=power.grantee_id)
    is_known = power.is_personal or await Request.exists(power_of_attorney_id=power.id)
    common = {"power": power.name, "grantor": grantor.name, "last_day": told_day(power.until_on)}
    name = grantee.name if grantee and is_known else power.grantee_cvr_number
    named = {grantor.id: {**common, "grantee": name}}
    return named | ({grantee.id: {**common, "grantee": grantee.name}} if grantee else {})


async def leave(context: Context, user: User) -> tuple[list[Any], list[Any]]:
    """Takes a user who is deleted out of the powers and delegation groups that it could use; what
    it alone could use ends.
    """
    mine = {"grantee_user_id": user.id, "status": PowerOfAttorneyStatus.ACTIVE}
    own = await PowerOfAttorney.filter(**mine).order_by("id").select_for_update(no_key=True)
    powers = await PowerOfAttorney.filter(users__user_id=user.id).order_by("id")
    groups = await DelegationGroup.filter(users__user_id=user.id).order_by("id")
    Change.under_way().touch(user)
    for field, things in (("powersOfAttorney", powers), ("delegationGroups", groups)):
        for thing in things:
            note([user], field, thing.known_as, None)
    await PowerOfAttorneyUser.filter(user_id=user.id).delete()
    await DelegationGroupUser.filter(user_id=user.id).delete()
    for power in own:
        await end(context, power, PowerOfAttorneyStatus.REVOKED, None)
    return [*own, *powers], list(groups)


async def turn(reach: Gateways, policy: Policy) -> None:
    """Records what has had its last day, and hands over what has waited for its grantee."""
    day = today(reach.clock.now())
    over = PowerOfAttorney.filter(status=PowerOfAttorneyStatus.ACTIVE, until_on__lt=day)
    for key in await over.order_by("until_on").values_list("id", flat=True):
        await expire(reach, policy, key)
    for row in await get_connection("default").execute_query_dict(ARRIVED):
        await hand_over(reach, policy, row["id"], row["grantee_id"])


async def expire(reach: Gateways, policy: Policy, key: object) -> None:
    """Records that a power's last day is over, unless it has ended meanwhile."""
    now = reach.clock.now()
    async with in_transaction():
        power = await PowerOfAttorney.locked(id=key)
        if power.status is not PowerOfAttorneyStatus.ACTIVE or not power.is_over(today(now)):
            return
        change = Change("power_of_attorney:revoke", "expirePowerOfAttorney", now, uuid4())
        change.begin()
        actor = await Actor.named(power.organisation_id, ActorKind.SYSTEM, "Segl")
        power.end(PowerOfAttorneyStatus.EXPIRED, now, actor)
        await close(power, actor, today(now), policy, partial(tell_of, reach))
        await record(change, actor)


async def hand_over(reach: Gateways, policy: Policy, key: object, grantee_id: UUID) -> None:
    """Shows an organisation what was granted to its number before it came to be.

    The grantor is not told: nothing that it reads of the power changes by it.
    """
    now = reach.clock.now()
    async with in_transaction():
        power = await PowerOfAttorney.locked(id=key)
        if power.grantee_id is not None:
            return
        power.grantee_id = grantee_id
        await PowerOfAttorney.filter(id=power.id).update(grantee_id=grantee_id)
        change = Change("power_of_attorney:grant", "grantPowerOfAttorney", now, uuid4())
        actor = await Actor.named(grantee_id, ActorKind.SYSTEM, "Segl")
        await record_fetched(change, actor, power)
        told = await administrators(policy, grantee_id, today(now))
        names = (await names_of(power))[grantee_id]
        await tell_of(reach, told, "power_granted", power, **names)
