"""Says who asks, and where they stand towards what they ask about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

SELF, PERSON, DELEGATE = "self", "person", "delegate"
OVER_OWN_ONLY = frozenset({SELF, PERSON, DELEGATE})  # roles that reach only what is one's own
# Roles that a system right gives to a machine, and nobody to a person.
OF_MACHINES = frozenset({"identity_management", "certificate_management"})


@dataclass(frozen=True)
class Power:
    """A power of attorney that somebody acts by, and the permissions of Segl that it carries."""

    id: UUID
    permissions: frozenset[str]


@dataclass(frozen=True)
class Subject:
    """Whoever asks, and the roles they hold in the organisation that the request speaks for."""

    user_id: UUID | None
    organisation_id: UUID | None
    roles: frozenset[str]
    powers: tuple[Power, ...] = ()
    certificate_id: UUID | None = None  # that a machine signed in with

    @classmethod
    def user(cls, user_id: UUID, organisation_id: UUID, roles: Iterable[str]) -> "Subject":
        """An activated user, with the administrator's roles that were given to it."""
        return cls(user_id, organisation_id, frozenset(roles))

    @classmethod
    def person(cls) -> "Subject":
        """Somebody signed in who has no user yet."""
        return cls(None, None, frozenset({PERSON}))

    @classmethod
    def machine(
        cls, certificate_id: UUID, organisation_id: UUID, rights: Iterable[str]
    ) -> "Subject":
        """A machine, with the system rights of its certificate; it is nobody's self."""
        roles = frozenset(right.lower() for right in rights)
        return cls(None, organisation_id, roles & OF_MACHINES, certificate_id=certificate_id)

    def acting(self, organisation_id: UUID, powers: Iterable[Power]) -> "Subject":
        """The same user in an organisation that gave these powers of attorney."""
        return replace(
            self,
            organisation_id=organisation_id,
            roles=frozenset({DELEGATE}),
            powers=tuple(powers),
        )

    def turned_away(self) -> "Subject":
        """The same one in an organisation where they may do nothing."""
        return replace(self, organisation_id=None, roles=frozenset(), powers=())

    @property
    def id(self) -> UUID | None:
        """The user, or the certificate of a machine; a person without a user has none."""
        return self.user_id or self.certificate_id

    @property
    def is_machine(self) -> bool:
        return self.certificate_id is not None

    @property
    def is_acting(self) -> bool:
        """Whether somebody acts for another organisation than their own."""
        return DELEGATE in self.roles

    @property
    def is_turned_away(self) -> bool:
        return self.organisation_id is None and self.id is not None

    @cached_property
    def carried(self) -> frozenset[str]:
        """What all the powers of attorney carry together."""
        return frozenset().union(*(one.permissions for one in self.powers))

    @cached_property
    def standing(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """All that the law asks of a subject: others of whom it is the same may do the same."""
        return self.roles, self.carried, self.is_turned_away

    def power(self, permission: str) -> UUID | None:
        """The power of attorney by which something is done, or in vain tried."""
        fitting = [one for one in self.powers if permission in one.permissions]
        return next((one.id for one in (*fitting, *self.powers)), None)

    def holds(self, organisation_id: Any, role: str) -> bool:
        return organisation_id == self.organisation_id and role in self.roles

    def carries(self, organisation_id: Any, role: str, thing: str, action: str) -> bool:
        """Whether a power of attorney lets one do what a row of the law lets a role do."""
        is_here = organisation_id == self.organisation_id and role not in OVER_OWN_ONLY
        return is_here and f"{thing}:{action}" in self.carried

    def over_own(self) -> "Subject":
        """The subject as it stands towards what is its own."""
        if self.is_turned_away or self.roles & {PERSON, DELEGATE, *OF_MACHINES}:
            return self
        return replace(self, roles=self.roles | {SELF})

    def __str__(self) -> str:
        return f"subject {self.id}"  # Casbin logs what it is asked: no name, no number
