"""What happens is told as it happens, over sockets and server-sent events, to whoever may know."""

import asyncio

import pytest

from gateways import heard
from models import RoleAssignment, UserImport
from tests.following import FOLLOW, served, streaming, talking

pytestmark = pytest.mark.anyio


@pytest.fixture
async def address(app, gateways, database_url, empty):
    """A server of this process, which hears what others change."""
    news = gateways.news
    listening = asyncio.Event()

    def hear(is_listening):
        news.hear(is_listening)
        if is_listening:
            listening.set()

    channels = {"standing": news.remind, "news": news.tell}
    async with heard(database_url, channels, hear), served(app) as address:
        await listening.wait()
        yield address


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
