"""What a client gives, as resolvers take it: inputs as objects, by functions made once a type."""

from collections.abc import Callable
from dataclasses import MISSING
from functools import cache
from typing import Any

from graphql import is_input_object_type, is_list_type, is_non_null_type
from strawberry.utils.str_converters import to_camel_case

from planner.inputs import Variables, arguments_of

DECLARED = "strawberry-definition"
Make = Callable[[Any], Any]


def given(definition: Any, node: Any) -> Callable[[Variables], dict[str, Any]]:
    """What reads the arguments of a field of a document."""
    read, parts = arguments_of(definition, node), []
    for one in definition.extensions[DECLARED].arguments:
        name = named(one)
        parts.append((one.python_name, name, made_of(definition.args[name].type)))

    def values(variables: Variables) -> dict[str, Any]:
        found = read(variables)
        return {python: make(found[name]) for python, name, make in parts if name in found}

    return values


def made_of(type_: Any) -> Make:
    """What makes a resolver's value of one that GraphQL has read; scalars are that already."""
    bare = type_.of_type if is_non_null_type(type_) else type_
    if is_list_type(bare):
        item = made_of(bare.of_type)
        return lambda value: None if value is None else [item(one) for one in value]
    if is_input_object_type(bare):
        return lambda value: None if value is None else object_of(bare)(value)
    return itself


@cache
def object_of(type_: Any) -> Make:
    """What makes an input object; a member that is absent and has no default is None."""
    declared = type_.extensions[DECLARED]
    made, parts = declared.origin, []
    others: dict[str, Any] = {}
    for one in declared.fields:
        name = named(one)
        parts.append((one.python_name, name, made_of(type_.fields[name].type)))
        if one.default_value is MISSING and one.default_factory is MISSING:
            others[one.python_name] = None

    def make(value: dict[str, Any]) -> Any:
        given = {python: inner(value[name]) for python, name, inner in parts if name in value}
        return made(**(others | given))

    return make


def named(one: Any) -> str:
    """The name of an argument or a member as clients know it."""
    return str(one.graphql_name or to_camel_case(one.python_name))


def itself(value: Any) -> Any:
    return value
