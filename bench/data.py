"""Makes the databases that are measured, each a copy of one that is made once and kept."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import asyncpg
from stdnum.dk import cvr

from gateways.database import embedded
from gateways.pool import pool
from models import database
from resolvers import demo, organisations

HERE = Path(__file__).parent
VAR = HERE.parent / "var" / "bench"


@contextmanager
def postgresql() -> Iterator[str]:
    """Keeps the PostgreSQL of the measurements running, and lends its address."""
    with embedded(VAR / "database", "postgres") as address:
        yield address


def fresh(address: str, users: int, places: int) -> str:
    """The address of a database with so many users in so many organisations, to be changed."""
    return asyncio.run(made(address, users, places, is_copied=True))


def bare(address: str, users: int) -> str:
    """The address of a database with so many users in one organisation, only to be read."""
    return asyncio.run(made(address, users, 1, is_copied=False))


def listed(address: str, users: int) -> str:
    """The address of a database whose lists are as long as its users are many, only to be read."""
    return asyncio.run(made(address, users, 2, is_copied=False, kind="lists"))


async def made(
    address: str, users: int, places: int, is_copied: bool, kind: str = "relations"
) -> str:
    name = f"bench_{kind[0]}_{users}_in_{places}"
    kept = f"{name}_as_{signature()}"
    server = await asyncpg.connect(address)
    try:
        known = [one[0] for one in await server.fetch("select datname from pg_database")]
        for old in known:
            if old.startswith(name) and old != kept:
                await server.execute(f'drop database "{old}" with (force)')
        if kept not in known:
            print(f"making {users:,} users in {places} organisations", flush=True)
            draft = f"{name}_draft"
            await server.execute(f'create database "{draft}"')
            more = kind if is_copied or kind == "lists" else None
            await fill(called(address, draft), users, places, more)
            await server.execute(f'alter database "{draft}" rename to "{kept}"')
        if is_copied:
            copy = f'create database "{name}" template "{kept}" strategy file_copy'
            await server.execute(copy)
    finally:
        await server.close()
    return called(address, name if is_copied else kept)


def called(address: str, name: str) -> str:
    """The address of another database on the same server."""
    return address.replace("/postgres?", f"/{name}?")


def signature() -> str:
    """What the data follows from: another one when tables or data are made in another way."""
    sources = [
        *HERE.glob("data.*"),
        HERE / "relations.sql",
        HERE / "lists.sql",
        *(HERE.parent / "models").rglob("*.py"),
    ]
    texts = [one.read_bytes() for one in sorted(sources)]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:12]


async def fill(address: str, users: int, places: int, more: str | None) -> None:
    await database.migrate(address)
    async with database.opened(address, pool):
        await found(places)
    connection = await asyncpg.connect(address)
    try:
        # Neither triggers nor foreign keys look at what is loaded.
        await connection.execute("set session_replication_role = replica")
        await connection.execute((HERE / "data.sql").read_text().replace("{users}", str(users)))
        if more:
            await connection.execute((HERE / f"{more}.sql").read_text())
        await connection.execute((HERE / "peers" / "postgraphile.sql").read_text())
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def found(places: int) -> None:
    """Founds organisations as Segl does, each with one production unit."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    numbers = (str(one) for one in count(10_000_000) if cvr.is_valid(str(one)))
    for place, number in zip(range(places), numbers, strict=False):
        async with demo.making(None, now):
            await organisations.found(
                cvr_number=number,
                name=f"Firma {place}",
                production_units={f"{1_000_000_000 + place}": "Hovedkontoret"},
            )


def postmaster() -> int:
    """The process of PostgreSQL, of which all its others are children."""
    return int((VAR / "database" / "data" / "postmaster.pid").read_text().split()[0])
