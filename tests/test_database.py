"""The embedded server: shared while it is used, gone when nobody uses it, whatever kills whom."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from gateways import database
from gateways.database import embedded
from gateways.pool import Connection

USER = """
import sys
import time
from pathlib import Path
from gateways.database import embedded

with embedded(Path(sys.argv[1]), fast=True) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def another_user(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process on the same folder, ready."""
    command = (sys.executable, "-c", USER, str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("postgres://")
        try:
            yield process
        finally:
            process.kill()


def ask(url: str, *statements: str) -> object:
    """The answer to the last of the statements."""

    async def answer() -> object:
        connection = await asyncpg.connect(url, connection_class=Connection)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(answer())


def server(folder: Path) -> int | None:
    """The number of the server's process, if there is one that runs."""
    with contextlib.suppress(FileNotFoundError, IndexError, psutil.NoSuchProcess):
        number = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        if psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
            return number
    return None


def stops(folder: Path) -> bool:
    """Whether the server and its keeper are gone within five seconds."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if not server(folder) and not keepers(folder):
            return True
        time.sleep(0.02)
    return False


def keepers(folder: Path) -> list[psutil.Process]:
    """The processes that wait to stop the folder's server."""
    words = [database.__file__, str(folder)]
    return [
        one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [])[-2:] == words
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a server that have been made, since to make them takes longest."""
    return tmp_path_factory.mktemp("database")


def test_a_fresh_folder_answers_and_nothing_runs_after_it_is_closed(folder):
    with embedded(folder, fast=True) as url:
        answer = ask(url, "select 1")

    assert answer == 1
    assert not server(folder)
    assert stops(folder)


def test_a_second_start_keeps_the_data(folder):
    with embedded(folder, fast=True) as url:
        ask(url, "create table kept (letter text)", "insert into kept values ('æ')")

    with embedded(folder, fast=True) as url:
        assert ask(url, "select letter from kept") == "æ"


def test_two_users_of_a_folder_share_a_server_until_the_last_one_leaves(folder):
    with another_user(folder) as other, embedded(folder, fast=True) as url:
        shared = server(folder)
        with embedded(folder, name="second") as second:
            assert ask(second, "select current_database()") == "second"
        assert server(folder) == shared

        other.kill()
        other.wait()

        time.sleep(0.2)
        assert server(folder) == shared
        assert ask(url, "select 1") == 1
    assert stops(folder)


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_user_that_is_killed_leaves_no_server(folder, end):
    with another_user(folder) as other:
        getattr(other, end)()

    assert stops(folder)


def test_the_next_start_works_while_a_killed_users_server_still_runs(folder):
    with another_user(folder) as other:
        other.kill()
        other.wait()

        with embedded(folder, fast=True) as url:
            assert ask(url, "select 1") == 1


def test_the_next_start_works_after_everything_was_killed_at_once(folder):
    with another_user(folder) as other:
        for process in (*keepers(folder), other, psutil.Process(server(folder))):
            process.kill()
        while server(folder):
            time.sleep(0.01)

    with embedded(folder, fast=True) as url:
        assert ask(url, "select 1") == 1


def test_a_server_without_a_keeper_gets_one_from_its_next_user(folder):
    with another_user(folder) as other:
        for process in (*keepers(folder), other):
            process.kill()
        time.sleep(0.2)
        orphan = server(folder)

        with embedded(folder, fast=True):
            assert server(folder) == orphan

    assert stops(folder)


def test_a_number_that_now_belongs_to_a_stranger_does_not_stop_a_start(folder):
    pid_file = folder / "data" / "postmaster.pid"
    pid_file.write_text(f"{psutil.Process().pid}\n{folder / 'data'}\n0\n5432\n\n\n\nready\n")

    with embedded(folder, fast=True) as url:
        assert ask(url, "select 1") == 1


def test_a_folder_with_a_long_name_works(tmp_path):
    deep = tmp_path / ("a long, long way down " * 5)

    with embedded(deep, fast=True) as url:
        assert ask(url, "select 1") == 1
        socket = Path(url.partition("host=")[2].partition("&")[0])

    assert not socket.exists()
