"""Say what people are written, in English or Danish, in the words of letters.toml."""

import tomllib
from functools import cache
from pathlib import Path

from models.messages import authenticator, fill, placeholders, role

LETTERS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("letters.toml").read_text(encoding="utf-8")
)
GREETING: dict[str, str] = LETTERS.pop("greeting")  # type: ignore[assignment]
WORDS = {"role": role, "authenticator": authenticator}


def letter(kind: str, language: str, **values: object) -> tuple[str, str]:
    """Write a letter's subject and body, which greets whoever is named."""
    subject, text = said(kind, language, **values)
    greeting = f"{fill(GREETING[language], language, values)}\n\n" if values.get("name") else ""
    return subject, f"{greeting}{text}\n"


def said(kind: str, language: str, **values: object) -> tuple[str, str]:
    """Say something in a line and in full; a value that it needs and lacks is a KeyError.

    A role or an authenticator is given by its name in the contract, and told in the words of the
    language.
    """
    return in_a_line(kind, language, **values), in_full(kind, language, **values)


def in_a_line(kind: str, language: str, **values: object) -> str:
    """Say something in a line, which no value breaks."""
    # A name with a line break in it must not begin a header of its own.
    return " ".join(_filled("subject", kind, language, values).split())


def in_full(kind: str, language: str, **values: object) -> str:
    """Say something in full."""
    return _filled("body", kind, language, values).strip()


def _filled(part: str, kind: str, language: str, values: dict[str, object]) -> str:
    for name, word in WORDS.items():
        if name in values:
            values[name] = word(str(values[name]), language)
    if missing := {name for name in _needed(kind, language) if values.get(name) in (None, "")}:
        raise KeyError(f"the letter {kind} needs {', '.join(sorted(missing))}")
    return fill(LETTERS[kind][language][part], language, values)


@cache
def _needed(kind: str, language: str) -> set[str]:
    """The values without which neither the line nor the whole can be said."""
    template = LETTERS[kind][language]
    return placeholders(template["subject"] + template["body"])[0]
