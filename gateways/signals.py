"""Hears what the database tells all processes by NOTIFY."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping

import asyncpg

log = logging.getLogger("segl.signals")

AGAIN = 0.5  # seconds until a lost connection is sought again
SILENCE = 0.5  # seconds without a word after which the connection is tried

Channels = Mapping[str, Callable[[str], None]]


@contextlib.asynccontextmanager
async def heard(url: str, channels: Channels, hear: Callable[[bool], None]) -> AsyncIterator[None]:
    """Passes on what is told on each channel, and whether anything can be heard at all."""
    task = asyncio.create_task(_listen_again_and_again(url, channels, hear))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _listen_again_and_again(
    url: str, channels: Channels, hear: Callable[[bool], None]
) -> None:
    while True:
        try:
            await _listen(url, channels, hear)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
            log.warning("nothing is heard of the database: %s", type(trouble).__name__)
        finally:
            hear(False)
        await asyncio.sleep(AGAIN)


async def _listen(url: str, channels: Channels, hear: Callable[[bool], None]) -> None:
    connection = await asyncpg.connect(url)

    def tell(_: object, __: int, channel: str, word: str) -> None:
        channels[channel](word)

    try:
        for channel in channels:
            await connection.add_listener(channel, tell)
        hear(True)
        while True:
            await asyncio.sleep(SILENCE)
            await connection.execute("select 1", timeout=SILENCE)
    finally:
        connection.terminate()
