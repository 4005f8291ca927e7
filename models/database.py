"""Opens the database for the models, and brings its tables up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise import Tortoise, connections
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from models import catalogue

READINGS = [
    "models.billing_months",
    "models.changes",
    "models.effective_rights",
    "models.explanations",
    "models.external_users",
    "models.viewers",
]


def config(url: str) -> dict[str, Any]:
    """What Tortoise needs to know of a database."""
    apps = {
        "models": {"models": ["models"], "migrations": "models.migrations"},
        "readings": {"models": READINGS},  # which have no tables
    }
    return {"connections": {"default": url}, "apps": apps, "use_tz": True}


class Lending:
    """Lends connections of a pool for a reading each, and keeps some of them until the next.

    The way into a pool and out of it would cost a third of a short reading. The models are left
    at least half of the pool.
    """

    def __init__(self, pool: Any, most: int):
        self.pool, self.most = pool, most
        self.kept: list[Any] = []

    def connection(self) -> "Lent":
        """One of them, as a context."""
        return Lent(self)

    async def end(self) -> None:
        """Gives back what is kept."""
        while self.kept:
            await self.pool.release(self.kept.pop())


class Lent:
    """A connection, for as long as a reading takes; after any fault the pool sees to it."""

    __slots__ = ("connection", "lending")

    def __init__(self, lending: Lending):
        self.lending = lending

    async def __aenter__(self) -> Any:
        kept = self.lending.kept
        self.connection = kept.pop() if kept else await self.lending.pool.acquire()
        return self.connection

    async def __aexit__(self, fault: type | None, *_: Any) -> None:
        if fault is None and len(self.lending.kept) < self.lending.most:
            self.lending.kept.append(self.connection)
        else:
            await self.lending.pool.release(self.connection)


OPENED: list[Lending] = []  # what lends of the databases that are open, the last one in use


def lending() -> Lending:
    """What lends the connections that the models use too."""
    return OPENED[-1]


@asynccontextmanager
async def opened(url: str, connection_class: Any = None, most: int = 16) -> AsyncIterator[None]:
    """Keeps a pool of connections open, for every task of the process."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    client: Any = connections.get("default")
    client.connection_class, client.pool_minsize, client.pool_maxsize = connection_class, 1, most
    client.extra["init"] = plan_once
    try:
        await client.create_connection(with_db=True)
        OPENED.append(lent := Lending(client._pool, most // 2))
        try:
            yield
        finally:
            OPENED.remove(lent)
            await lent.end()
    finally:
        await Tortoise.close_connections()


async def plan_once(connection: Any) -> None:
    """Has PostgreSQL plan a statement once, not anew for the values of each time.

    Statements are written so that one plan serves all values. To plan costs more than to run them,
    and of its own accord PostgreSQL plans long lists anew, for which it expects more of it. Nor
    does it pay to compile what ends with a page, however much the whole would cost.
    """
    await connection.execute("set plan_cache_mode = force_generic_plan; set jit = off")


async def known() -> None:
    """Lets the models know their relations, without a database."""
    await Tortoise.init(config=config("asyncpg://nowhere"), init_connections=False)


async def migrate(url: str) -> None:
    """Makes every table what the models expect, and takes over the catalogue of rights; does
    nothing where it is so already.
    """
    await run_migrations(config=config(url), app_labels=["models"])
    await catalogue.load(catalogue.shipped())
    await Tortoise.close_connections()


async def is_current() -> bool:
    """Whether the database that is open answers and lacks no migration."""
    apps = {"models": config("")["apps"]["models"]}
    executor = MigrationExecutor(connections.get("default"), apps)
    return not await executor.plan([MigrationTarget("models", "__latest__")])
