"""Tells where the time of a request goes, by package, and which part of it the law takes."""

import asyncio
import contextlib
import cProfile
import pstats
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

from starlette.types import ASGIApp
from uvloop import run

from bench import data
from bench.documents import DOCUMENTS, Document, Person, people
from server import Environment, create_app

REQUESTS = 500
PARTS = ("asyncpg", "tortoise", "planner", "schema", "resolvers", "models", "gateways", "graphql")
LAW = ("/policies/", "/casbin/")


def main() -> None:
    """Profiles requests in this process, without HTTP, and prints shares of the time."""
    key = secrets.token_bytes(32)
    with contextlib.ExitStack() as open_things:
        url = data.fresh(open_things.enter_context(data.postgresql()), 100_000, 50)
        run(profile(url, key, people(url, key)))


async def profile(url: str, key: bytes, askers: list[Person]) -> None:
    environment = Environment(database_url=url, key=key)
    app = create_app(environment, environment.gateways(), url)
    async with living(app):
        for document in DOCUMENTS.values():
            await many(app, document, askers)
            watch = cProfile.Profile()
            watch.enable()
            await many(app, document, askers)
            watch.disable()
            tell(document.name, watch)


@contextlib.asynccontextmanager
async def living(app: ASGIApp) -> Any:
    """Starts an application as a server does, and stops it."""
    began, ends = asyncio.Event(), asyncio.Event()
    said = iter(("startup", "shutdown"))

    async def receive() -> Any:
        word = next(said)
        if word == "shutdown":
            await ends.wait()
        return {"type": f"lifespan.{word}"}

    async def send(_: Any) -> None:
        began.set()

    life = asyncio.create_task(app({"type": "lifespan", "state": {}}, receive, send))  # type: ignore[arg-type]
    await began.wait()
    try:
        yield
    finally:
        ends.set()
        await life


async def many(app: ASGIApp, document: Document, askers: list[Person]) -> None:
    for number in range(REQUESTS):
        person = askers[number % len(askers)]
        body = document.request(person, number)

        async def receive(body: bytes = body) -> Any:
            return {"type": "http.request", "body": body}

        headers = [
            (b"authorization", f"Bearer {person.token}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
        await app(scope, receive, ignore)


async def ignore(_: Any) -> None:
    """Sends an answer nowhere."""


def tell(name: str, watch: cProfile.Profile) -> None:
    spent, law = Counter[str](), 0.0
    for file, function, seconds in functions(watch):
        part = next((one for one in PARTS if f"/{one}/" in file), "the rest")
        spent[part] += seconds
        if any(one in file for one in LAW) or function == "extent":
            law += seconds
    whole = sum(spent.values())
    shares = ", ".join(f"{part} {one / whole:.0%}" for part, one in spent.most_common())
    print(f"{name}: {shares}\nlaw-share {name} {law / whole:.4f}")


def functions(watch: cProfile.Profile) -> Iterator[tuple[str, str, float]]:
    """The file, the name and the seconds of each function, those it calls aside."""
    stats: Any = pstats.Stats(watch)
    for (file, _, name), (_, _, seconds, _, _) in stats.stats.items():
        yield file, name, seconds


if __name__ == "__main__":
    main()
