"""What is erased after a while, which the organisation chooses: deleted users, and what people
asked for who did not become users.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways
from models import Actor, ActorKind, Change, Request, User, UserSettings, UserStatus, erasure

DUE = """
select gone.id from "{table}" gone join user_settings s on s.organisation_id = gone.organisation_id
where {fact} and gone.{since} <= $1::timestamptz - s.retention_days * interval '1 day'
order by gone.{since}
"""
USERS = DUE.format(table="user", fact="gone.status = 'DELETED'", since="deleted_at")
REFUSED = "gone.user_id is null and gone.kind = 'USER' and gone.status in ('REJECTED', 'WITHDRAWN')"
REQUESTS = DUE.format(table="request", fact=REFUSED, since="updated_at")


async def turn(reach: Gateways) -> None:
    """Erases what has had its time, and the letters that are as old."""
    now, client = reach.clock.now(), get_connection("default")
    for row in await client.execute_query_dict(USERS, [now]):
        await erase_user(row["id"], now)
    for row in await client.execute_query_dict(REQUESTS, [now]):
        await erase_request(row["id"], now)
    for settings in await UserSettings.all():
        before = now - timedelta(days=settings.retention_days)
        await erasure.forget_letters(settings.organisation_id, before)


async def erase_user(key: UUID, now: datetime) -> None:
    """Erases one user here and wherever a history tells of it, unless that has been done."""
    async with in_transaction():
        user = await User.locked_or_none(id=key)
        if user is None or user.status is not UserStatus.DELETED:
            return
        change = Change("user:delete", "eraseUser", now, uuid4())
        for organisation_id in await erasure.histories_of(user):
            await erasure.forget_user_words(change, await system(organisation_id), user)
        await erasure.forget(user)


async def erase_request(key: UUID, now: datetime) -> None:
    """Erases what somebody asked for in vain, unless that has been done; nothing reopens it."""
    async with in_transaction():
        request = await Request.locked_or_none(id=key)
        if request is None:
            return
        change = Change("request:withdraw", "eraseRequest", now, uuid4())
        actor = await system(request.organisation_id)
        await erasure.forget_request_words(change, actor, request)
        await erasure.forget_request(request)


async def system(organisation_id: UUID) -> Actor:
    """The system itself, as an organisation's history names it."""
    return await Actor.named(organisation_id, ActorKind.SYSTEM, "Segl")
