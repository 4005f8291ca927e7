"""Compiles an operation: a level for each relation that it follows, a text for each object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import OperationType, get_named_type

from planner import values
from planner.branches import Branch
from planner.connections import connection, edge
from planner.declarations import (
    NONE,
    OWN,
    Computed,
    Declaration,
    Edge,
    Extent,
    Found,
    One,
    Page,
    Shown,
    reach,
)
from planner.edges import linked
from planner.joined import Joined
from planner.levels import Level
from planner.objects import object_text
from planner.plain import call_text
from planner.plan import Finder, Payload, Plan, Value
from planner.selection import Selection, Unplanned
from planner.shapes import ABOVE, EACH, Refusal
from planner.tables import Link

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Contract:
    """What the planner knows of a schema, by the names that GraphQL knows."""

    shown: dict[str, Shown]
    roots: dict[str, dict[str, Declaration]]  # of the types of the ways in: field to declaration
    attributes: dict[str, dict[str, str]]  # of types that show values: field to attribute
    led: dict[str, dict[str, tuple[str, str | None]]]  # and to attributes that are more: and what
    # these ask for
    names: dict[str, dict[str, str]]  # of types that show rows: field to declaration
    wholes: dict[str, dict[str, Declaration]]  # of types of pages: what is offered of all
    found: tuple[str, ...]  # the types whose rows are found by id alone
    changes: dict[str, dict[str, str]]  # by the field: the payload's members that show rows
    given: Callable[..., Any]  # what reads a field's arguments, as its resolver takes them
    direct: Callable[..., Any]  # what reads an id that the document names, where it does
    prepare: Callable[..., Any]  # of a page's arguments: the stretch and the conditions
    refusals: tuple[type[Exception], ...]  # what is raised to say no, which is no fault
    mistakes: Callable[..., list[Any]]  # what the schema's rules find wrong with a document


class Compiler:
    """One operation, for one set of answers of the policy. Notes every permission that it asks."""

    def __init__(self, contract: Contract, selection: Selection, answer: Callable[[str], Extent]):
        self.contract, self.selection, self.schema = contract, selection, selection.schema
        self._answer = answer
        self.asked: dict[str, None] = {}
        self.branches: list[Branch] = []  # that lead to what is compiled just now
        self.plan = Plan()

    def compile(self, operation: Any) -> Plan:
        """The plan of an operation."""
        if operation.operation is OperationType.MUTATION:
            return self.change(operation)
        kind: Any = self.schema.get_root_type(operation.operation)
        for key, nodes in self.selection.fields(kind, [operation]).items():
            name = nodes[0].name.value
            if name == "__typename":
                self.plan.roots[key] = kind.name
                continue
            declared, definition = self.contract.roots[kind.name].get(name), kind.fields.get(name)
            match declared:
                case Found(is_many=is_many):
                    each = (key, EACH) if is_many else (key,)
                    root: Any = self.finder(declared, definition, nodes, each)
                case One() | Page():
                    root = self.way(declared, definition, nodes, (key,))
                case Computed():
                    root = self.value(declared, definition, nodes)
                case _:
                    raise Unplanned(name)
            self.plan.roots[key] = root
            if isinstance(root, Refusal):
                self.plan.refusable[(key,)] = None
        return self.plan

    def value(self, declared: Computed, definition: Any, nodes: list[Any]) -> Value | Refusal:
        """What a function answers at a root; a refusal, if one may not ask it."""
        if (permission := declared.allow) and self.extent(permission) is NONE:
            return Refusal(permission, tuple(nodes))
        text = call_text(self, declared, [], definition, nodes)
        return Value(self.plan.texts.function(f"    return {text}"))

    def change(self, operation: Any) -> Plan:
        """The plan of what a single change answers; it is read when the change has been made."""
        kind: Any = self.schema.mutation_type
        fields = self.selection.fields(kind, [operation])
        if len(fields) != 1:
            raise Unplanned("several changes")
        ((key, nodes),) = fields.items()
        name = nodes[0].name.value
        if name not in self.contract.changes:
            raise Unplanned(name)
        definition = kind.fields[name]
        payload = Payload(key, name, nodes[0], self.contract.given(definition, nodes[0]))
        self.plan.payload = payload
        type_: Any = get_named_type(definition.type)
        for part, found in self.selection.fields(type_, nodes).items():
            member = found[0].name.value
            if member == "__typename":
                payload.parts[part] = type_.name
            elif member == "errors":
                payload.parts[part] = ()
            elif target := self.contract.changes[name].get(member):
                payload.parts[part] = self.changed(target, member, found, (key, part))
            elif values.is_listed(self, listed := type_.fields[member].type):
                payload.parts[part] = values.listed(self, member, listed, found, (key, part))
            else:
                raise Unplanned(f"{type_.name}.{member}")
        return self.plan

    def changed(self, target: str, member: str, nodes: list[Any], path: Path) -> Level:
        """The level of a thing that a change answers with, found by its id."""
        shown = self.contract.shown[target]
        way = Link(shown.model, "id", "id")
        number, declared = len(self.plan.levels), Edge(target)
        level = Level(number, shown, declared, False, self.plan.texts, nodes[0], way=way)
        level.member = member
        self.plan.levels.append(level)
        level.add("id")
        level.text = object_text(self, level, shown, nodes, path)
        return level

    def extent(self, permission: str) -> Extent:
        """How much of what a permission is about one may see."""
        self.asked[permission] = None
        return self._answer(permission)

    def answer(self, permission: str | None, shown: Shown) -> Extent | None:
        """How much of a type's rows a permission reaches: one's own of what nobody owns is none."""
        if permission is None:
            return None
        return reach(self.extent(permission), shown.model)

    def branches_of(self, above: Level | Joined | None) -> list[Branch]:
        """The branches between a level and what hangs on it."""
        return [one for one in self.branches if above and one.level is above.level]

    def way(
        self,
        declared: Page | Edge | One,
        definition: Any,
        nodes: list[Any],
        path: Path,
        above: Level | Joined | None = None,
        near: Shown | None = None,
    ) -> Level | Refusal:
        """The level that a field leads to; a refusal, if one may not go there."""
        shown = self.contract.shown[str(declared.target)]
        is_with_row = isinstance(declared, Page) and declared.is_with_row
        extent = self.answer(declared.allow, near if is_with_row and near else shown)
        is_list_away = isinstance(declared, Page) and above is not None and above.is_away
        if extent is NONE or is_list_away:
            return Refusal(str(declared.allow), tuple(nodes))
        link_ = linked(declared, near, shown)
        level = Level(
            len(self.plan.levels),
            shown,
            declared,
            extent is OWN and not is_with_row,
            self.plan.texts,
            nodes[0],
            self.contract.given(definition, nodes[0]),
            way=link_ if above else None,
            above=above.level if above else None,
            branches=self.branches_of(above),
            near=near,
        )
        self.plan.levels.append(level)
        if level.way and above:
            level.at = above.add(level.way.near)
            if not level.is_page:
                level.add(level.way.key)
            if level.beside:
                far, beside = level.beside
                level.add(far)
                level.beside_at = -1 if beside == ABOVE else above.add(beside)
        if isinstance(declared, One) and declared.made:
            level.looked_up = self.plan.look(declared.made, level.given)
        elif isinstance(declared, One) and not declared.source:
            level.direct = self.contract.direct(nodes[0])
        if isinstance(declared, Page):
            level.text = connection(self, level, get_named_type(definition.type), nodes, path)
        elif isinstance(declared, One) and declared.order:
            level.text = edge(self, level, get_named_type(definition.type), nodes, path)
        else:
            is_many = isinstance(declared, Edge) and declared.is_many
            level.text = object_text(self, level, shown, nodes, (*path, EACH) if is_many else path)
        return level

    def finder(
        self,
        declared: Found | Edge,
        definition: Any,
        nodes: list[Any],
        path: Path,
        above: Level | Joined | None = None,
    ) -> Finder | Refusal:
        """What leads to things by their ids alone, of every type that may be read."""
        if self.extent(str(declared.allow)) is NONE:
            return Refusal(str(declared.allow), tuple(nodes))
        given = self.contract.given(definition, nodes[0])
        finder = Finder(
            len(self.plan.levels),
            declared,
            nodes[0],
            given,
            above.level if above else None,
            self.branches_of(above),
        )
        self.plan.levels.append(finder)
        for name in self.contract.found:
            shown = self.contract.shown[name]
            extent = self.answer(shown.allow, shown)
            if extent is NONE:
                continue
            number, way = len(self.plan.levels), Link(shown.model, "id", "id")
            level = Level(number, shown, Edge(name), extent is OWN, self.plan.texts, None, way=way)
            level.finder = finder
            self.plan.levels.append(level)
            level.add("id")
            level.text = object_text(self, level, shown, nodes, path)
            finder.levels[name] = level
        return finder
