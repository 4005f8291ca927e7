"""The profiles that an organisation's certificates share, and the addresses that stand in them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Entity, Record
from models.refusals import Conflict


class SystemRight(StrEnum):
    """SystemRight tells what a machine may do that signs in with an organisation certificate.

    IDENTITY_MANAGEMENT: Administer users.
    CERTIFICATE_MANAGEMENT: Administer certificates.
    """

    IDENTITY_MANAGEMENT = "IDENTITY_MANAGEMENT"
    CERTIFICATE_MANAGEMENT = "CERTIFICATE_MANAGEMENT"


class CertificateProfile(Entity):
    """A CertificateProfile is what the organisation certificates of one purpose have in common."""

    name = fields.CharField(200)
    email = fields.CharField(254)
    is_email_validated = fields.BooleanField(default=False)
    contact_name = fields.CharField(200)
    contact_email = fields.CharField(254)
    system_rights = fields.JSONField[list[str]](default=list)
    can_seal = fields.BooleanField(default=False)
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name="profiles", null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name="profiles", null=True, on_delete=fields.RESTRICT
    )
    ean: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.EanLocation", related_name="profiles", null=True, on_delete=fields.RESTRICT
    )
    production_unit_id: UUID | None
    vat_unit_id: UUID | None
    ean_id: UUID | None

    noun = "profile"

    class Meta:
        table = "certificate_profile"
        indexes = (("organisation_id", "id"),)

    @property
    def known_as(self) -> str:
        return self.name


class EmailValidation(Record):
    """A link that was sent to an address, to stand in the certificates of a profile or in one."""

    email = fields.CharField(254)
    link_hash = fields.CharField(64, unique=True)
    link_expires_at = fields.DatetimeField()
    profile: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.CertificateProfile", related_name=False, null=True, on_delete=fields.CASCADE
    )
    certificate: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, null=True, on_delete=fields.CASCADE
    )
    profile_id: UUID | None
    certificate_id: UUID | None

    class Meta:
        table = "email_validation"
        indexes = (("profile_id",), ("certificate_id",))

    def must_be_open(self, now: datetime) -> None:
        """Refuses a link that has run out."""
        if self.link_expires_at <= now:
            raise Conflict("LINK_EXPIRED", path=("link",))
