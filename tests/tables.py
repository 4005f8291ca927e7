"""Tables of who may do what: rows are permissions, columns are roles, x is yes."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from policies import Policy, Subject
from policies.subject import OVER_OWN_ONLY

POLICY = Policy()
SPOKEN_FOR: set[str] = set()


def who_may(table: str) -> Callable[..., Any]:
    """A test over every cell: the role may, or may not; and never in another organisation."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    SPOKEN_FOR.update(row[0] for row in rows)
    cells = [
        pytest.param(role, row[0], mark == "x", id=f"{row[0]}-{role}")
        for row in rows
        for role, mark in zip(head, row[1:], strict=True)
    ]

    @pytest.mark.parametrize(("role", "permission", "may"), cells)
    def test(role: str, permission: str, may: bool) -> None:
        roles = () if role == "self" else (role,)
        subject = Subject.user(uuid4(), uuid4(), roles) if role != "person" else Subject.person()
        allows = POLICY.allows_own if role in OVER_OWN_ONLY else POLICY.allows

        assert allows(subject, permission) is may
        assert not allows(subject, permission, where=uuid4())

    return test
