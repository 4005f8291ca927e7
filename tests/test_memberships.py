"""Memberships as they are read: by administrators, and by the member; and until their last day."""

import pytest

from models import GroupMember
from tests.reading import history_of

pytestmark = pytest.mark.anyio

MEMBERS = """
query Members($id: ID!, $filter: GroupMemberFilter) {
  group(id: $id) { members(filter: $filter) { totalCount nodes { name } } }
}
"""
BY_GROUP = """
query ByGroup($id: ID!) { users(filter: { groupId: $id }) { totalCount } }
"""
OWN = """
query Own {
  viewer {
    user {
      effectiveRights { right { title } }
      memberships { totalCount nodes { name addedBy { name user { id } } group { id name } } }
    }
  }
}
"""
LOOK = """
query Look($own: ID!, $other: ID!) {
  %s
  mine: node(id: $own) { id }
  node(id: $other) { id }
}
"""
ADD = """
mutation AddGroupMembers($input: AddGroupMembersInput!) {
  addGroupMembers(input: $input) { results { problem { code } } errors { code } }
}
"""


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


def naming(group, user, **also):
    return {"groupId": str(group.id), "members": [{"userId": str(user.id)}], **also}


async def test_a_membership_ends_by_itself_after_its_last_day(
    ask, person, make, hansen, bo, gateways
):
    eva, group = await person(name="Eva Lund"), await make.group(hansen, name="Payroll")
    await ask(bo, ADD, input=naming(group, eva, until="2026-11-03"))
    member = await GroupMember.get(group_id=group.id)

    gateways.clock.advance(days=1)
    await gateways.jobs.run_once("periods")
    on_the_last_day = await ask(bo, MEMBERS, id=group.id)
    gateways.clock.advance(days=1)
    await gateways.jobs.run_once("periods")
    afterwards = await ask(bo, MEMBERS, id=group.id)

    assert on_the_last_day["members"]["totalCount"] == 1
    assert afterwards["members"]["totalCount"] == 0
    ended, _ = await history_of(ask, bo, member)
    assert ended.told == ("removeGroupMembers", "DONE")
    assert ended["actor"] == {"name": "Segl"}
    assert ended.changes["user"] == ("Eva Lund", None)


async def test_a_membership_that_is_over_is_not_shown_and_gives_nothing_before_it_is_taken_out(
    ask, person, make, hansen, bo, gateways
):
    eva, group = await person(name="Eva Lund"), await make.group(hansen, name="Payroll")
    await make.right(group)
    await ask(bo, ADD, input=naming(group, eva, until="2026-11-02"))
    await ask(bo, ADD, input=naming(group, bo))

    gateways.clock.advance(days=1)

    members = (await ask(bo, MEMBERS, id=group.id))["members"]
    assert members == {"totalCount": 1, "nodes": [{"name": "Bo Holm"}]}
    assert (await ask(bo, BY_GROUP, id=group.id))["totalCount"] == 1
    mine = (await ask(eva, OWN))["user"]
    assert [one["group"]["name"] for one in mine["memberships"]["nodes"]] == ["Alle brugere"]
    assert mine["effectiveRights"] == []
    assert await GroupMember.exists(user_id=eva.id, group_id=group.id)


async def test_whose_membership_is_over_is_added_anew(ask, person, make, hansen, bo, gateways):
    eva, group = await person(name="Eva Lund"), await make.group(hansen, name="Payroll")
    await ask(bo, ADD, input=naming(group, eva, until="2026-11-02"))
    former = await GroupMember.get(group_id=group.id)
    gateways.clock.advance(days=1)

    answer = await ask(bo, ADD, input=naming(group, eva, until="2026-12-31"))

    assert answer["results"] == [{"problem": None}]
    member = await GroupMember.get(group_id=group.id)
    assert str(member.until_on) == "2026-12-31"
    ended, _ = await history_of(ask, bo, former)
    assert ended.changes["user"] == ("Eva Lund", None)
    (begun,) = await history_of(ask, bo, member)
    assert begun.changes["user"] == (None, "Eva Lund")


async def test_who_is_a_member_until_today_is_not_added_again(ask, person, make, hansen, bo):
    eva, group = await person(), await make.group(hansen)
    await ask(bo, ADD, input=naming(group, eva, until="2026-11-02"))

    answer = await ask(bo, ADD, input=naming(group, eva))

    assert answer["results"] == [{"problem": {"code": "ALREADY_MEMBER"}}]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"text": "eva"}, ["Eva Lund"]),
        ({"isExternal": True}, ["Kirsten Bech"]),
        ({"isExternal": False}, ["Eva Lund"]),
        ({"isExternal": True, "text": "eva"}, []),
    ],
)
async def test_members_are_found_by_name_and_by_where_they_belong(
    ask, person, make, hansen, jensen, bo, given, names
):
    eva = await person(name="Eva Lund")
    kirsten = await person(organisation=jensen, name="Kirsten Bech")
    group = await make.group(hansen, eva, kirsten)

    answer = await ask(bo, MEMBERS, id=group.id, filter=given)

    assert [one["name"] for one in answer["members"]["nodes"]] == names
    assert answer["members"]["totalCount"] == len(names)


async def test_an_employee_sees_the_own_memberships_and_who_added_them_by_name(
    ask, person, make, hansen, bo
):
    eva, lars = await person(name="Eva Lund"), await person()
    group = await make.group(hansen, lars, name="Payroll")
    await make.group(hansen, lars, name="Others")
    await ask(bo, ADD, input=naming(group, eva))

    answer = await ask(eva, OWN)

    memberships = answer["user"]["memberships"]
    assert memberships["totalCount"] == 2
    everybody, own = sorted(memberships["nodes"], key=lambda one: one["group"]["name"])
    assert everybody["group"]["name"] == "Alle brugere"
    assert everybody["addedBy"] is None
    assert own == {
        "name": "Eva Lund",
        "addedBy": {"name": "Bo Holm", "user": None},
        "group": {"id": str(group.id), "name": "Payroll"},
    }


@pytest.mark.parametrize(
    ("reads", "path"),
    [
        ("groups { totalCount }", ["groups"]),
        ("group(id: $other) { name }", ["group"]),
        ("group(id: $own) { members { totalCount } }", ["group", "members"]),
        ("group(id: $own) { history { totalCount } }", ["group", "history"]),
    ],
)
async def test_an_employee_sees_no_more_of_groups_than_the_own(
    send, person, make, hansen, reads, path
):
    eva, lars = await person(), await person()
    own, other = await make.group(hansen, eva), await make.group(hansen, lars, name="Others")

    answer = await send(eva, LOOK % reads, own=own.id, other=other.id)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "DENIED"
    assert error["path"] == path
    assert answer["data"]["node"] is None
    assert answer["data"]["mine"] == {"id": str(own.id)}
