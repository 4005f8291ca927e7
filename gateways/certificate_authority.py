"""The door to a certificate authority, ours or a remote one, behind four verbs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate


class Profile(StrEnum):
    """What a certificate is for, which decides its key usage and policies."""

    USER = "user"
    QUALIFIED_USER = "qualified-user"
    ORGANISATION = "organisation"
    QUALIFIED_ORGANISATION = "qualified-organisation"
    SYSTEM = "system"


class Reason(StrEnum):
    """Why a certificate is revoked, in the words of RFC 5280, section 5.3.1.

    A hold is a revocation that can be lifted: by revoking again as `removeFromCRL`.
    """

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    REMOVE_FROM_CRL = "removeFromCRL"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names; what is None stays out of it."""

    common_name: str
    serial_number: str
    organisation_name: str
    organisation_identifier: str
    country: str = "DK"
    given_name: str | None = None
    surname: str | None = None
    pseudonym: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Order:
    """What a certificate shall say, and the request that proves possession of its key.

    Of the request only the key counts: the subject is what Segl knows, not what a requester
    writes. An order sent again under the same id and for the same key yields the certificate
    already issued; for another key it yields another, and the former one is superseded.
    """

    id: UUID
    organisation_id: UUID
    profile: Profile
    subject: Subject
    request_pem: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class Issued:
    """A certificate, the chain above it, and its serial number in lower-case hexadecimal."""

    pem: str
    chain_pem: str
    serial_number: str
    not_before: datetime
    not_after: datetime

    @property
    def subject(self) -> str:
        """Whom it names, as RFC 4514 writes it."""
        return self._read.subject.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in lower-case hexadecimal."""
        return self._read.fingerprint(SHA256()).hex()

    @property
    def _read(self) -> Certificate:
        return load_pem_x509_certificate(self.pem.encode())


class Refused(Exception):
    """The authority did not do it: for good if it is final, else it is worth another try."""

    def __init__(self, reason: str, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


class CertificateAuthority(Protocol):
    """Issues certificates and answers for them; each verb may raise Refused."""

    async def issue(self, order: Order) -> Issued:
        """Make a certificate."""

    async def revoke(self, serial_number: str, reason: Reason, at: datetime) -> None:
        """Declare a certificate void from a moment on; doing so twice changes nothing."""

    async def revocation_list(self, issuer: str | None = None) -> bytes:
        """Give the newest signed list of what one issuing key has revoked: a CRL in DER.

        An issuing key goes by the name in the addresses of its certificates; the one in use now,
        unless it is named.
        """

    async def status(self, request_der: bytes) -> bytes:
        """Answer an OCSP request by an OCSP response, both in DER."""
