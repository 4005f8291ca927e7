"""Lists as files: which columns each has, and the address at which it is fetched."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from planner.declarations import Asking
from planner.wholes import Listed
from resolvers.downloads import Download, addressed


@dataclass(frozen=True)
class Export:
    """A list as a file: its name, how the history tells that it was fetched, and its columns.

    A column is headed as in the files of users, and read along a path of fields; some have a form
    of their own for what is found there.
    """

    name: str
    operation: str
    columns: dict[str, str]
    forms: dict[str, Callable[[Any], str]] = field(default_factory=dict)
    has_orders: bool = False  # whether who asks for the list chooses its order


def in_kroner(amount: str) -> str:
    """An amount as Danish spreadsheets read it."""
    return amount.replace(".", ",")


def changed(changes: list[dict[str, str | None]]) -> str:
    """Values that changed, a line each: what it was, and what it is."""
    return "\n".join(f"{one['field']}: {one['old'] or ''} → {one['new'] or ''}" for one in changes)


EXPORTS = {
    "user:export": Export(
        "users.csv",
        "exportUsers",
        {
            "UUID": "uuid",
            "Fornavn": "firstName",
            "Efternavn": "surname",
            "Email": "email",
            "Telefon": "phoneNumber",
            "Anonym": "isAnonymous",
            "Referencetekst": "referenceText",
            "TargetIAL": "targetAssuranceLevel",
            "EAN": "ean.eanNumber",
            "P-nummer": "productionUnit.pNumber",
            "SE-nummer": "vatUnit.seNumber",
            "Status": "status",
            "Roller": "roles.role",
            "Oprettet": "createdAt",
            "Aktiveret": "activatedAt",
            "Sidst aktiv": "lastActiveAt",
        },
        has_orders=True,
    ),
    "history:export": Export(
        "history.csv",
        "exportHistory",
        {
            "Nummer": "sequence",
            "Tidspunkt": "occurredAt",
            "Resultat": "outcome",
            "Aktivitet": "activity",
            "Handling": "operation",
            "Beskrivelse": "summary",
            "Begrundelse": "reason",
            "Udført af": "actor.name",
            "Type": "aboutKind",
            "Ændringer": "changes.field old new",
            "Anmodning": "requestUuid",
            "Hash": "hash",
        },
        forms={"Ændringer": changed},
    ),
    "billing:read_overview": Export(
        "transactions.csv",
        "exportTransactions",
        {
            "Tidspunkt": "occurredAt",
            "Type": "kind",
            "Beløb": "amount",
            "EAN": "eanNumber",
            "Bruger": "user.name",
            "Bruger-UUID": "user.uuid",
            "Certifikat-UUID": "certificate.uuid",
        },
        forms={"Beløb": in_kroner},
    ),
    "certificate:export": Export(
        "certificates.csv",
        "exportCertificates",
        {
            "UUID": "uuid",
            "Type": "kind",
            "Status": "status",
            "Suspenderet": "isSuspended",
            "Bruger": "user.name",
            "Profil": "profile.name",
            "Email": "email",
            "Email bekræftet": "isEmailValidated",
            "Kontaktperson": "contactName",
            "Kontakt-email": "contactEmail",
            "Emne": "subject",
            "Serienummer": "serialNumber",
            "Fingeraftryk": "fingerprint",
            "Bestilt": "orderedAt",
            "Bestilt af": "orderedBy.name",
            "Udstedt": "issuedAt",
            "Gyldig fra": "validFrom",
            "Gyldig til": "expiresAt",
            "Fornyet af": "renewedBy.serialNumber",
            "Spærret": "revokedAt",
            "Spærret af": "revokedBy.name",
            "Spærringsårsag": "revocationReason",
        },
        has_orders=True,
    ),
}


def offered(permission: str) -> Any:
    """What offers a list as a file, whoever holds the permission."""

    def offer(asking: Asking, listed: Listed) -> Download:
        key = orjson.dumps(list(listed)).decode()
        return addressed(asking.context, permission, key, EXPORTS[permission].name)

    return offer
