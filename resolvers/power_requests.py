"""Powers of attorney that are asked for: by the one who would act, decided by the other side."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from models import (
    Decision,
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyStatus,
    ProductionUnit,
    Request,
    RequestKind,
    Right,
    VatUnit,
)
from models.numbers import CvrNumber, PNumber, SeNumber
from models.refusals import Conflict, Invalid, NotFound
from models.requests import DECIDING
from models.texts import Reason, Title
from resolvers import decisions, roles
from resolvers.context import Context, Id, checked_by
from resolvers.power_ends import names_of
from resolvers.powers import givable, give, must_be_new, rights_of, tell_granted


@dataclass
class RequestedPower:
    """A request for a power of attorney, and the power as it would be."""

    request: Request
    power_of_attorney: PowerOfAttorney


@checked_by(givable)
async def ask(
    context: Context,
    grantor_cvr_number: CvrNumber,
    name: Title,
    right_ids: list[Id],
    p_number: PNumber | None = None,
    se_number: SeNumber | None = None,
    until: date | None = None,
    reason: Reason | None = None,
) -> RequestedPower:
    """Ask another organisation for the right to act for it.

    grantor_cvr_number: The other organisation.
    name: What to call it.
    right_ids: The rights.
    p_number: Limited to this production unit of theirs.
    se_number: Limited to this VAT unit of theirs.
    until: The last day; without end when absent.
    reason: Why.
    request: The open request.
    power_of_attorney: The requested power of attorney.
    """
    here, grantor = await context.organisation(), await grantor_of(grantor_cvr_number)
    power = PowerOfAttorney(
        organisation_id=grantor.id,
        status=PowerOfAttorneyStatus.REQUESTED,
        grantee_cvr_number=here.cvr_number,
        grantee_id=here.id,
        name=name,
        production_unit=await unit_of(grantor, ProductionUnit, "pNumber", p_number=p_number),
        vat_unit=await unit_of(grantor, VatUnit, "seNumber", se_number=se_number),
        until_on=until,
    )
    await give(context, power, await rights_of(right_ids))
    request = Request(
        organisation_id=grantor.id,
        from_organisation_id=here.id,
        kind=RequestKind.POWER_OF_ATTORNEY,
        name=here.name,
        reason=reason or None,
        asked_by=await context.actor(),
        user_id=context.subject.user_id,
        power_of_attorney=power,
    )
    await request.save()
    permission = DECIDING[request.kind]
    deciding = await roles.holders(context.policy, grantor.id, context.today, permission)
    names = (await names_of(power))[grantor.id]
    await context.tell(deciding, "power_of_attorney_requested", request, **names)
    return RequestedPower(request, power)


async def grantor_of(cvr_number: CvrNumber) -> Organisation:
    """The organisation that is asked; what has no place here has nobody to decide."""
    found = await Organisation.get_or_none(cvr_number=cvr_number)
    if found is None:
        raise NotFound(path=("grantorCvrNumber",))
    return found


async def unit_of(grantor: Organisation, model: Any, argument: str, **number: Any) -> Any:
    """The unit of the other organisation that bears a number, if one is given."""
    if None in number.values():
        return None
    unit = await model.get_or_none(organisation_id=grantor.id, **number)
    if unit is None:
        raise Invalid(model.missing, path=(argument,))
    return unit


@checked_by(decisions.reasoned)
async def decide(
    context: Context, request: Request, decision: Decision, reason: Reason | None = None
) -> RequestedPower:
    """Decide whether another organisation gets a power of attorney.

    decision: Yes or no.
    reason: Why; needed to reject.
    request: The decided request.
    power_of_attorney: The power of attorney, active or rejected.
    """
    kind = RequestKind.POWER_OF_ATTORNEY
    power = await decisions.decide(context, request, kind, decision, reason, approve)
    if power is None:
        power = await PowerOfAttorney.locked(id=request.power_of_attorney_id)
        power.end(PowerOfAttorneyStatus.REJECTED, context.now, await context.actor())
        await power.save()
    return RequestedPower(request, power)


async def approve(context: Context, request: Request) -> PowerOfAttorney:
    """Puts what was asked for in force, if it can still be given."""
    await context.organisation_locked()  # before the power, as whoever bundles powers does
    power = await PowerOfAttorney.locked(id=request.power_of_attorney_id)
    if power.is_over(context.today):
        raise Invalid("DATE_IN_PAST", path=("decision",))
    rights = await Right.filter(powers__power_of_attorney_id=power.id)
    for right in rights:
        if right.is_retired:
            raise Conflict("RIGHT_NOT_ASSIGNABLE", path=("decision",), current=right)
    power.status, power.from_on = PowerOfAttorneyStatus.ACTIVE, context.today
    await must_be_new(power, {one.id for one in rights}, context.today)
    await power.save()
    await tell_granted(context, power, besides=request.user_id)
    return power
