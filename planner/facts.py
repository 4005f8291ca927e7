"""Facts about rows as declarations write them: SQL with paths in braces and values by `$name`."""

import re
from typing import Any, Protocol

from planner.sought import Sought
from planner.tables import column


class Writing(Protocol):
    """What a fact needs of the statement that is being written."""

    model: Any

    def expression(self, path: str) -> str: ...

    def place(self, name: str) -> str: ...

    def seek(self, sought: Sought) -> None: ...


class Columns(dict[str, str]):
    """The columns of one table, by attribute, for a text with braces."""

    def __init__(self, model: Any, alias: str):
        self.model, self.alias = model, alias

    def __missing__(self, name: str) -> str:
        return f"{self.alias}.{column(self.model, name)}"


class Paths(dict[str, str]):
    """The expressions of a draft, by path, for a text with braces."""

    def __init__(self, draft: Writing):
        self.draft = draft

    def __missing__(self, path: str) -> str:
        return self.draft.expression(path.replace("__", "."))


def filled(fact: str, draft: Writing) -> str:
    """A text of SQL whose braces name paths, `a__b` for a path that leads on."""
    return placed(fact.format_map(Paths(draft)), draft)


def placed(text: str, draft: Writing) -> str:
    """A text whose names, as in `$today`, have become places."""
    return re.sub(r"\$([a-z_]+)", lambda found: draft.place(found[1]), text)
