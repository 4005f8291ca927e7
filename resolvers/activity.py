"""When users were last active: noted as they ask, and stored beside the requests."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.connection import get_connection

OFTEN = timedelta(hours=1)  # a user's activity is stored no more often than that
MOST = 10_000  # users whose activity is remembered

# Other processes may have stored it already; whoever is being changed is left alone, so that no
# change ever waits for this. It is no change itself: it makes no version, and no history.
STORE = """
update "user" u set last_active_at = seen.at from (
    select one.id, now.at from unnest($1::uuid[], $2::timestamptz[]) as now(id, at)
    join "user" one on one.id = now.id and one.status = 'ACTIVE'
        and coalesce(one.last_active_at, '-infinity') <= now.at - $3::interval
    for no key update of one skip locked
) seen where u.id = seen.id
"""


@dataclass
class Activity:
    """The users who asked of late, and those of them whose activity is yet to be stored."""

    noted: dict[UUID, datetime] = field(default_factory=dict)
    waiting: dict[UUID, datetime] = field(default_factory=dict)

    def note(self, user_id: UUID, now: datetime) -> None:
        """Notes that a user asks, unless that was noted within the hour."""
        last = self.noted.get(user_id)
        if last is not None and now - last < OFTEN:
            return
        if len(self.noted) >= MOST:
            self.noted.clear()
        self.noted[user_id] = self.waiting[user_id] = now

    async def store(self) -> None:
        """Stores what was noted since the last time."""
        waiting, self.waiting = self.waiting, {}
        if waiting:
            given = [[*waiting], [*waiting.values()], OFTEN]
            await get_connection("default").execute_query(STORE, given)
