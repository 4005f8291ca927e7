"""Reading: how few statements it takes, how long lists are turned, and what is found by id."""

import base64
import json
from uuid import uuid4

import pytest

from models import Billing, Organisation, ProductionUnit, UserSettings

pytestmark = pytest.mark.anyio

PAGE_OF_USERS = """
query ($first: Int!) {
  users(first: $first) {
    nodes {
      id uuid name firstName surname email phoneNumber cprNumber status createdAt
      memberships { nodes { group { name } } }
      certificates { nodes { status } }
    }
  }
}
"""
USERS = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  users(first: $first, after: $after, last: $last, before: $before, orderBy: {field: NAME}) {
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
GROUPS = """
query ($after: String) {
  groups(filter: {kind: CUSTOM}) {
    nodes { name members(first: 2, after: $after) {
      totalCount nodes { name } pageInfo { hasNextPage endCursor }
    } }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Aase Aa")


@pytest.fixture
async def people(admin, person):
    """Seven users of Hansen & Søn, the administrator being the first of them by name."""
    return [admin, *[await person(name=f"Bo Holm {letter}") for letter in "abcdef"]]


def names(page):
    return [one["name"] for one in page["nodes"]]


async def test_a_page_of_fifty_users_takes_as_few_statements_as_one_of_five(
    ask, make, person, admin, hansen, sql
):
    for _ in range(50):
        user = await person()
        await make.group(hansen, user, name=f"Group of {user.email}")
        await make.certificate(hansen, user=user)
    sql()

    few = await ask(admin, PAGE_OF_USERS, first=5)
    for_few = sql()
    many = await ask(admin, PAGE_OF_USERS, first=50)
    for_many = sql()

    assert (len(few["nodes"]), len(many["nodes"])) == (5, 50)
    assert sum(len(one["certificates"]["nodes"]) for one in many["nodes"]) == 49
    assert sum(len(one["memberships"]["nodes"]) for one in many["nodes"]) == 50 + 49
    assert for_few == for_many <= 7


async def test_counting_costs_a_statement_only_when_asked_for(ask, admin, people, sql):
    sql()

    await ask(admin, "{ users(first: 2) { nodes { id } } }")
    without = sql()
    counted = await ask(admin, "{ users(first: 2) { totalCount nodes { id } } }")

    assert counted["totalCount"] == 7
    assert sql() == without + 1


async def test_a_list_is_turned_page_by_page_to_its_end_and_back(ask, admin, people):
    first = await ask(admin, USERS, first=3)
    second = await ask(admin, USERS, first=3, after=first["pageInfo"]["endCursor"])
    third = await ask(admin, USERS, first=3, after=second["pageInfo"]["endCursor"])
    back = await ask(admin, USERS, last=3, before=third["pageInfo"]["startCursor"])

    assert names(first) + names(second) + names(third) == [one.name for one in people]
    assert [one["pageInfo"]["hasNextPage"] for one in (first, second, third)] == [True, True, False]
    assert not first["pageInfo"]["hasPreviousPage"]
    assert names(back) == names(second)
    assert back["pageInfo"]["hasPreviousPage"]
    assert back["pageInfo"]["hasNextPage"]


async def test_the_last_of_a_list_come_in_the_order_of_the_list(ask, admin, people):
    page = await ask(admin, USERS, last=2)

    assert names(page) == ["Bo Holm e", "Bo Holm f"]
    assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_page_of_nothing_has_no_cursors(ask, admin):
    page = await ask(
        admin,
        '{ users(filter: {text: "nobody"}) { nodes { id } pageInfo {'
        " hasNextPage hasPreviousPage startCursor endCursor } totalCount } }",
    )

    assert page == {
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


async def test_every_row_above_has_a_page_of_its_own(ask, make, admin, people, hansen):
    await make.group(hansen, *people[:3], name="Payroll")
    await make.group(hansen, people[3], name="Press")

    page = await ask(admin, GROUPS)

    assert names(page) == ["Payroll", "Press"]
    payroll, press = [one["members"] for one in page["nodes"]]
    assert (payroll["totalCount"], len(payroll["nodes"])) == (3, 2)
    assert (press["totalCount"], names(press)) == (1, ["Bo Holm c"])
    assert [one["pageInfo"]["hasNextPage"] for one in (payroll, press)] == [True, False]


async def test_a_page_within_a_page_is_turned_too(ask, make, admin, people, hansen):
    await make.group(hansen, *people[:3])
    first = (await ask(admin, GROUPS))["nodes"][0]["members"]

    second = await ask(admin, GROUPS, after=first["pageInfo"]["endCursor"])

    rest = second["nodes"][0]["members"]
    assert sorted(names(first) + names(rest)) == [one.name for one in people[:3]]
    assert not rest["pageInfo"]["hasNextPage"]


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


TAMPERED = {
    "no-text-of-ours": "tampered",
    "letters-of-no-alphabet": "é",
    "no-list": cursor()[:1],
    "too-few-values": cursor("Bo Holm"),
    "too-many-values": cursor("Bo Holm", str(uuid4()), "more"),
    "a-number": cursor("Bo Holm", 7),
    "no-id": cursor("Bo Holm", "tampered"),
    "a-text-that-no-database-takes": cursor("\0", str(uuid4())),
    "empty": "",
}


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize("text", TAMPERED.values(), ids=TAMPERED)
async def test_a_cursor_that_was_tampered_with_is_refused_where_it_stands(
    send, admin, argument, text
):
    answer = await send(admin, USERS, **{argument: text})

    assert answer["data"] == {"users": None}
    assert told(answer) == [("INVALID", [argument])]


async def test_a_cursor_of_another_order_is_refused(send, ask, admin, people):
    page = await ask(admin, USERS, first=1)
    by_time = "query ($after: String) { users(after: $after, orderBy: {field: CREATED_AT}) {"
    by_time += " nodes { id } } }"

    answer = await send(admin, by_time, after=page["pageInfo"]["endCursor"])

    assert told(answer) == [("INVALID", ["after"])]


@pytest.mark.parametrize(
    ("sizes", "argument"),
    [
        ({"first": 2, "last": 2}, "last"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"first": -1}, "first"),
        ({"last": 0}, "last"),
        ({"last": 101}, "last"),
    ],
    ids=str,
)
async def test_a_page_has_one_size_of_1_to_100(send, admin, sizes, argument):
    answer = await send(admin, USERS, **sizes)

    assert answer["data"] == {"users": None}
    assert told(answer) == [("INVALID", [argument])]


def told(answer):
    """The code and the argument of each error."""
    return [(one["extensions"]["code"], one["extensions"].get("path")) for one in answer["errors"]]


async def things(make, organisation, user):
    """One thing of every kind that can be found by id, by the name of its type."""
    here = {"organisation_id": organisation.id}
    group = await make.group(organisation, user)
    return {
        "Organisation": await Organisation.get(id=organisation.id),
        "ProductionUnit": await ProductionUnit.filter(**here).first(),
        "User": user,
        "Group": group,
        "GroupMember": await group.members.all().first(),
        "CertificateProfile": await make.profile(organisation),
        "Certificate": await make.certificate(organisation, user=user),
        "Billing": await Billing.get(**here),
        "UserSettings": await UserSettings.get(**here),
    }


async def test_anything_of_the_organisation_is_found_by_its_id(ask, make, admin, hansen):
    for kind, thing in (await things(make, hansen, admin)).items():
        assert await ask(admin, NODE, id=thing.id) == {"__typename": kind, "id": str(thing.id)}


async def test_nothing_of_another_organisation_is_found_by_its_id(
    ask, make, person, hansen, jensen
):
    stranger = await person("user_administrator", organisation=jensen)
    theirs = await things(make, hansen, await person())
    for thing in theirs.values():
        assert await ask(stranger, NODE, id=thing.id) is None

    found = await ask(stranger, NODES, ids=[one.id for one in theirs.values()])

    assert found == [None] * len(theirs)


async def test_things_by_id_come_in_the_order_of_the_ids_and_null_for_what_there_is_not(
    ask, make, admin, hansen
):
    group = await make.group(hansen)
    ids = [group.id, "tampered", admin.id, uuid4(), group.id, ""]

    found = await ask(admin, NODES, ids=ids)

    known = [None if one is None else one["id"] for one in found]
    assert known == [str(group.id), None, str(admin.id), None, str(group.id), None]


async def test_more_than_a_hundred_ids_are_refused(send, admin):
    hundred = await send(admin, NODES, ids=[admin.id] * 100)
    more = await send(admin, NODES, ids=[admin.id] * 101)

    assert len(hundred["data"]["nodes"]) == 100
    assert told(more) == [("INVALID", ["ids"])]


async def test_documents_may_use_all_that_graphql_has(ask, make, admin, people, hansen):
    await make.group(hansen, *people[:3])
    document = """
      query ($some: Int = 1, $yes: Boolean!, $no: Boolean!) {
        groups(filter: {kind: CUSTOM}) { nodes {
          __typename
          one: members(first: $some) { ...Names }
          two: members(first: 2) { ... on GroupMemberConnection { ...Names @include(if: $yes) } }
          name @skip(if: $yes)
          description @include(if: $no)
          kind @skip(if: $no)
        } }
      }
      fragment Names on GroupMemberConnection { nodes { ...Name } }
      fragment Name on GroupMember { name }
    """

    page = await ask(admin, document, yes=True, no=False)

    (group,) = page["nodes"]
    assert group.keys() == {"__typename", "one", "two", "kind"}
    assert group["__typename"] == "Group"
    assert (len(group["one"]["nodes"]), len(group["two"]["nodes"])) == (1, 2)


async def test_a_field_asked_for_twice_is_answered_once_with_all_that_was_asked(ask, admin):
    document = "{ users { nodes { roles { role } } } users { nodes { name roles { from } } } }"

    page = await ask(admin, document)

    assert page["nodes"] == [
        {"name": "Aase Aa", "roles": [{"role": "USER_ADMINISTRATOR", "from": None}]}
    ]
