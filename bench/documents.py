"""What is asked, and by whom: sixteen administrators, each in an organisation of their own."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from gateways import Claims, SignedTokens

TEXTS = Path(__file__).parent / "texts"
ASKERS = 16
PEOPLE = """
select distinct r.user_id, r.organisation_id, array(
    select u.id::text from "user" u where u.organisation_id = r.organisation_id
    order by u.id limit 32) as users
from role_assignment r order by r.organisation_id limit $1
"""


@dataclass(frozen=True)
class Person:
    """Somebody who asks, and users of the same organisation to ask about."""

    id: str
    token: str
    organisation_id: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A document as it is sent."""

    text: str

    @cached_property
    def operation(self) -> str:
        return re.split(r"\W", self.text, maxsplit=2)[1]

    @cached_property
    def variables(self) -> set[str]:
        return set(re.findall(r"\$(\w+):", self.text))


@dataclass(frozen=True)
class Document:
    """A document, in PostGraphile's words too, and the variables of its n-th request."""

    name: str
    variables: Callable[[Person, int], dict[str, Any]]
    is_change: bool = False

    @cached_property
    def texts(self) -> tuple[Text, Text]:
        ours, theirs = (f"{self.name}{kind}.graphql" for kind in ("", ".postgraphile"))
        return Text((TEXTS / ours).read_text()), Text((TEXTS / theirs).read_text())

    def request(self, person: Person, number: int, is_postgraphile: bool = False) -> bytes:
        """The body of a request."""
        one, given = self.texts[is_postgraphile], self.variables(person, number)
        if is_postgraphile:
            here = {"organisationId": person.organisation_id, "askerId": person.id}
            flat = given | given.get("input", {}) | here
            given = {name: flat[name] for name in one.variables}
        asked = {"query": one.text, "operationName": one.operation, "variables": given}
        return orjson.dumps(asked)


def user(person: Person, number: int) -> dict[str, Any]:
    return {"id": person.users[number % len(person.users)]}


def page(person: Person, number: int) -> dict[str, Any]:
    return {"first": 50}


def phone_number(person: Person, number: int) -> dict[str, Any]:
    """Another number each time that the turn comes to the same user."""
    user_id = person.users[number % len(person.users)]
    return {"input": {"userId": user_id, "phoneNumber": f"{30_000_000 + number}"}}


DOCUMENTS = {
    one.name: one
    for one in (
        Document("user", user),
        Document("users", page),
        Document("users-with-groups", page),
        Document("update", phone_number, is_change=True),
    )
}


def people(url: str, key: bytes) -> list[Person]:
    """The administrators who ask, with tokens by the server's key, and 32 users for each."""
    identity, now = SignedTokens(key, timedelta(hours=2)), datetime.now(UTC)
    return [
        Person(str(one), identity.token(Claims(user_id=one), now), str(here), tuple(users))
        for one, here, users in asyncio.run(found(url))
    ]


async def found(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(PEOPLE, ASKERS))
    finally:
        await connection.close()
