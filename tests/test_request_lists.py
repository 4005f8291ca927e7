"""The inbox of requests: latest first, and those that one may decide."""

import pytest

from models import RequestKind, Right, Role
from models.requests import DECIDING
from policies import Policy
from resolvers import demo
from tests.requests import MINE, REQUEST, REQUESTS
from tests.users import CPR

pytestmark = pytest.mark.anyio

ROLES = ("user_administrator", "rights_administrator", "organisation_administrator")
NODE = "query ($id: ID!) { node(id: $id) { id ... on Request { status } } }"
INBOX = """
{ requests(filter: {canDecide: true}) { totalCount nodes { id canDecide } } }
"""
REST = "{ requests(filter: {canDecide: false}) { totalCount nodes { id canDecide } } }"


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund")


@pytest.fixture
async def requests(make, hansen, jensen, eva):
    """Four requests, the latest first; and one elsewhere."""
    found = [
        await make.request(hansen, cpr=CPR),
        await make.request(hansen, status="REJECTED"),
        await make.request(hansen, user=eva, status="WITHDRAWN"),
        await make.request(hansen, user=eva),
    ]
    await make.request(jensen)
    return [str(one.id) for one in reversed(found)]


def ids(page):
    return [one["id"] for one in page["nodes"]]


@pytest.mark.parametrize("role", ROLES)
async def test_administrators_see_everybodys_requests_latest_first(ask, person, requests, role):
    page = await ask(await person(role), REQUESTS)

    assert ids(page) == requests
    assert page["totalCount"] == 4


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        ({"kind": ["USER"]}, [2, 3]),
        ({"status": ["OPEN"]}, [0, 3]),
        ({"status": ["WITHDRAWN", "REJECTED"], "kind": ["ANONYMITY"]}, [1]),
        ({"canDecide": True}, [0, 3]),
        ({"canDecide": False}, [1, 2]),
        ({"canDecide": None, "kind": None}, [0, 1, 2, 3]),
    ],
)
async def test_requests_are_found_by_conditions(ask, person, requests, condition, places):
    page = await ask(await person("user_administrator"), REQUESTS, filter=condition)

    assert ids(page) == [requests[place] for place in places]
    assert page["totalCount"] == len(places)


async def test_requests_are_found_by_whom_they_are_about(ask, person, requests, eva):
    page = await ask(await person("user_administrator"), REQUESTS, filter={"userId": eva.id})

    assert ids(page) == requests[:2]


async def test_what_one_may_decide_is_one_s_own_to_know_whoever_asked_before(
    asker, person, requests
):
    """The same document, whose plan is remembered, answers each by what each may."""
    found = {}
    for role in (*ROLES, ROLES[0]):
        who = await person(role)
        for document in (INBOX, REST):
            response = await asker.post(who, document)
            assert "X-Segl-Executor" not in response.headers
            page = response.json()["data"]["requests"]
            found[role, document] = ids(page)
            assert {one["canDecide"] for one in page["nodes"]} <= {document is INBOX}

    assert found["user_administrator", INBOX] == [requests[0], requests[3]]
    assert found["user_administrator", REST] == requests[1:3]
    for role in ROLES[1:]:
        assert found[role, INBOX] == []
        assert found[role, REST] == requests


async def test_a_request_tells_who_wants_to_become_a_user(ask, person, requests):
    request = await ask(await person("user_administrator"), REQUEST, id=requests[3])

    assert request["person"] == {
        "firstName": "Anne",
        "surname": "Østergaard",
        "email": "anne@example.dk",
        "phoneNumber": None,
        "cprNumber": "610190-****",
    }
    assert (request["user"], request["canDecide"]) == (None, True)
    assert request["askedBy"] == {"kind": "PERSON", "name": "Anne Østergaard", "user": None}


OF_OTHERS = (RequestKind.USER, RequestKind.POWER_OF_ATTORNEY)  # who are no users here


@pytest.fixture
async def one_of_each(make, hansen, eva):
    """An open request of each kind, and one of each that has been withdrawn."""
    jensen = await make.organisation("Jensen A/S")
    facts = {
        RequestKind.USER: {},
        RequestKind.ANONYMITY: {"user": eva},
        RequestKind.RIGHT: {"user": eva, "right": await Right.get(code="tax.vat")},
        RequestKind.ROLE: {"user": eva, "role": Role.USER_ADMINISTRATOR},
        RequestKind.POWER_OF_ATTORNEY: {
            "power_of_attorney": await make.power(hansen, jensen, status="REQUESTED"),
            "from_organisation": jensen,
            "user": await make.user(jensen, "organisation_administrator"),
        },
    }
    for status in ("OPEN", "WITHDRAWN"):
        for kind, one in facts.items():
            await make.request(hansen, **one, kind=kind, status=status)
    assert set(facts) == set(RequestKind)


@pytest.mark.parametrize("kind", RequestKind)
async def test_every_kind_is_found_by_every_condition(ask, person, one_of_each, eva, kind):
    async def found(role, **condition):
        nodes = (await ask(await person(role), REQUESTS, filter=condition))["nodes"]
        return [(one["kind"], one["status"]) for one in nodes]

    deciding = Policy().roles(DECIDING[kind])
    for role in ROLES:
        may = role.upper() in deciding
        decided = await found(role, kind=[kind], canDecide=True)
        assert decided == [(kind, "OPEN")] * may
        rest = await found(role, kind=[kind], canDecide=False)
        assert rest == [(kind, "WITHDRAWN")] + [(kind, "OPEN")] * (not may)
        assert await found(role, kind=[kind], status=["OPEN"]) == [(kind, "OPEN")]
        hers = await found(role, kind=[kind], userId=eva.id)
        assert len(hers) == (0 if kind in OF_OTHERS else 2)


async def test_one_reads_one_s_own_requests_and_nobody_else_s(ask, send, eva, requests):
    mine = await ask(eva, MINE, id=eva.id)
    others = await send(eva, REQUEST, id=requests[3])
    inbox = await send(eva, REQUESTS)

    assert ids(mine["requests"]) == requests[:2]
    assert (await ask(eva, NODE, id=requests[0])) == {"id": requests[0], "status": "OPEN"}
    assert (await ask(eva, NODE, id=requests[3])) is None
    for answer in (others, inbox):
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["DENIED"]


async def test_a_stranger_sees_none_of_it(ask, send, make, jensen, requests):
    stranger = await make.user(jensen, *ROLES)

    page = await ask(stranger, REQUESTS)
    one = await send(stranger, REQUEST, id=requests[0])

    assert page["totalCount"] == 1
    assert not set(ids(page)) & set(requests)
    assert [one["extensions"]["code"] for one in one["errors"]] == ["NOT_FOUND"]
    assert (await ask(stranger, NODE, id=requests[0])) is None


async def test_the_demo_has_an_open_request_of_each_kind(empty, gateways, send):
    await demo.load(gateways)

    answer = await send(await demo.user_named("user-administrator"), REQUESTS)

    page = answer["data"]["requests"]
    assert [(one["kind"], one["canDecide"]) for one in page["nodes"]] == [
        ("ROLE", False),
        ("RIGHT", False),
        ("ANONYMITY", True),
        ("USER", True),
    ]


async def test_a_long_list_takes_as_many_statements_as_a_short_one(
    asker, person, make, hansen, requests, sql
):
    admin, counts = await person("user_administrator"), []
    for _ in range(2):
        await asker.post(admin, REQUESTS, first=50)
        sql()
        response = await asker.post(admin, REQUESTS, first=50)
        assert "X-Segl-Executor" not in response.headers
        counts.append(sql())
        for _ in range(20):
            await make.request(hansen, user=await person())

    assert counts == [3, 3]  # who asks, the page, how many
