"""Long lists walked page by page, held against the lists themselves.

The planner and the executor cut pages by the same rules, so that they agree says nothing of these.
"""

import orjson
import pytest

from tests.answering import Asking
from tests.furnishing import furnished
from tests.gathering import LISTS, edges, orders
from tests.generating import Question

pytestmark = pytest.mark.anyio

WALKS = [
    (name, order, direction)
    for name in LISTS
    for order in orders(LISTS[name][1])
    for direction in (("ASCENDING", "DESCENDING") if order else (None,))
]
MOMENTS = {"CREATED_AT": "createdAt", "ORDERED_AT": "orderedAt", "EXPIRES_AT": "expiresAt"}
SIZE = 4
ASK = """query ($first: Int, $after: String, $last: Int, $before: String) { %s
  %s(first: $first, after: $after, last: $last, before: $before%s) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id %s } }
  } %s
}"""


FEW = {  # of what there is too much of for one page
    "HistoryEntry": ", filter: {aboutKind: [GROUP_MEMBER]}",
    "Change": ", filter: {kind: [GROUP_MEMBER]}",
}


@pytest.fixture(scope="module")
async def town(tables):
    return await furnished()


@pytest.fixture
def turn(town):
    """Asks for one page of a list, of the group or file with most entries where it hangs on one."""
    asking = Asking(town)

    async def turn(walk, **stretch):
        name, order, direction = walk
        before, way, after = LISTS[name]
        of_one = 'first: 1, filter: {text: "Alle brugere"}' if "groups" in before else "last: 1"
        before = before.replace("first: 20", of_one)
        sort = f", orderBy: {{field: {order}, direction: {direction}}}" if order else ""
        sort += FEW.get(name, "")
        text = ASK % (before, way.split(".")[1], sort, MOMENTS.get(order, ""), after)
        both = await asking.both("owner", Question(text, stretch))
        assert both.planned
        return page_in(orjson.loads(both.planned[0]))

    return turn


def page_in(answer):
    """The page, wherever in the answer."""
    while "edges" not in answer:
        answer = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    return answer


@pytest.mark.parametrize("walk", WALKS, ids=str)
async def test_pages_walked_onwards_make_up_the_list(turn, walk):
    everything = await turn(walk, first=100)

    pages = [await turn(walk, first=SIZE)]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append(await turn(walk, first=SIZE, after=pages[-1]["pageInfo"]["endCursor"]))

    assert [*edges(pages)] == everything["edges"]
    assert [one["pageInfo"]["hasPreviousPage"] for one in pages] == [False] + [True] * (
        len(pages) - 1
    )
    assert {one["totalCount"] for one in pages} == {len(everything["edges"])}


@pytest.mark.parametrize("walk", WALKS, ids=str)
async def test_pages_walked_back_make_up_the_list(turn, walk):
    everything = await turn(walk, first=100)

    pages = [await turn(walk, last=SIZE)]
    while pages[0]["pageInfo"]["hasPreviousPage"]:
        pages.insert(0, await turn(walk, last=SIZE, before=pages[0]["pageInfo"]["startCursor"]))

    assert [*edges(pages)] == everything["edges"]
    assert [one["pageInfo"]["hasNextPage"] for one in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize("walk", [one for one in WALKS if one[1] in MOMENTS], ids=str)
async def test_a_list_by_time_runs_by_time_what_has_none_first_and_equals_by_id(turn, walk):
    _, order, direction = walk

    found = [one["node"] for one in (await turn(walk, first=100))["edges"]]

    def key(node):
        return node[MOMENTS[order]] or "", node["id"]

    assert found == sorted(found, key=key, reverse=direction == "DESCENDING")
    assert len({key(one)[0] for one in found}) < len(found)


@pytest.mark.parametrize("walk", [one for one in WALKS if one[2] == "DESCENDING"], ids=str)
async def test_a_falling_list_is_the_rising_one_turned_round(turn, walk):
    falling = await turn(walk, first=100)

    rising = await turn((*walk[:2], "ASCENDING"), first=100)

    assert falling["edges"] == rising["edges"][::-1]
