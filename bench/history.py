"""Counts what changes have left behind."""

import asyncio

import asyncpg


def entries(url: str) -> int:
    """How many entries the histories of all organisations have, by their numbers."""
    return asyncio.run(counted(url))


async def counted(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select sum(sequence) from history_head"))
    finally:
        await connection.close()
