"""Asks Casbin once for each permission and set of roles: the law is fixed while we live."""

import csv
import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from uuid import UUID

import casbin

from policies.subject import OVER_OWN_ONLY, Subject

HERE = Path(__file__).parent
MOST = 1000  # standings whose permissions are remembered: powers of attorney combine without end
Held = frozenset[str]
logging.getLogger("casbin").setLevel(logging.ERROR)  # a denial is an answer, not a warning


class Policy:
    """The law, read from `model.conf` and `policy.csv`."""

    def __init__(self, folder: Path = HERE):
        for number, row in rows(folder / "policy.csv"):
            if len(row) != 4 or not all(one.isidentifier() for one in row):
                raise ValueError(f"policy.csv, line {number}: p, role, object, action is expected.")
        self._casbin = casbin.Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
        self._casbin.add_function("holds", Subject.holds)
        self._casbin.add_function("carries", Subject.carries)
        self._answers: dict[tuple[Held, Held, str, bool], bool] = {}
        self._unfolded: dict[tuple[Held, Held, bool], tuple[Held, Held]] = {}

    def allows(self, subject: Subject, permission: str, where: UUID | None = None) -> bool:
        """Whether the subject may do this to anything there, by default where it stands."""
        return self._ask(subject, permission, subject.roles - OVER_OWN_ONLY, where)

    def allows_own(self, subject: Subject, permission: str, where: UUID | None = None) -> bool:
        """Whether the subject may do this to what is its own."""
        return self._ask(subject, permission, subject.over_own().roles, where)

    def _ask(
        self, subject: Subject, permission: str, roles: frozenset[str], where: UUID | None
    ) -> bool:
        """The law is fixed: one answer for each set of roles, here or elsewhere."""
        here = where is None or where == subject.organisation_id
        question = (roles, subject.carried, permission, here)
        if question not in self._answers:
            standing = replace(subject, roles=roles)
            there = subject.organisation_id if here else where
            self._answers[question] = bool(
                self._casbin.enforce(standing, there, *permission.split(":"))
            )
        return self._answers[question]

    def unfolded(self, subject: Subject) -> tuple[frozenset[str], frozenset[str]]:
        """All that the subject may do to anything there, and to what is its own."""
        known = subject.standing
        if known not in self._unfolded:
            if len(self._unfolded) >= MOST:
                self._unfolded.clear()
                self._answers.clear()
            every = self.permissions
            self._unfolded[known] = (
                frozenset(one for one in every if self.allows(subject, one)),
                frozenset(one for one in every if self.allows_own(subject, one)),
            )
        return self._unfolded[known]

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """Every permission that some role holds, sorted."""
        return tuple(sorted({f"{thing}:{action}" for _, thing, action in self._rows}))

    def roles(self, permission: str) -> tuple[str, ...]:
        """The roles that hold a permission over the whole organisation."""
        return tuple(
            role.upper()
            for role, thing, action in self._rows
            if f"{thing}:{action}" == permission and role not in OVER_OWN_ONLY
        )

    def granters(self, permission: str) -> tuple[str, ...]:
        """The roles that can give somebody a role that holds a permission."""
        return self.roles("role:assign") if self.roles(permission) else ()

    @property
    def _rows(self) -> list[list[str]]:
        return list(self._casbin.get_policy())


def rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a policy file with their lines; Casbin itself takes a short row in silence."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, [one.strip() for one in next(csv.reader([line]))]
