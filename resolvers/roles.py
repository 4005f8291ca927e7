"""Who holds which administrator's role; at least one organisation administrator always stays."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from models import Change, Organisation, Role, RoleAssignment, User, UserStatus
from models.refusals import Conflict, Invalid
from policies import Policy
from resolvers.context import Context, checked_by
from resolvers.rights import told_day


async def assignable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a role or its period."""
    if given.get("role") is Role.USER:
        yield Invalid("ROLE_NOT_ASSIGNABLE", path=("role",))
    since, until = given.get("from_") or context.today, given.get("until")
    if since < context.today:
        yield Invalid("DATE_IN_PAST", path=("from",))
    if until and until < since:
        yield Invalid("PERIOD_REVERSED", path=("until",))


@checked_by(assignable)
async def assign(
    context: Context,
    user: User,
    role: Role,
    from_: date | None = None,
    until: date | None = None,
) -> User:
    """Give a user an administrator's role.

    role: The role.
    from: The first day; today when absent.
    until: The last day; without end when absent.
    user: The user with the new role.
    """
    since = from_ or context.today
    if user.status is UserStatus.DELETED:
        raise Conflict("USER_DELETED", current=user)
    await must_not_hold(context, user, role)
    await RoleAssignment.filter(user_id=user.id, role=role).delete()  # one that is over
    before = await held_roles(user)
    await RoleAssignment.create(
        organisation_id=user.organisation_id,
        user_id=user.id,
        role=role,
        from_on=since,
        until_on=until,
        assigned_by=await context.actor(),
        assigned_at=context.now,
    )
    if since > context.today:
        days = {"first_day": told_day(since), "last_day": told_day(until)}
        await tell(context, user, before, "role_promised", role, **days)
    else:
        await tell(context, user, before, "role_assigned", role, last_day=told_day(until))
    return user


@checked_by(assignable)
async def remove(context: Context, user: User, role: Role) -> User:
    """Take an administrator's role from a user.

    role: The role.
    user: The user without the role.
    """
    held = await RoleAssignment.get_or_none(user_id=user.id, role=role)
    if held is None or is_over(held, context):
        raise Conflict("ROLE_NOT_HELD", path=("role",), current=user)
    if role is Role.ORGANISATION_ADMINISTRATOR:
        await must_keep_an_organisation_administrator(context, without=user)
    before = await held_roles(user)
    await held.delete()
    await tell(context, user, before, "role_removed", role)
    return user


async def end_all(user: User) -> None:
    """Takes all roles from a user, and notes it in the user's history."""
    if held := await held_roles(user):
        Change.under_way().touch(user).notes["roles"] = (held, [])
        await RoleAssignment.filter(user_id=user.id).delete()


async def others(context: Context, permission: str) -> list[User]:
    """The other users than the one who asks who hold a permission over the organisation."""
    here, today = context.organisation_id, context.today
    found = await holders(context.policy, here, today, permission)
    return [one for one in found if one.id != context.subject.user_id]


async def holders(
    policy: Policy, organisation_id: UUID, today: date, permission: str
) -> list[User]:
    """The active users who hold a permission over the whole organisation today."""
    held = RoleAssignment.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=today),
        Q(until_on__isnull=True) | Q(until_on__gte=today),
        organisation_id=organisation_id,
        role__in=policy.roles(permission),
        user__status=UserStatus.ACTIVE,
    )
    users = {one.user_id: one.user for one in await held.order_by("id").select_related("user")}
    return list(users.values())


async def must_not_hold(context: Context, user: User, role: Role) -> None:
    """Refuses a role that a user has, even if its first day is still to come."""
    held = await RoleAssignment.get_or_none(user_id=user.id, role=role)
    if held and not is_over(held, context):
        raise Conflict("ROLE_ALREADY_HELD", path=("role",), current=user)


def is_over(assignment: RoleAssignment, context: Context) -> bool:
    """Whether a role's last day has passed."""
    return assignment.is_over(context.today)


async def held_roles(user: User) -> list[Any]:
    return (
        await RoleAssignment.filter(user_id=user.id).order_by("role").values_list("role", flat=True)
    )


async def tell(
    context: Context, user: User, before: list[Any], kind: str, role: Role, **days: str | None
) -> None:
    """Tells the user, and notes the change of roles in the user's history."""
    await note(user, before)
    await context.tell(user, kind, user, role=role, **days)


async def note(user: User, before: list[Any]) -> None:
    """Notes in a user's history which roles it had and which it has."""
    Change.under_way().touch(user).notes["roles"] = (before, await held_roles(user))
    await user.save()


async def end(assignment: RoleAssignment, user: User) -> None:
    """Takes a role whose last day is over, and notes it in the user's history."""
    before = await held_roles(user)
    await assignment.delete()
    await note(user, before)


async def must_keep_an_organisation_administrator(context: Context, without: User) -> None:
    """Refuses to leave nobody who can give roles, active and with no end in sight."""
    await Organisation.locked(id=without.organisation_id)
    role = Role.ORGANISATION_ADMINISTRATOR
    if not await RoleAssignment.exists(user_id=without.id, role=role):
        return
    must_remain(await lasting_administrators(context), without)


async def lasting_administrators(context: Context) -> set[Any]:
    """The users who can give roles, active and with no end in sight."""
    held = RoleAssignment.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=context.today),
        organisation_id=context.organisation_id,
        role=Role.ORGANISATION_ADMINISTRATOR,
        until_on__isnull=True,
        user__status=UserStatus.ACTIVE,
        user__deactivated_from__isnull=True,
    )
    return set(await held.values_list("user_id", flat=True))


def must_remain(administrators: set[Any], without: User) -> None:
    """Refuses to take the last of these."""
    if not administrators - {without.id}:
        raise Conflict("LAST_ORGANISATION_ADMINISTRATOR", current=without)
