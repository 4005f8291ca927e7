"""What a thousand people cost who follow their notifications and hear nothing: memory, and time.

Two servers answer the same reads in turn. To one of them the subscribers are connected.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import cycle, islice

import orjson
import psutil
from websockets.asyncio.client import ClientConnection, Subprotocol, connect

from bench import data
from bench.contenders import CONTENDERS, NODE, Running, running
from bench.documents import DOCUMENTS, Person, people
from bench.load import cpu, tool
from bench.rounds import Rounds

COUNT = 1000
PROTOCOL = Subprotocol("graphql-transport-ws")
FOLLOW = "subscription { notificationReceived { id } }"
ROUNDS, SECONDS = 5, 3
IDLE = 20  # seconds in which nobody asks anything


def main() -> int:
    """Prints the memory that the subscribers take, and how much dearer a read is beside them."""
    key = secrets.token_bytes(32)
    os.environ["SEGL_MOST_SUBSCRIPTIONS"] = str(COUNT)
    alone, followed = (replace(CONTENDERS["segl"], name=one) for one in ("alone", "followed"))
    with contextlib.ExitStack() as open_things:
        url = data.fresh(open_things.enter_context(data.postgresql()), 100_000, 50)
        askers = people(url, key)
        servers = [
            open_things.enter_context(running(one, url, key, data.VAR / "logs" / one.name))
            for one in (alone, followed)
        ]
        runner = open_things.enter_context(asyncio.Runner())
        rounds = Rounds(tool(NODE), servers, askers, url)
        rounds.measured(DOCUMENTS["user"], 1, SECONDS)  # so that no memory is taken for the first
        runner.run(measure(rounds, servers[1]))
    return 0


async def measure(rounds: Rounds, server: Running) -> None:
    """Connects them all to a server, and has both servers asked the same."""
    before = memory(server)
    async with contextlib.AsyncExitStack() as sockets:
        for one in islice(cycle(rounds.people), COUNT):
            await sockets.enter_async_context(following(server, one))
        after = memory(server)
        used = [-cpu([one.process]) for one in rounds.servers]
        await asyncio.sleep(IDLE)
        used = [
            before + cpu([one.process]) for before, one in zip(used, rounds.servers, strict=True)
        ]
        found = await asyncio.to_thread(rounds.measured, DOCUMENTS["user"], ROUNDS, SECONDS)
    print(f"\nsubscribers {COUNT:,} memory {after - before:.0f} MB")
    alone, followed = (f"{one / IDLE:.1%}" for one in used)
    print(f"subscribers {COUNT:,} idle {followed} of a core, where the other takes {alone}")
    for name in ("p50", "cpu"):
        print(f"subscribers {COUNT:,} {name} {found['followed'][name] / found['alone'][name]:.2f}")


@contextlib.asynccontextmanager
async def following(server: Running, who: Person) -> AsyncIterator[ClientConnection]:
    """A socket on which somebody waits for notifications."""
    address = server.url.replace("http", "ws", 1)
    async with connect(address, subprotocols=[PROTOCOL], ping_interval=None) as socket:
        said = {"authorization": f"Bearer {who.token}"}
        await socket.send(orjson.dumps({"type": "connection_init", "payload": said}).decode())
        assert orjson.loads(await socket.recv())["type"] == "connection_ack"
        asked = {"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}
        await socket.send(orjson.dumps(asked).decode())
        yield socket


def memory(server: Running) -> float:
    """Megabytes that a server and all that it started hold."""
    process = psutil.Process(server.process)
    held = (one.memory_info().rss for one in (process, *process.children(recursive=True)))
    return sum(held) / 2**20


if __name__ == "__main__":
    sys.exit(main())
