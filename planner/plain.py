"""The text of values that functions make: what is selected of each, in the shape of its type."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, is_leaf_type

from planner.declarations import Computed, Shown
from planner.joined import Joined
from planner.levels import Level
from planner.selection import Unplanned
from planner.shapes import record
from planner.tables import end


def computed_text(
    compiler: Any,
    level: Level | Joined,
    shown: Shown,
    declared: Computed,
    definition: Any,
    nodes: list[Any],
) -> str:
    """The text of what a declared function makes of a row's columns."""
    given = []
    for path in declared.needs:
        model, name = end(shown.model, path)
        field: Any = model._meta.fields_map.get(name)
        text = f"c{level.add(path)}"
        given.append(f"{compiler.plan.texts.bind(reader(field))}({text})" if field else text)
    return call_text(compiler, declared, given, definition, nodes)


def call_text(
    compiler: Any, declared: Computed, needed: list[str], definition: Any, nodes: list[Any]
) -> str:
    """What a declared function makes of columns, of who asks, and of the field's arguments."""
    bind = compiler.plan.texts.bind
    given = ["run.asking", *needed] if declared.asks else needed
    reads = compiler.contract.given(definition, nodes[0])
    if iscoroutinefunction(declared.function):
        name = compiler.plan.look(declared.function, reads)
        return plain_text(compiler, definition.type, nodes, f"run.looked_up[{name!r}]")
    if definition.args:
        name = f"a{len(compiler.plan.arguments)}"
        compiler.plan.arguments[name] = reads
        given = [*given, f"**run.arguments[{name!r}]"]
    call = f"{bind(declared.function)}({', '.join(given)})"
    return plain_text(compiler, definition.type, nodes, call)


def reader(field: Any) -> Callable[[Any], Any]:
    """What makes Python's value of a column for a function that was given it."""
    return field.to_python_value


def plain_text(compiler: Any, type_: Any, nodes: list[Any], text: str) -> str:
    """The text of what a type shows of the value that a text makes."""
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(type_, GraphQLList):
        inner = plain_text(compiler, type_.of_type, nodes, "one")
        listed = f"[{inner} for one in value]"
        return chosen(listed, text)
    if is_leaf_type(type_):
        return leaf(compiler, type_, text)
    return chosen(plain_object(compiler, type_, nodes), text)


def chosen(text: str, value: str) -> str:
    """A text that speaks of `value`, once for a value that may be missing."""
    return f"(None if (value := {value}) is None else {text})"


def plain_object(compiler: Any, kind: Any, nodes: list[Any]) -> str:
    attributes = compiler.contract.attributes.get(kind.name)
    if attributes is None:
        raise Unplanned(kind.name)
    parts = {}
    for key, found in compiler.selection.fields(kind, nodes).items():
        name = found[0].name.value
        if name == "__typename":
            parts[key] = repr(kind.name)
            continue
        if name not in attributes:
            raise Unplanned(f"{kind.name}.{name}")
        attribute = f"value.{attributes[name]}"
        parts[key] = leaf_or_list(compiler, kind.fields[name].type, attribute)
    return record(parts)


def leaf_or_list(compiler: Any, type_: Any, text: str) -> str:
    """An attribute's text: values made of others are left to the executor."""
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(type_, GraphQLList):
        return f"[{leaf_or_list(compiler, type_.of_type, 'each')} for each in {text}]"
    if not is_leaf_type(type_):
        raise Unplanned(str(type_))
    return leaf(compiler, type_, text)


def leaf(compiler: Any, type_: Any, text: str) -> str:
    """A scalar or an enumeration as the answer shows it."""
    if type_.name in ("String", "Int", "Boolean"):
        return text
    show = compiler.plan.texts.bind(type_.coerce_output_value)
    return f"(None if (leaf := {text}) is None else {show}(leaf))"
