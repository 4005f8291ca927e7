"""How tests follow what happens: through real sockets, of a server in this process or another."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateways import heard
from gateways.wire import SPOKEN
from schema.http import LONGEST

FOLLOW = """
subscription ($id: ID!) {
  userImportProgress(importId: $id) { status percentDone counts { done } }
}
"""
PROTOCOL = Subprotocol("graphql-transport-ws")
SOON = 5.0  # seconds within which whatever is waited for has come


@asynccontextmanager
async def served(app: Any, kept: int | None = None) -> AsyncIterator[str]:
    """Serves an application to real sockets, which keep so many bytes of what is not read."""
    with socket.create_server(("127.0.0.1", 0)) as here:
        if kept:
            here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kept)
        config = uvicorn.Config(app, lifespan="off", ws_max_size=LONGEST, **SPOKEN)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[here]))
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield f"127.0.0.1:{here.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@dataclass
class Stream:
    """What came over one connection of server-sent events."""

    lines: AsyncIterator[str]
    response: httpx.Response

    async def next(self) -> tuple[str, Any]:
        """The next event: its name, and its data."""
        name = ""
        async with asyncio.timeout(SOON):
            async for line in self.lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                if line.startswith("data:"):
                    data = line.removeprefix("data:").strip()
                    return name, json.loads(data) if data else None
        raise EOFError

    async def rest(self) -> list[tuple[str, Any]]:
        """All events until the end."""
        found = []
        with suppress(EOFError):
            while True:
                found.append(await self.next())
        return found


@dataclass
class Talk:
    """A socket, and what is said over it."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            return json.loads(await self.socket.recv())

    async def follow(self, key: Any, name: str = "1", document: str = FOLLOW) -> None:
        payload = {"query": document, "variables": variables(key)}
        await self.say(id=name, type="subscribe", payload=payload)

    async def closed(self) -> int:
        """The code with which the other side closes, whatever it says before."""
        with suppress(ConnectionClosed):
            while True:
                await self.next()
        assert self.socket.close_code
        return self.socket.close_code


def variables(given: Any) -> dict[str, Any]:
    """What a document is given: variables, or the id of what is followed."""
    return given if isinstance(given, dict) else {"id": str(given)}


@asynccontextmanager
async def streaming(
    address: str, token: str | None, key: Any, document: str = FOLLOW, **headers: str
) -> AsyncIterator[Stream]:
    """Follows by server-sent events."""
    sent = {"accept": "text/event-stream", **headers}
    if token:
        sent["authorization"] = f"Bearer {token}"
    body = {"query": document, "variables": variables(key)}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=SOON) as client:
        async with client.stream("POST", "/graphql", json=body, headers=sent) as response:
            yield Stream(response.aiter_lines(), response)


@asynccontextmanager
async def talking(
    address: str, token: str | None = None, init: bool = True, **options: Any
) -> AsyncIterator[Talk]:
    """Opens a socket, and introduces oneself."""
    options.setdefault("subprotocols", [PROTOCOL])
    async with connect(f"ws://{address}/graphql", close_timeout=1, **options) as opened:
        talk = Talk(opened)
        if init:
            payload = {"authorization": f"Bearer {token}"} if token else {}
            await talk.say(type="connection_init", payload=payload)
            if token:
                assert await talk.next() == {"type": "connection_ack"}
        yield talk


@asynccontextmanager
async def listening(url: str, news: Any) -> AsyncIterator[None]:
    """Hears what is told to all processes, as a server does."""
    is_heard = asyncio.Event()

    def hear(is_listening: bool) -> None:
        news.hear(is_listening)
        if is_listening:
            is_heard.set()

    async with heard(url, {"standing": news.remind, "news": news.tell}, hear):
        await is_heard.wait()
        yield
