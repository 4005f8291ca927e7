"""Reads lists to their ends, as whoever asked for the file would read them page by page."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import orjson

from models.user_files import begun, written
from resolvers.context import Context
from resolvers.downloads import Kind
from resolvers.import_files import Sheet
from schema.endpoint import Endpoint
from schema.exports import EXPORTS, Export
from schema.http import Asked

PAGE = 100  # rows that are read and sent together
ENDS = "pageInfo { hasNextPage endCursor }"
WORDS = {None: "", True: "J", False: "N", "SUBSTANTIAL": "3", "HIGH": "4"}


def exports(endpoint: Endpoint) -> dict[str, Kind]:
    """The kinds of files that lists are, by the permission that each needs."""
    return {
        permission: Kind(permission, one.operation, one.name, partial(sheet, endpoint, one))
        for permission, one in EXPORTS.items()
    }


async def sheet(endpoint: Endpoint, export: Export, context: Context, key: str) -> Sheet | None:
    """A list in the order in which it was asked for; none where it can no longer be read."""
    field, arguments, above = orjson.loads(key)
    given = {name: value for name, value in arguments.items() if name in ("filter", "orderBy")}
    query = document(endpoint, export, field, given, above)

    async def page(after: str | None) -> Any:
        asked = Asked(query, {**given, "after": after}, None)
        body = orjson.loads(orjson.dumps(await endpoint.body(asked, context)))
        found = body.get("data")
        for name in ("above", field) if above else (field,):
            found = found and found[name]
        return None if body.get("errors") else found

    first = await page(None)
    if first is None:
        return None

    async def pieces() -> AsyncIterator[bytes]:
        found = first
        yield begun(tuple(export.columns))
        while True:
            yield written(cells(export, row) for row in found["nodes"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            found = await page(found["pageInfo"]["endCursor"])

    return Sheet(await context.organisation(), pieces())


def document(
    endpoint: Endpoint, export: Export, field: str, given: dict[str, Any], above: Any
) -> str:
    """The question for a page of a list: a way in, or what hangs on a row of some type."""
    types = endpoint.graph._schema.type_map
    known: Any = types[above[0] if above else "Query"]
    arguments = {"after": "String"} | {
        name: str(known.fields[field].args[name].type) for name in given
    }
    named = "".join(f", {name}: ${name}" for name in arguments)
    paths = (path.split(".") for path in export.columns.values())
    columns = " ".join(" { ".join(path) + " }" * (len(path) - 1) for path in paths)
    text = f"{field}(first: {PAGE}{named}) {{ nodes {{ {columns} }} {ENDS} }}"
    if above:
        text = f"above: {way_to(types, *above)} {{ ... on {above[0]} {{ {text} }} }}"
    declared = ", ".join(f"${name}: {kind}" for name, kind in arguments.items())
    return f"query ({declared}) {{ {text} }}"


def way_to(types: Any, kind: str, key: str | None) -> str:
    """The way in to a row: by its id, or to the only one of its type."""
    if key:
        return f'node(id: "{key}")'
    ways: Any = types["Query"].fields
    return next(name for name, one in ways.items() if one.type is types[kind] and not one.args)


def cells(export: Export, row: dict[str, Any]) -> list[str]:
    """A line of the file."""
    found = []
    for name, path in export.columns.items():
        first, *rest = path.split(".")
        form = export.forms.get(name)
        found.append(form(row[first]) if form else cell(row[first], rest))
    return found


def cell(value: Any, path: list[str]) -> str:
    """What a path leads to, in the words of the files of users."""
    if isinstance(value, list):
        return ", ".join(cell(one, path) for one in value)
    if type(value) is int:
        return str(value)
    if value is None or not path:
        return WORDS.get(value, value)
    return cell(value[path[0]], path[1:])
