"""Answers leave in one piece, whole and in order."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from uvicorn import Config, Server

from gateways.wire import Gathering, Protocol

pytestmark = pytest.mark.anyio
LARGE = b"x" * 3_000_000  # more than a socket takes at once


class Sent:
    """A transport that keeps what it is given."""

    def __init__(self):
        self.pieces, self.is_closed = [], False

    def writelines(self, pieces):
        self.pieces.append(b"".join(pieces))

    def close(self):
        self.is_closed = True

    def is_closing(self):
        return self.is_closed


async def app(scope, receive, send):
    """Answers with what it is sent, or with much."""
    if scope["type"] == "http":
        message = await receive()
        body = LARGE if scope["path"] == "/large" else message["body"]
        head = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected():
    """A server behind a socket, and a client's ends of a connection to it."""
    server = Server(Config(app, port=0, http=Protocol, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    yield reader, writer
    writer.close()
    server.should_exit = True
    await serving


def request(path=b"/", body=b"", head=b""):
    length = b"content-length: %d" % len(body)
    return b"POST %s HTTP/1.1\r\nhost: a\r\n%s\r\n%s\r\n%s" % (path, length, head, body)


async def answered(reader):
    """The body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = [int(one[16:]) for one in head.split(b"\r\n") if one.startswith(b"content-length")]
    return await reader.readexactly(length)


async def test_what_is_written_in_one_turn_is_sent_in_one_piece_in_the_next():
    own = Gathering(sent := Sent(), asyncio.get_running_loop())

    own.write(b"head ")
    own.write(b"body")
    before = list(sent.pieces)
    await asyncio.sleep(0)

    assert (before, sent.pieces) == ([], [b"head body"])


async def test_what_waits_is_sent_before_the_connection_is_closed_and_only_once():
    own = Gathering(sent := Sent(), asyncio.get_running_loop())

    own.write(b"the last word")
    own.close()
    await asyncio.sleep(0)

    assert own.is_closing()
    assert sent.pieces == [b"the last word"]


async def test_requests_on_one_connection_are_answered_in_their_order():
    async with connected() as (reader, writer):
        writer.write(request(body=b"one") + request(b"/large") + request(body=b"two"))

        assert await answered(reader) == b"one"
        assert await answered(reader) == LARGE
        assert await answered(reader) == b"two"


async def test_an_answer_is_whole_where_the_connection_is_closed_after_it():
    async with connected() as (reader, writer):
        writer.write(request(b"/large", head=b"connection: close\r\n"))

        assert await answered(reader) == LARGE
        assert await reader.read() == b""
