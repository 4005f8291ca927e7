"""When a user was last active: stored beside the requests, at most once an hour, as no change."""

import asyncio
from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient
from tortoise.transactions import in_transaction

from gateways import Claims, Jobs
from models import HistoryEntry, User
from server import create_app
from tests.asking import Asker
from tests.users import ANNE, CREATE, changing, link_in

pytestmark = pytest.mark.anyio

ME = "{ viewer { user { lastActiveAt version } } }"
ACTIVATE = changing("activateUser")
WAITING = """
query ($since: DateTime) {
  users(filter: {awaitingActivationSince: $since}) { nodes { name } }
}
"""


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund")


@pytest.fixture
def seen(gateways, client):
    """What is stored of a user's activity, once that had its turn."""

    async def seen(user):
        await gateways.jobs.run_once("activity")
        return (await User.get(id=user.id)).last_active_at

    return seen


async def test_whoever_asks_is_active_and_that_is_no_change(ask, gateways, eva, seen):
    told, before = await HistoryEntry.all().count(), await User.get(id=eva.id)

    first = await ask(eva, ME)
    at = await seen(eva)
    second = await ask(eva, ME)

    assert (first["user"], at) == ({"lastActiveAt": None, "version": 1}, gateways.clock.now())
    assert second["user"] == {"lastActiveAt": "2026-11-02T09:00:00+00:00", "version": 1}
    assert (await User.get(id=eva.id)).updated_at == before.updated_at
    assert await HistoryEntry.all().count() == told


async def test_it_is_stored_at_most_once_an_hour(ask, gateways, eva, seen):
    began = gateways.clock.now()
    stored = []
    for _ in range(5):
        await ask(eva, ME)
        stored.append(await seen(eva))
        gateways.clock.advance(minutes=25)

    hour = timedelta(minutes=75)
    assert stored == [began, began, began, began + hour, began + hour]


async def test_a_request_does_not_wait_for_it(ask, eva, sql):
    await ask(eva, ME)
    sql()

    await ask(eva, ME)

    assert sql() == 3  # who asks, where they stand, and their user


async def test_another_process_does_not_store_it_again(ask, gateways, environment, eva, seen):
    other = replace(gateways, jobs=Jobs())
    app = create_app(environment, other)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        began = gateways.clock.now()
        await ask(eva, ME)
        await seen(eva)
        gateways.clock.advance(minutes=30)

        await Asker(client, gateways).ask(eva, ME)
        await other.jobs.run_once("activity")

    assert (await User.get(id=eva.id)).last_active_at == began


async def test_who_is_being_changed_meanwhile_is_left_alone(ask, gateways, eva, seen, person):
    bo = await person()
    for user in (eva, bo):
        await ask(user, ME)

    async with in_transaction():
        await User.locked(id=eva.id)
        storing = gateways.jobs.run_once("activity")
        await asyncio.wait_for(asyncio.create_task(storing, context=Context()), 5)

    assert (await User.get(id=bo.id)).last_active_at == gateways.clock.now()
    assert (await User.get(id=eva.id)).last_active_at is None


async def test_who_may_not_come_in_is_not_active(ask, send, person, seen):
    absent, waiting = await person(status="DEACTIVATED"), await person(status="AWAITING_ACTIVATION")
    for user in (absent, waiting):
        await send(user, ME)

    assert [await seen(user) for user in (absent, waiting)] == [None, None]


async def test_to_activate_is_to_be_active(ask, person, letters, gateways):
    admin = await person("user_administrator")
    key = (await ask(admin, CREATE, input=ANNE))["user"]["id"]
    link = link_in((await letters("anne@example.dk"))[-1])

    await ask(Claims(cpr_number="6101904242"), ACTIVATE, input={"link": link})

    assert (await User.get(id=key)).last_active_at == gateways.clock.now()


async def test_those_who_wait_longest_are_found(ask, person, gateways):
    admin = await person("user_administrator")
    began = gateways.clock.now()
    for name in ("Anne", "Bodil"):
        await ask(admin, CREATE, input=ANNE | {"firstName": name})
        gateways.clock.advance(days=10)

    found = [
        [one["name"] for one in (await ask(admin, WAITING, since=str(since)))["nodes"]]
        for since in (
            (began - timedelta(seconds=1)).isoformat(),
            began.isoformat(),
            (began + timedelta(days=10)).isoformat(),
        )
    ]

    assert found == [[], ["Anne Østergaard"], ["Anne Østergaard", "Bodil Østergaard"]]
