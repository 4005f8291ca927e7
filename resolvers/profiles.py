"""What can be done to the profiles of organisation certificates."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypedDict

from typing_extensions import Unpack

from models import (
    Certificate,
    CertificateProfile,
    CertificateSettings,
    CertificateStatus,
    EanLocation,
    EntityKind,
    ProductionUnit,
    SystemRight,
    UserSettings,
    VatUnit,
)
from models.numbers import AsciiEmail, Email
from models.refusals import Conflict, Invalid
from models.texts import Name, Title
from resolvers import validations
from resolvers.context import Context, checked_by
from resolvers.settings import Units, usual_units
from resolvers.user_rules import INFORMATION
from resolvers.users import Usage


class ProfileAlterations(TypedDict, total=False):
    """What can be altered of a profile.

    name: The name, for certificates to come.
    email: The e-mail address, for certificates to come.
    contact_name: The contact person's name.
    contact_email: The contact person's e-mail address.
    system_rights: The system rights, all of them.
    can_seal: Whether the certificates may form seals.
    production_unit: The production unit.
    vat_unit: The VAT unit.
    ean: The EAN number that pays.
    """

    name: Title
    email: AsciiEmail
    contact_name: Name
    contact_email: Email
    system_rights: list[SystemRight]
    can_seal: bool
    production_unit: ProductionUnit | None
    vat_unit: VatUnit | None
    ean: EanLocation | None


async def allowed(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """The values that the organisation's settings do not allow."""
    here = context.organisation_id
    tied = (await UserSettings.get(organisation_id=here)).allowed_information
    for name, (argument, information) in INFORMATION.items():
        if given.get(name) and information not in tied:
            yield Invalid("SETTING_FORBIDS", path=(argument,))
    settings = await CertificateSettings.get(organisation_id=here)
    if given.get("can_seal") and not settings.can_seal:
        yield Invalid("SETTING_FORBIDS", path=("canSeal",))


@checked_by(allowed)
async def create(
    context: Context,
    name: Title,
    email: AsciiEmail,
    contact_name: Name,
    contact_email: Email,
    system_rights: list[SystemRight] | None = None,
    can_seal: bool | None = False,
    ean: EanLocation | None = None,
    **units: Unpack[Units],
) -> CertificateProfile:
    """Create a profile of organisation certificates; a letter validates the address.

    name: The name, which the certificates bear.
    email: The e-mail address in the certificates; no æ, ø or å.
    contact_name: The contact person's name.
    contact_email: The contact person's e-mail address.
    system_rights: What a machine may do that signs in with one of the certificates.
    can_seal: Whether the certificates may form seals.
    ean: The EAN number that pays.
    profile: The new profile.
    """
    units = {**await usual_units(context, "certificate"), **units}
    profile = CertificateProfile(
        organisation_id=context.organisation_id,
        name=name,
        email=email,
        contact_name=contact_name,
        contact_email=contact_email,
        system_rights=system_rights or [],
        can_seal=bool(can_seal),
        production_unit=units.get("production_unit"),
        vat_unit=units.get("vat_unit"),
        ean=ean,
    )
    await profile.save()
    await validations.ask(context, profile)
    return profile


@checked_by(allowed)
async def update(
    context: Context, profile: CertificateProfile, **given: Unpack[ProfileAlterations]
) -> CertificateProfile:
    """Change a profile, its system rights or its seal; absent is unchanged, null is cleared.

    profile: The profile as it is now.
    """
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    has_other_address = given.get("email", profile.email) != profile.email
    for name, value in given.items():
        setattr(profile, name, value)
    profile.is_email_validated &= not has_other_address
    await profile.save()
    if has_other_address:
        await validations.ask(context, profile)
    return profile


async def delete(context: Context, profile: CertificateProfile) -> CertificateProfile:
    """Delete a profile that has no valid certificate or open order.

    profile: The profile as it was.
    """
    certificates = await Certificate.filter(profile_id=profile.id).order_by("id")
    alive = (CertificateStatus.ORDERED, CertificateStatus.ISSUED)
    used = [one for one in certificates if one.standing(context.now) in alive]
    if used:
        usage = Usage(EntityKind.CERTIFICATE, len(used), used[:10])  # type: ignore[arg-type]
        raise Conflict("IN_USE", current=profile, usages=[usage])
    for certificate in certificates:
        certificate.profile = None
        await certificate.save()
    await profile.delete()
    return profile
