"""Members of groups who belong to other organisations: what each side sees, and is told."""

import pytest

from models import Group, GroupMember, HistoryEntry, Language, ProductionUnit, Right
from tests.reading import history_of, stored
from tests.telling import CHOOSE, DELETE_GROUP, MINE

pytestmark = pytest.mark.anyio

ADD = """
mutation AddGroupMembers($input: AddGroupMembersInput!, $dryRun: Boolean) {
  addGroupMembers(input: $input, dryRun: $dryRun) {
    group { members { totalCount } }
    results {
      index
      member { name pNumber isExternal until organisation { cvrNumber name } user { id } }
      problem { code path }
    }
    errors { code path }
  }
}
"""
REMOVE = """
mutation RemoveGroupMembers($input: RemoveGroupMembersInput!) {
  removeGroupMembers(input: $input) {
    results { member { name isExternal user { id } } problem { code } } errors { code }
  }
}
"""
MEMBERS = """
query Members($id: ID!, $filter: GroupMemberFilter) {
  group(id: $id) {
    members(filter: $filter) {
      totalCount nodes { name isExternal pNumber organisation { name } user { id } }
    }
  }
}
"""
MINE_ELSEWHERE = """
query Elsewhere {
  viewer {
    externalMemberships {
      totalCount
      nodes {
        name isExternal until organisation { name } addedBy { name } user { name }
        group { name description canChangeMembers productionUnit { pNumber } }
      }
    }
  }
}
"""
NO_FURTHER = """
query NoFurther { viewer { externalMemberships { nodes { group { name %s { totalCount } } } } } }
"""
ROLES = ("organisation_administrator", "user_administrator", "rights_administrator")


@pytest.fixture
async def bo(person):
    """Bo, who administers users at Hansen & Søn."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def kirsten(person, jensen):
    """Kirsten, who works at Jensen's office and reads English."""
    office = await ProductionUnit.get(organisation_id=jensen.id)
    facts = {"email": "kirsten@example.dk", "production_unit": office}
    return await person(
        name="Kirsten Bech", organisation=jensen, language=Language.ENGLISH, **facts
    )


@pytest.fixture
async def nobody(person, jensen):
    """Jensen's anonymous user."""
    facts = {"email": "secret@example.dk", "is_anonymous": True}
    return await person(name="Signe Skjult", organisation=jensen, **facts)


@pytest.fixture
async def payroll(make, hansen):
    """Hansen & Søn's group Payroll."""
    unit = await ProductionUnit.filter(organisation_id=hansen.id).first()
    return await make.group(hansen, name="Payroll", production_unit=unit)


def address(user, organisation):
    return {"external": {"cvrNumber": organisation.cvr_number, "email": user.email}}


def naming(group, *refs, **also):
    return {"groupId": str(group.id), "members": list(refs)} | also


async def test_somebody_from_outside_is_added_by_address_and_shown_with_the_own_organisation(
    ask, bo, kirsten, jensen, payroll
):
    given = naming(payroll, address(kirsten, jensen), until="2026-12-31")

    answer = await ask(bo, ADD, input=given)

    assert answer["errors"] == []
    (result,) = answer["results"]
    assert result["problem"] is None
    assert result["member"] == {
        "name": "Kirsten Bech",
        "pNumber": "1029829825",
        "isExternal": True,
        "until": "2026-12-31",
        "organisation": {"cvrNumber": jensen.cvr_number, "name": "Jensen ApS"},
        "user": None,
    }
    assert (await GroupMember.get(group_id=payroll.id)).organisation_id == payroll.organisation_id


async def test_a_dry_run_shows_the_member_and_keeps_nothing(ask, bo, kirsten, jensen, payroll):
    before = await stored(Group, GroupMember, HistoryEntry)

    answer = await ask(bo, ADD, input=naming(payroll, address(kirsten, jensen)), dryRun=True)

    assert answer["results"][0]["member"]["name"] == "Kirsten Bech"
    assert await stored(Group, GroupMember, HistoryEntry) == before


async def test_the_same_person_named_twice_is_added_once_and_told(
    ask, bo, kirsten, jensen, payroll
):
    twice = [address(kirsten, jensen)] * 2

    answer = await ask(bo, ADD, input=naming(payroll, *twice))

    assert [one["problem"] for one in answer["results"]] == [
        None,
        {"code": "ALREADY_MEMBER", "path": ["members", "1", "external"]},
    ]
    assert answer["group"]["members"]["totalCount"] == 1


async def test_a_user_of_another_organisation_is_not_added_by_id(ask, bo, kirsten, jensen, payroll):
    both = [{"userId": str(kirsten.id)}, address(kirsten, jensen)]

    answer = await ask(bo, ADD, input=naming(payroll, *both))

    assert answer["results"][0]["problem"]["code"] == "NOT_FOUND"
    assert answer["results"][1]["problem"] is None


async def test_an_address_of_the_wrong_form_is_told_with_its_place(ask, bo, kirsten, payroll):
    wrong = {"external": {"cvrNumber": "13748137", "email": "kirsten"}}

    answer = await ask(bo, ADD, input=naming(payroll, wrong))

    assert answer["errors"] == [
        {"code": "CHECK_DIGIT_WRONG", "path": ["members", "0", "external", "cvrNumber"]},
        {"code": "MALFORMED", "path": ["members", "0", "external", "email"]},
    ]


async def test_a_group_of_the_system_takes_nobody_from_outside(ask, bo, kirsten, jensen, hansen):
    everybody = await Group.get(organisation_id=hansen.id, kind="SYSTEM", members_of_id=None)

    answer = await ask(bo, ADD, input=naming(everybody, address(kirsten, jensen)))

    assert answer.problem == "SYSTEM_GROUP"


async def test_whoever_is_added_and_removed_is_told_at_home_in_the_own_language(
    ask, letters, bo, kirsten, jensen, payroll
):
    both_ways = {"kind": "MEMBERSHIP_CHANGED", "channels": ["IN_SYSTEM", "EMAIL"]}
    await ask(kirsten, CHOOSE, input={"kinds": [both_ways]})

    await ask(bo, ADD, input=naming(payroll, address(kirsten, jensen), until="2026-12-31"))
    member = await GroupMember.get(group_id=payroll.id)
    await ask(bo, REMOVE, input={"groupId": str(payroll.id), "memberIds": [str(member.id)]})

    removed, added = (await ask(kirsten, MINE))["nodes"]
    assert added["kind"] == removed["kind"] == "MEMBERSHIP_CHANGED"
    assert added["title"] == "You have become a member of a group in Hansen & Søn ApS"
    assert "after 31.12.2026" in added["text"]
    assert removed["text"].startswith(
        "You are no longer a member of the group Payroll in Hansen & Søn ApS."
    )
    assert added["about"] is None
    sent = {one.subject for one in await letters("kirsten@example.dk")}
    assert sent == {added["title"], removed["title"]}


async def test_the_history_of_the_groups_organisation_tells_it_and_no_other(
    ask, person, bo, kirsten, jensen, payroll
):
    stranger = await person(*ROLES, organisation=jensen)

    await ask(bo, ADD, input=naming(payroll, address(kirsten, jensen)))
    member = await GroupMember.get(group_id=payroll.id)
    await ask(bo, REMOVE, input={"groupId": str(payroll.id), "memberIds": [str(member.id)]})

    removed, added = await history_of(ask, bo, member)
    assert added.told == ("addGroupMembers", "DONE")
    assert removed.told == ("removeGroupMembers", "DONE")
    assert added.changes == {"group": (None, "Payroll"), "user": (None, "Kirsten Bech")}
    assert await history_of(ask, stranger, member) == []


async def test_an_anonymous_member_is_a_number_to_everybody_but_the_own_organisation(
    ask, bo, nobody, jensen, payroll
):
    number = str(nobody.uuid)

    answer = await ask(bo, ADD, input=naming(payroll, address(nobody, jensen)))
    member = await GroupMember.get(group_id=payroll.id)
    listed = await ask(bo, MEMBERS, id=payroll.id)
    by_name = await ask(bo, MEMBERS, id=payroll.id, filter={"text": "Signe"})
    by_number = await ask(bo, MEMBERS, id=payroll.id, filter={"text": number[:8]})
    at_home = await ask(nobody, MINE_ELSEWHERE)

    assert answer["results"][0]["member"]["name"] == number
    assert [one["name"] for one in listed["members"]["nodes"]] == [number]
    assert by_name["members"]["totalCount"] == 0
    assert by_number["members"]["totalCount"] == 1
    assert at_home["externalMemberships"]["nodes"][0]["name"] == "Signe Skjult"
    (entry,) = await history_of(ask, bo, member)
    assert entry.changes["user"] == (None, number)


async def test_the_history_of_whatever_ends_a_membership_keeps_an_anonymous_member_a_number(
    ask, person, make, gateways, bo, nobody, hansen, jensen, payroll
):
    owner = await person("organisation_administrator")
    ended, deleted = payroll, await make.group(hansen, nobody, name="Canteen")
    await ask(bo, ADD, input=naming(ended, address(nobody, jensen), until="2026-11-02"))
    members = [await GroupMember.get(group_id=one.id) for one in (ended, deleted)]

    gateways.clock.advance(days=1)
    await gateways.jobs.run_once("periods")
    await ask(owner, DELETE_GROUP, id=deleted.id)

    for member in members:
        entry = (await history_of(ask, bo, member))[0]
        assert entry.changes["user"] == (str(nobody.uuid), None)


async def test_one_sees_at_home_of_which_groups_elsewhere_one_is_a_member(
    asker, bo, kirsten, jensen, make, payroll, sql
):
    await asker.post(bo, ADD, input=naming(payroll, address(kirsten, jensen), until="2026-12-31"))
    await make.group(jensen, kirsten, name="At home")

    answer = await asker.post(kirsten, MINE_ELSEWHERE)

    assert "X-Segl-Executor" not in answer.headers
    assert answer.json()["data"]["viewer"]["externalMemberships"] == {
        "totalCount": 1,
        "nodes": [
            {
                "name": "Kirsten Bech",
                "isExternal": True,
                "until": "2026-12-31",
                "organisation": {"name": "Jensen ApS"},
                "addedBy": {"name": "Hansen & Søn ApS"},
                "user": {"name": "Kirsten Bech"},
                "group": {
                    "name": "Payroll",
                    "description": None,
                    "canChangeMembers": False,
                    "productionUnit": None,
                },
            }
        ],
    }


@pytest.mark.parametrize("roles", [(), ROLES], ids=["employee", "administrator"])
@pytest.mark.parametrize("reads", ["members", "rightAssignments", "history"])
async def test_of_a_group_elsewhere_a_member_sees_no_list(
    asker, person, make, hansen, jensen, bo, roles, reads
):
    kirsten = await person(*roles, organisation=jensen)
    group = await make.group(hansen, kirsten, bo, name="Payroll")
    await make.right(group)

    answer = await asker.post(kirsten, NO_FURTHER % reads)

    assert "X-Segl-Executor" not in answer.headers
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "DENIED"
    (node,) = answer.json()["data"]["viewer"]["externalMemberships"]["nodes"]
    assert node == {"group": {"name": "Payroll", reads: None}}


async def test_what_one_sees_of_oneself_through_a_membership_elsewhere_is_all_there_is(
    ask, person, make, hansen, jensen
):
    kirsten = await person(organisation=jensen)
    await make.group(hansen, kirsten)
    reads = "{ viewer { externalMemberships { nodes { user { memberships { totalCount } } } } } }"

    answer = await ask(kirsten, reads)

    (node,) = answer["externalMemberships"]["nodes"]
    assert node["user"]["memberships"]["totalCount"] == 1


@pytest.mark.parametrize("roles", [(), ROLES], ids=["employee", "administrator"])
async def test_nobody_sees_the_memberships_elsewhere_of_others_nor_a_group_elsewhere_by_id(
    ask, send, person, make, hansen, jensen, kirsten, roles
):
    colleague = await person(*roles, organisation=jensen)
    group = await make.group(hansen, kirsten)
    member = await GroupMember.get(group_id=group.id)
    by_id = "query ($id: ID!, $group: ID!) { node(id: $id) { id } group(id: $group) { id } }"

    listed = await ask(colleague, MINE_ELSEWHERE)
    found = [await send(who, by_id, id=member.id, group=group.id) for who in (colleague, kirsten)]

    assert listed["externalMemberships"]["totalCount"] == 0
    assert [one["data"] for one in found] == [{"node": None, "group": None}] * 2


async def test_the_rights_of_a_group_reach_its_members_at_home_only(
    ask, person, make, hansen, jensen, bo, kirsten
):
    group = await make.group(hansen, bo, kirsten)
    await make.right(group)
    vat = await Right.get(code="tax.vat")
    holders = "query ($id: ID!) { right(id: $id) { holders { nodes { name } totalCount } } }"
    effective = "{ viewer { user { effectiveRights { right { title } } } } }"

    here = await ask(bo, holders, id=vat.id)
    there = await ask(await person(*ROLES, organisation=jensen), holders, id=vat.id)
    own = await ask(kirsten, effective)

    assert here["holders"] == {"nodes": [{"name": "Bo Holm"}], "totalCount": 1}
    assert there["holders"] == {"nodes": [], "totalCount": 0}
    assert own["user"]["effectiveRights"] == []


async def test_whoever_is_closed_at_home_stays_a_member_and_comes_to_nothing_by_it(
    ask, send, person, make, hansen, jensen, bo, kirsten
):
    admin = await person("user_administrator", organisation=jensen)
    group = await make.group(hansen, kirsten)
    close = "mutation ($id: ID!) { deactivateUser(input: {userId: $id}) { errors { code } } }"

    await ask(admin, close, id=kirsten.id)

    assert (await ask(bo, MEMBERS, id=group.id))["members"]["totalCount"] == 1
    answer = await send(kirsten, MINE_ELSEWHERE)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_statements_of_memberships_elsewhere_do_not_grow_with_them(
    ask, make, hansen, kirsten, sql
):
    await make.group(hansen, kirsten)
    sql()
    await ask(kirsten, MINE_ELSEWHERE)
    one = sql()
    for number in range(5):
        await make.group(hansen, kirsten, name=f"Team {number}")
    sql()

    answer = await ask(kirsten, MINE_ELSEWHERE)

    assert answer["externalMemberships"]["totalCount"] == 6
    assert sql() == one
