"""GraphQL over HTTP: POST and GET of JSON, by the specification of that name."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import orjson
from graphql import GraphQLError
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
from schema.changing import Changing
from schema.graph import Graph, log_fault
from schema.http import (
    JSON,
    Answer,
    Asked,
    BadRequest,
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
from schema.telling import Told

# Where the GraphQL library's messages repeat what a client sent, and what is left of them.
ECHOES = [
    (re.compile(echo, re.DOTALL), rest)
    for echo, rest in (
        (r"(unknown field) '.*", r"\1."),
        (r"[,;.?]+ [Ff]ound:? .*", "."),
        (r"(cannot represent [^:']*[^:' ]).*", r"\1."),
        (r"(Unexpected \w+) ['\"].*", r"\1."),
        (r"Value '.*' does not exist", "The value does not exist"),
    )
]


class Endpoint:
    """Answers requests by the graph, for whoever the context says is asking."""

    def __init__(
        self,
        graph: Graph,
        context_of: Callable[[Scope, Heads], Awaitable[Context | None]],
        most: Weight = MOST,
    ):
        self.graph, self.context_of, self.reader = graph, context_of, reader_of(graph, most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heads = dict(scope["headers"])
        media = media_of(heads.get(b"accept", b""))
        try:
            answer = await self.answer(scope, heads, receive, media)
        except Exception as fault:
            log_fault(fault)
            body = {"errors": [told(message("INTERNAL", "en"), "INTERNAL")]}
            answer = Answer(body, media, 500)
        await answer.send(send)

    async def answer(self, scope: Scope, heads: Heads, receive: Receive, media: str) -> Answer:
        """The answer to one request."""
        method = scope["method"]
        if method not in ("GET", "POST"):
            body = {"errors": [told("Ask by POST, or by GET to read.", "INVALID")]}
            return Answer(body, media, 405, {"Allow": "GET, POST"})
        try:
            if method == "POST" and kind_of(heads) == FORM:
                context = await self.context_of(scope, heads)
                one = asked_by(await sent(heads, receive, context is not None))
            else:
                one = await asked(scope, heads, receive)
                context = await self.context_of(scope, heads)
        except BadRequest as bad:
            return Answer({"errors": [told(bad.text, "INVALID")]}, media, bad.status)
        if context and context.idempotency_key:
            given = orjson.dumps([one.name, one.variables], in_short, orjson.OPT_SORT_KEYS)
            context.question = f"{one.query}\n{given!r}"
        try:
            planned = await self.planned(*one, context, method == "POST")
        except TooMuch as much:
            return Answer({"errors": [too_much(much)]}, media, 200 if media == JSON else 400)
        if planned:
            return Answer(planned, media, 200, signs(context))
        accepted = language_of(heads.get(b"accept-language", b""))
        return await self.executed(one, context, method, media, accepted)

    async def executed(
        self, one: Asked, context: Context | None, method: str, media: str, accepted: str | None
    ) -> Answer:
        """The answer of the executor."""
        try:
            result = await self.graph.execute(
                one.query,
                variable_values=one.variables,
                context_value=context,
                operation_name=one.name,
                allowed_operation_types=allowed(method),
            )
        except InvalidOperationTypeError:
            text = "Changes are made by POST; a GET only reads."
            return Answer({"errors": [told(text, "INVALID")]}, media, 405, {"Allow": "POST"})
        except CannotGetOperationTypeError:
            body = {"errors": [told("The document has no operation of that name.", "INVALID")]}
            return Answer(body, media, 200 if media == JSON else 400)
        assert isinstance(result, ExecutionResult)
        body = body_of(result, context.language if context else accepted or "en")
        if operation := self.reader.known(one.query, one.name):
            body = costed(body, operation)
        return Answer(body, media, status_of(result, media), signs(context))

    async def planned(
        self,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
        context: Context | None,
        may_change: bool = True,
    ) -> dict[str, Any] | None:
        """The answer of the planner; none for what the executor shall answer."""
        try:
            operation = self.reader.operation(query, name)  # too much is so for a stranger as well
            if context is None or context.subject.organisation_id is None:
                return None
            if operation.node.operation is OperationKind.MUTATION:
                if not may_change:
                    return None
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
        """What the planner left to the executor, for those who watch."""
        return PlainTextResponse("\n".join(self.reader.metrics()) + "\n")


def in_short(content: bytes) -> str:
    """What stands for a file where requests are compared."""
    return sha256(content).hexdigest()


def costed(body: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """An answer that tells what its document costs at most: fields times page sizes."""
    body["extensions"] = {"cost": operation.weight.cost}
    return body


def signs(context: Context | None) -> dict[str, str] | None:
    """The headers that tell of an answer: which request it is of, and how it came about."""
    return context.headers | {"X-Request-Id": str(context.request_uuid)} if context else None


def front(endpoint: ASGIApp, pages: ASGIApp) -> ASGIApp:
    """Takes GraphQL the short way: every layer that is passed costs on each request."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] == "http" and scope["path"] == "/graphql"
        await (endpoint if is_graphql else pages)(scope, receive, send)

    return choose


def too_much(much: TooMuch) -> dict[str, Any]:
    """The refusal of a document that asks for more than is answered at once."""
    asked, most = getattr(much.weight, much.measure), getattr(much.most, much.measure)
    text = (
        f"This asks for too much at once: {much.measure} {asked:,}, where {most:,} is the most."
        " Ask for shorter pages or fewer fields, or in several requests."
    )
    return told(text, "INVALID", measure=much.measure, asked=asked, most=most)


def allowed(method: str) -> Any:
    queries = {OperationType.QUERY}
    return queries if method == "GET" else queries | {OperationType.MUTATION}


def body_of(result: ExecutionResult, language: str) -> dict[str, Any]:
    """The answer; of its errors only what a client may read."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [shown(error, language) for error in result.errors]
    if result.data is not None or not is_request_error(result):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def shown(error: Any, language: str) -> dict[str, Any]:
    """An error: a refusal in its own words, a fault in none, a mistake without its values."""
    fault = error.original_error
    if isinstance(fault, Told):
        formatted = told(fault.refusal.message(language), **fault.extensions)
    elif fault is None or error.path is None:
        formatted = told(without_values(error.message), "INVALID")
    else:
        formatted = told(message("INTERNAL", language), "INTERNAL")
    if error.locations:
        formatted["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted


def told(text: str, code: str, **extensions: Any) -> dict[str, Any]:
    return {"message": text, "extensions": {"code": code, **extensions}}


def without_values(text: str) -> str:
    """A message of the GraphQL library without the value that a client sent."""
    for echo, rest in ECHOES:
        text = echo.sub(rest, text)
    return text


def is_request_error(result: ExecutionResult) -> bool:
    """Whether nothing was executed."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def status_of(result: ExecutionResult, media: str) -> int:
    if media == JSON or not is_request_error(result):
        return 200
    return 400
