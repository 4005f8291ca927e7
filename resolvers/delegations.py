"""Delegation groups: received powers of attorney, bundled for the same users."""

from collections.abc import Iterable
from typing import Any, TypedDict
from uuid import UUID

from typing_extensions import Unpack

from models import (
    DelegationGroup,
    DelegationGroupPower,
    DelegationGroupUser,
    PowerOfAttorney,
    User,
)
from models.refusals import Conflict, Invalid, NotFound
from models.texts import Title
from resolvers.context import Context, Id, checked_by
from resolvers.naming import ids, leavers, nameable, newcomers, note, note_rest


class DelegationAlterations(TypedDict, total=False):
    """What can be altered of a delegation group.

    name: The name.
    power_of_attorney_ids: The received powers of attorney, all of them.
    """

    name: Title
    power_of_attorney_ids: list[Id]


async def create(context: Context, name: Title, power_of_attorney_ids: list[Id]) -> DelegationGroup:
    """Bundle received powers of attorney.

    name: The name.
    power_of_attorney_ids: The received powers of attorney.
    delegation_group: The new delegation group.
    """
    await must_be_free(context, name)
    group = DelegationGroup(organisation_id=context.organisation_id, name=name)
    await group.save()
    await bundle(context, group, power_of_attorney_ids)
    return group


async def update(
    context: Context, delegation_group: DelegationGroup, **given: Unpack[DelegationAlterations]
) -> DelegationGroup:
    """Rename a delegation group or change what it bundles.

    delegation_group: The delegation group as it is now.
    """
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    if "name" in given:
        await must_be_free(context, given["name"], besides=delegation_group)
        delegation_group.name = given["name"]
    if "power_of_attorney_ids" in given:
        await bundle(context, delegation_group, given["power_of_attorney_ids"])
    await delegation_group.save()
    return delegation_group


async def delete(context: Context, delegation_group: DelegationGroup) -> DelegationGroup:
    """Delete a delegation group; the powers of attorney stay.

    delegation_group: The delegation group as it was.
    """
    theirs = User.filter(delegations__delegation_group_id=delegation_group.id)
    users = await theirs.order_by("id")
    await delegation_group.delete()
    await tell_users(context, delegation_group, users, "bundle_closed", delegation_group.name, None)
    return delegation_group


@checked_by(nameable)
async def add_users(
    context: Context, delegation_group: DelegationGroup, user_ids: list[Id]
) -> DelegationGroup:
    """Let users use all that a delegation group bundles.

    user_ids: The users, at most 1,000.
    delegation_group: The delegation group with its users.
    """
    group = delegation_group
    users = await newcomers(context, user_ids, await named(group))
    here = {"organisation_id": group.organisation_id, "delegation_group_id": group.id}
    await DelegationGroupUser.bulk_create(
        [DelegationGroupUser(**here, user_id=one.id) for one in users]
    )
    await group.save()
    await tell_users(context, group, users, "bundle_opened", None, group.name)
    return group


@checked_by(nameable)
async def remove_users(
    context: Context, delegation_group: DelegationGroup, user_ids: list[Id]
) -> DelegationGroup:
    """Let users no longer use what a delegation group bundles.

    user_ids: The users, at most 1,000.
    delegation_group: The delegation group with its users.
    """
    group = delegation_group
    users = await leavers(user_ids, await named(group))
    gone = [one.id for one in users]
    await DelegationGroupUser.filter(delegation_group_id=group.id, user_id__in=gone).delete()
    await group.save()
    await tell_users(context, group, users, "bundle_closed", group.name, None)
    return group


async def must_be_free(context: Context, name: str, besides: DelegationGroup | None = None) -> None:
    """Refuses a name that another delegation group bears, in whatever case."""
    await context.organisation_locked()
    others = DelegationGroup.filter(organisation_id=context.organisation_id, name__iexact=name)
    if await (others.exclude(id=besides.id) if besides else others).exists():
        raise Conflict("NAME_TAKEN", path=("name",))


async def bundle(context: Context, group: DelegationGroup, keys: list[Id]) -> None:
    """Makes these the powers that a group bundles.

    Only those that come to it are locked: what ends meanwhile takes itself out of the group.
    """
    those = DelegationGroupPower.filter(delegation_group_id=group.id)
    present: Any = await those.values_list("power_of_attorney_id", flat=True)
    wanted = dict.fromkeys(ids(keys))
    coming = [one for one in wanted if one not in present]
    locked = PowerOfAttorney.filter(id__in=coming).order_by("id").select_for_update(no_key=True)
    powers = {one.id: one for one in await locked}
    for at, key in enumerate(keys):
        one: Any = next(ids([key]), None)
        if one not in present:
            must_be_bundled(context, powers.get(one), "powerOfAttorneyIds", at)
    leaving = set(present) - set(wanted)
    before = await names_of(present)
    await those.filter(power_of_attorney_id__in=leaving).delete()
    here = {"organisation_id": group.organisation_id, "delegation_group_id": group.id}
    await DelegationGroupPower.bulk_create(
        [DelegationGroupPower(**here, power_of_attorney_id=one) for one in coming]
    )
    if coming or leaving:
        note_rest(group, "powersOfAttorney", before, await names_of(wanted))


def must_be_bundled(context: Context, power: PowerOfAttorney | None, *path: str | int) -> None:
    """Refuses what is not known here, was not received, is one person's, or is not in force."""
    if power is None or context.organisation_id not in power.homes:
        raise NotFound(path=path)
    if power.grantee_id != context.organisation_id:
        raise Conflict("MORE_THAN_RECEIVED", path=path, current=power)
    try:
        power.must_be_for_all()
        power.must_be_active(context.today)
    except Conflict as refusal:
        raise refusal.under(*path) from None


async def names_of(keys: Iterable[UUID]) -> list[str]:
    """What some powers are called, sorted."""
    found: Any = PowerOfAttorney.filter(id__in=[*keys]).order_by("name", "id")
    return [*await found.values_list("name", flat=True)]


async def named(group: DelegationGroup) -> list[Any]:
    """The ids of a group's users."""
    those = DelegationGroupUser.filter(delegation_group_id=group.id)
    return await those.values_list("user_id", flat=True)


async def tell_users(
    context: Context,
    group: DelegationGroup,
    users: list[User],
    event: str,
    old: str | None,
    new: str | None,
) -> None:
    """Tells users that came to a group or left it, and their histories."""
    note(users, "delegationGroups", old, new)
    await context.tell(users, event, group, bundle=group.name)
