"""The text of a page: its list, where it stands, and how much there is in all."""

import re
from typing import Any

from graphql import get_named_type

from planner.levels import Level
from planner.objects import member_text, object_text, written
from planner.selection import Fields
from planner.shapes import EACH, LIST, ROW, record
from planner.wholes import whole_text
from planner.written import told

Path = tuple[Any, ...]
OF_PAGES = re.compile(r"\b(page|whose)\b")  # what is more than the list
PAGE_INFO = {
    "hasPreviousPage": "page.before",
    "hasNextPage": "page.after",
    "startCursor": "page.cursor(0)",
    "endCursor": "page.cursor(-1)",
    "__typename": "'PageInfo'",
}


def connection(compiler: Any, level: Level, kind: Any, nodes: list[Any], path: Path) -> str:
    fields = compiler.selection.fields(kind, nodes)
    if level.way and tell(compiler, level, kind, fields):
        return f"{compiler.plan.texts.bind(told)}(c0)"
    parts, lists = {}, {}
    for key, found in fields.items():
        name = found[0].name.value
        inner: Any = get_named_type(kind.fields[name].type) if name in kind.fields else kind
        if name == "edges":
            lists[key] = edge(compiler, level, inner, found, (*path, key, EACH))
        elif name == "nodes":
            each = (*path, key, EACH)
            lists[key] = object_text(compiler, level, level.shown, found, each)
        elif name == "totalCount":
            parts[key], level.is_counted = "page.total", True
        elif name == "pageInfo":
            about = compiler.selection.fields(inner, found)
            asked = {k: PAGE_INFO[n[0].name.value] for k, n in about.items()}
            if any("cursor" in text for text in asked.values()):
                level.mark()
            level.has_ends |= bool({"page.before", "page.after"} & {*asked.values()})
            parts[key] = record(asked)
        elif name == "__typename":
            parts[key] = repr(kind.name)
        else:
            declared = compiler.contract.wholes[kind.name][name]
            at = (*path, key)
            parts[key] = whole_text(compiler, level, declared, kind.fields[name], found, at)
    if level.way and len(lists) == 1 and not any(OF_PAGES.search(one) for one in parts.values()):
        level.frame = record({key: parts.get(key, LIST) for key in fields})
        return lists.popitem()[1]
    parts |= {key: f"[{text} for {ROW} in page.rows]" for key, text in lists.items()}
    return record({key: parts[key] for key in fields})


def tell(compiler: Any, level: Level, kind: Any, fields: Fields) -> bool:
    """Has PostgreSQL write a list of plain objects, where nothing else is asked of a page."""
    names = {key: found[0].name.value for key, found in fields.items()}
    lists = [key for key, name in names.items() if name == "nodes"]
    if len(lists) != 1 or not {*names.values()} <= {"nodes", "__typename"}:
        return False
    level.whole = written(compiler, level, level.shown, fields[lists[0]])
    if level.whole:
        level.frame = record({key: LIST if key in lists else repr(kind.name) for key in names})
    return bool(level.whole)


def edge(compiler: Any, level: Level, kind: Any, nodes: list[Any], path: Path) -> str:
    parts = {}
    for key, found in compiler.selection.fields(kind, nodes).items():
        name = found[0].name.value
        if name == "node":
            parts[key] = object_text(compiler, level, level.shown, found, (*path, key))
        elif name == "cursor":
            parts[key] = f"cursor({level.mark()})"
        elif name == "__typename":
            parts[key] = repr(kind.name)
        else:
            shown = compiler.contract.shown[kind.name]
            declared = shown.fields[compiler.contract.names[kind.name][name]]
            at = (*path, key)
            parts[key] = member_text(compiler, level, shown, declared, kind.fields[name], found, at)
    return record(parts)
