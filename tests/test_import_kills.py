"""Workers that are killed at any moment lose no row and double no row; another one finishes."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from gateways import _key_of_this_process
from models import HistoryEntry, Letter, User, UserImport, UserImportPart
from models.verification import verify
from tests.files import UPLOAD, created, file

pytestmark = pytest.mark.anyio

KILLS = 20 if os.environ.get("SEGL_PROVE") else 4
ROWS = 200 * KILLS
SERVER = Path(__file__).parent.parent / "server.py"


@pytest.fixture
def worker(database_url):
    """Starts a process that does nothing but work."""

    async def worker():
        known = {
            "SEGL_DATABASE_URL": database_url,
            "SEGL_KEY": _key_of_this_process().hex(),
            "SEGL_REPLACEMENT_NUMBERS": "yes",
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, str(SERVER), "work", env=os.environ | known
        )

    return worker


@pytest.fixture
async def uploaded(ask, person, monkeypatch):
    """A file of many parts that is to run as soon as it is checked."""
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 15)
    admin = await person("user_administrator")
    given = {"text": file(*(created(number) for number in range(ROWS)))}
    answer = await ask(admin, UPLOAD, input={"file": given, "startWhenReady": True})
    assert answer["errors"] == []
    return answer["userImport"]["id"]


async def progress(key):
    found = await UserImport.get(id=key)
    return found.status, found.checked_count + found.done_count


async def moved(key, since, process):
    """Waits until the file has come further than it was, or has ended."""
    while await progress(key) == since:
        assert process.returncode is None, "the worker has ended by itself"
        await asyncio.sleep(0.01)
    return await progress(key)


async def all_is_there_once(key, hansen):
    assert await User.filter(imported_from_id=key).count() == ROWS
    emails = await User.filter(imported_from_id=key).distinct().values_list("email", flat=True)
    assert len(emails) == ROWS
    done = await UserImport.get(id=key)
    assert (done.status, done.done_count, done.create_count) == ("DONE", ROWS, ROWS)
    assert await HistoryEntry.filter(activity="user:create").count() == ROWS
    assert await HistoryEntry.filter(activity="user_import:start").count() == 1
    assert await Letter.all().count() == await UserImportPart.all().count() == 0
    assert (await verify(hansen.id)).is_intact


async def test_a_worker_that_is_killed_loses_no_row_and_doubles_none(worker, uploaded, hansen):
    chance = random.Random()
    killed, state = 0, await progress(uploaded)

    while state[0] != "DONE":
        process = await worker()
        state = await moved(uploaded, state, process)
        if killed < KILLS:
            await asyncio.sleep(chance.uniform(0, 0.15))
            killed += 1
        else:
            while state[0] != "DONE":
                state = await moved(uploaded, state, process)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        state = await progress(uploaded)

    assert killed == KILLS
    await all_is_there_once(uploaded, hansen)


async def test_two_workers_share_the_work_and_double_nothing(worker, uploaded, hansen):
    both = [await worker(), await worker()]

    state = await progress(uploaded)
    while state[0] != "DONE":
        state = await moved(uploaded, state, both[0])
    for process in both:
        process.kill()
        await process.wait()

    await all_is_there_once(uploaded, hansen)
