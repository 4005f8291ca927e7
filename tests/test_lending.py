"""Connections that are lent for a reading and kept until the next."""

import pytest
from asyncpg import InterfaceError

from models.database import Lending, lending

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(tables):
    """Lends from the pool of the tests, and keeps one connection at most."""
    yield (lent := Lending(lending().pool, 1))
    await lent.end()


async def test_a_connection_is_kept_for_the_next_reading(own):
    async with own.connection() as first:
        pass
    async with own.connection() as second:
        assert await second.fetchval("select 1") == 1

    assert second is first


async def test_two_readings_at_once_have_a_connection_each_and_one_of_them_is_kept(own):
    idle = own.pool.get_idle_size()

    async with own.connection() as first, own.connection() as second:
        assert first is not second

    assert own.kept == [second]
    assert own.pool.get_idle_size() >= idle - 1


async def test_after_a_fault_the_pool_sees_to_the_connection(own):
    with pytest.raises(ZeroDivisionError):
        async with own.connection():
            raise ZeroDivisionError

    assert own.kept == []


async def test_a_connection_that_was_lost_meanwhile_costs_one_reading(own):
    async with own.connection() as lost:
        pass
    lost.terminate()

    with pytest.raises(InterfaceError):
        async with own.connection() as still:
            await still.fetchval("select 1")

    async with own.connection() as another:
        assert await another.fetchval("select 1") == 1


async def test_in_the_end_all_are_back_in_the_pool(own):
    async with own.connection():
        pass
    idle = own.pool.get_idle_size()

    await own.end()

    assert own.pool.get_idle_size() == idle + 1
