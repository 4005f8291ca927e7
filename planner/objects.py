"""The texts of objects: what each selected field of a row becomes in the answer."""

from typing import Any

import orjson
from graphql import GraphQLNonNull, get_named_type, is_leaf_type
from tortoise.fields import JSONField
from tortoise.fields.data import IntEnumFieldInstance

from planner.branches import Branch
from planner.declarations import (
    NONE,
    Column,
    Computed,
    Declaration,
    Edge,
    Extent,
    Facet,
    Page,
    Shown,
)
from planner.edges import ANYONE, joins, may_be_null
from planner.joined import Joined
from planner.levels import Level
from planner.plain import computed_text
from planner.plan import Finder
from planner.selection import Fields, Unplanned
from planner.shapes import ABOVE, LIST, Refusal, record
from planner.tables import end
from planner.written import Written, column_of

Path = tuple[Any, ...]


def object_text(
    compiler: Any, level: Level | Joined, shown: Shown, nodes: list[Any], path: Path
) -> str:
    """The text of one object, for one row."""
    kind: Any = compiler.schema.type_map[shown.name]
    parts = {}
    fields: Fields = compiler.selection.fields(kind, nodes)
    for key, found in fields.items():
        name = found[0].name.value
        if name == "__typename":
            parts[key] = repr(kind.name)
            continue
        declared = shown.fields[compiler.contract.names[shown.name][name]]
        parts[key] = member_text(
            compiler, level, shown, declared, kind.fields[name], found, (*path, key)
        )
    return record(parts)


def written(
    compiler: Any,
    level: Level | Joined,
    shown: Shown,
    nodes: list[Any],
    null_with: str | None = None,
) -> Written | None:
    """The object as PostgreSQL can write it; none for what is more than columns."""
    kind: Any = compiler.schema.type_map[shown.name]
    members: list[tuple[str, Any]] = []
    value: Any
    for key, found in compiler.selection.fields(kind, nodes).items():
        name = found[0].name.value
        if name == "__typename":
            members.append((key, kind.name))
            continue
        declared = shown.fields[compiler.contract.names[shown.name][name]]
        definition, value = kind.fields[name], None
        if isinstance(declared, Column) and compiler.answer(declared.allow, shown) in ANYONE:
            full = level.path(declared.path)
            value = column_of(shown.model, declared.path, full, definition.type)
        elif may_be_null(definition) and joins(declared, compiler, shown):
            other = level.join(declared)
            target = compiler.contract.shown[declared.target]
            value = written(compiler, other, target, found, other.path("id"))
        if value is None:
            return None
        members.append((key, value))
    return Written(tuple(members), null_with) if members else None


def member_text(
    compiler: Any,
    level: Level | Joined,
    shown: Shown,
    declared: Declaration,
    definition: Any,
    nodes: list[Any],
    path: Path,
) -> str:
    match declared:
        case Edge() | Page():
            return beyond(compiler, level, shown, declared, definition, nodes, path)
        case Column():
            text = column_text(compiler, level, shown, declared.path, definition.type)
        case Computed():
            text = computed_text(compiler, level, shown, declared, definition, nodes)
        case Facet():
            text = facet_text(compiler, level, declared, nodes, path)
        case _:
            raise Unplanned(f"{shown.name}.{type(declared).__name__}")
    return guarded(compiler, level, shown, declared.allow, text, nodes, path)


def guarded(
    compiler: Any,
    level: Level | Joined,
    shown: Shown,
    permission: str | None,
    text: str,
    nodes: list[Any],
    path: Path,
) -> str:
    """A value that asks for a permission: whole, one's own only, or refused."""
    extent = compiler.answer(permission, shown)
    if extent is None or extent is Extent.ALL:
        return text
    compiler.plan.refusable[path] = None
    refusal = compiler.plan.texts.bind(Refusal(str(permission), tuple(nodes)))
    if extent is NONE:
        return refusal
    owner = level.add(str(getattr(shown.model, "owner", "")))
    return f"({text} if c{owner} == run.me else {refusal})"


def beyond(
    compiler: Any,
    level: Level | Joined,
    shown: Shown,
    declared: Edge | Page,
    definition: Any,
    nodes: list[Any],
    path: Path,
) -> str:
    if isinstance(declared, Edge) and declared.target is None:
        finder = compiler.finder(declared, definition, nodes, path, level)
        if isinstance(finder, Finder):
            finder.at = level.add(declared.relation)
            return f"found[{finder.number}].get(c{finder.at})"
        way: Any = finder
    elif joins(declared, compiler, shown):
        return joined(compiler, level, declared, definition, nodes, path)
    else:
        way = compiler.way(declared, definition, nodes, path, level, shown)
    if isinstance(way, Refusal):
        compiler.plan.refusable[path] = None
        return compiler.plan.texts.bind(way)
    if not way.way:  # all that there is, whatever the row
        text = f"found[{way.number}][None]"
    else:
        empty = ", ()" if way.frame or way.form == "many" else ""
        is_sure = not empty and not way.is_page and isinstance(definition.type, GraphQLNonNull)
        key = f"c{way.at}"
        if way.beside:
            key = f"({key}, {ABOVE if way.beside_at < 0 else f'c{way.beside_at}'})"
        at = f"[{key}]" if is_sure else f".get({key}{empty})"
        text = f"found[{way.number}]{at}"
        if way.frame:
            text = way.frame.replace(LIST, text)
    if isinstance(declared, Page) and declared.when:
        text = f"({text} if c{level.add(declared.when)} is not None else None)"
    if isinstance(declared, Page) and declared.is_with_row:
        return guarded(compiler, level, shown, declared.allow, text, nodes, path)
    return text


def joined(
    compiler: Any,
    level: Level | Joined,
    declared: Edge,
    definition: Any,
    nodes: list[Any],
    path: Path,
) -> str:
    """The object of a row that is read along with the one that points to it."""
    other, shown = level.join(declared), compiler.contract.shown[declared.target]
    text = object_text(compiler, other, shown, nodes, path)
    is_sure = isinstance(definition.type, GraphQLNonNull)
    otherwise = f"{compiler.plan.texts.bind(fault)}()" if is_sure else "None"
    return f"({text} if c{other.add('id')} is not None else {otherwise})"


def column_text(compiler: Any, level: Level | Joined, shown: Shown, path: str, type_: Any) -> str:
    """A column as the answer shows it."""
    text = f"c{level.add(path)}"
    model, name = end(shown.model, path)
    field: Any = model._meta.fields_map.get(name)
    if isinstance(field, JSONField):
        return f"{compiler.plan.texts.bind(orjson.loads)}({text})"
    if isinstance(field, IntEnumFieldInstance):
        names = {one.value: one.name for one in field.enum_type}
        return f"{compiler.plan.texts.bind(names)}.get({text})"
    if not is_leaf_type(get_named_type(type_)):
        raise Unplanned(f"{shown.name}.{path}")
    return text


def facet_text(
    compiler: Any, level: Level | Joined, declared: Facet, nodes: list[Any], path: Path
) -> str:
    """The same row as another type, chosen by what a column holds."""
    if declared.target:
        if not declared.when:
            target = compiler.contract.shown[declared.target]
            return object_text(compiler, level, target, nodes, path)
        at, text = level.add(declared.when), "None"
        branches = [(Branch(level.level, at), declared.target)]
    else:
        at, text = level.add(str(declared.by)), f"{compiler.plan.texts.bind(fault)}()"
        branches = [(Branch(level.level, at, value), target) for value, target in declared.targets]
    for branch, target in branches:
        compiler.branches.append(branch)
        inner = object_text(compiler, level, compiler.contract.shown[target], nodes, path)
        compiler.branches.remove(branch)
        text = f"({inner} if {branch.text} else {text})"
    return text


def fault() -> None:
    """Meets what cannot be: the executor shall tell of it."""
    raise LookupError
