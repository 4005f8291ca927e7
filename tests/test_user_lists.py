"""The list of users: every filter, every order, and pages in both directions."""

from datetime import timedelta
from typing import Any

import pytest

from models import EanLocation, ProductionUnit, Role, RoleAssignment, VatUnit
from tests.making import EANS, P_NUMBERS

pytestmark = pytest.mark.anyio

USERS = """
query ($filter: UserFilter, $orderBy: UserOrder, $first: Int, $after: String, $last: Int,
    $before: String) {
  users(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last,
      before: $before) {
    totalCount
    edges { cursor node { name email status createdAt lastActiveAt surname firstName } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
P_NUMBER = P_NUMBERS[0]


@pytest.fixture
async def people(make, person, hansen, gateways):
    """Seven users: an administrator, three active, one each awaiting, deactivated and deleted."""
    here = {"organisation_id": hansen.id}
    unit = await ProductionUnit.get(**here, p_number=P_NUMBER)
    people = {
        "Dorte Friis": await person("user_administrator", name="Dorte Friis"),
        "Anne Østergaard": await person(
            name="Anne Østergaard", email="anne@firma.dk", production_unit_id=unit.id
        ),
        "Bo Holm": await person(
            "rights_administrator",
            name="Bo Holm",
            reference_text="100%_cost",
            vat_unit_id=(await VatUnit.get(**here)).id,
            assurance_level=4,
            last_active_at=gateways.clock.now(),
        ),
        "Carl Ågaard": await person(
            name="Carl Ågaard",
            is_anonymous=True,
            ean_id=(await EanLocation.get(**here)).id,
            assurance_level=3,
            last_active_at=gateways.clock.now() - timedelta(days=5),
        ),
        "Eva Lund": await person(name="Eva Lund", status="AWAITING_ACTIVATION", activated_at=None),
        "Gro Bech": await person(name="Gro Bech", status="DELETED"),
    }
    gateways.clock.advance(days=1)
    people["Finn Dam"] = await person(name="Finn Dam", status="DEACTIVATED")
    await make.group(hansen, people["Anne Østergaard"], people["Carl Ågaard"])
    await RoleAssignment.create(
        **here,
        user_id=people["Anne Østergaard"].id,
        role=Role.RIGHTS_ADMINISTRATOR,
        until_on=gateways.clock.now().date() - timedelta(days=1),
        assigned_at=gateways.clock.now(),
    )
    return people


@pytest.fixture
def admin(people):
    return people["Dorte Friis"]


def names(answer):
    return [edge["node"]["name"] for edge in answer["edges"]]


EVERYBODY = {"Dorte Friis", "Anne Østergaard", "Bo Holm", "Carl Ågaard", "Eva Lund", "Finn Dam"}


FILTERS: list[tuple[dict[str, Any] | None, set[str]]] = [
    (None, EVERYBODY),
    ({}, EVERYBODY),
    ({"text": "øSTER"}, {"Anne Østergaard"}),
    ({"text": "@FIRMA"}, {"Anne Østergaard"}),
    ({"text": "%_c"}, {"Bo Holm"}),
    ({"text": "_"}, {"Bo Holm"}),
    ({"text": ""}, EVERYBODY),
    ({"text": "\\"}, set()),
    ({"status": ["ACTIVE"]}, EVERYBODY - {"Eva Lund", "Finn Dam"}),
    ({"status": ["DEACTIVATED", "DELETED"]}, {"Finn Dam", "Gro Bech"}),
    ({"status": []}, set()),
    ({"status": None, "text": None, "createdAt": None}, EVERYBODY),
    ({"pNumber": P_NUMBER}, {"Anne Østergaard"}),
    ({"pNumber": P_NUMBERS[1]}, set()),
    ({"eanNumber": EANS[0]}, {"Carl Ågaard"}),
    ({"role": "RIGHTS_ADMINISTRATOR"}, {"Bo Holm"}),
    ({"role": "ORGANISATION_ADMINISTRATOR"}, set()),
    ({"role": "USER"}, EVERYBODY - {"Eva Lund"}),
    ({"role": "USER", "status": ["DELETED"]}, set()),
    ({"assuranceLevel": "HIGH"}, {"Bo Holm"}),
    ({"assuranceLevel": "SUBSTANTIAL"}, {"Carl Ågaard"}),
    ({"isAnonymous": True}, {"Carl Ågaard"}),
    ({"isAnonymous": False}, EVERYBODY - {"Carl Ågaard"}),
    ({"isEligibleForGroups": True}, EVERYBODY - {"Eva Lund"}),
    ({"isEligibleForGroups": False}, {"Eva Lund"}),
    ({"isEligibleForGroups": False, "status": ["DELETED"]}, {"Gro Bech"}),
    ({"createdAt": {"from": "2026-11-03T09:00:00Z"}}, {"Finn Dam"}),
    ({"createdAt": {"until": "2026-11-03T10:00:00+01:00"}}, EVERYBODY - {"Finn Dam"}),
    ({"createdAt": {"from": "2026-11-02T10:00:00Z", "until": "2026-11-03T09:00:00Z"}}, set()),
    ({"text": "a", "isAnonymous": True, "role": None}, {"Carl Ågaard"}),
    ({"lastActiveAt": {"from": "2026-11-02T09:00:00Z"}}, {"Bo Holm"}),
    ({"lastActiveAt": {"until": "2026-11-02T09:00:00Z"}}, {"Carl Ågaard"}),
    ({"lastActiveAt": {}}, EVERYBODY),
    ({"awaitingActivationSince": "2026-11-02T09:00:00Z"}, {"Eva Lund"}),
    ({"awaitingActivationSince": "2026-11-02T08:59:59Z"}, set()),
    ({"awaitingActivationSince": None}, EVERYBODY),
]


@pytest.mark.parametrize(("filter", "found"), FILTERS)
async def test_a_filter_finds_those_who_match_all_of_it(ask, admin, filter, found):
    answer = await ask(admin, USERS, filter=filter)

    assert set(names(answer)) == found
    assert answer["totalCount"] == len(names(answer)) == len(found)


async def test_one_filter_after_another_finds_its_own_by_the_same_document(ask, admin):
    for filter, found in [*FILTERS, *reversed(FILTERS)]:
        answer = await ask(admin, USERS, filter=filter)

        assert set(names(answer)) == found


async def test_users_are_found_by_their_vat_unit(ask, admin, hansen):
    answer = await ask(admin, USERS, filter={"seNumber": hansen.cvr_number})

    assert names(answer) == ["Bo Holm"]


async def test_users_are_found_by_their_group(ask, admin, person, make, hansen):
    group = await make.group(hansen, await person(name="Hans Hede"), name="Canteen")

    answer = await ask(admin, USERS, filter={"groupId": group.id})

    assert names(answer) == ["Hans Hede"]


@pytest.mark.parametrize(
    ("filter", "problem", "path"),
    [
        ({"pNumber": "1"}, "MALFORMED", ["filter", "pNumber"]),
        ({"eanNumber": "5790000123453"}, "CHECK_DIGIT_WRONG", ["filter", "eanNumber"]),
        ({"groupId": "x"}, "MALFORMED", ["filter", "groupId"]),
        ({"createdAt": {"from": "2026-11-02"}}, "MALFORMED", ["filter", "createdAt", "from"]),
        ({"text": "x" * 201}, "TOO_LONG", ["filter", "text"]),
    ],
)
async def test_a_wrong_value_in_a_filter_is_told(send, admin, filter, problem, path):
    answer = await send(admin, USERS, filter=filter)

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID", "problem": problem, "path": path}


# Danish letters follow z: æ, ø, å.
DANISH = str.maketrans("ÆØÅæøå", "[\\]{|}")
ORDERS = {
    "NAME": lambda node: node["name"].translate(DANISH),
    "SURNAME": lambda node: f"{node['surname']} {node['firstName']}".translate(DANISH),
    "EMAIL": lambda node: node["email"],
    "STATUS": lambda node: node["status"],
    "CREATED_AT": lambda node: node["createdAt"],
    "LAST_ACTIVE_AT": lambda node: node["lastActiveAt"] or "",  # whoever never was comes first
}


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
@pytest.mark.parametrize("field", ORDERS)
async def test_an_order_runs_either_way(ask, admin, field, direction):
    order = {"field": field, "direction": direction}

    answer = await ask(admin, USERS, orderBy=order)

    keys = [ORDERS[field](edge["node"]) for edge in answer["edges"]]
    assert len(set(keys)) > 1
    assert keys == sorted(keys, reverse=direction == "DESCENDING")


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
@pytest.mark.parametrize("field", [None, *ORDERS])
@pytest.mark.parametrize("size", [1, 4])
async def test_pages_cover_every_user_once_forwards_and_backwards(
    ask, admin, person, field, direction, size
):
    for _ in range(3):
        await person(name="Anne Østergaard", email="anne@firma.dk")
    order = {"orderBy": {"field": field, "direction": direction}} if field else {}
    whole = [edge["cursor"] for edge in (await ask(admin, USERS, **order))["edges"]]

    forwards, page = [], {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = await ask(admin, USERS, first=size, after=after, **order)
        forwards += [edge["cursor"] for edge in page["edges"]]
    backwards, page = [], {"pageInfo": {"startCursor": None, "hasPreviousPage": True}}
    while page["pageInfo"]["hasPreviousPage"]:
        before = page["pageInfo"]["startCursor"]
        page = await ask(admin, USERS, last=size, before=before, **order)
        backwards = [edge["cursor"] for edge in page["edges"]] + backwards

    assert len(set(whole)) == 9
    assert forwards == backwards == whole


async def test_a_page_knows_its_place_and_counts_all(ask, admin):
    whole = (await ask(admin, USERS))["edges"]

    page = await ask(admin, USERS, first=2, after=whole[1]["cursor"])

    assert page["edges"] == whole[2:4]
    assert page["totalCount"] == 6
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": True,
        "startCursor": whole[2]["cursor"],
        "endCursor": whole[3]["cursor"],
    }


async def test_an_employee_is_denied_the_list_rather_than_shown_an_empty_one(send, people):
    answer = await send(people["Carl Ågaard"], USERS)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "DENIED"
    assert error["extensions"]["permission"] == "user:list"
    assert answer["data"] == {"users": None}


async def test_each_organisation_lists_its_own_users(ask, make, jensen, people):
    stranger = await make.user(jensen, "user_administrator", name="Kirsten Bech")
    group = await make.group(jensen, stranger)

    there = await ask(stranger, USERS)
    here = await ask(people["Dorte Friis"], USERS, filter={"groupId": group.id})

    assert names(there) == ["Kirsten Bech"]
    assert names(here) == []
