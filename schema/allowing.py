"""What a permission is about, and whether somebody holds it over a thing that a client names."""

from functools import cache
from typing import Any, cast

import orjson
from tortoise.connection import get_connection

from models import Organisation, Record, User
from models.refusals import Invalid
from planner.declarations import NONE, Asking, Edge, Page
from planner.drafts import Draft
from resolvers import access
from resolvers.access import Verdict
from resolvers.context import Context
from schema.finding import id_or_none, kinds_of
from schema.rows import CHANGED, FOUND, SHOWN, TYPES, as_json
from schema.telling import denied, tell, tell_nothing_here

ANYTHING = "node:read"  # is about whatever can be read, by the permission to read that


@cache
def kinds_about(permission: str) -> frozenset[type[Record]]:
    """The kinds of thing that a permission lets one read, or do something to."""
    found: set[Any] = {*CHANGED.get(permission, ())}
    for name, shown in SHOWN.items():
        if TYPES.get(shown.model) != name:
            continue
        if permission in (shown.allow, ANYTHING) and shown.allow:
            found.add(shown.model)
        for declared in shown.fields.values():
            if getattr(declared, "allow", None) == permission and not leads_on(declared):
                found.add(shown.model)
    return frozenset(found)


def leads_on(declared: Any) -> bool:
    """Whether a field leads to things that its permission is about, rather than its own."""
    if isinstance(declared, Page) and declared.is_with_row:
        return False
    target = getattr(declared, "target", None)
    if isinstance(declared, Edge) and target is None:
        return True
    return target is not None and SHOWN[target].allow == declared.allow


async def verdict(
    context: Context, permission: str, key: str | None, asking: Asking
) -> Verdict | None:
    """Whether somebody may do something to the thing with an id, by default to all that there is;
    none where there is no such thing.

    What somebody may do to nothing at all is denied whether there is such a thing or not, as the
    guard denies it before it looks.
    """
    kinds = kinds_about(permission)
    thing = None if key is None else await thing_named(key, asking)
    if key is None or (isinstance(thing, Organisation) and Organisation not in kinds):
        return access.judge_all(context, permission, kinds)
    if thing and type(thing) not in kinds | FOUND.get(permission, set()):
        tell(Invalid("INVALID", path=("target",), constraint="target"), asking.context)
    if context.extent(permission) is NONE:
        return access.DENIED
    if thing is None:
        return None
    asked = SHOWN[TYPES[type(thing)]].allow if permission == ANYTHING else permission
    return await access.judge(context, str(asked), thing)


async def thing_named(given: str, asking: Asking) -> Record | None:
    """The thing of the organisation that has an id, of whatever kind."""
    key = id_or_none(given)
    for name in (await kinds_of([key])).values() if key else ():
        model: Any = SHOWN[name].model
        draft = Draft(model)
        draft.conditions.append(f"t.id = {draft.place('key')}")
        statement = draft.done(draft.select("t.*"))
        known = asking.known() | {"key": key}
        client = get_connection("default")
        rows = await client.execute_query_dict(statement.text, statement.values(known))
        return cast(Record, model._init_from_db(**rows[0])) if rows else None
    return None


def must_be_known(permission: str, asking: Asking) -> None:
    """Refuses a permission that there is not."""
    if permission not in asking.context.policy.permissions:
        tell(Invalid("INVALID", path=("permission",), constraint="permission"), asking.context)


async def can(asking: Asking, permission: str, target: str | None = None) -> bool:
    """Whether the one who asks may do this; nobody may to what there is not."""
    must_be_known(permission, asking)
    found = await verdict(asking.context, permission, target, asking)
    return found is not None and found.is_allowed


async def explain(
    asking: Asking, permission: str, user_id: str | None = None, target: str | None = None
) -> str:
    """Why somebody may or may not do this, as the columns of an explanation."""
    must_be_known(permission, asking)
    user = None if user_id is None else await somebody(user_id, asking)
    theirs = await access.as_if(asking.context, user) if user else asking.context
    found: Verdict | None = access.INACTIVE
    if theirs:
        found = await verdict(theirs, permission, target, asking)
    if found is None:
        tell_nothing_here(asking.context)
    whose = user.id if user else asking.me
    origin = await access.origin(found, whose)
    columns = {
        "id": whose,
        "is_allowed": found.is_allowed,
        "permission": permission,
        "message": access.said(asking.context, permission, found, user.name if user else None),
        "role_id": origin and origin.id,
        "power_of_attorney_id": found.power,
    }
    return orjson.dumps(columns, default=as_json).decode()


async def somebody(given: str, asking: Asking) -> User | None:
    """The user with an id, if the one who asks may read it; none for oneself."""
    context, permission = asking.context, str(SHOWN["User"].allow)
    key = id_or_none(given)
    if key == asking.me:
        return None
    user = await User.get_or_none(id=key, organisation_id=asking.tenant) if key else None
    if user is None:
        tell_nothing_here(context)
    if not (await access.judge(context, permission, user)).is_allowed:
        tell(denied(permission, context), context)
    return user
