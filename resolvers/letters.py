"""The letters in the outbox: sent after their change, by whichever process is first."""

from datetime import timedelta
from uuid import UUID

from tortoise.connection import get_connection

import gateways
from gateways import Gateways, Undeliverable, Waiting
from models import DeliveryStatus, Letter

# Whoever takes a letter has this long to send it; then another process tries.
LEASE = timedelta(minutes=2)
TAKE = """
update letter set next_try_at = $2 where id in (
    select id from letter where status = 'QUEUED' and next_try_at <= $1
    order by next_try_at limit 20 for update skip locked
) returning id
"""


async def deliver(reach: Gateways, keeps_letters: bool = False) -> int:
    """Sends what is due, and tells how many letters were tried."""
    tried = 0
    while taken := await take(reach):
        for key in taken:
            await send(reach, key, keeps_letters)
        tried += len(taken)
    return tried


async def take(reach: Gateways) -> list[UUID]:
    now = reach.clock.now()
    client = get_connection("default")
    rows = await client.execute_query_dict(
        f"with taken as ({TAKE}) select id from taken", [now, now + LEASE]
    )
    return [row["id"] for row in rows]


async def send(reach: Gateways, key: UUID, keeps_letters: bool) -> None:
    """Hands one letter over, or puts it off; once it is sent, its text is not kept."""
    letter = await Letter.get(id=key)
    if letter.status is not DeliveryStatus.QUEUED or letter.body_sealed is None:
        return
    body = reach.vault.unseal(letter.body_sealed)
    try:
        await reach.mail.send(gateways.Letter(letter.id, letter.to, letter.subject, body))
    except Waiting:
        return
    except Undeliverable as trouble:
        letter.refused(reach.clock.now(), trouble.reason, trouble.is_final)
    else:
        letter.sent(reach.clock.now())
        if not keeps_letters:
            letter.body_sealed = None
    await letter.save()
