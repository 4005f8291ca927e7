"""Who is given what right, for how long and with what limits."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models import (
    Change,
    Group,
    ProductionUnit,
    Right,
    RightAssignment,
    User,
    UserStatus,
    VatUnit,
)
from models.refusals import Conflict, Invalid, NotFound
from resolvers.context import Context, checked_by


@dataclass
class RightGrantInput:
    """A RightGrantInput is a right to give, with its limits.

    right: The right.
    production_unit: Limited to this production unit.
    vat_unit: Limited to this VAT unit.
    from: The first day; today when absent.
    until: The last day; without end when absent.
    """

    right: Right
    production_unit: ProductionUnit | None = None
    vat_unit: VatUnit | None = None
    from_: date | None = None
    until: date | None = None


async def grantable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with the period of one right, or of each of several."""
    if one := given.get("right"):
        for fault in misdated(context, one):
            yield fault.under("right")
    for at, one in enumerate(given.get("rights") or ()):
        for fault in misdated(context, one):
            yield fault.under("rights", at)


def misdated(context: Context, grant: RightGrantInput) -> Iterable[Invalid]:
    since = grant.from_ or context.today
    if since < context.today:
        yield Invalid("DATE_IN_PAST", path=("from",))
    if grant.until and grant.until < since:
        yield Invalid("PERIOD_REVERSED", path=("until",))


@checked_by(grantable)
async def assign(context: Context, user: User, right: RightGrantInput) -> RightAssignment:
    """Give a user a right.

    right: The right with its limits.
    assignment: The right as given.
    """
    assignment = await give(context, user, right, "right")
    words = {"right": right.right.known_as, "last_day": told_day(right.until)}
    await context.tell(user, "right_assigned", assignment, **words)
    return assignment


@checked_by(grantable)
async def assign_to_group(
    context: Context, group: Group, right: RightGrantInput
) -> RightAssignment:
    """Give a custom group a right.

    right: The right with its limits.
    assignment: The right as given.
    """
    return await give_group(context, group, right, "right")


async def give(
    context: Context, user: User, grant: RightGrantInput, *path: str | int
) -> RightAssignment:
    """Gives a user a right, and notes it in the user's history."""
    if user.status is UserStatus.DELETED:
        raise Conflict("USER_DELETED", current=user)
    assignment = await made(context, grant, path, user_id=user.id)
    note(user, None, grant.right)
    if user.is_altered:  # which one that is new is not
        await user.save()
    return assignment


async def give_group(
    context: Context, group: Group, grant: RightGrantInput, *path: str | int
) -> RightAssignment:
    """Gives a custom group a right, which none of the group's own limits rules out."""
    group.must_be_custom()
    for argument, of_group, of_grant in (
        ("pNumber", group.production_unit_id, grant.production_unit),
        ("seNumber", group.vat_unit_id, grant.vat_unit),
    ):
        if of_group and of_grant and of_group != of_grant.id:
            raise Conflict("RIGHT_NOT_ASSIGNABLE", path=(*path, argument), current=group)
    assignment = await made(context, grant, path, group_id=group.id)
    note(group, None, grant.right)
    if group.is_altered:
        await group.save()
    return assignment


async def made(
    context: Context, grant: RightGrantInput, path: tuple[str | int, ...], **holder: UUID
) -> RightAssignment:
    """A new assignment; refused where the same is in force at any time of its period."""
    if not grant.right.is_assignable:
        where = (*path, "rightId") if path else ()
        raise Conflict("RIGHT_NOT_ASSIGNABLE", path=where, current=grant.right)
    assignment = RightAssignment(
        organisation_id=context.organisation_id,
        right=grant.right,
        production_unit=grant.production_unit,
        vat_unit=grant.vat_unit,
        from_on=grant.from_ or context.today,
        until_on=grant.until,
        assigned_by=await context.actor(),
        **holder,
    )
    for one in await RightAssignment.filter(right_id=grant.right.id, **holder):
        if one.is_doubled_by(assignment):
            raise Conflict("RIGHT_ALREADY_ASSIGNED", path=path, current=one)
    await assignment.save()
    return assignment


async def remove(context: Context, assignment: RightAssignment) -> RightAssignment:
    """Take a directly given right from a user.

    assignment: The assignment as it was.
    """
    if assignment.user_id is None:
        raise NotFound(path=("assignmentId",))
    user, right = await User.get(id=assignment.user_id), await Right.get(id=assignment.right_id)
    Change.under_way().tell_of(user)
    note(user, right, None)
    await assignment.delete()
    if not assignment.is_over(context.today):
        await context.tell(user, "right_removed", user, right=right.known_as)
    return assignment


async def remove_from_group(assignment: RightAssignment) -> RightAssignment:
    """Take a right from a custom group.

    assignment: The assignment as it was.
    """
    if assignment.group_id is None:
        raise NotFound(path=("assignmentId",))
    group, right = await Group.get(id=assignment.group_id), await Right.get(id=assignment.right_id)
    group.must_be_custom()
    Change.under_way().tell_of(group)
    note(group, right, None)
    await assignment.delete()
    return assignment


def told_day(day: date | None) -> str | None:
    """A day as letters write it."""
    return f"{day:%d.%m.%Y}" if day else None


def note(holder: User | Group, old: Right | None, new: Right | None) -> None:
    """Notes in the history of a user or a group what it was given and what was taken."""
    notes = Change.under_way().touch(holder).notes
    before, after = notes.get("rights", ([], []))
    one = [*before, *([old.known_as] if old else [])], [*after, *([new.known_as] if new else [])]
    notes["rights"] = one


async def end_all(**holder: UUID) -> list[RightAssignment]:
    """Ends all that a user or a group was given."""
    assignments = await RightAssignment.filter(**holder).order_by("id").select_for_update()
    for one in assignments:
        await one.delete()
    return list(assignments)
