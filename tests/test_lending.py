"""Connections that are lent for a reading or a change and kept until the next."""

import asyncio

import pytest

from gateways.pool import Lending
from models.database import lending

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(tables):
    """Lends from the pool of the tests, and gives back in the end what it kept."""
    yield (lent := Lending(lending().pool))
    while lent.kept:
        await lent.pool.release(lent.kept.pop())


@pytest.fixture
async def only(own, monkeypatch):
    """Lends the only connection that there is."""
    theirs = asyncio.Queue()
    theirs.put_nowait(await own.pool.acquire())
    monkeypatch.setattr(own, "pool", Pool(own.pool, theirs))
    yield own
    while own.kept:
        await own.pool.release(own.kept.pop())
    await own.pool.whole.release(theirs.get_nowait())


class Pool:
    """A pool of a few connections of another one."""

    def __init__(self, whole, theirs):
        self.whole, self.theirs = whole, theirs

    async def acquire(self):
        return await self.theirs.get()

    async def release(self, connection):
        self.theirs.put_nowait(connection)


async def test_a_connection_is_kept_for_whoever_comes_next(own):
    first = await own.acquire()
    await own.release(first)

    second = await own.acquire()

    assert await second.fetchval("select 1") == 1
    assert second is first
    await own.release(second)


async def test_two_at_once_have_a_connection_each_and_both_are_kept(own):
    first, second = await own.acquire(), await own.acquire()

    await own.release(first)
    await own.release(second)

    assert first is not second
    assert own.kept == [first, second]


async def test_whoever_waits_gets_what_is_given_back(only):
    mine = await only.acquire()
    waiting = asyncio.create_task(only.acquire())
    await asyncio.sleep(0)

    await only.release(mine)

    assert await asyncio.wait_for(waiting, 5) is mine
    assert only.kept == []
    await only.release(mine)


async def test_who_gives_up_waiting_is_waited_for_no_more(only):
    mine = await only.acquire()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(only.acquire(), 0.01)

    await only.release(mine)

    assert only.kept == [mine]


async def test_a_connection_left_in_a_transaction_is_for_the_pool_to_mend(own):
    left = await own.acquire()
    await left.execute("begin")

    await own.release(left)

    assert own.kept == []
    another = await own.acquire()
    assert not another.is_in_transaction()
    await own.release(another)


async def test_a_connection_that_was_lost_meanwhile_costs_nobody_anything(own):
    lost = await own.acquire()
    await own.release(lost)
    lost.terminate()

    another = await own.acquire()

    assert await another.fetchval("select 1") == 1
    await own.release(another)


async def test_a_reading_that_is_broken_off_leaves_a_sound_connection(own):
    connection = await own.acquire()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.execute("select pg_sleep(60)"), 0.1)
    await own.release(connection)

    again = await own.acquire()

    assert again is connection
    assert await again.fetchval("select 1") == 1
    await own.release(again)
