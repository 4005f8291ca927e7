"""Pages of long lists, as the executor reads them: one statement for all the rows above."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import strawberry

from models.refusals import Invalid
from planner import pages, statements
from planner.conditions import Condition
from planner.cursors import must_fit
from planner.declarations import Asking, Page
from planner.drafts import Draft
from planner.pages import BadPage, Order, Stretch
from planner.tables import Link, link
from planner.wholes import Listed, listed
from schema.rows import SHOWN, Cohort, Row, along, fetch, grouped, paths, run
from schema.seeing import draft_of, must_hold, sees_own
from schema.shape import checked
from schema.telling import denied, tell


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

    @classmethod
    def of(cls, row: Row, order: Order) -> "Entry":
        """A row that is told by itself, as an entry of the list that runs so."""
        return cls(row, pages.cursor([str(row[path]) for path in order.all]))


class Connection:
    """One page, and how to count all pages."""

    def __init__(self, rows: list[Row], stretch: Stretch, count: Any, listed: Callable[[], Listed]):
        self.nodes, before, after = stretch.cut(rows)
        marks = [f"mark {number}" for number in range(len(stretch.order.all))]
        self.edges = [Entry(row, pages.cursor([row[mark] for mark in marks])) for row in self.nodes]
        ends = [self.edges[at].cursor if self.edges else None for at in (0, -1)]
        self.page_info = PageInfo(after, before, *ends)
        self.count, self.listed = count, listed


async def total_count(root: strawberry.Parent[Any]) -> int:
    """Counts the list of a page."""
    return int(await root.count())


async def turn(
    root: Any, declared: Page, info: strawberry.Info, given: dict[str, Any], asking: Asking
) -> Connection:
    """A page; read for all rows of the cohort, if it hangs on a row."""
    shown = SHOWN[declared.target]
    if declared.is_with_row:
        must_hold(asking, declared.allow, root)
        own = False
    else:
        own = sees_own(declared.allow, shown.model, asking)
    if isinstance(root, Row) and root.cohort.is_away:
        tell(denied(declared.allow, asking.context), asking.context)
    stretch = stretch_of(declared, given, asking)
    conditions = await conditions_of(declared, given, asking)
    known = asking.known() | statements.given(stretch) | {name: v for _, name, v in conditions}
    cohort = root.cohort if isinstance(root, Row) else Cohort()
    way = way_of(root, declared)
    if way:
        known["keys"] = statements.listed({row[way.near] for row in cohort.rows} - {None})

    def draft() -> Draft:
        return listing(declared, own, conditions, way)

    async def read() -> dict[Any, list[Row]]:
        statement = statements.page(draft(), list(paths(shown.model)), stretch, way)
        rows = await fetch(statement, known, shown, declared.is_abroad)
        return grouped(rows, "above") if way else {None: rows}

    async def count() -> dict[Any, int]:
        found = await run(statements.count(draft(), way), known)
        return {one.get("above"): one["count"] for one in found}

    key: Hashable = (root.shown.name if way else None, along(info.path))
    mine = root[way.near] if way else None
    rows = (await cohort.once(("page", key), read)).get(mine, [])

    async def counted() -> int:
        found: dict[Any, int] = await cohort.once(("count", key), count)
        return found.get(mine, 0)

    def as_asked() -> Listed:
        above = (root.shown.name, str(root["id"]) if way else None) if cohort.rows else None
        return listed(info._raw_info.field_nodes[0], info.variable_values, above)

    return Connection(rows, stretch, counted, as_asked)


def listing(
    declared: Page, own: bool, conditions: list[tuple[Condition, str, Any]], way: Link | None = None
) -> Draft:
    """The beginning of a statement for a list: what may be seen of it, and what is asked for."""
    one = draft_of(SHOWN[declared.target], own, declared.only, declared.is_abroad)
    named = {name for _, name, _ in conditions}
    if declared.most and way and not named & {"from_", "until"}:
        one.latest(declared.most, declared.order.columns[0], way)
    one.where([(condition, name) for condition, name, _ in conditions])
    for member, fact in declared.unless.items():
        if member not in named:
            one.only(fact)
    return one


def way_of(root: Any, declared: Page) -> Link | None:
    """How the rows of a page are found from those above; None where it is all that there is."""
    is_all = declared.relation is None and declared.keys is None and declared.through is None
    if not isinstance(root, Row) or is_all:
        return None
    if declared.through:
        return Link(SHOWN[declared.target].model, "id", "id", through=declared.through)
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
        stretch = pages.stretch(order, **asked)
        must_fit(SHOWN[declared.target].model, stretch)
        return stretch
    except BadPage as bad:
        tell(Invalid("INVALID", path=(bad.argument,), constraint=bad.reason), asking.context)


async def conditions_of(
    declared: Page, given: dict[str, Any], asking: Asking
) -> list[tuple[Condition, str, Any]]:
    """The conditions that a filter puts: each with the name of its place and its value."""
    values = {name: given[name] for name in declared.conditions if given.get(name) is not None}
    if given.get("filter"):
        values |= await checked(given["filter"], ("filter",), asking.context)
    found: list[tuple[Condition, str, Any]] = []
    for name, condition in declared.conditions.items():
        if values.get(name) is not None:
            found += condition.parts(name, values[name], asking)
    return found
