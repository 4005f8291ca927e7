"""Say what the pages ask of the application."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Person:
    """Somebody in the demonstration whom one may choose to be."""

    word: str
    name: str
    organisation: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class ShownLetter:
    """A letter as the mailbox shows it; without a time it still waits to be sent."""

    to: str
    subject: str
    body: str
    status: str
    sent_at: datetime | None


class Desk(Protocol):
    """Answers the pages: who there is, who is signed in, what was written to whom."""

    async def people(self) -> list[Person]:
        """Return the people to choose among."""

    async def token_of_user(self, word: str) -> str | None:
        """Return a token for the one with this word, or none if there is none."""

    def token_of_person(
        self, *, cpr_number: str | None, name: str | None, date_of_birth: str | None
    ) -> str:
        """Return a token for a private person, or raise ValueError with words for people."""

    async def letters(self) -> list[ShownLetter]:
        """Return all letters, in any order."""

    async def whoami(self, token: str) -> dict[str, Any] | None:
        """Return name, organisation, roles, kind and first tabs, or none for a bad token."""
