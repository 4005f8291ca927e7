"""The change feed: of the history what changed things, read in the order of commits."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record
from models.history import EntityKind


class ChangeAction(StrEnum):
    """ChangeAction tells what can happen to an entity.

    CREATED: It was made.
    UPDATED: It was changed.
    DELETED: It was removed.
    """

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


# The id is the entry's, as a UUID of version 8: by the one the change is found, by the other the
# entry. Of entries that are older than the feed no versions are known: they are not in it.
ID = "overlay(id::text placing '8' from 15 for 1)::uuid"
IS_CHANGE = "(old_version is not null or new_version is not null)"
SOURCE = f"""
select {ID} as id, organisation_id, sequence, about_kind as kind, about_id as entity_id,
       case when old_version is null then 'CREATED' when new_version is null then 'DELETED'
            else 'UPDATED' end as action,
       old_version, new_version, actor_id, actor_user_id, operation, occurred_at
from history_entry where {IS_CHANGE}
"""


class EntityChange(Record):
    """An EntityChange is what one change did to one entity."""

    sequence = fields.IntField()
    kind = fields.CharEnumField(EntityKind, max_length=30)
    entity_id = fields.UUIDField()
    action = fields.CharEnumField(ChangeAction, max_length=10)
    old_version: int | None = fields.IntField(null=True)
    new_version: int | None = fields.IntField(null=True)
    actor: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False
    )
    actor_user_id: UUID | None = fields.UUIDField(null=True)
    operation = fields.CharField(60)
    occurred_at = fields.DatetimeField()

    source = " ".join(SOURCE.split())

    class Meta:
        table = "entity_change"


INDEX_CHANGES = [
    f"create index change_by_number on history_entry (organisation_id, sequence) where {IS_CHANGE}",
    "create index change_by_kind on history_entry (organisation_id, about_kind, sequence)"
    f" where {IS_CHANGE}",
    f"create unique index change_by_id on history_entry (({ID})) where {IS_CHANGE}",
]
INDEX_NO_CHANGES = "drop index change_by_number, change_by_kind, change_by_id"
