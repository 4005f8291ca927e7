"""What users sign in with: given and withdrawn by administrators, as far as the settings allow."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models import (
    Authenticator,
    AuthenticatorKind,
    AuthenticatorSettings,
    AuthenticatorStatus,
    Change,
    ChargeKind,
    DeviceKind,
    User,
    UserStatus,
)
from models.numbers import CvrNumber
from models.refusals import Conflict, Invalid, Refusals
from models.texts import Line
from resolvers.charging import charge
from resolvers.codes import TemporaryCode, give_code
from resolvers.context import Context, checked_by

PRIVATE, SEPARATE, SHARED, LOCAL = AuthenticatorKind
MOST = 20  # authenticators to give at once


@dataclass
class AuthenticatorInput:
    """An AuthenticatorInput is a means of signing in to give to a user.

    kind: What kind.
    device: The device, for a separate MitID; the app when absent.
    delivery_address: Where to send a physical device.
    issuer_cvr_number: The organisation that issued it, for a shared one.
    credential_uuid: The credential at that organisation, for a shared one.
    subject_name: The name at the organisation's own identity provider, for a local one.
    """

    kind: AuthenticatorKind
    device: DeviceKind | None = None
    delivery_address: Line | None = None
    issuer_cvr_number: CvrNumber | None = None
    credential_uuid: UUID | None = None
    subject_name: Line | None = None

    def made(self) -> Authenticator:
        """The authenticator that it asks for, which is nobody's yet."""
        device = (self.device or DeviceKind.APP) if self.kind is SEPARATE else None
        return Authenticator(**vars(self) | {"device": device})


@dataclass
class CodedAuthenticator:
    """An authenticator, and the code that lets its user in."""

    authenticator: Authenticator
    temporary_code: TemporaryCode


USUAL = AuthenticatorInput(SEPARATE)
NEEDED: dict[AuthenticatorKind, set[str]] = {
    SHARED: {"issuer_cvr_number", "credential_uuid"},
    LOCAL: {"subject_name"},
}
ARGUMENTS = {
    "delivery_address": "deliveryAddress",
    "issuer_cvr_number": "issuerCvrNumber",
    "credential_uuid": "credentialUuid",
    "subject_name": "subjectName",
}


async def assignable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with an authenticator to give."""
    if one := given.get("authenticator"):
        async for fault in faults(context, one):
            yield fault.under("authenticator")


async def all_assignable(
    context: Context, given: Sequence[AuthenticatorInput] | None
) -> AsyncIterator[Invalid]:
    """What is wrong with the authenticators to give to a new user, or with the usual one."""
    if given is None:
        async for fault in faults(context, USUAL):
            yield Invalid(fault.code, path=("authenticators",))
        return
    if not given:
        yield Invalid("REQUIRED", path=("authenticators",))
    if len(given) > MOST:
        yield Invalid("TOO_LONG", path=("authenticators",), entries=MOST)
    known = set()
    for index, one in enumerate(given[:MOST]):
        async for fault in faults(context, one):
            yield fault.under("authenticators", index)
        identity = one.made().identity
        if identity in known:
            yield Invalid("AUTHENTICATOR_ALREADY_ASSIGNED", path=("authenticators", index))
        known.add(identity)


async def faults(context: Context, given: AuthenticatorInput) -> AsyncIterator[Invalid]:
    """What the settings do not allow, and what is missing or does not belong to the kind."""
    settings = await AuthenticatorSettings.get(organisation_id=context.organisation_id)
    made = given.made()
    if made.kind not in settings.allowed_kinds:
        yield Invalid("AUTHENTICATOR_FORBIDDEN", path=("kind",))
    if made.device and made.device not in settings.allowed_devices:
        yield Invalid("AUTHENTICATOR_FORBIDDEN", path=("device",))
    if given.device and not made.device:
        yield Invalid("MUST_BE_EMPTY", path=("device",))
    needed = {"delivery_address"} if made.is_physical else NEEDED.get(made.kind, set())
    for name, argument in ARGUMENTS.items():
        if bool(getattr(given, name)) != (name in needed):
            yield Invalid("REQUIRED" if name in needed else "MUST_BE_EMPTY", path=(argument,))
    if given.issuer_cvr_number == (await context.organisation()).cvr_number:
        yield Invalid("OWN_ORGANISATION", path=("issuerCvrNumber",))


@checked_by(assignable)
async def assign(context: Context, user: User, authenticator: AuthenticatorInput) -> Authenticator:
    """Give a user one more means of signing in, ordering the device where there is one.

    authenticator: What to give.
    -> authenticator: The new authenticator.
    """
    if user.status is UserStatus.DELETED:
        raise Conflict("USER_DELETED", current=user)
    before, identity = await in_use(user), authenticator.made().identity
    for one in before:
        if one.identity == identity:
            raise Conflict("AUTHENTICATOR_ALREADY_ASSIGNED", path=("authenticator",), current=one)
    made = await order(context, user, authenticator, "authenticator")
    former = [one.known_as for one in before]
    Change.under_way().touch(user).notes["authenticators"] = (former, [*former, made.known_as])
    await user.save()
    await tell(context, made, "consent_asked" if made.kind is PRIVATE else "authenticator_assigned")
    return made


async def order_all(
    context: Context, user: User, given: Sequence[AuthenticatorInput] | None
) -> None:
    """Gives a new user what was asked for, or the usual authenticator."""
    for index, one in enumerate(given or [USUAL]):
        await order(context, user, one, "authenticators", index)


async def equip(context: Context, user: User, given: Sequence[AuthenticatorInput] | None) -> None:
    """Gives an imported user what was asked for.

    Where nothing was, what it has been given already is enough; or else it gets what its file
    named, or the usual authenticator.
    """
    before = {one.identity: one for one in await in_use(user)}
    if given is None and before:
        return
    if given is None:
        given = [AuthenticatorInput(user.imported_login) if user.imported_login else USUAL]
        if wrong := [fault async for fault in faults(context, given[0])]:
            raise Refusals([Invalid(one.code, path=("authenticators",)) for one in wrong])
    for index, one in enumerate(given):
        if former := before.get(one.made().identity):
            path = ("authenticators", index)
            raise Conflict("AUTHENTICATOR_ALREADY_ASSIGNED", path=path, current=former)
    await order_all(context, user, given)


async def order(
    context: Context, user: User, given: AuthenticatorInput, *where: str | int
) -> Authenticator:
    """Gives an authenticator to a user; a device that is sent there costs something."""
    made = ordered(context, user, given)
    if made.subject_name:
        await must_be_free(context, made.subject_name, *where)
    await made.save()
    if made.is_physical:
        await charge(context, ChargeKind(made.device), user)
    return made


def ordered(context: Context, user: User, given: AuthenticatorInput) -> Authenticator:
    """An authenticator of a user, not stored yet: here alone any comes to be."""
    made = given.made()
    made.organisation_id, made.user_id = user.organisation_id, user.id
    made.ordered_at = context.now
    if made.kind is PRIVATE:
        made.status = AuthenticatorStatus.CONSENT_MISSING
    return made


async def must_be_free(context: Context, subject_name: str, *where: str | int) -> None:
    """Refuses a subject name that is in use in the organisation, in whatever case."""
    await context.organisation_locked()
    others = Authenticator.filter(
        organisation_id=context.organisation_id, subject_name__iexact=subject_name
    )
    if await others.exclude(status=AuthenticatorStatus.WITHDRAWN).exists():
        raise Conflict("SUBJECT_NAME_TAKEN", path=(*where, "subjectName"))


async def in_use(user: User) -> list[Authenticator]:
    """What a user may sign in with, kept from other changes."""
    given = Authenticator.filter(user_id=user.id).exclude(status=AuthenticatorStatus.WITHDRAWN)
    return await given.order_by("id").select_for_update(no_key=True)


async def withdraw(context: Context, authenticator: Authenticator) -> Authenticator:
    """Take a means of signing in from a user.

    authenticator: The withdrawn authenticator.
    """
    authenticator.withdraw()
    await authenticator.save()
    await tell(context, authenticator, "authenticator_withdrawn")
    return authenticator


async def withdraw_all(user: User) -> list[Authenticator]:
    """Takes all means of signing in from a user."""
    withdrawn = await in_use(user)
    for one in withdrawn:
        one.withdraw()
        await one.save()
    return withdrawn


async def renew_code(context: Context, authenticator: Authenticator) -> CodedAuthenticator:
    """Make a new activation code for a separate MitID, as after a change of telephone.

    authenticator: The authenticator.
    temporary_code: The code to hand over.
    """
    authenticator.must_be(SEPARATE)
    user = await User.get(id=authenticator.user_id)
    if user.status not in (UserStatus.AWAITING_ACTIVATION, UserStatus.ACTIVE):
        raise Conflict("USER_NOT_ACTIVE", current=user)
    code = give_code(context, user, authenticator)
    await authenticator.save()
    await tell(context, authenticator, "authenticator_code_renewed")
    return CodedAuthenticator(authenticator, code)


async def void_codes(user: User) -> None:
    """Makes the codes of a user's authenticators void."""
    for one in await in_use(user):
        if one.code_hash:
            one.void_code()
            await one.save()


async def tell(context: Context, authenticator: Authenticator, kind: str) -> None:
    """Tells a user that the means of signing in have changed."""
    user = await User.get(id=authenticator.user_id)
    await context.tell(user, kind, authenticator, authenticator=authenticator.word)
