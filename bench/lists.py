"""Compares a page of each list with the same page where the tables are a hundred times as long."""

import statistics
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import orjson

from bench import data
from bench.answers import Different
from bench.answers import data as data_of
from bench.contenders import ask
from bench.scale import Side, compared, measured, serving

SIZES = (500, 50_000)
FIFTY = 50
# What each list asks, and which thing it hangs on: the first of its table, in the first place.
LISTS = {
    "groups": "{ groups(first: 50) { nodes { id name kind } } }",
    "group-members": "($group: ID!) { group(id: $group) { members(first: 50) { nodes { id name"
    " isExternal until } } } }",
    "group-rights": "($group: ID!) { group(id: $group) { rightAssignments(first: 50) { nodes { id"
    " right { title } } } } }",
    "memberships": "($user: ID!) { user(by: {id: $user}) { memberships(first: 50) { nodes { id"
    " group { name } } } } }",
    "right-holders": "($right: ID!) { right(id: $right) { holders(first: 50) { nodes { id name"
    " } } } }",
    "rare-right-holders": "($rare: ID!) { right(id: $rare) { holders(first: 50) { nodes { id name"
    " } } } }",
    "holders-by-group": "($shared: ID!) { right(id: $shared) { holders(first: 50) { edges { node {"
    " id name } sources { kind group { name } } } } } }",
    "users-by-right": "($right: ID!) { users(first: 50, filter: {rights: {rightIds: [$right]}}) {"
    " nodes { id name } } }",
    "users-by-rare-right": "($rare: ID!) { users(first: 50, filter: {rights: {rightIds: [$rare]}})"
    " { nodes { id name } } }",
    "assignments": "($user: ID!) { user(by: {id: $user}) { rightAssignments(first: 50) { nodes {"
    " id right { title } } } } }",
    "effective-rights": "($user: ID!) { user(by: {id: $user}) { effectiveRights { until right {"
    " title } sources { kind group { name } } } } }",
    "requests": "{ requests(first: 50) { nodes { id kind status user { name } } } }",
    "open-requests": "{ requests(first: 50, filter: {status: [OPEN]}) { nodes { id kind } } }",
    "powers": "{ powersOfAttorney(first: 50) { nodes { id name side grantor { name } } } }",
    "power-users": "($power: ID!) { powerOfAttorney(id: $power) { users(first: 50) { nodes { id"
    " name } } } }",
    "delegation-groups": "{ delegationGroups(first: 50) { nodes { id name } } }",
    "bundled-powers": "($bundle: ID!) { node(id: $bundle) { ... on DelegationGroup {"
    " powersOfAttorney(first: 50) { nodes { id name } } } } }",
    "transactions": "{ billing { transactions(first: 50) { nodes { id kind occurredAt amount"
    " user { name } } } } }",
    "months": '{ billing { months(from: "2026-01-01", until: "2026-01-31") { amount lines {'
    " kind quantity } } } }",
    "notifications": "{ notifications(first: 50) { nodes { id kind title readAt } } }",
    "production-units": "{ organisation { productionUnits(first: 50) { nodes { id pNumber name"
    " } } } }",
    "vat-units": "{ organisation { vatUnits(first: 50) { nodes { id seNumber name } } } }",
    "eans": "{ organisation { eans(first: 50) { nodes { id eanNumber label } } } }",
    "certificates": "{ certificates(first: 50) { nodes { id kind status email contactName"
    " expiresAt } } }",
    "changes": "{ changes(first: 50) { nodes { kind action oldVersion newVersion } } }",
}
# Each way to search a hundred thousand certificates: for what only the last ones have, or none.
FOUND = (
    "query ($filter: CertificateFilter) { certificates(first: 50, filter: $filter) { nodes { id"
    " kind status email contactName contactEmail expiresAt user { name } profile { name } } } }"
)
SEARCHES: dict[str, dict[str, Any]] = {
    "text": {"text": "bruger4999"},
    "text-nowhere": {"text": "zzz"},
    "uuid": {"uuid": "00000000-0000-4000-8000-000000000000"},
    "contact-name": {"contactName": "zzz"},
    "contact-email": {"contactEmail": "bruger49998@"},
    "email": {"email": "bruger49998@"},
    "kind": {"kind": ["SYSTEM"]},
    "status": {"status": ["ORDERED"]},
    "status-expired": {"status": ["EXPIRED"]},
    "expires-before": {"expiresBefore": "2027-01-15T00:00:00Z"},
    "all-at-once": {
        "text": "anne",
        "kind": ["SYSTEM"],
        "status": ["ISSUED"],
        "expiresBefore": "2027-01-15T00:00:00Z",
    },
}
TRIES = 60
THINGS = """
with home as (
    select organisation_id as id from role_assignment order by organisation_id limit 1
), power as (
    select id from power_of_attorney where grantee_id = (select id from home) order by id::text
)
select (select g.id from "group" g join home on home.id = g.organisation_id
        where g.kind = 'CUSTOM' order by g.name = 'Arbejdsgruppe 1' desc, g.id limit 1) as "group",
       (select u.id from "user" u join home on home.id = u.organisation_id
        order by u.id limit 1) as "user",
       (select id from "right" where code = 'tax.vat') as "right",
       (select id from "right" where code = 'customs.declaration') as rare,
       (select id from "right" where code = 'own.invoices') as shared,
       (select id from power limit 1) as power,
       (select d.id from delegation_group d join delegation_group_power b
        on b.delegation_group_id = d.id limit 1) as bundle
"""


@dataclass(frozen=True)
class Listed:
    """A page of a list, as both sides are asked for it."""

    name: str
    text: str

    def bodies(self, side: Side) -> list[bytes]:
        """The request, which must be answered by the planner with what there is."""
        (things,) = side.rows
        given = {name: str(one) for name, one in things.items() if f"${name}:" in self.text}
        query = self.text if self.text.startswith("{") else f"query {self.text}"
        body = orjson.dumps({"query": query, "variables": given})
        answer, _ = ask(side.server.url, side.token, body)
        if not entries(orjson.loads(data_of(answer))):
            raise Different(f"{self.name}: nothing in a list of {side.size:,}.")
        return [body]


def entries(found: Any) -> int:
    """How many entries the list in an answer has."""
    if isinstance(found, dict):
        return max((entries(one) for one in found.values()), default=0)
    return len(found) if isinstance(found, list) else 0


def main() -> int:
    """Measures each list at both lengths, and the searches in the longest one."""
    asked = [Listed(name, text) for name, text in LISTS.items()]

    def measure(sides: list[Side]) -> dict[str, list[float]]:
        for name, conditions in SEARCHES.items():
            print(f"search {name} {searched(sides[-1], conditions):.1f} ms p95", flush=True)
        return {one.name: compared(one, sides, seconds=0.5) for one in asked}

    return measured("list", SIZES, side, measure)


def searched(side: Side, conditions: dict[str, Any]) -> float:
    """The time within which nineteen of twenty searches are answered, in milliseconds."""
    body = orjson.dumps({"query": FOUND, "variables": {"filter": conditions}})
    times = []
    for _ in range(TRIES):
        began = perf_counter()
        answer, _ = ask(side.server.url, side.token, body)
        times.append(1000 * (perf_counter() - began))
        data_of(answer)
    return statistics.quantiles(times, n=20)[-1]


def side(address: str, size: int) -> AbstractContextManager[Side]:
    """A server on lists of that length."""
    return serving(f"lists-{size}", data.listed(address, size), THINGS, size)


if __name__ == "__main__":
    sys.exit(main())
