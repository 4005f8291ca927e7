"""What is taken over a socket and by events, from whom, and how much; and what is refused."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateways import Claims
from graphiql.forms import COOKIE
from models import Group
from schema.streams import Room
from server import Environment
from tests.following import FOLLOW, listening, served, streaming, talking

pytestmark = pytest.mark.anyio

INIT = {"type": "connection_init"}
QUERY = "query ($id: ID!) { node(id: $id) { id } }"
CHANGE = 'mutation { createGroup(input: {name: "Payroll"}) { group { id } } }'
WRONG = "subscription ($id: ID!) { userImportProgress(importId: $id) { nonsense } }"
DEEP = "subscription ($id: ID!) { userImportProgress(importId: $id) { " + (
    "users(first: 1) { nodes { " + "memberships(first: 1) { nodes { user { " * 5 + "id" + " }" * 19
)
COSTLY = """
subscription ($id: ID!) {
  userImportProgress(importId: $id) {
    users(first: 100) { nodes { certificates(first: 100) { nodes { history(first: 100) {
      nodes { id } } } } } }
  }
}
"""
MISTAKES = {
    "a-query": QUERY,
    "a-change": CHANGE,
    "an-unknown-field": WRONG,
    "no-document": "subscription {",
    "too-much": COSTLY,
    "two-fields": "subscription ($id: ID!) { a: userImportProgress(importId: $id) { id }"
    " b: userImportProgress(importId: $id) { id } }",
    "no-variable": "subscription ($other: ID!) { userImportProgress(importId: $other) { id } }",
}


@pytest.fixture
def room():
    return Room(subscriptions=3, subscriptions_per_connection=2)


@pytest.fixture
def environment(room):
    return Environment(is_demo=True, room=room)


@pytest.fixture
async def address(app, gateways, database_url, empty):
    async with listening(database_url, gateways.news), served(app) as address:
        yield address
    assert gateways.news.followers == {}


@pytest.fixture
def token(asker):
    return asker.token


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def file(make, hansen):
    return await make.file(hansen, status="RUNNING", row_count=10, started_at=make.now)


def codes(errors):
    return [one["extensions"]["code"] for one in errors]


async def test_a_ping_is_answered(address, token, admin):
    async with talking(address, token(admin)) as talk:
        await talk.say(type="ping")
        assert await talk.next() == {"type": "pong"}


@pytest.mark.parametrize("token", [None, "Bearer nonsense", 7])
async def test_whoever_is_not_recognised_is_not_let_in(address, token):
    async with talking(address, init=False) as talk:
        await talk.say(**INIT, payload={"authorization": token} if token else {})
        assert await talk.closed() == 4403


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("schema.sockets.INTRODUCTION", timedelta(seconds=0.1))


async def test_whoever_does_not_say_who_they_are_is_not_waited_for(impatient, app):
    async with served(app) as address, talking(address, init=False) as talk:
        assert await talk.closed() == 4408


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}], 4401),
        ([INIT, INIT], 4429),
        ([{}], 4400),
        ([[]], 4400),
        (["text"], 4400),
        ([{"type": "nonsense" * 100}], 4400),
        ([{"type": "subscribe", "id": 7, "payload": {"query": FOLLOW}}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": 7}}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": FOLLOW, "variables": []}}], 4400),
        ([{"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "complete", "id": []}], 4400),
        ([INIT | {"payload": []}], 4400),
    ],
)
async def test_what_is_not_of_the_protocol_closes_the_socket(
    address, token, admin, messages, code, caplog
):
    headers = {"authorization": f"Bearer {token(admin)}"}
    async with talking(address, init=False, additional_headers=headers) as talk:
        for one in messages:
            await talk.socket.send(json.dumps(one))
        assert await talk.closed() == code

    assert not [one for one in caplog.records if one.levelname == "ERROR"]


@pytest.mark.parametrize("text", ["{", b"\x00", "x" * 1_000_001])
async def test_what_is_no_json_closes_the_socket(address, token, admin, text):
    async with talking(address, token(admin)) as talk:
        await talk.socket.send(text)
        assert await talk.closed() in (4400, 1009)


async def test_a_name_that_is_taken_closes_the_socket(address, token, admin, file):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        await talk.follow(file.id)
        assert await talk.closed() == 4409


async def test_another_protocol_is_not_spoken(address, token):
    async with talking(address, init=False, subprotocols=["graphql-ws"]) as talk:
        assert await talk.closed() == 4406


async def test_a_page_of_another_site_opens_no_socket(address, token, admin):
    cookie = {"cookie": f"{COOKIE}={token(admin)}"}
    with pytest.raises(InvalidStatus) as refused:
        async with talking(address, init=False, additional_headers=cookie, origin="http://evil.dk"):
            pass
    assert refused.value.response.status_code == 403


async def test_the_session_of_the_page_opens_a_socket(address, token, admin, file):
    cookie, here = {"cookie": f"{COOKIE}={token(admin)}"}, f"http://{address}"
    async with talking(address, init=False, additional_headers=cookie, origin=here) as talk:
        await talk.say(**INIT)
        assert await talk.next() == {"type": "connection_ack"}
        await talk.follow(file.id)
        assert (await talk.next())["type"] == "next"


async def test_the_session_alone_is_not_enough_for_events(address, token, admin, file):
    cookie = {"cookie": f"{COOKIE}={token(admin)}"}
    async with streaming(address, None, file.id, **cookie) as stream:
        (_, without), _ = await stream.rest()
    async with streaming(address, None, file.id, **cookie, **{"graphql-preflight": "1"}) as stream:
        _, with_header = await stream.next()

    assert codes(without["errors"]) == ["UNAUTHENTICATED"]
    assert "errors" not in with_header


async def test_somebody_without_a_user_follows_nothing(address, token, file):
    visitor = token(Claims(cpr_number="6101901234"))
    async with talking(address, visitor) as talk:
        await talk.follow(file.id)
        answer, end = await talk.next(), await talk.next()

    assert codes(answer["payload"]["errors"]) == ["DENIED"]
    assert end["type"] == "complete"


@pytest.mark.parametrize("document", MISTAKES.values(), ids=MISTAKES)
async def test_what_cannot_be_told_is_refused_over_a_socket_that_stays_open(
    address, token, admin, file, document
):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id, document=document)
        refused = await talk.next()
        await talk.follow(file.id)
        told = await talk.next()

    assert (refused["type"], refused["id"]) == ("error", "1")
    assert set(codes(refused["payload"])) == {"INVALID"}
    assert (told["type"], told["id"]) == ("next", "1")
    assert not await Group.exists(name="Payroll")


@pytest.mark.parametrize(("document", "measure"), [(COSTLY, "cost"), (DEEP, "depth")])
async def test_a_subscription_that_asks_for_too_much_is_refused(
    address, token, admin, file, document, measure
):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id, document=document)
        refused = await talk.next()

    assert [one["extensions"]["measure"] for one in refused["payload"]] == [measure]


@pytest.mark.parametrize("document", [WRONG, MISTAKES["two-fields"], MISTAKES["no-variable"]])
async def test_a_mistake_in_a_subscription_is_told_by_events(address, token, admin, file, document):
    async with streaming(address, token(admin), file.id, document) as stream:
        (name, body), end = await stream.rest()

    assert stream.response.status_code == 200
    assert (name, set(codes(body["errors"]))) == ("next", {"INVALID"})
    assert "data" not in body
    assert end == ("complete", None)


@pytest.mark.parametrize("document", [QUERY, CHANGE])
async def test_events_are_for_subscriptions_alone(send, admin, document):
    """Whoever merely accepts events is answered as ever."""
    accept = {"accept": "text/event-stream, application/json"}

    answer = await send(admin, document, accept, id=str(admin.id))

    assert "errors" not in answer
    assert answer["data"]


async def test_a_subscription_is_not_answered_like_a_query(asker, client, admin, file):
    posted = await asker.post(admin, FOLLOW, id=str(file.id))
    headers = {"authorization": f"Bearer {asker.token(admin)}"}
    given = {"query": FOLLOW, "variables": json.dumps({"id": str(file.id)})}
    got = await client.get("/graphql", params=given, headers=headers)

    for response in (posted, got):
        assert response.status_code == 406
        assert codes(response.json()["errors"]) == ["INVALID"]
        assert "data" not in response.json()


async def test_events_come_by_get_as_browsers_ask_for_them(address, token, admin, file):
    given = {"query": FOLLOW, "variables": json.dumps({"id": str(file.id)})}
    headers = {"authorization": f"Bearer {token(admin)}", "accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=f"http://{address}") as client,
        client.stream("GET", "/graphql", params=given, headers=headers) as response,
    ):
        first = await anext(response.aiter_lines())

    assert (response.status_code, first) == (200, "event: next")


async def test_a_stream_gives_signs_of_life(address, token, admin, file, monkeypatch):
    monkeypatch.setattr("schema.events.PULSE", 0.05)
    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        async with asyncio.timeout(1):
            assert [await anext(stream.lines) for _ in range(3)] == ["", ":", ""]


async def test_one_connection_follows_so_much_and_no_more(address, token, admin, file, room):
    async with talking(address, token(admin)) as talk:
        for name in "abc":
            await talk.follow(file.id, name)
        told = {one["id"]: one for one in [await talk.next() for _ in "abc"]}
        await talk.say(id="a", type="complete")
        await talk.follow(file.id, "d")
        again = await talk.next()

    (error,) = told["c"]["payload"]
    assert [told[name]["type"] for name in "abc"] == ["next", "next", "error"]
    limit = {"measure": "subscriptions_per_connection", "most": 2}
    assert error["extensions"] == {"code": "INVALID"} | limit
    assert (again["id"], again["type"]) == ("d", "next")


async def test_one_person_follows_so_much_and_no_more(address, token, admin, file, person):
    other = await person("user_administrator")
    async with (
        streaming(address, token(admin), file.id) as one,
        talking(address, token(admin)) as talk,
    ):
        await one.next()
        for name in "ab":
            await talk.follow(file.id, name)
            assert (await talk.next())["type"] == "next"
        async with streaming(address, token(admin), file.id) as fourth:
            (_, refused), end = await fourth.rest()
        async with streaming(address, token(other), file.id) as of_another:
            _, told = await of_another.next()

    (error,) = refused["errors"]
    assert error["extensions"] == {"code": "INVALID", "measure": "subscriptions", "most": 3}
    assert end == ("complete", None)
    assert "errors" not in told


async def test_when_the_server_stops_sockets_go_away_and_events_are_completed(
    address, token, admin, file, gateways
):
    async with (
        streaming(address, token(admin), file.id) as stream,
        talking(address, token(admin)) as talk,
    ):
        await stream.next()
        await talk.follow(file.id, "a")
        await talk.follow(file.id, "b")
        await talk.next()
        await talk.next()

        gateways.news.stop()

        (_, body), end = await stream.rest()
        with pytest.raises(ConnectionClosed) as closed:
            await talk.next()

    assert (codes(body["errors"]), end) == (["UNAVAILABLE"], ("complete", None))
    assert closed.value.rcvd.code == 1001
