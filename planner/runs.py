"""Runs a plan on one connection: the levels downwards for their rows, upwards for the answer."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from planner.compiler import Contract
from planner.declarations import Asking, Edge, Found, One
from planner.drafts import Statement
from planner.inputs import Variables
from planner.levels import Level
from planner.pages import Stretch, cursor
from planner.plan import Finder, Plan, Value, Values
from planner.selection import Unplanned
from planner.statements import given

log = logging.getLogger("segl.sql")


@dataclass(slots=True)
class Cut:
    """One page while it is built."""

    rows: list[Any]
    before: bool
    after: bool
    total: int
    at: int  # where in a row the marks stand

    def cursor(self, place: int) -> str | None:
        """The cursor of the first or the last row."""
        return cursor(self.rows[place][self.at]) if self.rows else None


class Run:
    """One reading of one plan."""

    def __init__(self, contract: Contract, plan: Plan, asking: Asking, variables: Variables):
        self.contract, self.plan, self.asking, self.variables = contract, plan, asking, variables
        self.sought: dict[int, list[str | None]] = {}  # the ids that finders look for
        self.answers: dict[str, Any] = {}  # what a change answers with, by the payload's members
        self.ids: dict[str, list[str]] = {}  # of the stored things that are or stand in it
        self.rows: list[Any] = []  # of each level, by number
        self.given: dict[int, dict[str, Any]] = {}  # to the source of a level, by number
        self.looked_up: dict[str, Any] = {}
        self.found: list[Any] = [None] * len(plan.levels)
        self.arguments = {name: read(variables) for name, read in plan.arguments.items()}

    @cached_property
    def me(self) -> str:
        """Who asks, as a row tells whose it is."""
        return str(self.asking.me)

    async def look(self) -> None:
        """Looks up what is known before anything is read; not on the connection of the reading."""
        for name, (function, read) in self.plan.looks.items():
            self.looked_up[name] = await function(self.asking, **read(self.variables))

    async def read(self, connection: Any) -> dict[str, Any]:
        """The answer, refusals standing where something was refused."""
        for level in self.plan.levels:
            look: Any = self.find if isinstance(level, Finder) else self.fetch
            self.rows.append(await look(level, connection))
        for level in reversed(self.plan.levels):
            rows = self.rows[level.number]
            if isinstance(level, Finder):
                kinds = [self.found[one.number] for one in level.levels.values()]
                self.found[level.number] = {key: one for kind in kinds for key, one in kind.items()}
            else:
                self.found[level.number] = level.build(rows, self.found, self)
        return {key: self.root(one) for key, one in self.plan.roots.items()}

    async def read_payload(self, connection: Any, answers: dict[str, Any]) -> dict[str, Any]:
        """What a change answers; KeyError where something is gone, or left to the executor."""
        assert self.plan.payload
        self.answers = answers
        for one in self.plan.payload.parts.values():
            if isinstance(one, Values):
                self.ids |= one.ids(answers[one.name])
            elif isinstance(one, Level):
                thing = answers[str(one.member)]
                self.ids[str(one.member)] = [str(thing.id)] if thing else []
        await self.read(connection)
        return {part: self.part(one) for part, one in self.plan.payload.parts.items()}

    def part(self, one: Any) -> Any:
        """What stands in a payload: null for what the change did not come to."""
        if isinstance(one, Values):
            return one.build(self.answers[one.name], self.found, self)
        if not isinstance(one, Level):
            return one
        keys = self.ids[str(one.member)]
        return self.found[one.number][keys[0]] if keys else None

    def root(self, one: Any) -> Any:
        """What stands at a root."""
        if isinstance(one, Finder):
            found = [self.found[one.number].get(key) for key in self.sought[one.number]]
            return found if isinstance(one.declared, Found) and one.declared.is_many else found[0]
        if isinstance(one, Value):
            return one.build((), self.found, self)
        if not isinstance(one, Level):
            return one
        found = self.found[one.number]
        return found[None] if one.is_page else found[0]

    async def find(self, finder: Any, connection: Any) -> dict[str, list[str]]:
        """The ids that are known, by the name of their type."""
        known = self.asking.known()
        if finder.above:
            keys = {str(row[finder.at]) for row in self.above(finder)} - {"None"}
        else:
            asked = finder.given(self.variables)
            sought = await self.contract.prepare(finder.declared, asked, self.asking)
            self.sought[finder.number] = sought
            keys = {key for key in sought if key}
        kinds: dict[str, list[str]] = {}
        if keys and finder.levels:
            known["keys"] = ",".join(keys)
            for row in await ask(connection, finder.statement, known):
                kinds.setdefault(row[0], []).append(row[1])
        return kinds

    async def fetch(self, level: Level, connection: Any) -> Any:
        known, keys = self.asking.known(), None
        if level.finder:
            keys = self.rows[level.finder.number].get(level.shown.name, ())
        elif level.member:
            keys = self.ids[level.member]
        elif level.above and level.way:
            keys = {row[level.at] for row in self.above(level)} - {None}
        if (keys is not None and not keys) or (level.above and not self.above(level)):
            return {} if level.is_cut else []
        if level.above and level.beside:
            known |= self.given[level.above.number]
            known["beside"] = ",".join({row[level.beside_at] for row in self.above(level)})
        if keys is not None:
            known["keys"] = ",".join(keys)
        if level.is_page:
            return await self.fetch_page(level, connection, known, keys)
        if isinstance(level.declared, One):
            return await self.fetch_one(level, level.declared, connection, known)
        parts = self.edge_parts(level)
        statement = level.rows(parts)
        known |= self.give(level, parts)
        return await ask(connection, statement, known)

    def give(self, level: Level, parts: Any) -> dict[str, Any]:
        """The values of conditions, remembered for what is read in the same sense below."""
        self.given[level.number] = values = {name: value for _, name, value in parts}
        return values

    def above(self, level: Any) -> list[Any]:
        """The rows that a level hangs on."""
        assert level.above
        rows = self.rows[level.above.number]
        if level.above.is_cut:
            rows = [row for cut in rows.values() for row in cut.rows]
        if level.branches:
            rows = [row for row in rows if all(one.holds(row) for one in level.branches)]
        return rows

    def edge_parts(self, level: Level) -> Any:
        assert isinstance(level.declared, Edge)
        conditions = level.declared.conditions
        if not conditions:
            return []
        asked = level.asked(self.variables)
        given = {name: one for name, one in asked.items() if one is not None}
        return [
            part
            for name, one in given.items()
            for part in conditions[name].parts(name, one, self.asking)
        ]

    async def fetch_one(
        self, level: Level, declared: One, connection: Any, known: dict[str, Any]
    ) -> Any:
        """The one row; where there is none, or several, the executor says why."""
        by: str | None = "id"
        key: Any = level.direct and level.direct(self.variables)
        if level.looked_up:
            by, key = None, self.looked_up[level.looked_up]
        elif key is None:
            asked = level.asked(self.variables)
            by, key = await self.contract.prepare(declared, asked, self.asking)
        known |= key if declared.fills else {"key": key}
        statement = level.rows([], by)
        rows = await ask(connection, statement, known)
        if len(rows) != 1:
            raise Unplanned("not one")
        return rows

    async def fetch_page(
        self, level: Level, connection: Any, known: dict[str, Any], keys: Any
    ) -> Any:
        prepared = level.constant
        if prepared is None:
            asked = level.asked(self.variables)
            prepared = await self.contract.prepare(level.declared, asked, self.asking)
            if not level.has_variables and not any(one.asks for one, _, _ in prepared[1]):
                level.constant = prepared
        stretch, parts = prepared
        statement, count = level.page(stretch, parts)
        known |= given(stretch)
        if not level.has_ends:
            known["limit"] = stretch.size
        known |= self.give(level, parts)
        rows = await ask(connection, statement, known)
        if level.frame:
            return rows[::-1] if stretch.is_backward else rows
        totals: dict[Any, int] = {}
        if level.is_counted:
            counted = await ask(connection, count, known)
            totals = {str(row[1]) if level.way else None: row[0] for row in counted}
        return cut(level, stretch, rows, totals, keys)


async def ask(connection: Any, statement: Statement, known: dict[str, Any]) -> Any:
    """The rows of a statement, with the values that its places stand for."""
    log.debug("%s", statement.text)
    return await connection.fetch(statement.text, *statement.values(known))


def cut(level: Level, stretch: Stretch, rows: Any, totals: Any, keys: Any) -> dict[Any, Cut]:
    """The pages that rows make: one, or one for each row above."""
    pages: dict[Any, list[Any]] = {None: rows}
    if level.way:
        pages = {key: [] for key in keys}
        for row in rows:
            pages[row[-1]].append(row)
    at = level.mark_at
    return {key: Cut(*stretch.cut(own), totals.get(key, 0), at) for key, own in pages.items()}
