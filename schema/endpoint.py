"""GraphQL over HTTP: POST and GET of JSON, by the specification of that name."""

from hashlib import sha256
from typing import Any

import orjson
from graphql import GraphQLError, get_operation_ast, parse
from graphql import OperationType as OperationKind
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from models.database import lending
from models.messages import message
from planner.reader import Operation, TooMuch
from planner.selection import Unplanned, Weight
from resolvers.context import Context
from schema.bodies import body_of, costed, refused_by, shown, told, too_much
from schema.changing import Changing
from schema.events import STREAM, Events
from schema.graph import Graph, log_fault
from schema.http import (
    JSON,
    Answer,
    Asked,
    BadRequest,
    Caller,
    ContextOf,
    Heads,
    asked,
    asked_by,
    kind_of,
    language_of,
    media_of,
)
from schema.multipart import FORM, sent
from schema.planned import MOST, place_of, reader_of, refused
from schema.seeing import asking_for
from schema.sockets import Sockets
from schema.streams import ROOM, Room, Streams

Kinds = frozenset[OperationKind]
# What each method may ask for; and what is told of what it may not: where to ask, the status.
KINDS = {"GET": Kinds({OperationKind.QUERY})}
KINDS["POST"] = KINDS["GET"] | {OperationKind.MUTATION}
ELSEWHERE = {
    OperationType.MUTATION: (
        "Changes are made by POST; a GET only reads.",
        405,
        {"Allow": "POST"},
    ),
    OperationType.SUBSCRIPTION: (
        "A subscription is told over a WebSocket, or to whoever accepts text/event-stream.",
        406,
        None,
    ),
}


class Endpoint:
    """Answers requests by the graph, for whoever the context says is asking."""

    def __init__(
        self,
        graph: Graph,
        context_of: ContextOf,
        most: Weight = MOST,
        room: Room = ROOM,
    ):
        self.graph, self.context_of, self.reader = graph, context_of, reader_of(graph, most)
        self.streams = Streams(self, room)
        self.sockets = Sockets(graph, context_of, self.streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        heads = dict(scope["headers"])
        media = media_of(heads.get(b"accept", b""))
        try:
            answer = await self.answer(scope, heads, receive, media)
        except Exception as fault:
            log_fault(fault)
            body = {"errors": [told(message("INTERNAL", "en"), "INTERNAL")]}
            answer = Answer(body, media, 500)
        await answer.send(send)

    async def answer(
        self, scope: Scope, heads: Heads, receive: Receive, media: str
    ) -> Answer | Events:
        """The answer to one request."""
        method = scope["method"]
        if method not in KINDS:
            text = "Ask by POST, or by GET to read."
            return Answer({"errors": [told(text, "INVALID")]}, media, 405, {"Allow": "GET, POST"})
        accepted = language_of(heads.get(b"accept-language", b""))
        try:
            if method == "POST" and kind_of(heads) == FORM:
                context = await self.context_of(scope, heads)
                one = asked_by(await sent(heads, receive, context is not None))
            else:
                one = await asked(scope, heads, receive)
                context = await self.context_of(scope, heads)
        except BadRequest as bad:
            return Answer({"errors": [refused_by(bad, accepted or "en")]}, media, bad.status)
        if context and context.idempotency_key:
            given = orjson.dumps([one.name, one.variables], in_short, orjson.OPT_SORT_KEYS)
            context.question = f"{one.query}\n{given!r}"
        accept = heads.get(b"accept", b"")
        if STREAM in accept and self.is_subscription(one):
            return Events(self.streams.told(one, Caller(self.context_of, scope, heads)), receive)
        try:
            body = await self.body(one, context, KINDS[method], accepted)
        except TooMuch as much:
            return Answer({"errors": [too_much(much)]}, media, 200 if media == JSON else 400)
        except InvalidOperationTypeError as wrong:
            text, status, headers = ELSEWHERE[wrong.operation_type]
            return Answer({"errors": [told(text, "INVALID")]}, media, status, headers)
        is_answered = "data" in body or media == JSON
        return Answer(body, media, 200 if is_answered else 400, signs(context))

    async def body(
        self,
        one: Asked,
        context: Context | None,
        kinds: Kinds = KINDS["GET"],
        accepted: str | None = None,
    ) -> dict[str, Any]:
        """What is answered: by the planner, or by the executor where that cannot."""
        planned = await self.planned(*one, context, kinds)
        return planned or await self.executed(one, context, kinds, accepted)

    async def executed(
        self, one: Asked, context: Context | None, kinds: Kinds, accepted: str | None
    ) -> dict[str, Any]:
        """The answer of the executor."""
        try:
            result = await self.graph.execute(
                one.query,
                variable_values=one.variables,
                context_value=context,
                operation_name=one.name,
                allowed_operation_types=[OperationType(kind.value) for kind in kinds],
            )
        except CannotGetOperationTypeError:
            return {"errors": [told("The document has no operation of that name.", "INVALID")]}
        assert isinstance(result, ExecutionResult)
        body = body_of(result, context.language if context else accepted or "en")
        operation = self.reader.known(one.query, one.name)
        return costed(body, operation) if operation else body

    def is_subscription(self, one: Asked) -> bool:
        """Whether a document asks to be told, even if it says wrongly of what."""
        try:
            if operation := self.reader.known(one.query, one.name):
                return operation.node.operation is OperationKind.SUBSCRIPTION
            node = get_operation_ast(parse(one.query), one.name)
        except (TooMuch, GraphQLError):
            return False
        return node is not None and node.operation is OperationKind.SUBSCRIPTION

    async def planned(
        self,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
        context: Context | None,
        kinds: Kinds = KINDS["POST"],
    ) -> dict[str, Any] | None:
        """The answer of the planner; none for what the executor shall answer."""
        try:
            operation = self.reader.operation(query, name)  # too much is so for a stranger as well
            if context is None or context.subject.organisation_id is None:
                return None
            if operation.node.operation not in kinds:
                return None
            if operation.node.operation is OperationKind.MUTATION:
                return await self.changed(operation, Asked(query, variables, name), context)
            asking = asking_for(context)
            found = await self.reader.answer(operation, variables or {}, asking, lending())
        except Unplanned as reason:
            if context:
                self.reader.left[str(reason)] += 1
                context.headers["X-Segl-Executor"] = str(reason)
            return None
        body: dict[str, Any] = {"data": found.data}
        if found.refused:
            body = {"errors": [refused(one, path, context) for path, one in found.refused]} | body
        return costed(body, operation)

    async def changed(
        self, operation: Operation, one: Asked, context: Context
    ) -> dict[str, Any] | None:
        """The answer of a change whose payload is planned."""
        variables = self.reader.variables(operation, one.variables or {})
        try:
            changing = Changing(self.reader, self.graph, operation, variables, context)
        except GraphQLError:
            return None  # the arguments are wrong: the executor says how
        answer = await changing.make(*one)
        payload, errors = changing.payload, []
        if changing.fault:
            fault = told(message("INTERNAL", context.language), "INTERNAL")
            errors.append(fault | {"locations": [place_of(payload.node)], "path": [payload.key]})
        if changing.left and changing.left.errors:
            errors += [shown(one, context.language) for one in changing.left.errors]
        if changing.answered:
            errors += [refused(one, path, context) for path, one in changing.answered.refused]
        data = {payload.key: answer}
        return costed({"errors": errors, "data": data} if errors else {"data": data}, operation)

    async def metrics(self, request: Request) -> Response:
        """What the planner left to the executor, and what is followed, for those who watch."""
        lines = (*self.reader.metrics(), *self.streams.metrics())
        return PlainTextResponse("\n".join(lines) + "\n")


def in_short(content: bytes) -> str:
    """What stands for a file where requests are compared."""
    return sha256(content).hexdigest()


def signs(context: Context | None) -> dict[str, str] | None:
    """The headers that tell of an answer: which request it is of, and how it came about."""
    return context.headers | {"X-Request-Id": context.request_id} if context else None


def front(endpoint: ASGIApp, pages: ASGIApp) -> ASGIApp:
    """Takes GraphQL the short way: every layer that is passed costs on each request."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] != "lifespan" and scope["path"] == "/graphql"
        await (endpoint if is_graphql else pages)(scope, receive, send)

    return choose
