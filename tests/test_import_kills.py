"""Workers that are killed at any moment lose no row and double no row; another one finishes."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from tortoise.transactions import in_transaction

from models import HistoryEntry, Letter, Notification, User, UserImport, UserImportPart
from models.verification import verify
from tests.files import UPLOAD, created, file

pytestmark = pytest.mark.anyio

KILLS = 20 if os.environ.get("SEGL_PROVE") else 2
ROWS = 200 * KILLS
HERE = Path(__file__).parent.parent


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def uploaded(ask, admin, monkeypatch):
    """A file of many parts that is to run as soon as it is checked."""
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 15)
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
    assert await UserImportPart.all().count() == 0
    # One person is told once, in both ways: whoever uploaded it.
    assert await Letter.all().count() == await Notification.all().count() == 1
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


@pytest.fixture
def undoing(database_url, admin, uploaded):
    """Starts a process that undoes the file, and waits until it sets about it."""

    async def undoing():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.undoing_alone"),
            *(database_url, str(admin.id), uploaded),
            cwd=HERE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert await process.stdout.readline() == b"ready\n"
        return process

    return undoing


async def test_an_undoing_that_is_killed_has_undone_nothing_or_all(
    worker, uploaded, undoing, hansen
):
    process, chance = await worker(), random.Random()
    while (await progress(uploaded))[0] != "DONE":
        await asyncio.sleep(0.05)
    process.kill()
    await process.wait()
    begun = len(await HistoryEntry.all())

    for _ in range(KILLS):
        process = await undoing()
        await asyncio.sleep(chance.uniform(0, 0.5))
        process.kill()
        await process.wait()
        async with in_transaction():  # waits for the database to see that nobody is there
            file = await UserImport.locked(id=uploaded)
        left = await User.filter(imported_from_id=uploaded).distinct().values_list("status")
        told = await HistoryEntry.all().count() - begun
        is_done = file.status == "UNDONE"
        assert (left, told) == ([("DELETED" if is_done else "IMPORTED",)], is_done * (ROWS + 1))
        assert (await verify(hansen.id)).is_intact
    process = await undoing()
    said, _ = await process.communicate()

    assert said.decode().strip() in ("[]", "['IMPORT_FINISHED']")
    assert (await UserImport.get(id=uploaded)).status == "UNDONE"
    assert await User.filter(imported_from_id=uploaded, status="DELETED").count() == ROWS
    assert (await verify(hansen.id)).is_intact
