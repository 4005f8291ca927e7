"""One's own notifications are told as they come, and nobody else's."""

import asyncio

import pytest

from models import User
from tests.following import SOON, listening, served, streaming
from tests.telling import CREATE_GROUP

pytestmark = pytest.mark.anyio

FOLLOW = "subscription { notificationReceived { id kind title } }"


@pytest.fixture
async def address(app, gateways, database_url, empty):
    """A server of this process, which hears what others change."""
    async with listening(database_url, gateways.news), served(app) as address:
        yield address
    assert gateways.news.followers == {}, "somebody still follows what nobody tells"


@pytest.fixture
async def rights(person):
    """An administrator of rights, who is told of each new group."""
    return await person("rights_administrator")


@pytest.fixture
def followed(gateways):
    """Waits until somebody follows the notifications of a user."""

    async def followed(user):
        async with asyncio.timeout(SOON):
            while f"notification {user.id}" not in gateways.news.followers:
                await asyncio.sleep(0.01)

    return followed


async def test_a_notification_is_told_as_it_comes(address, asker, ask, person, rights, followed):
    owner = await person("organisation_administrator")

    async with streaming(address, asker.token(rights), {}, FOLLOW) as stream:
        await followed(rights)
        for name in ("Canteen", "Kitchen"):
            await ask(owner, CREATE_GROUP, name=name)
        events = [await stream.next() for _ in range(2)]

    kinds = [body["data"]["notificationReceived"]["kind"] for _, body in events]
    assert kinds == ["GROUP_CREATED"] * 2
    assert len({body["data"]["notificationReceived"]["id"] for _, body in events}) == 2


async def test_nobody_is_told_of_anothers(
    address, asker, person, make, jensen, rights, followed, hansen
):
    colleague, stranger = await person("rights_administrator"), await make.user(jensen)
    group = await make.group(hansen)

    async with streaming(address, asker.token(rights), {}, FOLLOW) as stream:
        await followed(rights)
        for other in (colleague, stranger):
            await make.notification(other, group)
        mine = await make.notification(rights, group)
        _, body = await stream.next()

    assert body["data"]["notificationReceived"]["id"] == str(mine.id)


async def test_a_deactivated_user_is_told_no_more(address, asker, rights, followed):
    async with streaming(address, asker.token(rights), {}, FOLLOW) as stream:
        await followed(rights)
        await User.filter(id=rights.id).update(status="DEACTIVATED")
        (_, body), end = await stream.rest()

    assert [one["extensions"]["code"] for one in body["errors"]] == ["UNAUTHENTICATED"]
    assert end == ("complete", None)
