"""The history: what was done and what was denied, in each organisation one unbroken chain.

Each entry bears a hash over itself and the entry before, so that one that is altered, lost or put
in shows. The words that may hold personal data (summary, reason, values) enter the chain by a
salted hash of their own: they can be erased without breaking it. What then stands in their place
is vouched for by the entry that tells of the erasure.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from tortoise import connections, fields

from models.actors import Actor
from models.base import EVERYONE, Change, Entity, Record, Touch, as_text


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
    CERTIFICATE_PROFILE: A profile of organisation certificates.
    CERTIFICATE: A certificate, ordered or issued.
    BILLING: The billing method.
    SETTINGS: A page of the settings.
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
    CERTIFICATE_PROFILE = "CERTIFICATE_PROFILE"
    CERTIFICATE = "CERTIFICATE"
    BILLING = "BILLING"
    SETTINGS = "SETTINGS"

    @classmethod
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
    changes = fields.JSONField[list[dict[str, str | None]]](default=list)
    about_kind = fields.CharEnumField(EntityKind, max_length=30)
    about_id = fields.UUIDField()
    request_uuid = fields.UUIDField()
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
        return digest(self.salt, self.summary, self.reason, self.changes)

    def link(self, former: str) -> str:
        """The hash over this entry and the one before."""
        at = self.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
        facts = (self.outcome, self.activity, self.operation, self.about_kind, self.about_id)
        who = (self.organisation_id, self.actor_id, self.actor_user_id)
        return digest(former, self.sequence, at, *facts, *who, self.request_uuid, self.words_hash)


class HistoryHead(Record):
    """Where an organisation's history ends; its lock makes the numbers the order of commits."""

    sequence = fields.IntField(default=0)
    hash = fields.CharField(64, default="")

    class Meta:
        table = "history_head"
        unique_together = (("organisation",),)


def digest(*parts: Any) -> str:
    text = orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


async def record(change: Change, actor: Actor) -> None:
    """Tells the history of every entity that a change has touched, in the change's transaction."""
    entries = [await told(change, touch) for touch in change.touched.values()]
    await append(change, actor, entries)


async def record_denied(change: Change, actor: Actor, about: Entity) -> None:
    """Keeps an attempt that was denied."""
    entry = HistoryEntry(
        outcome=HistoryOutcome.DENIED,
        summary=f"Denied: {summary(change, about)}"[:500],
        about_kind=EntityKind.of(type(about)),
        about_id=about.id,
        concerns_id=concerned(about),
    )
    await append(change, actor, [entry])


async def told(change: Change, touch: Touch) -> HistoryEntry:
    entity = touch.entity
    changes = [
        {"field": name, "old": old, "new": new}
        for name, old, new in [one async for one in readable(touch)]
    ]
    return HistoryEntry(
        outcome=HistoryOutcome.DONE,
        summary=summary(change, entity)[:500],
        reason=change.reason,
        changes=changes,
        about_kind=EntityKind.of(type(entity)),
        about_id=entity.id,
        concerns_id=concerned(entity),
    )


def concerned(about: Entity) -> UUID | None:
    """The user whom the words on an entity tell of: the one whose it is."""
    owner = about.owner
    is_column = owner and owner != EVERYONE and "." not in owner
    return getattr(about, str(owner)) if is_column else None


async def readable(touch: Touch) -> Any:
    """The changes of an entity as people read them: an id by the name that it is known as."""
    meta = touch.entity._meta
    relations = {str(meta.fields_map[name].source_field): name for name in meta.fk_fields}
    for column, (old, new) in touch.changes().items():
        if column in relations:
            model = meta.fields_map[relations[column]].related_model  # type: ignore[attr-defined]
            if not issubclass(model, Entity):
                continue
            old, new = [one and await name_of(model, one) for one in (old, new)]
            column = relations[column]
        if (old, new) != (None, None):
            yield camel(column), as_text(old), as_text(new)
    for name, (old, new) in touch.notes.items():
        yield name, as_text(old), as_text(new)


async def name_of(model: type[Entity], key: UUID) -> str:
    change = Change.under_way()
    if key in change.names:
        return change.names[key]
    touch = change.touched.get(key)  # it may be gone already
    found = touch.entity if touch else await model.get_or_none(id=key)
    return found.known_as if found else str(key)


def summary(change: Change, about: Entity) -> str:
    return sentence(change.told_as or change.operation, about.known_as)


def sentence(operation: str, name: str) -> str:
    verb, _, rest = words_of(operation).partition(" ")
    return f"{verb.capitalize()} {rest}: {name}"


def words_of(operation: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in operation)


def camel(name: str) -> str:
    """The name of a column as the schema has it."""
    first, *rest = name.removesuffix("_on").split("_")
    return first + "".join(part.capitalize() for part in rest)


ERASED = "erasedWords"  # the change by which an entry vouches for what it has left of others
HEAD = "select sequence, hash from history_head where organisation_id = $1 for update"
APPEND = """
with told as (
    insert into history_entry select * from jsonb_populate_recordset(null::history_entry, $1::jsonb)
) update history_head set sequence = $3, hash = $4 where organisation_id = $2
"""


async def append(change: Change, actor: Actor, entries: Iterable[HistoryEntry]) -> None:
    """Adds entries to the end of the chain of the actor's organisation."""
    client, here = connections.get("default"), actor.organisation_id
    (head,) = await client.execute_query_dict(HEAD, [here])
    sequence, former, new = head["sequence"], head["hash"], list(entries)
    for entry in new:
        entry.organisation_id = actor.organisation_id
        entry.actor_id, entry.actor_user_id = actor.id, actor.user_id
        entry.occurred_at, entry.request_uuid = change.at, change.request_uuid
        entry.activity, entry.operation = change.activity, change.operation
        entry.salt = secrets.token_hex(16)
        entry.words_hash = entry.words()
        entry.sequence = sequence = sequence + 1
        entry.hash = former = entry.link(former)
    rows = orjson.dumps([entry.columns() for entry in new], default=str).decode()
    await client.execute_query(APPEND, [rows, here, sequence, former])


# What was told before anybody asked whom it concerns: of users, memberships and certificates.
CONCERNED = """
update history_entry e set concerns_id = case e.about_kind
    when 'USER' then e.about_id
    when 'GROUP_MEMBER' then (select m.user_id from group_member m where m.id = e.about_id)
    when 'CERTIFICATE' then (select c.user_id from certificate c where c.id = e.about_id) end
where e.about_kind in ('USER', 'GROUP_MEMBER', 'CERTIFICATE')
"""
CONCERNED_NO_MORE = "update history_entry set concerns_id = null"
