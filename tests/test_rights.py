"""The catalogue of rights: what all organisations find in it, and how a newer one is taken over."""

import pytest
from tortoise.connection import get_connection

from models import Right, catalogue
from tests.tables import POLICY, who_may

pytestmark = pytest.mark.anyio

test_who_may_use_rights = who_may("""
                             self  user_administrator  rights_administrator  organisation_administrator
    right:list                x            x                    x                       x
    right:read                x            x                    x                       x
    right:list_holders        .            x                    x                       x
    right:assign              .            x                    x                       x
    right:remove              .            x                    x                       x
    right_assignment:read     x            x                    x                       x
    group:assign_right        .            .                    .                       x
    group:remove_right        .            .                    .                       x
    right_request:create      x            .                    .                       .
    right_request:decide      .            .                    x                       .
""")  # noqa: E501

RIGHTS = """
query Rights($filter: RightFilter, $first: Int, $after: String) {
  rights(filter: $filter, first: $first, after: $after) {
    nodes { id service category title description isInternal isInBasicPackage version }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
RIGHT = "query ($id: ID!) { right(id: $id) { title } }"
NODE = "query ($id: ID!) { node(id: $id) { id ... on Right { title } } }"


@pytest.fixture
async def newer(empty):
    """Lets the database take over another catalogue, and the shipped one again at the end."""
    client = get_connection("default")

    async def newer(*rights, version=1000):
        issued_on = catalogue.shipped()["issued_on"]
        await catalogue.load({"version": version, "issued_on": issued_on, "right": [*rights]})

    yield newer
    await client.execute_query('delete from right_assignment; delete from "right"')
    await catalogue.load(catalogue.shipped())


async def test_everybody_finds_the_catalogue_by_service_category_and_title(ask, person):
    found = await ask(await person(), RIGHTS, first=100)

    told = [(one["service"], one["category"], one["title"]) for one in found["nodes"]]
    assert told == sorted(told)
    assert found["totalCount"] == len(told) == len(catalogue.shipped()["right"])


async def test_the_catalogue_is_the_same_everywhere(ask, person, make, jensen):
    here, there = await person(), await make.user(jensen)

    assert await ask(here, RIGHTS) == await ask(there, RIGHTS)


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ({"text": "ANNUAL"}, {"Submit the annual report"}),
        ({"service": "Customs"}, {"Declare goods"}),
        ({"service": "Tax", "category": "VAT"}, {"File VAT"}),
        ({"service": "Own systems", "isInternal": False}, set()),
        ({"category": "Employees", "isInternal": True}, {"Plan rosters"}),
        ({"category": "Post", "isInBasicPackage": False}, {"Administer the mailbox"}),
    ],
    ids=str,
)
async def test_rights_are_found_by(ask, person, condition, titles):
    found = await ask(await person(), RIGHTS, filter=condition)

    assert {one["title"] for one in found["nodes"]} == titles


async def test_one_right_is_read_by_its_id(ask, person):
    right = await Right.get(code="tax.vat")

    assert await ask(await person(), RIGHT, id=right.id) == {"title": "File VAT"}
    assert (await ask(await person(), NODE, id=right.id))["title"] == "File VAT"


async def test_a_right_of_segl_carries_only_permissions_that_somebody_holds():
    shipped = catalogue.shipped()
    stray = {"code": "stray", "permissions": ["user:list", "user:fly"]}

    catalogue.must_be_lawful(shipped, POLICY.permissions)
    with pytest.raises(LookupError, match=r"stray .*user:fly"):
        catalogue.must_be_lawful({"right": [stray]}, POLICY.permissions)


async def test_a_newer_catalogue_adds_changes_and_retires(ask, person, newer):
    vat, known = await Right.get(code="tax.vat"), catalogue.shipped()["right"]
    kept = [one for one in known if one["code"] not in ("tax.vat", "tax.wages")]
    changed = next(one for one in known if one["code"] == "tax.wages") | {"title": "Report pay"}
    added = changed | {"code": "tax.fuel", "title": "File fuel tax"}

    await newer(*kept, changed, added)

    found = await ask(await person(), RIGHTS, filter={"service": "Tax"})
    told = {one["title"]: one["version"] for one in found["nodes"]}
    assert told == {"File company tax": 1, "Report pay": 2, "File fuel tax": 1}
    assert await ask(await person(), RIGHT, id=vat.id) == {"title": "File VAT"}


async def test_a_right_that_comes_back_is_the_same_right(newer):
    vat, known = await Right.get(code="tax.vat"), catalogue.shipped()["right"]
    await newer(*(one for one in known if one["code"] != "tax.vat"))
    assert (await Right.get(code="tax.vat")).is_retired

    await newer(*known, version=1001)

    again = await Right.get(code="tax.vat")
    assert (again.id, again.is_retired, again.version) == (vat.id, False, 3)


async def test_an_older_catalogue_and_the_same_one_change_nothing(newer):
    known = catalogue.shipped()["right"]
    await newer(*known[1:])
    before = await Right.all().order_by("id").values()

    await newer(*known[1:])
    await newer(known[0], version=999)

    assert await Right.all().order_by("id").values() == before
