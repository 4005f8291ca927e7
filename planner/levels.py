"""What an operation is compiled to: levels, each a statement and a function; and its roots."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from planner import statements
from planner.branches import Branch
from planner.conditions import Condition
from planner.declarations import Edge, One, Page, Shown
from planner.drafts import Draft, Statement
from planner.edges import step
from planner.inputs import has_variables
from planner.joined import Joined
from planner.pages import Stretch
from planner.shapes import Texts, body_of
from planner.statements import column_name
from planner.tables import Link, end, kind
from planner.written import Written, sql

AS_TEXT = ("UUID", "DECIMAL")  # what JSON has no word for
MOST_VARIANTS = 100  # of one level's statement that are remembered

Parts = list[tuple[Condition, str, Any]]


@dataclass(eq=False)
class Level:
    """One statement for all rows above it, and how its rows become objects."""

    number: int
    shown: Shown
    declared: Page | Edge | One
    is_own: bool
    texts: Texts
    node: Any  # the field of the document that leads here
    given: Callable[[Any], dict[str, Any]] | None = None  # what reads its arguments
    direct: Callable[[Any], Any] | None = None  # what reads the id that a way in is given
    looked_up: str | None = None  # the name of what makes the only row
    way: Link | None = None
    above: "Level | None" = None
    branches: list[Branch] = field(default_factory=list)  # that its rows hang on alone
    near: Shown | None = None  # the type that the way begins at: that above, or one read along
    finder: Any = None  # what finds its rows by their ids
    member: str | None = None  # of a payload: whose id is known when the change has been made
    at: int = 0  # where in a row above the value stands that leads here
    beside_at: int = 0  # and where the second one stands, of an edge with two
    columns: list[str] = field(default_factory=list)
    whole: Written | None = None  # the objects of a list that PostgreSQL itself writes
    text: str = ""
    is_counted: bool = False
    has_marks: bool = False  # whether a cursor is asked for that is more than the id
    has_ends: bool = False  # whether more rows before or after are asked for
    frame: str = ""  # what stands around the list of a page that is nothing but its list
    constant: Any = None  # the arguments, where no variable is among them
    variants: dict[tuple[Any, ...], tuple[Statement, Statement]] = field(default_factory=dict)

    def add(self, path: str) -> int:
        """Selects a path, and tells where in the row it stands."""
        if path not in self.columns:
            self.columns.append(path)
        return self.columns.index(path)

    def mark(self) -> str:
        """What a cursor is made of: the id, or where the list may run by more, marks of its own."""
        if isinstance(self.declared, One):
            assert self.declared.order
            return f"[{', '.join(f'str(c{self.add(one)})' for one in self.declared.order.all)}]"
        if self.runs_by_id:
            return f"c{self.add('id')}"
        self.has_marks = True
        return "marks"

    @cached_property
    def runs_by_id(self) -> bool:
        order = self.declared.order if isinstance(self.declared, Page) else None
        asked = {one.name.value for one in self.node.arguments or ()}
        return order is not None and order.all == ("id",) and "orderBy" not in asked

    @cached_property
    def mark_at(self) -> int:
        """Where in a row stands what its cursor is made of."""
        if self.has_marks:
            return self.names.index("marks")
        return self.columns.index("id") if "id" in self.columns else 0

    @property
    def level(self) -> "Level":
        return self

    def path(self, path: str) -> str:
        """A path as it stands from the level's rows."""
        return path

    def join(self, declared: Edge) -> Joined:
        """The row that a foreign key points to, if it is the tenant's."""
        return Joined(self, step(declared), self.is_away and declared.is_abroad)

    @cached_property
    def is_away(self) -> bool:
        """Whether its rows are another tenant's, of which one sees no more than themselves."""
        is_abroad = getattr(self.declared, "is_abroad", False)
        return is_abroad and (self.is_page or (self.above is not None and self.above.is_away))

    def asked(self, variables: Any) -> dict[str, Any]:
        """The arguments of the field that leads here."""
        return self.given(variables) if self.given else {}

    @cached_property
    def beside(self) -> tuple[str, str] | None:
        """The second far path and near column, of an edge that has one."""
        return self.declared.beside if isinstance(self.declared, Edge) else None

    @cached_property
    def has_variables(self) -> bool:
        """Whether a variable is among the arguments of the field that leads here."""
        return any(has_variables(one.value) for one in self.node.arguments or ())

    @cached_property
    def is_page(self) -> bool:
        return isinstance(self.declared, Page)

    @cached_property
    def is_cut(self) -> bool:
        """Whether its rows are cut into pages that know more than their list."""
        return self.is_page and not self.frame

    @cached_property
    def form(self) -> str:
        if self.is_page:
            return "one" if self.whole else "many" if self.frame else "pages"
        if not self.way:
            return "rows"
        return "many" if isinstance(self.declared, Edge) and self.declared.is_many else "one"

    @property
    def names(self) -> list[str]:
        """The names of a row's columns in the text of its object."""
        selected = [f"c{number}" for number in range(max(1, len(self.columns)))]
        if not self.is_page:
            return selected
        marks = ["marks"] if self.has_marks else []
        return [*selected, *marks, *(["above"] if self.way else [])]

    @property
    def body(self) -> str:
        """The body of the function that makes objects of the rows."""
        key = "above"
        if self.way and not self.is_page:
            key = f"c{self.columns.index(self.way.key)}"
            if self.beside:
                key = f"({key}, c{self.columns.index(self.beside[0])})"
        return body_of(self.form, self.text, self.names, key)

    @cached_property
    def build(self) -> Callable[..., Any]:
        return self.texts.function(self.body)

    def draft(self, parts: Parts = ()) -> Draft:  # type: ignore[assignment]
        """The statement's beginning: the tenant, what is one's own, and the conditions."""
        is_abroad = getattr(self.declared, "is_abroad", False)
        draft = Draft(self.shown.model, own=self.is_own, abroad=is_abroad)
        draft.only(getattr(self.declared, "only", None))
        draft.where([(condition, name) for condition, name, _ in parts])
        return draft

    def selected(self, draft: Draft) -> str:
        if self.whole:
            return sql(draft, self.whole)
        return (
            ", ".join(
                f"{draft.expression(path)}{self.cast(path)} as {column_name(path)}"
                for path in self.columns
            )
            or "null"
        )

    def cast(self, path: str) -> str:
        is_text = kind(*end(self.shown.model, path)).partition("(")[0] in AS_TEXT
        return "::text" if is_text else ""

    def rows(self, parts: Parts, by: str | None = None) -> Statement:
        """The statement for the rows that belong to those above, or for the one that is sought."""
        variant = (by, *((condition, name) for condition, name, _ in parts))
        if variant not in self.variants:
            self.make_room()
            draft = self.draft(parts)
            order, limit = "", ""
            draft.among(self.way, self.beside and self.beside[0])
            if isinstance(self.declared, One):
                self.narrow(draft, self.declared, by)
            if isinstance(self.declared, Edge) and self.declared.is_many:
                order = draft.ordered(self.declared.order, self.declared.is_falling)
                limit = str(self.declared.limit or "")
            statement = draft.done(draft.select(self.selected(draft), order, limit))
            self.variants[variant] = statement, statement
        return self.variants[variant][0]

    def narrow(self, draft: Draft, declared: One, by: str | None) -> None:
        """Looks for one's own row, or for the one that a column names."""
        if declared.is_mine:
            draft.conditions.append(draft.owned(str(getattr(self.shown.model, "owner", ""))))
        if by:
            column = declared.by[by]
            draft.conditions.append(f"{draft.expression(column)} = {draft.place('key')}")
            if column not in ("id", "uuid"):
                draft.only(declared.unless_by_id)

    def page(self, stretch: Stretch, parts: Parts) -> tuple[Statement, Statement]:
        """The statements for a stretch of a page, and for how many rows there are in all."""
        assert isinstance(self.declared, Page)
        names = tuple(name for _, name, _ in parts)
        marks = (stretch.after is not None, stretch.before is not None)
        narrowed = tuple((condition, name) for condition, name, _ in parts)
        order = stretch.order
        variant = (order.columns, order.is_falling, stretch.is_backward, *marks, *narrowed)
        known = self.variants.get(variant)
        if known is None:
            self.make_room()
            draft = self.page_draft(parts, names)
            count = self.page_draft(parts, names)
            text = self.selected(draft)
            if self.whole and self.way:
                rows = statements.told(draft, text, stretch, self.way)
            else:
                rows = statements.stretched(draft, text, stretch, self.way, self.has_marks)
            known = self.variants[variant] = rows, statements.count(count, self.way)
        return known

    def make_room(self) -> None:
        """Forgets the statements where there are many: filters can be combined without end."""
        if len(self.variants) >= MOST_VARIANTS:
            self.variants.clear()

    def page_draft(self, parts: Parts, names: tuple[str, ...]) -> Draft:
        page: Any = self.declared
        draft = self.draft(parts)
        for member, fact in page.unless.items():
            if member not in names:
                draft.only(fact)
        if page.most and self.way and not {"from_", "until"} & set(names):
            draft.latest(page.most, page.order.columns[0], self.way)
        return draft
