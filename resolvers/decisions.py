"""What administrators decide of what people have asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models import Decision, Request, RequestKind, User, UserSettings
from models.numbers import CprNumber
from models.refusals import Conflict, Invalid, NotFound
from models.texts import Reason
from resolvers import users
from resolvers.authenticators import all_assignable
from resolvers.context import Context, checked_by
from resolvers.settings import usual_units
from resolvers.users import PersonIdentifier

Approval = Callable[[Context, Request], Awaitable[Any]]


@dataclass
class DecidedUser:
    """A decided request, and the user that came of it."""

    request: Request
    user: User | None


async def decidable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """Whoever says no says why; a yes needs leave to give the usual means of signing in."""
    if given.get("decision") is Decision.REJECT and not given.get("reason"):
        yield Invalid("REQUIRED", path=("reason",))
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


async def tell(context: Context, request: Request, made: User | None) -> None:
    """Tells the one who asked what was decided: as the user that came of it, if there is one."""
    what = f"{request.kind.lower()}_request_{request.status.lower()}"
    asker = made or (request.user_id and await User.get(id=request.user_id))
    if asker:
        await context.tell(asker, what, request, reason=request.decision_reason)
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
