"""Rows as the executor reads them: each knows the others that were read with it.

What is asked of one row is read for all of them in one statement, so that the number of statements
follows from the document alone, never from the number of rows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import orjson
from tortoise.connection import get_connection

from models.base import Entity
from models.numbers import CprNumber
from planner import statements
from planner.declarations import Asking, Column, Computed, Edge, Facet, Page, Shown
from planner.drafts import Draft, Statement
from planner.shapes import ABOVE
from planner.tables import Table, end, link

SHOWN: dict[str, Shown] = {}  # the types by name
CHANGED: dict[str, set[Table]] = {}  # by permission: what changes by it act on
FOUND: dict[str, set[Table]] = {}  # by permission: what they find where no argument is its id
TYPES: dict[Any, str] = {CprNumber: "CprNumber"}  # the type that shows a model or a value


@dataclass
class Cohort:
    """Rows that were read together, and what has been read for all of them."""

    rows: list["Row"] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)  # by which they were read
    is_away: bool = False  # whether they are another organisation's
    reads: dict[Hashable, "asyncio.Future[Any]"] = field(default_factory=dict)

    async def once(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        """What a read answers; whoever asks first lets it begin."""
        if key not in self.reads:
            self.reads[key] = asyncio.ensure_future(read())
        return await self.reads[key]


class Row:
    """One row of a table, seen as one type."""

    __slots__ = ("cohort", "shown", "values")

    def __init__(self, shown: Shown, values: dict[str, Any], cohort: Cohort):
        self.shown, self.values, self.cohort = shown, values, cohort

    def __getitem__(self, path: str) -> Any:
        return self.values[path]

    def __getattr__(self, name: str) -> Any:
        """A column by the name of its field: what Strawberry asks for of fields without more."""
        declared = self.shown.fields.get(name)
        if not isinstance(declared, Column):
            raise AttributeError(name)
        value = self.values[declared.path]
        return str(value) if name == "id" else value  # GraphQL's own ID takes texts only

    def seen_as(self, name: str) -> "Row":
        return Row(SHOWN[name], self.values, self.cohort)


def along(path: Any) -> tuple[str, ...]:
    """The keys that lead to a field of the answer, wherever in its lists."""
    return tuple(key for key in path.as_list() if isinstance(key, str))


def is_a(value: Any, name: str) -> bool:
    return isinstance(value, Row) and value.shown.name == name


@cache
def paths(model: Table) -> dict[str, Callable[[Any], Any]]:
    """All paths that the types of a model show or need, each with what makes its Python value."""
    found = dict.fromkeys(("id", *owners(model)))
    for shown in SHOWN.values():
        if shown.model is model:
            for declared in shown.fields.values():
                found |= dict.fromkeys(needed(model, declared))
    return {path: made_by(model, path) for path in found}


def owners(model: Table) -> list[str]:
    owner = getattr(model, "owner", None)
    return [owner] if owner and owner in model._meta.fields_db_projection else []


def needed(model: Table, declared: Any) -> Iterable[str]:
    """The paths that one declaration reads of its row."""
    match declared:
        case Column(path=path):
            return [path]
        case Computed(needs=needs):
            return needs
        case Facet(when=when, by=by):
            return [path for path in (when, by) if path]
        case Page(when=str(when)):
            return [when, *needed(model, replace(declared, when=None))]
        case Edge(keys=(_, near), beside=(_, beside)):
            return [near] if beside == ABOVE else [near, beside]
        case Page(keys=(_, near)) | Edge(keys=(_, near)):
            return [near]
        case Edge(target=None, relation=near):
            return [near]
        case Edge(relation=relation) | Page(relation=str(relation)):
            return [link(model, relation).near]
        case _:
            return []


def made_by(model: Table, path: str) -> Callable[[Any], Any]:
    far, name = end(model, path)
    field: Any = far._meta.fields_map.get(name)
    return field.to_python_value if field else as_it_is


def as_it_is(value: Any) -> Any:
    return value


async def run(statement: Statement, known: dict[str, Any]) -> list[dict[str, Any]]:
    values = statement.values(known)
    return await get_connection("default").execute_query_dict(statement.text, values)


async def fetch(
    statement: Statement, known: dict[str, Any], shown: Shown, is_away: bool = False
) -> list[Row]:
    """The rows of a statement, as one cohort."""
    cohort = Cohort(known=known, is_away=is_away)
    makers = paths(shown.model)
    for found in await run(statement, known):
        values = {path: make(found[path]) for path, make in makers.items()}
        values |= {name: found[name] for name in found if name not in makers}
        cohort.rows.append(Row(shown, values, cohort))
    return cohort.rows


async def stored(shown: Shown, keys: Iterable[Any], asking: Asking) -> dict[Any, Row]:
    """The rows of a type that have these ids, by id."""
    model: Any = shown.model
    draft = Draft(model, abroad=model.is_held_abroad)
    draft.conditions.append(f"{draft.expression('id')} = any({draft.keys()})")
    known = asking.known() | {"keys": statements.listed(keys)}
    statement = statements.rows(draft, list(paths(model)))
    return {row["id"]: row for row in await fetch(statement, known, shown)}


async def rows_of(entities: list[Entity], asking: Asking) -> dict[Any, Row]:
    """What is stored of these entities now, by id; of one that is gone, what it was."""
    found: dict[Any, Row] = {}
    for model in {type(one) for one in entities}:
        shown, mine = SHOWN[TYPES[model]], {one.id: one for one in entities if type(one) is model}
        found |= await stored(shown, mine, asking)
        if gone := [one for key, one in mine.items() if key not in found]:
            draft = Draft(model, abroad=model.is_held_abroad)
            draft.remember("gone")
            known = asking.known() | {"gone": remembered(gone)}
            statement = statements.rows(draft, list(paths(model)))
            found |= {row["id"]: row for row in await fetch(statement, known, shown)}
    return found


def remembered(entities: list[Entity]) -> str:
    """What is no longer stored, by its columns, as JSON."""
    columns = type(entities[0])._meta.fields_db_projection
    rows = [{columns[name]: getattr(one, name) for name in columns} for one in entities]
    return orjson.dumps(rows, default=as_json).decode()


def as_json(value: Any) -> str:
    return rf"\x{value.hex()}" if isinstance(value, bytes) else str(value)


def grouped(rows: list[Row], *paths: str) -> dict[Any, list[Row]]:
    """The rows by what they hold in one column, or in several."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key_of(row, *paths), []).append(row)
    return groups


def key_of(row: Row, *paths: str) -> Any:
    return row[paths[0]] if len(paths) == 1 else tuple(row[path] for path in paths)
