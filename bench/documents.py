"""What is asked, and by whom: sixteen administrators, each in an organisation of their own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

ASKERS = 16
SCALARS = "id uuid status name email phoneNumber referenceText assuranceLevel canSign createdAt"
RELATIONS = (
    " memberships(first: 10) { nodes { group { id name } } }"
    " certificates(first: 5) { nodes { id kind status expiresAt } }"
)
PAGE = "nodes { %s } pageInfo { hasNextPage endCursor }"
UPDATED = "user { id name phoneNumber } errors { code message }"


@dataclass(frozen=True)
class Person:
    """Somebody who asks, and the users of the same organisation to ask about."""

    id: str
    organisation_id: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A document, the variables of its n-th request, and how PostGraphile says the same."""

    text: str
    variables: Callable[[Person, int], dict[str, Any]]
    postgraphile: str
    is_change: bool = False

    def request(self, person: Person, number: int, is_postgraphile: bool = False) -> bytes:
        """The body of a request."""
        variables = self.variables(person, number)
        if is_postgraphile:
            variables |= variables.pop("input", {}) | {"organisationId": person.organisation_id}
            declared = self.postgraphile.partition(")")[0]
            variables = {name: one for name, one in variables.items() if f"${name}:" in declared}
        text = self.postgraphile if is_postgraphile else self.text
        name = text.split(" ", 1)[1].split("(", 1)[0]
        return orjson.dumps({"query": text, "operationName": name, "variables": variables})


def user(person: Person, number: int) -> dict[str, Any]:
    return {"id": person.users[number % len(person.users)]}


def page(person: Person, number: int) -> dict[str, Any]:
    return {"first": 50}


def phone_number(person: Person, number: int) -> dict[str, Any]:
    """Another number each time that the turn comes to the same user."""
    user_id = person.users[number % len(person.users)]
    return {"input": {"userId": user_id, "phoneNumber": f"{30_000_000 + number}"}}


THEIR_SCALARS = SCALARS.replace("id ", "id: rowId ", 1)
THEIR_RELATIONS = (
    " memberships: groupMembersByUserId(first: 10) { nodes { group: groupByGroupId"
    " { id: rowId name } } }"
    " certificates: certificatesByUserId(first: 5)"
    " { nodes { id: rowId kind status expiresAt } }"
)
THEIR_PAGE = (
    "query %s($first: Int!, $organisationId: UUID!) { users: allUsers(first: $first,"
    " condition: { organisationId: $organisationId }, orderBy: PRIMARY_KEY_ASC) { %s } }"
)

DOCUMENTS = {
    "user": Document(
        "query User($id: ID!) { user(by: {id: $id}) { %s } }" % SCALARS,
        user,
        "query User($id: UUID!) { user: userByRowId(rowId: $id) { %s } }" % THEIR_SCALARS,
    ),
    "users": Document(
        "query Users($first: Int!) { users(first: $first) { %s } }" % PAGE % SCALARS,
        page,
        THEIR_PAGE % ("Users", PAGE % THEIR_SCALARS),
    ),
    "users-with-groups": Document(
        "query UsersWithGroups($first: Int!) { users(first: $first) { %s } }"
        % PAGE
        % (SCALARS + RELATIONS),
        page,
        THEIR_PAGE % ("UsersWithGroups", PAGE % (THEIR_SCALARS + THEIR_RELATIONS)),
    ),
    "update": Document(
        "mutation Update($input: UpdateUserInput!) { updateUser(input: $input) { %s } }" % UPDATED,
        phone_number,
        "mutation Update($userId: UUID!, $phoneNumber: String!) { updateUser:"
        " changePhoneNumber(input: {userId: $userId, phoneNumber: $phoneNumber})"
        " { user: result { id: rowId name phoneNumber } } }",
        is_change=True,
    ),
}


def people(url: str) -> list[Person]:
    """The administrators who ask, and 32 users of each one's organisation."""
    return asyncio.run(found(url))


async def found(url: str) -> list[Person]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "select distinct r.user_id, r.organisation_id, array(select u.id::text from"
            ' "user" u where u.organisation_id = r.organisation_id order by u.id limit 32) as users'
            " from role_assignment r order by r.organisation_id limit $1",
            ASKERS,
        )
    finally:
        await connection.close()
    return [Person(str(one[0]), str(one[1]), tuple(one[2])) for one in rows]
