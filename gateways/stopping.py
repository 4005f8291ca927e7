"""Hears that the process is asked to end before its server waits for what is still open."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def when_stopped(then: Callable[[], None]) -> Iterator[None]:
    """Do something when a signal to end arrives, beside what the server does then."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread hears signals
        return
    loop = asyncio.get_running_loop()
    former: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(then)
        if callable(former[number]):
            former[number](number, frame)

    for one in (signal.SIGINT, signal.SIGTERM):
        former[one] = signal.signal(one, handle)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
