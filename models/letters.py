"""Say what people are written, in English or Danish, in the words of letters.toml."""

import tomllib
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
    for name, word in WORDS.items():
        if name in values:
            values[name] = word(str(values[name]), language)
    template = LETTERS[kind][language]
    needed, _ = placeholders(template["subject"] + template["body"])
    if missing := {name for name in needed if values.get(name) in (None, "")}:
        raise KeyError(f"the letter {kind} needs {', '.join(sorted(missing))}")
    # A name with a line break in it must not begin a header of its own.
    subject = " ".join(fill(template["subject"], language, values).split())
    return subject, fill(template["body"], language, values).strip()
