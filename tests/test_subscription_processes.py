"""What one process does, another tells; and a server that is stopped leaves nobody waiting."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient

from gateways import Claims, SignedTokens, WallClock, _key_of_this_process
from gateways.authority import KeyFolder
from models import CertificateKind, UserImport
from resolvers.importing import STUMBLES
from tests.certificates import REVOKE
from tests.files import UPLOAD, created
from tests.files import file as text_of
from tests.following import streaming, talking

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent.parent
ROWS, DAY = 200, timedelta(days=1)


@pytest.fixture
def process(database_url, tmp_path):
    """Runs a command of the server beside the test, until the block ends."""
    passphrase = "correct horse battery staple"
    KeyFolder(tmp_path / "authority", passphrase, may_be_made=True).ready(WallClock().now())

    @asynccontextmanager
    async def process(*command, **settings):
        known = {
            "SEGL_DATABASE_URL": database_url,
            "SEGL_KEY": _key_of_this_process().hex(),
            "SEGL_REPLACEMENT_NUMBERS": "yes",
            "SEGL_VAR": str(tmp_path),
            "SEGL_AUTHORITY_PASSPHRASE": passphrase,
        }
        run = await asyncio.create_subprocess_exec(
            sys.executable,
            *("server.py", *command),
            env=os.environ | known | settings,
            cwd=HERE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield run
        finally:
            if run.returncode is None:
                run.kill()
            await run.wait()

    return process


@pytest.fixture
def serving(process):
    """A server as it is run, as soon as it listens."""

    @asynccontextmanager
    async def serving(**settings):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with process("serve", "--port", str(port), **settings) as run:
            assert await run.stdout.readline() == f"Segl is at http://127.0.0.1:{port}\n".encode()
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.05)
            writer.close()
            yield f"127.0.0.1:{port}", run

    return serving


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def token(admin):
    now = WallClock().now()
    return SignedTokens(_key_of_this_process()).token(Claims(user_id=admin.id), now)


@pytest.fixture
async def uploaded(ask, admin, monkeypatch):
    """A file of many parts that is to run as soon as it is checked; nobody works on it yet."""
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 10)
    given = {"text": text_of(*(created(number) for number in range(ROWS)))}
    answer = await ask(admin, UPLOAD, input={"file": given, "startWhenReady": True})
    key = answer["userImport"]["id"]
    await UserImport.filter(id=key).update(stumble_count=STUMBLES)
    return key


@pytest.fixture
async def stuck(make, hansen):
    """A file that no worker goes on with."""
    return await make.file(hansen, status="RUNNING", row_count=10, stumble_count=STUMBLES)


def state(body):
    found = body["data"]["userImportProgress"]
    return found["status"], found["percentDone"]


async def test_two_servers_tell_of_a_file_that_a_third_process_runs(
    serving, process, token, uploaded
):
    async with (
        serving() as (one, _),
        serving() as (other, _),
        process("work"),
        streaming(one, token, uploaded) as stream,
        talking(other, token) as talk,
    ):
        await talk.follow(uploaded)
        told = [await talk.next()]
        first = await stream.next()
        await UserImport.filter(id=uploaded).update(stumble_count=0)
        *rest, _ = await stream.rest()
        while told[-1]["type"] == "next":
            told.append(await talk.next())

    by_events = [state(body) for _, body in (first, *rest)]
    by_socket = [state(one["payload"]) for one in told[:-1]]
    for states in (by_events, by_socket):
        assert (states[0], states[-1]) == (("CHECKING", 0), ("DONE", 100))
        assert [percent for status, percent in states if status == "RUNNING" and percent < 100]
    assert (await UserImport.get(id=uploaded)).done_count == ROWS


@pytest.fixture
async def machine(make, hansen):
    """A certificate of the organisation, with which a machine may administer users."""
    profile = await make.profile(hansen, system_rights=["IDENTITY_MANAGEMENT"])
    facts = {"kind": CertificateKind.SYSTEM, "profile": profile}
    return await make.certificate(hansen, **facts, expires_at=WallClock().now() + DAY)


async def test_a_machine_that_one_process_shuts_out_is_nobody_in_two_others(
    serving, ask, admin, machine, stuck
):
    claims, now = Claims(certificate_id=machine.id), WallClock().now()
    bearer = SignedTokens(_key_of_this_process()).token(claims, now)
    heads = {"authorization": f"Bearer {bearer}"}

    async def said(address):
        body = {"query": "{ viewer { permissions } }"}
        return (await client.post(f"http://{address}/graphql", json=body, headers=heads)).json()

    async with (
        serving() as (one, _),
        serving() as (other, _),
        streaming(one, bearer, stuck.id) as stream,
        AsyncClient() as client,
    ):
        _, first = await stream.next()
        before = [await said(address) for address in (one, other, one, other)]
        given = {"certificateId": machine.id, "reason": "KEY_COMPROMISE"}
        await ask(admin, REVOKE, input=given)
        _, last = await stream.next()
        await asyncio.sleep(0.5)
        after = [await said(address) for address in (one, other)]

    assert ["errors" in one for one in before] == [False] * 4
    assert state(first)[0] == "RUNNING"
    codes = [one["errors"][0]["extensions"]["code"] for one in (last, *after)]
    assert codes == ["UNAUTHENTICATED"] * 3


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_server_that_is_stopped_says_so_and_leaves_nothing_undone(
    serving, token, stuck, workers
):
    async with serving(SEGL_WORKERS=workers) as (address, run):
        async with (
            streaming(address, token, stuck.id) as stream,
            talking(address, token) as talk,
            talking(address, token) as silent,
        ):
            await stream.next()
            await talk.follow(stuck.id)
            await talk.next()
            run.send_signal(signal.SIGTERM)
            (_, body), end = await stream.rest()
            codes = [await talk.closed(), await silent.closed()]
        async with asyncio.timeout(10):
            _, said = await run.communicate()

    (error,) = body["errors"]
    assert (error["extensions"]["code"], end) == ("UNAVAILABLE", ("complete", None))
    assert set(codes) <= {1001, 1012}  # going away; starting anew, as a server says to the silent
    assert said.decode() == ""
