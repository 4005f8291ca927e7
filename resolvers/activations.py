"""The way in: links, codes, and the person who shows them."""

from dataclasses import dataclass
from datetime import timedelta

from gateways import normalise_code
from models import (
    Activation,
    ActivationKind,
    AuthenticatorKind,
    ChargeKind,
    Letter,
    Organisation,
    User,
    UserAction,
)
from models.refusals import Conflict, Invalid, NotFound
from resolvers import authenticators, consents, roles
from resolvers.charging import charge
from resolvers.codes import TemporaryCode, give_code
from resolvers.context import Context, Person

LINK_LASTS = timedelta(days=30)


@dataclass
class CodedUser:
    """A user, and the code that lets it in, if it needs one."""

    user: User
    temporary_code: TemporaryCode | None


async def invite(context: Context, user: User) -> TemporaryCode | None:
    """Sends a link, and makes a code where there is no CPR number; what was before is void."""
    activation = await opened(user)
    await send_link(context, user, activation)
    has_code = activation.kind is ActivationKind.TEMPORARY_CODE
    code = give_code(context, user, activation) if has_code else None
    await activation.save()
    return code


async def opened(user: User) -> Activation:
    """A new way in, without a code yet; what was before is void."""
    await void(user)
    return begun(user)


def begun(user: User) -> Activation:
    """The way in for a user: by a link, and by a code where there is no CPR number."""
    has_code = user.cpr_number_hash is None
    return Activation(
        organisation_id=user.organisation_id,
        user_id=user.id,
        kind=ActivationKind.TEMPORARY_CODE if has_code else ActivationKind.LINK,
        tries_left=0 if has_code else None,
    )


async def send_link(context: Context, user: User, activation: Activation) -> None:
    """Makes a new link and puts the letter with it into the outbox."""
    organisation = await Organisation.get(id=user.organisation_id)
    letter = linked(context, user, activation, organisation)
    await letter.save()
    activation.letter = letter


def linked(
    context: Context, user: User, activation: Activation, organisation: Organisation
) -> Letter:
    """Makes a new link, and the letter that brings it."""
    vault = context.gateways.vault
    link = vault.new_link()
    activation.give_link(vault.hash_secret(link), context.now + LINK_LASTS)
    return context.written(
        user.organisation_id,
        user.email,
        user.language,
        "activation" if activation.kind is ActivationKind.LINK else "activation_with_code",
        link=f"{context.rules.base_url}/activate#{link}",
        name=user.name,
        organisation=organisation.name,
        expires_on=f"{activation.link_expires_at:%d.%m.%Y}",
    )


async def void(user: User) -> None:
    """Makes the link and the code of a user void."""
    await Activation.filter(user_id=user.id).delete()


async def resend_activation(context: Context, user: User) -> User:
    """Send the activation letter again; the former link no longer works.

    user: The user with the new letter.
    """
    user.take(UserAction.RESEND_ACTIVATION)
    await resend(context, user)
    await user.save()
    return user


async def resend(context: Context, user: User) -> None:
    """Sends a new link; a code that has been handed over stays good, and no new one is made.

    Whoever sends a link sees no code: one is made only where it is shown.
    """
    activation = await Activation.get_or_none(user_id=user.id) or await opened(user)
    await send_link(context, user, activation)
    await activation.save()


async def renew_temporary_code(context: Context, user: User) -> CodedUser:
    """Make a new temporary code; the former one no longer works.

    user: The user with the new code's term.
    temporary_code: The code to hand over.
    """
    user.take(UserAction.RENEW_TEMPORARY_CODE)
    if user.cpr_number_hash:
        raise Conflict("USER_HAS_CPR_NUMBER", current=user)
    activation = await Activation.get_or_none(user_id=user.id)
    if activation is None:
        code = await invite(context, user)
    else:
        code = give_code(context, user, activation)
        await activation.save()
    await user.save()
    return CodedUser(user, code)


async def activate(
    context: Context,
    link: str,
    temporary_code: str | None = None,
    authenticator_kind: AuthenticatorKind | None = AuthenticatorKind.SEPARATE_MITID,
    has_consent_to_private_mit_id: bool | None = False,
) -> User:
    """Get in, as the person who is signed in with private MitID and matches the user.

    link: The secret part of the link in the activation letter.
    temporary_code: The code that the administrator handed over, for a user created by date of
        birth.
    authenticator_kind: What the person chooses to sign in with, among what is assigned.
    has_consent_to_private_mit_id: Whether the person agrees to use private MitID at work.
    user: The active user.
    """
    vault = context.gateways.vault
    link_hash = vault.hash_secret(link)
    activation = await Activation.locked_or_none(link_hash=link_hash)
    if activation is None:
        raise NotFound("LINK_UNKNOWN", path=("link",))
    user = await User.locked(id=activation.user_id)
    if not matches(context.person, user):
        raise Conflict("PERSON_DOES_NOT_MATCH", path=("link",))
    context.speak_for(user)
    if activation.used_at is None:
        activation.must_be_open(context.now)
        if activation.kind is ActivationKind.TEMPORARY_CODE:
            code = temporary_code and vault.hash_secret(normalise_code(temporary_code))
            await activation.take_code(code or None, context.now, ("temporaryCode",))
    user.activate(context.now)
    has_consent = bool(has_consent_to_private_mit_id)
    await choose(context, user, authenticator_kind, has_consent)
    activation.used_at = context.now
    await activation.save()
    await user.save()
    await charge(context, ChargeKind.USER_ACTIVATION, user)
    inviting = await roles.others(context, "user:resend_activation")
    await context.tell(inviting, "user_activated", user, person=user.name)
    return user


async def choose(
    context: Context, user: User, kind: AuthenticatorKind | None, has_consent: bool
) -> None:
    """Takes into use what a person chose among what is assigned.

    A client that names no kind cannot be told from one that names the contract's default: where
    separate MitID is not assigned, the only authenticator is meant. Who has none chooses nothing.
    """
    private, usual = AuthenticatorKind.PRIVATE_MITID, AuthenticatorKind.SEPARATE_MITID
    assigned, kind = await authenticators.in_use(user), kind or usual
    fitting = [one for one in assigned if one.kind is kind]
    if not fitting and kind is usual and len(assigned) <= 1:
        fitting = assigned
    elif not fitting:
        raise Invalid("AUTHENTICATOR_FORBIDDEN", path=("authenticatorKind",))
    chosen = min(fitting, key=lambda one: one.is_physical, default=None)
    if chosen and chosen.kind is private and not has_consent:
        raise Conflict("CONSENT_MISSING", path=("hasConsentToPrivateMitId",))
    for one in assigned:
        if one.kind is private and has_consent:
            await consents.must_be_allowed(context, "hasConsentToPrivateMitId")
            one.agree(context.now)
        elif one is chosen:
            one.activate(context.now)
        else:
            continue
        await one.save()


def matches(person: Person | None, user: User) -> bool:
    """Whether a person is the one that a user was made for: by CPR number, or by name and birth."""
    if person is None:
        return False
    if user.cpr_number_hash:
        return person.cpr_number_hash == user.cpr_number_hash
    same_name = plain(person.name or "") == plain(user.name)
    return same_name and person.date_of_birth == user.date_of_birth


def plain(name: str) -> str:
    return " ".join(name.casefold().split())
