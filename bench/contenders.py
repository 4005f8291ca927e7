"""The servers that are measured: how each is started, asked and stopped."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.load import Unusable
from gateways import WallClock
from gateways.authority import KeyFolder

HERE = Path(__file__).parent
HOUSE = HERE.parent
NODE = HERE / ".venv" / "bin" / "node"
PATIENCE = 60  # seconds until a server must answer


@dataclass(frozen=True)
class Contender:
    """A server: the command that starts it, and what to know before comparing it."""

    name: str
    command: tuple[str, ...]
    note: str
    is_postgraphile: bool = False


@dataclass(frozen=True)
class Running:
    """A server that runs: where, and as which process."""

    contender: Contender
    url: str
    process: int


def uvicorn(name: str, app: str, note: str) -> Contender:
    command = (sys.executable, "-m", "uvicorn", f"bench.peers.{app}", "--port", "{port}")
    quiet = ("--log-level", "warning", "--no-access-log", "--loop", "uvloop", "--http", "httptools")
    return Contender(name, (*command, *quiet), note)


def node(name: str, note: str, is_postgraphile: bool = False) -> Contender:
    return Contender(name, (str(NODE), f"bench/peers/{name}.js"), note, is_postgraphile)


CONTENDERS = {
    one.name: one
    for one in (
        Contender(
            "segl",
            (sys.executable, "server.py", "serve", "--port", "{port}", "--workers", "1"),
            "python server.py serve, one worker; changes with checks, versions and a hash chain",
        ),
        uvicorn(
            "plain-strawberry",
            "plain_strawberry:app",
            "Strawberry, Tortoise, DataLoaders, Casbin at each root field; no caches",
        ),
        uvicorn(
            "hand-written",
            "hand_written:app",
            "bare ASGI, asyncpg and orjson; one function a document, nothing else",
        ),
        node(
            "postgraphile",
            "PostGraphile 5 over the same tables: token, but neither roles nor tenant of its own",
            is_postgraphile=True,
        ),
        node("mercurius", "Fastify, graphql-jit, SQL by hand in batch loaders"),
        node("apollo", "Apollo Server 5 on Fastify, SQL by hand in DataLoaders"),
        uvicorn(
            "cached-strawberry",
            "plain_strawberry:cached",
            "plain-strawberry with Strawberry's caches of parsed and validated documents",
        ),
    )
}
PASSPHRASE = "it seals nothing here"
USUAL = [name for name in CONTENDERS if name != "cached-strawberry"]


def keys_in(logs: Path) -> KeyFolder:
    """The keys by which the server that is measured answers for certificates."""
    return KeyFolder(logs / "segl" / "authority", PASSPHRASE, may_be_made=True)


@contextlib.contextmanager
def running(contender: Contender, database: str, key: bytes, logs: Path) -> Iterator[Running]:
    """Runs a server on a free port, and stops it whatever happens."""
    port = free_port()
    where = urlsplit(database)
    host = parse_qs(where.query)["host"][0]
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "PGDATABASE": where.path.lstrip("/"),
        "PGHOST": host,
        "PGPORT": parse_qs(where.query)["port"][0],
        "PGUSER": "postgres",
        "PORT": str(port),
        "SEGL_AUTHORITY_PASSPHRASE": PASSPHRASE,
        "SEGL_DATABASE_URL": database,
        "SEGL_KEY": key.hex(),
        "SEGL_VAR": str(logs / "segl"),
    }
    command = [one.format(port=port) for one in contender.command]
    logs.mkdir(parents=True, exist_ok=True)
    keys_in(logs).ready(WallClock().now())
    with (logs / f"{contender.name}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=HOUSE, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}/graphql"
            must_answer(contender, url, process, Path(log.name))
            yield Running(contender, url, process.pid)
        finally:
            stop(process)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def must_answer(
    contender: Contender, url: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    """Waits until the server answers anything at all."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            ask(url, "none", b'{"query": "{ __typename }"}')
            return
        time.sleep(0.1)
    raise Unusable(f"{contender.name} does not answer. Its log:\n{log.read_text()[-3000:]}")


def ask(url: str, token: str, body: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of an answer, whatever its status."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": "application/json",
    }
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as refusal:
        return refusal.read(), dict(refusal.headers)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
