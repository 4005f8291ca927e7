"""A statement while it is written. Values are places in it; names come from Tortoise's metadata."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from planner.conditions import Condition
from planner.facts import Columns, filled, placed
from planner.pages import Stretch
from planner.sought import Sought
from planner.tables import (
    HERE,
    THERE,
    Link,
    Table,
    column,
    end,
    kind,
    link,
    source,
    tenant,
    within,
)

EARLIEST = {"TIMESTAMPTZ": "'-infinity'", "DATE": "'-infinity'"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A text, and the names of the values that its places stand for."""

    text: str
    places: tuple[str, ...]

    def values(self, known: dict[str, Any]) -> list[Any]:
        """What stands in the places; null for what nobody gave."""
        return [known.get(name) for name in self.places]


class Draft:
    """A statement being written. It begins with what none may lack: the tenant.

    Beside the tenant's rows, one's own in other tenants are read where that is asked for: `abroad`.
    """

    def __init__(self, model: Table, *, own: bool = False, abroad: bool = False):
        self.model = model
        self.places: list[str] = []
        self.joins: dict[str, str] = {}
        self.sought: list[Sought] = []  # among which the rows must be
        here = within(model, "t", self.place("tenant"))
        self.source = placed(source(model), self)
        mine = self.owned(getattr(model, "owner")) if own or abroad else ""  # noqa: B009
        self.conditions = [f"({here} or {mine})" if abroad else here]
        if own:
            self.conditions.append(mine)

    def place(self, name: str) -> str:
        if name not in self.places:
            self.places.append(name)
        return f"${self.places.index(name) + 1}"

    def keys(self, name: str = "keys") -> str:
        """The ids that are looked for: one text, which costs a client half as much as a list."""
        return f"string_to_array({self.place(name)}, ',')::uuid[]"

    def expression(self, path: str) -> str:
        """A path as SQL; foreign keys on the way become joins."""
        *relations, name = path.split(".")
        model, alias = self.model, "t"
        for relation in relations:
            where, relation = relation[:1], relation.lstrip(HERE + THERE)
            way = link(model, relation)
            mark = {HERE: "_", THERE: "__"}.get(where, "")
            near, alias = alias, f"{alias}_{mark}{relation}"
            self.joins[alias] = (
                f" left join {placed(source(way.target), self)} {alias}"
                f" on {alias}.{column(way.target, way.key)} = {near}.{column(model, way.near)}"
            )
            if mark:
                whose = self.place("tenant") if where == HERE else f"{near}.{tenant(model)}"
                self.joins[alias] += f" and {within(way.target, alias, whose)}"
            model = way.target
        text = getattr(model, "expressions", {}).get(name)
        if text is None:
            return f"{alias}.{column(model, name)}"
        return "(" + placed(text.format_map(Columns(model, alias)), self) + ")"

    def owned(self, owner: str) -> str:
        """Whose a row is: by a column of its own, by a row of a relation, or by a fact beside."""
        if "." in owner:
            own = self.related(owner, self.place("me"))
            return own.among(own.all)
        mine = f"t.{column(self.model, owner)} = {self.place('me')}"
        also = getattr(self.model, "owned_by", None)
        return f"({mine} or {filled(also, self)})" if also else mine

    def related(self, path: str, value: str, also: str = "true") -> Sought:
        """The rows of a relation that have a value in a column, if a fact holds of them."""
        relation, name = path.split(".")
        way = link(self.model, relation)
        also = placed(also.format_map(Columns(way.target, "own")), self)
        facts = f"own.{column(way.target, name)} = {value} and {also}"
        rows = f"{placed(source(way.target), self)} own where {facts}"
        key, near = f"own.{column(way.target, way.key)}", f"t.{column(self.model, way.near)}"
        return Sought(rows, key, near=near)

    def where(self, conditions: Iterable[tuple[Condition, str]]) -> None:
        texts = [condition.text(self, name) for condition, name in conditions]
        self.conditions += [text for text in texts if text]

    def seek(self, sought: Sought) -> None:
        """Keeps to the rows that are found among others."""
        self.sought.append(sought)

    def only(self, fact: str | None) -> None:
        if fact:
            self.conditions.append(f"({filled(fact, self)})")

    def sorted(self, path: str) -> str:
        """A path to sort by; what is missing comes first."""
        model, name = end(self.model, path)
        text = self.expression(path)
        if name not in model._meta.fields_map or not model._meta.fields_map[name].null:
            return text
        return f"coalesce({text}, {EARLIEST.get(kind(model, name), repr(''))})"

    def ordered(self, path: str, is_falling: bool) -> str:
        return f" order by {self.sorted(path)}{' desc' * is_falling}"

    def beyond(self, stretch: Stretch) -> None:
        """Keeps to what lies after one cursor and before another."""
        names = ", ".join(self.sorted(path) for path in stretch.order.all)
        for mark, upwards in (("after", True), ("before", False)):
            if getattr(stretch, mark) is not None:
                sign = ">" if upwards != stretch.order.is_falling else "<"
                places = ", ".join(
                    f"{self.place(f'{mark} {path}')}::text::{kind(*end(self.model, path))}"
                    for path in stretch.order.all
                )
                self.conditions.append(f"({names}) {sign} ({places})")

    def runs(self, stretch: Stretch) -> str:
        direction = " desc" if stretch.is_falling else ""
        order = ", ".join(self.sorted(path) + direction for path in stretch.order.all)
        return f" order by {order}"

    def stretch(self, columns: str, stretch: Stretch) -> str:
        """The rows of one stretch, in its order."""
        return self.select(columns, self.runs(stretch), self.place("limit"))

    def select(self, columns: str, order: str = "", limit: str = "") -> str:
        """The rows; where they are sought among others and cut, from the side that is nearer."""
        plain, ids = self.conditions, [one.all for one in self.sought]
        if len(ids) == 1 and limit:
            (one,) = self.sought
            ids = [one.first(self.rows(f"{one.near} as key", plain, order), limit)]
        found = [one.among(keys) for one, keys in zip(self.sought, ids, strict=True)]
        end = f"{order} limit {limit}" if limit else order
        return self.rows(columns, [*plain, *found], end)

    def rows(self, columns: str, conditions: list[str], end: str) -> str:
        joins, where = "".join(self.joins.values()), " and ".join(conditions)
        return f"select {columns} from {self.source} t{joins} where {where}{end}"

    def belong(self, way: Link) -> None:
        """Keeps to the rows that belong to the row above."""
        if way.through:
            path, fact = way.through
            self.seek(self.related(path, "above.key", fact))
            return
        keys = (f"t.{column(self.model, name)} = above.key" for name in (way.key, *way.also))
        self.conditions.append(f"({' or '.join(keys)})")

    def among(self, way: Link | None, beside: str | None) -> None:
        """Keeps to the rows that have the keys that are looked for."""
        if way:
            self.conditions.append(f"{self.expression(way.key)} = any({self.keys()})")
        if beside:
            self.conditions.append(f"{self.expression(beside)} = any({self.keys('beside')})")

    def latest(self, most: int, order: str, way: Link) -> None:
        """Looks at the latest rows that belong to the row above, and no further back."""
        keys = (f"{column(self.model, name)} = above.key" for name in (way.key, *way.also))
        self.source = (
            f"(select * from {self.source} where {tenant(self.model)} = {self.place('tenant')}"
            f" and ({' or '.join(keys)})"
            f" order by {column(self.model, order)} desc limit {most})"
        )

    def remember(self, name: str) -> None:
        """Looks at rows that are given as JSON, as if the table still held them."""
        rows = f"{self.place(name)}::text::jsonb"
        self.source = f"jsonb_populate_recordset(null::{self.source}, {rows})"

    def done(self, text: str) -> Statement:
        return Statement(text, tuple(self.places))
