"""Lists that PostgreSQL itself writes as JSON: of plain columns, to the byte as we should.

A hundred rows below fifty cost more to send and to take apart than to be written down as fifty
texts. So the list below a row, if nothing is asked but its objects, and of these nothing but
columns and the rows that they point to, is one text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLNonNull, get_named_type, is_enum_type, is_leaf_type
from orjson import Fragment
from tortoise.fields.data import IntEnumFieldInstance

from planner.drafts import Draft
from planner.tables import Table, end, kind

ANYTHING = ("String", "Boolean")  # GraphQL types whose values are written as SQL knows them
WHOLE, PARTED = ('YYYY-MM-DD"T"HH24:MI:SS"+00:00"', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')


@dataclass(frozen=True)
class Column:
    """A column's value."""

    path: str
    write: Callable[[str], str]
    is_null: bool = True  # whether it may be


@dataclass(frozen=True)
class Written:
    """An object: its members, and the path that is null where there is none."""

    members: tuple[tuple[str, "Column | Written | str"], ...]
    null_with: str | None = None


def column_of(model: Table, path: str, full: str, type_: Any) -> Column | None:
    """How a column is written; none for what PostgreSQL would write in another way."""
    is_null = is_nullable(model, path)
    model, name = end(model, path)
    field, named = model._meta.fields_map.get(name), get_named_type(type_)
    if not is_leaf_type(named) or (is_null and isinstance(type_, GraphQLNonNull)):
        return None
    if field is None:
        is_plain = is_enum_type(named) or named.name in ANYTHING
        return Column(full, as_json) if is_plain else None
    if isinstance(field, IntEnumFieldInstance):
        names = tuple((one.value, one.name) for one in field.enum_type)
        return Column(full, Chosen(names), is_null)
    write = WRITERS.get(kind(model, name).partition("(")[0])
    return Column(full, write, is_null) if write else None


def is_nullable(model: Table, path: str) -> bool:
    """Whether a path may end in nothing: at a column, or at a relation on the way there."""
    *relations, column = path.split(".")
    for relation in relations:
        field: Any = model._meta.fields_map[relation]
        if field.null:
            return True
        model = field.related_model
    known = model._meta.fields_map.get(column)
    return known is not None and known.null


def as_json(text: str) -> str:
    return f"to_json({text})::text"


def as_text(text: str) -> str:
    return f"'\"' || {text} || '\"'"


def as_moment(text: str) -> str:
    form = f"case when date_trunc('second', {text}) = {text} then '{WHOLE}' else '{PARTED}' end"
    return f"'\"' || to_char({text} at time zone 'UTC', {form}) || '\"'"


@dataclass(frozen=True)
class Chosen:
    """Writes the name that stands for a number."""

    names: tuple[tuple[int, str], ...]

    def __call__(self, text: str) -> str:
        cases = " ".join(f"when {number} then '\"{name}\"'" for number, name in self.names)
        return f"case {text} {cases} end"


WRITERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("TEXT", "VARCHAR", "INT", "BOOL", "DATE"), as_json),
    "TIMESTAMPTZ": as_moment,
    **dict.fromkeys(("UUID", "DECIMAL"), as_text),
}


def told(text: str | None) -> Any:
    """A list as it was written."""
    return Fragment(text) if text else ()


def sql(draft: Draft, written: Written) -> str:
    """The text of an object as SQL."""
    parts: list[str] = []
    for at, (key, value) in enumerate(written.members):
        before = f"{'{' if at == 0 else ','}{orjson.dumps(key).decode()}:"
        match value:
            case str():
                parts.append(f"'{before}{orjson.dumps(value).decode()}'")
            case Column():
                text = value.write(draft.expression(value.path))
                parts += [f"'{before}'", f"coalesce({text}, 'null')" if value.is_null else text]
            case Written():
                parts += [f"'{before}'", sql(draft, value)]
    text = " || ".join([*parts, "'}'"])
    if written.null_with:
        missing = f"{draft.expression(written.null_with)} is null"
        return f"case when {missing} then 'null' else {text} end"
    return f"({text})"
