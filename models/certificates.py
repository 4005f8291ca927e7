"""Certificates from order to end, and the profiles that an organisation's certificates share."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from tortoise import fields

from models.base import DANISH, Entity
from models.refusals import Conflict


class CertificateKind(StrEnum):
    """CertificateKind lists the kinds of certificate.

    USER: For a user, to sign in, sign or encrypt.
    QUALIFIED_USER: For a user, qualified, with its key in hardware.
    ORGANISATION: For the organisation.
    SYSTEM: For a system of the organisation.
    QUALIFIED_ORGANISATION: For the organisation, qualified, with its key in hardware.
    """

    USER = "USER"
    QUALIFIED_USER = "QUALIFIED_USER"
    ORGANISATION = "ORGANISATION"
    SYSTEM = "SYSTEM"
    QUALIFIED_ORGANISATION = "QUALIFIED_ORGANISATION"

    @property
    def is_for_users(self) -> bool:
        return self in (CertificateKind.USER, CertificateKind.QUALIFIED_USER)

    @property
    def is_qualified(self) -> bool:
        """Whether the key lies in hardware, so that a signing request is needed."""
        return self in (CertificateKind.QUALIFIED_USER, CertificateKind.QUALIFIED_ORGANISATION)


class CertificateStatus(StrEnum):
    """CertificateStatus lists the states of a certificate.

    ORDERED: Ordered, not retrieved.
    ISSUED: Issued and valid.
    EXPIRED: No longer valid by its date.
    REVOKED: No longer valid by revocation, for ever.
    CANCELLED: Cancelled before issue.
    """

    ORDERED = "ORDERED"
    ISSUED = "ISSUED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"


class RevocationReason(StrEnum):
    """RevocationReason tells why a certificate is revoked, after RFC 5280.

    KEY_COMPROMISE: The key may be in other hands.
    AFFILIATION_CHANGED: The holder has left or changed name.
    SUPERSEDED: Another certificate takes its place.
    CESSATION_OF_OPERATION: It is no longer needed.
    PRIVILEGE_WITHDRAWN: The holder may no longer have it.
    UNSPECIFIED: No reason is given.
    """

    KEY_COMPROMISE = "KEY_COMPROMISE"
    AFFILIATION_CHANGED = "AFFILIATION_CHANGED"
    SUPERSEDED = "SUPERSEDED"
    CESSATION_OF_OPERATION = "CESSATION_OF_OPERATION"
    PRIVILEGE_WITHDRAWN = "PRIVILEGE_WITHDRAWN"
    UNSPECIFIED = "UNSPECIFIED"


class CertificateAction(StrEnum):
    """CertificateAction tells what can happen to a certificate.

    CANCEL: Cancel an order.
    REVOKE: Revoke it.
    """

    CANCEL = "CANCEL"
    REVOKE = "REVOKE"


class SystemRight(StrEnum):
    """SystemRight tells what a machine may do that signs in with an organisation certificate.

    IDENTITY_MANAGEMENT: Administer users.
    CERTIFICATE_MANAGEMENT: Administer certificates.
    """

    IDENTITY_MANAGEMENT = "IDENTITY_MANAGEMENT"
    CERTIFICATE_MANAGEMENT = "CERTIFICATE_MANAGEMENT"


class RetrievalIdentification(StrEnum):
    """RetrievalIdentification tells how the one who retrieves a certificate shows who they are.

    OWN_SIGN_IN: By their own sign-in.
    ONE_TIME_CODE: By the reference number and a one-time code.
    """

    OWN_SIGN_IN = "OWN_SIGN_IN"
    ONE_TIME_CODE = "ONE_TIME_CODE"


ORDERED, ISSUED, EXPIRED, REVOKED, CANCELLED = CertificateStatus

STEPS = {
    CertificateAction.CANCEL: (ORDERED, CANCELLED, "certificate:cancel"),
    CertificateAction.REVOKE: (ISSUED, REVOKED, "certificate:revoke"),
}


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


class Certificate(Entity):
    """A Certificate is ordered, then issued, and ends by expiry or revocation."""

    uuid = fields.UUIDField(default=uuid4)
    kind = fields.CharEnumField(CertificateKind, max_length=30)
    status = fields.CharEnumField(CertificateStatus, max_length=20, default=ORDERED)
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="certificates", null=True, on_delete=fields.CASCADE
    )
    profile: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.CertificateProfile",
        related_name="certificates",
        null=True,
        on_delete=fields.RESTRICT,
    )
    user_id: UUID | None
    profile_id: UUID | None
    subject = fields.CharField(1000, null=True)
    serial_number = fields.CharField(40, null=True)
    fingerprint = fields.CharField(64, null=True)
    email = fields.CharField(254, null=True)
    is_email_validated = fields.BooleanField(default=False)
    contact_name = fields.CharField(200, null=True)
    contact_email = fields.CharField(254, null=True)
    valid_from = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    ordered_at = fields.DatetimeField()
    ordered_by: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, on_delete=fields.RESTRICT
    )
    issued_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    revoked_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    revocation_reason = fields.CharEnumField(RevocationReason, max_length=40, null=True)
    identification = fields.CharEnumField(RetrievalIdentification, max_length=20)
    reference = fields.CharField(20)
    code_hash = fields.CharField(64, null=True)
    code_expires_at = fields.DatetimeField(null=True)
    tries_left = fields.IntField(null=True)
    letter: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Letter", related_name=False, null=True, on_delete=fields.RESTRICT
    )

    noun = "certificate"
    owner = "user_id"
    expressions = {
        "contact_name_sorted": DANISH.format("contact_name"),
        "status": "case when {status} = 'ISSUED' and {expires_at} <= $now"
        " then 'EXPIRED' else {status} end",
        "open_reference": "case when {status} = 'ORDERED' then {reference} end",
        "expiry_while_issued": "case when {status} = 'ISSUED' and {expires_at} > $now"
        " then {expires_at} end",
    }

    class Meta:
        table = "certificate"
        unique_together = (("organisation", "reference"),)
        indexes = (
            ("organisation_id", "id"),
            ("organisation_id", "expires_at", "id"),
            ("user_id",),
        )

    @property
    def known_as(self) -> str:
        return f"{self.kind.value.lower().replace('_', ' ')} certificate {self.reference}"

    def standing(self, now: datetime) -> CertificateStatus:
        """The state, counting what has expired meanwhile."""
        if self.status is ISSUED and self.expires_at and self.expires_at <= now:
            return EXPIRED
        return self.status

    def cancel(self, now: datetime) -> None:
        """Ends an order before issue; what has been issued can only be revoked."""
        if self.issued_at:
            raise Conflict("CERTIFICATE_ALREADY_ISSUED", current=self)
        if self.status is not ORDERED:
            raise Conflict("CERTIFICATE_NOT_ORDERED", current=self)
        self.status = CANCELLED

    def revoke(self, now: datetime, reason: RevocationReason, by: Any) -> None:
        """Ends a certificate for ever."""
        standing = self.standing(now)
        if standing is REVOKED:
            raise Conflict("CERTIFICATE_ALREADY_REVOKED", current=self)
        if standing is EXPIRED:
            raise Conflict("CERTIFICATE_EXPIRED", current=self)
        if standing is not ISSUED:
            raise Conflict("CERTIFICATE_NOT_ISSUED", current=self)
        self.status, self.revoked_at, self.revoked_by = REVOKED, now, by
        self.revocation_reason = reason
