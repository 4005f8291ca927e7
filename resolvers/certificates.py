"""What can be done to certificates, from order to end."""

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from gateways import normalise_code
from models import (
    Certificate,
    CertificateKind,
    CertificateProfile,
    CertificateSettings,
    CertificateStatus,
    Letter,
    RetrievalIdentification,
    RevocationReason,
    User,
    UserStatus,
)
from models.numbers import Email, check_ascii_email
from models.refusals import Conflict, Invalid
from resolvers import access, roles, validations
from resolvers.codes import CODE_LASTS
from resolvers.context import Context, OneOf, checked_by


@dataclass
class CertificateHolder(OneOf):
    """A CertificateHolder is whom a certificate is for.

    user: An active user.
    profile: The organisation, by one of its profiles.
    """

    user: User | None = None
    profile: CertificateProfile | None = None


@dataclass
class OneTimeCode:
    """A OneTimeCode lets the contact person retrieve a certificate; it is shown this once.

    reference: The reference number of the order.
    code: The code, to be handed over by a secure channel.
    expires_at: When it runs out.
    """

    reference: str
    code: str
    expires_at: datetime
    is_shown_once: ClassVar[bool] = True


@dataclass
class OrderedCertificate:
    """An order, and the code by which it is retrieved, if that is how."""

    certificate: Certificate
    one_time_code: OneTimeCode | None


async def orderable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What cannot be ordered: kinds that the settings forbid, or that are for other holders."""
    settings = await CertificateSettings.get(organisation_id=context.organisation_id)
    kind: CertificateKind | None = given.get("kind")
    if kind and kind not in settings.allowed_kinds:
        yield Invalid("CERTIFICATE_KIND_FORBIDDEN", path=("kind",))
    holder: CertificateHolder | None = given.get("holder")
    if not (kind and holder):
        return
    if kind.is_for_users and holder.user is None:
        yield Invalid("REQUIRED", path=("holder", "userId"))
    if not kind.is_for_users and holder.profile is None:
        yield Invalid("REQUIRED", path=("holder", "profileId"))
    try:
        if kind.is_for_users and holder.user:
            check_ascii_email(given.get("email") or holder.user.email)
    except Invalid as refusal:
        yield refusal.under("email")
    if given.get("email") and not kind.is_for_users:
        yield Invalid("MUST_BE_EMPTY", path=("email",))
    code = RetrievalIdentification.ONE_TIME_CODE
    if kind.is_for_users and given.get("identification") is code:
        yield Invalid("MUST_BE_EMPTY", path=("identification",))


@checked_by(orderable)
async def order(
    context: Context,
    kind: CertificateKind,
    holder: CertificateHolder,
    identification: RetrievalIdentification | None = RetrievalIdentification.OWN_SIGN_IN,
    email: Email | None = None,
) -> OrderedCertificate:
    """Order a certificate for a user or, on a profile, for the organisation; a letter goes out.

    kind: What kind.
    holder: Whom it is for.
    identification: How the one who retrieves it shows who they are.
    email: The e-mail address in a user's certificate; the user's own when absent.
    certificate: The order.
    one_time_code: The code to hand over, when that is how it is retrieved.
    """
    if holder.user and holder.user.status is not UserStatus.ACTIVE:
        raise Conflict("USER_NOT_ACTIVE", path=("holder", "userId"), current=holder.user)
    certificate = Certificate(
        organisation_id=context.organisation_id,
        kind=kind,
        identification=identification or RetrievalIdentification.OWN_SIGN_IN,
        reference=new_reference(),
        ordered_at=context.now,
        ordered_by=await context.actor(),
        **facts(holder, email),
    )
    await must_not_rise(context, certificate)
    code = None
    if certificate.identification is RetrievalIdentification.ONE_TIME_CODE:
        code = give_code(context, certificate)
    await invite(context, certificate, holder.user)
    await certificate.save()
    await validations.ask_for(context, certificate)
    return OrderedCertificate(certificate, code)


def facts(holder: CertificateHolder, email: str | None) -> dict[str, Any]:
    """What a certificate takes over from its holder."""
    if holder.user:
        user = holder.user
        return {
            "user": user,
            "uuid": user.uuid,
            "email": email or user.email,
            "is_email_validated": email in (None, user.email),
            "contact_name": user.name,
            "contact_email": user.email,
        }
    profile = holder.profile
    assert profile
    return {
        "profile": profile,
        "email": profile.email,
        "is_email_validated": profile.is_email_validated,
        "contact_name": profile.contact_name,
        "contact_email": profile.contact_email,
    }


async def must_not_rise(context: Context, certificate: Certificate) -> None:
    """Refuses a machine what would make it, or another, one with more system rights."""
    profile = await CertificateProfile.get_or_none(id=certificate.profile_id)
    rights = {one.lower() for one in profile.system_rights} if profile else set()
    if context.subject.is_machine and not rights <= context.subject.roles:
        context.attempt.denied = profile
        raise access.denied(context.attempt.permission, context)


def new_reference() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(12))


def give_code(context: Context, certificate: Certificate) -> OneTimeCode:
    vault = context.gateways.vault
    code = OneTimeCode(certificate.reference, vault.new_code(), context.now + CODE_LASTS)
    certificate.give_code(vault.hash_secret(normalise_code(code.code)), code.expires_at)
    return code


async def invite(context: Context, certificate: Certificate, user: User | None) -> None:
    """Tells whoever shall retrieve a certificate that it waits."""
    if user:
        letters = await context.tell(
            user, "user_certificate_ordered", certificate, reference=certificate.reference
        )
        certificate.letter = letters[user.id]
        return
    certificate.letter = await write(context, certificate, "certificate_ordered")
    if certificate.identification is RetrievalIdentification.OWN_SIGN_IN:
        await tell_others(context, certificate, "certificate_ordered")


async def write(context: Context, certificate: Certificate, kind: str, **values: Any) -> Letter:
    """Writes to the contact person of a certificate of the organisation."""
    organisation = await context.organisation()
    return await context.post_to(
        certificate.organisation_id,
        str(certificate.contact_email),
        context.letter_language,
        kind,
        name=certificate.contact_name,
        organisation=organisation.name,
        reference=certificate.reference,
        **values,
    )


async def tell_others(
    context: Context, certificate: Certificate, event: str, **values: Any
) -> None:
    """Tells those who administer certificates, but for whoever was written to already."""
    others = await roles.others(context, "certificate:order")
    users = [one for one in others if one.email != certificate.contact_email]
    await context.tell(users, event, certificate, reference=certificate.reference, **values)


async def tell(context: Context, certificate: Certificate, event: str, **values: Any) -> None:
    """Tells of a certificate: its user, or its contact person and those who administer it."""
    if certificate.user_id:
        user = await User.get(id=certificate.user_id)
        await context.tell(user, event, certificate, reference=certificate.reference, **values)
        return
    if certificate.contact_email:
        await write(context, certificate, event, **values)
    await tell_others(context, certificate, event, **values)


async def renew_code(context: Context, certificate: Certificate) -> OrderedCertificate:
    """Make a new one-time code for an order; the former one no longer works.

    While the address in it is not confirmed, the link to confirm it is sent again as well.

    certificate_id: The order.
    certificate: The order.
    one_time_code: The code to hand over.
    """
    certificate.must_take_codes()
    await must_not_rise(context, certificate)
    certificate.identification = RetrievalIdentification.ONE_TIME_CODE
    code = give_code(context, certificate)
    await certificate.save()
    await tell(context, certificate, "certificate_code_renewed")
    await validations.ask_for(context, certificate)
    return OrderedCertificate(certificate, code)


async def cancel(context: Context, certificate: Certificate) -> Certificate:
    """Cancel an order before the certificate is issued.

    certificate: The cancelled order.
    certificate_id: The order.
    """
    certificate.cancel()
    await certificate.save()
    return certificate


async def revoke(
    context: Context, certificate: Certificate, reason: RevocationReason
) -> Certificate:
    """Revoke a certificate at once and for ever.

    reason: Why.
    certificate: The revoked certificate.
    """
    certificate.revoke(context.now, reason, await context.actor())
    await certificate.save()
    await tell(context, certificate, "certificate_revoked")
    return certificate


async def end_all(context: Context, user: User) -> list[Any]:
    """Revokes what has been issued to a user, and cancels what is ordered."""
    ended = []
    for certificate in await Certificate.filter(user_id=user.id).select_for_update(no_key=True):
        match certificate.standing(context.now):
            case CertificateStatus.ISSUED:
                by = await context.actor()
                certificate.revoke(context.now, RevocationReason.CESSATION_OF_OPERATION, by)
            case CertificateStatus.ORDERED:
                certificate.cancel()
            case _:
                continue
        await certificate.save()
        ended.append(certificate)
    return ended
