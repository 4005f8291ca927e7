"""Says who asks, and where they stand towards what they ask about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

SELF, PERSON = "self", "person"
OVER_OWN_ONLY = frozenset({SELF, PERSON})  # roles that reach no further than what is one's own


@dataclass(frozen=True)
class Subject:
    """Whoever asks, and the roles they hold in the organisation that the request speaks for."""

    user_id: UUID | None
    organisation_id: UUID | None
    roles: frozenset[str]

    @classmethod
    def user(cls, user_id: UUID, organisation_id: UUID, roles: Iterable[str]) -> "Subject":
        """An activated user, with the administrator's roles that were given to it."""
        return cls(user_id, organisation_id, frozenset(roles))

    @classmethod
    def person(cls) -> "Subject":
        """Somebody signed in who has no user yet."""
        return cls(None, None, frozenset({PERSON}))

    def holds(self, organisation_id: Any, role: str) -> bool:
        return organisation_id == self.organisation_id and role in self.roles

    def over_own(self) -> "Subject":
        """The subject as it stands towards what is its own."""
        if PERSON in self.roles:
            return self
        return replace(self, roles=self.roles | {SELF})

    def __str__(self) -> str:
        return f"user {self.user_id}"  # Casbin logs what it is asked: no name, no number
