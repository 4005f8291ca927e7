"""What the built-in authority remembers, in the database that all processes share.

Each verb joins the transaction of its caller, so that a certificate and what the caller tells of it
are stored together or not at all; where there is none, it has a short one of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ReasonFlags
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction
from uuid_utils.compat import uuid7

from gateways.certificate_authority import Order, Reason

ALONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
KNOWN = """
select content, issuer, reason from issued_certificate where order_id = $1 and key_hash = $2
"""
COMPROMISED = "select 1 from issued_certificate where key_hash = $1 and reason = $2 limit 1"
KEEP = """
insert into issued_certificate
  (id, organisation_id, order_id, key_hash, issuer, serial_number, content, not_after)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
SUPERSEDE = """
update issued_certificate set revoked_at = coalesce(revoked_at, $2), reason = $3
where order_id = $1 and (reason is null or reason = $4)
"""
# A hold that becomes a revocation keeps its day: what was signed meanwhile stays in doubt.
REVOKE = """
update issued_certificate set revoked_at = coalesce(revoked_at, $3), reason = $2
where serial_number = $1 and (reason is null or reason = $4)
"""
LIFT = """
update issued_certificate set revoked_at = null, reason = null
where serial_number = $1 and reason = $2
"""
STANDINGS = """
select serial_number, issuer, revoked_at, reason from issued_certificate
where serial_number = any($1::text[])
"""
THERE = "select 1 from issued_certificate where serial_number = $1"
# One at a time, so that a list with a higher number never knows less.
NUMBERING = "select pg_advisory_xact_lock(hashtextextended('revocation lists', 0))"
NUMBER = "select nextval('revocation_list_number')"
REVOKED = """
select serial_number, revoked_at, reason from issued_certificate
where issuer = $1 and revoked_at is not null and not_after > $2 order by id
"""


@dataclass(frozen=True)
class Standing:
    """Whether a certificate is revoked: since when, and why."""

    revoked_at: datetime | None = None
    reason: Reason | None = None

    @property
    def flag(self) -> ReasonFlags | None:
        """The reason as it is told: where there is none, nothing (RFC 5280, section 5.3.1)."""
        is_told = self.reason not in (None, Reason.UNSPECIFIED)
        return ReasonFlags(self.reason) if is_told else None


@dataclass(frozen=True)
class Entry:
    """A certificate that was issued: in DER, by which key; and why it was revoked, if it was."""

    content: bytes
    issuer: str
    reason: Reason | None = None


async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    return await get_connection("default").execute_query_dict(statement, list(values))


async def touched(statement: str, *values: Any) -> int:
    """Change rows, and tell how many."""
    count, _ = await get_connection("default").execute_query(statement, list(values))
    return count


async def known(order_id: UUID, key_hash: str) -> Entry | None:
    """What was issued on an order for a key; nobody else issues on the order meanwhile."""
    await rows(ALONE, str(order_id))
    found = await rows(KNOWN, order_id, key_hash)
    return Entry(found[0]["content"], found[0]["issuer"], reason_of(found[0])) if found else None


async def is_compromised(key_hash: str) -> bool:
    """Whether a certificate for this key was revoked because the key is in other hands."""
    return bool(await rows(COMPROMISED, key_hash, Reason.KEY_COMPROMISE))


async def keep(order: Order, key_hash: str, issuer: str, certificate: Certificate) -> None:
    """Remember a new certificate."""
    await touched(
        KEEP,
        uuid7(),
        order.organisation_id,
        order.id,
        key_hash,
        issuer,
        hexadecimal(certificate.serial_number),
        certificate.public_bytes(Encoding.DER),
        certificate.not_valid_after_utc,
    )


async def supersede(order_id: UUID, at: datetime) -> None:
    """Revoke what was issued on an order so far."""
    await touched(SUPERSEDE, order_id, at, Reason.SUPERSEDED, Reason.CERTIFICATE_HOLD)


async def revoke(serial_number: str, reason: Reason, at: datetime) -> bool:
    """Revoke, hold or lift a hold, if there is anything to do; tell whether there is such a one."""
    async with in_transaction():
        if reason is Reason.REMOVE_FROM_CRL:
            count = await touched(LIFT, serial_number, Reason.CERTIFICATE_HOLD)
        else:
            count = await touched(REVOKE, serial_number, reason, at, Reason.CERTIFICATE_HOLD)
        return bool(count or await rows(THERE, serial_number))


async def standings(serial_numbers: list[str]) -> dict[tuple[str, str], Standing]:
    """How certificates stand, by serial number and issuing key, without what was never issued."""
    return {
        (row["serial_number"], row["issuer"]): Standing(row["revoked_at"], reason_of(row))
        for row in await rows(STANDINGS, serial_numbers)
    }


async def revoked(issuer: str, since: datetime) -> dict[int, Standing]:
    """What an issuing key has revoked, by serial number, without what ended before a moment."""
    return {
        int(row["serial_number"], 16): Standing(row["revoked_at"], reason_of(row))
        for row in await rows(REVOKED, issuer, since)
    }


async def next_number() -> int:
    """The number of a list that is about to be read, in a transaction."""
    await rows(NUMBERING)
    return int((await rows(NUMBER))[0]["nextval"])


def reason_of(row: dict[str, Any]) -> Reason | None:
    return Reason(row["reason"]) if row["reason"] else None


def hexadecimal(serial_number: int) -> str:
    """A serial number as it is written everywhere: in lower-case hexadecimal."""
    return format(serial_number, "x")
