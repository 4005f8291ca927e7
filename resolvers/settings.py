"""What can be done to the settings, page by page."""

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from typing_extensions import Unpack

from models import (
    AuthenticatorKind,
    AuthenticatorSettings,
    CertificateKind,
    CertificateSettings,
    DefaultSettings,
    DeviceKind,
    InformationKind,
    ProductionUnit,
    SettingsPage,
    UserSettings,
    VatUnit,
)
from models.refusals import Conflict, Invalid
from resolvers.context import Context
from resolvers.contradictions import contradictions
from resolvers.usages import Usage

RETENTION = range(1, 3651)  # days


class UserChoices(TypedDict, total=False):
    """What can be chosen of how users come to be.

    can_request_user: Whether people may ask to become users.
    can_request_rights: Whether users may ask for rights.
    can_be_anonymous: Whether users may be anonymous.
    allowed_information: What can be tied to users and certificates, all of it.
    retention_days: After how many days the personal data of deleted users are erased.
    """

    can_request_user: bool
    can_request_rights: bool
    can_be_anonymous: bool
    allowed_information: list[InformationKind]
    retention_days: int


class AuthenticatorChoices(TypedDict, total=False):
    """What can be chosen of what users sign in with.

    allowed_kinds: The kinds allowed, all of them.
    allowed_devices: The devices allowed, all of them.
    """

    allowed_kinds: list[AuthenticatorKind]
    allowed_devices: list[DeviceKind]


@dataclass
class ChangedUserSettings:
    """How users come to be, and what is otherwise all the same."""

    settings: UserSettings
    contradictions: list[Usage]


@dataclass
class ChangedAuthenticatorSettings:
    """What users may sign in with, and what they sign in with all the same."""

    settings: AuthenticatorSettings
    contradictions: list[Usage]


class CertificateChoices(TypedDict, total=False):
    """What can be chosen of certificates.

    allowed_kinds: The kinds allowed, all of them.
    can_seal: Whether certificates may form seals.
    """

    allowed_kinds: list[CertificateKind]
    can_seal: bool


@dataclass
class ChangedCertificateSettings:
    """What certificates may be issued, and what there is all the same."""

    settings: CertificateSettings
    contradictions: list[Usage]


class DefaultChoices(TypedDict, total=False):
    """What new users and certificates can be tied to.

    user_production_unit: The production unit of new users.
    user_vat_unit: The VAT unit of new users.
    certificate_production_unit: The production unit of new certificate profiles.
    certificate_vat_unit: The VAT unit of new certificate profiles.
    """

    user_production_unit: ProductionUnit | None
    user_vat_unit: VatUnit | None
    certificate_production_unit: ProductionUnit | None
    certificate_vat_unit: VatUnit | None


class Units(TypedDict, total=False):
    """Where a new user or profile belongs.

    production_unit: The production unit; the default one when absent, none when null.
    vat_unit: The VAT unit; the default one when absent, none when null.
    """

    production_unit: ProductionUnit | None
    vat_unit: VatUnit | None


async def usual_units(context: Context, whose: Literal["user", "certificate"]) -> Units:
    """The default units of new users or certificates, as far as the settings still allow them."""
    settings = await UserSettings.get(organisation_id=context.organisation_id)
    names = (f"{whose}_production_unit", f"{whose}_vat_unit")
    defaults = await DefaultSettings.get(organisation_id=context.organisation_id).prefetch_related(
        *names
    )
    units: Units = {}
    if InformationKind.P_NUMBER in settings.allowed_information:
        units["production_unit"] = getattr(defaults, names[0])
    if InformationKind.SE_NUMBER in settings.allowed_information:
        units["vat_unit"] = getattr(defaults, names[1])
    return units


async def update_users(
    context: Context, settings: UserSettings, **given: Unpack[UserChoices]
) -> ChangedUserSettings:
    """Change how users come to be.

    settings: The page as it is now.
    contradictions: What exists and would no longer be allowed; nothing of it is changed.
    """
    if given.get("retention_days", RETENTION[0]) not in RETENTION:
        raise Invalid(
            "OUT_OF_RANGE", path=("retentionDays",), least=RETENTION[0], most=RETENTION[-1]
        )
    return ChangedUserSettings(settings, await choose(context, settings, given))


async def update_authenticators(
    context: Context, settings: AuthenticatorSettings, **given: Unpack[AuthenticatorChoices]
) -> ChangedAuthenticatorSettings:
    """Change what users may sign in with.

    settings: The page as it is now.
    contradictions: What exists and would no longer be allowed; nothing of it is changed.
    """
    separate, argument = AuthenticatorKind.SEPARATE_MITID, None
    if separate not in given.get("allowed_kinds", [separate]):
        argument = "allowedKinds"
    elif not given.get("allowed_devices", True):
        argument = "allowedDevices"
    if argument:
        raise Conflict("SEPARATE_MITID_ALWAYS_ALLOWED", path=(argument,), current=settings)
    return ChangedAuthenticatorSettings(settings, await choose(context, settings, given))


async def update_certificates(
    context: Context, settings: CertificateSettings, **given: Unpack[CertificateChoices]
) -> ChangedCertificateSettings:
    """Change what certificates may be issued.

    settings: The page as it is now.
    contradictions: What exists and would no longer be allowed; nothing of it is changed.
    """
    return ChangedCertificateSettings(settings, await choose(context, settings, given))


async def update_defaults(
    context: Context, settings: DefaultSettings, **given: Unpack[DefaultChoices]
) -> DefaultSettings:
    """Change what new users and certificates are tied to; absent is unchanged, null is cleared.

    settings: The page as it is now.
    """
    await choose(context, settings, given)
    return settings


async def choose(context: Context, settings: SettingsPage, given: Any) -> list[Usage]:
    """Takes over what was chosen, and tells what exists that is no longer allowed."""
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    for name, value in given.items():
        setattr(settings, name, sorted(set(value)) if isinstance(value, list) else value)
    return await keep(context, settings)


async def keep(context: Context, settings: SettingsPage) -> list[Usage]:
    """Stores a page and by whom it was changed; tells what exists that is no longer allowed."""
    settings.changed_by, settings.changed_at = await context.actor(), context.now
    await settings.save()
    return await contradictions(settings, context.now)
