"""A whole plan: its levels, the ways in by id alone, and how the answer is put together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from planner.branches import Branch
from planner.declarations import Edge, Found
from planner.drafts import Statement
from planner.levels import Level
from planner.shapes import Texts
from planner.tables import source, within


@dataclass(eq=False)
class Finder:
    """Things by id, of whichever type: one statement tells their types, then a level reads each."""

    number: int
    declared: Found | Edge
    node: Any
    given: Callable[[Any], dict[str, Any]]
    above: Level | None = None
    branches: list[Branch] = field(default_factory=list)
    at: int = 0
    levels: dict[str, Level] = field(default_factory=dict)  # by the name of the type

    @cached_property
    def statement(self) -> Statement:
        """Which of the ids are known here, and as what."""
        parts, is_sought = [], "id = any(string_to_array($keys, ',')::uuid[])"
        for name, level in self.levels.items():
            model = level.shown.model
            parts.append(
                f"select '{name}' as kind, id::text from {source(model)} t"
                f" where {within(model, 't', '$tenant')} and {is_sought}"
            )
        text = " union all ".join(parts).replace("$tenant", "$1").replace("$keys", "$2")
        return Statement(text, ("tenant", "keys"))


@dataclass
class Value:
    """What a function of whoever asks answers at a root: of no row, so without a statement."""

    build: Callable[..., Any]


@dataclass
class Values:
    """A list of values that a change answers with: how it is shown, and what its values lead to."""

    name: str
    build: Callable[..., Any] = list
    led: dict[str, str] = field(default_factory=dict)  # the attribute: the member of its level
    missing: set[str] = field(default_factory=set)  # attributes of which only the executor tells

    def ids(self, values: list[Any]) -> dict[str, list[str]]:
        """The ids of the stored things that the values lead to, by the member of their level."""
        if any(getattr(value, one) is not None for value in values for one in self.missing):
            raise KeyError(self.name)
        return {
            member: [str(one.id) for value in values if (one := getattr(value, attribute))]
            for attribute, member in self.led.items()
        }


@dataclass
class Payload:
    """The answer of a change: under which key, and of which field."""

    key: str
    name: str
    node: Any
    given: Callable[[Any], dict[str, Any]]
    parts: dict[str, Any] = field(default_factory=dict)  # a level, values, or what stands there


@dataclass
class Plan:
    """The levels of an operation, those above first; and how the answer is put together."""

    levels: list[Level | Finder] = field(default_factory=list)
    texts: Texts = field(default_factory=Texts)
    roots: dict[str, Any] = field(default_factory=dict)  # a level, or what stands there
    refusable: dict[tuple[Any, ...], None] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)  # what reads those of computed fields
    looks: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # a function, its arguments
    payload: Payload | None = None

    def look(self, function: Callable[..., Any], given: Any) -> str:
        """Notes what is to be looked up beforehand, and by what arguments; tells its name."""
        name = f"l{len(self.looks)}"
        self.looks[name] = function, given
        return name
