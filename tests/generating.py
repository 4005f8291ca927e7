"""Documents made up from the schema: whatever a client may write, and the planner can take."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
)
from hypothesis import assume
from hypothesis import strategies as st

from planner.declarations import Computed
from planner.selection import weigh
from schema.planned import MOST
from tests.gathering import SCHEMA, Known

DEEPEST = 3  # things that lead to things
LONGEST = 60  # fields
ROOM = 400  # entries that pages within pages may multiply to
PAGE_SIZES = ("first", "last")
MISTAKES = (0, -1, 101)  # sizes that no page has
NOTHING = object()  # stands for what is not said


# The ways in that the planner leaves to the executor: they are functions.
LEFT = {
    ("Query", name)
    for name, one in SCHEMA.query_type.fields.items()  # type: ignore[union-attr]
    if isinstance(one.extensions["strawberry-definition"].metadata["declared"], Computed)
}


@dataclass(frozen=True)
class Question:
    """A document and its variables."""

    text: str
    variables: dict[str, Any]

    def again(self) -> "Question":
        """The same document with other switches and sizes."""
        turned = {
            name: not one if isinstance(one, bool) else one + 1
            for name, one in self.variables.items()
            if isinstance(one, int)
        }
        return Question(self.text, self.variables | turned)


@dataclass
class Scope:
    """The keys of one object of the answer: a field with arguments takes one of its own."""

    prefix: str = "a"
    used: int = 0
    below: dict[str, "Scope"] = field(default_factory=dict)

    def new(self) -> str:
        self.used += 1
        return f"{self.prefix}{self.used}"

    def at(self, key: str) -> "Scope":
        return self.below.setdefault(key, Scope(self.prefix))


@dataclass(frozen=True)
class Place:
    """Where in a document something is written."""

    depth: int  # how many things may still lead on to others
    room: int
    scope: Scope
    wraps: int = 0  # fragments around it
    is_narrowed: bool = False  # to one of several types, whose fields may not agree

    def wrapped(self, narrows: bool = False) -> "Place":
        return replace(self, wraps=self.wraps + 1, is_narrowed=self.is_narrowed or narrows)

    def below(self, key: str, is_thing: bool, length: int) -> "Place":
        return Place(self.depth - is_thing, self.room // length, self.scope.at(key))

    def fits(self, other: "Place") -> bool:
        """Whether what is written here can stand there as well."""
        return self.depth <= other.depth and self.room <= other.room


@dataclass
class Fragment:
    """A named fragment that is written, on which type, and where first."""

    name: str
    kind: str
    place: Place
    text: str


@dataclass
class Writer:
    """Writes one document; every choice is drawn, so that a bad document can be made shorter."""

    draw: Callable[[Any], Any]
    known: Known
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    number: int = 0
    fields: int = 0

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def one(self, values: Any) -> Any:
        found = [*values]
        return found[self.draw(st.integers(0, len(found) - 1))]

    def name(self, what: str) -> str:
        self.number += 1
        return f"{what}{self.number}"

    def question(self) -> Question:
        kind = SCHEMA.query_type
        body = self.selection(kind, Place(DEEPEST + 1, ROOM, Scope()), 1)
        text = "\n".join([body, *(one.text for one in self.fragments)])
        used = [one for one in self.definitions if re.search(rf"\{one.partition(':')[0]}\b", text)]
        given = f"({', '.join(used)})" if used else ""
        head = f"query Made{given} " if given or self.chance(20) else ""
        return Question(head + text, self.variables)

    def selection(self, kind: Any, place: Place, most: int = 4) -> str:
        most = most if is_frame(kind) else most + 3
        parts = [self.part(kind, place) for _ in range(self.draw(st.integers(1, most)))]
        return f"{{ {' '.join(parts)} }}"

    def part(self, kind: Any, place: Place) -> str:
        ways = ["field"] * 10 + ["__typename"]
        if place.wraps < 2 and not is_frame(kind):
            ways += ["inline", "inline"] + ["spread", "spread"] * (not place.is_narrowed)
        elif place.wraps == 0:
            ways += ["inline", "spread"]
        match self.one(ways):
            case "inline":
                return self.inline(kind, place)
            case "spread":
                return f"...{self.spread(kind, place)}{self.directives()}"
            case "__typename":
                return f"{self.alias(place, 20)}__typename{self.directives()}"
        if behind(kind) and self.chance(15 if kind.name == "Entity" else 60):
            return self.inline(kind, place)
        return self.field(kind, place)

    def alias(self, place: Place, percent: int) -> str:
        needs_one = place.is_narrowed or self.chance(percent)
        return f"{place.scope.new()}: " if needs_one else ""

    def inline(self, kind: Any, place: Place) -> str:
        """A fragment in place: on the type itself, an interface of it, or a type behind that."""
        types = [*behind(kind)] or [None, kind, *getattr(kind, "interfaces", ())]
        on = self.one(types)
        condition = f" on {on.name}" if on else ""
        inner = place.wrapped(on in behind(kind))
        return f"...{condition}{self.directives()} {self.selection(on or kind, inner, 3)}"

    def spread(self, kind: Any, place: Place) -> str:
        """The name of a fragment: one that is there already, if one fits, or a new one."""
        on = self.one([kind, *getattr(kind, "interfaces", ())])
        fit = [one for one in self.fragments if one.kind == on.name and one.place.fits(place)]
        if fit and self.chance(60):
            return str(self.one(fit).name)
        name = self.name("Part")
        inner = replace(place.wrapped(), scope=Scope(f"{name}_"))
        text = f"fragment {name} on {on.name} {self.selection(on, inner, 3)}"
        self.fragments.append(Fragment(name, on.name, place, text))
        return name

    def field(self, kind: Any, place: Place) -> str:
        self.fields += 1
        is_last = place.depth == 0 or self.fields > LONGEST
        fields = [
            name
            for name, one in kind.fields.items()
            if (kind.name, name) not in LEFT
            and not (is_last and not is_leaf_type(get_named_type(one.type)))
        ]
        if not fields:
            return f"{self.alias(place, 0)}__typename"
        name = self.one(fields)
        if any(map(is_required_argument, kind.fields[name].args.values())) and self.chance(70):
            name = self.one(fields)  # most of those who ask know no such id
        texts = [self.asked(kind, name, place, 15)]
        if self.chance(8):  # and once more under another key
            texts.append(self.asked(kind, name, place, 100))
        return " ".join(texts)

    def asked(self, kind: Any, name: str, place: Place, aliased: int) -> str:
        """A field by its name, with whatever it takes and leads to."""
        definition = kind.fields[name]
        inner = get_named_type(definition.type)
        arguments, length = self.arguments(definition, inner, place.room)
        alias = self.alias(place, 100 if arguments else aliased)
        head = f"{alias}{name}{arguments}{self.directives()}"
        if is_leaf_type(inner):
            return head
        below = place.below(alias.rstrip(": ") or name, not is_frame(inner), length)
        times = 2 if self.chance(8) else 1  # the same field again, with another selection
        return " ".join(f"{head} {self.selection(inner, below)}" for _ in range(times))

    def directives(self) -> str:
        """Now and then a condition on what stands before it."""
        if not self.chance(12):
            return ""
        names = self.one([["include"], ["skip"], ["include", "skip"]])
        return "".join(f" @{name}(if: {self.switch()})" for name in names)

    def switch(self) -> str:
        if self.switches and self.chance(40):
            return str(self.one(self.switches))
        value = self.chance(60)
        if self.chance(40):
            return json.dumps(value)
        name = self.variable("Boolean!", value)
        self.switches.append(name)
        return name

    def arguments(self, definition: Any, inner: Any, room: int) -> tuple[str, int]:
        """The arguments of a field, and how many entries it may lead to."""
        given: dict[str, str] = {}
        length, noun = 1, inner.name.removesuffix("Connection")
        if noun != inner.name:
            given, length = self.page(definition, noun, room)
        for name, argument in definition.args.items():
            if name in ("first", "last", "after", "before", "orderBy"):
                continue
            if is_required_argument(argument) or self.chance(45):
                value = self.value(argument.type, name, noun)
                given[name] = self.written(argument.type, value)
        text = ", ".join(f"{name}: {one}" for name, one in given.items())
        return f"({text})" if text else "", length

    def page(self, definition: Any, name: str, room: int) -> tuple[dict[str, str], int]:
        """Which stretch of a list: its size, its ends and its order."""
        given, order, args = {}, None, definition.args
        if "orderBy" in args and self.chance(60):
            chosen = self.value(args["orderBy"].type, "orderBy", name)
            given["orderBy"] = self.written(args["orderBy"].type, chosen)
            order = chosen["field"]
        for end in ("after", "before"):
            known = self.known.cursors.get((name, order), [])
            if known and self.chance(15):
                cursor = "made-up" if self.chance(4) else self.one(known)
                given[end] = self.written(args[end].type, cursor)
        if room >= 25 and self.chance(25):
            return given, 25
        size = self.draw(st.integers(1, min(10, max(1, room // 3))))
        which = self.one(PAGE_SIZES)
        if room >= 100 and self.chance(30):
            given[which], length = self.variable("Int", size), 100
        else:
            given[which], length = str(size), size
        if self.chance(1):
            given[self.one(PAGE_SIZES)] = str(self.one(MISTAKES))
        return given, length

    def value(self, kind: Any, name: str, noun: str) -> Any:
        """A value of an input type, as JSON has it: mostly one that finds something."""
        match kind:
            case GraphQLNonNull():
                return self.value(kind.of_type, name, noun)
            case GraphQLList():
                many = range(self.draw(st.integers(1, 3)))
                return [self.value(kind.of_type, name, noun) for _ in many]
            case GraphQLEnumType():
                return self.one(kind.values)
            case GraphQLInputObjectType():
                return self.members(kind, noun)
        if kind.name == "Boolean":
            return self.chance(50)
        if self.chance(1):
            return "made up"
        return self.one(self.known.likely(name, kind.name, noun))

    def members(self, kind: GraphQLInputObjectType, noun: str) -> dict[str, Any]:
        needed = [name for name, one in kind.fields.items() if is_required_input_field(one)]
        is_one_of = takes_one(kind)
        rest = [name for name in kind.fields if name not in needed]
        least, most = (1, 1) if is_one_of else (0, min(2, len(rest)))
        one = st.sampled_from(rest) if rest else st.nothing()
        chosen = self.draw(st.lists(one, min_size=least, max_size=most, unique=True))
        found = {
            name: self.value(kind.fields[name].type, name, noun) for name in [*needed, *chosen]
        }
        is_clearable = chosen and not isinstance(kind.fields[chosen[0]].type, GraphQLNonNull)
        if is_clearable and not is_one_of and self.chance(5):
            found[chosen[0]] = None
        return found

    def written(self, kind: Any, value: Any, is_sure: bool = False) -> str:
        """A value as the document has it: as it stands, or by a variable, the whole or a part."""
        is_sure = is_sure or isinstance(kind, GraphQLNonNull)
        if not self.chance(30):
            return self.literal(kind, value)
        if not is_sure and self.chance(10):
            return self.variable(str(kind), self.one([None, NOTHING]))
        return self.variable(str(kind).rstrip("!") + "!" * is_sure, value)

    def literal(self, kind: Any, value: Any) -> str:
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if value is None:
            return "null"
        match kind:
            case GraphQLList():
                items = [self.written(kind.of_type, one) for one in value]
                is_bare = len(items) == 1 and items[0][0] != "$" and self.chance(30)
                return items[0] if is_bare else f"[{', '.join(items)}]"
            case GraphQLEnumType():
                return str(value)
            case GraphQLInputObjectType():
                parts = (
                    f"{key}: {self.written(kind.fields[key].type, one, takes_one(kind))}"
                    for key, one in value.items()
                )
                return f"{{{', '.join(parts)}}}"
        return json.dumps(value, ensure_ascii=False)

    def variable(self, kind: str, value: Any) -> str:
        """A variable with this value: given, or the default."""
        name = self.name("v")
        default = ""
        if value is NOTHING:
            pass
        elif isinstance(value, str | bool | int) and kind.rstrip("!") in PLAIN and self.chance(25):
            default = f" = {json.dumps(value, ensure_ascii=False)}"
            if self.chance(20):
                self.variables[name] = value
        else:
            self.variables[name] = value
        self.definitions.append(f"${name}: {kind}{default}")
        return f"${name}"


PLAIN = ("Boolean", "Int", "String", "ID")  # kinds whose literals JSON can write


def takes_one(kind: GraphQLInputObjectType) -> bool:
    """Whether exactly one member of an input may be given."""
    return bool(kind.extensions["strawberry-definition"].is_one_of)


def behind(kind: Any) -> list[Any]:
    """The types that an interface stands for."""
    if isinstance(kind, GraphQLInterfaceType):
        return [*SCHEMA.get_possible_types(kind)]
    return []


def is_frame(kind: Any) -> bool:
    """Whether a type is no thing, but stands around things."""
    return bool(kind.name.endswith(("Connection", "Edge", "PageInfo")))


def whole(kind: Any, hops: int) -> str:
    """All that can be selected of a type, so many things deep."""
    parts = ["__typename"]
    for name, one in kind.fields.items():
        inner = get_named_type(one.type)
        if is_leaf_type(inner) and not any(map(is_required_argument, one.args.values())):
            parts.append(name)
        elif not is_leaf_type(inner) and (is_frame(inner) or hops):
            size = "(first: 3)" if "first" in one.args else ""
            parts.append(f"{name}{size} {whole(inner, hops - (not is_frame(inner)))}")
    on = behind(kind) if len(behind(kind)) < 4 else []
    parts += [f"... on {one.name} {whole(one, hops)}" for one in on]
    return f"{{ {' '.join(parts)} }}"


@st.composite
def questions(draw: Any, known: Known) -> Question:
    """Questions of all sorts, about what is known, that do not ask for too much."""
    question = Writer(draw, known).question()
    document = parse(question.text)
    assume(not weigh(document, document.definitions[0]).exceeds(MOST))  # type: ignore[arg-type]
    return question
