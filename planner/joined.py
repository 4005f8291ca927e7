"""Rows that are read along with those that point to them."""

from dataclasses import dataclass
from typing import Any

from planner.declarations import Edge
from planner.edges import step


@dataclass(eq=False)
class Joined:
    """A row that another points to, read along with it: its columns stand in the other's row."""

    level: Any
    before: str
    is_away: bool = False

    def add(self, path: str) -> int:
        return int(self.level.add(self.path(path)))

    def path(self, path: str) -> str:
        return f"{self.before}.{path}"

    def join(self, declared: Edge) -> "Joined":
        return Joined(self.level, self.path(step(declared)), self.is_away and declared.is_abroad)
