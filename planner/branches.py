"""Rows of one table that are shown as several types."""

from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Branch:
    """Those rows of a level that are shown as one of several types."""

    level: Any
    at: int  # where in a row stands what the type is chosen by
    value: Any = None  # what stands there in these rows; none for anything but null

    @property
    def text(self) -> str:
        return f"c{self.at} is not None" if self.value is None else f"c{self.at} == {self.value!r}"

    def holds(self, row: Any) -> bool:
        return bool(row[self.at] is not None if self.value is None else row[self.at] == self.value)
