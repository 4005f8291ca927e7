"""The addresses in certificates: each is confirmed by a link that was sent to it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models import (
    Certificate,
    CertificateProfile,
    CertificateStatus,
    EmailValidation,
    User,
)
from models.refusals import NotFound
from resolvers.context import Context

LINK_LASTS = timedelta(days=30)


@dataclass
class ValidatedEmail:
    """What an address has been confirmed for: a profile and its open orders, or one order."""

    profile: CertificateProfile | None
    certificate: Certificate | None


async def ask_for(context: Context, order: Certificate) -> None:
    """Sends a link to the address in an order, unless it is confirmed already.

    The profile's own address may be another one since.
    """
    if order.is_email_validated:
        return
    profile = await CertificateProfile.get_or_none(id=order.profile_id)
    await ask(context, profile or order, order.email)


async def ask(
    context: Context, thing: CertificateProfile | Certificate, email: str | None = None
) -> None:
    """Sends a link to the address that is to stand in certificates; a former one is void."""
    vault, here, to = context.gateways.vault, thing.organisation_id, email or thing.email
    link, language = vault.new_link(), context.letter_language
    sent: dict[str, Any] = {"organisation_id": here, "email": to, f"{thing.noun}_id": thing.id}
    await EmailValidation.filter(**sent).delete()
    await EmailValidation.create(
        **sent, link_hash=vault.hash_secret(link), link_expires_at=context.now + LINK_LASTS
    )
    if isinstance(thing, Certificate):
        language = (await User.get(id=thing.user_id)).language
    await context.post_to(
        here,
        str(to),
        language,
        "email_validation",
        link=f"{context.rules.base_url}/validate-email#{link}",
        organisation=(await context.organisation()).name,
    )


async def validate(context: Context, link: str) -> ValidatedEmail:
    """Confirm an address in a certificate, by the link that was sent to it.

    link: The secret part of the link.
    profile: The profile, for an organisation's certificate.
    certificate: The order, for a user's certificate.
    """
    link_hash = context.gateways.vault.hash_secret(link)
    sent = await EmailValidation.get_or_none(link_hash=link_hash)
    if sent is None:
        raise NotFound("LINK_UNKNOWN", path=("link",))
    sent.must_be_open(context.now)
    if sent.certificate_id:
        certificate = await Certificate.locked(id=sent.certificate_id)
        await context.come_to(certificate)
        if not certificate.is_email_validated:
            certificate.must_be_ordered()
        await confirm(certificate)
        return ValidatedEmail(None, certificate)
    profile = await CertificateProfile.locked(id=sent.profile_id)
    await context.come_to(profile)
    if profile.email == sent.email:
        await confirm(profile)
    orders = Certificate.filter(profile_id=profile.id, email=sent.email)
    waiting = orders.filter(status=CertificateStatus.ORDERED).order_by("id")
    for order in await waiting.select_for_update(no_key=True):
        await confirm(order)
    return ValidatedEmail(profile, None)


async def confirm(thing: CertificateProfile | Certificate) -> None:
    """Notes that an address is right; to show a link again changes nothing."""
    if not thing.is_email_validated:
        thing.is_email_validated = True
        await thing.save()
