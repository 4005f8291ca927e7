"""The house itself: which room may know which, how large modules are, what is described."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from types import UnionType
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLScalarType, parse, specified_scalar_types, validate
from tortoise.connection import get_connection

from schema.graph import graph

HERE = Path(__file__).parent.parent
GROUND_FLOORS = {"planner", "gateways", "graphiql"}  # they know nothing of ours
MAY_KNOW = {
    "server": {"schema", "resolvers", "policies", "models"} | GROUND_FLOORS,
    "schema": {"resolvers", "policies", "models", "planner"},
    "resolvers": {"policies", "models"} | GROUND_FLOORS,
    "policies": {"models"},
    "models": set(),
} | {room: set() for room in GROUND_FLOORS}
ONLY_IN = {"casbin": "policies", "strawberry": "schema"}
OUTSIDE = {"aiosmtplib", "asyncpg", "http", "httpx", "smtplib", "socket", "ssl", "time", "urllib3"}
DRAWERS = {
    *("utils", "helpers", "core", "common", "services", "dataloaders", "permissions", "inputs"),
}
LONGEST, LONGEST_OF_PLANNER, MEDIAN = 350, 250, 120


def modules() -> list[Path]:
    """Every module of the house, its tests and migrations aside."""
    found = [HERE / "server.py", *(one for room in MAY_KNOW for one in (HERE / room).rglob("*.py"))]
    return [one for one in found if not {"migrations", "node_modules"} & set(one.parts)]


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


def name_of(module: Path) -> str:
    return str(module.relative_to(HERE))


def room_of(module: Path) -> str:
    return module.relative_to(HERE).parts[0].removesuffix(".py")


def imported(module: Path) -> Iterator[tuple[str, str]]:
    """What a module imports: the package, and the name out of it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(module)} imports by dots"
            yield from ((str(node.module), one.name) for one in node.names)


def packages(module: Path) -> set[str]:
    return {package.split(".")[0] for package, _ in imported(module)}


def public(module: Path, kind: type | UnionType) -> list[Any]:
    """The classes or functions at the top of a module that others may name."""
    return [one for one in tree(module).body if isinstance(one, kind) and one.name[0] != "_"]


def test_a_room_knows_only_the_rooms_below_it():
    stray = {
        f"{name_of(one)} imports {package}"
        for one in modules()
        for package in packages(one) & MAY_KNOW.keys() - {room_of(one)} - MAY_KNOW[room_of(one)]
    }

    assert stray == set()


def test_a_library_of_one_room_is_named_in_no_other():
    for library, room in ONLY_IN.items():
        assert {room_of(one) for one in modules() if library in packages(one)} == {room}


def test_only_the_server_reads_the_environment():
    readers = {name_of(one) for one in modules() if re.search(r"environ\b|getenv", one.read_text())}

    assert readers == {"server.py"}


def test_only_the_gateways_open_sockets_and_ask_for_the_time():
    inner = [one for one in modules() if room_of(one) not in ("gateways", "server")]

    assert {name_of(one) for one in inner if packages(one) & OUTSIDE} == set()
    assert {name_of(one): found for one in inner if (found := [*clocks(one)])} == {}


def clocks(module: Path) -> Iterator[str]:
    """Where a module asks what time it is: of Python, or of the database."""
    for node in ast.walk(tree(module)):
        match node:
            case ast.Attribute(ast.Name("datetime" | "date"), "now" | "utcnow" | "today" as name):
                yield name
            case ast.Constant(str(text)) if re.search(r"\bnow\(\)|\bcurrent_(date|time)", text):
                yield text


def test_no_folder_is_a_drawer_for_everything():
    folders = {part for module in modules() for part in module.relative_to(HERE).parts[:-1]}

    assert not folders & DRAWERS


def test_a_module_is_short_enough_to_be_read():
    lengths = {name_of(one): len(one.read_text().splitlines()) for one in modules()}

    too_long = {
        name
        for name, length in lengths.items()
        if length > (LONGEST_OF_PLANNER if name.startswith("planner/") else LONGEST)
    }

    assert too_long == set()
    assert median(lengths.values()) < MEDIAN


def test_modules_and_classes_say_what_they_are_for():
    mute = [name_of(one) for one in modules() if tree(one).body and not says(tree(one))]
    mute += [
        f"{name_of(module)}: {one.name}"
        for module in modules()
        for one in public(module, ast.ClassDef)
        if not says(one)
    ]

    assert mute == []


def test_functions_that_another_room_uses_say_what_they_do():
    mute = [
        f"{name_of(module)}: {one.name}"
        for module in modules()
        for one in public(module, ast.FunctionDef | ast.AsyncFunctionDef)
        if (room_of(module), one.name) in used_elsewhere() and not says(one)
    ]

    assert mute == []


@cache
def used_elsewhere() -> set[tuple[str, str]]:
    """The room and the name of all that another room imports, or names as `module.name`."""
    used = set()
    for module in modules():
        known = {}
        for package, name in imported(module):
            room = package.split(".")[0]
            if room in MAY_KNOW and room != room_of(module):
                used.add((room, name))
                known[name] = room
        for node in ast.walk(tree(module)):
            match node:
                case ast.Attribute(ast.Name(name), attribute) if name in known:
                    used.add((known[name], attribute))
    return used


def says(node: Any) -> bool:
    """Whether there is a docstring that begins with a sentence."""
    first = (ast.get_docstring(node) or "").split("\n\n")[0].strip()
    return first[:1].isupper() and first[-1:] in (".", ":") and " " in first


@pytest.mark.anyio
async def test_every_table_bears_the_organisation(tables):
    found = await get_connection("default").execute_query_dict(
        "select table_name from information_schema.tables t where table_schema = 'public'"
        " and not exists (select 1 from information_schema.columns c"
        " where c.table_name = t.table_name and c.column_name = 'organisation_id'"
        " and c.is_nullable = 'NO' and c.table_schema = 'public')"
    )

    assert {one["table_name"] for one in found} == {"organisation", "right", "tortoise_migrations"}


def types() -> list[object]:
    return [one for name, one in graph._schema.type_map.items() if not name.startswith("__")]


@pytest.mark.parametrize("kind", types(), ids=str)
def test_everything_in_the_contract_is_described(kind):
    undescribed = [] if kind.description else [kind.name]
    for name, one in getattr(kind, "fields", {}).items():
        parts = {name: one} | {f"{name}({key})": arg for key, arg in arguments(one).items()}
        undescribed += [f"{kind.name}.{key}" for key, part in parts.items() if not part.description]
    if isinstance(kind, GraphQLEnumType):
        undescribed += [name for name, value in kind.values.items() if not value.description]

    assert undescribed == []


def arguments(field: object) -> dict[str, object]:
    return getattr(field, "args", {})


def test_every_scalar_of_ours_says_where_it_is_specified():
    ours = [one for one in types() if isinstance(one, GraphQLScalarType)]
    bare = {one.name for one in ours if not one.specified_by_url} - specified_scalar_types.keys()

    assert bare == set()


def test_the_printed_contract_is_the_one_that_is_offered():
    printed = (HERE / "schema.graphql").read_text()

    assert printed == graph.as_str() + "\n", (
        "The contract has changed: print it anew with `python server.py schema > schema.graphql`,"
        " and read in the difference what clients will notice."
    )


@pytest.mark.parametrize("text", ["README.md", *sorted(map(name_of, HERE.glob("docs/*.md")))])
def test_every_example_that_is_told_can_be_asked(text):
    for block in re.findall(
        r"^```graphql\n(.*?)^```", (HERE / text).read_text(), re.DOTALL | re.MULTILINE
    ):
        assert validate(graph._schema, parse(block)) == [], block
