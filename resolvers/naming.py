"""Naming users of one's own organisation: all of them are fit for it, or nobody is named."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from models import Change, Entity, User, UserStatus
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound, Refusal, Refusals
from resolvers.context import Context

MOST = 1000

Check = Callable[[UUID], Refusal | None]


async def nameable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a list of users, whoever they are."""
    if "user_ids" in given and not given["user_ids"]:
        yield Invalid("REQUIRED", path=("userIds",))
    if len(given.get("user_ids", ())) > MOST:
        yield Invalid("TOO_LONG", path=("userIds",), entries=MOST)


async def newcomers(context: Context, keys: Sequence[str], present: Iterable[UUID]) -> list[User]:
    """The users that ids name, who are active and not among those that are there already.

    They are locked in one order: a user who is deleted meanwhile is not named.
    """
    here = {"organisation_id": context.organisation_id, "status__not": UserStatus.DELETED}
    known = User.filter(id__in=[*ids(keys)], **here).order_by("id").select_for_update(no_key=True)
    users = {one.id: one for one in await known}
    taken = set(present)

    def refusal(key: UUID) -> Refusal | None:
        if key not in users:
            return NotFound()
        if users[key].status is not UserStatus.ACTIVE:
            return Conflict("USER_NOT_ACTIVE", current=users[key])
        if key in taken:
            return Conflict("ALREADY_MEMBER", current=users[key])
        taken.add(key)
        return None

    return [users[key] for key in all_fit(keys, refusal)]


async def leavers(keys: Sequence[str], present: Iterable[UUID]) -> list[User]:
    """The users that ids name, each of whom is among those that are there."""
    left = set(present)

    def refusal(key: UUID) -> Refusal | None:
        if key not in left:
            return Conflict("NOT_A_MEMBER")
        left.remove(key)
        return None

    return await User.filter(id__in=all_fit(keys, refusal)).order_by("id")


def all_fit(keys: Sequence[str], check: Check) -> list[UUID]:
    """The ids, if there is nothing to say against any of them."""
    found, faults = [], []
    for at, key in enumerate(keys):
        one = next(ids([key]), None)
        fault = NotFound() if one is None else check(one)
        if fault:
            faults.append(fault.under("userIds", at))
        elif one:
            found.append(one)
    if faults:
        raise Refusals(faults)
    return found


def ids(keys: Sequence[str]) -> Any:
    """What of these are ids; what is none names nothing."""
    for key in keys:
        try:
            yield check_uuid(key)
        except Invalid:
            continue


def note(users: Iterable[User], field: str, old: str | None, new: str | None) -> None:
    """Lets the history of each user tell what was opened to them, and what closed."""
    for user in users:
        notes = Change.under_way().tell_of(user).notes
        before, after = notes.get(field, ([], []))
        notes[field] = ([*before, *filter(None, [old])], [*after, *filter(None, [new])])


def note_rest(entity: Entity, field: str, old: list[str], new: list[str]) -> None:
    """Lets the history of a thing that changes tell what stands in other tables."""
    Change.under_way().touch(entity).notes[field] = (old, new)
