"""Opens the database for the models, and brings its tables up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise import Tortoise, connections
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget


def config(url: str) -> dict[str, Any]:
    """What Tortoise needs to know of a database."""
    app = {"models": ["models"], "migrations": "models.migrations"}
    return {"connections": {"default": url}, "apps": {"models": app}, "use_tz": True}


OPENED: list[Any] = []  # the clients of the databases that are open, the last one in use


def pool() -> Any:
    """The connections that the models use too."""
    return OPENED[-1]._pool


@asynccontextmanager
async def opened(url: str, connection_class: Any = None, most: int = 16) -> AsyncIterator[None]:
    """Keeps a pool of connections open, for every task of the process."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    client: Any = connections.get("default")
    client.connection_class, client.pool_minsize, client.pool_maxsize = connection_class, 1, most
    try:
        await client.create_connection(with_db=True)
        OPENED.append(client)
        yield
    finally:
        if client in OPENED:
            OPENED.remove(client)
        await Tortoise.close_connections()


async def known() -> None:
    """Lets the models know their relations, without a database."""
    await Tortoise.init(config=config("asyncpg://nowhere"), init_connections=False)


async def migrate(url: str) -> None:
    """Makes every table what the models expect; does nothing where it is so already."""
    await run_migrations(config=config(url))
    await Tortoise.close_connections()


async def is_current() -> bool:
    """Whether the database that is open answers and lacks no migration."""
    app = config("")["apps"]
    executor = MigrationExecutor(connections.get("default"), app)
    return not await executor.plan([MigrationTarget("models", "__latest__")])
