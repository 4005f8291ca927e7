"""How much one request may ask for is a setting of the installation."""

from pathlib import Path

import pytest

import server
from planner.selection import Weight
from schema.planned import LARGEST, MOST
from schema.streams import LARGEST_ROOM, ROOM, Room
from server import Environment
from tests.test_server import segl

pytestmark = pytest.mark.anyio

GREETINGS = """{
  a: viewer { user { name @include(if: true) @skip(if: false) } }
  b: viewer { language }
}"""
WEIGHT = Weight(cost=5, depth=2, aliases=2, directives=2, roots=2, characters=len(GREETINGS))
MEASURES, USUAL = vars(WEIGHT), vars(MOST) | vars(ROOM)
HOP = "user { memberships(first: 1) { nodes { "
DEEP = f"{{ viewer {{ {HOP * 33} id {'}' * 101}"


@pytest.fixture
def environment(request, monkeypatch):
    """What an installation reads that sets one measure."""
    measure, value = request.param
    monkeypatch.setenv(f"SEGL_MOST_{measure.upper()}", str(value))
    return Environment.read()


def just(less=0):
    """Every measure alone, set to what the document weighs, or to less."""
    cells = [(measure, value - less) for measure, value in MEASURES.items()]
    return pytest.mark.parametrize("environment", cells, indirect=True, ids=MEASURES)


@just()
async def test_a_document_that_asks_for_the_most_is_answered(send, person, environment):
    answer = await send(await person(), GREETINGS)

    assert answer["data"] == {"a": {"user": {"name": "Bo Holm"}}, "b": {"language": "DANISH"}}
    assert answer["extensions"] == {"cost": WEIGHT.cost}


@just(less=1)
async def test_a_document_that_asks_for_one_more_is_refused(send, person, environment):
    answer = await send(await person(), GREETINGS)

    (error,) = answer["errors"]
    (measure,) = [one for one in MEASURES if getattr(environment.most, one) < MEASURES[one]]
    told = {"measure": measure, "asked": MEASURES[measure], "most": MEASURES[measure] - 1}
    assert error["extensions"] == {"code": "INVALID"} | told
    assert "data" not in answer


@pytest.mark.parametrize("environment", [("depth", LARGEST.depth)], indirect=True)
async def test_the_deepest_that_can_be_set_is_answered(send, person, environment):
    answer = await send(await person(), DEEP)

    assert "errors" not in answer
    assert answer["extensions"] == {"cost": LARGEST.depth + 1}


def test_without_settings_the_usual_holds(monkeypatch):
    for measure in MEASURES:
        monkeypatch.delenv(f"SEGL_MOST_{measure.upper()}", raising=False)

    assert Environment.read().most == MOST


def test_how_much_may_be_followed_is_a_setting_too(monkeypatch):
    usual = Environment.read().room
    for name in vars(ROOM):
        monkeypatch.setenv(f"SEGL_MOST_{name.upper()}", "7")

    assert (usual, Environment.read().room) == (ROOM, Room(7, 7))


@pytest.mark.parametrize("value", ["0", "-1", "many", "", "1.5", "10000000000"])
@pytest.mark.parametrize("measure", USUAL)
def test_a_limit_that_cannot_be_set_is_told_in_a_sentence(monkeypatch, capsys, measure, value):
    name = f"SEGL_MOST_{measure.upper()}"
    monkeypatch.setenv(name, value)

    code = server.main(["schema"])

    told, largest = capsys.readouterr(), (vars(LARGEST) | vars(LARGEST_ROOM))[measure]
    assert (code, told.out) == (2, "")
    assert told.err == f"{name} must be a whole number from 1 to {largest}.\n"


def test_a_document_is_explained_within_the_limits_that_are_set(tmp_path):
    (file := tmp_path / "greetings.graphql").write_text(GREETINGS)

    allowed, refused = (segl("explain", str(file), most_aliases=most) for most in (2, 1))

    assert allowed.stdout.startswith("cost 5, depth 2\n")
    assert refused.stdout == "refused: aliases is more than 1\n"


@pytest.mark.parametrize("measure", USUAL)
def test_the_readme_tells_of_each_limit_and_what_it_is_usually(measure):
    rows = [one for one in Path("README.md").read_text().splitlines() if "SEGL_MOST" in one]

    (row,) = [one for one in rows if f"`SEGL_MOST_{measure.upper()}`" in one]
    names, _, usual = [one.strip() for one in row.strip("|").split("|")]
    at = names.split(", ").index(f"`SEGL_MOST_{measure.upper()}`")
    assert usual.split(", ")[at] == f"`{USUAL[measure]}`"
