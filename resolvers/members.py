"""What can be done to the members of groups, of this organisation and of others."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from models import Change, Group, GroupMember, User, UserStatus, bulk, external_users
from models.numbers import CvrNumber, Email, check_uuid
from models.refusals import Conflict, Invalid, NotFound, Refusal
from resolvers.context import Context, Id, OneOf, checked_by
from resolvers.rights import told_day

MOST_MEMBERS = 1000
T = TypeVar("T")


@dataclass
class ExternalUserRef:
    """An ExternalUserRef names a user of another organisation; both values must be exact.

    cvr_number: The other organisation.
    email: The user's e-mail address there.
    """

    cvr_number: CvrNumber
    email: Email

    @property
    def address(self) -> tuple[str, str]:
        return self.cvr_number, self.email


@dataclass
class MemberRef(OneOf):
    """A MemberRef names somebody to add to a group.

    user_id: A user of this organisation.
    external: A user of another organisation.
    """

    user_id: Id | None = None
    external: ExternalUserRef | None = None


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
async def add(
    context: Context, group: Group, members: list[MemberRef], until: date | None = None
) -> ChangedMembers:
    """Add up to 1,000 persons to a custom group, from this organisation or others.

    members: Whom.
    until: The last day of the memberships; without end when absent.
    group: The group.
    results: What became of each person.
    """
    group.must_be_custom()
    users = await named(group, members)
    known = GroupMember.filter(group_id=group.id, user_id__in=[one.id for one in users if one])
    former = {one.user_id: one for one in await known}
    present = {key for key, one in former.items() if not one.is_over(context.today)}
    actor, added, results = await context.actor(), dict[UUID, User](), []
    for index, (ref, user) in enumerate(zip(members, users, strict=True)):
        try:
            user = addable(user, present)
        except Refusal as refusal:
            refusal.under("members", index, "userId" if ref.user_id else "external")
            results.append(GroupMemberResult(index, None, refusal))
            continue
        present.add(user.id)
        added[user.id] = user
        member = GroupMember.built(
            organisation_id=group.organisation_id,
            group_id=group.id,
            user_id=user.id,
            until_on=until,
            added_by_id=actor.id,
        )
        results.append(GroupMemberResult(index, member, None))
    if added:
        introduce(group, added.values())
        await bulk.delete([one for key, one in former.items() if key in added])
        await bulk.create([one.member for one in results if one.member])
        await group.save()
        await tell(context, group, added.values(), "member_added", last_day=told_day(until))
    return ChangedMembers(group, results)


@checked_by(nameable)
async def remove(context: Context, group: Group, member_ids: list[Id]) -> ChangedMembers:
    """Remove up to 1,000 members from a custom group.

    member_ids: The memberships to end.
    group: The group.
    results: What became of each membership.
    """
    group.must_be_custom()
    found = {one.id: one for one in await group.members.filter(id__in=valid(member_ids))}
    results = []
    for index, key in enumerate(member_ids):
        if member := at(found, key):
            del found[member.id]
        problem = None if member else Conflict("NOT_A_MEMBER", path=("memberIds", index))
        results.append(GroupMemberResult(index, member, problem))
    if ended := [one.member for one in results if one.member]:
        await end(context, group, ended)
        await group.save()
    return ChangedMembers(group, results)


async def leave(context: Context, member: GroupMember) -> GroupMember:
    """End one's own membership of a custom group, of another organisation too.

    member_id: One's own membership.
    member: The membership as it was.
    """
    group = await Group.get(id=member.group_id)
    group.must_be_custom()
    if group.organisation_id != context.organisation_id:
        await context.appear_in(group.organisation_id)
    await member.delete()
    return member


async def end(context: Context, group: Group, members: Sequence[GroupMember]) -> None:
    """Ends memberships of a group, and tells the members."""
    users = await User.kept(one.user_id for one in members)
    introduce(group, users.values())
    await bulk.delete(members)
    await tell(context, group, users.values(), "member_removed")


def introduce(group: Group, users: Iterable[User]) -> None:
    """Lets the history know many people at once, by the names that the group's organisation has."""
    names = {one.id: one.known_in(group.organisation_id) for one in users}
    Change.under_way().names.update(names)


async def tell(
    context: Context, group: Group, users: Iterable[User], event: str, **values: Any
) -> None:
    """Tells those who have come to a group, or left it."""
    await context.tell(list(users), event, group, group=group.name, **values)


async def named(group: Group, refs: list[MemberRef]) -> list[User | None]:
    """Whom each reference names, if anybody; the same is asked, whoever it is."""
    asked = [one.external.address for one in refs if one.external]
    found = await external_users.found(group.organisation_id, asked)
    ids = valid([one.user_id for one in refs if one.user_id])
    users = await User.kept({*ids, *found.values()})
    living = {key: one for key, one in users.items() if one.status is not UserStatus.DELETED}
    here = {key: one for key, one in living.items() if one.organisation_id == group.organisation_id}
    there = {address: living[key] for address, key in found.items() if key in living}
    return [
        there.get(one.external.address) if one.external else at(here, str(one.user_id))
        for one in refs
    ]


def at(known: Mapping[UUID, T], given: str) -> T | None:
    """What stands at an id, if it is one."""
    return next((known[key] for key in valid([given]) if key in known), None)


def valid(keys: Iterable[str]) -> list[UUID]:
    """The ids among what was given; what is none finds nothing."""
    found: list[UUID] = []
    for key in keys:
        try:
            found.append(check_uuid(key))
        except Invalid:
            continue
    return found


def addable(user: User | None, present: set[UUID]) -> User:
    """The user, if it can become a member."""
    if user is None:
        raise NotFound()
    if user.id in present:
        raise Conflict("ALREADY_MEMBER")
    user.must_be_eligible_for_groups()
    return user
