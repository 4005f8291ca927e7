"""Answers as server-sent events, one connection a subscription: `next` for each, then `complete`.

The form is that of the GraphQL over Server-Sent Events Protocol, distinct connections mode.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

import orjson
from starlette.types import Receive, Send

from schema.bodies import Body
from schema.http import NO_STORE
from schema.streams import Stopping

STREAM = b"text/event-stream"
HEADERS = [
    (b"content-type", STREAM + b"; charset=utf-8"),
    NO_STORE,
    (b"x-accel-buffering", b"no"),  # nginx would keep events until it has many
]
PULSE = 15.0  # seconds between signs of life, which keep proxies from closing the connection
PATIENCE = 10.0  # seconds that somebody is waited for who does not read


class Events(NamedTuple):
    """Answers that go out one by one, as long as somebody is there to read them."""

    bodies: AsyncGenerator[Body, None]
    receive: Receive

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        tasks = [asyncio.create_task(one) for one in (self.tell(send), self.listen(send))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def tell(self, send: Send) -> None:
        """Sends each answer as it comes."""
        async with aclosing(self.bodies) as bodies:
            try:
                async for body in bodies:
                    await put(send, event(b"next", body))
            except Stopping as stop:
                await put(send, event(b"next", stop.body))
        await put(send, event(b"complete"), is_last=True)

    async def listen(self, send: Send) -> None:
        """Gives signs of life until the other end is gone."""
        while True:
            try:
                async with asyncio.timeout(PULSE):
                    if (await self.receive())["type"] == "http.disconnect":
                        return
            except TimeoutError:
                await put(send, b":\n\n")


def event(name: bytes, body: Body | None = None) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, orjson.dumps(body) if body else b"")


async def put(send: Send, chunk: bytes, is_last: bool = False) -> None:
    """Sends a piece; TimeoutError where nobody takes it."""
    async with asyncio.timeout(PATIENCE):
        await send({"type": "http.response.body", "body": chunk, "more_body": not is_last})
