"""What a document selects, fragments and directives resolved; and what that would cost at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
)

from planner.pages import LONGEST, USUAL


class Unplanned(Exception):
    """Not something to compile: the executor shall answer."""


Fields = dict[str, list[FieldNode]]


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def switches(document: DocumentNode) -> tuple[str, ...]:
    """The variables of `@include` and `@skip`: their values make different plans."""
    found: dict[str, None] = {}
    waiting: list[Any] = [one.selection_set for one in document.definitions]  # type: ignore[attr-defined]
    while waiting:
        for node in waiting.pop().selections:
            for directive in node.directives or ():
                if directive.name.value not in ("include", "skip"):
                    raise Unplanned(f"@{directive.name.value}")
                value = directive.arguments[0].value
                if isinstance(value, VariableNode):
                    found[value.name.value] = None
            if getattr(node, "selection_set", None):
                waiting.append(node.selection_set)
    return tuple(found)


class Selection:
    """The fields that one document selects, for one set of switches."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, switched: dict[str, Any]):
        self.schema, self.switched = schema, switched
        self.fragments = fragments_of(document)

    def fields(self, kind: Any, parents: Iterable[Any]) -> Fields:
        """By the key in the answer: the nodes that select it, on an object of this type."""
        found: Fields = {}
        seen: set[str] = set()
        for parent in parents:
            self._collect(kind, parent.selection_set, found, seen)
        return found

    def _collect(
        self, kind: Any, selections: SelectionSetNode, found: Fields, seen: set[str]
    ) -> None:
        for node in selections.selections:
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            inner: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                inner = self.fragments[node.name.value]
            if self._fits(kind, inner.type_condition):
                self._collect(kind, inner.selection_set, found, seen)

    def _is_wanted(self, node: Any) -> bool:
        for directive in node.directives or ():
            value = directive.arguments[0].value
            is_on = (
                self.switched[value.name.value] if isinstance(value, VariableNode) else value.value
            )
            if is_on != (directive.name.value == "include"):
                return False
        return True

    def _fits(self, kind: Any, condition: Any) -> bool:
        if condition is None or condition.name.value == kind.name:
            return True
        named: Any = self.schema.type_map[condition.name.value]
        return is_abstract_type(named) and self.schema.is_sub_type(named, kind)


@dataclass(frozen=True)
class Weight:
    """How much an operation asks for at most, by its document alone."""

    cost: int = 0  # values in the answer
    depth: int = 0  # levels of braces
    aliases: int = 0  # of one field, side by side
    directives: int = 0
    roots: int = 0
    characters: int = 0  # of the document

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(
            self.cost + other.cost,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
        )

    def exceeds(self, most: "Weight") -> str | None:
        """The measure in which this is more than the most that is allowed."""
        for name, value in vars(self).items():
            if value > getattr(most, name):
                return name
        return None


def weigh(document: DocumentNode, operation: OperationDefinitionNode) -> Weight:
    """Weighs each fragment once, however often it is spread: no document can blow this up.

    A page counts as long as `first` or `last` says; by variable, as long as a page can be.
    """
    fragments, known = fragments_of(document), dict[str, Weight]()

    def of(selections: SelectionSetNode | None) -> Weight:
        nodes = selections.selections if selections else ()
        return sum((one(node) for node in nodes), Weight())

    def one(node: Any) -> Weight:
        said = Weight(directives=len(node.directives or ()))
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in known and name in fragments:
                known[name] = Weight()  # validation refuses circles; weighing must end all the same
                known[name] = of(fragments[name].selection_set)
            return known.get(name, Weight()) + said
        inner = of(node.selection_set)
        if not isinstance(node, FieldNode):
            return inner + said
        aliases = inner.aliases + bool(node.alias)
        depth = inner.depth + bool(node.selection_set)
        cost = 1 + length(node) * inner.cost
        return Weight(cost, depth, aliases, inner.directives + said.directives)

    whole = of(operation.selection_set)
    roots = len(operation.selection_set.selections)
    return Weight(whole.cost, whole.depth, whole.aliases, whole.directives, roots)


def length(node: FieldNode) -> int:
    """How long a field's list can be: of a page as it says, else one."""
    sizes = [one.value for one in node.arguments or () if one.name.value in ("first", "last")]
    if sizes:
        return max(map(size, sizes))
    inner = node.selection_set.selections if node.selection_set else ()
    is_page = any(
        isinstance(one, FieldNode) and one.name.value in ("nodes", "edges") for one in inner
    )
    return USUAL if is_page else 1


def size(value: ValueNode) -> int:
    """How long a page can be; a length that none can have is refused later, with its own words."""
    if isinstance(value, IntValueNode) and value.value.isdecimal():
        return min(int(value.value[:4]), LONGEST)
    return LONGEST
