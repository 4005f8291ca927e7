"""The four pages of an organisation's settings."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.authenticators import AuthenticatorKind, DeviceKind
from models.base import Entity
from models.certificates import CertificateKind


class InformationKind(StrEnum):
    """InformationKind tells what can be tied to users and certificates.

    P_NUMBER: A production unit.
    SE_NUMBER: A VAT unit.
    EAN_NUMBER: An EAN number that pays.
    REFERENCE_TEXT: The organisation's own reference.
    """

    P_NUMBER = "P_NUMBER"
    SE_NUMBER = "SE_NUMBER"
    EAN_NUMBER = "EAN_NUMBER"
    REFERENCE_TEXT = "REFERENCE_TEXT"


def usual_information() -> list[str]:
    return [InformationKind.P_NUMBER, InformationKind.SE_NUMBER]


def usual_kinds() -> list[str]:
    return [AuthenticatorKind.PRIVATE_MITID, AuthenticatorKind.SEPARATE_MITID]


def all_devices() -> list[str]:
    return list(DeviceKind)


def all_certificates() -> list[str]:
    return list(CertificateKind)


class SettingsPage(Entity):
    """The SettingsPage interface is what every page of the settings tells about itself."""

    changed_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    changed_at = fields.DatetimeField(null=True)

    change: ClassVar[str]  # the permission to change the page
    noun = "settings"
    named_by = "organisation_id"

    class Meta:
        abstract = True

    @property
    def known_as(self) -> str:
        return str(self._meta.db_table).replace("_", " ")

    @classmethod
    def as_told(cls, name: str, text: str | None) -> Any:
        """A value by what the history tells of it; where it names a thing, the name."""
        match cls._meta.fields_map[name]:
            case fields.BooleanField():
                return text == "true"
            case fields.IntField() if text:
                return int(text)
            case fields.JSONField():
                return text.split(", ") if text else []
            case _:
                return text


class UserSettings(SettingsPage):
    """The UserSettings say how users come to be."""

    can_request_user = fields.BooleanField(default=False)
    can_request_rights = fields.BooleanField(default=True)
    can_be_anonymous = fields.BooleanField(default=True)
    allowed_information = fields.JSONField[list[str]](default=usual_information)
    retention_days = fields.IntField(default=90)

    change = "settings:update_users"

    class Meta:
        table = "user_settings"
        unique_together = (("organisation",),)


class AuthenticatorSettings(SettingsPage):
    """The AuthenticatorSettings say what users may sign in with."""

    allowed_kinds = fields.JSONField[list[str]](default=usual_kinds)
    allowed_devices = fields.JSONField[list[str]](default=all_devices)

    change = "settings:update_authenticators"

    class Meta:
        table = "authenticator_settings"
        unique_together = (("organisation",),)


class CertificateSettings(SettingsPage):
    """The CertificateSettings say what certificates may be issued."""

    allowed_kinds = fields.JSONField[list[str]](default=all_certificates)
    can_seal = fields.BooleanField(default=False)

    change = "settings:update_certificates"

    class Meta:
        table = "certificate_settings"
        unique_together = (("organisation",),)


class DefaultSettings(SettingsPage):
    """The DefaultSettings say what new users and certificates are tied to unless told otherwise."""

    user_production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    user_vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    certificate_production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    certificate_vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    user_production_unit_id: UUID | None
    user_vat_unit_id: UUID | None
    certificate_production_unit_id: UUID | None
    certificate_vat_unit_id: UUID | None

    change = "settings:update_defaults"

    class Meta:
        table = "default_settings"
        unique_together = (("organisation",),)


PAGES = (UserSettings, AuthenticatorSettings, CertificateSettings, DefaultSettings)
