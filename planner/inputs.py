"""Reads variables and arguments as GraphQL's own functions do, by shorter ones made beforehand.

A document's variables and each of its fields get a function of their own, which knows values only
as they should be. Whatever is odd (wrong, missing, null where none may stand) is left to GraphQL's
functions, which know how to say what is wrong with it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_argument_values,
    get_variable_values,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

Read = Callable[[Any], Any]
ABSENT = object()


class Odd(Exception):
    """Ends a short way: a value is not as it should be."""


class Variables:
    """The values of a document's variables, read; and, for GraphQL's functions, their sources."""

    __slots__ = ("_given", "_inputs", "_whole", "coerced")

    def __init__(self, coerced: dict[str, Any], inputs: "Inputs", given: dict[str, Any]):
        self.coerced, self._inputs, self._given = coerced, inputs, given
        self._whole: VariableValues | None = None

    @property
    def whole(self) -> VariableValues:
        if self._whole is None:
            whole = self._inputs.whole(self._given)
            assert isinstance(whole, VariableValues)
            self._whole = whole
        return self._whole


class Inputs:
    """The variables that an operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode):
        self.schema, self.nodes = schema, operation.variable_definitions or ()
        found: list[Any] = [get_variable_signature(schema, node) for node in self.nodes]
        self.parts = [(one.name, value_of(one.type), absent(one)) for one in found]

    def read(self, given: dict[str, Any]) -> Variables | None:
        """The values of what was given; none where something is wrong with them."""
        try:
            return Variables(self.coerced(given), self, given)
        except Exception:  # GraphQL too takes any exception of a scalar for a wrong value
            whole = self.whole(given)
            return None if isinstance(whole, list) else Variables(whole.coerced, self, given)

    def coerced(self, given: dict[str, Any]) -> dict[str, Any]:
        return members(self.parts, given)

    def whole(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        return get_variable_values(self.schema, self.nodes, given)


def absent(declared: Any) -> Any:
    """What stands for a value that is not given: a default, ABSENT, or Undefined where one must."""
    default = coerce_default_value(declared)
    if default is not Undefined:
        return default
    return Undefined if is_non_null_type(declared.type) else ABSENT


def value_of(type_: Any) -> Read:
    """What reads a variable's value of a type; it raises what it likes where one is wrong."""
    if is_non_null_type(type_):
        return sure(nullable(type_.of_type))
    inner = nullable(type_)
    return lambda value: None if value is None else inner(value)


def sure(inner: Read) -> Read:
    def read(value: Any) -> Any:
        if value is None:
            raise Odd
        return inner(value)

    return read


def nullable(type_: Any) -> Read:
    if is_list_type(type_):
        item = value_of(type_.of_type)

        def many(value: Any) -> Any:
            if type(value) is not list:
                raise Odd
            return [item(one) for one in value]

        return many
    if is_input_object_type(type_):
        return lambda value: object_of(type_)(value)
    read: Read = type_.coerce_input_value
    return read


@cache
def object_of(type_: Any) -> Read:
    """What reads an input object."""
    parts = [(name, value_of(one.type), absent(one)) for name, one in type_.fields.items()]
    names = {*type_.fields}

    def read(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= names:
            raise Odd
        return whole_object(type_, members(parts, value))

    return read


def members(parts: list[tuple[str, Read, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """What is given by name, and what stands for what is not."""
    values = {}
    for name, read, otherwise in parts:
        if name in given:
            values[name] = read(given[name])
        elif otherwise is Undefined:
            raise Odd
        elif otherwise is not ABSENT:
            values[name] = otherwise
    return values


def whole_object(type_: Any, made: dict[str, Any]) -> Any:
    if type_.is_one_of and (len(made) != 1 or None in made.values()):
        raise Odd
    return type_.out_type(made)


def arguments_of(definition: Any, node: Any) -> Callable[[Variables], dict[str, Any]]:
    """What reads the arguments of a field of a document."""
    nodes = {one.name.value: one.value for one in node.arguments or ()}
    parts = [
        (name, literal(nodes[name], one.type) if name in nodes else None, absent(one))
        for name, one in definition.args.items()
    ]

    def quick(coerced: dict[str, Any]) -> dict[str, Any]:
        values = {}
        for name, read, otherwise in parts:
            one = read(coerced) if read else ABSENT
            if one is ABSENT:
                one = otherwise
            if one is Undefined:
                raise Odd
            if one is not ABSENT:
                values[name] = one
        return values

    def read(variables: Variables) -> dict[str, Any]:
        try:
            return quick(variables.coerced)
        except Exception:  # of our own, or of a type that refuses
            return get_argument_values(definition, node, variables.whole)

    return read


def literal(node: Any, type_: Any) -> Read:
    """What reads a value of a document: as it stands, or by the values of its variables."""
    if isinstance(node, VariableNode):
        return variable(node.name.value, is_non_null_type(type_))
    if not has_variables(node):
        constant = coerce_input_literal(node, type_)
        return lambda coerced: constant
    bare = type_.of_type if is_non_null_type(type_) else type_
    if is_list_type(bare) and isinstance(node, ListValueNode):
        items = [present(literal(one, bare.of_type)) for one in node.values]
        return lambda coerced: [one(coerced) for one in items]
    if is_input_object_type(bare) and isinstance(node, ObjectValueNode):
        return written(bare, {one.name.value: one.value for one in node.fields})
    return odd


def written(type_: Any, nodes: dict[str, Any]) -> Read:
    """What reads an input object that a document writes out."""
    reads = {
        name: present(literal(nodes[name], one.type))
        for name, one in type_.fields.items()
        if name in nodes
    }
    others = {name: absent(one) for name, one in type_.fields.items() if name not in nodes}
    if Undefined in others.values() or not nodes.keys() <= reads.keys():
        return odd
    added = {name: one for name, one in others.items() if one is not ABSENT}
    return lambda coerced: whole_object(
        type_, {name: read(coerced) for name, read in reads.items()} | added
    )


def variable(name: str, is_sure: bool) -> Read:
    def read(coerced: dict[str, Any]) -> Any:
        value = coerced.get(name, ABSENT)
        if value is None and is_sure:
            raise Odd
        return value

    return read


def present(inner: Read) -> Read:
    """What reads a part of a value, which may not be absent."""

    def read(coerced: dict[str, Any]) -> Any:
        value = inner(coerced)
        if value is ABSENT or value is Undefined:
            raise Odd
        return value

    return read


def odd(coerced: dict[str, Any]) -> Any:
    raise Odd


def has_variables(node: Any) -> bool:
    """Whether a value of a document holds a variable, wherever."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, VariableNode):
            return True
        waiting += getattr(one, "values", ()) or ()
        waiting += [each.value for each in getattr(one, "fields", ()) or ()]
    return False
