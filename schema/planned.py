"""What the planner learns of the contract, and how an answer of its is told to a client."""

from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import GraphQLError, ObjectValueNode, VariableNode, specified_rules
from strawberry.schema.schema import validate_document

from models.numbers import is_uuid
from planner.compiler import Contract
from planner.declarations import Asking, Found, One, Whole
from planner.inputs import Variables
from planner.reader import Reader
from planner.selection import Weight
from planner.shapes import Refusal
from schema.finding import reference, sought
from schema.given import given
from schema.graph import Graph
from schema.paging import conditions_of, stretch_of
from schema.rows import SHOWN, TYPES
from schema.telling import Told, denied

# The most that one request may ask for, unless an installation says otherwise; and what it can say
# at most: no parser bears many more levels, and no request has room for more characters.
MOST = Weight(cost=200_000, depth=15, aliases=200, directives=100, roots=50, characters=100_000)
LARGEST = Weight(10**9, 100, 10**6, 10**6, 10**6, 10**6)


@cache
def contract_of(graph: Graph) -> Contract:
    """All declarations of a schema, by the names that GraphQL knows."""
    roots: dict[str, dict[str, Any]] = {}
    attributes, led, names = {}, {}, {}
    wholes: dict[str, Any] = {}
    for name, kind in graph._schema.type_map.items():
        fields = {
            key: one.extensions["strawberry-definition"]
            for key, one in getattr(kind, "fields", {}).items()
            if "strawberry-definition" in getattr(one, "extensions", {})
        }
        python = {key: one.python_name for key, one in fields.items()}
        if name in SHOWN:
            names[name] = python
        elif kind in graph.reads:
            roots[name] = {key: one.metadata["declared"] for key, one in fields.items()}
        else:
            plain = {key: one for key, one in fields.items() if not one.base_resolver}
            attributes[name] = {key: python[key] for key in plain}
            declared = {key: one.metadata.get("declared") for key, one in fields.items()}
            wholes[name] = {key: one for key, one in declared.items() if isinstance(one, Whole)}
            others = fields.items() - plain.items()
            led[name] = {key: (python[key], one.metadata["allow"]) for key, one in others}

    def mistakes(document: Any) -> list[Any]:
        """What is wrong with a document, by the rules that the executor has too."""
        return validate_document(graph._schema, document, specified_rules)

    changes = {
        key: {one.graphql_name: one.shown_as for one in field.parts if one.shown_as in SHOWN}
        for key, field in changes_of(graph).items()
    }
    refusals = (Told, GraphQLError)
    found = tuple(name for name, one in SHOWN.items() if one.allow and TYPES[one.model] == name)
    return Contract(
        SHOWN,
        roots,
        attributes,
        led,
        names,
        wholes,
        found,
        changes,
        given,
        direct,
        prepare,
        refusals,
        mistakes,
    )


def changes_of(graph: Graph) -> dict[str, Any]:
    """The declarations of all changes, by the name of the field."""
    kind: Any = graph._schema.mutation_type
    return {key: one.extensions["strawberry-definition"] for key, one in kind.fields.items()}


def direct(node: Any) -> Callable[[Variables], str | None] | None:
    """What reads the id by which a document names one thing, if it is a variable as it stands."""
    values = {one.name.value: one.value for one in node.arguments or ()}
    if isinstance(values.get("by"), ObjectValueNode):
        values = {one.name.value: one.value for one in values["by"].fields}
    match values:
        case {"id": VariableNode(name=name), **others} if not others:
            return lambda variables: uuid_or_none(variables.coerced.get(name.value))
    return None


def uuid_or_none(given: Any) -> str | None:
    return given if isinstance(given, str) and is_uuid(given) else None


async def prepare(declared: Any, given: dict[str, Any], asking: Asking) -> Any:
    """Of a page the stretch and the conditions, of one thing the column and the value; or ids."""
    if isinstance(declared, Found):
        keys = sought(declared, given, asking)
        return [key and str(key) for key in keys]
    if isinstance(declared, One):
        return await reference(declared, given, asking)
    return stretch_of(declared, given, asking), await conditions_of(declared, given, asking)


def reader_of(graph: Graph, most: Weight = MOST) -> Reader:
    """A planner for a graph, which refuses what asks for more than the most."""
    return Reader(graph._schema, contract_of(graph), most)


def refused(refusal: Refusal, path: list[Any], context: Any) -> dict[str, Any]:
    """The error that stands for a refusal, as the executor would tell it."""
    error = Told(denied(refusal.permission, context), context.language)
    return {
        "message": str(error),
        "extensions": error.extensions,
        "locations": [place_of(node) for node in refusal.nodes],
        "path": path,
    }


def place_of(node: Any) -> dict[str, int]:
    """Where in the document a field stands."""
    start = node.loc.start_token
    return {"line": start.line, "column": start.column}
