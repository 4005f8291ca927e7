"""How a resolver looks from outside: its signature becomes an input, what a client gives, values.

A resolver asks for a `user: User`; the client gives a `userId`. It asks for a `production_unit`;
the client gives its number. It asks for an `Email`; the client gives a text that is checked.
Everything that is wrong is gathered before anything is refused.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from types import UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from typing_extensions import is_typeddict

import models
from models.base import Entity
from models.refusals import Invalid, NotFound
from resolvers.context import Context, Id, Key
from schema.docs import described, summary
from schema.scalars import CHECKS, check_length
from schema.telling import tell

UNSET = strawberry.UNSET  # of a member that may be absent
REQUIRED: Any = inspect.Parameter.empty  # of a member that must be given


@dataclass
class Reading:
    """An input being read: for whom, and what has been found wrong so far."""

    context: Context
    faults: list[Invalid] = field(default_factory=list)

    def tell(self, fault: Invalid, path: tuple[str | int, ...]) -> None:
        if not fault.path:
            fault.path = path
        self.faults.append(fault)


BAD = object()  # stands for a value that was refused


@dataclass(frozen=True)
class Form:
    """The form of a value: what GraphQL knows it as, and how what is given is read."""

    shown_as: Any

    async def read(self, given: Any, path: tuple[str | int, ...], reading: Reading) -> Any:
        return given


@dataclass(frozen=True)
class Checked(Form):
    """A value that the domain has rules for."""

    check: Callable[[Any, Context], Any]

    async def read(self, given: Any, path: tuple[str | int, ...], reading: Reading) -> Any:
        try:
            return self.check(given, reading.context)
        except Invalid as fault:
            reading.tell(fault, path)
            return BAD


@dataclass(frozen=True)
class Many(Form):
    """A list of values of one form."""

    item: Form

    async def read(self, given: Any, path: tuple[str | int, ...], reading: Reading) -> Any:
        values = [await self.item.read(one, (*path, at), reading) for at, one in enumerate(given)]
        return BAD if BAD in values else values


@dataclass(frozen=True)
class Known(Form):
    """A thing of the organisation, named by a number that is registered, or by its id."""

    model: type[Entity]
    column: str
    check: Callable[[Any, Context], Any]

    async def read(self, given: Any, path: tuple[str | int, ...], reading: Reading) -> Any:
        try:
            value = self.check(given, reading.context)
        except Invalid as fault:
            if self.column == "id":
                raise NotFound(path=path) from None
            reading.tell(fault, path)
            return BAD
        found = await self.look(value, reading.context)
        if found is None and self.column == "id":
            raise NotFound(path=path)
        if found is None:
            reading.tell(Invalid(self.model.missing), path)
            return BAD
        return found

    async def look(self, value: Any, context: Context) -> Entity | None:
        """The thing, locked so that it cannot go before the change has come to its end.

        What is shared never goes, and must not make organisations wait for each other.
        """
        where = {self.column: value}
        if self.model.is_shared:
            return await self.model.get_or_none(**where)
        if context.subject.organisation_id is None:
            return None
        here = {self.model.tenant: context.organisation_id}
        return await self.model.locked_or_none(**where, **here)


@dataclass(frozen=True)
class Nested(Form):
    """An input within an input."""

    made_of: type
    members: tuple["Member", ...]

    async def read(self, given: Any, path: tuple[str | int, ...], reading: Reading) -> Any:
        known = len(reading.faults)
        values = await read_members(self.members, vars(given), path, reading)
        return BAD if len(reading.faults) > known else self.made_of(**values)


@dataclass(frozen=True)
class Member:
    """One member of an input, by the resolver's name for it and by the client's."""

    name: str
    given_as: str
    form: Form
    takes_null: bool
    default: Any
    description: str

    @cached_property
    def graphql_name(self) -> str:
        first, *rest = self.given_as.rstrip("_").split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def is_needed(self) -> bool:
        return self.default is REQUIRED

    def as_field(self) -> tuple[Any, Any]:
        """The annotation and the Strawberry field of this member."""
        shown_as = self.form.shown_as
        default = {} if self.is_needed else {"default": self.default}
        declared = strawberry.field(name=self.graphql_name, description=self.description, **default)
        can_be_null = self.takes_null or self.default is UNSET
        return shown_as | None if can_be_null and not self.is_needed else shown_as, declared


async def read_members(
    members: tuple[Member, ...],
    given: Mapping[str, Any],
    path: tuple[str | int, ...],
    reading: Reading,
) -> dict[str, Any]:
    """Reads what is given for some members; those that are absent or wrong are left out."""
    values = {}
    for member in members:
        one = given.get(member.given_as, UNSET)
        if one is UNSET:
            continue
        where = (*path, member.graphql_name)
        if one is None and not member.takes_null:
            reading.tell(Invalid("REQUIRED"), where)
            continue
        value = None if one is None else await member.form.read(one, where, reading)
        if value is not BAD:
            values[member.name] = value
    return values


async def checked(given: Any, path: tuple[str, ...], context: Context) -> dict[str, Any]:
    """The values of an input in a query; the first wrong one is told as an error."""
    reading = Reading(context)
    try:
        values = await read_members(given.__members__, vars(given), path, reading)
    except NotFound as refusal:
        tell(refusal, context)
    if reading.faults:
        tell(reading.faults[0], context)
    return values


@cache
def members_of(resolver: Callable[..., Any]) -> tuple[Member, ...]:
    """The members that a resolver's parameters make, the target of the change aside."""
    hints, docs = get_type_hints(resolver, include_extras=True), described(resolver)
    found = []
    for name, one in inspect.signature(resolver).parameters.items():
        hint = hints[name]
        if hint is Context or name == target_of(resolver)[0]:
            continue
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            found += typed_dict_members(get_args(hint)[0])
        else:
            found.append(member(name, hint, one.default, docs))
    return tuple(found)


def typed_dict_members(kind: Any) -> list[Member]:
    assert is_typeddict(kind), f"{kind} tells no names"
    docs = described(kind)
    hints = get_type_hints(kind, include_extras=True)
    return [member(name, hint, UNSET, docs) for name, hint in hints.items()]


@cache
def target_of(resolver: Callable[..., Any]) -> tuple[str | None, type[Entity] | None]:
    """The one entity that a change acts on: the first that the resolver cannot do without.

    What all organisations share is named only, and never acted on.
    """
    hints = get_type_hints(resolver)
    for name, one in inspect.signature(resolver).parameters.items():
        hint = hints.get(name)
        is_entity = isinstance(hint, type) and issubclass(hint, Entity) and not hint.is_shared
        if is_entity and one.default is REQUIRED:
            return name, hint
    return None, None


def member(name: str, hint: Any, default: Any, docs: Mapping[str, str]) -> Member:
    bare, takes_null = without_none(hint)
    form = form_of(bare)
    given_as = name
    if isinstance(form, Known):
        given_as = f"{name}_id"
        if form.column != "id":
            given_as = name.removesuffix(form.model.noun) + form.column
    if default is None:
        default = UNSET
    return Member(name, given_as, form, takes_null, default, docs[name.rstrip("_")])


def without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        rest = [one for one in get_args(hint) if one is not type(None)]
        return rest[0], len(rest) < len(get_args(hint))
    return hint, False


@cache
def form_of(hint: Any) -> Form:
    """The form that a type hint stands for."""
    if get_origin(hint) is Annotated:
        length = hint.__metadata__[0]
        return Checked(str, lambda given, _: check_length(given, length) or None)
    if get_origin(hint) is list:
        item = form_of(get_args(hint)[0])
        return Many(list[item.shown_as], item)  # type: ignore[name-defined]
    if isinstance(hint, NewType) or hint in CHECKS:
        shown_as = strawberry.ID if hint in (Id, Key) else hint
        return Checked(shown_as, CHECKS[hint])
    if isinstance(hint, type) and issubclass(hint, Entity):
        if hint.named_by == "id":
            return Known(strawberry.ID, hint, "id", CHECKS[UUID])
        return Known(hint.form, hint, hint.named_by, CHECKS[hint.form])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Form(enumeration(hint))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        docs, hints = described(hint), get_type_hints(hint, include_extras=True)
        members = tuple(
            member(one.name, hints[one.name], default_of(one), docs)
            for one in dataclasses.fields(hint)
        )
        name = hint.__name__
        is_one_of = getattr(hint, "is_one_of", False)
        return Nested(input_type(name, members, summary(hint), is_one_of), hint, members)
    return Form(hint)


def default_of(one: Any) -> Any:
    return REQUIRED if one.default is dataclasses.MISSING else one.default


def input_type(
    name: str, members: tuple[Member, ...], description: str, is_one_of: bool = False
) -> type:
    """A Strawberry input of these members."""
    fields = {one.given_as: one.as_field() for one in members}
    body = {key: declared for key, (_, declared) in fields.items()}
    body["__annotations__"] = {key: annotation for key, (annotation, _) in fields.items()}
    made = strawberry.input(type(name, (), body), description=description, one_of=is_one_of or None)
    made.__members__ = members  # type: ignore[attr-defined]
    return made


@cache
def enumeration(kind: type[Enum]) -> Any:
    """An enumeration of the domain as GraphQL knows it, described by its docstring."""
    docs = described(kind)
    shown = strawberry.enum(kind, description=summary(kind))
    for value in vars(shown)["__strawberry_definition__"].values:
        value.description = docs[value.name]
    return shown


for one in vars(models).values():
    if isinstance(one, type) and issubclass(one, Enum):
        enumeration(one)
