"""What people can ask for, and take back; administrators decide by `resolvers.decisions`."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from models import (
    Change,
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyStatus,
    ProductionUnit,
    Request,
    RequestKind,
    RequestStatus,
    Right,
    RightAssignment,
    Role,
    User,
    UserSettings,
    VatUnit,
)
from models.numbers import CvrNumber, Email, PhoneNumber, mask_cpr_number
from models.refusals import Conflict, Invalid
from models.requests import DECIDING
from models.texts import FullReason, Name, Reason
from resolvers import roles
from resolvers.context import Context, checked_by

OPEN = {"status": RequestStatus.OPEN}


async def open_to_requests(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """Whether the organisation lets people ask; one that is unknown is told the same."""
    if "cvr_number" in given:
        here = {"organisation__cvr_number": given["cvr_number"]}
        if not await UserSettings.exists(**here, can_request_user=True):
            yield Invalid("SETTING_FORBIDS", path=("cvrNumber",))


@checked_by(open_to_requests)
async def request_user(
    context: Context,
    cvr_number: CvrNumber,
    first_name: Name,
    surname: Name,
    email: Email,
    phone_number: PhoneNumber | None = None,
    reason: Reason | None = None,
) -> Request:
    """Ask to become a user of an organisation, as the person who is signed in with private MitID.

    cvr_number: The organisation.
    first_name: The first name.
    surname: The surname.
    email: The e-mail address.
    phone_number: The telephone number.
    reason: Why.
    request: The open request.
    """
    proved = await proved_number(context)
    organisation = await Organisation.get(cvr_number=cvr_number)
    context.visit(organisation.id, f"{first_name} {surname}")
    await context.organisation_locked()
    facts = {
        **proved,
        "first_name": first_name,
        "surname": surname,
        "email": email,
        "phone_number": phone_number,
        "language": context.letter_language,
    }
    number = {"cpr_number_hash": proved["cpr_number_hash"]}
    return await ask(context, RequestKind.USER, f"{first_name} {surname}", reason, facts, number)


async def proved_number(context: Context) -> dict[str, Any]:
    """The CPR number that the sign-in proved: masked, sealed and hashed."""
    person, vault = context.person, context.gateways.vault
    if person and person.cpr_number:
        return {
            "cpr_number": mask_cpr_number(person.cpr_number),
            "cpr_number_sealed": vault.seal(person.cpr_number),
            "cpr_number_hash": person.cpr_number_hash,
        }
    if person is None or person.cpr_number_hash is None:
        raise Conflict("ASSURANCE_TOO_LOW")
    me = await User.get(id=context.subject.user_id)  # who proved it on the way in, elsewhere
    names = ("cpr_number", "cpr_number_sealed", "cpr_number_hash")
    return {name: getattr(me, name) for name in names}


async def request_anonymity(context: Context, reason: Reason | None = None) -> Request:
    """Ask to become anonymous.

    reason: Why.
    request: The open request.
    """
    me = await User.locked(id=context.subject.user_id)
    if me.is_anonymous:
        raise Conflict("NOTHING_TO_CHANGE", current=me)
    settings = await UserSettings.get(organisation_id=me.organisation_id)
    if not settings.can_be_anonymous:
        raise Conflict("SETTING_FORBIDS")
    mine = {"user_id": me.id}
    return await ask(context, RequestKind.ANONYMITY, me.name, reason, mine, mine)


async def request_right(
    context: Context,
    right: Right,
    production_unit: ProductionUnit | None = None,
    vat_unit: VatUnit | None = None,
    reason: Reason | None = None,
) -> Request:
    """Ask for a right.

    right: The right.
    production_unit: Limited to this production unit.
    vat_unit: Limited to this VAT unit.
    reason: Why.
    request: The open request.
    """
    me = await User.locked(id=context.subject.user_id)
    settings = await UserSettings.get(organisation_id=me.organisation_id)
    if not settings.can_request_rights:
        raise Conflict("SETTING_FORBIDS")
    if not right.is_assignable:
        raise Conflict("RIGHT_NOT_ASSIGNABLE", path=("rightId",), current=right)
    wanted = {
        "user_id": me.id,
        "right_id": right.id,
        "production_unit_id": production_unit and production_unit.id,
        "vat_unit_id": vat_unit and vat_unit.id,
    }
    for one in await RightAssignment.filter(**wanted):
        if not one.is_over(context.today):
            raise Conflict("RIGHT_ALREADY_ASSIGNED", path=("rightId",), current=one)
    return await ask(context, RequestKind.RIGHT, me.name, reason, wanted, wanted)


@checked_by(roles.assignable)
async def request_role(context: Context, role: Role, reason: FullReason) -> Request:
    """Ask for an administrator's role.

    role: The role.
    reason: Why, in 10 characters or more.
    request: The open request.
    """
    me = await User.locked(id=context.subject.user_id)
    await roles.must_not_hold(context, me, role)
    wanted = {"user_id": me.id, "role": role}
    return await ask(context, RequestKind.ROLE, me.name, reason, wanted, wanted)


async def ask(
    context: Context,
    kind: RequestKind,
    name: str,
    reason: str | None,
    facts: Mapping[str, Any],
    same: Mapping[str, Any],
) -> Request:
    """Makes a request and tells those who decide; refuses where the same is open already."""
    here = {"organisation_id": context.organisation_id, "kind": kind}
    if former := await Request.filter(**here, **OPEN, **same).first():
        raise Conflict("REQUEST_ALREADY_OPEN", current=former)
    asked_by = await context.actor()
    request = Request(**here, name=name, reason=reason or None, asked_by=asked_by, **facts)
    await request.save()
    deciding = await roles.others(context, DECIDING[kind])
    words = await words_of(request)
    await context.tell(deciding, f"{kind.lower()}_requested", request, person=name, **words)
    return request


async def words_of(request: Request) -> dict[str, Any]:
    """What a request asks for, as letters name it."""
    if request.right_id:
        return {"right": (await Right.get(id=request.right_id)).known_as}
    if request.power_of_attorney_id:
        return {"power": (await PowerOfAttorney.get(id=request.power_of_attorney_id)).name}
    return {"role": request.role} if request.role else {}


async def withdraw(request: Request) -> Request:
    """Withdraw what one has asked for.

    request: The withdrawn request.
    """
    await take_back(request)
    return request


async def take_back(request: Request) -> None:
    """Ends a request without a decision, and the power of attorney that waited for it."""
    request.withdraw()
    await request.save()
    if request.power_of_attorney_id:
        power = await PowerOfAttorney.locked(id=request.power_of_attorney_id)
        by = await request.asked_by
        power.end(PowerOfAttorneyStatus.REVOKED, Change.under_way().at, by)
        await power.save()


async def end_all(user: User) -> list[Any]:
    """Ends all that a user has asked for and nobody has decided."""
    # Not what somebody decides just now: they wait for the user, and must not be waited for.
    theirs = Request.filter(user_id=user.id, **OPEN)
    requests = await theirs.select_for_update(no_key=True, skip_locked=True)
    for request in requests:
        await take_back(request)
    return list(requests)
