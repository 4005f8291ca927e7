"""The words to declare a field with. Each names its permission; none reads anything itself.

shows     a type and its table     @shows(models.User, many="users", allow="user:read")
tells     a type and its values    @tells(codes.TemporaryCode)
column    a column as it stands    surname: str = column("The surname.")
secret    a guarded column         cpr_number: ... = secret("...", allow="user:read")
computed  a value of columns       @computed("...", "bool", needs=("status",)) def is_open(status)
facet     the row as another type  deactivation = facet("Deactivation", "...", when="...")
part(s)   what belongs to the row  roles = parts("RoleAssignment", "...", along="...")
edge(s)   a way on                 production_unit = edge("ProductionUnit", "...", allow="...")
lead      a way on, by id alone    about = lead("about_id", "...", allow="node:read")
page      a way on to many         users = page("User", "...", allow="user:list", filter=...)
one       a way in to one          user = one("User", "...", allow="user:read", by=UserRef)
found     by id, of any table      node = found("...", allow="node:read")
told      each as it happens   progress = told(follow, "UserImport", "...", allow="...")
follows   each that comes on   changes = follows(CHANGES, "change", "...", after="...")
answer    a guarded function       history = answer(verify, "...", allow="history:verify")

The planner shall compile the declarations; `schema.reading` reads them row by row for the executor.
A change is declared by `schema.changes.mutation`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from planner import declarations as planned
from planner.conditions import Condition
from planner.pages import Order
from schema import reading
from schema.connections import connection
from schema.filters import OrderBy, read_by_form
from schema.following import entries
from schema.nouns import argument, field, plain
from schema.rows import SHOWN, TYPES, is_a
from schema.shape import form_of


def shows(
    model: Any,
    *,
    many: str | None = None,
    export: str | None = None,
    allow: str | None = None,
    is_facet: bool = False,
) -> Callable[[type], type]:
    """Declares a type whose objects are rows of a model; `many` names a list of them.

    Who holds the permission `export` can have such a list as a file.
    """

    def declare(cls: type) -> type:
        name = cls.__name__
        cls.is_type_of = staticmethod(lambda value, _: is_a(value, name))  # type: ignore[attr-defined]
        made = plain(cls)
        fields = {one.python_name: named(one) for one in made.__strawberry_definition__.fields}  # type: ignore[attr-defined]
        SHOWN[name] = planned.Shown(name, model, allow, fields)
        if not is_facet:
            TYPES[model] = name
        if many:
            connection(name, many, export=export)
        return made

    return declare


def named(one: StrawberryField) -> planned.Declaration:
    """The declaration of a field; what it leaves unsaid follows from the field's name."""
    declared = one.metadata.get("declared")
    match declared:
        case None:
            return planned.Column(one.python_name)
        case planned.Column(path=""):
            return replace(declared, path=one.python_name)
        case planned.Edge(relation="") | planned.Page(relation="", keys=None):
            return replace(declared, relation=one.python_name)
        case _:
            return declared


def tells(value: type) -> Callable[[type], type]:
    """Declares a type whose objects are values that a resolver answers with."""

    def declare(cls: type) -> type:
        TYPES[value] = cls.__name__
        return plain(cls)

    return declare


def column(description: str, path: str = "", kind: str | None = None) -> Any:
    """A column as it stands; `path` where it is not named as the field, or is another row's."""
    return field(description, kind, planned.Column(path))


def led(description: str, kind: str | None, declared: Any, **more: Any) -> Any:
    """A field that leads somewhere: its declaration is read."""
    return field(description, kind, declared, resolver=reading.resolve, **more)


def secret(description: str, *, allow: str, kind: str | None = None) -> Any:
    """A column that asks for a permission of its own."""
    return led(description, kind, planned.Column("", allow), allow=allow)


def computed(
    description: str,
    kind: str | None = None,
    *,
    needs: tuple[str, ...] = (),
    asks: bool = False,
    allow: str | None = None,
    arguments: tuple[StrawberryArgument, ...] = (),
) -> Callable[[Callable[..., Any]], Any]:
    """A value that a function makes of columns; with `asks`, first of who it is that reads."""

    def declare(function: Callable[..., Any]) -> Any:
        declared = planned.Computed(function, needs, asks, allow)
        return led(description, kind, declared, allow=allow, arguments=arguments)

    return declare


def facet(
    kind: str,
    description: str,
    *,
    when: str | None = None,
    by: str | None = None,
    targets: dict[str, str] | None = None,
    allow: str | None = None,
) -> Any:
    """The same row as another type; null where the column `when` is."""
    shown_as = f"Optional[{kind}]" if when else kind
    target = None if by else kind
    declared = planned.Facet(target, when, by, allow, tuple((targets or {}).items()))
    return led(description, shown_as, declared, allow=allow)


def part(
    kind: str,
    description: str,
    *,
    along: str = "",
    only: str | None = None,
    keys: tuple[str, str] | None = None,
    is_sure: bool = False,
) -> Any:
    """The one row that belongs to this one and is seen with it."""
    shown_as = kind if is_sure else f"Optional[{kind}]"
    return led(description, shown_as, planned.Edge(kind, along, only=only, keys=keys))


def parts(kind: str, description: str, *, along: str = "", **declared: Any) -> Any:
    """The few rows that belong to this one and are seen with it."""
    way = planned.Edge(kind, along, is_many=True, **declared)
    return led(description, f"list[{kind}]", way)


def edge(kind: str, description: str, *, allow: str, along: str = "", **declared: Any) -> Any:
    """The row at the other end of a relation; null where there is none that one may see."""
    way = planned.Edge(kind, along, allow, **declared)
    return led(description, f"Optional[{kind}]", way, allow=allow)


def edges(
    kind: str,
    description: str,
    *,
    allow: str,
    is_with_row: bool = True,
    arguments: tuple[StrawberryArgument, ...] = (),
    **declared: Any,
) -> Any:
    """The few rows at the other end of a relation; whosever they are, seen with the row above.

    What is not seen `is_with_row` asks for the permission itself.
    """
    way = planned.Edge(kind, "", None if is_with_row else allow, is_many=True, **declared)
    shown_as = f"Optional[list[{kind}]]"
    return led(description, shown_as, way, allow=allow, arguments=arguments)


def lead(along: str, description: str, *, allow: str) -> Any:
    """The thing, of whatever type, whose id a column holds."""
    return led(description, "Optional[Node]", planned.Edge(None, along, allow), allow=allow)


def attribute(kind: str, description: str, *, allow: str | None = None) -> Any:
    """What a value names, if the permission for it is held."""
    return field(description, kind, allow=allow, resolver=reading.attribute)


PAGE = (
    (
        "first",
        int | None,
        "How many from the start of the list, 1 to 100; 25 when neither first nor last is given.",
    ),
    ("after", str | None, "Only what follows this cursor."),
    ("last", int | None, "How many from the end of the list, 1 to 100."),
    ("before", str | None, "Only what precedes this cursor."),
)


def page(
    kind: str,
    description: str,
    *,
    allow: str,
    along: str | None = "",
    filter: Any = None,
    order_by: OrderBy | None = None,
    latest_first: bool = False,
    order: tuple[str, ...] = (),
    has_equals: bool = True,
    chosen_by: dict[str, tuple[Any, str, Condition]] | None = None,
    paged_as: str = "",
    **more: Any,
) -> Any:
    """A stretch of a long list, of a relation, or with `along=None` of all that there is.

    Where no two rows are equal in what the list runs by, the cursor is just that.
    `chosen_by` are arguments beside a filter, each with its kind, its description and condition;
    `paged_as` names a connection of the list's own. More can be said in the words of the planner.
    """
    chosen = chosen_by or {}
    declared = planned.Page(
        kind,
        allow,
        along,
        Order(order, latest_first, has_equals),
        order_by.orders if order_by else {},
        {name: read_by_form(kind, condition) for name, (kind, _, condition) in chosen.items()}
        | (filter.conditions if filter else {}),
        filter.unless if filter else {},
        **more,
    )
    arguments = [argument(*one) for one in PAGE]
    arguments += [argument(name, one | None, text) for name, (one, text, _) in chosen.items()]
    if filter:
        text = "Only what matches all of these; an absent condition is no condition."
        arguments.append(argument("filter", filter.shown_as | None, text))
    if order_by:
        text = "The order of the list; the id decides between equals."
        arguments.append(argument("order_by", order_by.shown_as | None, text))
    shown_as = f"Optional[{paged_as or kind}Connection]"
    return led(description, shown_as, declared, allow=allow, arguments=tuple(arguments))


def one(
    kind: str,
    description: str,
    *,
    allow: str,
    by: Any = None,
    which: str = "Which one.",
    columns: dict[str, str] | None = None,
    arguments: tuple[StrawberryArgument, ...] = (),
    **declared: Any,
) -> Any:
    """A way in to one row: by a reference, by its id, one's own, the only one, or one `made`."""
    if by == "id":
        arguments = (argument("id", strawberry.ID, which),)
        columns = {"id": "id"}
    elif by:
        arguments = (argument("by", form_of(by).shown_as, which),)
    way = planned.One(kind, allow, columns or {}, **declared)
    return led(description, f"Optional[{kind}]", way, allow=allow, arguments=arguments)


def told(
    source: Callable[..., Any],
    kind: str,
    description: str,
    *,
    allow: str,
    arguments: tuple[StrawberryArgument, ...] = (),
) -> Any:
    """Of everything whose id the source yields, what one may see of it at that moment."""
    way = planned.One(kind, allow, {"id": "id"}, source=source)
    return led(description, f"Optional[{kind}]", way, allow=allow, arguments=arguments)


def follows(listed: Any, topic: str, description: str, *, after: str) -> Any:
    """Each entry that comes to a list, with its cursor, as what is told under a topic says so."""
    declared: planned.Page = listed.metadata["declared"]
    source = entries(topic, declared)
    way = planned.One(
        declared.target, declared.allow, {"id": "id"}, source=source, order=declared.order
    )
    arguments = [one for one in listed._arguments if one.python_name == "filter"]
    return led(
        description,
        f"Optional[{declared.target}Edge]",
        way,
        allow=declared.allow,
        arguments=(argument("after", str | None, after), *arguments),
    )


def found(description: str, *, allow: str, is_many: bool = False) -> Any:
    """A way in to anything by its id; null for what one may not see."""
    declared = planned.Found(allow, is_many)
    if is_many:
        ids = argument("ids", list[strawberry.ID], "Up to 100 ids.")
        kind = "Optional[list[Optional[Node]]]"
    else:
        ids, kind = argument("id", strawberry.ID, "The id of any entity."), "Optional[Node]"
    return led(description, kind, declared, allow=allow, arguments=(ids,))


def answer(
    function: Callable[..., Any],
    kind: str,
    description: str,
    *,
    allow: str,
    arguments: tuple[StrawberryArgument, ...] = (),
) -> Any:
    """What a function of the one who asks answers, if the permission is held."""
    declared = planned.Computed(function, asks=True, allow=allow)
    return led(description, f"Optional[{kind}]", declared, allow=allow, arguments=arguments)
