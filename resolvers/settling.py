"""Tells the authority how certificates stand, after whatever has changed that.

A change notes in its own transaction that a certificate is to be settled. Whoever settles it tells
the authority what the database says then, so that it may be done twice, and in any order.
"""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways, Reason, Refused
from models import Actor, ActorKind, Certificate, CertificateStatus, Change, User, UserStatus
from models.history import record

JOB = "certificates"
# Whoever takes a certificate has this long to settle it; then it is tried again, until it is done.
LEASE = timedelta(seconds=10)
TAKE = """
update certificate set settle_at = $2 where id in (
    select id from certificate where settle_at <= $1
    order by settle_at limit 20 for update skip locked
) returning id
"""
ALONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"

logger = logging.getLogger(__name__)


async def turn(reach: Gateways) -> None:
    """Settles what is due."""
    while taken := await take(reach):
        for key in taken:
            try:
                await settle(reach, key)
            except Refused as refusal:
                logger.warning("The authority did not settle %s: %s", key, refusal.reason)


async def take(reach: Gateways) -> list[UUID]:
    now, client = reach.clock.now(), get_connection("default")
    rows = await client.execute_query_dict(
        f"with taken as ({TAKE}) select id from taken", [now, now + LEASE]
    )
    return [row["id"] for row in rows]


async def settle(reach: Gateways, key: UUID) -> None:
    """Tells the authority what the database says of a certificate, unless it is told already.

    One at a time, so that what is told last is what was read last. What is noted meanwhile stays.
    """
    async with in_transaction():
        await get_connection("default").execute_query(ALONE, [str(key)])
        certificate = await Certificate.get(id=key).select_related("user")
        refused = None
        try:
            await tell(reach, certificate)
        except Refused as refusal:
            if not refusal.is_final:
                raise
            refused = refusal
        noted = Certificate.filter(id=key, settle_at=certificate.settle_at)
        await noted.update(settle_at=None)
        if refused:
            await give_up(reach, certificate, refused.reason)


async def give_up(reach: Gateways, certificate: Certificate, reason: str) -> None:
    """Tells the log, and the certificate's history, that the authority refuses for good.

    It is asked again only when something else changes how the certificate stands.
    """
    logger.error("The authority will never settle %s: %s", certificate.id, reason)
    now, words = reach.clock.now(), f"The authority refuses for good: {reason}"
    change = Change("certificate:revoke", "giveUpSettlingCertificate", now, uuid4(), words[:500])
    change.begin()
    change.tell_of(certificate)
    actor = await Actor.named(certificate.organisation_id, ActorKind.SYSTEM, "Segl")
    await record(change, actor)


async def tell(reach: Gateways, certificate: Certificate) -> None:
    """Tells whether a certificate is revoked, on hold with its user, or good."""
    now, user = reach.clock.now(), certificate.user
    reason, since = Reason.REMOVE_FROM_CRL, now
    match certificate.standing(now):
        case CertificateStatus.REVOKED:
            reason = Reason[str(certificate.revocation_reason)]
            since = certificate.revoked_at or now
        case CertificateStatus.ISSUED:
            if isinstance(user, User) and user.status is UserStatus.DEACTIVATED:
                reason, since = Reason.CERTIFICATE_HOLD, user.updated_at
        case _:
            return
    if certificate.serial_number:
        await reach.authority.revoke(certificate.serial_number, reason, since)
