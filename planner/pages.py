"""Stretches of long lists: by keyset, from a cursor on, counting no rows that are skipped."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

USUAL, LONGEST = 25, 100


class BadPage(Exception):
    """A page that cannot be: the argument, and the key of the message that says why."""

    def __init__(self, argument: str, reason: str):
        super().__init__(f"{argument}: {reason}")
        self.argument, self.reason = argument, reason


@dataclass(frozen=True)
class Order:
    """The columns by which a list runs; the id decides between equals, where there can be any."""

    columns: tuple[str, ...] = ()
    is_falling: bool = False
    has_equals: bool = True

    @property
    def all(self) -> tuple[str, ...]:
        is_enough = "id" in self.columns or not self.has_equals
        return self.columns if is_enough else (*self.columns, "id")


@dataclass(frozen=True)
class Stretch:
    """Which part of a list is asked for."""

    order: Order
    size: int
    is_backward: bool = False
    after: tuple[str, ...] | None = None
    before: tuple[str, ...] | None = None

    @property
    def is_falling(self) -> bool:
        """Whether the statement runs downwards, to be turned round where the page does not."""
        return self.order.is_falling != self.is_backward

    def cut(self, rows: Sequence[Any]) -> tuple[list[Any], bool, bool]:
        """The rows of the page, and whether more precede and follow; one row too many was read."""
        page = list(rows[: self.size])
        more = len(rows) > self.size
        if self.is_backward:
            return page[::-1], more, self.before is not None
        return page, self.after is not None, more


def stretch(
    order: Order,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Stretch:
    """Reads the arguments of a page; raises BadPage for those that make no sense."""
    if first is not None and last is not None:
        raise BadPage("last", "page_ends")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= LONGEST:
            raise BadPage(name, "page_size")
    size = USUAL if first is None and last is None else first or last or USUAL
    return Stretch(
        order,
        size,
        last is not None,
        read("after", after, order),
        read("before", before, order),
    )


def cursor(marks: Sequence[str]) -> str:
    """The place of a row in its list, by the values that the list runs by, or by the only one."""
    values = [marks] if isinstance(marks, str) else list(marks)
    return urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read(argument: str, text: str | None, order: Order) -> tuple[str, ...] | None:
    if text is None:
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise BadPage(argument, "page_cursor") from None
    if not isinstance(values, list) or len(values) != len(order.all):
        raise BadPage(argument, "page_cursor")
    if not all(isinstance(one, str) for one in values):
        raise BadPage(argument, "page_cursor")
    return tuple(values)
