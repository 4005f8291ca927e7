"""Reads settings that people write, and says what is wrong with them without repeating them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Unusable(Exception):
    """A setting or an argument that cannot be used, in words for the person who gave it."""


def whole(name: str, text: str | None, usual: int, most: int) -> int:
    """Read a whole number from 1 on."""
    text = str(usual) if text is None else text
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Unusable(f"{name} must be a whole number from 1 to {most}.")
    return int(text)


def wholes(
    prefix: str, given: Mapping[str, str], usual: Mapping[str, int], most: Mapping[str, int]
) -> dict[str, int]:
    """Read several whole numbers whose names begin alike; the usual one for each not given."""
    names = {name: f"{prefix}_{name.upper()}" for name in usual}
    return {
        name: whole(full, given.get(full), usual[name], most[name]) for name, full in names.items()
    }


def truth(name: str, text: str | None) -> bool:
    """Read yes or no, in the ways that people write it."""
    word = (text or "no").lower()
    if word not in ("yes", "no", "1", "0", "true", "false", "on", "off"):
        raise Unusable(f"{name} must be yes or no.")
    return word in ("yes", "1", "true", "on")


def hexadecimal(name: str, text: str | None) -> bytes | None:
    """Read a key of 32 bytes."""
    try:
        key = bytes.fromhex(text) if text else None
    except ValueError:
        key = b""
    if key is not None and len(key) != 32:
        raise Unusable(f"{name} must be 64 hexadecimal digits: openssl rand -hex 32 makes them.")
    return key


def from_file(name: str, path: str | None, read: Callable[[Path], T], usual: T) -> T:
    """Read what a file holds; the usual where none is named."""
    try:
        return read(Path(path)) if path else usual
    except OSError as bad:
        raise Unusable(f"{name} must name a file that can be read: {bad.strerror}.") from None
    except (KeyError, TypeError, ValueError, ArithmeticError) as bad:
        raise Unusable(f"{name}: the file does not hold what it should: {bad!r}.") from None
