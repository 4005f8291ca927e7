"""Groups: who may look at and make them, and what is refused."""

from asyncio import gather
from uuid import uuid4

import pytest

from models import Group, ProductionUnit
from tests.making import P_NUMBERS
from tests.reading import history_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_groups = who_may("""
                        self  user_administrator  rights_administrator  organisation_administrator
    group:list           .            x                    x                       x
    group:read           x            x                    x                       x
    group:list_members   .            x                    x                       x
    group:create         .            .                    .                       x
    group:update         .            .                    .                       x
    group:delete         .            .                    .                       x
    group:add_member     .            x                    x                       .
    group:remove_member  .            x                    x                       .
    group:leave          x            .                    .                       .
    external_user:find   .            x                    x                       .
""")

GROUPS = """
query Groups($filter: GroupFilter, $first: Int, $after: String) {
  groups(filter: $filter, first: $first, after: $after) {
    totalCount
    nodes { name kind }
    pageInfo { hasNextPage endCursor }
  }
}
"""
GROUP = """
query Group($id: ID!) {
  group(id: $id) {
    kind name description rule canChangeMembers
    productionUnit { pNumber }
    vatUnit { seNumber }
    members { totalCount nodes { name pNumber isExternal organisation { cvrNumber } user { id } } }
    history { nodes { operation } }
  }
}
"""
GROUPS_WITH_MEMBERS = """
query GroupsWithMembers {
  groups(first: 50, filter: { kind: CUSTOM }) {
    nodes {
      name
      productionUnit { pNumber }
      members(first: 5) { totalCount nodes { name organisation { name } user { email } } }
      history(first: 3) { nodes { operation actor { name } } }
    }
  }
}
"""
PLAIN_MEMBERS = """
query { groups(filter: {kind: CUSTOM}) { nodes { members { nodes { name pNumber } } } } }
"""
CREATE = """
mutation CreateGroup($input: CreateGroupInput!, $dryRun: Boolean) {
  createGroup(input: $input, dryRun: $dryRun) {
    group { id kind name description version productionUnit { pNumber } vatUnit { seNumber } }
    errors { code path ... on Denied { permission allowedFor grantableBy } }
  }
}
"""


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


async def test_the_list_holds_the_systems_groups_and_the_organisations_own(
    ask, person, make, hansen
):
    reader = await person("rights_administrator")
    await make.group(hansen, name="Payroll")

    answer = await ask(reader, GROUPS)

    assert answer["totalCount"] == 4
    assert {(one["name"], one["kind"]) for one in answer["nodes"]} == {
        ("Alle brugere", "SYSTEM"),
        ("Unit 1029829825 (1029829825)", "SYSTEM"),
        ("Unit 1003388394 (1003388394)", "SYSTEM"),
        ("Payroll", "CUSTOM"),
    }


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"kind": "CUSTOM"}, ["Løn", "100 % Payroll"]),
        ({"kind": "SYSTEM", "text": "alle"}, ["Alle brugere"]),
        ({"text": "løn"}, ["Løn"]),
        ({"text": "LØN"}, ["Løn"]),
        ({"text": "REPORTS"}, ["Løn"]),
        ({"text": "0 %"}, ["100 % Payroll"]),
        ({"text": "0_%"}, []),
    ],
)
async def test_groups_are_found_by_kind_and_by_part_of_the_name_or_description(
    ask, administrator, make, hansen, given, found
):
    await make.group(hansen, name="Løn", description="Reports wages")
    await make.group(hansen, name="100 % Payroll")

    answer = await ask(administrator, GROUPS, filter=given)

    assert [one["name"] for one in answer["nodes"]] == found
    assert answer["totalCount"] == len(found)


async def test_a_long_list_of_groups_is_read_page_by_page(ask, administrator, make, hansen):
    for number in range(5):
        await make.group(hansen, name=f"Team {number}")

    first = await ask(administrator, GROUPS, filter={"text": "Team"}, first=3)
    end = first["pageInfo"]["endCursor"]
    second = await ask(administrator, GROUPS, filter={"text": "Team"}, first=3, after=end)

    assert [one["name"] for one in first["nodes"]] == ["Team 0", "Team 1", "Team 2"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert [one["name"] for one in second["nodes"]] == ["Team 3", "Team 4"]
    assert second["pageInfo"]["hasNextPage"] is False
    assert second["totalCount"] == 5


async def test_a_group_tells_its_limits_its_members_and_its_history(
    ask, person, administrator, make, hansen, jensen
):
    unit = await hansen_unit(hansen)
    bo = await person(name="Bo Holm", production_unit=unit)
    kirsten = await person(organisation=jensen, name="Kirsten Bech")
    group = await make.group(hansen, bo, kirsten, production_unit=unit)

    answer = await ask(administrator, GROUP, id=group.id)

    assert answer["kind"] == "CUSTOM"
    assert answer["rule"] is None
    assert answer["productionUnit"] == {"pNumber": "1029829825"}
    assert answer["vatUnit"] is None
    assert answer["members"]["nodes"] == [
        {
            "name": "Bo Holm",
            "pNumber": "1029829825",
            "isExternal": False,
            "organisation": {"cvrNumber": hansen.cvr_number},
            "user": {"id": str(bo.id)},
        },
        {
            "name": "Kirsten Bech",
            "pNumber": None,
            "isExternal": True,
            "organisation": {"cvrNumber": jensen.cvr_number},
            "user": None,
        },
    ]
    assert len(answer["history"]["nodes"]) == 1


async def hansen_unit(hansen):
    return await ProductionUnit.get(organisation_id=hansen.id, p_number="1029829825")


async def test_a_stranger_reads_no_group_of_hansens_and_not_even_that_there_is_one(
    send, make, person, hansen, jensen
):
    stranger = await person("organisation_administrator", organisation=jensen)
    group = await make.group(hansen)

    theirs = await send(stranger, GROUP, id=group.id)
    none = await send(stranger, GROUP, id=uuid4())

    assert theirs["data"] == {"group": None}
    assert theirs["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert theirs == none


async def test_the_statements_of_a_page_of_groups_do_not_grow_with_its_rows(
    ask, person, administrator, make, hansen, sql
):
    members = [await person() for _ in range(4)]
    await make.group(hansen, members[0], name="One")
    sql()
    await ask(administrator, GROUPS_WITH_MEMBERS)
    few = sql()
    for number in range(8):
        await make.group(hansen, *members, name=f"Group {number}")
    sql()

    answer = await ask(administrator, GROUPS_WITH_MEMBERS)

    assert len(answer["nodes"]) == 9
    assert [len(one["members"]["nodes"]) for one in answer["nodes"]] == [1] + [4] * 8
    assert sql() == few


async def test_an_organisation_administrator_creates_a_group_and_the_history_tells_it(
    ask, administrator, hansen
):
    given = {"name": " Payroll ", "description": "Reports wages", "pNumber": "1029829825"}

    answer = await ask(administrator, CREATE, input=given | {"seNumber": hansen.cvr_number})

    assert answer["errors"] == []
    group = answer["group"]
    assert group == {
        "id": group["id"],
        "kind": "CUSTOM",
        "name": "Payroll",
        "description": "Reports wages",
        "version": 1,
        "productionUnit": {"pNumber": "1029829825"},
        "vatUnit": {"seNumber": hansen.cvr_number},
    }
    (entry,) = await history_of(ask, administrator, group["id"])
    assert entry.told == ("createGroup", "DONE")
    assert entry["actor"] == {"name": "Ulla Møller"}
    assert entry.changes == {
        "kind": (None, "CUSTOM"),
        "name": (None, "Payroll"),
        "description": (None, "Reports wages"),
        "productionUnit": (None, "1029829825"),
        "vatUnit": (None, hansen.cvr_number),
    }


async def test_a_user_administrator_may_not_create_a_group_and_reads_who_may(
    ask, person, administrator, hansen
):
    bo = await person("user_administrator", name="Bo Holm")

    answer = await ask(bo, CREATE, input={"name": "Payroll"})

    assert answer["group"] is None
    assert answer["errors"] == [
        {
            "code": "DENIED",
            "path": None,
            "permission": "group:create",
            "allowedFor": ["ORGANISATION_ADMINISTRATOR"],
            "grantableBy": ["ORGANISATION_ADMINISTRATOR"],
        }
    ]
    assert not await Group.exists(name="Payroll")
    (entry,) = await history_of(ask, administrator, hansen)
    assert entry.told == ("createGroup", "DENIED")
    assert entry["actor"] == {"name": "Bo Holm"}


async def test_all_that_is_wrong_with_a_new_group_is_told_at_once(ask, administrator):
    given = {"name": " ", "description": "x" * 1001, "pNumber": "1029829833", "seNumber": "1"}

    answer = await ask(administrator, CREATE, input=given)

    assert answer["group"] is None
    assert [(one["code"], one["path"]) for one in answer["errors"]] == [
        ("REQUIRED", ["name"]),
        ("TOO_LONG", ["description"]),
        ("P_NUMBER_NOT_REGISTERED", ["pNumber"]),
        ("MALFORMED", ["seNumber"]),
    ]


async def test_a_unit_of_another_organisation_is_not_registered_here(
    ask, person, jensen, administrator
):
    stranger = await person("organisation_administrator", organisation=jensen)

    answer = await ask(stranger, CREATE, input={"name": "Payroll", "pNumber": "1003388394"})

    assert answer.problem == "P_NUMBER_NOT_REGISTERED"


@pytest.mark.parametrize("name", ["Løn", "løn", "LØN", "  Løn ", "alle BRUGERE"])
async def test_a_name_is_taken_once_in_an_organisation_in_whatever_case(
    ask, administrator, make, hansen, name
):
    await make.group(hansen, name="Løn")

    answer = await ask(administrator, CREATE, input={"name": name})

    assert answer["errors"] == [{"code": "NAME_TAKEN", "path": ["name"]}]
    assert await Group.filter(organisation_id=hansen.id, kind="CUSTOM").count() == 1


async def test_two_organisations_may_each_have_a_group_of_one_name(
    ask, administrator, make, jensen
):
    await make.group(jensen, name="Payroll")

    answer = await ask(administrator, CREATE, input={"name": "Payroll"})

    assert answer["errors"] == []


async def test_of_two_requests_at_the_same_time_only_one_gets_the_name(
    ask, person, administrator, hansen
):
    other = await person("organisation_administrator")

    answers = await gather(
        ask(administrator, CREATE, input={"name": "Payroll"}),
        ask(other, CREATE, input={"name": "PAYROLL"}),
    )

    assert sorted(one.problems for one in answers) == [[], ["NAME_TAKEN"]]
    assert await Group.filter(organisation_id=hansen.id, kind="CUSTOM").count() == 1


async def test_a_member_without_a_production_unit_is_listed_among_the_others(
    ask, make, hansen, person
):
    unit = await ProductionUnit.get(organisation_id=hansen.id, p_number=P_NUMBERS[0])
    bo = await person(name="Bo Holm", production_unit_id=unit.id)
    await make.group(hansen, bo, await person(name="Eva Lund"))

    (group,) = (await ask(await person("user_administrator"), PLAIN_MEMBERS))["nodes"]

    found = {one["name"]: one["pNumber"] for one in group["members"]["nodes"]}
    assert found == {"Bo Holm": P_NUMBERS[0], "Eva Lund": None}
