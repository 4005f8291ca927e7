"""The four pages of the settings."""

from datetime import datetime
from typing import Any

import models
from schema.fields import column, edge, page, part, shows
from schema.nouns import interface
from schema.rows import TYPES
from schema.types.history import HISTORY
from schema.types.words import Entity, changeable


@interface
class SettingsPage(Entity):
    """The SettingsPage interface is what every page of the settings tells about itself."""

    can_change, changeable_by, change_note = changeable("settings:update_users")
    changed_by = part("Actor", "Who last changed it; null while all is as delivered.")
    changed_at: datetime | None = column("When it was last changed.")
    history = page(
        "HistoryEntry",
        "What changed on the page, old and new, latest first.",
        allow="history:list",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )


TYPES[models.SettingsPage] = "SettingsPage"


@shows(models.UserSettings, allow="settings:read")
class UserSettings(SettingsPage):
    """The UserSettings say how users come to be."""

    can_change, changeable_by, change_note = changeable(models.UserSettings.change)
    can_request_user: bool = column("Whether people may ask to become users; off as delivered.")
    can_request_rights: bool = column("Whether users may ask for rights.")
    can_be_anonymous: bool = column("Whether users may be anonymous.")
    allowed_information: list[models.InformationKind] = column(
        "What can be tied to users and certificates."
    )
    retention_days: int = column(
        "After how many days the personal data of deleted users are erased; 90 as delivered."
    )


@shows(models.AuthenticatorSettings, allow="settings:read")
class AuthenticatorSettings(SettingsPage):
    """The AuthenticatorSettings say what users may sign in with."""

    can_change, changeable_by, change_note = changeable(models.AuthenticatorSettings.change)
    allowed_kinds: list[models.AuthenticatorKind] = column(
        "The kinds allowed; separate MitID always is."
    )
    allowed_devices: list[models.DeviceKind] = column("The devices allowed for a separate MitID.")


@shows(models.CertificateSettings, allow="settings:read")
class CertificateSettings(SettingsPage):
    """The CertificateSettings say what certificates may be issued."""

    can_change, changeable_by, change_note = changeable(models.CertificateSettings.change)
    allowed_kinds: list[models.CertificateKind] = column("The kinds allowed.")
    can_seal: bool = column("Whether certificates may form seals.")


def unit(kind: str, description: str) -> Any:
    return edge(kind, description, allow="organisation:read")


@shows(models.DefaultSettings, allow="settings:read")
class DefaultSettings(SettingsPage):
    """The DefaultSettings say what new users and certificates are tied to unless told otherwise."""

    can_change, changeable_by, change_note = changeable(models.DefaultSettings.change)
    user_production_unit = unit("ProductionUnit", "The production unit of new users.")
    user_vat_unit = unit("VatUnit", "The VAT unit of new users.")
    certificate_production_unit = unit(
        "ProductionUnit", "The production unit of new certificate profiles."
    )
    certificate_vat_unit = unit("VatUnit", "The VAT unit of new certificate profiles.")


HERE = ("organisation_id", "id")


@shows(models.Organisation, is_facet=True)
class Settings:
    """The Settings of an organisation are four pages, each seen by every administrator."""

    users = part("UserSettings", "Creating users.", keys=HERE, is_sure=True)
    authenticators = part("AuthenticatorSettings", "Authenticators.", keys=HERE, is_sure=True)
    certificates = part("CertificateSettings", "Certificates.", keys=HERE, is_sure=True)
    defaults = part(
        "DefaultSettings", "What new users and certificates are tied to.", keys=HERE, is_sure=True
    )
