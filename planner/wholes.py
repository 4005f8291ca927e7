"""What is offered of a list as a whole, beside its pages: such as all of it in one file."""

from enum import Enum
from typing import Any, NamedTuple

from graphql import Undefined, value_from_ast_untyped

from planner.declarations import ALL, Whole
from planner.plain import plain_text
from planner.selection import Unplanned
from planner.shapes import Refusal


class Listed(NamedTuple):
    """A list as it was asked for: its field, and the type and the id of the row it hangs on.

    Without an id it is all that there is, whatever the row of that type.
    """

    field: str
    arguments: dict[str, Any]  # as a client gives them
    above: tuple[str, str | None] | None = None


def listed(node: Any, variables: dict[str, Any], above: tuple[str, str | None] | None) -> Listed:
    """The list that a field of a document asks for."""
    plain = as_given(variables)
    values = {one.name.value: one.value for one in node.arguments or ()}
    found = {name: value_from_ast_untyped(value, plain) for name, value in values.items()}
    return Listed(node.name.value, as_given(found), above)


def as_given(value: Any) -> Any:
    """A value as clients give it, without the members for which nothing was given."""
    match value:
        case dict():
            return {name: as_given(one) for name, one in value.items() if one is not Undefined}
        case list():
            return [as_given(one) for one in value]
        case Enum():
            return value.name
    return value


def whole_text(
    compiler: Any, level: Any, declared: Whole, definition: Any, nodes: list[Any], path: Any
) -> str:
    """The text of what is offered of a page's list, if all of it may be seen."""
    bind = compiler.plan.texts.bind
    if compiler.answer(declared.allow, level.shown) is not ALL:
        compiler.plan.refusable[path] = None
        return bind(Refusal(declared.allow, tuple(nodes)))
    if not level.near:
        above = "None"
    elif not level.way:
        above = f"({level.near.name!r}, None)"
    elif level.way.near == "id":
        above = f"({level.near.name!r}, whose)"
    else:
        raise Unplanned(f"{level.shown.name}.{nodes[0].name.value}")

    def offered(run: Any, above: tuple[str, str | None] | None) -> Any:
        return declared.function(run.asking, listed(level.node, run.variables.coerced, above))

    return plain_text(compiler, definition.type, nodes, f"{bind(offered)}(run, {above})")
