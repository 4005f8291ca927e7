"""What administrators decide of what people have asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models import (
    Decision,
    PowerOfAttorney,
    Request,
    RequestKind,
    RightAssignment,
    User,
    UserSettings,
)
from models.numbers import CprNumber
from models.refusals import Conflict, Invalid, NotFound
from models.texts import Reason
from resolvers import roles, users
from resolvers.authenticators import all_assignable
from resolvers.context import Context, checked_by
from resolvers.requests import words_of
from resolvers.rights import RightGrantInput, give, told_day
from resolvers.settings import usual_units
from resolvers.users import PersonIdentifier

Approval = Callable[[Context, Request], Awaitable[Any]]


@dataclass
class DecidedUser:
    """A decided request, and the user that came of it."""

    request: Request
    user: User | None


@dataclass
class DecidedRight:
    """A decided request, and the right that came of it."""

    request: Request
    assignment: RightAssignment | None


async def reasoned(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """Whoever says no says why."""
    if given.get("decision") is Decision.REJECT and not given.get("reason"):
        yield Invalid("REQUIRED", path=("reason",))


async def decidable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """Whoever says no says why; a yes needs leave to give the usual means of signing in."""
    async for fault in reasoned(context, given):
        yield fault
    if given.get("decision") is Decision.APPROVE:
        async for fault in all_assignable(context, None):
            yield Invalid(fault.code, path=("decision",))


@checked_by(decidable)
async def decide_user(
    context: Context, request: Request, decision: Decision, reason: Reason | None = None
) -> DecidedUser:
    """Decide whether somebody becomes a user.

    decision: Yes or no.
    reason: Why; needed to reject.
    request: The decided request.
    user: The new user, awaiting activation.
    """
    made = await decide(context, request, RequestKind.USER, decision, reason, welcome)
    return DecidedUser(request, made)


@checked_by(decidable)
async def decide_anonymity(
    context: Context, request: Request, decision: Decision, reason: Reason | None = None
) -> DecidedUser:
    """Decide on anonymity: yes creates a new, anonymous user without rights and deletes the old
    one.

    decision: Yes or no.
    reason: Why; needed to reject.
    request: The decided request.
    user: The new, anonymous user.
    """
    made = await decide(context, request, RequestKind.ANONYMITY, decision, reason, make_anonymous)
    return DecidedUser(request, made)


async def grantable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """Whoever says no says why; the last day of a yes is not over."""
    async for fault in reasoned(context, given):
        yield fault
    if given.get("until") and given["until"] < context.today:
        yield Invalid("DATE_IN_PAST", path=("until",))


@checked_by(grantable)
async def decide_right(
    context: Context,
    request: Request,
    decision: Decision,
    until: date | None = None,
    reason: Reason | None = None,
) -> DecidedRight:
    """Decide whether a user gets a right.

    decision: Yes or no.
    until: The last day of the right, when the answer is yes.
    reason: Why; needed to reject.
    request: The decided request.
    assignment: The right as given.
    """

    async def approve(context: Context, request: Request) -> RightAssignment:
        await request.fetch_related("right", "production_unit", "vat_unit")
        assert request.right, "who asks for a right names it"
        grant = RightGrantInput(
            request.right, request.production_unit, request.vat_unit, until=until
        )
        return await give(context, await User.locked(id=request.user_id), grant)

    made = await decide(context, request, RequestKind.RIGHT, decision, reason, approve)
    return DecidedRight(request, made)


@checked_by(reasoned)
async def decide_role(
    context: Context, request: Request, decision: Decision, reason: Reason | None = None
) -> DecidedUser:
    """Decide whether a user gets a role.

    decision: Yes or no.
    reason: Why; needed to reject.
    request: The decided request.
    user: The user with the role.
    """

    async def approve(context: Context, request: Request) -> User:
        user = await User.locked(id=request.user_id)
        return await roles.assign(context, user, request.role)

    made = await decide(context, request, RequestKind.ROLE, decision, reason, approve)
    return DecidedUser(request, made)


async def decide(
    context: Context,
    request: Request,
    kind: RequestKind,
    decision: Decision,
    reason: str | None,
    approve: Approval,
) -> Any:
    """Settles a request of one kind and writes to whoever asked; what a yes makes, it answers."""
    if request.kind is not kind:
        raise NotFound(path=("requestId",))
    request.decide(decision, context.now, await context.actor(), reason or None)
    await request.save()
    made = await approve(context, request) if decision is Decision.APPROVE else None
    request.cpr_number_sealed = None  # nobody needs it any longer
    await request.save()
    await tell(context, request, made)
    return made


async def tell(context: Context, request: Request, made: Any) -> None:
    """Tells the one who asked what was decided: as the user that came of it, if there is one."""
    what = f"{request.kind.lower()}_request_{request.status.lower()}"
    asker: Any = made if isinstance(made, User) else None
    asker = asker or (request.user_id and await User.get(id=request.user_id))
    if asker:
        words = await words_of(request) | {"reason": request.decision_reason}
        if isinstance(made, RightAssignment | PowerOfAttorney):
            words["last_day"] = told_day(made.until_on)
        await context.tell(asker, what, request, **words)
        return
    organisation = await context.organisation()
    names = {"name": request.name, "organisation": organisation.name}
    await context.post_to(
        organisation.id,
        str(request.email),
        request.language,
        what,
        **names,
        reason=request.decision_reason,
    )


async def welcome(context: Context, request: Request) -> User:
    """Makes a user of the person who asked, known by the number that the sign-in proved."""
    coded = await users.enrol(
        context,
        str(request.first_name),
        str(request.surname),
        PersonIdentifier(cpr_number=unsealed(context, request.cpr_number_sealed)),
        email=request.email,
        phone_number=request.phone_number,
        language=request.language,
        **await usual_units(context, "user"),
    )
    request.user_id = coded.user.id
    return coded.user


# What a user keeps who becomes anonymous: who it is and where, nothing of what it may do.
KEPT = (
    *("email", "phone_number", "language", "reference_text", "target_assurance_level"),
    *("production_unit_id", "vat_unit_id", "ean_id"),
)


async def make_anonymous(context: Context, request: Request) -> User:
    """Deletes the user who asked, and makes a new one of the same person."""
    former = await User.locked(id=request.user_id)
    former.must_be_active()
    settings = await UserSettings.get(organisation_id=request.organisation_id)
    if not settings.can_be_anonymous:
        raise Conflict("SETTING_FORBIDS")
    await users.delete(context, former)
    person = PersonIdentifier(date_of_birth=former.date_of_birth)
    if former.cpr_number_sealed:
        person = PersonIdentifier(cpr_number=unsealed(context, former.cpr_number_sealed))
    kept = {name: getattr(former, name) for name in KEPT}
    coded = await users.enrol(
        context, former.first_name, former.surname, person, is_anonymous=True, **kept
    )
    return coded.user


def unsealed(context: Context, sealed: bytes | None) -> CprNumber:
    assert sealed, "only who has proved a CPR number asks to become a user"
    return CprNumber(context.gateways.vault.unseal(sealed))
