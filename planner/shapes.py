"""How rows become objects of the answer: one generated function a level, as if written by hand.

The text of such a function is made of Python's own words, of the keys of the answer (which GraphQL
allows only letters, digits and underscores), and of names that are chosen here:

    c0, c1, ...   the columns of a row, in the order of the statement
    marks, above  of a page's row: what its cursor is made of, and whose it is
    v0, v1, ...   values bound while compiling: refusals, functions, names of enumerations
    found, run    what was found on the levels below, by number; and the reading that is going on
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from planner.pages import cursor

ABOVE = "above"  # the name of a page's column that tells whose a row is
EACH = object()  # in a path: every item of a list
ROW = "<row>"  # in a text: the columns to unpack, known when all of a level is compiled
LIST = "<list>"  # in a page's text: its list, which the text of what is above it finds

FORMS = {
    "rows": "    return [{text} for <row> in rows]",
    "one": "    return {{key}: {text} for <row> in rows}",
    "many": """
    lists = {}
    for <row> in rows:
        one = {text}
        if {key} in lists:
            lists[{key}].append(one)
        else:
            lists[{key}] = [one]
    return lists""",
    "pages": "    return {whose: {text} for whose, page in rows.items()}",
}


@dataclass
class Texts:
    """The values that the generated functions of one plan name."""

    bound: dict[str, Any] = field(default_factory=lambda: {"cursor": cursor})

    def bind(self, value: Any) -> str:
        """A name for a value that a text needs."""
        for name, known in self.bound.items():
            if known is value:
                return name
        name = f"v{len(self.bound)}"
        self.bound[name] = value
        return name

    def function(self, body: str) -> Callable[..., Any]:
        """Makes `build(rows, found, run)` of its body."""
        made: dict[str, Any] = {}
        exec(f"def build(rows, found, run):\n{body}", dict(self.bound), made)
        return made["build"]


def body_of(form: str, text: str, names: list[str], key: str) -> str:
    """The body of a level's function, for rows whose columns bear these names."""
    body = FORMS[form].replace("{text}", text).replace("{key}", key)
    return body.replace(ROW, ", ".join(names) + ",")


def record(parts: dict[str, str]) -> str:
    """The text of a dictionary, by the texts of its values."""
    return "{" + ", ".join(f"{key!r}: {text}" for key, text in parts.items()) + "}"


@dataclass(frozen=True, eq=False)
class Refusal:
    """Stands in an answer where something was refused, until its error is told."""

    permission: str
    nodes: tuple[Any, ...]


def refusals(
    answer: Any, path: tuple[Any, ...], at: tuple[Any, ...] = ()
) -> Iterator[tuple[dict[str, Any], tuple[Any, ...], Refusal]]:
    """The places that a path of keys (and EACH) leads to where a refusal stands."""
    if answer is None or isinstance(answer, Refusal):
        return
    step, *rest = path
    if step is EACH:
        for place, item in enumerate(answer):
            yield from refusals(item, tuple(rest), (*at, place))
    elif rest:
        yield from refusals(answer.get(step), tuple(rest), (*at, step))
    elif isinstance(answer.get(step), Refusal):
        yield answer, (*at, step), answer[step]
