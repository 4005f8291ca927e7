"""Say to people, in English or Danish, what messages.toml holds."""

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

CATALOGUE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("messages.toml").read_text(encoding="utf-8")
)
CODES: tuple[str, ...] = tuple(
    code for code, text in CATALOGUE.items() if code.isupper() and text.get("problem", True)
)

_OPTIONAL = re.compile(r"\[([^][]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PART = re.compile(f"{_OPTIONAL.pattern}|{_PLACEHOLDER.pattern}")


def message(code: str, language: str, **values: object) -> str:
    """Say what is wrong and what to do; a code that no table bears is a KeyError."""
    return fill(_text(code)[language], language, values)


def about(code: str) -> str:
    """Say what a code means, in the words of the contract."""
    return str(_text(code)["about"])


def rule(key: str, language: str, **values: object) -> str | None:
    """Say the rule of a form of value or of a code, if there is one."""
    text = CATALOGUE["rules"].get(key) or CATALOGUE.get(key, {}).get("rule")
    return fill(text[language], language, values) if text else None


def sentence(key: str, language: str, **values: object) -> str:
    """Say one of the other texts that people read."""
    return fill(CATALOGUE["sentences"][key][language], language, values)


def headings(key: str, language: str) -> list[str]:
    """Name the columns of a file that is written for people."""
    return str(CATALOGUE["headings"][key][language]).split(";")


def role(name: str, language: str) -> str:
    """Name a role as it stands inside a sentence."""
    return str(CATALOGUE["roles"][name][language])


def authenticator(name: str, language: str) -> str:
    """Name a kind of authenticator, or a device, as it stands inside a sentence."""
    return str(CATALOGUE["authenticators"][name][language])


def fill(template: str, language: str, values: Mapping[str, object]) -> str:
    """Put values into a template; a list of roles is named and joined with "or".

    What stands in brackets is left out when a placeholder in it has no value. Values are put in
    once and never read as templates themselves.
    """

    def placeholder(match: re.Match[str]) -> str:
        word = _word(values.get(match[1]), language)
        return word or CATALOGUE["words"].get(match[1], {}).get(language, "")

    def part(match: re.Match[str]) -> str:
        if match[1] is None:
            return _PLACEHOLDER.sub(placeholder, match[0])
        if all(_word(values.get(name), language) for name in _PLACEHOLDER.findall(match[1])):
            return _PLACEHOLDER.sub(placeholder, match[1])
        return ""

    return _PART.sub(part, template)


def placeholders(template: str) -> tuple[set[str], set[str]]:
    """Name the placeholders that need a value, and those that may go without."""
    needed = set(_PLACEHOLDER.findall(_OPTIONAL.sub("", template)))
    return needed, set(_PLACEHOLDER.findall(template)) - needed


def _text(code: str) -> Any:
    if not code.isupper():
        raise KeyError(code)
    return CATALOGUE[code]


def _word(value: object, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        *others, last = map(partial(role, language=language), value) if value else [""]
        conjunction = CATALOGUE["words"]["or"][language]
        return f"{', '.join(others)} {conjunction} {last}" if others else last
    return str(value)
