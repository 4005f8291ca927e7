"""Files to download, behind addresses that are good for five minutes and for one person."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import orjson
from tortoise.transactions import in_transaction

from gateways import BrokenSeal, Claims
from models import Change, ImportAction
from models.history import record_fetched
from resolvers import batch_codes, import_files
from resolvers.context import Context
from resolvers.identities import Door
from resolvers.import_files import Sheet

Url = NewType("Url", str)
GOOD_FOR = timedelta(minutes=5)
CSV = "text/csv; charset=utf-8"
PLACE = "/downloads/"


@dataclass
class Download:
    """A Download is a file behind a signed address that works for five minutes, for the one who
    asked.

    url: The address, on this server.
    file_name: The name to save the file under.
    media_type: What the file is.
    expires_at: When the address stops working.
    """

    url: Url
    file_name: str
    media_type: str
    expires_at: datetime


@dataclass(frozen=True)
class Kind:
    """A kind of file: who may fetch it, how the history tells of that, its name, and its maker."""

    permission: str
    operation: str
    name: str
    make: Callable[[Context, str], Awaitable[Sheet | None]]

    def name_of(self, key: str) -> str:
        return self.name.replace("{key}", key)


KINDS = {
    "template": Kind(
        "user_import:read_template", "userFileTemplate", "users-{key}.csv", import_files.template
    ),
    "receipt": Kind("user_import:read", "fetchReceipt", "receipt-{key}.csv", import_files.receipt),
    "corrections": Kind(
        "user_import:read",
        "fetchCorrectionFile",
        "corrections-{key}.csv",
        import_files.corrections,
    ),
    "codes": Kind(
        "activation_batch:read_codes",
        "fetchActivationCodes",
        "codes-{key}.csv",
        batch_codes.taken,
    ),
}


def offer(context: Context, kind: str, key: str) -> Download:
    """The address of a file, for whoever asks."""
    return addressed(context, kind, key, KINDS[kind].name_of(key))


def addressed(context: Context, kind: str, key: str, name: str) -> Download:
    """The address of a file of some kind and key, which nobody can read out of it."""
    expires_at = context.now + GOOD_FOR
    me = (context.subject.user_id, context.subject.certificate_id)
    who = [one and str(one) for one in me]
    said = [kind, key, *who, context.act_for, expires_at.timestamp()]
    ticket = context.gateways.vault.ticket(orjson.dumps(said).decode())
    url = Url(f"{context.rules.base_url}{PLACE}{ticket}")
    context.offered.add(url)
    return Download(url, name, CSV, expires_at)


def offer_template(context: Context, action: ImportAction) -> Download:
    """The address of the empty file; the headings are the same, whatever it is for."""
    return offer(context, "template", action.value.lower())


def offer_codes(context: Context, batch_id: UUID) -> Download | None:
    """The address of the codes of a batch; none in a dry run, where nobody has one."""
    return None if context.is_dry_run else offer(context, "codes", str(batch_id))


async def fetched(
    door: Door, kinds: Mapping[str, Kind], token: str
) -> tuple[str, AsyncIterator[bytes]] | None:
    """The name and the pieces of a file, and an entry in the history; none where one may not."""
    ticket = opened(door, token)
    if ticket is None:
        return None
    name, key, claims, act_for = ticket
    kind = kinds[name]
    context = await door.context_for(claims, door.gateways.clock.now(), act_for=act_for)
    if context is None or not context.policy.allows(context.subject, kind.permission):
        return None
    async with in_transaction():
        sheet = await kind.make(context, key)
        if sheet is None:
            return None
        done = Change(
            kind.permission,
            kind.operation,
            context.now,
            context.request_uuid,
            acting_under=context.subject.power(kind.permission),
        )
        await record_fetched(done, await context.actor(), sheet.about)
    return kind.name_of(key), sheet.pieces


def opened(door: Door, token: str) -> tuple[str, str, Claims, str | None] | None:
    """What an address is for, and whom, if it is one of ours and still good."""
    try:
        text = door.gateways.vault.read_ticket(token)
    except BrokenSeal:
        return None
    kind, key, user_id, certificate_id, act_for, until = orjson.loads(text)
    user, certificate = (one and UUID(one) for one in (user_id, certificate_id))
    is_good = until > door.gateways.clock.now().timestamp()
    return (kind, key, Claims(user, certificate), act_for) if is_good else None
