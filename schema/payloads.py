"""What a change answers: rows for what is stored, values as they are, and refusals as problems."""

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

from strawberry.utils.str_converters import to_camel_case

from models.base import Entity
from models.numbers import CprNumber
from models.refusals import Refusal
from planner.declarations import Asking
from schema.docs import a, described
from schema.fields import column
from schema.nouns import plain
from schema.problems import problem
from schema.rows import SHOWN, TYPES, Row, rows_of, stored
from schema.shape import without_none


@dataclasses.dataclass(frozen=True)
class Part:
    """One member of a payload."""

    name: str
    kind: str
    description: str
    is_shown_once: bool = False

    @property
    def graphql_name(self) -> str:
        return to_camel_case(self.name)

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("list[")

    @property
    def shown_as(self) -> str:
        return self.kind.removeprefix("Optional[").removesuffix("]")


def parts_of(resolver: Any, shown_as: str | None) -> list[Part]:
    """The members of a payload, from what a resolver returns and what its docstring says of it."""
    made, docs = get_type_hints(resolver)["return"], described(resolver)
    if issubclass(made, Entity):
        kind = shown_as or TYPES[made]
        name = kind.lower() if shown_as else made.noun
        return [Part(name, f"Optional[{kind}]", docs.get(f"-> {name}") or docs[name])]
    hints = get_type_hints(made)
    return [part(one.name, hints[one.name], docs) for one in dataclasses.fields(made)]


def part(name: str, hint: Any, docs: dict[str, str]) -> Part:
    bare, _ = without_none(hint)
    if get_origin(bare) is list:
        return Part(name, f"list[{TYPES[get_args(bare)[0]]}]", docs[name])
    is_shown_once = bare is CprNumber or getattr(bare, "is_shown_once", False)
    return Part(name, f"Optional[{TYPES[bare]}]", docs[name], is_shown_once)


def payload_type(name: str, operation: str, parts: list[Part]) -> type:
    """A Strawberry type of these members, and of the errors that every payload has."""
    errors = "Why the change was refused; empty when it was made."
    body = {one.name: column(one.description, kind=one.kind) for one in parts}
    body["errors"] = column(errors, kind="list[Problem]")
    body["__doc__"] = f"{a(name)} is the answer of {operation}."
    return plain(type(name, (), body))


async def done(made: type, parts: list[Part], result: Any, asking: Asking, hides: bool) -> Any:
    """The payload of a change that was made; what is shown once stays hidden in a dry run."""
    whole = {parts[0].name: result} if isinstance(result, Entity) else vars(result)
    shown = await show(whole, asking)
    for one in parts:
        if isinstance(shown[one.name], Row) and one.shown_as in SHOWN:
            shown[one.name] = await seen_as(one.shown_as, shown[one.name], asking)
        if hides and one.is_shown_once:
            shown[one.name] = None
    return made(**shown, errors=[])


async def seen_as(name: str, row: Row, asking: Asking) -> Row:
    """A row as another type shows it: of the same table, or of one where it has the same id."""
    if SHOWN[name].model is row.shown.model:
        return row.seen_as(name)
    return (await stored(SHOWN[name], [row["id"]], asking))[row["id"]]


async def refused(made: type, parts: list[Part], refusals: list[Refusal], asking: Asking) -> Any:
    """The payload of a change that was refused; what it lists as usages stood in the way."""
    usages = [usage for one in refusals for usage in getattr(one, "usages", ())]
    shown = await show({"errors": refusals, "usages": usages}, asking)
    empty: dict[str, Any] = {one.name: [] if one.is_list else None for one in parts}
    told = {one.name: shown["usages"] for one in parts if one.kind == "list[Usage]"}
    return made(**empty | told, errors=shown["errors"])


async def show(value: Any, asking: Asking) -> Any:
    """A value with its entities as rows, read together, and its refusals as problems."""
    told = replaced(value, Refusal, lambda one: problem(one, asking.context.language))
    entities = list(found(told))
    rows = await rows_of(entities, asking) if entities else {}
    return replaced(told, Entity, lambda one: rows[one.id])


def found(value: Any) -> Iterator[Entity]:
    match value:
        case Entity():
            yield value
        case list():
            for one in value:
                yield from found(one)
        case dict():
            yield from found(list(value.values()))
        case _ if is_open(value):
            yield from found(list(vars(value).values()))


def replaced(value: Any, kind: type, by: Any) -> Any:
    """A copy of a value in which all of a kind are replaced, however deep."""
    if isinstance(value, kind):
        return by(value)
    if isinstance(value, list):
        return [replaced(one, kind, by) for one in value]
    if isinstance(value, dict):
        return {name: replaced(one, kind, by) for name, one in value.items()}
    if is_open(value):
        made = copy.copy(value)
        for name, one in vars(value).items():
            setattr(made, name, replaced(one, kind, by))
        return made
    return value


def is_open(value: Any) -> bool:
    """Whether a value is made of others: what resolvers answer with, and problems."""
    is_value = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return is_value or hasattr(type(value), "__strawberry_definition__")
