"""The filters and orders of lists: each member with its condition, compiled by the planner."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from planner.conditions import Condition
from schema.docs import described, summary
from schema.scalars import CHECKS
from schema.shape import Member, enumeration, input_type, member
from schema.telling import checked_value


@dataclass(frozen=True)
class Filter:
    """An input whose members are conditions, all of which must hold."""

    shown_as: type
    members: tuple[Member, ...]
    conditions: dict[str, Condition]
    unless: dict[str, str] = field(default_factory=dict)

    def about(self, **conditions: Condition) -> "Filter":
        """The same input, put on other columns."""
        return replace(self, conditions=conditions)


@dataclass
class DateTimeRange:
    """A DateTimeRange is a span of time, open where an end is absent.

    from: At or after this moment.
    until: Before this moment.
    """

    from_: datetime | None = None
    until: datetime | None = None


def where(condition: Condition) -> Any:
    """The condition of a filter's member."""
    return condition


def filters(cls: type) -> Any:
    """Declares a filter, described by its docstring.

    Each member has a type and a condition: `status: list[UserStatus] = where(Among("status"))`.

    A member that is null is no condition. `unless` names facts about rows that hold where a member
    is absent, `usual` what stands for an absent one.
    """
    hints, docs = get_type_hints(cls, include_extras=True), described(cls)
    usual = getattr(cls, "usual", {})
    members = tuple(
        replace(member(name, hint, usual.get(name, strawberry.UNSET), docs), takes_null=True)
        for name, hint in hints.items()
    )
    conditions = {name: getattr(cls, name) for name in hints}
    return Filter(
        input_type(cls.__name__, members, summary(cls)),
        members,
        conditions,
        getattr(cls, "unless", {}),
    )


@dataclass(frozen=True)
class Asked(Condition):
    """What an argument beside a filter asks, once its value is read by its form."""

    condition: Condition
    check: Callable[[Any, Any], Any]

    def parts(self, name: str, given: Any, asking: Any) -> list[tuple[Condition, str, Any]]:
        def check(given: Any) -> Any:
            return self.check(given, asking.context)

        value = checked_value(check, given, (to_camel_case(name.rstrip("_")),), asking)
        return self.condition.parts(name, value, asking)


def read_by_form(kind: Any, condition: Condition) -> Condition:
    """The condition that an argument puts, where its kind has a form of its own by that form."""
    return Asked(condition, CHECKS[kind]) if kind in CHECKS else condition


class OrderDirection(StrEnum):
    """OrderDirection tells which way a list runs.

    ASCENDING: The smallest or earliest first.
    DESCENDING: The largest or latest first.
    """

    ASCENDING = "ASCENDING"
    DESCENDING = "DESCENDING"


@dataclass(frozen=True)
class OrderBy:
    """An input that chooses the order of a list."""

    shown_as: type
    orders: dict[Any, tuple[str, ...]]


def order_by(noun: str, many: str, columns: dict[str, tuple[str, tuple[str, ...]]]) -> OrderBy:
    """Declares the orders of a list: for each choice what it means, and the columns."""
    lines = "\n".join(f"{name}: {text}" for name, (text, _) in columns.items())
    choice = StrEnum(f"{noun}OrderField", {name: name for name in columns})  # type: ignore[misc]
    choice.__doc__ = f"{noun}OrderField tells what {many} can be sorted by.\n\n{lines}"
    body = {
        "__annotations__": {
            "field": enumeration(choice),
            "direction": enumeration(OrderDirection),
        },
        "field": strawberry.field(description="By what."),
        "direction": strawberry.field(description="Which way.", default=OrderDirection.ASCENDING),
    }
    shown_as = strawberry.input(
        type(f"{noun}Order", (), body),
        description=f"A {noun}Order tells the order of a list of {many}.",
    )
    return OrderBy(shown_as, {choice(name): paths for name, (_, paths) in columns.items()})
