"""Reads descriptions out of docstrings: the first sentence, then a line for each name."""

import inspect
import re
from functools import cache
from typing import Any

LINE = re.compile(r"^((?:-> )?[A-Za-z_][A-Za-z0-9_]*): (.+)$")


@cache
def summary(thing: Any) -> str:
    """What a thing is or does: the first paragraph of its docstring."""
    return paragraphs(thing)[0].replace("\n", " ")


@cache
def described(thing: Any) -> dict[str, str]:
    """What each name in a docstring's `name: text` lines means; longer texts go on indented.

    A line `-> name: text` tells of what is answered, where something given bears the same name.
    """
    found: dict[str, str] = {}
    name = None
    for line in (inspect.getdoc(thing) or "").splitlines():
        if match := LINE.match(line):
            name, text = match[1].rstrip("_"), match[2]
            found[name] = text
        elif name and line.startswith("    "):
            found[name] += " " + line.strip()
        else:
            name = None
    return found


def paragraphs(thing: Any) -> list[str]:
    text = inspect.getdoc(thing) or ""
    if not text:
        raise LookupError(f"{thing!r} has no docstring to describe it by.")
    return text.split("\n\n")


def a(name: str) -> str:
    """A type's name with its article, as at the beginning of a sentence."""
    return f"An {name}" if name[0] in "AEIO" or name.startswith(("Up", "Und")) else f"A {name}"
