"""The history: what was done and what was denied, in each organisation one unbroken chain.

Each entry bears a hash over itself and the entry before, so that one that is altered, lost or put
in shows. The words that may hold personal data (summary, reason, values) enter the chain by a
salted hash of their own: they can be erased without breaking it. What then stands in their place
is vouched for by the entry that tells of the erasure.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.connection import get_connection
from uuid_utils.compat import uuid7

from models.actors import Actor, ActorKind
from models.base import EVERYONE, Change, Entity, Record, Touch
from models.bulk import in_turns, insert
from models.wording import Changes, meet, readable, summary, without_people


class HistoryOutcome(StrEnum):
    """HistoryOutcome tells how something ended.

    DONE: It was done.
    DENIED: The permission was missing.
    """

    DONE = "DONE"
    DENIED = "DENIED"


class EntityKind(StrEnum):
    """EntityKind lists the kinds of entity, for the change feed, usages and filters.

    ORGANISATION: An organisation.
    PRODUCTION_UNIT: A production unit.
    VAT_UNIT: A VAT unit.
    EAN: An EAN number for invoices.
    USER: A user.
    AUTHENTICATOR: An authenticator of a user.
    REQUEST: A request that somebody decides.
    USER_IMPORT: A file of users.
    ACTIVATION_BATCH: Users sent for activation together.
    GROUP: A user group.
    GROUP_MEMBER: A membership of a group.
    RIGHT: A right of the catalogue.
    RIGHT_ASSIGNMENT: A right given to a user or a group.
    POWER_OF_ATTORNEY: A business power of attorney.
    DELEGATION_GROUP: A delegation group.
    CERTIFICATE_PROFILE: A profile of organisation certificates.
    CERTIFICATE: A certificate, ordered or issued.
    BILLING: The billing method.
    CHARGEABLE_TRANSACTION: Something that costs.
    SETTINGS: A page of the settings.
    NOTIFICATION: A notification.
    NOTIFICATION_PREFERENCES: How a person wants to be told of events.
    """

    ORGANISATION = "ORGANISATION"
    PRODUCTION_UNIT = "PRODUCTION_UNIT"
    VAT_UNIT = "VAT_UNIT"
    EAN = "EAN"
    USER = "USER"
    AUTHENTICATOR = "AUTHENTICATOR"
    REQUEST = "REQUEST"
    USER_IMPORT = "USER_IMPORT"
    ACTIVATION_BATCH = "ACTIVATION_BATCH"
    GROUP = "GROUP"
    GROUP_MEMBER = "GROUP_MEMBER"
    RIGHT = "RIGHT"
    RIGHT_ASSIGNMENT = "RIGHT_ASSIGNMENT"
    POWER_OF_ATTORNEY = "POWER_OF_ATTORNEY"
    DELEGATION_GROUP = "DELEGATION_GROUP"
    CERTIFICATE_PROFILE = "CERTIFICATE_PROFILE"
    CERTIFICATE = "CERTIFICATE"
    BILLING = "BILLING"
    CHARGEABLE_TRANSACTION = "CHARGEABLE_TRANSACTION"
    SETTINGS = "SETTINGS"
    NOTIFICATION = "NOTIFICATION"
    NOTIFICATION_PREFERENCES = "NOTIFICATION_PREFERENCES"

    @classmethod
    @cache
    def of(cls, model: type[Entity]) -> "EntityKind":
        """The kind of a model's entities, by the name of its table."""
        table = str(model._meta.db_table)
        if table.endswith("_settings"):
            return cls.SETTINGS
        return cls.EAN if table == "ean_location" else cls(table.upper())


class HistoryEntry(Record):
    """A HistoryEntry is one thing that somebody did, or tried to do; it never changes."""

    sequence = fields.IntField()
    occurred_at = fields.DatetimeField()
    outcome = fields.CharEnumField(HistoryOutcome, max_length=10)
    activity = fields.CharField(60)
    operation = fields.CharField(60)
    summary = fields.CharField(500)
    reason = fields.CharField(500, null=True)
    actor: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, on_delete=fields.RESTRICT
    )
    actor_id: UUID
    actor_user_id: UUID | None = fields.UUIDField(null=True)
    acting_under: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    acting_under_id: UUID | None
    user_import_id: UUID | None = fields.UUIDField(null=True)  # the file that it was part of
    changes = fields.JSONField[list[dict[str, str | None]]](default=list)
    about_kind = fields.CharEnumField(EntityKind, max_length=30)
    about_id = fields.UUIDField()
    request_uuid = fields.UUIDField()
    old_version: int | None = fields.IntField(null=True)  # of what it is about, if that changed
    new_version: int | None = fields.IntField(null=True)
    concerns_id: UUID | None = fields.UUIDField(null=True)  # the user whom the words tell of
    erased_by = fields.IntField(null=True)  # the number of the entry that tells of the erasure
    salt = fields.CharField(32)
    words_hash = fields.CharField(64)
    hash = fields.CharField(64)

    expressions = {
        "values": "(select string_agg(concat_ws(chr(10), one->>'old', one->>'new'), chr(10))"
        " from jsonb_array_elements({changes}) one)"
    }

    class Meta:
        table = "history_entry"
        unique_together = (("organisation", "sequence"),)
        indexes = (("about_id", "sequence"), ("actor_user_id", "sequence"), ("concerns_id",))

    def columns(self) -> dict[str, Any]:
        """All columns, as they are stored."""
        return {name: getattr(self, name) for name in self._meta.fields_db_projection}

    def words(self) -> str:
        """The hash of what people can read."""
        return words_in(self.columns())

    def link(self, former: str) -> str:
        """The hash over this entry and the one before."""
        return linked(former, self.columns())


Entry = dict[str, Any]  # what an entry tells, before it has its place in the chain


class HistoryHead(Record):
    """Where an organisation's history ends; its lock makes the numbers the order of commits."""

    sequence = fields.IntField(default=0)
    hash = fields.CharField(64, default="")

    class Meta:
        table = "history_head"
        unique_together = (("organisation",),)


READABLE = ("salt", "summary", "reason", "changes")
FACTS = (
    *("outcome", "activity", "operation", "about_kind", "about_id"),
    *("organisation_id", "actor_id", "actor_user_id", "request_uuid", "words_hash"),
)
VERSIONS = ("old_version", "new_version")
# Facts that older chains do not know; absent where null.
LATER = (*VERSIONS, "acting_under_id", "user_import_id")


def words_in(row: dict[str, Any]) -> str:
    """The hash of what people can read of an entry."""
    return digest(*(row[name] for name in READABLE))


def facts_in(row: dict[str, Any]) -> str:
    """What else than its place the hash of an entry is made of: the end of a list in JSON."""
    at = row["occurred_at"].astimezone(UTC).isoformat(timespec="microseconds")
    later = ((name, row[name]) for name in LATER if row[name] is not None)
    return as_list(at, *(row[name] for name in FACTS), *later).decode()[1:]


def linked(former: str, row: dict[str, Any]) -> str:
    """The hash over an entry and the one before, as `link_history` makes it."""
    return hashed(f'["{former}",{row["sequence"]},{facts_in(row)}'.encode())


def digest(*parts: Any) -> str:
    return hashed(as_list(*parts))


def as_list(*parts: Any) -> bytes:
    return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)


def hashed(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


async def record(change: Change, actor: Actor) -> None:
    """Tells the history of every entity that a change has touched, in the change's transaction.

    What is another organisation's is told in its history too, where nobody from here is known:
    of what belongs to both it is told which organisation did it. The versions are told only where
    it belongs.
    """
    here, entities = actor.organisation_id, [one.entity for one in change.touched.values()]
    entries: dict[UUID, list[Entry]] = {here: []}
    actors = {here: actor}
    async for touch in in_turns(change.touched.values()):
        changes = touch.changes()
        await meet(touch.entity, changes, here)
        homes, entry = touch.entity.homes, told(change, touch, changes)
        entries[here].append(entry if here in homes else entry | UNCHANGED)
        for home in homes - {here}:
            names = change.names | {one.id: one.known_abroad_as for one in entities}
            if touch.entity.other_side:
                changes = without_people(touch.entity, changes)
                actors[home] = await actor.abroad(home)
            entries.setdefault(home, []).append(told(replace(change, names=names), touch, changes))
    for home in sorted(entries):  # in one order, so that no two changes wait for each other
        who = actors.get(home) or await Actor.named(home, ActorKind.SYSTEM, "Segl")
        await append(change, who, entries[home])


async def record_denied(change: Change, actor: Actor, about: Entity) -> None:
    """Keeps an attempt that was denied."""
    await append(change, actor, [bare(change, about, HistoryOutcome.DENIED)])


async def record_fetched(change: Change, actor: Actor, about: Entity) -> None:
    """Keeps that something was handed out, of which nothing changed."""
    await append(change, actor, [bare(change, about, HistoryOutcome.DONE)])


def bare(change: Change, about: Entity, outcome: HistoryOutcome) -> Entry:
    """What an entry tells of an entity that has not changed."""
    is_denied = outcome is HistoryOutcome.DENIED
    return {
        "outcome": outcome,
        "summary": f"{'Denied: ' * is_denied}{summary(change, about)}"[:500],
        "reason": None,
        "changes": [],
        "about_kind": EntityKind.of(type(about)),
        "about_id": about.id,
        "concerns_id": concerned(about),
    }


UNCHANGED: Entry = dict.fromkeys(VERSIONS)


def told(change: Change, touch: Touch, changes: Changes) -> Entry:
    entity = touch.entity
    return {
        "outcome": HistoryOutcome.DONE,
        "summary": summary(change, entity)[:500],
        "reason": change.reason,
        "changes": readable(change, touch, changes),
        "about_kind": EntityKind.of(type(entity)),
        "about_id": entity.id,
        "concerns_id": concerned(entity),
        **dict(zip(VERSIONS, touch.versions(), strict=True)),
    }


def concerned(about: Entity) -> UUID | None:
    """The user whom the words on an entity tell of: the one whose it is."""
    owner = about.owner
    is_column = owner and owner != EVERYONE and "." not in owner
    return getattr(about, str(owner)) if is_column else None


ERASED = "erasedWords"  # the change by which an entry vouches for what it has left of others
MOST_AT_ONCE = 20  # beyond this many COPY is faster, in spite of its round trips
# Takes the next places in the chain, one for each of some facts; nobody else does until the end
# of the transaction.
LINK = """
create function link_history(here uuid, facts text[])
returns table (place integer, number integer, link text) language plpgsql as $$
declare
    fact text;
begin
    select 0, sequence, hash into place, number, link from history_head
    where organisation_id = here for update;
    foreach fact in array facts loop
        place := place + 1;
        number := number + 1;
        link := encode(sha256(convert_to(
            concat('["', link, '",', number, ',', fact), 'UTF8')), 'hex');
        return next;
    end loop;
    update history_head set sequence = number, hash = link where organisation_id = here;
end $$
"""
LINK_NO_MORE = "drop function link_history"
LINKS = "select number, link from link_history($1, $2) order by place"
APPEND = """
insert into history_entry select entry.*
from link_history($1, $2), jsonb_populate_record(null::history_entry, $3::jsonb -> (place - 1)
    || jsonb_build_object('sequence', number, 'hash', link)) entry
"""


async def append(change: Change, actor: Actor, entries: Iterable[Entry]) -> None:
    """Adds entries to the end of the chain of the actor's organisation."""
    client, here, rows = get_connection("default"), actor.organisation_id, []
    common = {
        "organisation_id": here,
        "actor_id": actor.id,
        "actor_user_id": actor.user_id,
        "occurred_at": change.at,
        "request_uuid": change.request_uuid,
        "activity": change.activity,
        "operation": change.operation,
        "acting_under_id": change.acting_under if actor.user_id else None,
        "user_import_id": change.user_import,
    }
    async for entry in in_turns(entries):
        row = {"id": uuid7()} | UNCHANGED | entry | common | {"salt": secrets.token_hex(16)}
        row["words_hash"] = words_in(row)
        rows.append(row)
    facts = [facts_in(row) async for row in in_turns(rows)]
    if len(rows) <= MOST_AT_ONCE:
        text = orjson.dumps(rows, default=str).decode()
        await client.execute_query(APPEND, [here, facts, text])
        return
    links = await client.execute_query_dict(LINKS, [here, facts])
    for row, one in zip(rows, links, strict=True):
        row["sequence"], row["hash"] = one["number"], one["link"]
    await insert(HistoryEntry, list(rows[0]), (columns_of(one) async for one in in_turns(rows)))


def columns_of(row: dict[str, Any]) -> list[Any]:
    """The values of an entry, as COPY takes them."""
    return list((row | {"changes": orjson.dumps(row["changes"]).decode()}).values())
