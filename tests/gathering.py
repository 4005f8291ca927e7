"""What a made-up question can ask for so that it finds something: values and cursors of answers."""

import re
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import get_named_type, is_leaf_type, is_required_argument

from planner import pages
from schema.graph import graph
from tests.furnishing import CPR_NUMBERS

SCHEMA = graph._schema
KINDS = SCHEMA.type_map
# For each type the way to a list of its things: what leads there, the list, what closes the way.
LISTS = {
    "User": ("", "Query.users", ""),
    "Authenticator": ("users(first: 50) { nodes {", "User.authenticators", "} }"),
    "Request": ("", "Query.requests", ""),
    "UserImport": ("", "Query.userImports", ""),
    "UserImportRow": ("userImports(first: 20) { nodes {", "UserImport.plan", "} }"),
    "UserImportRowError": ("userImports(first: 20) { nodes {", "UserImport.rowErrors", "} }"),
    "Group": ("", "Query.groups", ""),
    "Right": ("", "Query.rights", ""),
    "GroupMember": ("groups(first: 20) { nodes {", "Group.members", "} }"),
    "PowerOfAttorney": ("", "Query.powersOfAttorney", ""),
    "DelegationGroup": ("", "Query.delegationGroups", ""),
    "Certificate": ("", "Query.certificates", ""),
    "CertificateProfile": ("", "Query.certificateProfiles", ""),
    "HistoryEntry": ("", "Query.history", ""),
    "Change": ("", "Query.changes", ""),
    "Notification": ("", "Query.notifications", ""),
    "ChargeableTransaction": ("billing {", "Billing.transactions", "}"),
    "ProductionUnit": ("organisation {", "Organisation.productionUnits", "}"),
    "VatUnit": ("organisation {", "Organisation.vatUnits", "}"),
    "EanLocation": ("organisation {", "Organisation.eans", "}"),
}
TEXTS = ("%", "_", "", "ø", "Æ", "\\", "'", '"', "e", "nothing like it", "x" * 201)

PERMISSIONS = (
    *("node:read", "user:read", "user:delete", "user:read_history", "role:assign"),
    *("user:list", "user:activate", "group:create", "no:such"),
)

Ask = Callable[[str, str], Awaitable[Any]]


@dataclass(repr=False)
class Known:
    """Values by field and by kind, each with the type it is of; ids by type, cursors by order."""

    values: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    kinds: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    ids: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    cursors: dict[tuple[str, str | None], list[str]] = field(default_factory=dict)

    def learn(self, name: str, node: dict[str, Any]) -> None:
        for key, value in node.items():
            if isinstance(value, str):
                kind = get_named_type(KINDS[name].fields[key].type).name  # type: ignore[attr-defined]
                self.values[key][value] = name
                self.kinds[kind][value] = None
        self.ids[name][node["id"]] = None

    def likely(self, member: str, kind: str, noun: str) -> list[str]:
        """Values for a member of an input: of the field by that name, best of that type's."""
        if kind == "ID":
            about = {"id": noun, "target": "User"}.get(member, member.removesuffix("Id"))
            return self.ids_of(about)
        if member == "text":
            return [*TEXTS, *self.parts()]
        found = self.values.get(member, {})
        return [one for one in found if found[one] == noun] or [*(found or self.kinds[kind])]

    def ids_of(self, noun: str) -> list[str]:
        """Ids of the types that a noun ends like, as `actorUser` does; of all if there is none."""
        last = re.split("(?=[A-Z])", noun[0].upper() + noun[1:])[-1]
        of = [name for name in self.ids if name == last or name.endswith(last)]
        return [one for name in of or self.ids for one in self.ids[name]]

    def parts(self) -> list[str]:
        """Words of the texts that answers hold."""
        return sorted({word for text in self.kinds["String"] for word in text.split()})[:200]


async def gathered(ask: Ask) -> Known:
    """What those who may see everything of the two organisations are answered."""
    known = Known()
    for asker in ("owner", "stranger"):
        for name in LISTS:
            for order in orders(LISTS[name][1]):
                found = await entries(ask, asker, name, order)
                for entry in found if asker == "owner" else found[:5]:
                    known.learn(name, entry["node"])
                    known.cursors.setdefault((name, order), []).append(entry["cursor"])
    for asker in ("owner", "stranger"):
        answer = await ask(asker, "{ organisation { cvrNumber } }")
        known.values["cvrNumber"][answer["organisation"]["cvrNumber"]] = "Organisation"
    known.values["cprNumber"] = dict.fromkeys(CPR_NUMBERS, "User")
    known.values["permission"] = dict.fromkeys(PERMISSIONS, "Viewer")
    for (name, order), real in [*known.cursors.items()]:
        known.cursors[name, order] = [*real[:40], *crossed(real)]
    return known


async def entries(ask: Ask, asker: str, name: str, order: str | None) -> list[dict[str, Any]]:
    before, way, after = LISTS[name]
    sort = f", orderBy: {{field: {order}}}" if order else ""
    states = ", filter: {status: [ACTIVE, DELETED, IMPORTED, DEACTIVATED, AWAITING_ACTIVATION]}"
    rest = f"{sort}{states if name == 'User' else ''}"
    text = (
        f"{{ {before} {way.split('.')[1]}(first: 60{rest})"
        f" {{ edges {{ cursor node {{ {' '.join(leaves(name))} }} }} }} {after} }}"
    )
    return [*edges(await ask(asker, text))]


def edges(answer: Any) -> Any:
    """The entries of all lists in an answer."""
    if isinstance(answer, list):
        for one in answer:
            yield from edges(one)
    elif isinstance(answer, dict):
        yield from answer.get("edges", ())
        for one in answer.values():
            yield from edges(one)


def orders(way: str) -> list[str | None]:
    """The orders in which a list can be asked for; none is its own."""
    kind, name = way.split(".")
    order = KINDS[kind].fields[name].args.get("orderBy")  # type: ignore[attr-defined]
    if order is None:
        return [None]
    choice = get_named_type(get_named_type(order.type).fields["field"].type)  # type: ignore[attr-defined]
    return [None, *choice.values]  # type: ignore[attr-defined]


def leaves(name: str) -> list[str]:
    """The fields of a type that ask for nothing more."""
    return [
        key
        for key, one in KINDS[name].fields.items()  # type: ignore[attr-defined]
        if is_leaf_type(get_named_type(one.type))
        and not any(is_required_argument(arg) for arg in one.args.values())
    ]


def crossed(real: list[str]) -> list[str]:
    """Cursors that nobody was given: the places of two entries, crossed."""
    places = [orjson.loads(urlsafe_b64decode(one + "=" * (-len(one) % 4))) for one in real[:8]]
    pairs = zip(places, reversed(places), strict=True)
    return [pages.cursor([*one[:-1], other[-1]]) for one, other in pairs]
