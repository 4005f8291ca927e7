"""Certificates from order to end."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid4

from tortoise import fields

from models.base import DANISH, Entity
from models.codes import Coded
from models.refusals import Conflict
from models.users import User


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

    RETRIEVE: Retrieve an order.
    RENEW_CODE: Make a new one-time code for an order.
    CANCEL: Cancel an order.
    RENEW: Renew it before it expires.
    REVOKE: Revoke it.
    """

    RETRIEVE = "RETRIEVE"
    RENEW_CODE = "RENEW_CODE"
    CANCEL = "CANCEL"
    RENEW = "RENEW"
    REVOKE = "REVOKE"


class RetrievalIdentification(StrEnum):
    """RetrievalIdentification tells how the one who retrieves a certificate shows who they are.

    OWN_SIGN_IN: By their own sign-in.
    ONE_TIME_CODE: By the reference number and a one-time code.
    """

    OWN_SIGN_IN = "OWN_SIGN_IN"
    ONE_TIME_CODE = "ONE_TIME_CODE"


class KeyKind(StrEnum):
    """KeyKind lists the kinds of key.

    RSA_3072: RSA of 3072 bits.
    RSA_4096: RSA of 4096 bits.
    EC_P256: Elliptic curve P-256.
    EC_P384: Elliptic curve P-384.
    """

    RSA_3072 = "RSA_3072"
    RSA_4096 = "RSA_4096"
    EC_P256 = "EC_P256"
    EC_P384 = "EC_P384"


ORDERED, ISSUED, EXPIRED, REVOKED, CANCELLED = CertificateStatus

STEPS = {
    CertificateAction.RETRIEVE: (ORDERED, ISSUED, "certificate:retrieve"),
    CertificateAction.RENEW_CODE: (ORDERED, ORDERED, "certificate:renew_code"),
    CertificateAction.CANCEL: (ORDERED, CANCELLED, "certificate:cancel"),
    CertificateAction.RENEW: (ISSUED, ISSUED, "certificate:renew"),
    CertificateAction.REVOKE: (ISSUED, REVOKED, "certificate:revoke"),
}


# Of what is valid: what else is looked at before a certificate is renewed.
RENEWABLE = """
not exists (select 1 from certificate f
            where f.id = {renewed_by_id} and f.status = 'ISSUED' and f.expires_at > $now)
and not exists (select 1 from "user" u where u.id = {user_id} and u.status <> 'ACTIVE')
and not exists (select 1 from certificate_profile p
                where p.id = {profile_id} and not p.is_email_validated)
and exists (select 1 from certificate_settings s
            where s.organisation_id = {organisation_id} and s.allowed_kinds ? {kind})
"""


class Certificate(Coded, Entity):
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
    pem = fields.TextField(null=True)
    chain_pem = fields.TextField(null=True)
    renewed_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    renewed_by_id: UUID | None
    settle_at = fields.DatetimeField(null=True)  # when to tell the authority how it stands
    noticed_days = fields.IntField(null=True)  # of which notice it was last told that it expires

    noun = "certificate"
    owner = "user_id"
    for_owner = frozenset({"certificate:retrieve", "certificate:renew"})
    expressions = {
        "contact_name_sorted": DANISH.format("contact_name"),
        "status": "case when {status} = 'ISSUED' and {expires_at} <= $now"
        " then 'EXPIRED' else {status} end",
        "is_renewable": RENEWABLE,
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
            ("organisation_id", "uuid"),
            ("user_id",),
            ("renewed_by_id",),
            ("fingerprint",),
        )

    @classmethod
    async def locked_or_none(cls, **columns: Any) -> Self | None:
        """The certificate, kept from other changes: its user first, as who changes a user has it.

        So nobody is given a certificate while being deactivated or deleted.
        """
        found = await cls.get_or_none(**columns)
        if found and found.user_id:
            await User.kept([found.user_id])
        return await super().locked_or_none(**columns)

    @property
    def known_as(self) -> str:
        return f"{self.kind.value.lower().replace('_', ' ')} certificate {self.reference}"

    def standing(self, now: datetime) -> CertificateStatus:
        """The state, counting what has expired meanwhile."""
        if self.status is ISSUED and self.expires_at and self.expires_at <= now:
            return EXPIRED
        return self.status

    def must_be_ordered(self) -> None:
        """Refuses what is no open order."""
        if self.issued_at:
            raise Conflict("CERTIFICATE_ALREADY_ISSUED", current=self)
        if self.status is not ORDERED:
            raise Conflict("CERTIFICATE_NOT_ORDERED", current=self)

    def must_be_valid(self, now: datetime) -> None:
        """Refuses what has not been issued, or has come to its end."""
        standing = self.standing(now)
        if standing is REVOKED:
            raise Conflict("CERTIFICATE_ALREADY_REVOKED", current=self)
        if standing is EXPIRED:
            raise Conflict("CERTIFICATE_EXPIRED", current=self)
        if standing is not ISSUED:
            raise Conflict("CERTIFICATE_NOT_ISSUED", current=self)

    def must_take_codes(self) -> None:
        """Refuses a code for what only its user retrieves, signed in."""
        self.must_be_ordered()
        if self.user_id:
            raise Conflict("NOT_OWN", current=self)

    def cancel(self) -> None:
        """Ends an order before issue; what has been issued can only be revoked."""
        self.must_be_ordered()
        self.status = CANCELLED

    def issue(self, now: datetime, until: datetime) -> None:
        """Turns an order into a certificate; the rest stands in what the authority gives."""
        self.must_be_ordered()
        if not self.is_email_validated:
            raise Conflict("EMAIL_NOT_VALIDATED", current=self)
        self.status, self.issued_at = ISSUED, now
        self.valid_from, self.expires_at = now, until

    def revoke(self, now: datetime, reason: RevocationReason, by: Any) -> None:
        """Ends a certificate for ever; the authority is told."""
        self.must_be_valid(now)
        self.status, self.revoked_at, self.revoked_by = REVOKED, now, by
        self.revocation_reason, self.settle_at = reason, now


# Whoever shows a code names the order by its reference alone, whosever it is.
ONE_OF_A_REFERENCE = "create unique index one_of_a_reference on certificate (reference)"
ONE_OF_A_REFERENCE_NO_MORE = "drop index one_of_a_reference"
# Whatever changes the state of a user, by whichever way, the authority is told how the user's
# certificates stand now; and those of which it is yet to be told are found among themselves.
SETTLE_WITH_USERS = [
    "create index certificates_to_settle on certificate (settle_at) where settle_at is not null",
    """
create function settle_certificates() returns trigger language plpgsql as $$
begin
    update certificate set settle_at = new.updated_at where user_id = new.id;
    return null;
end $$
""",
    """
create trigger settle_certificates after update of status on "user" for each row
    when (old.status is distinct from new.status and old.activated_at is not null)
    execute function settle_certificates()
""",
]
SETTLE_NO_MORE = [
    "drop function settle_certificates() cascade",
    "drop index certificates_to_settle",
]
# What expires soon is found among what is issued, of whichever organisation. A search looks through
# one text in small letters, and through an index of it: both are several times as soon done.
SEARCHED = "searched"
FIND_AMONG_MANY = [
    "create index certificates_to_expire on certificate (expires_at) where status = 'ISSUED'",
    f"""
alter table certificate add column {SEARCHED} text generated always as (
    lower(coalesce(contact_name, '') || chr(10) || coalesce(contact_email, '') || chr(10)
          || coalesce(email, ''))
) stored
""",
    "create index certificates_to_search on certificate (organisation_id, id)"
    f" include ({SEARCHED}, user_id, profile_id)",
]
FIND_NO_MORE = [
    f"alter table certificate drop column {SEARCHED}",
    "drop index certificates_to_expire",
]
