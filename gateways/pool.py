"""A pool of connections to the database, lent to readings and to changes alike."""

from typing import Any

import asyncpg


class Connection(asyncpg.Connection):
    """Goes back to its pool without a round trip to the server.

    That is safe as long as no statement leaves session state behind: settings by `set local`,
    locks that end with the transaction, and listeners on a connection outside the pool.
    """

    async def reset(self, *, timeout: float | None = None) -> None:
        if self.is_in_transaction():
            await super().reset(timeout=timeout)

    def get_reset_query(self) -> str:
        return ""


async def pool(**options: Any) -> "Lending":
    """Opens a pool of such connections."""
    return Lending(await asyncpg.create_pool(**options | {"connection_class": Connection}))


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
            if not is_lost(connection := self.kept.pop()):
                return connection
            await self.pool.release(connection)
        self.waiting += 1
        try:
            return await self.pool.acquire()
        finally:
            self.waiting -= 1

    async def release(self, connection: Any) -> None:
        """Takes a connection back; the pool sees to one that was lost or left in a transaction."""
        if self.waiting or is_lost(connection) or connection.is_in_transaction():
            await self.pool.release(connection)
        else:
            self.kept.append(connection)

    async def close(self) -> None:
        """Ends all connections as soon as they are given back."""
        self.waiting += 1
        while self.kept:
            await self.pool.release(self.kept.pop())
        await self.pool.close()

    def terminate(self) -> None:
        """Ends all connections at once."""
        self.pool.terminate()


def is_lost(connection: Any) -> bool:
    """Whether a connection has ended, of itself or by the server."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # what the pool has taken back answers nothing else
        return True
