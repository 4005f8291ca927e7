"""Leaving a group: anybody may end the own membership, at home and elsewhere."""

import pytest

from models import Group, GroupMember, HistoryEntry
from tests.reading import history_of, stored

pytestmark = pytest.mark.anyio

LEAVE = """
mutation LeaveGroup($input: LeaveGroupInput!, $dryRun: Boolean) {
  leaveGroup(input: $input, dryRun: $dryRun) {
    member { name version isExternal organisation { name } group { name } }
    errors { code path ... on Conflict { current { id } } }
  }
}
"""
ROLES = ("organisation_administrator", "user_administrator", "rights_administrator")


@pytest.fixture
async def bo(person):
    """Bo, who administers users at Hansen & Søn, and reads the history."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
def joined(make, hansen):
    """Makes somebody a member of a group of Hansen & Søn's."""

    async def joined(user, name="Payroll"):
        group = await make.group(hansen, user, name=name)
        return await GroupMember.get(group_id=group.id)

    return joined


def member_id(member):
    return {"memberId": str(member.id)}


async def test_an_employee_leaves_a_group_at_home(ask, person, bo, joined):
    eva = await person(name="Eva Lund")
    member = await joined(eva)

    answer = await ask(eva, LEAVE, input=member_id(member) | {"expectedVersion": 1})

    assert answer["errors"] == []
    assert (answer["member"]["name"], answer["member"]["group"]) == ("Eva Lund", None)
    assert not await GroupMember.exists(id=member.id)
    (entry,) = await history_of(ask, bo, member)
    assert entry.told == ("leaveGroup", "DONE")
    assert entry["actor"] == {"name": "Eva Lund"}
    assert entry.changes == {"group": ("Payroll", None), "user": ("Eva Lund", None)}


@pytest.mark.parametrize("roles", [(), ROLES], ids=["employee", "administrator"])
@pytest.mark.parametrize("is_anonymous", [False, True], ids=["named", "anonymous"])
async def test_who_leaves_a_group_elsewhere_stands_in_its_history_with_organisation(
    ask, person, bo, jensen, joined, roles, is_anonymous
):
    facts = {"organisation": jensen, "is_anonymous": is_anonymous}
    kirsten = await person(*roles, name="Kirsten Bech", **facts)
    member = await joined(kirsten)

    answer = await ask(kirsten, LEAVE, input=member_id(member))

    assert answer["errors"] == []
    assert answer["member"] == {
        "name": "Kirsten Bech",
        "version": 2,
        "isExternal": True,
        "organisation": {"name": "Jensen ApS"},
        "group": None,  # of which one sees no more
    }
    assert not await GroupMember.exists(id=member.id)
    known = str(kirsten.uuid) if is_anonymous else "Kirsten Bech"
    (entry,) = await history_of(ask, bo, member)
    assert entry.told == ("leaveGroup", "DONE")
    assert entry["actor"] == {"name": f"{known}, Jensen ApS"}
    assert entry.changes == {"group": ("Payroll", None), "user": (known, None)}
    assert not await HistoryEntry.exists(organisation_id=jensen.id, operation="leaveGroup")


async def test_a_membership_elsewhere_is_left_once(ask, person, jensen, joined):
    kirsten = await person(organisation=jensen)
    member = await joined(kirsten)
    await ask(kirsten, LEAVE, input=member_id(member))

    again = await ask(kirsten, LEAVE, input=member_id(member))

    assert again["errors"] == [{"code": "NOT_FOUND", "path": ["memberId"]}]


async def test_a_membership_elsewhere_that_has_changed_is_shown_as_it_is(
    ask, person, jensen, joined
):
    kirsten = await person(organisation=jensen)
    member = await joined(kirsten)

    answer = await ask(kirsten, LEAVE, input=member_id(member) | {"expectedVersion": 7})

    assert answer.problem == "VERSION_CHANGED"
    assert answer["errors"][0]["current"] == {"id": str(member.id)}
    assert await GroupMember.exists(id=member.id)


@pytest.mark.parametrize("roles", [(), ROLES], ids=["employee", "administrator"])
async def test_nobody_takes_a_colleague_out_by_leaving(ask, person, joined, roles):
    eva, lars = await person(*roles), await person()
    member = await joined(lars)
    before = await stored(GroupMember)

    answer = await ask(eva, LEAVE, input=member_id(member))

    assert answer.problem == "DENIED"
    assert await stored(GroupMember) == before
    assert (await HistoryEntry.get(operation="leaveGroup")).outcome == "DENIED"


@pytest.mark.parametrize("roles", [(), ROLES], ids=["employee", "administrator"])
async def test_a_stranger_leaves_no_group_that_only_others_are_members_of(
    ask, person, jensen, joined, roles
):
    stranger, kirsten = await person(*roles, organisation=jensen), await person(organisation=jensen)
    theirs, colleagues = await joined(await person()), await joined(kirsten, name="Friends")
    before = await stored(Group, GroupMember, HistoryEntry)

    answers = [await ask(stranger, LEAVE, input=member_id(one)) for one in (theirs, colleagues)]

    assert [one["errors"] for one in answers] == [[{"code": "NOT_FOUND", "path": ["memberId"]}]] * 2
    assert await stored(Group, GroupMember, HistoryEntry) == before


async def test_nobody_leaves_a_group_of_the_system(ask, person):
    eva = await person()
    member = await GroupMember.get(user_id=eva.id)

    answer = await ask(eva, LEAVE, input=member_id(member))

    assert answer.problem == "SYSTEM_GROUP"
    assert answer["errors"][0]["current"] == {"id": str(member.group_id)}
    assert await GroupMember.exists(id=member.id)


async def test_a_dry_run_of_leaving_keeps_the_membership_elsewhere(ask, person, jensen, joined):
    kirsten = await person(organisation=jensen)
    member = await joined(kirsten)
    before = await stored(Group, GroupMember, HistoryEntry)

    answer = await ask(kirsten, LEAVE, input=member_id(member), dryRun=True)

    assert answer["errors"] == []
    assert answer["member"]["name"] == "Bo Holm"
    assert await stored(Group, GroupMember, HistoryEntry) == before


async def test_a_deleted_user_is_forgotten_where_it_left_a_group(
    ask, person, make, bo, jensen, joined, gateways
):
    kirsten = await person(organisation=jensen, name="Kirsten Bech")
    admin = await person("user_administrator", organisation=jensen)
    member = await joined(kirsten)
    await ask(kirsten, LEAVE, input=member_id(member))
    delete = "mutation ($id: ID!) { deleteUser(input: {userId: $id}) { errors { code } } }"
    await ask(admin, delete, id=kirsten.id)

    gateways.clock.advance(days=91)
    await gateways.jobs.run_once("erasures")

    (entry,) = await history_of(ask, bo, member)
    assert entry.told == ("leaveGroup", "DONE")
    assert "Kirsten" not in str(entry)
    assert entry["actor"] == {"name": str(kirsten.uuid)}
