"""A part of a file of users, checked or run in the transaction that is open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.expressions import F
from uuid_utils.compat import uuid7

from gateways import Gateways
from models import (
    Change,
    ImportAction,
    ImportPolicy,
    User,
    UserImport,
    UserImportPart,
    UserImportRow,
    UserImportRowError,
    UserStatus,
    bulk,
)
from models.bulk import in_turns
from models.history import record
from models.imports import DONE, READY, RUNNING
from models.refusals import Conflict, Refusal, Refusals
from models.user_files import CREATE, DELETE, UPDATE, Row
from resolvers import user_rows, users
from resolvers.context import Context
from resolvers.imports import count_removals, erase, must_be_new
from resolvers.planning import planned
from resolvers.settings import usual_units
from resolvers.telling import tell_of
from resolvers.user_rows import CheckedRow, Terms

OPERATIONS = {CREATE: "createUser", UPDATE: "updateUser", DELETE: "deleteUser"}


class Stopped(Exception):
    """A row has become bad since it was checked, in a file that one bad row stops."""

    def __init__(self, part: "Part", rows: list[CheckedRow]):
        super().__init__()
        self.part, self.rows = part, rows


@dataclass
class Part:
    """Some rows of a file, checked or run as whoever uploaded or started it."""

    file: UserImport
    context: Context
    part: Any = None
    rows: list[Row] = field(default_factory=list)
    terms: Any = None

    async def begin(self, stage: str) -> bool:
        """Opens the first part that has not been through a stage; tells whether there is one."""
        left = UserImportPart.filter(user_import_id=self.file.id, **{stage: False})
        self.part = await left.order_by("number").first()
        if self.part is None:
            return False
        read = orjson.loads(self.context.gateways.vault.unseal(self.part.rows_sealed))
        self.rows = [Row(line, cells) for line, cells in read]
        self.terms = await user_rows.terms_of(self.context)
        return True

    async def check(self) -> None:
        """Plans the good rows and tells what is wrong with the bad ones."""
        if not await self.begin("is_checked"):
            await self.checked()
            return
        terms = self.terms
        terms.administrators -= await self.removed(terms.role_holders)
        await user_rows.meet(self.rows, terms)
        found = await checked(self.rows, terms)
        await self.tell_repeats([one for one in found if not one.faults])
        good = [one for one in found if not one.faults]
        await self.plan(good)
        await store_errors(self.file, found)
        counts = {
            f"{action.value.lower()}_count": sum(one.action is action for one in good)
            for action in ImportAction
        }
        bad = len(found) - len(good)
        await add(self.file, **counts, bad_count=bad, checked_count=len(found))
        await self.keep({one.line for one in found if one.faults}, is_checked=True)

    async def keep(self, bad: set[int], **facts: bool) -> None:
        """Keeps the rows that are bad beyond the file's end, for whoever corrects them."""
        rows = [[one.line, one.cells] for one in self.rows if one.line in bad]
        sealed = self.context.gateways.vault.seal(orjson.dumps(rows).decode()) if rows else None
        here = UserImportPart.filter(id=self.part.id)
        await here.update(bad_rows_sealed=sealed, **facts)

    async def removed(self, holders: set[UUID]) -> set[Any]:
        """The administrators whom rows before these remove."""
        rows = UserImportRow.filter(user_import_id=self.file.id, action=DELETE)
        return {*await rows.filter(user_id__in=holders).values_list("user_id", flat=True)}

    async def tell_repeats(self, good: Sequence[CheckedRow]) -> None:
        """Refuses rows about users whom a part before has a row about."""
        rows = UserImportRow.filter(user_import_id=self.file.id)
        hashes = [one.identity for one in good]
        found = rows.filter(identity_hash__in=hashes).values_list("identity_hash", flat=True)
        known: set[Any] = {*await found}
        for one in good:
            if one.identity in known:
                one.tell(None, Conflict("ROW_REPEATS_USER"))

    async def plan(self, good: Sequence[CheckedRow]) -> None:
        names = ("id", "organisation_id", "user_import_id", "user_id", "line", "action")
        here = (self.file.organisation_id, self.file.id)
        rows = [
            (
                uuid7(),
                *here,
                one.user.id if one.user else uuid7(),
                one.line,
                one.action.value,
                orjson.dumps(planned(one, self.terms.names)).decode(),
                one.identity,
            )
            async for one in in_turns(good)
        ]
        await bulk.insert(UserImportRow, (*names, "changes", "identity_hash"), rows)

    async def checked(self) -> None:
        """Ends the check, and starts the file if that was asked for and nothing stops it."""
        file, context = self.file, self.context
        await count_removals(file)
        file.status = READY
        if file.starts_when_ready:
            try:
                file.must_be_startable()
                file.must_be_confirmed(file.confirmed_removals)
                await must_be_new(context, file.file_hash)
                file.start(await context.actor(), context.now, file.request_uuid)
            except (Refusal, Refusals):
                pass
        if file.status is RUNNING:
            started = Change("user_import:start", "startUserImport", context.now, file.request_uuid)
            started.begin()
            await file.save()
            await record(started, await context.actor())
        else:
            counts = {"removal_count": file.removal_count, "active_count": file.active_count}
            await turn(file, READY, context.now, **counts)

    async def run(self) -> None:
        """Makes the changes of the rows that are good, if they are so still."""
        if not await self.begin("is_run"):
            await end(self.context.gateways, self.file, DONE)
            return
        terms = self.terms
        lines = [one.line for one in self.rows]
        mine = UserImportRow.filter(
            user_import_id=self.file.id, line__gte=lines[0], line__lte=lines[-1]
        )
        rows_planned: Any = await mine.values_list("line", "user_id", "action")
        plan: dict[int, UUID] = {line: key for line, key, _ in rows_planned}
        known = User.filter(
            id__in=[key for _, key, action in rows_planned if action != CREATE]
        ).order_by("id")
        found = {one.id: one for one in await known.select_for_update(no_key=True)}
        terms.planned = {line: found.get(key) for line, key in plan.items()}
        rows = await checked([one for one in self.rows if one.line in plan], terms)
        made = await self.make(rows, plan)
        bad = [one for one in rows if one.faults]
        if bad and self.file.policy is ImportPolicy.REJECT_FILE:
            raise Stopped(self, bad)
        await self.unplan(bad)
        good = plan.keys() - {one.line for one in bad}
        await self.keep({*lines} - good, is_run=True)
        await add(self.file, done_count=made, bad_count=len(bad))
        await UserImport.filter(id=self.file.id).update(done_through=lines[-1])

    async def make(self, rows: Sequence[CheckedRow], plan: dict[int, UUID]) -> int:
        """Creates, changes and deletes users; tells how many."""
        context = self.context
        for action in ImportAction:
            mine = [one for one in rows if one.action is action and not one.faults]
            if not mine:
                continue
            change = Change(
                f"user:{action.value.lower()}",
                "startUserImport",
                context.now,
                context.request_uuid,
                user_import=self.file.id,
                told_as=OPERATIONS[action],
                names=self.terms.names,
            )
            change.begin()
            if action is CREATE:
                await self.create(mine, plan)
            else:
                await self.alter(mine)
            await record(change, await context.actor())
        return sum(not one.faults for one in rows)

    async def create(self, rows: Sequence[CheckedRow], plan: dict[int, UUID]) -> None:
        context, terms = self.context, self.terms
        usual, made = await usual_units(context, "user"), []
        async for row in in_turns(rows):
            made.append(
                users.made(
                    context,
                    terms.organisation,
                    UserStatus.IMPORTED,
                    id=plan[row.line],
                    imported_from_id=self.file.id,
                    **{**usual, **row.given},
                )
            )
        await bulk.create(made)

    async def alter(self, rows: Sequence[CheckedRow]) -> None:
        for row in rows:
            assert row.user
            try:
                if row.action is UPDATE:
                    await users.update(self.context, row.user, **row.given)
                else:
                    await users.delete(self.context, row.user)
            except Refusal as refusal:
                row.tell(None, refusal)

    async def unplan(self, bad: Sequence[CheckedRow]) -> None:
        """Tells of rows that have become bad, and no longer counts them among the good."""
        if not bad:
            return
        lines = [one.line for one in bad]
        await UserImportRow.filter(user_import_id=self.file.id, line__in=lines).delete()
        await store_errors(self.file, bad)
        for action in ImportAction:
            count = sum(one.action is action for one in bad)
            await add(self.file, **{f"{action.value.lower()}_count": -count})


async def checked(rows: Sequence[Row], terms: Terms) -> list[CheckedRow]:
    return [user_rows.check(row, terms) async for row in in_turns(rows)]


async def store_errors(file: UserImport, rows: Sequence[CheckedRow]) -> None:
    """Keeps what is wrong, never what stood in the cells."""
    here = (file.organisation_id, file.id)
    errors = [
        (
            uuid7(),
            *here,
            row.line,
            column,
            fault.code,
            getattr(fault, "constraint", None),
            orjson.dumps(fault.values, default=str).decode(),
            getattr(fault, "suggestion", None),
        )
        for row in rows
        for column, fault in row.faults
    ]
    about = ("id", "organisation_id", "user_import_id", "line", "column")
    names = (*about, "code", "constraint", "values", "suggestion")
    await bulk.insert(UserImportRowError, names, errors)


async def add(file: UserImport, **counts: int) -> None:
    """Counts on: progress is no change of the file, so its version stays."""
    more = {name: F(name) + count for name, count in counts.items() if count}
    if more:
        await UserImport.filter(id=file.id).update(**more)


async def turn(file: UserImport, status: Any, now: datetime, **facts: Any) -> None:
    """Brings a file to another state, by itself."""
    version = F("version") + 1
    here = UserImport.filter(id=file.id)
    await here.update(status=status, version=version, updated_at=now, **facts)


async def end(reach: Gateways, file: UserImport, status: Any, code: str | None = None) -> None:
    """Ends a file for good, erases it, and tells whoever uploaded it."""
    now = reach.clock.now()
    await turn(file, status, now, finished_at=now, failure_code=code)
    await erase(file)
    uploader = await User.filter(appearances__id=file.uploaded_by_id)
    event = f"import_{status.value.lower()}"
    values = {"file": file.file_name, "done": file.done_count, "rows": file.row_count}
    await tell_of(reach, uploader, event, file, **values)
