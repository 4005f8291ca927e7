"""Ways in to single things: by a reference, by id, or the only one that there is."""

from typing import Any

from models.numbers import check_uuid
from models.refusals import Invalid, Refusal
from planner import statements
from planner.declarations import NONE, Asking, Found, One
from planner.tables import source
from schema.rows import SHOWN, TYPES, Row, fetch, paths, run
from schema.seeing import draft_of, sees_own
from schema.shape import checked
from schema.telling import Told, denied, tell, tell_nothing_here

MOST_NODES = 100


async def enter(declared: One, given: dict[str, Any], asking: Asking) -> Row:
    """One row; an error where there is none, or where it is another's."""
    shown = SHOWN[declared.target]
    own = sees_own(declared.allow, shown.model, asking)
    name, value = await reference(declared, given, asking)
    known = asking.known() | (value if declared.fills else {"key": value})

    async def look(own: bool) -> list[Row]:
        draft = draft_of(shown, own)
        if declared.is_mine:
            draft.conditions.append(draft.owned(str(getattr(shown.model, "owner", ""))))
        if name:
            column = declared.by[name]
            draft.conditions.append(f"{draft.expression(column)} = {draft.place('key')}")
            if column not in ("id", "uuid"):
                draft.only(declared.unless_by_id)
        order = declared.order.all if declared.order else ()
        asked = list(dict.fromkeys([*paths(shown.model), *order]))
        return await fetch(statements.rows(draft, asked), known, shown)

    rows = await look(own)
    # Whoever sees only what is their own does not learn whose address or number is known here.
    is_guessed = name is not None and declared.by[name] not in ("id", "uuid")
    if not rows and own and (is_guessed or await look(own=False)):
        tell(denied(declared.allow, asking.context), asking.context)
    if not rows:
        tell_nothing_here(asking.context)
    if len(rows) > 1:
        tell(Invalid(declared.ambiguous[str(name)], path=("by",)), asking.context)
    return rows[0]


async def reference(declared: One, given: dict[str, Any], asking: Asking) -> tuple[str | None, Any]:
    """By which column a row is looked for, and the value there."""
    if declared.made:
        return None, await declared.made(asking, **given)
    if declared.source:
        if isinstance(asking.context.about, Refusal):
            tell(asking.context.about, asking.context)
        given = {"id": asking.context.about}
    if "id" in given:
        return "id", id_or_none(given["id"]) or tell_nothing_here(asking.context)
    if "by" not in given:
        return None, None
    values = await checked(given["by"], ("by",), asking.context)
    if declared.fills:
        return None, values
    name, value = next((name, one) for name, one in values.items() if one is not None)
    if name == "id":
        value = id_or_none(value) or tell_nothing_here(asking.context)
    return name, asking.fingerprint(value) if name in declared.fingerprinted else value


async def find(declared: Found, given: dict[str, Any], asking: Asking) -> Any:
    """Things by id, from whichever tables; null for each that one may not see."""
    if asking.extent(declared.allow) is NONE:
        tell(denied(declared.allow, asking.context), asking.context)
    keys = sought(declared, given, asking)
    found = await nodes([key for key in keys if key], asking)
    answer = [found.get(key) for key in keys]
    return answer if declared.is_many else answer[0]


def sought(declared: Found, given: dict[str, Any], asking: Asking) -> list[Any]:
    """The ids that are asked for; none for what is no id."""
    asked = given["ids"] if declared.is_many else [given["id"]]
    if len(asked) > MOST_NODES:
        tell(Invalid("TOO_LONG", path=("ids",), entries=MOST_NODES), asking.context)
    return [id_or_none(one) for one in asked]


async def nodes(keys: list[Any], asking: Asking) -> dict[Any, Row]:
    """The rows with these ids that the one who asks may read: one statement tells their tables."""
    known = asking.known() | {"keys": statements.listed(keys)}
    found: dict[Any, Row] = {}
    for name in {*(await kinds_of(keys)).values()}:
        shown = SHOWN[name]
        try:
            own = sees_own(shown.allow, shown.model, asking)
        except Told:
            continue
        draft = draft_of(shown, own)
        draft.conditions.append(f"{draft.expression('id')} = any({draft.keys()})")
        asked = list(paths(shown.model))
        rows = await fetch(statements.rows(draft, asked), known, shown)
        found |= {row["id"]: row for row in rows}
    return found


async def kinds_of(keys: list[Any]) -> dict[Any, str]:
    """The types of the things with these ids, whosever they are."""
    parts = [
        f"select '{name}' as kind, id from {source(shown.model).replace('$tenant', 'null')} t"
        " where id = any(string_to_array($1, ',')::uuid[])"
        for name, shown in SHOWN.items()
        if shown.allow and TYPES.get(shown.model) == name
    ]
    statement = statements.Statement(" union all ".join(parts), ("keys",))
    found = await run(statement, {"keys": statements.listed(keys)})
    return {one["id"]: one["kind"] for one in found}


def id_or_none(given: Any) -> Any:
    try:
        return check_uuid(given)
    except Invalid:
        return None
