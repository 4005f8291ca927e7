"""Certificates, their orders and profiles."""

from datetime import datetime
from typing import Any
from uuid import UUID

import models
from models.certificates import SEARCHED, STEPS, CertificateStatus
from models.numbers import Email
from models.texts import Line
from planner.conditions import Among, Compared, Contains, Searched
from resolvers import certificates, issuing
from resolvers.context import Key
from schema.fields import column, computed, edge, facet, page, part, shows, tells
from schema.filters import filters, order_by, where
from schema.nouns import plain
from schema.types.history import HISTORY
from schema.types.words import Entity, Transition, transition


@filters
class CertificateFilter:
    """A CertificateFilter holds conditions on certificates.

    text: Part of the contact's name or address, the address in the certificate, or the profile's
        or user's name.
    uuid: With this identity number.
    contact_name: Part of the contact person's name.
    contact_email: Part of the contact person's e-mail address.
    email: Part of the e-mail address in the certificate.
    kind: Of one of these kinds.
    status: In one of these states.
    expires_before: Valid, but not after this moment.
    user_id: Held by this user.
    profile_id: On this profile.
    """

    text: Line = where(Searched(("profile.name", "user.name"), SEARCHED))
    uuid: UUID = where(Compared("uuid"))
    contact_name: Line = where(Searched((), SEARCHED, "contact_name"))
    contact_email: Line = where(Searched((), SEARCHED, "contact_email"))
    email: Line = where(Searched((), SEARCHED, "email"))
    kind: list[models.CertificateKind] = where(Among("kind"))
    status: list[CertificateStatus] = where(Among("status"))
    expires_before: datetime = where(Compared("expiry_while_issued", "<="))
    user_id: Key = where(Compared("user_id"))
    profile_id: Key = where(Compared("profile_id"))


CERTIFICATE_ORDER = order_by(
    "Certificate",
    "certificates",
    {
        "ORDERED_AT": ("When it was ordered.", ("ordered_at",)),
        "EXPIRES_AT": ("When it ceases to be valid.", ("expires_at",)),
        "CONTACT_NAME": ("The contact person's name.", ("contact_name_sorted",)),
        "EMAIL": ("The e-mail address in the certificate.", ("email",)),
    },
)


@filters
class CertificateProfileFilter:
    """A CertificateProfileFilter holds conditions on profiles.

    text: Part of the name or of an address.
    system_right: Having this system right.
    can_seal: Allowed to form seals, or not.
    """

    text: Line = where(Contains(("name", "email", "contact_email")))
    system_right: models.SystemRight = where(Compared("system_rights", "?"))
    can_seal: bool = where(Compared("can_seal"))


@plain
class CertificateTransition:
    """A CertificateTransition is something that can happen to a certificate in its present
    state.
    """

    action: models.CertificateAction = column("What can happen.")
    to: CertificateStatus = column("The state that follows.")
    permission: str = column("The permission that it needs.")
    allowed_for: list[models.Role] = column("The roles that hold that permission.")
    is_allowed: bool = column("Whether the one who asks may do it.")


@shows(models.Certificate, is_facet=True)
class CertificateRetrieval:
    """A CertificateRetrieval tells how an open order turns into a certificate."""

    identification: models.RetrievalIdentification = column("How the person shows who they are.")
    reference: str = column("The reference number of the order.")
    letter = part("Letter", "The letter that invites to retrieve it.", is_sure=True)
    code_expires_at: datetime | None = column("When the one-time code runs out.")
    tries_left: int | None = column("How many wrong tries the code still bears.")

    @computed(
        "Whether the key must lie in hardware, so that a signing request is needed.",
        "bool",
        needs=("kind",),
    )
    def is_csr_required(kind: models.CertificateKind) -> bool:
        return kind.is_qualified


@shows(
    models.Certificate,
    many="certificates",
    export="certificate:export",
    allow="certificate:read",
)
class Certificate(Entity):
    """A Certificate is ordered, then issued, and ends by expiry or revocation."""

    uuid: UUID = column("The identity number in the certificate's subject.")
    kind: models.CertificateKind = column("What kind it is.")
    status: CertificateStatus = column("How far it has come.")
    subject: str | None = column("The subject, as in the certificate; null before issue.")
    serial_number: str | None = column("The serial number, in hexadecimal digits.")
    fingerprint: str | None = column("The SHA-256 fingerprint, in hexadecimal digits.")
    email: Email | None = column("The e-mail address in the certificate.")
    is_email_validated: bool = column("Whether that address has been validated.")
    contact_name: str | None = column("The contact person's name.")
    contact_email: Email | None = column("The contact person's e-mail address.")
    valid_from: datetime | None = column("When it becomes valid.")
    expires_at: datetime | None = column("When it ceases to be valid.")
    ordered_at: datetime = column("When it was ordered.")
    ordered_by = part("Actor", "Who ordered it.", is_sure=True)
    issued_at: datetime | None = column("When it was issued.")
    revoked_at: datetime | None = column("When it was revoked.")
    revoked_by = part("Actor", "Who revoked it.")
    revocation_reason: models.RevocationReason | None = column("Why it was revoked.")
    pem: str | None = column("The certificate as PEM text; null before issue.")
    chain_pem: str | None = column("The issuing authorities as PEM text; null before issue.")
    retrieval = facet(
        "CertificateRetrieval",
        "How an open order is retrieved; null afterwards.",
        when="open_reference",
    )
    user = edge("User", "The user who holds it; null for an organisation's.", allow="user:read")
    profile = edge(
        "CertificateProfile",
        "The profile of an organisation's; null for a user's.",
        allow="certificate_profile:read",
    )
    renews = edge(
        "Certificate",
        "The certificate that it followed.",
        allow="certificate:read",
        keys=("renewed_by_id", "id"),
    )
    renewed_by = edge("Certificate", "The certificate that followed it.", allow="certificate:read")
    history = page(
        "HistoryEntry",
        "What happened to it, latest first.",
        allow="certificate:read_history",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
        is_with_row=True,
    )

    @computed(
        "Whether it counts as invalid while its user is deactivated.",
        "bool",
        needs=("status", "user.status"),
    )
    def is_suspended(status: CertificateStatus, user: Any) -> bool:
        return status is CertificateStatus.ISSUED and user is models.UserStatus.DEACTIVATED

    @computed(
        "What can happen to it now, and who may do it.",
        "list[CertificateTransition]",
        needs=("status", "user_id", "is_renewable"),
        asks=True,
    )
    def allowed_transitions(
        asking: Any, status: CertificateStatus, user_id: UUID | None, is_renewable: bool
    ) -> list[Transition]:
        found = []
        is_possible = {
            models.CertificateAction.RENEW_CODE: user_id is None,
            models.CertificateAction.RENEW: is_renewable,
        }
        for action, (since, to, permission) in STEPS.items():
            if status is since and is_possible.get(action, True):
                extent = asking.extent(permission).value
                is_open = user_id is None or permission not in models.Certificate.for_owner
                is_own = extent != "none" and user_id is not None and user_id == asking.me
                is_allowed = is_own or (extent == "all" and is_open)
                found.append(transition(asking, action, to, permission, is_allowed))
        return found


@shows(models.CertificateProfile, many="certificate profiles", allow="certificate_profile:read")
class CertificateProfile(Entity):
    """A CertificateProfile is what the organisation certificates of one purpose have in common."""

    name: str = column("The name, which the certificates bear.")
    email: Email = column("The e-mail address in the certificates.")
    is_email_validated: bool = column("Whether that address has been validated.")
    contact_name: str = column("The contact person's name.")
    contact_email: Email = column("The contact person's e-mail address.")
    system_rights: list[models.SystemRight] = column(
        "What a machine may do that signs in with one of the certificates."
    )
    can_seal: bool = column("Whether the certificates may form seals.")
    production_unit = edge(
        "ProductionUnit", "The production unit that it belongs to.", allow="organisation:read"
    )
    vat_unit = edge("VatUnit", "The VAT unit that it belongs to.", allow="organisation:read")
    ean = edge("EanLocation", "The EAN number that pays.", allow="organisation:read")
    certificates = page(
        "Certificate",
        "Its certificates.",
        allow="certificate:list",
        filter=CertificateFilter,
        order_by=CERTIFICATE_ORDER,
    )
    history = page(
        "HistoryEntry",
        "What happened to it, latest first.",
        allow="history:list",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )


@tells(certificates.OneTimeCode)
class OneTimeCode:
    """A OneTimeCode lets the contact person retrieve a certificate; it is shown this once."""

    reference: str = column("The reference number of the order.")
    code: str = column("The code, to be handed over by a secure channel.")
    expires_at: datetime = column("When it runs out.")


@tells(issuing.Pkcs12File)
class Pkcs12File:
    """A Pkcs12File holds a certificate with its private key; it is shown this once."""

    base64: str = column("The file, in base64.")
    password: str = column("The password that opens it.")
    file_name: str = column("The name to save the file under.")
