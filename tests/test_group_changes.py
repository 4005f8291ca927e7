"""How custom groups change and end, and what no change of a group may do."""

from asyncio import gather

import pytest

from models import Group, GroupMember, HistoryEntry, ProductionUnit
from tests.reading import history_of, stored

pytestmark = pytest.mark.anyio

GROUP = """
query Group($id: ID!) {
  group(id: $id) { name }
}
"""
CREATE = """
mutation CreateGroup($input: CreateGroupInput!, $dryRun: Boolean) {
  createGroup(input: $input, dryRun: $dryRun) {
    group { name }
    errors { code path }
  }
}
"""
UPDATE = """
mutation UpdateGroup($input: UpdateGroupInput!, $dryRun: Boolean) {
  updateGroup(input: $input, dryRun: $dryRun) {
    group { name description version productionUnit { pNumber } vatUnit { seNumber } }
    errors { code path ... on Conflict { currentVersion current { id } } }
  }
}
"""
DELETE = """
mutation DeleteGroup($input: DeleteGroupInput!, $dryRun: Boolean) {
  deleteGroup(input: $input, dryRun: $dryRun) {
    group { name kind members { totalCount } }
    errors { code path }
  }
}
"""
DEACTIVATE = """
mutation DeactivateUser($input: DeactivateUserInput!) {
  deactivateUser(input: $input) { errors { code } }
}
"""
ON_A_GROUP = [
    pytest.param(UPDATE, {"name": "Wages"}, id="updateGroup"),
    pytest.param(DELETE, {}, id="deleteGroup"),
]


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator")


async def test_an_update_changes_what_is_given_clears_what_is_null_and_leaves_the_rest(
    ask, administrator, make, hansen
):
    unit = await ProductionUnit.get(p_number="1029829825")
    facts = {"description": "Reports wages", "production_unit": unit}
    group = await make.group(hansen, name="Payroll", **facts)
    given = {"groupId": str(group.id), "name": "Wages", "pNumber": None}

    answer = await ask(administrator, UPDATE, input=given)

    assert answer["errors"] == []
    assert answer["group"] == {
        "name": "Wages",
        "description": "Reports wages",
        "version": 2,
        "productionUnit": None,
        "vatUnit": None,
    }
    (entry,) = await history_of(ask, administrator, group)
    assert entry.told == ("updateGroup", "DONE")
    assert entry.changes == {"name": ("Payroll", "Wages"), "productionUnit": ("1029829825", None)}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, {"code": "NOTHING_TO_CHANGE", "path": None}),
        ({"name": None}, {"code": "REQUIRED", "path": ["name"]}),
        ({"name": "x" * 201}, {"code": "TOO_LONG", "path": ["name"]}),
        ({"seNumber": "13748136"}, {"code": "SE_NUMBER_NOT_REGISTERED", "path": ["seNumber"]}),
    ],
)
async def test_an_update_with_a_wrong_value_changes_nothing(
    ask, administrator, make, hansen, given, problem
):
    group = await make.group(hansen)
    before = await stored(Group, HistoryEntry)

    answer = await ask(administrator, UPDATE, input={"groupId": str(group.id), **given})

    assert answer["errors"] == [problem]
    assert await stored(Group, HistoryEntry) == before


async def test_a_group_cannot_take_the_name_of_another_but_may_change_the_case_of_its_own(
    ask, administrator, make, hansen
):
    group = await make.group(hansen, name="Payroll")
    await make.group(hansen, name="Wages")

    taken = await ask(administrator, UPDATE, input={"groupId": str(group.id), "name": "wages"})
    own = await ask(administrator, UPDATE, input={"groupId": str(group.id), "name": "PAYROLL"})

    assert taken.problem == "NAME_TAKEN"
    assert own["group"]["name"] == "PAYROLL"


async def test_a_deleted_group_is_gone_with_its_members_and_the_history_tells_of_each(
    ask, send, person, administrator, make, hansen
):
    eva = await person(name="Eva Lund")
    group = await make.group(hansen, eva, name="Payroll", description="Reports wages")
    member = await GroupMember.get(group_id=group.id)

    answer = await ask(administrator, DELETE, input={"groupId": str(group.id)})

    assert answer["errors"] == []
    assert answer["group"]["name"] == "Payroll"
    gone = await send(administrator, GROUP, id=group.id)
    assert gone["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert not await GroupMember.exists(group_id=group.id)
    (entry,) = await history_of(ask, administrator, group)
    assert entry.told == ("deleteGroup", "DONE")
    assert entry.changes["name"] == ("Payroll", None)
    assert entry.changes["description"] == ("Reports wages", None)
    (ended,) = await history_of(ask, administrator, member)
    assert ended.told == ("deleteGroup", "DONE")
    assert ended.changes == {"group": ("Payroll", None), "user": ("Eva Lund", None)}


@pytest.mark.parametrize(("document", "given"), ON_A_GROUP)
async def test_a_stranger_changes_no_group_of_hansens(
    ask, person, make, hansen, jensen, document, given
):
    stranger = await person("organisation_administrator", organisation=jensen)
    group = await make.group(hansen)
    before = await stored(Group, GroupMember, HistoryEntry)

    answer = await ask(stranger, document, input={"groupId": str(group.id), **given})

    assert [(one["code"], one["path"]) for one in answer["errors"]] == [("NOT_FOUND", ["groupId"])]
    assert await stored(Group, GroupMember, HistoryEntry) == before


@pytest.mark.parametrize(("document", "given"), ON_A_GROUP)
async def test_an_employee_changes_no_group_and_the_attempt_is_kept(
    ask, person, administrator, make, hansen, document, given
):
    employee = await person()
    group = await make.group(hansen, employee)
    before = await stored(Group, GroupMember)

    answer = await ask(employee, document, input={"groupId": str(group.id), **given})

    assert answer.problem == "DENIED"
    assert await stored(Group, GroupMember) == before
    (entry,) = await history_of(ask, administrator, hansen)
    assert entry["outcome"] == "DENIED"


@pytest.mark.parametrize(
    ("document", "given"), [*ON_A_GROUP, pytest.param(CREATE, {"name": "Team"}, id="createGroup")]
)
async def test_a_dry_run_shows_what_would_be_and_keeps_nothing(
    ask, person, administrator, make, hansen, document, given
):
    group = await make.group(hansen, await person())
    before = await stored(Group, GroupMember, HistoryEntry)
    about = {} if document is CREATE else {"groupId": str(group.id)}

    answer = await ask(administrator, document, input={**about, **given}, dryRun=True)

    assert answer["errors"] == []
    assert answer["group"]["name"] == given.get("name", "Payroll")
    assert await stored(Group, GroupMember, HistoryEntry) == before


async def test_changes_of_one_person_at_the_same_time_do_not_stand_in_each_others_way(ask, person):
    owner = await person("organisation_administrator", "user_administrator")
    leaving = [await person() for _ in range(8)]
    await ask(owner, CREATE, input={"name": "The first"})

    answers = await gather(
        *(ask(owner, CREATE, input={"name": f"Team {number}"}) for number in range(8)),
        *(ask(owner, DEACTIVATE, input={"userId": str(one.id)}) for one in leaving),
    )

    assert [one["errors"] for one in answers] == [[]] * 16
