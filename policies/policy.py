"""Asks Casbin once for each permission and set of roles: the law is fixed while we live."""

import csv
import logging
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import casbin

from policies.subject import OF_MACHINES, OVER_OWN_ONLY, SELF, Subject

HERE = Path(__file__).parent
MOST = 1000  # standings whose permissions are remembered: powers of attorney combine without end
Held = frozenset[str]
WORDS: dict[str, Any] = tomllib.loads((HERE / "permissions.toml").read_text(encoding="utf-8"))
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
        self._answers: dict[tuple[Held, Held, str, bool], str | None] = {}
        self._unfolded: dict[tuple[Held, Held, bool], tuple[Held, Held]] = {}

    def allows(self, subject: Subject, permission: str, where: UUID | None = None) -> bool:
        """Whether the subject may do this to anything there, by default where it stands."""
        return self.decider(subject, permission, where) is not None

    def decider(self, subject: Subject, permission: str, where: UUID | None = None) -> str | None:
        """The role by which the subject may do this to anything there."""
        return self._ask(subject, permission, subject.roles - OVER_OWN_ONLY, where)

    def allows_own(self, subject: Subject, permission: str, where: UUID | None = None) -> bool:
        """Whether the subject may do this to what is its own."""
        return self._ask(subject, permission, subject.over_own().roles, where) is not None

    def _ask(
        self, subject: Subject, permission: str, roles: frozenset[str], where: UUID | None
    ) -> str | None:
        """The role of the row that allows it; the law is fixed, so the answer is remembered."""
        here = where is None or where == subject.organisation_id
        question = (roles, subject.carried, permission, here)
        if question not in self._answers:
            standing = replace(subject, roles=roles)
            there = subject.organisation_id if here else where
            asked = self._casbin.enforce_ex(standing, there, *permission.split(":"))
            is_allowed, row = asked
            self._answers[question] = row[0] if is_allowed else None
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
        """The roles, of those that people can be given, that hold a permission over all."""
        return tuple(
            role.upper()
            for role, thing, action in self._rows
            if f"{thing}:{action}" == permission and role not in OVER_OWN_ONLY | OF_MACHINES
        )

    def granters(self, permission: str) -> tuple[str, ...]:
        """The roles that can give somebody a role that holds a permission."""
        return self.roles("role:assign") if self.roles(permission) else ()

    def is_over_oneself(self, permission: str) -> bool:
        """Whether every user holds a permission over what is their own."""
        return [SELF, *permission.split(":")] in self._rows

    def description(self, permission: str, language: str) -> str:
        """What a permission allows, in words."""
        thing, action = permission.split(":")
        return str(WORDS[thing][action][language])

    @property
    def _rows(self) -> list[list[str]]:
        return list(self._casbin.get_policy())


@cache
def law() -> Policy:
    """The law of this installation, which every server of a process asks."""
    return Policy()


def rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a policy file with their lines; Casbin itself takes a short row in silence."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, [one.strip() for one in next(csv.reader([line]))]
