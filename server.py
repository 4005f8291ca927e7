"""Puts Segl together: environment, database, gateways, policy, graph, pages; and the commands."""

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

import graphiql
from gateways import Gateways, Mail, WallClock, key_file, today
from gateways.authority import BuiltInAuthority, KeyFolder, routes
from gateways.database import embedded
from gateways.mail import mail_by
from gateways.pool import pool
from gateways.settings import Unusable, from_file, hexadecimal, truth, whole, wholes
from gateways.stopping import when_stopped
from gateways.terminal import obeyed, text_of
from gateways.wire import SPOKEN
from graphiql.forms import COOKIE
from models import catalogue, database
from models.billing import SHIPPED, Prices, price_list
from planner.selection import Weight
from policies import law
from resolvers import demo, founding, organisations
from resolvers.context import Context, Rules
from resolvers.desk import DemoDesk
from resolvers.identities import Door
from resolvers.work import arrange
from schema.downloading import downloads
from schema.endpoint import Endpoint, front
from schema.explaining import explain
from schema.graph import graph
from schema.http import LONGEST, PREFLIGHT, Heads, bearer, language_of
from schema.planned import LARGEST, MOST, reader_of
from schema.probes import PROBES
from schema.streams import LARGEST_ROOM, ROOM, Room
from schema.tokens import tokens

T = TypeVar("T")
HERE = Path(__file__).parent
REPLACEMENTS, TEST_CVR = "SEGL_REPLACEMENT_NUMBERS", "SEGL_TEST_ORGANISATIONS"
DAYS = "SEGL_NOTIFICATION_DAYS"
HINT = """
  Sign in there as anybody of the demo; letters are at /mailbox.
  For scripts: .venv/bin/python server.py token user-administrator"""
gc.set_threshold(20_000)  # objects, before it is worth looking for circles: a request leaves none


@dataclass(frozen=True)
class Environment:
    """All that the process reads from its environment."""

    database_url: str | None = None
    var: Path = HERE / "var"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    base_url: str | None = None
    smtp_url: str | None = None
    sender: str = "Segl <segl@localhost>"
    key: bytes | None = None
    passphrase: str | None = None
    authority_url: str | None = None
    is_demo: bool = False
    admits_replacement_numbers: bool = False
    admits_test_organisations: bool = False
    notification_days: int = Rules.notification_days
    prices: Prices = SHIPPED
    most: Weight = MOST  # that one request may ask for
    room: Room = ROOM  # for subscriptions

    @classmethod
    def read(cls) -> "Environment":
        given = os.environ
        return cls(
            database_url=given.get("SEGL_DATABASE_URL"),
            var=Path(given.get("SEGL_VAR", cls.var)),
            host=given.get("SEGL_HOST", cls.host),
            port=whole("SEGL_PORT", given.get("SEGL_PORT"), cls.port, 65535),
            workers=whole("SEGL_WORKERS", given.get("SEGL_WORKERS"), cls.workers, 100),
            base_url=given.get("SEGL_BASE_URL"),
            smtp_url=given.get("SEGL_SMTP_URL"),
            sender=given.get("SEGL_SENDER", cls.sender),
            key=hexadecimal("SEGL_KEY", given.get("SEGL_KEY")),
            passphrase=given.get("SEGL_AUTHORITY_PASSPHRASE"),
            authority_url=given.get("SEGL_AUTHORITY_URL"),
            is_demo=truth("SEGL_DEMO", given.get("SEGL_DEMO")),
            admits_replacement_numbers=truth(REPLACEMENTS, given.get(REPLACEMENTS)),
            admits_test_organisations=truth(TEST_CVR, given.get(TEST_CVR)),
            notification_days=whole(DAYS, given.get(DAYS), cls.notification_days, 3650),
            prices=from_file("SEGL_PRICES", given.get("SEGL_PRICES"), price_list, cls.prices),
            most=Weight(**wholes("SEGL_MOST", given, vars(MOST), vars(LARGEST))),
            room=Room(**wholes("SEGL_MOST", given, vars(ROOM), vars(LARGEST_ROOM))),
        )

    def checked(self) -> "Environment":
        """Itself, if it can be served: the demo lets anybody in, so it stays on this machine."""
        if self.key is None and self.database_url and not self.is_demo:
            raise Unusable(
                "SEGL_KEY is not set: 64 hexadecimal digits that seal CPR numbers and sign tokens."
                " Make one with: openssl rand -hex 32"
            )
        if self.is_demo and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise Unusable(f"The demo lets anybody in: serve it on 127.0.0.1, not {self.host}.")
        self.mail()
        return self

    @property
    def rules(self) -> Rules:
        url = self.base_url or f"http://{self.host}:{self.port}"
        replacements = self.is_demo or self.admits_replacement_numbers
        tests = self.admits_test_organisations
        return Rules(url, replacements, tests, self.is_demo, self.notification_days, self.prices)

    def gateways(self) -> Gateways:
        """The outside as it is."""
        key, url = self.key or key_file(self.var / "key"), self.authority_url or self.rules.base_url
        return Gateways.real(key, self.mail(), BuiltInAuthority(self.keys(), WallClock(), url))

    def keys(self) -> KeyFolder:
        """The keys of the certificate authority, which whoever develops need not make."""
        may_be_made = self.is_demo or not self.database_url
        return KeyFolder(self.var / "authority", self.passphrase, may_be_made)

    def mail(self) -> Mail:
        return mail_by(self.smtp_url, self.sender, keeps_letters=self.is_demo)


def create_app(
    environment: Environment,
    gateways: Gateways,
    url: str | None = None,
    way_in: type[Endpoint] = Endpoint,
) -> ASGIApp:
    """The application; with a database's address it opens it, without one it finds it open."""
    policy = law()
    graph.must_be_guarded(policy.permissions)
    catalogue.must_be_lawful(catalogue.shipped(), policy.permissions)
    door = Door(gateways, policy, environment.rules)
    arrange(gateways, policy, environment.rules)
    gateways.jobs.every(10, door.activity.store, "activity")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if url is None:
            yield
            return
        async with database.opened(url, pool), gateways.jobs.running(), door.listening(url):
            with when_stopped(gateways.news.stop):
                gc.collect()
                gc.freeze()
                yield

    async def context_of(scope: Scope, heads: Heads, is_active: bool = True) -> Context | None:
        token = bearer(heads)
        if token is None and (heads.get(PREFLIGHT) or scope["type"] == "websocket"):
            token = HTTPConnection(scope).cookies.get(COOKIE)
        key = heads.get(b"idempotency-key", b"").decode("latin-1") or None
        language = language_of(heads.get(b"accept-language", b""))
        act_for = heads.get(b"act-for", b"").decode("latin-1") or None
        return await door.context(token or "", language, key, is_active, act_for)

    desk = DemoDesk(door) if environment.is_demo else None
    endpoint = way_in(graph, context_of, environment.most, environment.room)
    pages = Starlette(
        routes=[
            *PROBES,
            Route("/metrics", endpoint.metrics),
            downloads(door, endpoint),
            tokens(door),
            *routes(gateways.authority),
            *graphiql.routes(desk, HERE / "graphiql" / "dist"),
        ],
        lifespan=lifespan,
    )
    return front(endpoint, pages)


def database_of(environment: Environment) -> AbstractContextManager[str]:
    """The address of the database: the named one, or the embedded one, which it keeps running."""
    if environment.database_url:
        return nullcontext(environment.database_url)
    return embedded(environment.var / "database")


def at_database(environment: Environment, work: Callable[[], Awaitable[T]]) -> T:
    """What comes of some work while the database is open."""
    with database_of(environment) as url:
        return asyncio.run(at(url, work))


async def at(url: str, work: Callable[[], Awaitable[T]]) -> T:
    async with database.opened(url, pool):
        return await work()


def app() -> ASGIApp:
    """The application of one worker process."""
    environment = Environment.read()
    return create_app(environment, environment.gateways(), environment.database_url)


def serve(environment: Environment, given: argparse.Namespace) -> int:
    """Migrate, load the demo's data where that is asked for, and serve until stopped."""
    for name in ("host", "port", "workers"):
        if getattr(given, name):
            os.environ[f"SEGL_{name.upper()}"] = str(getattr(given, name))
    if given.demo:
        os.environ["SEGL_DEMO"] = "yes"
    environment = Environment.read().checked()
    environment.keys().ready(WallClock().now())
    with database_of(environment) as url:
        os.environ["SEGL_DATABASE_URL"] = url
        asyncio.run(database.migrate(url))
        if environment.is_demo:
            asyncio.run(at(url, lambda: demo.load(environment.gateways())))
        print(f"Segl is at {environment.rules.base_url}{HINT * environment.is_demo}", flush=True)
        uvicorn.run(
            "server:app",
            factory=True,
            host=environment.host,
            port=environment.port,
            workers=environment.workers,
            ws_max_size=LONGEST,
            **SPOKEN,
        )
    return 0


def work(environment: Environment, given: argparse.Namespace) -> int:
    """Do the work beside the requests, files of users and letters, in a process of its own."""
    with database_of(environment.checked()) as url:
        asyncio.run(work_at(environment, url))
    return 0


async def work_at(environment: Environment, url: str) -> None:
    gateways = environment.gateways()
    arrange(gateways, law(), environment.rules)
    async with database.opened(url, pool), gateways.jobs.running():
        await asyncio.Event().wait()


def migrate(environment: Environment, given: argparse.Namespace) -> int:
    """Bring the tables of the database up to date."""
    with database_of(environment) as url:
        asyncio.run(database.migrate(url))
    print("The database is up to date.")
    return 0


def organisation(environment: Environment, given: argparse.Namespace) -> int:
    """Add an organisation, and invite its first organisation administrator."""
    environment.checked()
    gateways, rules = environment.gateways(), environment.rules
    wanted = founding.beginning(vars(given), rules, today(gateways.clock.now()))

    print(at_database(environment, lambda: founding.begin(gateways, law(), rules, wanted)))
    return 0


def authority(environment: Environment, given: argparse.Namespace) -> int:
    """Make the keys of the certificate authority, or a new issuing key beside the former."""
    print(environment.keys().obey(given.action, given.name, given.key, WallClock().now()))
    return 0


def load(environment: Environment, given: argparse.Namespace) -> int:
    """Load the demo's data into an empty database."""
    environment.keys().ready(WallClock().now())
    with database_of(environment) as url:
        asyncio.run(database.migrate(url))
        made = asyncio.run(at(url, lambda: demo.load(environment.gateways())))
    print("The demo is loaded." if made else "There are organisations already: nothing was loaded.")
    return 0


def token(environment: Environment, given: argparse.Namespace) -> int:
    """Print a token, an hour long, for a person of the demo or the e-mail address of any user."""
    rules = replace(environment.rules, admits_replacement_numbers=True)
    desk = DemoDesk(Door(environment.gateways(), law(), rules))
    try:
        if given.cpr or given.name or given.born:
            found = desk.token_of_person(
                cpr_number=given.cpr, name=given.name, date_of_birth=given.born
            )
        else:
            found = at_database(environment, lambda: desk.token_of(given.person))
    except ValueError as bad:
        raise Unusable(str(bad)) from None
    print(found)
    return 0


def schema(environment: Environment, given: argparse.Namespace) -> int:
    """Print the contract in GraphQL's schema language."""
    print(graph.as_str())
    return 0


def check(environment: Environment, given: argparse.Namespace) -> int:
    """Verify every organisation's history; find what was altered or is missing."""

    async def verified() -> list[tuple[str, bool]]:
        return [one async for one in organisations.verified()]

    found = at_database(environment, verified)
    print("\n".join(line for line, _ in found))
    return 0 if all(is_intact for _, is_intact in found) else 1


def explained(environment: Environment, given: argparse.Namespace) -> int:
    """Print the statements, the permissions and the cost of a document."""
    text = text_of(given.file)
    asyncio.run(database.known())
    print("\n".join(explain(reader_of(graph, environment.most), text)))
    return 0


COMMANDS = {
    "serve": serve,
    "work": work,
    "migrate": migrate,
    "organisation": organisation,
    "authority": authority,
    "demo": load,
    "token": token,
    "schema": schema,
    "verify": check,
    "explain": explained,
}


def main(arguments: list[str] | None = None) -> int:
    return obeyed(COMMANDS, arguments, Environment.read)


if __name__ == "__main__":
    sys.exit(main())
