"""What can be done to groups and their members."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from typing_extensions import Unpack

from models import Group, GroupMember, ProductionUnit, User, UserStatus, VatUnit
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound, Refusal
from models.texts import Text, Title
from resolvers import roles
from resolvers.context import Context, Id, OneOf, checked_by
from resolvers.rights import RightGrantInput, end_all, give_group, grantable

MOST_MEMBERS = 1000


class GroupAlterations(TypedDict, total=False):
    """What can be altered of a group.

    name: The name.
    description: What it is for.
    production_unit: The production unit to limit the rights to.
    vat_unit: The VAT unit to limit the rights to.
    """

    name: Title
    description: Text | None
    production_unit: ProductionUnit | None
    vat_unit: VatUnit | None


@dataclass
class MemberRef(OneOf):
    """A MemberRef names somebody to add to a group.

    user_id: A user of this organisation.
    """

    user_id: Id | None = None


@dataclass
class GroupMemberResult:
    """A GroupMemberResult tells what became of one of the named persons.

    index: The place in the input, from 0.
    member: The membership, when it succeeded.
    problem: Why it was refused; the others go ahead.
    """

    index: int
    member: GroupMember | None
    problem: Refusal | None


@dataclass
class ChangedMembers:
    """A group, and what became of each person who was named."""

    group: Group
    results: list[GroupMemberResult]


@checked_by(grantable)
async def create(
    context: Context,
    name: Title,
    description: Text | None = None,
    rights: list[RightGrantInput] | None = None,
    production_unit: ProductionUnit | None = None,
    vat_unit: VatUnit | None = None,
) -> Group:
    """Create a custom group.

    name: The name, unique in the organisation.
    description: What it is for.
    rights: The rights of its members.
    production_unit: The production unit to limit the rights to.
    vat_unit: The VAT unit to limit the rights to.
    group: The new group.
    """
    await must_be_free(context, name)
    group = Group(
        organisation_id=context.organisation_id,
        name=name,
        description=description or None,
        production_unit=production_unit,
        vat_unit=vat_unit,
    )
    await group.save()
    others = await roles.others(context, "group:add_member")
    await context.tell(others, "group_created", group, group=group.name)
    for at, one in enumerate(rights or ()):
        await give_group(context, group, one, "rights", at)
    return group


async def update(context: Context, group: Group, **given: Unpack[GroupAlterations]) -> Group:
    """Rename or describe a custom group, or change its limits; absent is unchanged, null is
    cleared.

    group: The group as it is now.
    """
    group.must_be_custom()
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    if "name" in given:
        await must_be_free(context, given["name"], besides=group)
    for name, value in given.items():
        setattr(group, name, value)
    await group.save()
    return group


async def must_be_free(context: Context, name: str, besides: Group | None = None) -> None:
    """Refuses a name that another group bears, in whatever case."""
    await context.organisation_locked()
    others = Group.filter(organisation_id=context.organisation_id, name__iexact=name)
    if await (others.exclude(id=besides.id) if besides else others).exists():
        raise Conflict("NAME_TAKEN", path=("name",))


async def delete(context: Context, group: Group) -> Group:
    """Delete a custom group; its members lose its rights.

    group: The group as it was.
    """
    group.must_be_custom()
    members = await GroupMember.filter(group_id=group.id)
    for member in members:
        await member.delete()
    await end_all(group_id=group.id)
    await group.delete()
    await tell(context, group, members, "member_removed")
    return group


async def tell(
    context: Context, group: Group, members: Iterable[GroupMember], event: str, **values: Any
) -> None:
    """Tells those who have come to a group, or left it."""
    users = await User.filter(id__in=[one.user_id for one in members]).order_by("id")
    await context.tell(users, event, group, group=group.name, **values)


async def nameable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a list of persons, and with the last day of their memberships."""
    for argument, name in (("members", "members"), ("memberIds", "member_ids")):
        if name in given and not given[name]:
            yield Invalid("REQUIRED", path=(argument,))
        if len(given.get(name, ())) > MOST_MEMBERS:
            yield Invalid("TOO_LONG", path=(argument,), entries=MOST_MEMBERS)
    if given.get("until") and given["until"] < context.today:
        yield Invalid("DATE_IN_PAST", path=("until",))


@checked_by(nameable)
async def add_members(
    context: Context, group: Group, members: list[MemberRef], until: date | None = None
) -> ChangedMembers:
    """Add up to 1,000 persons to a custom group, from this organisation or others.

    members: Whom.
    until: The last day of the memberships; without end when absent.
    group: The group.
    results: What became of each person.
    """
    group.must_be_custom()
    keys = [str(one.user_id) for one in members]
    users = {one.id: one for one in await User.filter(id__in=valid(keys), **within(group))}
    present = {one.user_id for one in await GroupMember.filter(group_id=group.id)}
    actor, results = await context.actor(), []
    for index, key in enumerate(keys):
        try:
            user = addable(key, users, present)
        except Refusal as refusal:
            refusal.under("members", index, "userId")
            results.append(GroupMemberResult(index, None, refusal))
            continue
        member = GroupMember(
            organisation_id=group.organisation_id,
            group_id=group.id,
            user_id=user.id,
            until_on=until,
            added_by=actor,
        )
        await member.save()
        present.add(user.id)
        results.append(GroupMemberResult(index, member, None))
    last_day = until and f"{until:%d.%m.%Y}"
    return await changed(context, group, results, "member_added", last_day=last_day)


@checked_by(nameable)
async def remove_members(context: Context, group: Group, member_ids: list[Id]) -> ChangedMembers:
    """Remove up to 1,000 members from a custom group.

    member_ids: The memberships to end.
    group: The group.
    results: What became of each membership.
    """
    group.must_be_custom()
    found = {one.id: one for one in await group.members.filter(id__in=valid(member_ids))}
    results = []
    for index, key in enumerate(member_ids):
        member = found.pop(check_uuid(key), None) if valid([key]) else None
        if member is None:
            refusal = Conflict("NOT_A_MEMBER", path=("memberIds", index))
            results.append(GroupMemberResult(index, None, refusal))
            continue
        await member.delete()
        results.append(GroupMemberResult(index, member, None))
    return await changed(context, group, results, "member_removed")


async def changed(
    context: Context, group: Group, results: list[GroupMemberResult], event: str, **values: Any
) -> ChangedMembers:
    """The answer, after the members are told; a group that nobody came to or left is as it was."""
    if members := [one.member for one in results if one.member]:
        await group.save()
        await tell(context, group, members, event, **values)
    return ChangedMembers(group, results)


def within(group: Group) -> dict[str, object]:
    return {"organisation_id": group.organisation_id, "status__not": UserStatus.DELETED}


def valid(keys: Sequence[str]) -> list[UUID]:
    """The ids among what was given; what is none finds nothing."""
    found: list[UUID] = []
    for key in keys:
        try:
            found.append(check_uuid(key))
        except Invalid:
            continue
    return found


def addable(key: str, users: dict[UUID, User], present: set[UUID]) -> User:
    """The user that a key names, if it can become a member."""
    user = next((users[one] for one in valid([key]) if one in users), None)
    if user is None:
        raise NotFound()
    if user.id in present:
        raise Conflict("ALREADY_MEMBER")
    if user.activated_at is None:
        raise Conflict("NOT_ELIGIBLE")
    return user
