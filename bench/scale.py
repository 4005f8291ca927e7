"""Compares a page of a short list with the same page of a long one: it should not matter."""

import asyncio
import contextlib
import secrets
import signal
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from bench import data
from bench.answers import Different
from bench.answers import data as data_of
from bench.contenders import CONTENDERS, NODE, Running, ask, running
from bench.documents import TEXTS, Text, people
from bench.load import Unusable, load, tool
from models.base import DANISH
from planner.pages import cursor

SIZES = (10_000, 1_000_000)
ROUNDS, SECONDS, PLACES = 3, 3, 64
NAMES = ", ".join(DANISH.format(one).format_map({one: one}) for one in ("surname", "first_name"))
# Users evenly spread over the list, with all that cursors are made of.
SPREAD = f"""
select id::text, {NAMES} from (
    select *, row_number() over (order by id) as place, count(*) over () as count from "user"
) u where place % (count / {PLACES}) = 0 order by place limit {PLACES}
"""


@dataclass(frozen=True)
class Case:
    """A page that is asked for: the document, and the cursors that its requests begin after."""

    name: str
    text: Text
    marks: tuple[int, ...] = ()  # which columns of a row make its cursor

    def requests(self, rows: list[asyncpg.Record]) -> Iterator[bytes]:
        places = [{"after": cursor([row[one] for one in self.marks])} for row in rows]
        for place in places if self.marks else [{}]:
            asked = {"query": self.text.text, "operationName": self.text.operation}
            yield orjson.dumps(asked | {"variables": {"first": 50} | place})

    def bodies(self, side: "Side") -> list[bytes]:
        """The requests that are answered with 50 users: not those at the list's end."""
        asked = list(self.requests(side.rows))
        found = [one for one in asked if answered(side, one) == 50]
        if len(found) < 0.9 * len(asked):
            raise Different(f"{self.name}: short pages in a list of {side.size:,}.")
        return found


USERS, BY_SURNAME = (
    Text((TEXTS / f"scale-{one}.graphql").read_text()) for one in ("users", "users-by-surname")
)
CASES = (
    Case("users", USERS),
    Case("users-by-surname", BY_SURNAME),
    Case("users-further", USERS, (0,)),
    Case("users-by-surname-further", BY_SURNAME, (1, 2, 0)),
)


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: a server on its list, and who asks it."""

    server: Running
    token: str
    rows: list[asyncpg.Record]
    size: int


def main() -> int:
    """Measures both lengths of the list of users."""
    return measured("scale", SIZES, side, lambda sides: {c.name: compared(c, sides) for c in CASES})


def measured(
    word: str,
    sizes: tuple[int, ...],
    side: Callable[[str, int], AbstractContextManager[Side]],
    measure: Callable[[list[Side]], dict[str, list[float]]],
) -> int:
    """Measures both sides, and prints how much longer the longer lists take."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with contextlib.ExitStack() as open_things:
            address = open_things.enter_context(data.postgresql())
            found = measure([open_things.enter_context(side(address, size)) for size in sizes])
    except (Different, Unusable) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print()
    for name, (short, long) in found.items():
        print(f"{word} {name} {long / short:.2f}")
    return 0


def side(address: str, size: int) -> AbstractContextManager[Side]:
    """A server on a list of that length."""
    return serving(str(size), data.bare(address, size), SPREAD, size)


@contextlib.contextmanager
def serving(name: str, url: str, statement: str, size: int) -> Iterator[Side]:
    """A server on a database, with the rows that a statement finds there."""
    key = secrets.token_bytes(32)
    asker, *_ = people(url, key)
    with running(CONTENDERS["segl"], url, key, data.VAR / "logs" / name) as server:
        yield Side(server, asker.token, asyncio.run(found_by(statement, url)), size)


async def found_by(statement: str, url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


def compared(case: Any, sides: list[Side], seconds: float = SECONDS) -> list[float]:
    """The median time of a request to each side, in microseconds."""
    files = [written(case, one) for one in sides]
    times: list[list[float]] = [[] for _ in sides]
    for number in range(ROUNDS):
        for place in range(len(sides))[:: -1 if number % 2 else 1]:
            server = sides[place].server
            where = (tool(NODE), server.url, files[place])
            if number == 0:  # to warm up in
                load(*where, min(1, seconds), [server.process], data.postmaster())
            found = load(*where, seconds, [server.process], data.postmaster())
            if found.failed:
                raise Unusable(f"{case.name}: {found.failed} requests failed.")
            times[place].append(found.p50)
    medians = [statistics.median(one) for one in times]
    told = (
        f"{one.size:,}: p50 {time / 1000:.2f} ms" for one, time in zip(sides, medians, strict=True)
    )
    print(f"{case.name:26} {'   '.join(told)}", flush=True)
    return medians


def written(case: Any, side: Side) -> Path:
    """A file of the requests."""
    bodies = case.bodies(side)
    file = data.VAR / f"{case.name}.{side.size}.requests"
    file.write_bytes(b"".join(side.token.encode() + b" " + body + b"\n" for body in bodies))
    return file


def answered(side: Side, body: bytes) -> int:
    """How many users a request is answered with."""
    answer, _ = ask(side.server.url, side.token, body)
    return len(orjson.loads(data_of(answer))["users"]["nodes"])


if __name__ == "__main__":
    sys.exit(main())
