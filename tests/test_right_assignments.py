"""Rights are given to users and groups, with limits and for a time, and taken back."""

from asyncio import gather
from datetime import timedelta

import pytest

from gateways import today
from models import HistoryEntry, ProductionUnit, Right, RightAssignment, User, UserStatus
from tests.reading import history_of

pytestmark = pytest.mark.anyio

READS = """
    assignment {
      id from until right { title } user { id version } group { id version }
      productionUnit { pNumber } vatUnit { seNumber } assignedBy { name }
    }
    errors { code path message ... on Conflict { current { id } } }
"""
ASSIGN = f"mutation ($input: AssignRightInput!) {{ assignRight(input: $input) {{ {READS} }} }}"
REMOVE = f"mutation ($input: RemoveRightInput!) {{ removeRight(input: $input) {{ {READS} }} }}"
ASSIGN_GROUP = f"""
mutation ($input: AssignGroupRightInput!) {{ assignGroupRight(input: $input) {{ {READS} }} }}
"""
REMOVE_GROUP = f"""
mutation ($input: RemoveGroupRightInput!) {{ removeGroupRight(input: $input) {{ {READS} }} }}
"""
OF_USER = """
query ($id: ID!) { user(by: {id: $id}) { rightAssignments { nodes { id until } totalCount } } }
"""
OF_GROUP = "query ($id: ID!) { group(id: $id) { rightAssignments { nodes { id } totalCount } } }"
GROUPS = "query ($right: ID!) { groups(filter: {rightId: $right}) { nodes { name } } }"
CREATE_USER = """
mutation ($input: CreateUserInput!) {
  createUser(input: $input) {
    user { id version rightAssignments { nodes { until right { title } } } } errors { code path }
  }
}
"""
CREATE_GROUP = """
mutation ($input: CreateGroupInput!) {
  createGroup(input: $input) {
    group { id version rightAssignments { nodes { right { title } } } } errors { code path }
  }
}
"""
DELETE_USER = """
mutation ($input: DeleteUserInput!, $dryRun: Boolean) {
  deleteUser(input: $input, dryRun: $dryRun) {
    consequences { kind count examples { id } } errors { code }
  }
}
"""
DELETE_GROUP = (
    "mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { errors { code } } }"
)


@pytest.fixture
async def administrator(person):
    return await person("rights_administrator", name="Dorte Friis")


@pytest.fixture
async def vat(empty):
    return await Right.get(code="tax.vat")


def days(make, number):
    return (today(make.now) + timedelta(days=number)).isoformat()


async def test_a_user_is_given_a_right_with_limits_and_for_a_time(
    ask, administrator, person, make, vat, hansen
):
    bo, until = await person(), days(make, 30)
    limits = {"pNumber": "1029829825", "seNumber": hansen.cvr_number, "until": until}

    answer = await ask(
        administrator, ASSIGN, input={"userId": bo.id, "right": {"rightId": vat.id, **limits}}
    )

    assert answer["errors"] == []
    assert answer["assignment"] == {
        "id": str((await RightAssignment.get()).id),
        "from": days(make, 0),
        "until": until,
        "right": {"title": "File VAT"},
        "user": {"id": str(bo.id), "version": 2},
        "group": None,
        "productionUnit": {"pNumber": "1029829825"},
        "vatUnit": {"seNumber": hansen.cvr_number},
        "assignedBy": {"name": "Dorte Friis"},
    }


async def test_the_history_of_the_user_tells_what_was_given_and_taken(ask, person, make, vat):
    organisation, bo = await person("organisation_administrator"), await person()
    given = {"userId": bo.id, "right": {"rightId": vat.id}}
    assignment = (await ask(organisation, ASSIGN, input=given))["assignment"]

    await ask(organisation, REMOVE, input={"assignmentId": assignment["id"]})

    latest, first = await history_of(ask, organisation, bo)
    assert (first.told, first.changes) == (
        ("assignRight", "DONE"),
        {"rights": (None, "Tax: File VAT")},
    )
    assert (latest.told, latest.changes) == (
        ("removeRight", "DONE"),
        {"rights": ("Tax: File VAT", None)},
    )


async def test_what_was_taken_is_told_by_name_when_it_is_gone(ask, person, make, vat):
    organisation, bo = await person("organisation_administrator"), await person(name="Bo Holm")
    assignment = await make.right(bo)

    await ask(organisation, REMOVE, input={"assignmentId": assignment.id})

    (entry,) = await HistoryEntry.filter(about_id=assignment.id, operation="removeRight")
    assert entry.summary == "Remove right: Tax: File VAT, Bo Holm"
    assert entry.concerns_id == bo.id


async def test_the_user_is_written_to(ask, administrator, person, make, vat, letters):
    bo, until = await person(language="ENGLISH"), days(make, 30)
    given = {"rightId": vat.id, "until": until}
    assignment = (await ask(administrator, ASSIGN, input={"userId": bo.id, "right": given}))[
        "assignment"
    ]
    await ask(administrator, REMOVE, input={"assignmentId": assignment["id"]})

    day = f"{today(make.now) + timedelta(days=30):%d.%m.%Y}"
    first, second = sorted(await letters(bo.email), key=lambda one: "no longer" in one.subject)
    assert first.subject == "You have been given a right in Hansen & Søn ApS"
    assert f'"Tax: File VAT" in Hansen & Søn ApS. Its last day is {day}.' in first.body
    assert second.subject == "You no longer have a right in Hansen & Søn ApS"


async def test_who_has_not_been_written_to_yet_hears_nothing(
    ask, administrator, person, vat, letters
):
    bo = await person(status=UserStatus.IMPORTED, activated_at=None)

    answer = await ask(administrator, ASSIGN, input={"userId": bo.id, "right": {"rightId": vat.id}})

    assert answer["errors"] == []
    assert await letters(bo.email) == []


@pytest.mark.parametrize(
    ("code", "given", "problem"),
    [
        ("tax.vat", {"from": -1}, ("DATE_IN_PAST", ["right", "from"])),
        ("tax.vat", {"from": 5, "until": 4}, ("PERIOD_REVERSED", ["right", "until"])),
        ("tax.vat", {"until": -1}, ("PERIOD_REVERSED", ["right", "until"])),
        (
            "tax.vat",
            {"pNumber": "1017862568"},
            ("P_NUMBER_NOT_REGISTERED", ["right", "pNumber"]),
        ),
        (
            "tax.vat",
            {"seNumber": "13748136"},
            ("SE_NUMBER_NOT_REGISTERED", ["right", "seNumber"]),
        ),
        ("segl.administer-users", {}, ("RIGHT_NOT_ASSIGNABLE", ["right", "rightId"])),
    ],
    ids=str,
)
async def test_a_right_is_refused_with(ask, administrator, person, make, code, given, problem):
    bo, right = await person(), await Right.get(code=code)
    given = {name: days(make, one) if isinstance(one, int) else one for name, one in given.items()}

    answer = await ask(
        administrator, ASSIGN, input={"userId": bo.id, "right": {"rightId": right.id, **given}}
    )

    assert answer["assignment"] is None
    assert [(one["code"], one["path"]) for one in answer["errors"]] == [problem]
    assert not await RightAssignment.exists()


async def test_a_deleted_user_and_a_retired_right_are_refused(ask, administrator, person, vat):
    gone, bo = await person(status=UserStatus.DELETED), await person()

    answer = await ask(
        administrator, ASSIGN, input={"userId": gone.id, "right": {"rightId": vat.id}}
    )
    assert answer["errors"][0]["code"] == "USER_DELETED"

    await Right.filter(id=vat.id).update(is_retired=True)
    answer = await ask(administrator, ASSIGN, input={"userId": bo.id, "right": {"rightId": vat.id}})
    await Right.filter(id=vat.id).update(is_retired=False)
    assert answer["errors"][0]["code"] == "RIGHT_NOT_ASSIGNABLE"


@pytest.mark.parametrize(
    ("there", "given", "may"),
    [
        ({}, {}, False),
        ({}, {"from": 5}, False),
        ({"until_on": 4}, {"from": 5}, True),
        ({"until_on": 5}, {"from": 5}, False),
        ({"from_on": 6}, {"until": 5}, True),
        ({"from_on": 5}, {"until": 5}, False),
        ({"from_on": -9, "until_on": -1}, {}, True),
        ({}, {"pNumber": "1029829825"}, True),
    ],
    ids=str,
)
async def test_the_same_right_is_given_but_once_at_a_time(
    ask, administrator, person, make, vat, there, given, may
):
    bo, day = await person(), today(make.now)
    former = await make.right(
        bo, **{name: day + timedelta(days=one) for name, one in there.items()}
    )
    given = {name: days(make, one) if isinstance(one, int) else one for name, one in given.items()}

    answer = await ask(
        administrator, ASSIGN, input={"userId": bo.id, "right": {"rightId": vat.id, **given}}
    )

    codes = [(one["code"], one["current"]["id"]) for one in answer["errors"]]
    assert codes == ([] if may else [("RIGHT_ALREADY_ASSIGNED", str(former.id))])


async def test_of_two_who_give_the_same_at_once_one_is_refused(ask, administrator, person, vat):
    bo = await person()
    given = {"userId": bo.id, "right": {"rightId": vat.id}}

    answers = await gather(*(ask(administrator, ASSIGN, input=given) for _ in range(2)))

    assert sorted(len(one["errors"]) for one in answers) == [0, 1]
    assert await RightAssignment.all().count() == 1


async def test_a_group_is_given_a_right_and_loses_it(ask, person, make, hansen, vat):
    organisation, bo = await person("organisation_administrator"), await person()
    group = await make.group(hansen, bo)

    answer = await ask(
        organisation, ASSIGN_GROUP, input={"groupId": group.id, "right": {"rightId": vat.id}}
    )

    assert answer["errors"] == []
    assert answer["assignment"]["group"] == {"id": str(group.id), "version": 2}
    found = await ask(bo, OF_GROUP, id=group.id)
    assert found["rightAssignments"]["nodes"] == [{"id": answer["assignment"]["id"]}]
    assert (await ask(organisation, GROUPS, right=vat.id))["nodes"] == [{"name": "Payroll"}]

    key = answer["assignment"]["id"]
    assert (await ask(organisation, REMOVE_GROUP, input={"assignmentId": key}))["errors"] == []
    assert (await ask(organisation, GROUPS, right=vat.id))["nodes"] == []


async def test_a_system_group_is_given_no_rights(ask, person, make, vat):
    organisation = await person("organisation_administrator")
    everybody = (await ask(organisation, "{ groups { nodes { id } } }"))["nodes"][0]

    answer = await ask(
        organisation, ASSIGN_GROUP, input={"groupId": everybody["id"], "right": {"rightId": vat.id}}
    )

    assert [one["code"] for one in answer["errors"]] == ["SYSTEM_GROUP"]


async def test_a_limit_that_the_groups_own_rules_out_is_refused(ask, person, make, hansen, vat):
    organisation = await person("organisation_administrator")
    here, there = await hansen_units(hansen)
    group = await make.group(hansen, production_unit=here)
    given = {"rightId": vat.id, "pNumber": there.p_number}

    answer = await ask(organisation, ASSIGN_GROUP, input={"groupId": group.id, "right": given})

    told = [(one["code"], one["path"]) for one in answer["errors"]]
    assert told == [("RIGHT_NOT_ASSIGNABLE", ["right", "pNumber"])]


async def hansen_units(hansen):
    return await ProductionUnit.filter(organisation_id=hansen.id).order_by("p_number")


async def test_the_right_of_a_group_is_not_taken_as_if_it_were_a_users_nor_the_other_way(
    ask, person, make, hansen
):
    everything = await person("organisation_administrator", "rights_administrator")
    of_group = await make.right(await make.group(hansen))
    of_user = await make.right(await person())

    for document, one in ((REMOVE, of_group), (REMOVE_GROUP, of_user)):
        answer = await ask(everything, document, input={"assignmentId": one.id})
        told = [(one["code"], one["path"]) for one in answer["errors"]]
        assert told == [("NOT_FOUND", ["assignmentId"])]
    assert await RightAssignment.all().count() == 2


async def test_a_user_sees_the_own_rights_and_no_others(ask, send, person, make):
    bo, eva = await person(), await person()
    mine, _ = await make.right(bo), await make.right(eva)

    found = await ask(bo, OF_USER, id=bo.id)

    assert found["rightAssignments"] == {
        "nodes": [{"id": str(mine.id), "until": None}],
        "totalCount": 1,
    }
    refused = await send(bo, OF_USER, id=eva.id)
    assert refused["errors"][0]["extensions"]["code"] == "DENIED"


async def test_a_new_user_and_a_new_group_get_rights_at_once(ask, person, make, vat):
    everything = await person("user_administrator", "organisation_administrator")
    wages = await Right.get(code="tax.wages")
    until = days(make, 9)
    eva = {"firstName": "Eva", "surname": "Lund", "email": "eva@example.dk"}
    eva["person"] = {"dateOfBirth": "1990-01-31"}
    eva["rights"] = [{"rightId": vat.id, "until": until}, {"rightId": wages.id}]

    answer = await ask(everything, CREATE_USER, input=eva)

    assert answer["errors"] == []
    told = [
        (one["until"], one["right"]["title"]) for one in answer["user"]["rightAssignments"]["nodes"]
    ]
    assert told == [(until, "File VAT"), (None, "Report wages")]
    assert answer["user"]["version"] == 1
    payroll = {"name": "Payroll", "rights": [{"rightId": wages.id}]}
    answer = await ask(everything, CREATE_GROUP, input=payroll)
    assert answer["errors"] == []
    assert answer["group"]["rightAssignments"]["nodes"] == [{"right": {"title": "Report wages"}}]


async def test_a_wrong_right_among_several_is_named_and_nobody_is_created(ask, person, make, vat):
    administrator = await person("user_administrator")
    own = await Right.get(code="segl.see-users")
    eva = {"firstName": "Eva", "surname": "Lund", "email": "eva@example.dk"}
    eva["person"] = {"dateOfBirth": "1990-01-31"}

    late = eva | {"rights": [{"rightId": vat.id}, {"rightId": vat.id, "from": days(make, -1)}]}
    answer = await ask(administrator, CREATE_USER, input=late)
    assert answer["errors"] == [{"code": "DATE_IN_PAST", "path": ["rights", "1", "from"]}]

    answer = await ask(administrator, CREATE_USER, input=eva | {"rights": [{"rightId": own.id}]})
    assert answer["errors"] == [
        {"code": "RIGHT_NOT_ASSIGNABLE", "path": ["rights", "0", "rightId"]}
    ]
    assert not await User.exists(email="eva@example.dk")


async def test_with_a_user_end_its_rights_and_with_a_group_its_own(ask, person, make, hansen):
    everything = await person("user_administrator", "organisation_administrator")
    bo = await person()
    mine, group = await make.right(bo), await make.group(hansen, bo)
    await make.right(group)

    beforehand = await ask(everything, DELETE_USER, input={"userId": bo.id}, dryRun=True)
    assert await RightAssignment.all().count() == 2
    answer = await ask(everything, DELETE_USER, input={"userId": bo.id})

    assert beforehand["consequences"] == answer["consequences"]
    ended = [one for one in answer["consequences"] if one["kind"] == "RIGHT_ASSIGNMENT"]
    assert ended == [{"kind": "RIGHT_ASSIGNMENT", "count": 1, "examples": [{"id": str(mine.id)}]}]
    assert await RightAssignment.all().count() == 1
    assert (await ask(everything, DELETE_GROUP, input={"groupId": group.id}))["errors"] == []
    assert not await RightAssignment.exists()


async def test_nobody_gives_or_takes_a_right_elsewhere(ask, make, person, vat, jensen):
    stranger = await make.user(jensen, "rights_administrator", "organisation_administrator")
    bo = await person()
    mine = await make.right(bo, "tax.wages")

    given = await ask(stranger, ASSIGN, input={"userId": bo.id, "right": {"rightId": vat.id}})
    taken = await ask(stranger, REMOVE, input={"assignmentId": mine.id})

    assert [one["errors"][0]["code"] for one in (given, taken)] == ["NOT_FOUND"] * 2
    assert await RightAssignment.all().count() == 1
