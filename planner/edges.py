"""Which edges are followed by a join, and which by a statement of their own."""

from typing import Any

from graphql import GraphQLNonNull
from typing_extensions import TypeIs

from planner.declarations import Declaration, Edge, Extent, Shown
from planner.tables import HERE, THERE, link

ANYONE = (None, Extent.ALL)  # what is seen whoever's it is


def may_be_null(definition: Any) -> bool:
    return not isinstance(definition.type, GraphQLNonNull)


def joins(declared: Declaration, compiler: Any, shown: Shown) -> TypeIs[Edge]:
    """Whether an edge follows a foreign key to one row that may be seen whoever's it is."""
    if not isinstance(declared, Edge) or declared.target is None or declared.is_many:
        return False
    if declared.only or declared.keys or declared.conditions:
        return False
    if link(shown.model, declared.relation).key != "id":
        return False
    target = compiler.contract.shown[declared.target]
    return compiler.answer(declared.allow, target) in ANYONE


def step(declared: Edge) -> str:
    """An edge in a path that joins: within which tenant the row at its end is looked for."""
    return (THERE if declared.is_abroad else HERE) + declared.relation
