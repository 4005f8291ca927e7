"""What becomes of deleted users: after a while, chosen by the organisation, they are erased."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tortoise import connections
from tortoise.transactions import in_transaction

from gateways import Gateways
from models import Actor, ActorKind, Change, User, UserSettings, UserStatus, erasure

DUE = """
select u.id from "user" u join user_settings s on s.organisation_id = u.organisation_id
where u.status = 'DELETED' and u.deleted_at <= $1::timestamptz - s.retention_days * interval '1 day'
order by u.deleted_at
"""


async def turn(reach: Gateways) -> None:
    """Erases the users whose time is up, and the letters that are as old."""
    now = reach.clock.now()
    for row in await connections.get("default").execute_query_dict(DUE, [now]):
        await erase(row["id"], now)
    for settings in await UserSettings.all():
        before = now - timedelta(days=settings.retention_days)
        await erasure.forget_letters(settings.organisation_id, before)


async def erase(key: UUID, now: datetime) -> None:
    """Erases one user here and wherever a history tells of it, unless that has been done."""
    async with in_transaction():
        user = await User.locked_or_none(id=key)
        if user is None or user.status is not UserStatus.DELETED:
            return
        change = Change("user:delete", "eraseUser", now, uuid4())
        for organisation_id in await erasure.histories_of(user):
            actor = await Actor.named(organisation_id, ActorKind.SYSTEM, "Segl")
            await erasure.forget_words(change, actor, user)
        await erasure.forget(user)
