"""Opens the database for the models, and brings its tables up to date."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tortoise import Tortoise
from tortoise.connection import get_connection
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


OPENED: list[Any] = []  # the pools of the databases that are open, the last one in use


def lending() -> Any:
    """The pool that lends readings the connections that the models use too."""
    return OPENED[-1]


@asynccontextmanager
async def opened(
    url: str, pool: Callable[..., Awaitable[Any]], most: int = 16
) -> AsyncIterator[None]:
    """Keeps a pool of connections open, for every task of the process."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    client: Any = get_connection("default")
    client.create_pool, client.pool_minsize, client.pool_maxsize = pool, 1, most
    client.extra["init"] = plan_once
    try:
        await client.create_connection(with_db=True)
        OPENED.append(lent := client._pool)
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
    executor = MigrationExecutor(get_connection("default"), apps)
    return not await executor.plan([MigrationTarget("models", "__latest__")])
