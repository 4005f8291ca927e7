"""What happens is told as it happens, over sockets and server-sent events, to whoever may know."""

import asyncio
import itertools
import re
from datetime import date
from uuid import uuid4

import asyncpg
import pytest

from models import RoleAssignment, User, UserImport
from schema.endpoint import Endpoint
from tests.following import SOON, listening, served, streaming, talking

pytestmark = pytest.mark.anyio

RESTING = ("READY", "DONE", "FAILED", "CANCELLED")


@pytest.fixture
def once():
    """Has everything answered by the planner alone: what is read twice may have gone on between."""


@pytest.fixture
def way_in(request, way_in):
    return Endpoint if "once" in request.fixturenames else way_in


@pytest.fixture
async def address(app, gateways, database_url, empty):
    """A server of this process, which hears what others change."""
    async with listening(database_url, gateways.news), served(app) as address:
        yield address
    assert gateways.news.followers == {}, "somebody still follows what nobody tells"


@pytest.fixture
def token(asker):
    return asker.token


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def file(make, hansen):
    """A file of ten rows that is running."""
    return await make.file(hansen, status="RUNNING", row_count=10, started_at=make.now)


async def go_on(file, **facts):
    await UserImport.filter(id=file.id).update(**facts)


def seen(body):
    found = body["data"]["userImportProgress"]
    return found["status"], found["percentDone"]


def codes(errors):
    return [one["extensions"]["code"] for one in errors]


async def last(stream):
    """The errors with which a stream ends, where no data is left."""
    *_, (name, body), end = await stream.rest()
    assert (name, end) == ("next", ("complete", None))
    assert body.get("data") in (None, {"userImportProgress": None})
    return codes(body["errors"])


async def test_an_import_is_followed_over_a_socket_until_it_ends(address, token, admin, file):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        first = await talk.next()
        await go_on(file, done_count=5)
        second = await talk.next()
        await go_on(file, done_count=10, status="DONE")
        third, end = await talk.next(), await talk.next()

    assert [seen(one["payload"]) for one in (first, second, third)] == [
        ("RUNNING", 0),
        ("RUNNING", 50),
        ("DONE", 100),
    ]
    assert end == {"id": "1", "type": "complete"}


async def test_an_import_is_followed_by_events_until_it_ends(address, token, admin, file):
    async with streaming(address, token(admin), file.id) as stream:
        first = await stream.next()
        await go_on(file, done_count=5)
        second = await stream.next()
        await go_on(file, done_count=10, status="DONE")
        third, end = await stream.rest()

    assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [(name, seen(body)) for name, body in (first, second, third)] == [
        ("next", ("RUNNING", 0)),
        ("next", ("RUNNING", 50)),
        ("next", ("DONE", 100)),
    ]
    assert end == ("complete", None)


@pytest.mark.parametrize("status", RESTING)
async def test_a_file_that_rests_is_told_of_once(address, token, admin, file, status):
    await go_on(file, status=status)

    async with streaming(address, token(admin), file.id) as stream:
        (_, body), end = await stream.rest()

    assert (seen(body)[0], end) == (status, ("complete", None))


async def test_what_is_told_at_last_is_how_the_file_rests(address, token, admin, file, once):
    """However close the changes follow on each other and on the subscription."""

    async def run():
        for done in range(1, 11):
            await go_on(file, done_count=done)
            await asyncio.sleep(0)
        await go_on(file, status="DONE")

    running = asyncio.create_task(run())
    async with streaming(address, token(admin), file.id) as stream:
        *told, end = await stream.rest()
    await running

    states = [seen(body) for _, body in told]
    assert (states[-1], end) == (("DONE", 100), ("complete", None))
    assert states == sorted(states, key=lambda state: state[1])


async def test_whoever_follows_one_file_hears_nothing_of_another(
    address, token, admin, file, make, hansen
):
    other = await make.file(hansen, status="RUNNING", row_count=10, started_at=make.now)

    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id, "a")
        await talk.follow(other.id, "b")
        first = {(await talk.next())["id"] for _ in "ab"}
        await go_on(other, status="DONE")
        then = [await talk.next(), await talk.next()]

    assert first == {"a", "b"}
    assert [(one["id"], one["type"]) for one in then] == [("b", "next"), ("b", "complete")]


async def test_a_stranger_is_told_that_nothing_is_there(address, token, file, make, jensen):
    stranger = await make.user(jensen, "user_administrator")

    async with talking(address, token(stranger)) as talk:
        await talk.follow(file.id)
        answer, end = await talk.next(), await talk.next()

    (error,) = answer["payload"]["errors"]
    assert answer["payload"]["data"] == {"userImportProgress": None}
    assert (error["extensions"], error["path"]) == ({"code": "NOT_FOUND"}, ["userImportProgress"])
    assert end["type"] == "complete"


@pytest.mark.parametrize("key", [uuid4(), "nonsense", ""])
async def test_of_an_unknown_file_nothing_is_told(address, token, admin, key):
    async with streaming(address, token(admin), key) as stream:
        assert await last(stream) == ["NOT_FOUND"]


async def test_whoever_may_not_read_imports_may_not_follow_them(address, token, person, file):
    async with streaming(address, token(await person()), file.id) as stream:
        assert await last(stream) == ["DENIED"]


async def test_nobody_is_told_without_a_token(address, file):
    async with streaming(address, None, file.id) as stream:
        assert await last(stream) == ["UNAUTHENTICATED"]


async def test_a_withdrawn_role_ends_the_stream_within_a_second(address, token, admin, file):
    async with streaming(address, token(admin), file.id) as stream, asyncio.timeout(1):
        await stream.next()
        await RoleAssignment.filter(user_id=admin.id).delete()
        ((_, body), end) = await stream.rest()

    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("DENIED", ["userImportProgress"])
    assert error["extensions"]["permission"] == "user_import:read"
    assert (body["data"], end) == ({"userImportProgress": None}, ("complete", None))


async def test_a_deactivated_user_is_told_nothing_more(address, token, admin, file):
    async with talking(address, token(admin)) as talk, asyncio.timeout(1):
        await talk.follow(file.id)
        await talk.next()
        await User.filter(id=admin.id).update(status="DEACTIVATED")
        answer, end = await talk.next(), await talk.next()

    assert codes(answer["payload"]["errors"]) == ["UNAUTHENTICATED"]
    assert end["type"] == "complete"


async def test_another_change_of_a_user_ends_nothing(address, token, admin, file):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        await talk.next()
        await User.filter(id=admin.id).update(name="Bo Lind")
        await go_on(file, done_count=5)
        answer = await talk.next()

    assert seen(answer["payload"]) == ("RUNNING", 50)


async def test_a_token_that_expires_ends_the_stream(
    address, token, admin, file, gateways, monkeypatch
):
    monkeypatch.setattr("gateways.news.BEAT", 0.05)

    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        gateways.clock.advance(minutes=61)
        assert await last(stream) == ["UNAUTHENTICATED"]


async def test_a_role_whose_last_day_is_over_ends_the_stream(
    address, token, admin, file, gateways, monkeypatch
):
    monkeypatch.setattr("gateways.news.BEAT", 0.05)
    today = date(2026, 11, 2)
    await RoleAssignment.filter(user_id=admin.id).update(until_on=today)
    gateways.clock.advance(hours=13, minutes=30)  # half an hour before midnight in Copenhagen

    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        gateways.clock.advance(minutes=40)
        assert await last(stream) == ["DENIED"]


async def test_to_be_told_is_no_activity(address, token, admin, file, client, gateways):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        await talk.next()
        await gateways.jobs.run_once("activity")
        begun = (await User.get(id=admin.id)).last_active_at
        gateways.clock.advance(minutes=50)
        await go_on(file, done_count=5)
        await talk.next()
        await gateways.jobs.run_once("activity")

    assert begun is not None
    assert (await User.get(id=admin.id)).last_active_at == begun


async def test_a_file_that_is_deleted_is_followed_no_more(address, token, admin, file):
    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        await UserImport.filter(id=file.id).delete()
        assert await last(stream) == ["NOT_FOUND"]


async def test_what_was_missed_while_nothing_was_heard_is_told_afterwards(
    address, token, admin, file, database_url
):
    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        other = await asyncpg.connect(database_url)
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"
            " or query = 'select 1' and pid <> pg_backend_pid()"
        )
        await other.close()
        await go_on(file, status="DONE")
        (_, body), end = await stream.rest()

    assert (seen(body)[0], end) == ("DONE", ("complete", None))


async def test_each_event_costs_two_statements(address, token, admin, file, once, caplog):
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        await talk.next()
        caplog.set_level("DEBUG")
        caplog.clear()
        for done in range(1, 4):
            await go_on(file, done_count=done)
            await talk.next()

    texts = [one.getMessage().lower() for one in caplog.records]
    assert len([one for one in texts if re.match('select .* from "user_import"', one)]) == 2 * 3


async def test_the_planner_answers_and_the_open_subscriptions_are_counted(
    address, token, admin, file, client
):
    async def open_now():
        found = (await client.get("/metrics")).text
        assert "segl_planner_left_total{" not in found
        return int(re.search(r"^segl_subscriptions (\d+)$", found, re.MULTILINE)[1])

    counts = [await open_now()]
    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
        counts.append(await open_now())
        await go_on(file, status="DONE")
        await stream.rest()
    counts.append(await open_now())

    assert counts == [0, 1, 0]


async def test_errors_are_told_in_the_language_that_is_accepted(address, token, person, file):
    employee = await person()

    danish = {"accept-language": "da"}
    async with streaming(address, token(employee), file.id, **danish) as stream:
        _, body = await stream.next()

    assert body["errors"][0]["message"].startswith("Du må ikke gøre dette")


async def test_whoever_goes_away_is_forgotten(address, token, admin, file, gateways):
    async with streaming(address, token(admin), file.id) as stream:
        await stream.next()
    async with talking(address, token(admin)) as talk:
        await talk.follow(file.id)
        await talk.next()
        await talk.say(id="1", type="complete")
        await gone(gateways.news)
        await talk.follow(file.id)  # the name is free again
        assert (await talk.next())["type"] == "next"

    await gone(gateways.news)


async def gone(news):
    async with asyncio.timeout(SOON):
        while news.followers:
            await asyncio.sleep(0.01)


FAT = """
subscription ($id: ID!) {
  userImportProgress(importId: $id) {
    status rowErrors(first: 100) { nodes { id line code messageInDanish messageInEnglish } }
  }
}
"""


@pytest.fixture
async def narrow(app, gateways, database_url, file, make, monkeypatch):
    """A server that keeps little of what is not read, for a short time; and much to read."""
    for module in ("events", "sockets"):
        monkeypatch.setattr(f"schema.{module}.PATIENCE", 0.3)
    for line in range(2, 102):
        await make.row_error(file, line)
    async with listening(database_url, gateways.news), served(app, kept=4096) as address:
        yield address


async def tell_until_dropped(file, quick, news):
    """Goes on with a file until one of two who follow it is dropped; the other hears it all."""
    followers = news.followers[f"user_import {file.id}"]
    assert len(followers) == 2
    for count in itertools.count():
        if len(followers) == 1:
            break
        await go_on(file, done_count=count % 10)
        await quick.next()


async def test_whoever_does_not_read_events_is_not_waited_for(
    narrow, token, admin, file, gateways, once
):
    async with streaming(narrow, token(admin), file.id) as quick, asyncio.timeout(30):
        await quick.next()
        async with streaming(narrow, token(admin), file.id, FAT) as slow:
            await slow.next()
            await tell_until_dropped(file, quick, gateways.news)


async def test_whoever_does_not_read_a_socket_is_not_waited_for(
    narrow, token, admin, file, gateways, once
):
    async with streaming(narrow, token(admin), file.id) as quick, asyncio.timeout(30):
        await quick.next()
        async with talking(narrow, token(admin), max_queue=1) as slow:
            await slow.follow(file.id, document=FAT)
            await slow.next()
            await tell_until_dropped(file, quick, gateways.news)
