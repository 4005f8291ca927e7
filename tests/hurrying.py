"""Two workers whose minutes pass fast, for what happens at a time of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from gateways import Gateways, Jobs
from models import HistoryEntry
from server import Environment, create_app

SPEED = 15  # how much faster than life these minutes pass
MINUTE = timedelta(seconds=60)


class Fast:
    """Time that hurries, and jobs that keep pace with it."""

    def __init__(self, at: datetime):
        self._at, self._began = at, monotonic()

    def now(self) -> datetime:
        return self._at + timedelta(seconds=SPEED * (monotonic() - self._began))


class FastJobs(Jobs):
    """Jobs whose pauses are as much shorter."""

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], name: str) -> None:
        super().every(seconds / SPEED, work, name)


@asynccontextmanager
async def two_workers(
    environment: Environment, gateways: Gateways, at: datetime
) -> AsyncIterator[Fast]:
    """Two workers with jobs of their own, beginning at a moment; both look once more at the end."""
    clock = Fast(at)
    both = [replace(gateways, clock=clock, jobs=FastJobs()) for _ in range(2)]
    for reach in both:
        create_app(environment, reach)
    async with both[0].jobs.running(), both[1].jobs.running():
        yield clock
        await asyncio.sleep(25 / SPEED)


async def told_by(clock: Fast, about: Any, activity: str) -> list[HistoryEntry]:
    """The entries that tell of a transition, awaited for two minutes at most."""
    deadline = clock.now() + 2 * MINUTE
    while clock.now() < deadline:
        if entries := await HistoryEntry.filter(about_id=about.id, activity=activity):
            return entries
        await asyncio.sleep(0.02)
    pytest.fail("nothing happened in two minutes")
