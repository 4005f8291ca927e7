"""Hears what the database tells all processes by NOTIFY."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import asyncpg

log = logging.getLogger("segl.signals")

AGAIN = 0.5  # seconds until a lost connection is sought again
SILENCE = 0.5  # seconds without a word after which the connection is tried


@contextlib.asynccontextmanager
async def heard(
    url: str, channel: str, told: Callable[[str], None], hear: Callable[[bool], None]
) -> AsyncIterator[None]:
    """Passes on what is told on a channel, and whether anything can be heard at all."""
    task = asyncio.create_task(_listen_again_and_again(url, channel, told, hear))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _listen_again_and_again(
    url: str, channel: str, told: Callable[[str], None], hear: Callable[[bool], None]
) -> None:
    while True:
        try:
            await _listen(url, channel, told, hear)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
            log.warning("nothing is heard on %s: %s", channel, type(trouble).__name__)
        finally:
            hear(False)
        await asyncio.sleep(AGAIN)


async def _listen(
    url: str, channel: str, told: Callable[[str], None], hear: Callable[[bool], None]
) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.add_listener(channel, lambda *words: told(str(words[-1])))
        hear(True)
        while True:
            await asyncio.sleep(SILENCE)
            await connection.execute("select 1", timeout=SILENCE)
    finally:
        connection.terminate()
