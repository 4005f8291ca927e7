"""Lists of values that a change answers with: each shows attributes, and leads to stored things."""

from typing import Any

from graphql import GraphQLList, get_named_type, get_nullable_type

from planner.declarations import NONE
from planner.plain import leaf_or_list
from planner.plan import Values
from planner.shapes import EACH, Refusal, record

Path = tuple[Any, ...]


def is_listed(compiler: Any, type_: Any) -> bool:
    """Whether a type is a list of values, which no table holds."""
    is_list = isinstance(get_nullable_type(type_), GraphQLList)
    return is_list and get_named_type(type_).name in compiler.contract.led


def listed(compiler: Any, member: str, type_: Any, nodes: list[Any], path: Path) -> Values:
    """How the values of one member of a payload are shown."""
    kind: Any = get_named_type(type_)
    values, parts = Values(member), {}
    for key, found in compiler.selection.fields(kind, nodes).items():
        name = found[0].name.value
        if name == "__typename":
            parts[key] = repr(kind.name)
        elif attribute := compiler.contract.attributes[kind.name].get(name):
            parts[key] = leaf_or_list(compiler, kind.fields[name].type, f"value.{attribute}")
        else:
            parts[key] = led(compiler, values, kind, found, (*path, EACH, key))
    values.build = compiler.plan.texts.function(f"    return [{record(parts)} for value in rows]")
    return values


def led(compiler: Any, values: Values, kind: Any, nodes: list[Any], path: Path) -> str:
    """The text of what a value leads to: a stored thing, or null where the executor need not tell
    of another value.
    """
    name = nodes[0].name.value
    attribute, permission = compiler.contract.led[kind.name][name]
    if permission and compiler.extent(permission) is NONE:
        compiler.plan.refusable[path] = None
        return str(compiler.plan.texts.bind(Refusal(permission, tuple(nodes))))
    target = get_named_type(kind.fields[name].type).name
    if target not in compiler.contract.shown:
        values.missing.add(attribute)
        return "None"
    values.led[attribute] = f"{values.name}.{attribute}"
    level = compiler.changed(target, values.led[attribute], nodes, path)
    return f"(found[{level.number}][str(one.id)] if (one := value.{attribute}) else None)"
