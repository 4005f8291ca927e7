"""News is kept for those who follow it until they listen: each word once, and never many."""

import asyncio

import pytest

from gateways import News
from gateways.news import ROOM

pytestmark = pytest.mark.anyio


class Refused(Exception):
    """What the check of these tests raises."""


@pytest.fixture
def news():
    return News()


@pytest.fixture
def may():
    """Whether whoever follows may still do so, each time that is asked."""
    return [True]


@pytest.fixture
def following(news, may):
    async def check():
        if not may[0]:
            raise Refused

    with news.following("bo", check) as following:
        following.follow("letter", "bo")
        yield following


async def nothing_more(following):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await following.next()


async def test_words_come_in_their_order_and_each_once(news, following):
    for word in ("a", "b", "a"):
        news.tell(f"letter bo {word}")

    assert [await following.next(), await following.next()] == ["a", "b"]
    await nothing_more(following)


async def test_a_word_is_waited_for(news, following):
    asyncio.get_running_loop().call_later(0.01, news.tell, "letter bo a")

    assert await following.next() == "a"


async def test_the_news_of_others_is_not_told(news, following):
    news.tell("letter eva a")
    news.tell("parcel bo a")

    await nothing_more(following)


async def test_whoever_falls_behind_is_told_only_that_something_was_missed(news, following):
    for word in range(ROOM + 1):
        news.tell(f"letter bo {word}")

    assert await following.next() is None
    await nothing_more(following)


async def test_when_the_database_is_heard_again_something_may_have_been_missed(news, following):
    news.hear(False)
    await nothing_more(following)
    news.hear(True)

    assert await following.next() is None


async def test_a_reminder_asks_at_once_whether_one_may_follow(news, following, may):
    waiting = asyncio.create_task(following.next())
    await asyncio.sleep(0)
    may[0] = False
    news.remind("eva")
    await asyncio.sleep(0.01)
    assert not waiting.done()

    news.remind("bo")

    with pytest.raises(Refused):
        await waiting


async def test_now_and_then_it_is_asked_without_a_reminder(following, may, monkeypatch):
    monkeypatch.setattr("gateways.news.BEAT", 0.01)
    waiting = asyncio.create_task(following.next())
    await asyncio.sleep(0)
    may[0] = False

    with pytest.raises(Refused):
        async with asyncio.timeout(1):
            await waiting


async def test_nothing_is_told_to_whoever_may_not_follow(news, following, may):
    news.tell("letter bo a")
    may[0] = False

    with pytest.raises(Refused):
        await following.next()


async def test_who_follows_no_longer_is_forgotten(news):
    with news.following("bo", None) as following:
        following.follow("letter", "bo")
        assert set(news.followers) == {"standing bo", "letter bo"}

    assert news.followers == {}
