"""The conditions that a filter can put on rows: each compares a path with what a client gives."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from planner.facts import Columns, Writing, filled, placed
from planner.sought import Sought
from planner.tables import column, link, quoted, source, table, tenant, within


class Condition:
    """What a filter's member puts on rows: SQL with a place for the member's value."""

    asks: ClassVar[bool] = False  # whether the value depends on who asks

    def text(self, draft: Writing, name: str) -> str:
        raise TypeError("a condition that is made of others has no text of its own")

    def value(self, given: Any) -> Any:
        """The value to bind, for what the client gave."""
        return given

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple["Condition", str, Any]]:
        """The conditions that are put, each with the name of its place and its value."""
        return [(self, name, self.value(given))]


@dataclass(frozen=True)
class Given(Condition):
    """A value for a name that the source of the rows, or of others, has a place for."""

    place: str

    def text(self, draft: Writing, name: str) -> str:
        return ""

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        return [(self, self.place, given)]


@dataclass(frozen=True)
class Compared(Condition):
    """A path stands in some relation to the value, or to what SQL makes of it."""

    path: str
    sign: str = "="
    made: str = "{}"

    def text(self, draft: Writing, name: str) -> str:
        value = self.made.format(draft.place(name))
        return f"{draft.expression(self.path)} {self.sign} {value}"


@dataclass(frozen=True)
class Within(Condition):
    """A path lies in a span, from its beginning on and before its end."""

    path: str

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        ends = ((Compared(self.path, ">="), given.from_), (Compared(self.path, "<"), given.until))
        return [(end, f"{name} {end.sign}", value) for end, value in ends if value is not None]


@dataclass(frozen=True)
class Among(Condition):
    """A path is one of the values."""

    path: str

    def text(self, draft: Writing, name: str) -> str:
        return f"{draft.expression(self.path)} = any({draft.place(name)})"

    def value(self, given: Any) -> Any:
        return [getattr(one, "value", one) for one in given]


@dataclass(frozen=True)
class Contains(Condition):
    """One of several texts holds the value, in whatever case."""

    paths: tuple[str, ...]

    def text(self, draft: Writing, name: str) -> str:
        place = draft.place(name)
        return "(" + " or ".join(f"{draft.expression(p)} ilike {place}" for p in self.paths) + ")"

    def value(self, given: Any) -> Any:
        escaped = given.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return f"%{escaped}%"


@dataclass(frozen=True)
class Searched(Contains):
    """Among all texts of a row, which one column keeps in small letters, is the value; or a text of
    a row that it points to holds it, within the tenant. With `name`, it must be in that text.

    An index that holds the kept column, and what points to others, is looked through alone.
    """

    paths: tuple[str, ...]  # relation.column
    kept: str  # a column that the database makes of others, and that no model knows
    name: str | None = None

    def text(self, draft: Writing, name: str) -> str:
        place, here = draft.place(name), draft.place("tenant")
        found = [f"far.{quoted(self.kept)} like {place}"]
        for path in self.paths:
            relation, attribute = path.split(".")
            way = link(draft.model, relation)
            found.append(
                f"far.{column(draft.model, way.near)} in"
                f" (select one.{column(way.target, way.key)} from {table(way.target)} one"
                f" where {within(way.target, 'one', here)}"
                f" and one.{column(way.target, attribute)} ilike {place})"
            )
        rows = f"select far.id from {table(draft.model)} far"
        text = f"t.id = any(array({rows} where {within(draft.model, 'far', here)}"
        text += f" and ({' or '.join(found)})))"
        return f"{text} and {draft.expression(self.name)} ilike {place}" if self.name else text

    def value(self, given: Any) -> Any:
        return str(super().value(given)).lower()


@dataclass(frozen=True)
class Is(Condition):
    """A fact about the row holds, or does not."""

    fact: str  # SQL with paths in braces
    is_not: bool = False

    def text(self, draft: Writing, name: str) -> str:
        return f"{'not ' * self.is_not}({filled(self.fact, draft)})"

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        # Each answer is a text of its own, which an index over some of the rows can serve.
        return [(replace(self, is_not=not given), name, given)]


@dataclass(frozen=True)
class Only(Is):
    """A fact about the row holds; asked for the others too, it is no condition."""

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        return [(self, name, True)] if given else []


@dataclass(frozen=True)
class May(Condition):
    """The one who asks may do something to the row: a fact holds, and a permission is held.

    Which permission it takes, a column tells. Asked for the others, it is turned round.
    """

    fact: str  # SQL with paths in braces
    path: str
    permissions: tuple[tuple[str, str], ...]  # what the column holds: the permission
    is_not: bool = False
    asks = True

    def text(self, draft: Writing, name: str) -> str:
        values = f"{draft.expression(self.path)} = any({draft.place(name)})"
        return f"{'not ' * self.is_not}(({filled(self.fact, draft)}) and {values})"

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        held = [value for value, one in self.permissions if asking.extent(one).value == "all"]
        return [(replace(self, is_not=not given), f"{name} {given}", held)]


@dataclass(frozen=True)
class Some(Condition):
    """Among the rows of a relation there is one whose column equals the value."""

    relation: str
    name: str
    also: str = "true"  # SQL with columns of that row in braces

    def text(self, draft: Writing, name: str) -> str:
        way = link(draft.model, self.relation)
        also = self.also.format_map(Columns(way.target, "far"))
        return (
            f"exists (select 1 from {table(way.target)} far"
            f" where far.{column(way.target, way.key)} = t.{column(draft.model, way.near)}"
            f" and far.{column(way.target, self.name)} = {draft.place(name)}"
            f" and {placed(also, draft)})"
        )


@dataclass(frozen=True)
class HasAll(Condition):
    """For each of the values there is a row of another model that leads here."""

    model: Any
    key: str  # leads here
    name: str
    member: str  # of what the client gives: the values
    given: tuple[tuple[str, str], ...] = ()  # its other members: places in the model's source
    is_alone: bool = False  # whether there is only one value

    def text(self, draft: Writing, name: str) -> str:
        key, one = [f"far.{column(self.model, name)}" for name in (self.key, self.name)]
        values = f"{draft.place(name)}::uuid[]"
        facts = f"far.{tenant(self.model)} = {draft.place('tenant')} and {one} = any({values})"
        rows = f"{placed(source(self.model), draft)} far where {facts}"
        having = f"count(distinct {one}) = cardinality({values})"
        draft.seek(Sought(rows, key, "" if self.is_alone else having))
        return ""

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        values = [*dict.fromkeys(getattr(given, self.member))]
        places = [(Given(place), place, getattr(given, one)) for one, place in self.given]
        condition = replace(self, is_alone=len(values) == 1)
        return [(condition, name, values), *places] if values else []


@dataclass(frozen=True)
class ButFor(Condition):
    """A condition; but for one value, it is a fact about the row instead."""

    one: Any
    fact: str  # SQL with paths in braces
    other: Condition

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        if given == self.one:
            return [(Is(self.fact), name, True)]
        return self.other.parts(name, given, asking)
