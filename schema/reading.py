"""The declarations as ordinary resolvers: the executor reads a level of rows at a time."""

from collections.abc import Hashable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import strawberry

from models.base import EVERYONE
from models.numbers import check_uuid
from models.refusals import Invalid, NotFound
from planner import pages, statements
from planner.conditions import Condition
from planner.declarations import (
    NONE,
    OWN,
    Asking,
    Column,
    Computed,
    Declaration,
    Edge,
    Facet,
    Found,
    One,
    Page,
    Shown,
)
from planner.pages import BadPage, Order, Stretch
from planner.statements import Draft
from planner.tables import Link, Table, link, table
from schema.rows import SHOWN, TYPES, Cohort, Row, fetch, is_a, paths, run
from schema.shape import Reading, read_members
from schema.telling import Told, denied, must_be_signed_in, tell, tell_nothing_here

__all__ = ["SHOWN", "TYPES", "attribute", "is_a", "resolve", "total_count"]

Info = strawberry.Info
MOST_NODES = 100


async def resolve(root: strawberry.Parent[Any], info: Info, **given: Any) -> Any:
    """Answers any declared field."""
    asking = asking_of(info)
    declared: Declaration = (
        root.shown.fields[info.python_name]
        if isinstance(root, Row)
        else info._field.metadata["declared"]
    )
    given = {name: value for name, value in given.items() if value is not strawberry.UNSET}
    match declared:
        case Column(path, allow):
            must_hold(asking, allow, root)
            return root[path]
        case Computed():
            return await compute(root, declared, given, asking)
        case Facet():
            return seen(root, declared, asking)
        case Edge(target=None):
            return await lead(root, declared, info, asking)
        case Edge():
            return await follow(root, declared, info, given, asking)
        case Page():
            return await turn(root, declared, info, given, asking)
        case One():
            return await enter(declared, given, asking)
        case Found():
            return await find(declared, given, asking)


def asking_of(info: Info) -> Asking:
    return asking_for(must_be_signed_in(info.context))


def asking_for(context: Any) -> Asking:
    """What the planner knows of the one who asks."""
    return Asking(
        context.subject.organisation_id,
        context.subject.user_id,
        context.now,
        context.today,
        context.extent,
        context.gateways.vault.fingerprint,
        context,
    )


def sees_own(permission: str | None, model: Table, asking: Asking) -> bool:
    """Whether only one's own rows may be seen; tells the refusal where none may."""
    if permission is None:
        return False
    extent, owner = asking.extent(permission), getattr(model, "owner", None)
    if extent is NONE or (extent is OWN and owner is None):
        tell(denied(permission, asking.context), asking.context)
    return extent is OWN and owner != EVERYONE


def must_hold(asking: Asking, permission: str | None, row: Row) -> None:
    """Refuses a field of a row that is another's, where one may only see one's own."""
    model: Any = row.shown.model
    if sees_own(permission, model, asking) and row.values.get(model.owner) != asking.me:
        tell(denied(str(permission), asking.context), asking.context)


async def compute(root: Any, declared: Computed, given: dict[str, Any], asking: Asking) -> Any:
    if isinstance(root, Row):
        if declared.allow:
            must_hold(asking, declared.allow, root)
        values = [root[path] for path in declared.needs]
    else:
        if declared.allow and asking.extent(declared.allow) is NONE:
            tell(denied(declared.allow, asking.context), asking.context)
        values = []
    found = declared.function(*([asking] if declared.asks else []), *values, **given)
    return await found if isawaitable(found) else found


def seen(root: Row, declared: Facet, asking: Asking) -> Row | None:
    must_hold(asking, declared.allow, root)
    if declared.when and root[declared.when] is None:
        return None
    target = dict(declared.targets)[root[str(declared.by)]] if declared.by else declared.target
    return root.seen_as(str(target))


def draft_of(shown: Shown, own: bool, only: str | None = None) -> Draft:
    draft = Draft(shown.model, own=own)
    draft.only(only)
    return draft


async def follow(
    root: Row, declared: Edge, info: Info, given: dict[str, Any], asking: Asking
) -> Any:
    """The far end of a relation, read for all rows of the cohort."""
    shown, way = SHOWN[str(declared.target)], edge_way(root, declared)
    own = sees_own(declared.allow, shown.model, asking)
    asked_for = {name: one for name, one in given.items() if one is not None}

    async def read() -> dict[Any, list[Row]]:
        keys = {row[way.near] for row in root.cohort.rows} - {None}
        if not keys:
            return {}
        draft = draft_of(shown, own, declared.only)
        draft.where([(declared.conditions[name], name) for name in asked_for])
        asked = list(dict.fromkeys([*paths(shown.model), way.key]))
        statement = statements.rows(draft, asked, way, declared.order, declared.limit)
        known = asking.known() | asked_for | {"keys": list(keys)}
        return grouped(await fetch(statement, known, shown), way.key)

    found = await root.cohort.once((root.shown.name, info.path.key), read)
    rows = found.get(root[way.near], [])
    return rows if declared.is_many else next(iter(rows), None)


def edge_way(root: Row, declared: Edge) -> Link:
    if declared.keys:
        far, near = declared.keys
        return Link(SHOWN[str(declared.target)].model, near, far)
    return link(root.shown.model, declared.relation)


async def lead(root: Row, declared: Edge, info: Info, asking: Asking) -> Row | None:
    """The thing whose id a column holds, of whatever type; null where one may not see it."""
    if asking.extent(str(declared.allow)) is NONE:
        tell(denied(str(declared.allow), asking.context), asking.context)

    async def read() -> dict[Any, Row]:
        keys = {row[declared.relation] for row in root.cohort.rows} - {None}
        return await nodes(list(keys), asking)

    found: dict[Any, Row] = await root.cohort.once((root.shown.name, info.path.key), read)
    return found.get(root[declared.relation])


def grouped(rows: list[Row], path: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[path], []).append(row)
    return groups


@dataclass
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass
class Entry:
    """A row of a page with its cursor."""

    node: Row
    cursor: str


class Connection:
    """One page, and how to count all pages."""

    def __init__(self, rows: list[Row], stretch: Stretch, count: Any):
        self.nodes, before, after = stretch.cut(rows)
        marks = [f"mark {number}" for number in range(len(stretch.order.all))]
        self.edges = [Entry(row, pages.cursor([row[mark] for mark in marks])) for row in self.nodes]
        ends = [self.edges[at].cursor if self.edges else None for at in (0, -1)]
        self.page_info = PageInfo(after, before, *ends)
        self.count = count


async def total_count(root: strawberry.Parent[Any]) -> int:
    """Counts the list of a page."""
    return int(await root.count())


async def turn(
    root: Any, declared: Page, info: Info, given: dict[str, Any], asking: Asking
) -> Connection:
    """A page; read for all rows of the cohort, if it hangs on a row."""
    shown = SHOWN[declared.target]
    if declared.is_with_row:
        must_hold(asking, declared.allow, root)
        own = False
    else:
        own = sees_own(declared.allow, shown.model, asking)
    stretch = stretch_of(declared, given, asking)
    conditions = await conditions_of(declared, given, info, asking)
    known = asking.known() | statements.given(stretch) | {name: v for _, name, v in conditions}
    cohort = root.cohort if isinstance(root, Row) else Cohort()
    way = way_of(root, declared)
    if way:
        known["keys"] = list({row[way.near] for row in cohort.rows} - {None})

    def draft() -> Draft:
        one = draft_of(shown, own, declared.only)
        named = {name for _, name, _ in conditions}
        if declared.most and way and not named & {"from_", "until"}:
            one.latest(declared.most, declared.order.columns[0], way)
        one.where([(condition, name) for condition, name, _ in conditions])
        for member, fact in declared.unless.items():
            if member not in named:
                one.only(fact)
        return one

    async def read() -> dict[Any, list[Row]]:
        statement = statements.page(draft(), list(paths(shown.model)), stretch, way)
        rows = await fetch(statement, known, shown)
        return grouped(rows, "above") if way else {None: rows}

    async def count() -> dict[Any, int]:
        found = await run(statements.count(draft(), way), known)
        return {one.get("above"): one["count"] for one in found}

    key: Hashable = (root.shown.name if way else None, info.path.key)
    mine = root[way.near] if way else None
    rows = (await cohort.once(("page", key), read)).get(mine, [])

    async def counted() -> int:
        found: dict[Any, int] = await cohort.once(("count", key), count)
        return found.get(mine, 0)

    return Connection(rows, stretch, counted)


def way_of(root: Any, declared: Page) -> Link | None:
    """How the rows of a page are found from those above; None where it is all that there is."""
    if not isinstance(root, Row) or (declared.relation is None and declared.keys is None):
        return None
    if declared.keys:
        (far, *also), near = declared.keys
        return Link(SHOWN[declared.target].model, near, far, tuple(also))
    return link(root.shown.model, str(declared.relation))


def stretch_of(declared: Page, given: dict[str, Any], asking: Asking) -> Stretch:
    order, chosen = declared.order, given.get("order_by")
    if chosen:
        order = Order(declared.orders[chosen.field], chosen.direction.value == "DESCENDING")
    asked = {name: given.get(name) for name in ("first", "after", "last", "before")}
    try:
        return pages.stretch(order, **asked)
    except BadPage as bad:
        tell(Invalid("INVALID", path=(bad.argument,), reason=bad.reason), asking.context)


async def conditions_of(
    declared: Page, given: dict[str, Any], info: Info, asking: Asking
) -> list[tuple[Condition, str, Any]]:
    """The conditions that a filter puts: each with the name of its place and its value."""
    if not given.get("filter"):
        return []
    values = await checked(given["filter"], ("filter",), asking)
    found: list[tuple[Condition, str, Any]] = []
    for name, condition in declared.conditions.items():
        if values.get(name) is not None:
            found += condition.parts(name, values[name])
    return found


async def checked(given: Any, path: tuple[str, ...], asking: Asking) -> dict[str, Any]:
    """The values of an input in a query; the first wrong one is told as an error."""
    reading = Reading(asking.context)
    try:
        values = await read_members(given.__members__, vars(given), path, reading)
    except NotFound as refusal:
        tell(refusal, asking.context)
    if reading.faults:
        tell(reading.faults[0], asking.context)
    return values


async def enter(declared: One, given: dict[str, Any], asking: Asking) -> Row | None:
    """One row; an error where there is none, or where it is another's."""
    shown = SHOWN[declared.target]
    own = sees_own(declared.allow, shown.model, asking)
    name, value = await reference(declared, given, asking)
    known = asking.known() | {"key": value}

    async def look(own: bool) -> list[Row]:
        draft = draft_of(shown, own)
        if declared.is_mine:
            draft.conditions.append(draft.owned(str(getattr(shown.model, "owner", ""))))
        if name:
            column = declared.by[name]
            draft.conditions.append(f"{draft.expression(column)} = {draft.place('key')}")
            if column not in ("id", "uuid"):
                draft.only(declared.unless_by_id)
        return await fetch(statements.rows(draft, list(paths(shown.model))), known, shown)

    rows = await look(own)
    if not rows and own and await look(own=False):
        tell(denied(declared.allow, asking.context), asking.context)
    if not rows:
        tell_nothing_here(asking.context)
    if len(rows) > 1:
        tell(Invalid(declared.ambiguous[str(name)], path=("by",)), asking.context)
    return rows[0]


async def reference(declared: One, given: dict[str, Any], asking: Asking) -> tuple[str | None, Any]:
    """By which column a row is looked for, and the value there."""
    if "id" in given:
        return "id", id_or_none(given["id"]) or tell_nothing_here(asking.context)
    if "by" not in given:
        return None, None
    values = await checked(given["by"], ("by",), asking)
    name, value = next((name, one) for name, one in values.items() if one is not None)
    if name == "id":
        value = id_or_none(value) or tell_nothing_here(asking.context)
    return name, asking.fingerprint(value) if name in declared.fingerprinted else value


async def find(declared: Found, given: dict[str, Any], asking: Asking) -> Any:
    """Things by id, from whichever tables; null for each that one may not see."""
    if asking.extent(declared.allow) is NONE:
        tell(denied(declared.allow, asking.context), asking.context)
    asked = given["ids"] if declared.is_many else [given["id"]]
    if len(asked) > MOST_NODES:
        tell(Invalid("TOO_LONG", path=("ids",), entries=MOST_NODES), asking.context)
    keys = [id_or_none(one) for one in asked]
    found = await nodes([key for key in keys if key], asking)
    answer = [found.get(key) for key in keys]
    return answer if declared.is_many else answer[0]


async def nodes(keys: list[Any], asking: Asking) -> dict[Any, Row]:
    """The rows with these ids that the one who asks may read: one statement tells their tables."""
    kinds = {name: shown for name, shown in SHOWN.items() if TYPES.get(shown.model) == name}
    parts, known = [], asking.known() | {"keys": keys}
    for name, shown in kinds.items():
        if shown.allow:
            parts.append(
                f"select '{name}' as kind, id from {table(shown.model)} where id = any($1)"
            )
    kind_of = await run(statements.Statement(" union all ".join(parts), ("keys",)), known)
    found: dict[Any, Row] = {}
    for name in {one["kind"] for one in kind_of}:
        try:
            own = sees_own(kinds[name].allow, kinds[name].model, asking)
        except Told:
            continue
        draft = draft_of(kinds[name], own)
        draft.conditions.append(f"{draft.expression('id')} = any({draft.place('keys')})")
        asked = list(paths(kinds[name].model))
        rows = await fetch(statements.rows(draft, asked), known, kinds[name])
        found |= {row["id"]: row for row in rows}
    return found


def id_or_none(given: Any) -> Any:
    try:
        return check_uuid(given)
    except Invalid:
        return None


async def attribute(root: strawberry.Parent[Any], info: Info) -> Any:
    """An attribute of a value, if its permission is held."""
    asking, permission = asking_of(info), info._field.metadata["allow"]
    if permission and asking.extent(permission) is NONE:
        tell(denied(permission, asking.context), asking.context)
    return getattr(root, info.python_name)
