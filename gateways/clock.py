"""The time, from the wall or, in tests, from a clock that stands still."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class Clock(Protocol):
    """Tells the moment, always in UTC."""

    def now(self) -> datetime:
        """Read the moment."""


class WallClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """Read the moment."""
        return datetime.now(UTC)


class StoppedClock:
    """Stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Read the moment at which it stands."""
        return self._at

    def advance(self, **duration: float) -> None:
        """Move on by days, hours, minutes or whatever else `timedelta` counts in."""
        self._at += timedelta(**duration)


def in_denmark(moment: datetime) -> datetime:
    """Tell a moment by the clocks of Denmark."""
    return moment.astimezone(COPENHAGEN)


def today(clock_now: datetime) -> date:
    """Name the day it is in Denmark, which is the day that Danish deadlines speak of."""
    return _day_of(int(clock_now.timestamp()) // 3600)


@lru_cache(maxsize=256)
def _day_of(hour: int) -> date:
    """Name the day of an hour, counted from 1970; for days begin on the hour."""
    return in_denmark(datetime.fromtimestamp(hour * 3600, UTC)).date()
