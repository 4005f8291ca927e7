"""The declarations as ordinary resolvers: the executor reads a level of rows at a time."""

from inspect import isawaitable, iscoroutinefunction
from typing import Any

import strawberry

from planner import statements
from planner.declarations import (
    ALL,
    NONE,
    Asking,
    Column,
    Computed,
    Declaration,
    Edge,
    Facet,
    Found,
    One,
    Page,
    Whole,
)
from planner.tables import Link, link
from schema.finding import enter, find, nodes
from schema.paging import Entry, turn
from schema.rows import SHOWN, Row, along, fetch, grouped, key_of, paths
from schema.seeing import asking_of, draft_of, must_hold, sees_own
from schema.telling import denied, tell

Info = strawberry.Info


async def resolve(root: strawberry.Parent[Any], info: Info, **given: Any) -> Any:
    """Answers any declared field."""
    asking = asking_of(info)
    if isinstance(root, Entry):
        return await follow(root.node, info._field.metadata["declared"], info, given, asking)
    declared: Declaration = (
        root.shown.fields[info.python_name]
        if isinstance(root, Row)
        else info._field.metadata["declared"]
    )
    given = {name: value for name, value in given.items() if value is not strawberry.UNSET}
    match declared:
        case Column(path, allow):
            must_hold(asking, allow, root)
            return root[path]
        case Computed():
            return await compute(root, declared, info, given, asking)
        case Facet():
            return seen(root, declared, asking)
        case Edge(target=None):
            return await lead(root, declared, info, asking)
        case Edge():
            return await follow(root, declared, info, given, asking)
        case Page(when=when) if when and root[when] is None:
            sees_own(declared.allow, SHOWN[declared.target].model, asking)
            return None
        case Page():
            return await turn(root, declared, info, given, asking)
        case One(order=order):
            row = await enter(declared, given, asking)
            return Entry.of(row, order) if order else row
        case Whole(function, allow):
            if asking.extent(allow) is not ALL:
                tell(denied(allow, asking.context), asking.context)
            return function(asking, root.listed())
        case Found():
            return await find(declared, given, asking)


async def compute(
    root: Any, declared: Computed, info: Info, given: dict[str, Any], asking: Asking
) -> Any:
    if isinstance(root, Row):
        if declared.allow:
            must_hold(asking, declared.allow, root)
        if iscoroutinefunction(declared.function):
            key = (root.shown.name, along(info.path))
            return await root.cohort.once(key, lambda: declared.function(asking, **given))
        values = [root[path] for path in declared.needs]
    else:
        if declared.allow and asking.extent(declared.allow) is NONE:
            tell(denied(declared.allow, asking.context), asking.context)
        values = []
    found = declared.function(*([asking] if declared.asks else []), *values, **given)
    return await found if isawaitable(found) else found


def seen(root: Row, declared: Facet, asking: Asking) -> Row | None:
    must_hold(asking, declared.allow, root)
    if declared.when and root[declared.when] is None:
        return None
    target = dict(declared.targets)[root[str(declared.by)]] if declared.by else declared.target
    return root.seen_as(str(target))


async def follow(
    root: Row, declared: Edge, info: Info, given: dict[str, Any], asking: Asking
) -> Any:
    """The far end of a relation, read for all rows of the cohort."""
    shown, way = SHOWN[str(declared.target)], edge_way(root, declared)
    own = sees_own(declared.allow, shown.model, asking)
    far, near = [way.key], [way.near]
    if declared.beside:
        far, near = [*far, declared.beside[0]], [*near, declared.beside[1]]
    parts = [
        part
        for name, one in given.items()
        if one is not None
        for part in declared.conditions[name].parts(name, one, asking)
    ]

    async def read() -> dict[Any, list[Row]]:
        keys = {row[way.near] for row in root.cohort.rows} - {None}
        if not keys:
            return {}
        draft = draft_of(shown, own, declared.only, declared.is_abroad)
        draft.where([(condition, name) for condition, name, _ in parts])
        asked = list(dict.fromkeys([*paths(shown.model), *far]))
        run = (declared.order, declared.is_falling, declared.limit)
        statement = statements.rows(draft, asked, way, *run, *far[1:])
        known = asking.known() | {"keys": statements.listed(keys)}
        if declared.beside:
            beside = {row[near[1]] for row in root.cohort.rows}
            known = root.cohort.known | known | {"beside": statements.listed(beside)}
        known |= {name: one for _, name, one in parts}
        is_away = root.cohort.is_away and declared.is_abroad
        return grouped(await fetch(statement, known, shown, is_away), *far)

    found = await root.cohort.once((root.shown.name, along(info.path)), read)
    rows = found.get(key_of(root, *near), [])
    return rows if declared.is_many else next(iter(rows), None)


def edge_way(root: Row, declared: Edge) -> Link:
    if declared.keys:
        far, near = declared.keys
        return Link(SHOWN[str(declared.target)].model, near, far)
    return link(root.shown.model, declared.relation)


async def lead(root: Row, declared: Edge, info: Info, asking: Asking) -> Row | None:
    """The thing whose id a column holds, of whatever type; null where one may not see it."""
    if asking.extent(str(declared.allow)) is NONE:
        tell(denied(str(declared.allow), asking.context), asking.context)

    async def read() -> dict[Any, Row]:
        keys = {row[declared.relation] for row in root.cohort.rows} - {None}
        return await nodes(list(keys), asking)

    found: dict[Any, Row] = await root.cohort.once((root.shown.name, along(info.path)), read)
    return found.get(root[declared.relation])


async def attribute(root: strawberry.Parent[Any], info: Info) -> Any:
    """An attribute of a value, if its permission is held."""
    asking, permission = asking_of(info), info._field.metadata["allow"]
    if permission and asking.extent(permission) is NONE:
        tell(denied(permission, asking.context), asking.context)
    return getattr(root, info.python_name)
