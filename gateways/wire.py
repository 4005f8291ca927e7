"""Sends an answer in one piece: uvicorn writes head and body apart, and each is a system call."""

from asyncio import AbstractEventLoop, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Gathering:
    """A transport that sends what is written in one turn of the loop together, in the next."""

    __slots__ = ("call_soon", "transport", "waiting")

    def __init__(self, transport: Transport, loop: AbstractEventLoop):
        self.transport, self.call_soon = transport, loop.call_soon
        self.waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self.waiting:
            self.call_soon(self.send)
        self.waiting.append(data)

    def send(self) -> None:
        """Sends what waits."""
        if self.waiting:
            waiting, self.waiting = self.waiting, []
            self.transport.writelines(waiting)

    def close(self) -> None:
        self.send()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, by a transport that gathers."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]


# How uvicorn speaks for us, beside where.
SPOKEN: dict[str, Any] = {
    "http": Protocol,
    "log_level": "warning",
    "access_log": False,
    "proxy_headers": False,  # nothing here asks for a client's address
    "server_header": False,
    "ws_per_message_deflate": False,  # it would keep a window for each socket
}
