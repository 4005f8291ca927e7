"""Temporary codes of users who were sent together: one file, given out once."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import orjson
from tortoise.connection import get_connection

from gateways import normalise_code
from models import Activation, ActivationBatch, BatchCodes
from models.messages import headings
from models.user_files import begun, written
from resolvers.codes import CODE_LASTS, TemporaryCode
from resolvers.context import Context
from resolvers.import_files import Sheet

TAKE = """
delete from batch_codes where organisation_id = $1 and batch_id = $2 and expires_at > $3
returning codes_sealed
"""


async def keep(context: Context, batch: ActivationBatch, codes: list[TemporaryCode]) -> None:
    """Seals codes until they are given out; no longer than they are good."""
    if not codes:
        return
    told = orjson.dumps([[str(one.user.id), one.code] for one in codes]).decode()
    await BatchCodes.create(
        organisation_id=batch.organisation_id,
        batch_id=batch.id,
        codes_sealed=context.gateways.vault.seal(told),
        expires_at=context.now + CODE_LASTS,
    )


async def taken(context: Context, key: str) -> Sheet | None:
    """The file with the codes of a batch, which is gone with that; none where it is gone already.

    A code that is good no longer, as it was used or another one was made, does not stand in it.
    """
    batch = await ActivationBatch.get(id=key, organisation_id=context.organisation_id)
    client, vault = get_connection("default"), context.gateways.vault
    given = [context.organisation_id, batch.id, context.now]
    parts = await client.execute_query_dict(TAKE, given)
    if not parts:
        return None
    codes: dict[str, str] = {}
    for part in parts:
        codes |= dict(orjson.loads(vault.unseal(part["codes_sealed"])))
    rows = await good(context, codes)

    async def pieces() -> AsyncIterator[bytes]:
        yield begun(headings("codes", context.language)) + written(rows)

    return Sheet(batch, pieces())


async def good(context: Context, codes: dict[str, str]) -> list[list[str]]:
    """Whom each code is for, and until when; of the codes that are still good."""
    found = Activation.filter(
        user_id__in=list(codes), used_at=None, code_expires_at__gt=context.now
    )
    return [
        row(one, codes[str(one.user_id)])
        for one in await found.order_by("user_id").select_related("user")
        if one.code_hash == hashed(context, codes[str(one.user_id)])
    ]


def hashed(context: Context, code: str) -> str:
    return context.gateways.vault.hash_secret(normalise_code(code))


def row(activation: Any, code: str) -> list[str]:
    user = activation.user
    runs_out = f"{activation.code_expires_at:%d.%m.%Y}"
    return [str(user.uuid), user.name, user.email, code, runs_out]


async def forget(now: datetime) -> None:
    """Deletes the codes that nobody came for while they were good."""
    await BatchCodes.filter(expires_at__lte=now).delete()
