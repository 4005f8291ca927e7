"""Business powers of attorney: who is given one, who may use it, and how it ends."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from models import (
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyRight,
    PowerOfAttorneyStatus,
    PowerOfAttorneyUser,
    ProductionUnit,
    Right,
    User,
    UserStatus,
    VatUnit,
    external_users,
)
from models.numbers import CvrNumber
from models.refusals import Conflict, Invalid, NotFound
from models.texts import Reason, Title
from resolvers.context import Context, Id, checked_by
from resolvers.members import ExternalUserRef
from resolvers.naming import ids, leavers, nameable, newcomers, note, note_rest
from resolvers.power_ends import administrators, end, names_of


async def givable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with the other organisation, the rights or the period."""
    own = (await context.organisation()).cvr_number
    person = given.get("grantee")
    for path, number in (
        (("granteeCvrNumber",), given.get("grantee_cvr_number")),
        (("grantorCvrNumber",), given.get("grantor_cvr_number")),
        (("grantee", "cvrNumber"), person and person.cvr_number),
    ):
        if number == own:
            yield Invalid("OWN_ORGANISATION", path=path)
    if "right_ids" in given and not given["right_ids"]:
        yield Invalid("REQUIRED", path=("rightIds",))
    since = given.get("from_") or context.today
    if since < context.today:
        yield Invalid("DATE_IN_PAST", path=("from",))
    if given.get("until") and given["until"] < since:
        yield Invalid("PERIOD_REVERSED", path=("until",))


@checked_by(givable)
async def grant(
    context: Context,
    grantee_cvr_number: CvrNumber,
    name: Title,
    right_ids: list[Id],
    production_unit: ProductionUnit | None = None,
    vat_unit: VatUnit | None = None,
    from_: date | None = None,
    until: date | None = None,
) -> PowerOfAttorney:
    """Give another organisation the right to act for this one.

    grantee_cvr_number: The other organisation.
    name: What to call it.
    right_ids: The rights.
    production_unit: Limited to this production unit.
    vat_unit: Limited to this VAT unit.
    from: The first day; today when absent.
    until: The last day; without end when absent.
    power_of_attorney: The active power of attorney.
    """
    grantee = await Organisation.get_or_none(cvr_number=grantee_cvr_number)
    power = PowerOfAttorney(
        organisation_id=context.organisation_id,
        grantee_cvr_number=grantee_cvr_number,
        grantee_id=grantee and grantee.id,
        name=name,
        production_unit=production_unit,
        vat_unit=vat_unit,
        from_on=from_ or context.today,
        until_on=until,
    )
    await give(context, power, await rights_of(right_ids))
    await tell_granted(context, power)
    return power


@checked_by(givable)
async def grant_to_person(
    context: Context,
    grantee: ExternalUserRef,
    name: Title,
    right_ids: list[Id],
    production_unit: ProductionUnit | None = None,
    vat_unit: VatUnit | None = None,
    from_: date | None = None,
    until: date | None = None,
) -> PowerOfAttorney:
    """Give one person of another organisation the right to act for this one.

    grantee: The person.
    name: What to call it.
    right_ids: The rights.
    production_unit: Limited to this production unit.
    vat_unit: Limited to this VAT unit.
    from: The first day; today when absent.
    until: The last day; without end when absent.
    power_of_attorney: The active power of attorney.
    """
    rights, person = await rights_of(right_ids), await eligible(context, grantee)
    power = PowerOfAttorney(
        organisation_id=context.organisation_id,
        grantee_cvr_number=grantee.cvr_number,
        grantee_id=person.organisation_id,
        grantee_user_id=person.id,
        grantee_uuid=person.uuid,
        name=name,
        production_unit=production_unit,
        vat_unit=vat_unit,
        from_on=from_ or context.today,
        until_on=until,
    )
    await give(context, power, rights)
    note_rest(power, "granteePerson", [], [person.known_abroad_as])
    names = (await names_of(power))[person.organisation_id]
    await context.tell(person, "personal_power_granted", power, **names)
    await tell_granted(context, power, "power_granted_to_person", besides=person.id)
    return power


async def eligible(context: Context, person: ExternalUserRef) -> User:
    """The one user with this address there, who has signed in with private MitID.

    Whoever is not known, not known there, known twice or not fit is looked for by the same
    statement and answered by the same words.
    """
    known = await external_users.found(context.organisation_id, [person.address])
    if not known:
        raise Conflict("NOT_ELIGIBLE", path=("grantee",))
    user = await User.locked(id=known[person.address])
    if user.status is UserStatus.DELETED:  # meanwhile
        raise Conflict("NOT_ELIGIBLE", path=("grantee",))
    return user


async def rights_of(keys: list[Id]) -> list[Right]:
    """The rights that ids name, each of which can be given, and is named once."""
    known = {one.id: one for one in await Right.filter(id__in=[*ids(keys)])}
    found: list[Right] = []
    for at, key in enumerate(keys):
        right = next((known[one] for one in ids([key]) if one in known), None)
        if right is None:
            raise NotFound(path=("rightIds", at))
        if right.is_retired:
            raise Conflict("RIGHT_NOT_ASSIGNABLE", path=("rightIds", at), current=right)
        if right in found:
            raise Conflict("RIGHT_ALREADY_ASSIGNED", path=("rightIds", at), current=right)
        found.append(right)
    return found


async def give(context: Context, power: PowerOfAttorney, rights: list[Right]) -> None:
    """Stores a power with its rights; refused where the same stands already.

    A right of Segl itself reaches the whole organisation: it is not given for a unit alone.
    """
    if power.production_unit_id or power.vat_unit_id:
        for at, right in enumerate(rights):
            if right.permissions:
                raise Conflict("RIGHT_NOT_ASSIGNABLE", path=("rightIds", at), current=right)
    await context.organisation_locked()
    await must_be_new(power, {one.id for one in rights}, context.today)
    await power.save()
    here = {"organisation_id": power.organisation_id, "power_of_attorney_id": power.id}
    await PowerOfAttorneyRight.bulk_create(
        [PowerOfAttorneyRight(**here, right_id=one.id) for one in rights]
    )
    note_rest(power, "rights", [], [one.known_as for one in rights])


async def must_be_new(power: PowerOfAttorney, rights: set[Any], day: date) -> None:
    """Refuses a power that gives the same rights with the same limits at the same time.

    What is over stands in the way of none, whether or not its end has been recorded, or decided.
    """
    facts = ("organisation_id", "grantee_cvr_number", "status")
    same = PowerOfAttorney.filter(**{name: getattr(power, name) for name in facts})
    for one in await same.exclude(id=power.id).order_by("id").prefetch_related("rights"):
        is_same = one.is_doubled_by(power) and {each.right_id for each in one.rights} == rights
        if is_same and not one.is_over(day):
            is_open = power.status is PowerOfAttorneyStatus.REQUESTED
            code = "REQUEST_ALREADY_OPEN" if is_open else "RIGHT_ALREADY_ASSIGNED"
            raise Conflict(code, path=("rightIds",), current=one)


async def tell_granted(
    context: Context,
    power: PowerOfAttorney,
    event: str = "power_granted",
    besides: UUID | None = None,
) -> None:
    """Tells the grantee's administrators, if the grantee has a place here."""
    if power.grantee_id:
        told = await administrators(context.policy, power.grantee_id, context.today)
        told = [one for one in told if one.id != besides]
        names = (await names_of(power))[power.grantee_id]
        await context.tell(told, event, power, **names)


async def revoke(
    context: Context, power_of_attorney: PowerOfAttorney, reason: Reason | None = None
) -> PowerOfAttorney:
    """End a power of attorney at once, from either side.

    reason: Why.
    power_of_attorney: The ended power of attorney.
    """
    power_of_attorney.must_be_active(context.today)
    await end(context, power_of_attorney, PowerOfAttorneyStatus.REVOKED, reason)
    return power_of_attorney


@checked_by(nameable)
async def add_users(
    context: Context, power_of_attorney: PowerOfAttorney, user_ids: list[Id]
) -> PowerOfAttorney:
    """Let users of this organisation use a received power of attorney.

    user_ids: The users, at most 1,000.
    power_of_attorney: The power of attorney with its users.
    """
    power = power_of_attorney
    power.must_be_active(context.today)
    power.must_be_for_all()
    users = await newcomers(context, user_ids, await named(power))
    here = {"organisation_id": context.organisation_id, "power_of_attorney_id": power.id}
    await PowerOfAttorneyUser.bulk_create(
        [PowerOfAttorneyUser(**here, user_id=one.id) for one in users]
    )
    await tell_users(context, power, users, "power_opened", None, power.name)
    return power


@checked_by(nameable)
async def remove_users(
    context: Context, power_of_attorney: PowerOfAttorney, user_ids: list[Id]
) -> PowerOfAttorney:
    """Let users no longer use a received power of attorney.

    user_ids: The users, at most 1,000.
    power_of_attorney: The power of attorney with its users.
    """
    power = power_of_attorney
    power.must_be_active(context.today)
    power.must_be_for_all()
    users = await leavers(user_ids, await named(power))
    gone = [one.id for one in users]
    await PowerOfAttorneyUser.filter(power_of_attorney_id=power.id, user_id__in=gone).delete()
    await tell_users(context, power, users, "power_closed", power.name, None)
    return power


async def named(power: PowerOfAttorney) -> list[Any]:
    """The ids of the users who were named to use a power."""
    those = PowerOfAttorneyUser.filter(power_of_attorney_id=power.id)
    return await those.values_list("user_id", flat=True)


async def tell_users(
    context: Context,
    power: PowerOfAttorney,
    users: list[User],
    event: str,
    old: str | None,
    new: str | None,
) -> None:
    """Tells users what was opened to them or closed, and their histories; the power's own history
    tells that it happened, not to whom: the grantor reads the same.
    """
    note(users, "powersOfAttorney", old, new)
    await power.save()
    names = (await names_of(power))[context.organisation_id]
    await context.tell(users, event, power, **names)
