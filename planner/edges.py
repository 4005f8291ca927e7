"""How edges are followed: by a join, or by a statement of their own, and through which keys."""

from typing import Any

from graphql import GraphQLNonNull
from typing_extensions import TypeIs

from planner.declarations import Declaration, Edge, Extent, One, Page, Shown
from planner.tables import HERE, THERE, Link, link

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


def linked(declared: Page | Edge | One, near: Shown | None, shown: Shown) -> Link | None:
    """How the far rows are found from the near ones."""
    if near is None or isinstance(declared, One):
        return None
    if isinstance(declared, Page) and declared.through:
        return Link(shown.model, "id", "id", through=declared.through)
    match declared.keys:
        case ((far, *also), near_path):
            return Link(shown.model, near_path, far, tuple(also))
        case (str(far), near_path):
            return Link(shown.model, near_path, far)
    return link(near.model, declared.relation) if declared.relation is not None else None
