"""What GraphQL over HTTP is made of: what a request asks, in which form and language; answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from resolvers.context import Context

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
LONGEST = 1_000_000  # bytes of a request
LANGUAGES = ("da", "en")
PREFLIGHT = b"graphql-preflight"  # a header that a form of another site cannot send
NO_STORE = (b"cache-control", b"no-store")  # an answer is for one person
Heads = dict[bytes, bytes]
ContextOf = Callable[..., Awaitable[Context | None]]


class BadRequest(Exception):
    """A request that is none of GraphQL's."""

    def __init__(self, text: str, status: int = 400):
        super().__init__(text)
        self.text, self.status = text, status


class TooLarge(BadRequest):
    """A request of more bytes than are read."""

    def __init__(self, limit: int):
        super().__init__(f"The request is larger than {limit:,} bytes.", 413)
        self.limit = limit


class Asked(NamedTuple):
    """The document, the variables and the name of the operation that a request holds."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


@dataclass
class Caller:
    """Whoever sent a request or opened a socket: asked for anew as long as it stays open."""

    context_of: ContextOf
    scope: Scope
    heads: Heads

    async def context(self, is_active: bool = False) -> Context | None:
        """Who it is, and with which rights now; active is who asks, not who is told more."""
        return await self.context_of(self.scope, self.heads, is_active)

    @property
    def language(self) -> str | None:
        return language_of(self.heads.get(b"accept-language", b""))


class Answer(NamedTuple):
    """What goes back: a body of JSON, its media type, and more headers."""

    body: Any
    media: str
    status: int = 200
    headers: dict[str, str] | None = None

    async def send(self, send: Send) -> None:
        body = orjson.dumps(self.body)
        headers = [CONTENT_TYPES[self.media], NO_STORE, (b"content-length", b"%d" % len(body))]
        for name, value in (self.headers or {}).items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


CONTENT_TYPES = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (GRAPHQL, JSON)
}


async def asked(scope: Scope, heads: Heads, receive: Receive) -> Asked:
    """What a request asks; BadRequest for one that asks nothing that can be answered."""
    if scope["method"] == "GET":
        given: Any = dict(parse_qsl(scope["query_string"].decode("latin-1"), True))
        given["variables"] = loaded(given.get("variables") or "null")
    else:
        kind = kind_of(heads)
        if kind not in (JSON, GRAPHQL):
            raise BadRequest("The content type must be application/json.", 415)
        given = loaded(await body_within(receive, LONGEST))
    return asked_by(given)


def kind_of(heads: Heads) -> str:
    """The media type of a request's body."""
    return media_in(heads.get(b"content-type", b""))


@lru_cache(maxsize=256)
def media_in(content_type: bytes) -> str:
    return content_type.split(b";")[0].strip().lower().decode("latin-1")


def asked_by(given: Any) -> Asked:
    """What is asked by what a body holds."""
    if isinstance(given, list):
        raise BadRequest("Several operations in one request are not taken; send them one by one.")
    if not isinstance(given, dict) or not isinstance(given.get("query"), str) or not given["query"]:
        raise BadRequest("A JSON object with a text `query` is expected.")
    variables, name = given.get("variables"), given.get("operationName")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("`variables` must be a JSON object.")
    return Asked(given["query"], variables, name if isinstance(name, str) and name else None)


async def body_within(receive: Receive, limit: int) -> bytes:
    """The body of a request, read no further than the limit."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The request ended before its body did.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLarge(limit)
        if not message.get("more_body"):
            return body


def loaded(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise BadRequest("The body is no JSON.") from None


def bearer(heads: Heads) -> str | None:
    """The token of the Authorization header."""
    kind, _, token = heads.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


@lru_cache(maxsize=256)
def language_of(accepted: bytes) -> str | None:
    """The first language of Accept-Language that we speak, by weight."""
    tags = (tag.split("-")[0] for tag in ranked(accepted))
    return next((tag for tag in tags if tag in LANGUAGES), None)


@lru_cache(maxsize=256)
def media_of(accepted: bytes) -> str:
    """The media type to answer in: the newer one where Accept likes it better than the older."""
    kinds = ranked(accepted)
    is_newer = GRAPHQL in kinds and (JSON not in kinds or kinds.index(GRAPHQL) < kinds.index(JSON))
    return GRAPHQL if is_newer else JSON


def ranked(accepted: bytes) -> tuple[str, ...]:
    """What a header of the Accept family names, the best liked first, without what it refuses."""
    found = []
    for one in accepted.decode("latin-1").lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        found.append((float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0, name))
    return tuple(name for weight, name in sorted(found, key=lambda pair: -pair[0]) if weight)
