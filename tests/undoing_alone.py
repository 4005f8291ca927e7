"""A process that undoes one file, as a request to a server would, and that can be killed."""

import asyncio
import sys
from uuid import UUID

from httpx import ASGITransport, AsyncClient

from gateways import Claims, Gateways
from gateways.pool import pool
from models import database
from server import Environment, create_app
from tests.asking import Asker
from tests.files import UNDO


async def main(url: str, who: str, key: str) -> None:
    gateways = Gateways.in_memory()
    transport = ASGITransport(create_app(Environment(), gateways))
    async with (
        database.opened(url, pool),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        print("ready", flush=True)
        asker = Asker(client, gateways)
        answer = await asker.ask(Claims(user_id=UUID(who)), UNDO, input={"importId": key})
        print(answer.problems, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
