"""Connections that are lent for a reading or a change and kept until the next."""

import asyncio

import pytest
from asyncpg import ConnectionDoesNotExistError

from gateways.pool import pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(database_url):
    """Lends connections of a pool of its own."""
    yield (lent := await pool(dsn=database_url, min_size=1, max_size=2))
    await asyncio.wait_for(lent.close(), 5)


@pytest.fixture
async def only(database_url):
    """Lends the only connection that there is."""
    yield (lent := await pool(dsn=database_url, min_size=1, max_size=1))
    await asyncio.wait_for(lent.close(), 5)


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

    theirs = await asyncio.wait_for(waiting, 5)
    assert await theirs.fetchval("select 1") == 1
    assert only.kept == []
    await only.release(theirs)


async def test_who_gives_up_waiting_is_waited_for_no_more(only):
    mine = await only.acquire()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(only.acquire(), 0.01)

    await only.release(mine)

    assert only.kept == [mine]


async def test_in_the_end_all_are_waited_for(only):
    mine = await only.acquire()
    ending = asyncio.create_task(only.close())
    await asyncio.sleep(0.01)

    assert not ending.done()
    await only.release(mine)

    await asyncio.wait_for(ending, 5)


async def test_a_connection_left_in_a_transaction_is_for_the_pool_to_mend(only):
    left = await only.acquire()
    await left.execute("begin")

    await only.release(left)

    assert only.kept == []
    another = await only.acquire()
    assert not another.is_in_transaction()
    await only.release(another)


async def test_a_connection_that_was_lost_while_kept_costs_nobody_anything(only):
    lost = await only.acquire()
    await only.release(lost)
    lost.terminate()

    another = await only.acquire()

    assert await another.fetchval("select 1") == 1
    await only.release(another)


async def test_a_connection_that_was_lost_while_lent_is_not_kept(only):
    lost = await only.acquire()
    with pytest.raises(ConnectionDoesNotExistError):
        await lost.execute("select pg_terminate_backend(pg_backend_pid())")

    await only.release(lost)

    assert only.kept == []
    another = await only.acquire()
    assert await another.fetchval("select 1") == 1
    await only.release(another)


async def test_a_reading_that_is_broken_off_leaves_a_sound_connection(own):
    connection = await own.acquire()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.execute("select pg_sleep(60)"), 0.1)
    await own.release(connection)

    again = await own.acquire()

    assert again is connection
    assert await again.fetchval("select 1") == 1
    await own.release(again)
