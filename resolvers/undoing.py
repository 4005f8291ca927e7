"""A file of users that has been run, taken back: all of it, or nothing.

What a file did stands in the history, user by user, and what was done to them later too. So the
old values are read there, and a later change of what the file changed stands in the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from tortoise import Tortoise
from tortoise.connection import get_connection

from models import (
    Activation,
    AssuranceLevel,
    Authenticator,
    AuthenticatorKind,
    AuthenticatorStatus,
    Change,
    Entity,
    EntityKind,
    SettingsPage,
    User,
    UserImport,
    UserSettings,
    UserStatus,
    bulk,
)
from models.history import record
from models.imports import lasts
from models.refusals import Conflict
from models.user_files import CREATE, UPDATE
from models.wording import camel
from resolvers import user_rows
from resolvers.context import Context
from resolvers.usages import Usage
from resolvers.user_cells import UNITS, Terms
from resolvers.user_rules import disallowed

AT_ONCE = 1000  # users that are taken back together
WAY_IN = ("user:send_for_activation", "user:resend_activation", "user:renew_temporary_code")
HARMLESS = [*WAY_IN, "user:reveal_cpr_number"]  # what may have happened to a user who goes again
PLAIN = ("email", "phone_number", "reference_text")
COLUMNS = {camel(one): one for one in (*PLAIN, "target_assurance_level", "imported_login", *UNITS)}

# Whatever is taken back, before the head of the history, and in the order in which others lock:
# so no two changes wait for each other.
LOCKED = {"activation": "user_id", "user": "id", "authenticator": "user_id"}
LOCK = """
select count(*) from (
    select t.id from "{table}" t join user_import_row r on r.user_id = t.{key}
    where r.user_import_id = $1 and r.line <= $2 order by t.id for no key update of t
) locked
"""
DELETED = """
select r.user_id as id from user_import_row r
where r.user_import_id = $1 and r.line <= $2 and r.action = 'DELETE'
"""
# The entries about a user, found by that alone: while PostgreSQL has not counted a table that has
# just grown, it would rather walk through the whole organisation's.
TOLD = "(select * from history_entry e where e.{whose} = r.user_id offset 0)"
# What the file did to users, and where in the history.
MINE = f"""
select r.line, r.action, r.user_id, own.organisation_id, own.sequence, own.changes
from user_import_row r join lateral {TOLD.format(whose="about_id")} own on own.request_uuid = $3
where r.user_import_id = $1 and r.line <= $2
"""
# What has been undone itself does not stand in the way, nor does its undoing.
LATER = f"""
select distinct later.about_kind as kind, later.about_id as id
from ({MINE}) r join "user" u on u.id = r.user_id
join lateral {TOLD.format(whose="concerns_id")} later
    on later.organisation_id = r.organisation_id and later.sequence > r.sequence
where later.outcome = 'DONE' and later.operation <> 'undoUserImport'
and not exists (select 1 from user_import f where f.organisation_id = r.organisation_id
                and f.request_uuid = later.request_uuid and f.status = 'UNDONE')
and (
    r.action = 'CREATE' and u.status <> 'DELETED' and later.activity <> all($4)
    or r.action = 'UPDATE' and exists (
        select 1 from jsonb_array_elements(later.changes) one
        where one->>'field' = 'status' and one->>'new' = 'DELETED'
            or one->>'field' in (select jsonb_array_elements(r.changes)->>'field')))
"""
STRETCH = f"{MINE} and r.line > $4 order by r.line limit {AT_ONCE}"


@dataclass
class UndoneImport:
    """A file that has been undone, or what stands in the way."""

    user_import: UserImport | None
    conflicts: list[Usage]


@dataclass
class Undoing:
    """One file being taken back: what stands in the way is gathered, to be told at once."""

    context: Context
    file: UserImport
    terms: Terms
    stuck: list[User] = field(default_factory=list)  # whose old values are no longer allowed

    async def later(self) -> list[Usage]:
        """The later changes that stand in the way."""
        values = [*self.place, HARMLESS]
        found = await get_connection("default").execute_query_dict(LATER, values)
        kinds = sorted({one["kind"] for one in found})
        here = {kind: [one["id"] for one in found if one["kind"] == kind] for kind in kinds}
        told = [await existing(EntityKind(kind), keys) for kind, keys in here.items()]
        return [one for one in told if one.count]

    @property
    def place(self) -> list[Any]:
        return [self.file.id, self.file.done_through, self.file.request_uuid]

    async def all(self) -> None:
        """Takes back every row, some at a time, so that a long file needs no more memory."""
        last, client = 0, get_connection("default")
        while rows := await client.execute_query_dict(STRETCH, [*self.place, last]):
            await self.some(rows)
            last = rows[-1]["line"]

    async def some(self, rows: Sequence[dict[str, Any]]) -> None:
        known = User.filter(id__in=[row["user_id"] for row in rows])
        users = {one.id: one for one in await known.exclude(status=UserStatus.DELETED)}
        there = [row for row in rows if row["user_id"] in users]
        made = [users[row["user_id"]] for row in there if row["action"] == CREATE]
        altered = {
            row["user_id"]: orjson.loads(row["changes"]) for row in there if row["action"] == UPDATE
        }
        if made:
            change = self.change("user:delete", "deleteUser")
            await self.remove(made)
            await record(change, await self.context.actor())
        if altered:
            change = self.change("user:update", "updateUser")
            await self.put_back([(users[key], found) for key, found in altered.items()])
            await record(change, await self.context.actor())

    def change(self, activity: str, told_as: str) -> Change:
        """A change that the history tells as the single one."""
        at, uuid = self.context.now, self.context.request_uuid
        change = Change(
            activity,
            "undoUserImport",
            at,
            uuid,
            user_import=self.file.id,
            told_as=told_as,
            names=self.terms.names,
        )
        change.begin()
        return change

    async def remove(self, users: Sequence[User]) -> None:
        """Deletes users who have never been in, with the way in that they may have been sent."""
        keys = [one.id for one in users]
        for user in users:
            user.end(self.context.now)
        await bulk.save(users)
        given = Authenticator.filter(user_id__in=keys).exclude(status=AuthenticatorStatus.WITHDRAWN)
        authenticators = await given.order_by("id").select_for_update(no_key=True)
        for one in authenticators:
            one.withdraw()
        await bulk.save(authenticators)
        await Activation.filter(user_id__in=keys).delete()

    async def put_back(self, found: Sequence[tuple[User, list[dict[str, Any]]]]) -> None:
        """Gives users their old values; a way in that went to another address is void."""
        moved = []
        for user, changes in found:
            former = {COLUMNS[one["field"]]: one["old"] for one in changes}
            given = {name: self.value(name, old) for name, old in former.items()}
            if not self.may_return(former, given):
                self.stuck.append(user)
                continue
            if user.status is UserStatus.AWAITING_ACTIVATION and "email" in given:
                moved.append(user.id)
            for name, value in given.items():
                setattr(user, name, value)
        await bulk.save([user for user, _ in found])
        await Activation.filter(user_id__in=moved).delete()

    def may_return(self, former: dict[str, str | None], given: dict[str, Any]) -> bool:
        """Whether old values are still there to be had, and still allowed."""
        if any(old and given[name] is None for name, old in former.items()):
            return False
        terms, today = self.terms, self.context.today
        return not any(disallowed(given, terms.settings, terms.organisation, today))

    def value(self, name: str, old: str | None) -> Any:
        """A value as it was, by the text in the history; none of a unit that is gone."""
        if old is None or name in PLAIN:
            return old
        if name in UNITS:
            return self.terms.units[name].get(old)
        if name == "target_assurance_level":
            return AssuranceLevel(int(old))
        return AuthenticatorKind(old)


async def undo(context: Context, import_: UserImport) -> UndoneImport:
    """Put everything back that a file changed, unless later changes stand in the way.

    import_id: The import.
    user_import: The undone import.
    conflicts: The later changes that stand in the way.
    """
    settings = await UserSettings.get(organisation_id=context.organisation_id)
    import_.undo(context.now, lasts(settings.retention_days))
    own, place = Change.under_way(), [import_.id, import_.done_through]
    client = get_connection("default")
    for table, key in LOCKED.items():
        await client.execute_query(LOCK.format(table=table, key=key), place)
    if gone := await client.execute_query_dict(DELETED, place):
        usages = [await existing(EntityKind.USER, [one["id"] for one in gone])]
        raise Conflict("USER_DELETED", current=import_, usages=usages)
    undoing = Undoing(context, import_, await user_rows.terms_of(context))
    standing = await undoing.later()
    if not standing:
        await undoing.all()
        standing = [*stuck(undoing.stuck)]
    if standing:
        raise Conflict("UNDO_CONFLICTS", current=import_, usages=standing)
    own.begin()
    await import_.save()
    return UndoneImport(import_, [])


def stuck(users: list[User]) -> Iterator[Usage]:
    """The users who cannot have their old values back."""
    if users:
        yield Usage(EntityKind.USER, len(users), list[Entity](users[:10]))


async def existing(kind: EntityKind, keys: Iterable[UUID]) -> Usage:
    """Of some things of a kind those that there are: what is gone stands in nobody's way."""
    model = model_of(kind)
    there = await get_connection("default").execute_query_dict(
        f'select id from "{model._meta.db_table}" where id = any($1) order by id', [[*keys]]
    )
    found = [one["id"] for one in there]
    return Usage(kind, len(found), await model.filter(id__in=found[:10]).order_by("id"))


def model_of(kind: EntityKind) -> type[Entity]:
    """The model whose entities are of a kind."""
    models = Tortoise.apps["models"].values()
    entities = (one for one in models if issubclass(one, Entity))
    return next(
        one for one in entities if not issubclass(one, SettingsPage) and EntityKind.of(one) is kind
    )
