"""Eight write at the same time and are killed at any moment: the feed has each change once."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from models import Group, HistoryEntry
from models.verification import verify
from schema.endpoint import Endpoint
from tests.following import listening, served, streaming

pytestmark = pytest.mark.anyio

KILLS = 40 if os.environ.get("SEGL_PROVE") else 2
WRITERS = 8
HERE = Path(__file__).parent.parent
FEED = """
query ($after: String) {
  changes(first: 100, after: $after, filter: {kind: [GROUP]}) {
    edges { cursor node { entityUuid oldVersion newVersion } }
  }
}
"""
FOLLOW = """
subscription ($after: String) {
  changes(after: $after, filter: {kind: [GROUP]}) {
    cursor node { entityUuid oldVersion newVersion }
  }
}
"""
PLACE = "{ changes(last: 1) { pageInfo { endCursor } } }"


@pytest.fixture
def way_in():
    return Endpoint  # what is read twice may have gone on between


@pytest.fixture
async def admin(person):
    return await person("organisation_administrator")


@pytest.fixture
def writer(database_url, admin):
    """Starts a process that writes, and waits until it sets about it."""

    async def writer():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.writing_alone", database_url, str(admin.id)),
            cwd=HERE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert await process.stdout.readline() == b"ready\n"
        return process

    return writer


@pytest.fixture
async def address(app, gateways, database_url, empty):
    async with listening(database_url, gateways.news), served(app) as address:
        yield address


def change(edge):
    return tuple(edge["node"].values())


async def polled(ask, admin, after, is_over):
    """What somebody sees who asks again and again with the last cursor, until all is written."""
    found = []
    while True:
        was_over = is_over.is_set()
        edges = (await ask(admin, FEED, after=after))["edges"]
        found += map(change, edges)
        if edges:
            after = edges[-1]["cursor"]
        elif was_over:
            return found
        await asyncio.sleep(0.02)


async def followed(stream, found):
    while True:
        _, body = await stream.next()
        found.append(change(body["data"]["changes"]))


async def test_whoever_polls_and_whoever_follows_see_each_change_once_and_in_order(
    ask, admin, asker, writer, address, hansen
):
    place = (await ask(admin, PLACE))["pageInfo"]["endCursor"]
    chance, is_over, told = random.Random(), asyncio.Event(), []
    polling = asyncio.create_task(polled(ask, admin, place, is_over))
    writers = await asyncio.gather(*[writer() for _ in range(WRITERS)])

    async with streaming(address, asker.token(admin), {"after": place}, FOLLOW) as stream:
        following = asyncio.create_task(followed(stream, told))
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0, 0.5))
            killed = writers.pop(chance.randrange(WRITERS))
            killed.kill()
            await killed.wait()
            writers.append(await writer())
        for one in writers:
            one.kill()
            await one.wait()
        is_over.set()
        seen = await polling
        while len(told) < len(seen) and not following.done():
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)  # in which more would come, if something came twice
        following.cancel()

    here = HistoryEntry.filter(organisation_id=hansen.id, about_kind="GROUP")
    kept = await here.order_by("sequence").values_list("about_id", "old_version", "new_version")
    mine = [(str(key), old, new) for key, old, new in kept][-len(seen) :]
    assert len(seen) > 2 * WRITERS
    assert seen == mine
    assert told == seen
    await fits_what_is_stored(seen)
    assert (await verify(hansen.id)).is_intact


async def fits_what_is_stored(seen):
    versions = {}
    for key, old, new in seen:
        assert versions.get(key) == old
        assert new in (None, (old or 0) + 1)
        versions[key] = new
    there = {str(key): one for key, one in await Group.all().values_list("id", "version")}
    assert {key: one for key, one in versions.items() if one} == {
        key: there[key] for key in there.keys() & versions.keys()
    }
    gone = {key for key, one in versions.items() if one is None}
    assert not gone & there.keys()
    custom = await Group.filter(kind="CUSTOM").values_list("id", flat=True)
    assert {str(key) for key in custom} == versions.keys() - gone
