"""How much one document may ask for, and that to find it out costs next to nothing."""

from time import perf_counter

import pytest
from httpx import ASGITransport, AsyncClient

from planner.reader import TooMuch
from schema.endpoint import Endpoint
from schema.graph import graph
from schema.planned import MOST, reader_of
from tests.furnishing import furnished

pytestmark = pytest.mark.anyio

HOP = "memberships(first: 1) { nodes { user { "
TOO_MUCH = {
    "cost": "{ users(first: 100) { nodes { certificates(first: 100) { nodes {"
    " history(first: 100) { totalCount nodes { id } } } } } } }",
    "depth": f"{{ viewer {{ user {{ {HOP * 5} id {'}' * 18}",
    "aliases": f"{{ viewer {{ {' '.join(f'a{one}: language' for one in range(201))} }} }}",
    "directives": f"{{ viewer {{ {'language @skip(if: true) ' * 101} }} }}",
    "roots": f"{{ {'viewer { language } ' * 51} }}",
    "characters": f"{{ viewer {{ language }} }} # {'x' * 100_000}",
}
CIRCLE = """{ viewer { ...A } }
fragment A on Viewer { ...B }
fragment B on Viewer { ...A }"""


@pytest.fixture(scope="module")
async def town(tables):
    return await furnished()


@pytest.fixture
def reader():
    return reader_of(graph)


@pytest.fixture
async def knock(town):
    """Sends a document over HTTP as the owner."""

    async def context_of(*_):
        return await town.context("owner")

    app = Endpoint(graph, context_of)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:

        async def knock(text):
            return (await client.post("/graphql", json={"query": text})).json()

        yield knock


def nested(depth, times):
    """A document in which each fragment spreads the one below, so many times."""
    spread = [" ".join([f"...F{one}"] * times) for one in range(depth)]
    parts = [f"fragment F{one + 1} on User {{ {text} }}" for one, text in enumerate(spread)]
    parts.append("fragment F0 on User { name }")
    return f"{{ viewer {{ user {{ ...F{depth} }} }} }} {' '.join(parts)}"


@pytest.mark.parametrize("measure", TOO_MUCH)
async def test_a_document_that_asks_for_too_much_is_refused_by_the_measure(knock, measure):
    answer = await knock(TOO_MUCH[measure])

    (error,) = answer["errors"]
    most = getattr(MOST, measure)
    assert error["extensions"].keys() == {"code", "measure", "asked", "most"}
    assert (error["extensions"]["code"], error["extensions"]["measure"]) == ("INVALID", measure)
    assert error["extensions"]["asked"] > error["extensions"]["most"] == most
    assert f"{measure} " in error["message"]
    assert f"{most:,}" in error["message"]


async def test_every_measure_has_a_document_that_exceeds_it():
    assert TOO_MUCH.keys() == vars(MOST).keys()


@pytest.mark.parametrize("length", [-1_000_000, 101, 6_101_901_234, "9" * 5_000])
async def test_a_length_that_no_page_can_have_counts_as_the_longest_and_is_refused_itself(
    knock, length
):
    answer = await knock(f"{{ users(first: {length}) {{ nodes {{ name }} }} }}")

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["INVALID"]
    assert "measure" not in answer["errors"][0]["extensions"]


async def test_no_length_makes_room_for_others(knock):
    less = "groups(first: -1000000) { nodes { name } }"

    answer = await knock(f"{{ {less} {TOO_MUCH['cost'][1:]}")

    assert answer["errors"][0]["extensions"]["measure"] == "cost"


async def test_fragments_within_fragments_are_weighed_at_once_however_often_they_are_spread(
    reader,
):
    began = perf_counter()

    with pytest.raises(TooMuch) as refused:
        reader.operation(nested(25, 2), None)

    assert perf_counter() - began < 0.2
    assert refused.value.measure == "cost"
    assert refused.value.weight.cost > 2**25


async def test_fragments_spread_once_are_answered_however_deep_they_nest(knock):
    began = perf_counter()

    answer = await knock(nested(100, 1))

    assert perf_counter() - began < 5
    assert answer["data"]["viewer"]["user"]["name"]


async def test_fragments_that_spread_each_other_come_to_an_end(knock):
    answer = await knock(CIRCLE)

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["INVALID"]
