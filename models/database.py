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
    """A pool that keeps what is given back at hand for whoever comes next, a reading or a change.

    The way into asyncpg's own pool and out of it would cost a third of a short reading. As soon
    as somebody has to wait for a connection, what is given back goes that way all the same.
    """

    def __init__(self, pool: Any):
        self.pool = pool
        self.kept: list[Any] = []
        self.waiting = 0

    async def acquire(self) -> Any:
        """A connection, for its user alone until it is released."""
        while self.kept:
            if not (connection := self.kept.pop()).is_closed():
                return connection
            await self.pool.release(connection)
        self.waiting += 1
        try:
            return await self.pool.acquire()
        finally:
            self.waiting -= 1

    async def release(self, connection: Any) -> None:
        """Takes a connection back; the pool sees to one that was lost or left in a transaction."""
        is_sound = not (connection.is_closed() or connection.is_in_transaction())
        if is_sound and not self.waiting:
            self.kept.append(connection)
        else:
            await self.pool.release(connection)

    async def close(self) -> None:
        """Ends all connections as soon as they are given back."""
        self.waiting += 1
        while self.kept:
            await self.pool.release(self.kept.pop())
        await self.pool.close()

    def terminate(self) -> None:
        """Ends all connections at once."""
        self.pool.terminate()


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
        client._pool = lent = Lending(client._pool)
        OPENED.append(lent)
        try:
            yield
        finally:
            OPENED.remove(lent)
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
