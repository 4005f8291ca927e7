"""Work that runs beside the requests: outbox, periods that end, notices that fall due."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

GRACE = 5.0


@dataclass
class Job:
    """One piece of work, its pause, and the bell that cuts the pause short."""

    name: str
    work: Callable[[], Awaitable[object]]
    seconds: float
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def pause(self, least: float, most: float) -> None:
        """Wait a part of the pause, by chance, so that processes do not work in step."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds * random.uniform(least, most)):
                await self.bell.wait()
        self.bell.clear()


class Jobs:
    """Runs each piece of work again and again, and lets none of them stop another."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._is_stopping = False

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], name: str) -> None:
        """Have work done regularly, from the next start of `running` on."""
        if name in self._jobs:
            raise ValueError(f"There is a job {name} already.")
        self._jobs[name] = Job(name, work, seconds)

    def wake(self, name: str) -> None:
        """Have a job run at once, or once more if it is under way."""
        self._jobs[name].bell.set()

    async def run_once(self, name: str) -> None:
        """Do the work of a job here and now; what it raises is raised."""
        await self._jobs[name].work()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the jobs; at the end, one that is under way has five seconds to finish."""
        self._is_stopping = False
        for job in self._jobs.values():
            # A bell belongs to the event loop that first waits for it.
            job.bell = asyncio.Event()
        tasks = [asyncio.create_task(self._repeat(job)) for job in self._jobs.values()]
        try:
            yield
        finally:
            await self._stop(tasks)

    async def _repeat(self, job: Job) -> None:
        await job.pause(0, 0.1)
        while not self._is_stopping:
            try:
                await job.work()
            except Exception:
                logger.exception("The job %s failed, and will be tried again.", job.name)
            await job.pause(0.9, 1.1)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        self._is_stopping = True
        for name in self._jobs:
            self.wake(name)
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
