"""GraphQL over HTTP: POST and GET of JSON, by the specification of that name."""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
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

from models.messages import message
from planner.reader import TooMuch
from planner.selection import Unplanned, Weight
from resolvers.context import Context
from schema.changing import Changing
from schema.graph import Graph, log_fault
from schema.planned import MOST, place_of, reader_of, refused
from schema.rows import pool
from schema.seeing import asking_for
from schema.telling import Told

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
LONGEST = 1_000_000  # bytes of a request
LANGUAGES = ("da", "en")
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


class BadRequest(Exception):
    """A request that is none of GraphQL's."""

    def __init__(self, text: str, status: int = 400):
        super().__init__(text)
        self.text, self.status = text, status


class Endpoint:
    """Answers requests by the graph, for whoever the context says is asking."""

    def __init__(
        self,
        graph: Graph,
        context_of: Callable[[Request], Awaitable[Context | None]],
        most: Weight = MOST,
    ):
        self.graph, self.context_of, self.reader = graph, context_of, reader_of(graph, most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media = GRAPHQL if prefers_graphql(request.headers.get("accept", "")) else JSON
        try:
            response = await self.answer(request, media)
        except Exception as fault:
            log_fault(fault)
            body = {"errors": [told(message("INTERNAL", "en"), "INTERNAL")]}
            response = respond(body, media, 500)
        await response(scope, receive, send)

    async def answer(self, request: Request, media: str) -> Response:
        """The answer to one request."""
        if request.method not in ("GET", "POST"):
            body = {"errors": [told("Ask by POST, or by GET to read.", "INVALID")]}
            return respond(body, media, 405, {"allow": "GET, POST"})
        try:
            query, variables, name = await asked(request)
        except BadRequest as bad:
            return respond({"errors": [told(bad.text, "INVALID")]}, media, bad.status)
        context = await self.context_of(request)
        if context and context.idempotency_key:
            given = orjson.dumps([name, variables], option=orjson.OPT_SORT_KEYS)
            context.question = f"{query}\n{given!r}"
        try:
            planned = await self.planned(query, variables, name, context, request.method == "POST")
            if planned:
                return self.signed(respond(self.costed(planned, query, name), media, 200), context)
        except TooMuch as much:
            return respond({"errors": [too_much(much)]}, media, 200 if media == JSON else 400)
        try:
            result = await self.graph.execute(
                query,
                variable_values=variables,
                context_value=context,
                operation_name=name,
                allowed_operation_types=allowed(request.method),
            )
        except InvalidOperationTypeError:
            text = "Changes are made by POST; a GET only reads."
            return respond({"errors": [told(text, "INVALID")]}, media, 405, {"allow": "POST"})
        except CannotGetOperationTypeError:
            body = {"errors": [told("The document has no operation of that name.", "INVALID")]}
            return respond(body, media, 200 if media == JSON else 400)
        assert isinstance(result, ExecutionResult)
        accepted = language_of(request.headers.get("accept-language", ""))
        language = context.language if context else accepted or "en"
        return self.signed(
            respond(
                self.costed(body_of(result, language), query, name), media, status_of(result, media)
            ),
            context,
        )

    async def planned(
        self,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
        context: Context | None,
        may_change: bool = True,
    ) -> dict[str, Any] | None:
        """The answer of the planner; none for what the executor shall answer."""
        operation = self.reader.known(query, name)  # too much is too much for a stranger as well
        if context is None or context.subject.organisation_id is None:
            return None
        try:
            if operation and operation.node.operation is OperationKind.MUTATION:
                return await self.changed(query, variables, name, context) if may_change else None
            found = await self.reader.answer(
                query, name, variables or {}, asking_for(context), pool()
            )
        except Unplanned as reason:
            context.headers["X-Segl-Executor"] = str(reason)
            return None
        errors = [refused(one, path, context) for path, one in found.refused]
        return {"errors": errors, "data": found.data} if errors else {"data": found.data}

    async def changed(
        self, query: str, variables: dict[str, Any] | None, name: str | None, context: Context
    ) -> dict[str, Any] | None:
        """The answer of a change whose payload is planned."""
        plan, known = self.reader.change(query, name, variables or {}, asking_for(context))
        try:
            changing = Changing(self.reader, self.graph, plan, known, context)
        except GraphQLError:
            return None  # the arguments are wrong: the executor says how
        answer = await changing.make(query, variables, name)
        payload, errors = changing.payload, []
        if changing.fault:
            fault = told(message("INTERNAL", context.language), "INTERNAL")
            errors.append(fault | {"locations": [place_of(payload.node)], "path": [payload.key]})
        if changing.left and changing.left.errors:
            errors += [shown(one, context.language) for one in changing.left.errors]
        if changing.answered:
            errors += [refused(one, path, context) for path, one in changing.answered.refused]
        data = {payload.key: answer}
        return {"errors": errors, "data": data} if errors else {"data": data}

    def costed(self, body: dict[str, Any], query: str, name: str | None) -> dict[str, Any]:
        """An answer that tells what its document costs at most: fields times page sizes."""
        if operation := self.reader.known(query, name):
            body["extensions"] = {"cost": operation.weight.cost}
        return body

    async def metrics(self, request: Request) -> Response:
        """What the planner left to the executor, for those who watch."""
        return PlainTextResponse("\n".join(self.reader.metrics()) + "\n")

    def signed(self, response: Response, context: Context | None) -> Response:
        """An answer with what identifies it."""
        if context:
            response.headers.update(context.headers)
            response.headers["X-Request-Id"] = str(context.request_uuid)
        return response


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


def bearer(request: Request) -> str | None:
    """The token of the Authorization header."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def language_of(accepted: str) -> str | None:
    """The first language of Accept-Language that we speak, by weight."""
    tags = (tag.split("-")[0] for tag in ranked(accepted))
    return next((tag for tag in tags if tag in LANGUAGES), None)


def prefers_graphql(accept: str) -> bool:
    """Whether the newer media type is liked better than the older one."""
    kinds = ranked(accept)
    return GRAPHQL in kinds and (JSON not in kinds or kinds.index(GRAPHQL) < kinds.index(JSON))


@lru_cache(maxsize=256)
def ranked(accepted: str) -> tuple[str, ...]:
    """What a header of the Accept family names, the best liked first, without what it refuses."""
    found = []
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        found.append((float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0, name))
    return tuple(name for weight, name in sorted(found, key=lambda pair: -pair[0]) if weight)


def allowed(method: str) -> Any:
    queries = {OperationType.QUERY}
    return queries if method == "GET" else queries | {OperationType.MUTATION}


async def asked(request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
    """The document, the variables and the name of the operation that a request holds."""
    if request.method == "GET":
        given: Any = dict(request.query_params)
        given["variables"] = loaded(given.get("variables") or "null")
    else:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in (JSON, GRAPHQL):
            raise BadRequest("The content type must be application/json.", 415)
        given = loaded(await body_within(request, LONGEST))
    if isinstance(given, list):
        raise BadRequest("Several operations in one request are not taken; send them one by one.")
    if not isinstance(given, dict) or not isinstance(given.get("query"), str) or not given["query"]:
        raise BadRequest("A JSON object with a text `query` is expected.")
    variables, name = given.get("variables"), given.get("operationName")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("`variables` must be a JSON object.")
    return given["query"], variables, name if isinstance(name, str) and name else None


async def body_within(request: Request, limit: int) -> bytes:
    """The body of a request, read no further than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BadRequest(f"The request is larger than {limit:,} bytes.", 413)
    return bytes(body)


def loaded(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise BadRequest("The body is no JSON.") from None


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


def respond(body: Any, media: str, status: int, headers: dict[str, str] | None = None) -> Response:
    kept = {"cache-control": "no-store"}  # an answer is for one person
    return Response(orjson.dumps(body), status, kept | (headers or {}), f"{media}; charset=utf-8")
