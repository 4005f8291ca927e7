"""A whole plan: its levels, the ways in by id alone, and how the answer is put together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

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
class Payload:
    """The answer of a change: under which key, and of which field."""

    key: str
    name: str
    node: Any
    given: Callable[[Any], dict[str, Any]]
    parts: dict[str, Any] = field(default_factory=dict)  # a level, or what stands there


@dataclass
class Plan:
    """The levels of an operation, those above first; and how the answer is put together."""

    levels: list[Level | Finder] = field(default_factory=list)
    texts: Texts = field(default_factory=Texts)
    roots: dict[str, Any] = field(default_factory=dict)  # a level, or what stands there
    refusable: dict[tuple[Any, ...], None] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)  # what reads those of computed fields
    payload: Payload | None = None
