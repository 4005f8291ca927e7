"""A process that makes, changes and removes groups until it is killed, some by themselves and
some many at once.
"""

import asyncio
import sys
from random import Random
from uuid import UUID, uuid4

from httpx import ASGITransport, AsyncClient

from gateways import Claims, Gateways
from gateways.pool import pool
from models import Group, User, database
from server import Environment, create_app
from tests.asking import Asker
from tests.making import Maker
from tests.test_change_feed import CREATE_GROUP, DELETE, RENAME

AT_ONCE = 25  # more than a change stores by itself


async def main(url: str, who: str) -> None:
    gateways, chance = Gateways.in_memory(), Random()
    transport = ASGITransport(create_app(Environment(), gateways))
    async with (
        database.opened(url, pool),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        me, ask = Claims(user_id=UUID(who)), Asker(client, gateways).ask
        home = (await User.get(id=who)).organisation_id
        print("ready", flush=True)
        while True:
            await asyncio.sleep(chance.uniform(0, 0.1))
            made = await ask(me, CREATE_GROUP, input={"name": uuid4().hex})
            key = made["group"]["id"]
            await ask(me, RENAME, input={"groupId": key, "name": uuid4().hex})
            if chance.random() < 0.5:
                await ask(me, DELETE, input={"groupId": key})
            if chance.random() < 0.1:
                async with Maker(gateways).change(home):
                    for _ in range(AT_ONCE):
                        await Group(organisation_id=home, name=uuid4().hex).save()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
