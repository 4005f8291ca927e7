"""The letter of the day, for those who have their e-mails gathered into one."""

from datetime import datetime, time, timedelta
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways, in_denmark
from models import GatheredEvent, User
from models.letters import said
from resolvers.telling import DEAF, write_to

GOES_AT = time(7)  # in Denmark
DUE = "select distinct user_id from gathered_event where gathered_at < $1"


async def turn(reach: Gateways) -> None:
    """Writes to everybody for whom something was gathered before the last morning."""
    morning = last_morning(reach.clock.now())
    for row in await get_connection("default").execute_query_dict(DUE, [morning]):
        await write(reach, row["user_id"], morning)


def last_morning(now: datetime) -> datetime:
    """The last moment at which letters of the day were due."""
    here = in_denmark(now)
    day = here.date() if here.time() >= GOES_AT else here.date() - timedelta(days=1)
    return datetime.combine(day, GOES_AT, here.tzinfo)


async def write(reach: Gateways, user_id: UUID, before: datetime) -> None:
    """Writes one letter of all that waits for somebody, unless another process has done so."""
    async with in_transaction():
        user = await User.locked_or_none(id=user_id)
        waiting = GatheredEvent.filter(user_id=user_id, gathered_at__lt=before)
        events = await waiting.order_by("id")
        # Not whatever waits: more may have come since these were read.
        await GatheredEvent.filter(id__in=[one.id for one in events]).delete()
        if user is None or user.status in DEAF or not events:
            return
        tag = user.language.tag
        told = [said(one.event, tag, **one.values) for one in events]
        news = "\n\n".join(f"{title}\n{text}" for title, text in told)
        here, to = user.organisation_id, user.email
        await write_to(reach, here, to, user.language, "digest", name=user.name, events=news)
