"""How long the page of 50 users takes while the same process runs a file of 100,000."""

import asyncio
import contextlib
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from bench.contenders import CONTENDERS, running
from bench.documents import DOCUMENTS, Person
from bench.imports import administrator, lines, organisation, start, upload
from gateways import Claims, SignedTokens
from gateways.database import embedded
from gateways.pool import pool
from models import Organisation, UserImport, database
from policies import Policy
from resolvers.context import Rules
from resolvers.importing import Worker
from server import Environment

ROWS = 100_000
SOME = 2_000  # users whom the page shows before
IDLE = 10.0  # seconds
WAITING = 0.005  # seconds between two pages, so that it is not they who keep the process busy


def main() -> None:
    """Prints how much longer one page in a hundred takes at most, and one in two."""
    key = secrets.token_bytes(32)
    os.environ["SEGL_REPLACEMENT_NUMBERS"] = "yes"  # as which the file's CPR numbers are made
    with contextlib.ExitStack() as open_things:
        folder = Path(open_things.enter_context(tempfile.TemporaryDirectory(prefix="segl-bench-")))
        url = open_things.enter_context(embedded(folder / "database"))
        runner = open_things.enter_context(asyncio.Runner())
        runner.run(database.migrate(url))
        opened = database.opened(url, pool)
        runner.run(opened.__aenter__())
        gateways = Environment(key=key, is_demo=True).gateways()
        worker = Worker(gateways, Policy(), Rules())
        here, person = runner.run(beginning(worker, key))
        server = open_things.enter_context(running(CONTENDERS["segl"], url, key, folder))
        page = Page(server.url, person)
        runner.run(done(runner.run(begun(worker, here, SOME, 0))))
        page.many(lambda: False, IDLE / 5)
        idle = page.many(lambda: False, IDLE)
        file = runner.run(begun(worker, here, ROWS, SOME))
        busy = page.many(lambda: runner.run(status(file)) == "DONE")
        runner.run(opened.__aexit__(None, None, None))
    for name, share in (("p50", 50), ("p99", 99)):
        before, beside = (statistics.quantiles(one, n=100)[share - 1] for one in (idle, busy))
        print(f"the page: {name} {before * 1e3:.1f} ms idle, {beside * 1e3:.1f} ms beside a file")
        print(f"import page-{name} {beside / before:.2f}")


class Page:
    """Somebody who reads the page of users again and again."""

    def __init__(self, url: str, person: Person):
        self.place = urlsplit(url)
        self.body = DOCUMENTS["users"].request(person, 0)
        self.headers = {
            "authorization": f"Bearer {person.token}",
            "content-type": "application/json",
        }

    def many(self, is_over: Callable[[], bool], seconds: float = 600) -> list[float]:
        """How long each page took."""
        until, look, found = time.perf_counter() + seconds, 0.0, []
        connection = HTTPConnection(str(self.place.hostname), self.place.port)
        while time.perf_counter() < until:
            begun = time.perf_counter()
            connection.request("POST", self.place.path, self.body, self.headers)
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.read().startswith(b'{"data":{"users":{"nodes":[{')
            found.append(time.perf_counter() - begun)
            if begun >= look:
                look = begun + 1
                if is_over():
                    return found
            time.sleep(WAITING)
        return found


async def beginning(worker: Worker, key: bytes) -> tuple[Organisation, Person]:
    now = worker.gateways.clock.now()
    here = await organisation(worker.gateways)
    bo = await administrator(here, now)
    token = SignedTokens(key).token(Claims(user_id=bo.id), now)
    return here, Person(str(bo.id), token, str(here.id), ())


async def begun(worker: Worker, here: Organisation, rows: int, after: int) -> UUID:
    """Uploads a file, waits until the server has checked it, and starts it."""
    heading, *rest = islice(lines(after + rows), after + rows + 1)
    content = "\r\n".join([heading, *rest[after:]]).encode()
    file = await upload(worker, here, content)
    while await status(file.id) == "CHECKING":
        await asyncio.sleep(0.2)
    await start(worker, here, await UserImport.get(id=file.id))
    return file.id


async def done(file: UUID) -> None:
    while await status(file) == "RUNNING":
        await asyncio.sleep(0.2)


async def status(file: UUID) -> str:
    return str((await UserImport.get(id=file)).status.value)


if __name__ == "__main__":
    main()
