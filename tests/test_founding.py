"""A new organisation: added at the command line, with an administrator who is invited by letter."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from gateways import Claims, today
from gateways.database import embedded
from gateways.settings import Unusable
from models import HistoryEntry, Organisation, Role, RoleAssignment, User
from models.organisations import AssuranceLevel
from models.verification import verify
from resolvers import founding
from resolvers.context import Rules
from tests.tables import POLICY
from tests.test_server import CLEAN, HERE, segl

pytestmark = pytest.mark.anyio

CVR, CPR = "10150817", "6101904242"
GIVEN = {
    "cvr": CVR,
    "name": "Hansen & Søn ApS",
    "level": "4",
    "public": False,
    "ean": None,
    "first_name": "Ulla",
    "surname": "Møller",
    "email": "ulla@example.dk",
    "born": "1990-01-31",
    "cpr_from": None,
}
RULES = Rules(admits_replacement_numbers=True)
ACTIVATE = """
mutation ActivateUser($input: ActivateUserInput!) {
  activateUser(input: $input) { user { id status assuranceLevel } errors { code } }
}
"""
OVERVIEW = """
query Overview {
  viewer {
    roles
    organisation {
      cvrNumber name isPublic assuranceLevel eans { nodes { eanNumber } } vatUnits { totalCount }
    }
  }
}
"""
ASSIGN = """
mutation AssignRole($input: AssignRoleInput!) {
  assignRole(input: $input) { user { roles { role } } errors { code } }
}
"""


@pytest.fixture
def begin(make, gateways):
    """Adds an organisation as the command does, and returns what it prints."""

    async def begin(**facts):
        day = today(gateways.clock.now())
        wanted = founding.beginning(GIVEN | facts, RULES, day)
        return await founding.begin(gateways, POLICY, RULES, wanted)

    return begin


@pytest.fixture
def cpr_file(tmp_path) -> str:
    """A file with a CPR number."""
    (file := tmp_path / "cpr").write_text(f"{CPR[:6]}-{CPR[6:]}\n")
    return str(file)


async def test_an_organisation_begins_with_an_administrator_who_is_invited_by_letter(
    begin, ask, letters, cpr_file
):
    words = await begin(born=None, cpr_from=cpr_file)
    (letter,) = await letters("ulla@example.dk")
    ulla = Claims(cpr_number=CPR)

    link = re.search(r"#(\S+)", letter.body)[1]
    activated = await ask(ulla, ACTIVATE, input={"link": link})

    assert activated["errors"] == []
    assert activated["user"]["status"] == "ACTIVE"
    assert activated["user"]["assuranceLevel"] == "HIGH"
    user = await User.get()
    assert await ask(user, OVERVIEW) == {
        "roles": ["ORGANISATION_ADMINISTRATOR", "USER"],
        "organisation": {
            "cvrNumber": CVR,
            "name": "Hansen & Søn ApS",
            "isPublic": False,
            "assuranceLevel": "HIGH",
            "eans": {"nodes": []},
            "vatUnits": {"totalCount": 0},
        },
    }
    assert "Hansen & Søn ApS, CVR 10150817, has been added." in words
    assert "Next, Ulla Møller follows the link" in words
    assert link not in words
    given = {"userId": user.id, "role": "USER_ADMINISTRATOR"}
    assert (await ask(user, ASSIGN, input=given))["errors"] == []


async def test_whoever_is_known_by_birth_gets_a_code_that_is_shown_once(begin, ask, letters):
    words = await begin()
    (letter,) = await letters("ulla@example.dk")
    code = re.search(r"code, shown only now, is (\S+):", words)[1]
    ulla = Claims(name="Ulla Møller", date_of_birth=date(1990, 1, 31))

    link = re.search(r"#(\S+)", letter.body)[1]
    activated = await ask(ulla, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert activated["errors"] == []
    assert code not in letter.body
    assert "It works until 16.11.2026." in words


async def test_the_history_begins_with_it_and_holds_no_number(begin, cpr_file):
    await begin(born=None, cpr_from=cpr_file)

    organisation = await Organisation.get()
    entries = await HistoryEntry.all().order_by("sequence").prefetch_related("actor")
    assert {(one.operation, one.actor.name) for one in entries} == {("addOrganisation", "Segl")}
    assert entries[0].summary == "Add organisation: Hansen & Søn ApS"
    (roles,) = [change for one in entries for change in one.changes if change["field"] == "roles"]
    assert roles == {"field": "roles", "old": None, "new": "ORGANISATION_ADMINISTRATOR"}
    assert (await verify(organisation.id)).is_intact
    held = await RoleAssignment.get()
    assert (held.role, held.until_on) == (Role.ORGANISATION_ADMINISTRATOR, None)


async def test_a_public_body_is_invoiced_by_ean_number(begin, ask):
    await begin(public=True, ean="5790000123452", level="3")

    organisation = await Organisation.get()
    assert (organisation.is_public, organisation.assurance_level) == (
        True,
        AssuranceLevel.SUBSTANTIAL,
    )
    assert (await User.get()).target_assurance_level is AssuranceLevel.SUBSTANTIAL


async def test_a_number_that_is_here_already_is_refused_and_nothing_changes(begin, make):
    await begin()

    with pytest.raises(Unusable, match="with the CVR number 10150817 is here already"):
        await begin(name="Another ApS")

    assert await Organisation.all().count() == await User.all().count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"cvr": "10150818"}, "--cvr: CVR number is not a valid number"),
        ({"cvr": None}, "--cvr: CVR number is missing"),
        ({"name": " "}, "--name: Name of the organisation is missing"),
        ({"name": "x" * 201}, "--name: Name of the organisation is too long"),
        ({"level": "5"}, "--level: Assurance level is too small or too large"),
        ({"level": "high"}, "--level: Assurance level is too small or too large"),
        ({"first_name": "x" * 101}, "--first-name: The administrator's first name is too long"),
        ({"surname": None}, "--surname: The administrator's surname is missing"),
        ({"email": "ulla"}, "--email: The administrator's e-mail address does not have"),
        ({"born": "31-01-1990"}, "--born: The administrator's date of birth does not have"),
        ({"born": "2026-11-02"}, "--born: The administrator's date of birth must lie in the past"),
        ({"born": None}, "--born, --cpr-from: Give either the CPR number or the date of birth"),
        ({"public": True}, "--ean: EAN number that pays is missing"),
        ({"ean": "5790000123450"}, "--ean: EAN number that pays is not a valid number"),
        ({"cpr_from": "nowhere"}, "nowhere cannot be read: No such file"),
    ],
)
async def test_a_wrong_value_is_told_in_words(facts, words, begin):
    with pytest.raises(Unusable) as refused:
        await begin(**facts)

    (line,) = str(refused.value).splitlines()
    assert line.startswith(words)
    assert not await Organisation.exists()


async def test_a_cpr_number_and_a_date_of_birth_are_one_too_many(begin, cpr_file):
    with pytest.raises(Unusable, match="and not both"):
        await begin(cpr_from=cpr_file)


async def test_a_wrong_cpr_number_is_not_repeated(begin, tmp_path):
    (file := tmp_path / "cpr").write_text("3102901234")

    with pytest.raises(Unusable) as refused:
        await begin(born=None, cpr_from=str(file))

    assert str(refused.value).startswith("--cpr-from: The administrator's CPR number names a day")
    assert "3102901234" not in str(refused.value)


ARGUMENTS = [
    *("--cvr", CVR, "--name", "Hansen", "--level", "4"),
    *("--first-name", "Ulla", "--surname", "Møller", "--email", "ulla@example.dk"),
]


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    """A folder with a database that is up to date and holds nothing."""
    folder = tmp_path_factory.mktemp("var")
    assert segl("migrate", var=folder).returncode == 0
    return folder


def test_all_that_is_missing_is_told_at_once_where_nobody_can_be_asked(tmp_path):
    refused = segl("organisation", "add", var=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert [one.partition(":")[0] for one in refused.stderr.splitlines()] == [
        *("--cvr", "--name", "--level", "--first-name", "--surname", "--email"),
        "--born, --cpr-from",
    ]


def test_without_tables_it_is_told_to_migrate(tmp_path):
    refused = segl("organisation", "add", *ARGUMENTS, "--born", "1990-01-31", var=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "run migrate first" in refused.stderr


def test_a_database_of_ones_own_needs_a_key(tmp_path):
    url = "postgres://nobody@127.0.0.1:1/none"

    refused = segl("organisation", "add", *ARGUMENTS, var=tmp_path, database_url=url)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "SEGL_KEY is not set" in refused.stderr


def test_at_the_terminal_what_is_left_out_is_asked_for_and_the_cpr_number_is_not_seen(var):
    answers = ["Hansen", "4", "Ulla", "Møller", "ulla@example.dk", "0101904242"]

    shown, code = at_a_terminal(var, "organisation", "add", "--cvr", CVR, answers=answers)

    assert code == 0, shown
    asked = [words for words in founding.WORDS.values() if f"{words}: " in shown]
    assert asked == [
        one for name, one in founding.WORDS.items() if name not in ("cvr", "ean", "born")
    ]
    assert "0101904242" not in shown
    assert "Hansen, CVR 10150817, has been added." in shown
    assert "waits until SEGL_SMTP_URL says where to" in shown
    assert "temporary code" not in shown
    assert roles_in(var) == ["ORGANISATION_ADMINISTRATOR"]


def at_a_terminal(var: Path, *arguments: str, answers: list[str]) -> tuple[str, int]:
    """What a command shows at a terminal where questions are answered in turn, and how it ends."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        (sys.executable, "server.py", *arguments),
        env=CLEAN | {"SEGL_VAR": str(var)},
        cwd=HERE,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while piece := read(ours):
            shown += piece
            if shown.endswith(b": ") and answers:
                os.write(ours, f"{answers.pop(0)}\n".encode())
        process.wait(timeout=30)
    os.close(ours)
    return shown.decode(), process.returncode


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # Linux says so when the other end is closed
        return b""


def roles_in(var: Path) -> list[str]:
    async def roles(url: str) -> list[str]:
        connection = await asyncpg.connect(url)
        try:
            return [
                one["role"] for one in await connection.fetch("select role from role_assignment")
            ]
        finally:
            await connection.close()

    with embedded(var / "database") as url:
        return asyncio.run(roles(url))
