"""Compiles an operation: a level for each relation that it follows, a text for each object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLNonNull, OperationType, get_named_type, is_leaf_type
from tortoise.fields import JSONField
from tortoise.fields.data import IntEnumFieldInstance

from planner.declarations import (
    NONE,
    OWN,
    Column,
    Computed,
    Declaration,
    Edge,
    Extent,
    Facet,
    One,
    Page,
    Shown,
)
from planner.levels import Level, Payload, Plan
from planner.plain import plain_text
from planner.selection import Fields, Selection, Unplanned
from planner.shapes import EACH, ROW, Refusal, record
from planner.tables import Link, end, link

Path = tuple[Any, ...]
EVERYONE = "*"


@dataclass(frozen=True)
class Contract:
    """What the planner knows of a schema, by the names that GraphQL knows."""

    shown: dict[str, Shown]
    roots: dict[str, Declaration]
    attributes: dict[str, dict[str, str]]  # of types that show values: field to attribute
    names: dict[str, dict[str, str]]  # of types that show rows: field to declaration
    changes: dict[str, dict[str, str]]  # by the field: the payload's members that show rows
    given: Callable[..., dict[str, Any]]  # the arguments of a field, as its resolver takes them
    prepare: Callable[..., Any]  # of a page's arguments: the stretch and the conditions
    refusals: tuple[type[Exception], ...]  # what is raised to say no, which is no fault


class Compiler:
    """One operation, for one set of answers of the policy. Notes every permission that it asks."""

    def __init__(self, contract: Contract, selection: Selection, answer: Callable[[str], Extent]):
        self.contract, self.selection, self.schema = contract, selection, selection.schema
        self._answer = answer
        self.asked: dict[str, None] = {}
        self.plan = Plan()

    def compile(self, operation: Any) -> Plan:
        """The plan of an operation."""
        if operation.operation is OperationType.MUTATION:
            return self.change(operation)
        kind: Any = self.schema.query_type
        for key, nodes in self.selection.fields(kind, [operation]).items():
            name = nodes[0].name.value
            if name == "__typename":
                self.plan.roots[key] = kind.name
                continue
            declared = self.contract.roots.get(name)
            if not isinstance(declared, One | Page):
                raise Unplanned(name)
            self.plan.refusable[(key,)] = None
            definition = kind.fields[name]
            self.plan.roots[key] = self.way(declared, definition, nodes, (key,))
        return self.plan

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
        payload = Payload(key, name, definition, nodes[0])
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
            else:
                raise Unplanned(f"{type_.name}.{member}")
        return self.plan

    def changed(self, target: str, member: str, nodes: list[Any], path: Path) -> Level:
        """The level of a thing that a change answers with, found by its id."""
        shown = self.contract.shown[target]
        way = Link(shown.model, "id", "id")
        number, declared = len(self.plan.levels), Edge(target)
        level = Level(number, shown, declared, False, self.plan.texts, None, nodes[0], way)
        level.member = member
        self.plan.levels.append(level)
        level.add("id")
        level.text = self.object(level, shown, nodes, path)
        return level

    def answer(self, permission: str | None, shown: Shown) -> Extent | None:
        """How much of a type's rows a permission reaches: one's own of what nobody owns is none."""
        if permission is None:
            return None
        self.asked[permission] = None
        extent, owner = self._answer(permission), getattr(shown.model, "owner", None)
        if extent is OWN and owner == EVERYONE:
            return Extent.ALL
        return NONE if extent is OWN and owner is None else extent

    def way(
        self,
        declared: Page | Edge | One,
        definition: Any,
        nodes: list[Any],
        path: Path,
        above: Level | None = None,
        near: Shown | None = None,
    ) -> Level | Refusal:
        """The level that a field leads to; a refusal, if one may not go there."""
        if declared.target is None:
            raise Unplanned("Node")
        shown = self.contract.shown[declared.target]
        is_with_row = isinstance(declared, Page) and declared.is_with_row
        extent = self.answer(declared.allow, near if is_with_row and near else shown)
        if extent is NONE:
            return Refusal(str(declared.allow), tuple(nodes))
        link_ = linked(declared, near, shown)
        level = Level(
            len(self.plan.levels),
            shown,
            declared,
            extent is OWN and not is_with_row,
            self.plan.texts,
            definition,
            nodes[0],
            link_ if above else None,
            above,
        )
        self.plan.levels.append(level)
        if level.way and above:
            level.at = above.add(level.way.near)
            if not level.is_page:
                level.add(level.way.key)
        if isinstance(declared, Page):
            level.text = self.connection(level, get_named_type(definition.type), nodes, path)
        else:
            is_many = isinstance(declared, Edge) and declared.is_many
            level.text = self.object(level, shown, nodes, (*path, EACH) if is_many else path)
        return level

    def connection(self, level: Level, kind: Any, nodes: list[Any], path: Path) -> str:
        parts = {}
        for key, found in self.selection.fields(kind, nodes).items():
            name = found[0].name.value
            inner: Any = get_named_type(kind.fields[name].type) if name in kind.fields else kind
            if name == "edges":
                text = self.edge(level, inner, found, (*path, key, EACH))
                parts[key] = f"[{text} for {ROW} in page.rows]"
            elif name == "nodes":
                text = self.object(level, level.shown, found, (*path, key, EACH))
                parts[key] = f"[{text} for {ROW} in page.rows]"
            elif name == "totalCount":
                parts[key], level.is_counted = "page.total", True
            elif name == "pageInfo":
                about = self.selection.fields(inner, found)
                asked = {k: PAGE_INFO[n[0].name.value] for k, n in about.items()}
                level.has_marks |= any("cursor" in text for text in asked.values())
                parts[key] = record(asked)
            elif name == "__typename":
                parts[key] = repr(kind.name)
            else:
                raise Unplanned(f"{kind.name}.{name}")
        return record(parts)

    def edge(self, level: Level, kind: Any, nodes: list[Any], path: Path) -> str:
        parts = {}
        for key, found in self.selection.fields(kind, nodes).items():
            name = found[0].name.value
            if name == "node":
                parts[key] = self.object(level, level.shown, found, (*path, key))
            elif name == "cursor":
                parts[key], level.has_marks = "cursor(marks)", True
            else:
                parts[key] = repr(kind.name)
        return record(parts)

    def object(self, level: Level, shown: Shown, nodes: list[Any], path: Path) -> str:
        """The text of one object, for one row."""
        kind: Any = self.schema.type_map[shown.name]
        parts = {}
        fields: Fields = self.selection.fields(kind, nodes)
        for key, found in fields.items():
            name = found[0].name.value
            if name == "__typename":
                parts[key] = repr(kind.name)
                continue
            declared = shown.fields[self.contract.names[shown.name][name]]
            parts[key] = self.member(level, shown, declared, kind.fields[name], found, (*path, key))
        return record(parts)

    def member(
        self,
        level: Level,
        shown: Shown,
        declared: Declaration,
        definition: Any,
        nodes: list[Any],
        path: Path,
    ) -> str:
        match declared:
            case Edge() | Page():
                return self.beyond(level, shown, declared, definition, nodes, path)
            case Column():
                text = self.column(level, shown, declared.path, definition.type)
            case Computed():
                text = self.computed(level, shown, declared, definition, nodes)
            case Facet():
                text = self.facet(level, declared, nodes, path)
            case _:
                raise Unplanned(f"{shown.name}.{type(declared).__name__}")
        return self.guarded(level, shown, declared.allow, text, nodes, path)

    def guarded(
        self,
        level: Level,
        shown: Shown,
        permission: str | None,
        text: str,
        nodes: list[Any],
        path: Path,
    ) -> str:
        """A value that asks for a permission: whole, one's own only, or refused."""
        extent = self.answer(permission, shown)
        if extent is None or extent is Extent.ALL:
            return text
        self.plan.refusable[path] = None
        refusal = self.plan.texts.bind(Refusal(str(permission), tuple(nodes)))
        if extent is NONE:
            return refusal
        owner = level.add(str(getattr(shown.model, "owner", "")))
        return f"({text} if c{owner} == run.me else {refusal})"

    def beyond(
        self,
        level: Level,
        shown: Shown,
        declared: Edge | Page,
        definition: Any,
        nodes: list[Any],
        path: Path,
    ) -> str:
        way = self.way(declared, definition, nodes, path, level, shown)
        if isinstance(way, Refusal):
            self.plan.refusable[path] = None
            return self.plan.texts.bind(way)
        if not way.way:  # all that there is, whatever the row
            text = f"found[{way.number}][None]"
        else:
            empty = ", ()" if way.form == "many" else ""
            is_sure = way.form == "one" and isinstance(definition.type, GraphQLNonNull)
            at = f"[c{way.at}]" if is_sure else f".get(c{way.at}{empty})"
            text = f"found[{way.number}]{at}"
        if isinstance(declared, Page) and declared.is_with_row:
            return self.guarded(level, shown, declared.allow, text, nodes, path)
        return text

    def column(self, level: Level, shown: Shown, path: str, type_: Any) -> str:
        """A column as the answer shows it."""
        text = f"c{level.add(path)}"
        model, name = end(shown.model, path)
        field: Any = model._meta.fields_map.get(name)
        if isinstance(field, JSONField):
            return f"{self.plan.texts.bind(orjson.loads)}({text})"
        if isinstance(field, IntEnumFieldInstance):
            names = {one.value: one.name for one in field.enum_type}
            return f"{self.plan.texts.bind(names)}.get({text})"
        if not is_leaf_type(get_named_type(type_)):
            raise Unplanned(f"{shown.name}.{path}")
        return text

    def computed(
        self, level: Level, shown: Shown, declared: Computed, definition: Any, nodes: list[Any]
    ) -> str:
        bind = self.plan.texts.bind
        given = ["run.asking"] if declared.asks else []
        for path in declared.needs:
            model, name = end(shown.model, path)
            field: Any = model._meta.fields_map.get(name)
            text = f"c{level.add(path)}"
            given.append(f"{bind(reader(field))}({text})" if field else text)
        if definition.args:
            name = f"a{len(self.plan.arguments)}"
            self.plan.arguments[name] = (definition, nodes[0])
            given.append(f"**run.arguments[{name!r}]")
        call = f"{bind(declared.function)}({', '.join(given)})"
        return plain_text(self, definition.type, nodes, call)

    def facet(self, level: Level, declared: Facet, nodes: list[Any], path: Path) -> str:
        """The same row as another type, chosen by what a column holds."""
        if declared.target:
            text = self.object(level, self.contract.shown[declared.target], nodes, path)
            if not declared.when:
                return text
            return f"({text} if c{level.add(declared.when)} is not None else None)"
        chosen = level.add(str(declared.by))
        text = f"{self.plan.texts.bind(fault)}()"
        for value, target in declared.targets:
            inner = self.object(level, self.contract.shown[target], nodes, path)
            text = f"({inner} if c{chosen} == {value!r} else {text})"
        return text


PAGE_INFO = {
    "hasPreviousPage": "page.before",
    "hasNextPage": "page.after",
    "startCursor": "page.cursor(0)",
    "endCursor": "page.cursor(-1)",
    "__typename": "'PageInfo'",
}


def linked(declared: Page | Edge | One, near: Shown | None, shown: Shown) -> Link | None:
    """How the far rows are found from the near ones."""
    if near is None or isinstance(declared, One):
        return None
    match declared.keys:
        case ((far, *also), near_path):
            return Link(shown.model, near_path, far, tuple(also))
        case (str(far), near_path):
            return Link(shown.model, near_path, far)
    return link(near.model, declared.relation) if declared.relation is not None else None


def reader(field: Any) -> Callable[[Any], Any]:
    """What makes Python's value of a column for a function that was given it."""
    return field.to_python_value


def fault() -> None:
    """Meets what cannot be: the executor shall tell of it."""
    raise LookupError
