"""Measures a file of 100,000 users from upload to end, beside a bare COPY of the same rows."""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from tortoise.transactions import in_transaction

from gateways import Gateways, today
from gateways.database import PROGRAMS, embedded
from gateways.pool import pool
from models import (
    Actor,
    ActorKind,
    AssuranceLevel,
    Change,
    ImportPolicy,
    ImportStatus,
    Organisation,
    Role,
    RoleAssignment,
    User,
    UserImport,
    UserImportPart,
    UserStatus,
    database,
)
from models.history import record
from models.user_files import HEADINGS
from models.verification import verify
from policies import Policy, Subject
from resolvers import demo, imports, organisations, undoing
from resolvers.context import Context, Rules
from resolvers.importing import Worker

ROWS = 100_000
UNITS = ("1029829825", "1003388394")
COPIED = ("user", "history_entry", "user_import_row")


def main(rows: int = ROWS) -> None:
    with tempfile.TemporaryDirectory(prefix="segl-bench-") as folder:
        with embedded(Path(folder)) as url:
            asyncio.run(measured(url, rows, Path(folder)))


async def measured(url: str, rows: int, folder: Path) -> None:
    """Uploads, checks and runs the file, and prints the figures."""
    await database.migrate(url)
    gateways, policy = Gateways.in_memory(), Policy()
    worker = Worker(gateways, policy, Rules(admits_replacement_numbers=True))
    async with database.opened(url, pool):
        here = await organisation(gateways)
        await administrator(here, gateways.clock.now())
        content = "\r\n".join(lines(rows)).encode()
        print(f"a file of {rows:,} rows, {len(content) / 1e6:.1f} MB")
        file, seconds = await timed(upload(worker, here, content))
        print(f"uploaded in {seconds:.1f} s")
        _, seconds = await timed(worker.work())
        file = await UserImport.get(id=file.id)
        assert (file.status, file.bad_count) == (ImportStatus.READY, 0), vars(file)
        checked = rows / seconds
        print(f"checked in {seconds:.1f} s")
        await start(worker, here, file)
        _, seconds = await timed(worker.work())
        assert await User.filter(status="IMPORTED").count() == rows
        assert not await UserImportPart.exists()
        print(f"created in {seconds:.1f} s")
        assert (await verify(here.id)).is_intact
    copied = bare_copy(url, folder)
    print(f"the same rows by \\copy in {copied:.1f} s")
    async with database.opened(url, pool):
        _, undone = await timed(undo(worker, here, file))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert await User.filter(status="DELETED").count() == rows
        print(f"undone in {undone:.1f} s")
        assert (await verify(here.id)).is_intact
    print(f"import undo {rows / undone:.0f}")
    print(f"import check {checked:.0f}")
    print(f"import create {rows / seconds:.0f}")
    print(f"import copy-ratio {seconds / copied:.2f}")
    print(f"import memory {memory:.0f}")


def lines(rows: int) -> Iterator[str]:
    """A heading and rows; every other person is known by CPR number, the rest by date of birth."""
    yield ";".join(HEADINGS)
    for number in range(rows):
        born = f"{1 + number % 28:02}{1 + number % 12:02}"
        year = 60 + number % 40
        cpr = f"{61 + number % 28}{born[2:]}{year}{number % 4000:04}" if number % 10 else ""
        birth = "" if cpr else f"{born}19{year}"
        person = f"C;;Anne{number};Østergaard;{cpr};{birth};anne{number}@example.dk;20304050"
        yield f"{person};N;;3;;{UNITS[number % 2]};;"


async def organisation(gateways: Gateways) -> Organisation:
    async with demo.making(None, gateways.clock.now()):
        return await organisations.found(
            cvr_number="10150817",
            name="Hansen & Søn ApS",
            production_units={one: f"Unit {one}" for one in UNITS},
        )


async def administrator(here: Organisation, at: datetime) -> User:
    """Whoever uploads the file, runs it, and takes it back."""
    facts: dict[str, Any] = {"organisation_id": here.id}
    names = {"first_name": "Bo", "surname": "Holm", "name": "Bo Holm", "email": "bo@example.dk"}
    level = AssuranceLevel.SUBSTANTIAL
    async with demo.making(here.id, at):
        bo = User(**facts, **names, status=UserStatus.ACTIVE, target_assurance_level=level)
        await bo.save()
    await RoleAssignment.create(
        **facts, user_id=bo.id, role=Role.USER_ADMINISTRATOR, assigned_at=at
    )
    return bo


async def context_of(worker: Worker, here: Organisation) -> Context:
    bo = await User.get(organisation_id=here.id, email="bo@example.dk")
    actor = await Actor.named(here.id, ActorKind.PERSON, bo.name, bo.id)
    now, subject = worker.gateways.clock.now(), Subject(actor.user_id, here.id, frozenset())
    rules, uuid = worker.rules, uuid4()
    return Context(
        worker.gateways, worker.policy, rules, subject, now, today(now), "en", uuid, actor.name
    )


async def upload(worker: Worker, here: Organisation, content: bytes) -> UserImport:
    async with in_transaction():
        context = await context_of(worker, here)
        change = Change("user_import:upload", "uploadUserFile", context.now, uuid4())
        change.begin()
        sent = imports.UserFile(upload=imports.Upload(imports.SentFile("users.csv", content)))
        made = await imports.upload(context, sent, ImportPolicy.REJECT_FILE)
        await record(change, await context.actor())
    return made


async def start(worker: Worker, here: Organisation, file: UserImport) -> None:
    async with in_transaction():
        context = await context_of(worker, here)
        change = Change("user_import:start", "startUserImport", context.now, uuid4())
        change.begin()
        await imports.start(context, await UserImport.locked(id=file.id))
        await record(change, await context.actor())


async def undo(worker: Worker, here: Organisation, file: UserImport) -> None:
    async with in_transaction():
        context = await context_of(worker, here)
        change = Change("user_import:undo", "undoUserImport", context.now, uuid4())
        change.begin()
        await undoing.undo(context, await UserImport.locked(id=file.id))
        await record(change, await context.actor())


async def timed(work: object) -> tuple[object, float]:
    begun = time.perf_counter()
    found = await work  # type: ignore[misc]
    return found, time.perf_counter() - begun


def bare_copy(url: str, folder: Path) -> float:
    """How long psql takes to copy the rows into the same tables, with their triggers."""
    for table in COPIED:
        psql(url, f"\\copy \"{table}\" to '{folder / table}.copy'")
    gone = "".join(f'delete from "{one}";' for one in ("group_member", *COPIED))
    psql(url, f"set session_replication_role = replica; {gone}")
    begun = time.perf_counter()
    for table in COPIED:
        psql(url, f"\\copy \"{table}\" from '{folder / table}.copy'")
    return time.perf_counter() - begun


def psql(url: str, command: str) -> None:
    subprocess.run(
        (str(PROGRAMS / "psql"), url, "--quiet", "--set", "ON_ERROR_STOP=1", "-c", command),
        check=True,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
