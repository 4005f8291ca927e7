"""The limit to measure by: each answer by a function of its own, on bare ASGI."""

import gc
import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import orjson

from gateways import SignedTokens, today
from gateways.pool import Connection
from policies import Policy, Subject

TRUSTED = timedelta(seconds=5)  # as in Segl: how long a checked token is not checked again
WHO = """
select u.organisation_id, a.id as actor_id, array(
    select lower(r.role) from role_assignment r where r.user_id = u.id
    and coalesce(r.from_on, $2) <= $2 and coalesce(r.until_on, $2) >= $2) as roles
from "user" u left join actor a on a.user_id = u.id where u.id = $1 and u.status = 'ACTIVE'
"""
COLUMNS = """id::text, uuid::text, status, name, email, phone_number, reference_text,
assurance_level, can_sign, created_at"""
USER = f"""select {COLUMNS} from "user"
where organisation_id = $1 and id = $2 and status <> 'DELETED'"""
USERS = f"""select {COLUMNS} from "user" u
where organisation_id = $1 and status <> 'DELETED' order by u.id limit $2"""
AFTER = f"""select {COLUMNS} from "user" u
where organisation_id = $1 and status <> 'DELETED' and u.id > $3 order by u.id limit $2"""
GROUPS = """
select a.key::text, g.id::text, g.name from unnest($2::uuid[]) a(key) cross join lateral (
    select m.id, m.group_id from group_member m
    where m.organisation_id = $1 and m.user_id = a.key order by m.id limit 10) m
join "group" g on g.id = m.group_id and g.organisation_id = $1 order by m.id
"""
CERTIFICATES = """
select a.key::text, c.id::text, c.kind, c.standing, c.expires_at
from unnest($2::uuid[]) a(key) cross join lateral (
    select c.id, c.kind, c.expires_at, case when c.status = 'ISSUED' and c.expires_at <= $3
        then 'EXPIRED' else c.status end as standing
    from certificate c where c.organisation_id = $1 and c.user_id = a.key
    order by c.id limit 5) c order by c.id
"""
LOCKED = """select name, phone_number, status from "user"
where organisation_id = $1 and id = $2 for no key update"""
CHANGE = """
with changed as (
    update "user" set phone_number = $3, version = version + 1, updated_at = $4 where id = $2
), head as (
    update history_head set sequence = sequence + 1 where organisation_id = $1 returning sequence
) insert into history_entry (id, organisation_id, sequence, occurred_at, outcome, activity,
    operation, summary, actor_id, actor_user_id, changes, about_kind, about_id, request_uuid, salt,
    words_hash, hash)
select gen_random_uuid(), $1, sequence, $4, 'DONE', 'user:update', 'updateUser', $5, $6, $7, $8,
    'USER', $2, $9, '', '', '' from head
"""
LEVELS = {None: None, 3: "SUBSTANTIAL", 4: "HIGH"}

identity, policy = SignedTokens(bytes.fromhex(os.environ["SEGL_KEY"])), Policy()
tokens: dict[str, tuple[Any, datetime]] = {}
standings: dict[UUID, "Standing"] = {}
pool: Any = None


class Standing(NamedTuple):
    """Who asks, and what they may do."""

    user_id: UUID
    organisation_id: UUID
    actor_id: UUID
    permissions: frozenset[str]


async def standing(token: str, now: datetime) -> Standing:
    """Checks a token now and then, and looks roles up until the database tells of a change."""
    claims, checked_at = tokens.get(token, (None, now))
    if claims is None or now - checked_at >= TRUSTED:
        claims = identity.claims(token, now)
        if claims is None:
            raise PermissionError("token")
        tokens[token] = claims, now
    user_id = claims.user_id
    if user_id not in standings:
        row = await pool.fetchrow(WHO, user_id, today(now))
        if row is None:
            raise PermissionError("user")
        subject = Subject.user(user_id, row["organisation_id"], row["roles"])
        may = frozenset(one for one in policy.permissions if policy.allows(subject, one))
        standings[user_id] = Standing(user_id, row["organisation_id"], row["actor_id"], may)
    return standings[user_id]


def must(who: Standing, *permissions: str) -> None:
    for permission in permissions:
        if permission not in who.permissions:
            raise PermissionError(permission)


def shown(row: Any) -> dict[str, Any]:
    key, uuid, status, name, email, phone_number, text, level, can_sign, created_at = row
    return {
        "id": key,
        "uuid": uuid,
        "status": status,
        "name": name,
        "email": email,
        "phoneNumber": phone_number,
        "referenceText": text,
        "assuranceLevel": LEVELS[level],
        "canSign": can_sign,
        "createdAt": created_at,
    }


async def user(who: Standing, given: dict[str, Any], now: datetime) -> Any:
    must(who, "user:read")
    row = await pool.fetchrow(USER, who.organisation_id, given["id"])
    return {"user": row and shown(row)}


async def stretch(connection: Any, who: Standing, given: dict[str, Any]) -> tuple[list[Any], Any]:
    """The rows of a page, and where it stands."""
    must(who, "user:list")
    first, after = given["first"], given.get("after")
    if after:
        rows = await connection.fetch(AFTER, who.organisation_id, first + 1, after)
    else:
        rows = await connection.fetch(USERS, who.organisation_id, first + 1)
    page = rows[:first]
    end = urlsafe_b64encode(orjson.dumps([page[-1][0]])).decode().rstrip("=") if page else None
    return page, {"hasNextPage": len(rows) > first, "endCursor": end}


async def users(who: Standing, given: dict[str, Any], now: datetime) -> Any:
    async with pool.acquire() as connection:
        rows, info = await stretch(connection, who, given)
    return {"users": {"nodes": [shown(row) for row in rows], "pageInfo": info}}


async def users_with_groups(who: Standing, given: dict[str, Any], now: datetime) -> Any:
    must(who, "group:read", "certificate:read")
    async with pool.acquire() as connection:
        rows, info = await stretch(connection, who, given)
        ids = [row[0] for row in rows]
        members = await connection.fetch(GROUPS, who.organisation_id, ids)
        held = await connection.fetch(CERTIFICATES, who.organisation_id, ids, now)
    groups: dict[str, list[Any]] = {one: [] for one in ids}
    certificates: dict[str, list[Any]] = {one: [] for one in ids}
    for key, group_id, name in members:
        groups[key].append({"group": {"id": group_id, "name": name}})
    for key, own, kind, status, expires_at in held:
        certificates[key].append(
            {"id": own, "kind": kind, "status": status, "expiresAt": expires_at}
        )
    nodes = [
        {
            **shown(row),
            "memberships": {"nodes": groups[row[0]]},
            "certificates": {"nodes": certificates[row[0]]},
        }
        for row in rows
    ]
    return {"users": {"nodes": nodes, "pageInfo": info}}


async def update(who: Standing, given: dict[str, Any], now: datetime) -> Any:
    must(who, "user:update")
    user_id, number = given["input"]["userId"], given["input"]["phoneNumber"]
    if len(number) != 8 or not number.isdecimal():
        raise ValueError("phoneNumber")
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(LOCKED, who.organisation_id, user_id)
        if row is None or row["status"] == "DELETED":
            raise LookupError("user")
        name, former = row["name"], row["phone_number"]
        changes = [{"field": "phoneNumber", "old": former, "new": number}]
        await connection.execute(
            CHANGE,
            *(who.organisation_id, user_id, number, now, f"Update user: {name}"),
            *(who.actor_id, who.user_id, orjson.dumps(changes).decode(), uuid4()),
        )
    return {
        "updateUser": {"user": {"id": user_id, "name": name, "phoneNumber": number}, "errors": []}
    }


ANSWERS = {"User": user, "Users": users, "UsersWithGroups": users_with_groups, "Update": update}


async def answer(scope: Any, body: bytes) -> tuple[int, bytes]:
    now = datetime.now(UTC)
    try:
        token = dict(scope["headers"])[b"authorization"][7:].decode()
        who = await standing(token, now)
        asked = orjson.loads(body)
        data = await ANSWERS[asked["operationName"]](who, asked["variables"], now)
    except (PermissionError, LookupError, ValueError) as refusal:
        return 400, orjson.dumps({"errors": [{"message": str(refusal)}]})
    return 200, orjson.dumps({"data": data})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The whole server."""
    if scope["type"] == "lifespan":
        return await live(receive, send)
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    status, body = await answer(scope, body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    return await send({"type": "http.response.body", "body": body})


async def live(receive: Any, send: Any) -> None:
    global pool
    await receive()
    url = os.environ["SEGL_DATABASE_URL"]
    pool = await asyncpg.create_pool(url, min_size=1, max_size=16, connection_class=Connection)
    listener = await asyncpg.connect(url)
    await listener.add_listener("standing", lambda *_: standings.clear())
    gc.collect()
    gc.freeze()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await listener.close()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
