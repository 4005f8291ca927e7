"""The command line: what it says of itself, what it refuses in words, and the server it starts."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
from graphql import build_schema
from tortoise.connection import get_connection

import server
from gateways import SignedTokens, WallClock
from gateways.database import embedded
from resolvers.demo import PEOPLE

HERE = Path(server.__file__).parent
COMMANDS = (
    *("serve", "migrate", "organisation", "authority", "demo", "token", "schema", "verify"),
)
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("SEGL_")}
KEY, PASSPHRASE = "0123456789abcdef" * 4, "correct horse battery staple"
NOWHERE = {"database_url": "postgres://nobody@127.0.0.1:1/none", "key": KEY}
# Asks for the token of everybody in the demo, in one process.
ALL_TOKENS = """
import server
from resolvers.demo import PEOPLE
assert not [word for word, *_ in PEOPLE if server.main(["token", word])]
"""


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, with these settings alone."""
    return subprocess.run(
        (sys.executable, *arguments),
        env=CLEAN | {f"SEGL_{name.upper()}": str(one) for name, one in settings.items()},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def segl(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return run("server.py", *arguments, **settings)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo has been loaded into an embedded database."""
    folder = tmp_path_factory.mktemp("var")
    loaded = segl("demo", var=folder)
    assert (loaded.returncode, loaded.stdout) == (0, "The demo is loaded.\n"), loaded.stderr
    return folder


def test_the_commands_are_listed_with_what_each_is_for(capsys):
    with pytest.raises(SystemExit) as end:
        server.main(["--help"])

    assert end.value.code == 0
    told = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^ +{command}\s+[A-Z][a-z]+,? .*\w", told, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_is_for(capsys, command):
    with pytest.raises(SystemExit) as end:
        server.main([command, "--help"])

    assert end.value.code == 0
    assert re.search(r"^[A-Z][a-z]+,? .*\.$", capsys.readouterr().out, re.MULTILINE | re.DOTALL)


def test_without_a_command_its_use_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        server.main([])

    assert end.value.code == 2
    assert "usage: python server.py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SEGL_PORT", "eighty", "SEGL_PORT must be a whole number from 1 to"),
        ("SEGL_PORT", "-1", "SEGL_PORT must be a whole number from 1 to"),
        ("SEGL_PORT", "70000", "SEGL_PORT must be a whole number from 1 to 65535."),
        ("SEGL_WORKERS", "many", "SEGL_WORKERS must be a whole number from 1 to"),
        ("SEGL_WORKERS", "0", "SEGL_WORKERS must be a whole number from 1 to"),
        ("SEGL_DEMO", "perhaps", "SEGL_DEMO must be yes or no."),
        ("SEGL_KEY", "secret", "SEGL_KEY must be 64 hexadecimal digits"),
        ("SEGL_KEY", KEY[2:], "SEGL_KEY must be 64 hexadecimal digits"),
        ("SEGL_KEY", "é" * 64, "SEGL_KEY must be 64 hexadecimal digits"),
        ("SEGL_SMTP_URL", "http://bo:secret@mail", "SEGL_SMTP_URL"),
        ("SEGL_SMTP_URL", "smtp://bo:secret@mail:port", "SEGL_SMTP_URL"),
        ("SEGL_PRICES", "/secret/prices.toml", "SEGL_PRICES must name a file that can be read"),
        ("SEGL_PRICES", str(HERE / "README.md"), "SEGL_PRICES: the file does not hold what it"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_a_sentence_that_does_not_repeat_it(
    monkeypatch, tmp_path, capsys, name, value, words
):
    monkeypatch.setenv("SEGL_VAR", str(tmp_path))
    monkeypatch.setenv(name, value)

    code = server.main(["token", "employee"])

    told = capsys.readouterr()
    assert (code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert words in told.err
    assert "secret" not in told.err


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("--demo", "--host", "0.0.0.0"), {}, "The demo lets anybody in"),
        (("--port", "70000"), {}, "SEGL_PORT must be a whole number"),
        ((), {"demo": "yes", "host": "::"}, "The demo lets anybody in"),
        ((), {"database_url": "postgres://nobody@127.0.0.1:1/none"}, "SEGL_KEY is not set"),
        ((), {"smtp_url": "http://bo:secret@mail"}, "SEGL_SMTP_URL"),
        ((), NOWHERE, "SEGL_AUTHORITY_PASSPHRASE is not set"),
        ((), NOWHERE | {"authority_passphrase": PASSPHRASE}, "python server.py authority init"),
    ],
    ids=[
        "demo-for-all",
        "no-such-port",
        "demo-for-all-by-settings",
        "no-key",
        "no-mail",
        "no-passphrase",
        "no-authority",
    ],
)
def test_what_cannot_be_served_is_told_before_anything_starts(tmp_path, arguments, settings, words):
    refused = segl("serve", *arguments, **{"var": tmp_path, **settings})

    assert (refused.returncode, refused.stdout) == (2, "")
    assert words in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert "secret" not in refused.stderr


def test_the_demo_is_not_loaded_into_one_s_own_database_without_an_authority(tmp_path):
    refused = segl("demo", **NOWHERE, var=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "SEGL_AUTHORITY_PASSPHRASE is not set" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_database_that_cannot_be_reached_is_told_of(tmp_path):
    settings = NOWHERE | {"authority_passphrase": PASSPHRASE, "var": tmp_path}
    made = segl("authority", "init", **settings)

    refused = segl("serve", **settings)

    assert made.returncode == 0
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "database" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_the_demo_is_loaded_once(var):
    again = segl("demo", var=var)

    assert again.returncode == 0
    assert again.stdout == "There are organisations already: nothing was loaded.\n"


def test_everybody_in_the_demo_gets_a_token(var):
    with embedded(var / "database"):
        asked = run("-c", ALL_TOKENS, var=var)

    identity = SignedTokens(bytes.fromhex((var / "key").read_text().strip()))
    tokens = asked.stdout.split()
    users = {identity.claims(one, WallClock().now()).user_id for one in tokens}
    assert asked.returncode == 0, asked.stderr
    assert len(tokens) == len(users) == len(PEOPLE)
    assert None not in users


def test_before_the_tables_are_made_there_is_no_token_but_a_sentence(tmp_path):
    refused = segl("token", "employee", var=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "run migrate first" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_somebody_unknown_gets_no_token_but_the_names_of_those_who_are(var):
    refused = segl("token", "nobody", var=var)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("No active user is known as nobody. The demo has: ")
    assert "user-administrator" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_token_without_a_name_asks_for_one(tmp_path):
    refused = segl("token", var=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Say for whom: organisation-administrator")
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--person", "3102901234"), "CPR number"),
        (("--name", "Bo Holm"), "date of birth"),
        (("--name", "Bo Holm", "--born", "yesterday"), "Date of birth"),
    ],
)
def test_a_token_for_nobody_in_particular_is_refused_in_a_sentence(
    monkeypatch, tmp_path, capsys, arguments, words
):
    monkeypatch.setenv("SEGL_VAR", str(tmp_path))

    code = server.main(["token", *arguments])

    told = capsys.readouterr()
    assert (code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert words in told.err
    assert "3102901234" not in told.err


def test_a_person_who_has_no_user_gets_a_token_too(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SEGL_VAR", str(tmp_path))
    monkeypatch.setenv("SEGL_KEY", KEY)

    code = server.main(["token", "--person", "6101901234"])

    claims = SignedTokens(bytes.fromhex(KEY)).claims(
        capsys.readouterr().out.strip(), WallClock().now()
    )
    assert (code, claims.cpr_number) == (0, "6101901234")


def test_the_history_is_verified_and_what_was_altered_is_found(var):
    with embedded(var / "database") as url:
        intact = segl("verify", var=var)
        execute(url, "update history_entry set summary = summary || '!' where sequence = 7")
        broken = segl("verify", var=var)
        execute(url, "update history_entry set summary = rtrim(summary, '!') where sequence = 7")

    assert intact.returncode == 0
    assert re.findall(r"(\d{8}) .*: intact, \d+ entries", intact.stdout) == sorted(
        {cvr for _, _, cvr, _ in PEOPLE}
    )
    assert broken.returncode == 1
    assert "Hansen & Søn ApS: broken at entry 7" in broken.stdout


def execute(url: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(execute())


def test_the_contract_is_printed(capsys):
    assert server.main(["schema"]) == 0

    printed = build_schema(capsys.readouterr().out)
    assert printed.mutation_type
    assert "createUser" in printed.mutation_type.fields


@contextlib.contextmanager
def serving(var: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server, as soon as it says where it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = (sys.executable, "server.py", "serve", "--demo", "--port", str(port))
    with subprocess.Popen(
        command, env=CLEAN | {"SEGL_VAR": str(var)}, cwd=HERE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == f"Segl is at http://127.0.0.1:{port}\n"
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def test_the_server_answers_until_it_is_interrupted_and_leaves_nothing_running(var):
    with serving(var) as (process, address):
        # It says where it is just before it listens: each failed attempt waits a little longer.
        with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=6)) as client:
            answers = [client.get(one) for one in ("/health", "/ready", "/sign-in")]
            started = {process.pid} | {one.pid for one in psutil.Process(process.pid).children()}
            started |= of_folder(var)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=10)

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert answers[0].json() == {"status": "alive"}
    assert answers[1].json() == {"status": "ready"}
    assert len(started) > 1
    assert not {one for one in started if is_running(one)}


def is_running(process: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False


def of_folder(folder: Path) -> set[int]:
    """The processes of the embedded database in a folder."""
    data = str(folder / "database" / "data")
    found = set()
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.cwd() == data:
                found.add(one.pid)
    return found


@pytest.mark.anyio
async def test_a_database_that_lacks_a_migration_is_not_ready(client, tables):
    database = get_connection("default")
    before = await client.get("/ready")
    (row,) = await database.execute_query_dict(
        "delete from tortoise_migrations where name ="
        " (select max(name) from tortoise_migrations) returning *"
    )
    try:
        lacking = await client.get("/ready")
        health = await client.get("/health")
    finally:
        columns, places = ", ".join(row), ", ".join(f"${n + 1}" for n in range(len(row)))
        await database.execute_query(
            f"insert into tortoise_migrations ({columns}) values ({places})", [*row.values()]
        )

    assert [one.status_code for one in (before, lacking, health)] == [200, 503, 200]
    assert "migrat" in lacking.json()["status"]
    assert (await client.get("/ready")).status_code == 200
