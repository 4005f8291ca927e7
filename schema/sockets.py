"""Subscriptions over a WebSocket, by the protocol graphql-transport-ws, which Strawberry speaks.

Only subscriptions are taken: a change has headers and retries of its own, which belong to a POST.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)

from schema.bodies import Body
from schema.events import PATIENCE
from schema.graph import Graph
from schema.http import Asked, Caller, ContextOf
from schema.streams import Stopping, Streams, too_many

INTRODUCTION = timedelta(seconds=10)  # within which whoever connects says who they are
GOING_AWAY = 1001


@dataclass
class Guest(Caller):
    """Whoever opened a socket, and what they said of themselves then."""

    connection_params: dict[str, Any] = field(default_factory=dict)

    def introduce(self) -> None:
        """Takes the token that was given; the header or the session counts without one."""
        for name, value in self.connection_params.items():
            if name.lower() == "authorization" and isinstance(value, str):
                self.heads[b"authorization"] = value.encode()


class Wire(ASGIWebSocketAdapter):
    """One end of a socket, which waits for the other end only so long."""

    patience: asyncio.Timeout

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(PATIENCE):
                await super().send_json(message)
        except TimeoutError:
            if not self.patience.expired():
                self.patience.reschedule(0)
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is not WebSocketState.DISCONNECTED:
            await super().close(code, reason)


class Talk(BaseGraphQLTransportWSHandler[Guest, None]):
    """What is said over one socket."""

    view: "Sockets"
    websocket: Wire

    async def handle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as self.websocket.patience:
                await super().handle()

    async def handle_message(self, message: Any) -> None:
        if is_well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Message is not of the protocol")

    async def run_operation(self, operation: Operation[Guest, None]) -> None:
        """Tells the answers of one subscription until it ends."""
        try:
            async with aclosing(self.told(operation)) as bodies:
                async for body in bodies:
                    await operation.send_operation_message(said(operation.id, body))
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except Stopping:
            await self.websocket.close(GOING_AWAY, "Going away")
        except WebSocketDisconnected:
            pass  # whoever reads from the socket learns it too

    async def told(self, operation: Operation[Guest, None]) -> AsyncGenerator[Body, None]:
        streams = self.view.streams
        most = streams.room.subscriptions_per_connection
        if [*self.operations].index(operation.id) >= most:
            yield too_many("subscriptions_per_connection", most)
            return
        asked = Asked(operation.query, operation.variables, operation.operation_name)
        async with aclosing(streams.told(asked, self.context)) as bodies:
            async for body in bodies:
                yield body


class Sockets(GraphQL[Guest, None]):
    """Opens sockets to whoever comes from here and says who they are."""

    graphql_transport_ws_handler_class = Talk
    websocket_adapter_class = Wire

    def __init__(self, graph: Graph, context_of: ContextOf, streams: Streams):
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INTRODUCTION,
            max_subscriptions_per_connection=None,  # that many are told so in our own words
        )
        self.context_of, self.streams = context_of, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.run(WebSocket(scope, receive, send))

    async def get_context(self, request: Any, response: Any) -> Guest:
        return Guest(self.context_of, request.scope, dict(request.scope["headers"]))

    async def on_ws_connect(self, context: Guest) -> Any:
        context.introduce()
        if await context.context(is_active=True) is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)


def said(id: str, body: Body) -> Any:
    """The message of an answer, or of the errors that there is instead of one."""
    if "data" in body:
        return {"id": id, "type": "next", "payload": body}
    return {"id": id, "type": "error", "payload": body["errors"]}


def is_well_formed(message: Any) -> bool:
    """Whether a message has the parts that its type needs."""
    match message:
        case {"type": "connection_init" | "ping" | "pong"} | {"type": "complete", "id": str()}:
            return True
        case {"type": "subscribe", "id": str(), "payload": {"query": str(), **others}}:
            variables, name = others.get("variables"), others.get("operationName")
            return isinstance(variables, dict | None) and isinstance(name, str | None)
    return False
