"""What all stored things share: an organisation, a version, and a change that accounts for them."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.expressions import Q
from tortoise.models import Model
from uuid_utils.compat import uuid7

EVERYONE = "*"


class Record(Model):
    """A row that belongs to an organisation."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID

    tenant: ClassVar[str] = "organisation_id"
    # The column, or relation.column, with the user whose it is; or EVERYONE in the organisation.
    owner: ClassVar[str | None] = None
    is_private: ClassVar[bool] = False  # seen by whose it is alone, whatever roles others hold
    # A fact that makes a row one's own beside its owner, columns in braces, who asks as $me.
    owned_by: ClassVar[str | None] = None
    # Permissions that nobody has over what is their own, whatever roles they hold.
    for_others: ClassVar[frozenset[str]] = frozenset()
    # Permissions that over what is somebody's own nobody else has.
    for_owner: ClassVar[frozenset[str]] = frozenset()
    is_shared: ClassVar[bool] = False  # the same for all organisations, told by `source`
    # The column with another organisation that it belongs to as well; or EVERYONE, whose rows may
    # point to it.
    other_side: ClassVar[str | None] = None
    source: ClassVar[str | None] = None  # the rows as SQL, where they are more than a table
    # The column that tells by a CPR number whose it is, where they need not have a user here.
    proved_by: ClassVar[str | None] = None
    is_held_abroad: ClassVar[bool] = False  # by users of other organisations too, whose own it is

    class Meta:
        abstract = True

    @classmethod
    def built(cls, **columns: Any) -> Self:
        """A new row by its columns: as the constructor makes it, and several times as fast.

        The constructor asks of each field anew what its default is; with a file of users that is
        most of the work.
        """
        values = dict(columns)
        for name, default in defaults(cls):
            if name not in values:
                values[name] = default() if callable(default) else default
        made = super()._init_from_db(**values)
        made._saved_in_db = False
        return made

    @classmethod
    def sides(cls) -> tuple[str, ...]:
        """The columns that tell whose it is."""
        return (cls.tenant, cls.other_side) if cls.other_side else (cls.tenant,)

    def is_for(self, organisation_id: UUID | None, permission: str) -> bool:
        """Whether an organisation that comes upon it may do this: of two sides, perhaps but one."""
        return True

    @property
    def homes(self) -> set[UUID]:
        """The organisations whose it is."""
        return {getattr(self, side) for side in self.sides()} - {None}

    @classmethod
    async def locked_or_none(cls, **columns: Any) -> Self | None:
        """The row with these values, kept from other changes until the transaction ends.

        Not its key: whoever is changed may be the actor of another change meanwhile.
        """
        client = get_connection("default")
        rows = await client.execute_query_dict(locking(cls, *columns), list(columns.values()))
        return cls._init_from_db(**rows[0]) if rows else None

    @classmethod
    async def kept(cls, keys: Iterable[UUID]) -> dict[UUID, Self]:
        """The rows with these ids, which others may keep as well, but not change meanwhile."""
        statement = f'select * from "{cls._meta.db_table}" where id = any($1) order by id for share'
        rows = await get_connection("default").execute_query_dict(statement, [list(keys)])
        return {row["id"]: cls._init_from_db(**row) for row in rows}

    @classmethod
    async def locked(cls, **columns: Any) -> Self:
        """The row with these values, which there is, kept from other changes."""
        found = await cls.locked_or_none(**columns)
        assert found, f"there is no such {cls.__name__}"
        return found


@cache
def defaults(model: type[Model]) -> list[tuple[str, Any]]:
    """The columns of a model with what stands there unless something else is said."""
    fields = model._meta.fields_map
    return [(name, fields[name].default) for name in model._meta.fields_db_projection]


@cache
def locking(model: type[Model], *names: str) -> str:
    """The statement that finds and locks a row by some attributes."""
    columns = model._meta.fields_db_projection
    conditions = (f'"{columns[name]}" = ${at}' for at, name in enumerate(names, 1))
    table = model._meta.db_table
    return f'select * from "{table}" where {" and ".join(conditions)} for no key update'


class Entity(Record):
    """A thing of the domain. It is saved within a change only, which tells the history of it."""

    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    noun: ClassVar[str]  # what it is called where it stands beside others
    named_by: ClassVar[str] = "id"  # the column that a client names it by, unless it is implied
    known_by: ClassVar[tuple[str, ...]] = ()  # columns of things by whose names people know it
    form: ClassVar[Any] = UUID  # the form of that column
    missing: ClassVar[str] = "NOT_FOUND"  # the code of the refusal when there is no such thing
    in_use: ClassVar[str] = "IN_USE"  # the code of the refusal to remove it while it is needed
    ended: ClassVar[Q | None] = None  # which rows have come to their end, and need nothing more
    _stored: dict[str, Any]  # the columns as they were loaded

    class Meta:
        abstract = True

    @classmethod
    def is_implied(cls) -> bool:
        """Whether no client names it: the organisation, or whoever asks, has only one."""
        return cls.named_by in ("organisation_id", "user_id")

    @classmethod
    def _init_from_db(cls, **row: Any) -> Self:
        entity = super()._init_from_db(**row)
        entity._stored = entity.columns()
        return entity

    @property
    def known_as(self) -> str:
        """What people know it by."""
        return str(self.id)

    @property
    def known_abroad_as(self) -> str:
        """What people of other organisations know it by."""
        return self.known_as

    def known_in(self, organisation_id: UUID) -> str:
        """What people of an organisation know it by."""
        is_theirs = getattr(self, self.tenant, None) == organisation_id
        return self.known_as if is_theirs else self.known_abroad_as

    @classmethod
    def is_there(cls, columns: dict[str, Any]) -> bool:
        """Whether these columns are those of a thing that has not been removed."""
        return True

    def state(self) -> dict[str, Any]:
        """The columns that the history may keep."""
        now = vars(self)
        return {name: now[name] for name in told_columns(type(self))}

    def columns(self) -> dict[str, Any]:
        """All columns, as they are now."""
        now = vars(self)
        return {name: now[name] for name in self._meta.fields_db_projection}

    @property
    def is_altered(self) -> bool:
        """Whether there is anything to store."""
        return not self._saved_in_db or bool(self.altered())

    def altered(self) -> list[str]:
        """The columns that differ from what is stored."""
        now = vars(self)
        return [name for name, one in self._stored.items() if now[name] != one]

    async def save(
        self,
        using_db: BaseDBAsyncClient | None = None,
        update_fields: Iterable[str] | None = None,
        force_create: bool = False,
        force_update: bool = False,
    ) -> None:
        Change.under_way().touch(self)
        if self._saved_in_db and update_fields is None:
            update_fields = self.altered()
        await super().save(using_db, update_fields, force_create, force_update)
        self._stored = self.columns()

    async def delete(self, using_db: BaseDBAsyncClient | None = None) -> None:
        Change.under_way().touch(self).is_gone = True
        await super().delete(using_db)


# Danish order, whatever the server's collation: æ, ø and å after z, capitals beside small letters.
DANISH = "translate(lower(coalesce({{{0}}}, '')), 'æøå', '{{{{|}}}}') collate \"C\""


UNTOLD = {
    *("id", "organisation_id", "version", "created_at", "updated_at"),
    *("changed_at", "changed_by_id", "deactivated_by_id", "status_before"),
    *("imported_from_id", "awaiting_since", "request_uuid", "stumble_count", "chosen_channels"),
    *("grantee_id", "grantee_user_id", "grantee_uuid", "from_organisation_id"),
    *("pem", "chain_pem", "settle_at", "noticed_days"),
}
SEALED = ("_sealed", "_hash")  # columns with these endings hold secrets, enciphered or hashed


def told_of(columns: dict[str, Any]) -> dict[str, Any]:
    """Of some columns those that the history may keep."""
    return {
        name: one
        for name, one in columns.items()
        if name not in UNTOLD and not name.endswith(SEALED)
    }


@cache
def told_columns(model: type[Model]) -> tuple[str, ...]:
    """The columns of a model that the history may keep."""
    return tuple(told_of(dict.fromkeys(model._meta.fields_db_projection)))


@dataclass
class Touch:
    """One entity that a change has touched."""

    entity: Entity
    before: dict[str, Any]
    is_new: bool
    version: int | None  # before the change; none where there was no such thing
    is_gone: bool = False
    notes: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # what stands in other tables

    def versions(self) -> tuple[int | None, int | None]:
        """The versions before and after: none where it is not there, and none of what stays."""
        is_there = not self.is_gone and self.entity.is_there(vars(self.entity))
        after = self.entity.version if is_there else None
        return (None, None) if self.version == after else (self.version, after)

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The columns that differ, old and new."""
        after = {} if self.is_gone else self.entity.state()
        if self.is_new:
            return {name: (None, one) for name, one in after.items() if one is not None}
        return {
            name: (self.before.get(name), after.get(name))
            for name in {**self.before, **after}
            if self.before.get(name) != after.get(name)
        }


@dataclass
class Change:
    """A change under way: by what permission and operation, when, and all that it touches."""

    activity: str
    operation: str
    at: datetime
    request_uuid: UUID
    reason: str | None = None
    acting_under: UUID | None = None  # the power of attorney of who acts for another organisation
    user_import: UUID | None = None  # the file of users that it is part of
    touched: dict[UUID, Touch] = field(default_factory=dict)
    told_as: str = ""  # the operation that the history tells of, if that is another
    names: dict[UUID, str] = field(default_factory=dict)  # of things that many touched ones name

    _under_way: ClassVar[ContextVar["Change"]] = ContextVar("change under way")

    @classmethod
    def under_way(cls) -> "Change":
        """The change that this task is making; nothing is stored outside one."""
        return cls._under_way.get()

    def begin(self) -> None:
        self._under_way.set(self)

    def touch(self, entity: Entity) -> Touch:
        """Accounts for an entity that is about to be stored: its version grows once in a change."""
        if entity.id not in self.touched:
            former = entity._stored if entity._saved_in_db else None
            if former is None:
                entity.created_at = self.at
            else:
                entity.version += 1
            entity.updated_at = self.at
            version = former["version"] if former and entity.is_there(former) else None
            before = told_of(former) if former else {}
            self.touched[entity.id] = Touch(entity, before, former is None, version)
        return self.touched[entity.id]

    def tell_of(self, entity: Entity) -> Touch:
        """Lets the history tell of an entity that stays as it is, and of the same version."""
        as_it_is = Touch(entity, entity.state(), False, entity.version)
        return self.touched.setdefault(entity.id, as_it_is)


def as_text(value: Any) -> str | None:
    """A value as the history shows it."""
    if value is None or type(value) is str:
        return value
    match value:
        case []:
            return None
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case date() | datetime():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(as_text(one) or "" for one in value)
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)
