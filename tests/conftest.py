"""What the tests stand on: a real database, gateways in memory, and people who ask over HTTP."""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp
from tortoise.connection import get_connection

from gateways import Gateways, Issued, Letter, Letterbox, _key_of_this_process
from gateways.database import embedded
from gateways.pool import pool
from models import Organisation, Role, User, database
from schema.endpoint import Endpoint
from server import Environment, create_app
from tests.asking import Asker
from tests.certifying import an_order
from tests.comparing import BothWays
from tests.leaks import LEAKS, Ear, WatchedVault
from tests.making import Maker

SERVER = Path(__file__).parent.parent / "server.py"
LOGGERS = ("tortoise.db_client", "segl.sql")  # of statements by the models, and by the planner


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A PostgreSQL of the tests' own, or the one that SEGL_TEST_DATABASE_URL names."""
    if url := os.environ.get("SEGL_TEST_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="segl-test-") as folder:
        with embedded(Path(folder), fast=True) as url:
            yield url


@pytest.fixture(scope="session")
async def tables(database_url: str, anyio_backend: str) -> AsyncIterator[None]:
    await database.migrate(database_url)
    async with database.opened(database_url, pool):
        yield


@pytest.fixture(scope="session", autouse=True)
def ear() -> Iterator[None]:
    """Hears all that is logged."""
    logging.getLogger().addHandler(ear := Ear())
    logging.getLogger("segl").setLevel(logging.DEBUG)
    yield
    logging.getLogger().removeHandler(ear)


@pytest.fixture(autouse=True)
def nothing_leaks(ear: None) -> Iterator[None]:
    """Fails a test in which a CPR number came out anywhere."""
    yield
    assert LEAKS.found() == [], "a CPR number that was used stands there"


@pytest.fixture
async def empty(tables: None, nothing_leaks: None) -> AsyncIterator[None]:
    """A database in which nothing has happened yet; what has happened is searched for leaks."""
    client = get_connection("default")
    found = await client.execute_query_dict(
        "select string_agg('delete from ' || quote_ident(tablename), ';') as all from pg_tables"
        " where schemaname = 'public' and tablename not in ('tortoise_migrations', 'right')"
    )
    # Without foreign keys and triggers for a moment: many times faster than to truncate.
    await client.execute_script(
        f"begin; set local session_replication_role = replica; {found[0]['all']}; commit"
    )
    yield
    await LEAKS.look()


@pytest.fixture
def gateways() -> Gateways:
    made = Gateways.in_memory()
    return replace(made, vault=WatchedVault(made.vault))


@pytest.fixture
def environment() -> Environment:
    return Environment(is_demo=True)


@pytest.fixture
def make(empty: None, gateways: Gateways) -> Maker:
    """Makes what a story begins with."""
    return Maker(gateways)


@pytest.fixture
async def hansen(make: Maker) -> Organisation:
    """Hansen & Søn, an organisation with two production units."""
    return await make.organisation("Hansen & Søn ApS", production_units=2, eans=1, vat_units=1)


@pytest.fixture
async def jensen(make: Maker) -> Organisation:
    """Jensen ApS, where the stranger comes from."""
    return await make.organisation("Jensen ApS", production_units=1)


@pytest.fixture
def person(make: Maker, hansen: Organisation) -> Any:
    """Makes an active user of Hansen & Søn, with administrator's roles if any are named."""

    async def person(*roles: Role | str, **facts: Any) -> User:
        return await make.user(facts.pop("organisation", hansen), *roles, **facts)

    return person


@pytest.fixture
def issue(gateways: Gateways, hansen: Organisation) -> Any:
    """Has the authority issue a certificate: Anna's, unless told otherwise."""

    async def issue(**facts: Any) -> Issued:
        return await gateways.authority.issue(an_order(gateways.clock, hansen.id, **facts))

    return issue


@pytest.fixture
def way_in(request: pytest.FixtureRequest) -> type[Endpoint]:
    """Answers by the planner and by the executor, and compares; once only where SQL is counted."""
    is_alone = "sql" in request.fixturenames or request.node.get_closest_marker("faulty")
    return Endpoint if is_alone else BothWays


@pytest.fixture
def app(environment: Environment, gateways: Gateways, way_in: type[Endpoint]) -> ASGIApp:
    return create_app(environment, gateways, way_in=way_in)


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[AsyncClient]:
    hooks = {"request": [LEAKS.hear_request], "response": [LEAKS.hear_response]}
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://test", event_hooks=hooks) as one:
        yield one


@pytest.fixture
def worker(database_url: str) -> Any:
    """Starts a process that does nothing but work."""

    async def worker() -> asyncio.subprocess.Process:
        known = {
            "SEGL_DATABASE_URL": database_url,
            "SEGL_KEY": _key_of_this_process().hex(),
            "SEGL_REPLACEMENT_NUMBERS": "yes",
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, str(SERVER), "work", env=os.environ | known
        )

    return worker


@pytest.fixture
def asker(client: AsyncClient, gateways: Gateways) -> Asker:
    return Asker(client, gateways)


@pytest.fixture
def letters(client: AsyncClient, gateways: Gateways) -> Any:
    """Lets what waits in the outbox leave, and returns the letters to an address."""

    async def letters(to: str) -> list[Letter]:
        await gateways.jobs.run_once("letters")
        assert isinstance(gateways.mail, Letterbox)
        return [one for one in gateways.mail.letters if one.to == to]

    return letters


@pytest.fixture
def send(asker: Asker) -> Any:
    """Sends a document as a person, and returns the whole answer."""
    return asker.send


@pytest.fixture
def ask(asker: Asker) -> Any:
    """Asks for one field, and returns what it answers; fails on any top-level error."""
    return asker.ask


@pytest.fixture
def sql(caplog: pytest.LogCaptureFixture) -> Any:
    """Counts the statements that were sent to the database since it was last asked."""
    for logger in LOGGERS:
        caplog.set_level("DEBUG", logger)

    def count() -> int:
        found = sum(one.name in LOGGERS for one in caplog.records)
        caplog.clear()
        return found

    return count
