"""Members of custom groups: added and removed by many at once, each with a result of its own."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from models import Group, GroupMember, HistoryEntry, ProductionUnit, User
from tests.reading import history_of, stored

pytestmark = pytest.mark.anyio

ADD = """
mutation AddGroupMembers($input: AddGroupMembersInput!, $dryRun: Boolean) {
  addGroupMembers(input: $input, dryRun: $dryRun) {
    group { version members { totalCount } }
    results {
      index
      member { name pNumber until isExternal organisation { name } addedBy { name } user { id } }
      problem { __typename code path message }
    }
    errors { code path }
  }
}
"""
REMOVE = """
mutation RemoveGroupMembers($input: RemoveGroupMembersInput!, $dryRun: Boolean) {
  removeGroupMembers(input: $input, dryRun: $dryRun) {
    group { version members { totalCount } }
    results {
      index
      member { name pNumber isExternal organisation { name cvrNumber } group { name } user { id } }
      problem { __typename code path }
    }
    errors { code path }
  }
}
"""
CHANGES = [
    pytest.param(ADD, lambda user, _: {"members": [{"userId": str(user.id)}]}, id="add"),
    pytest.param(REMOVE, lambda _, member: {"memberIds": [str(member.id)]}, id="remove"),
]


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


def naming(group, *users, **also):
    return {
        "groupId": str(group.id),
        "members": [{"userId": str(getattr(u, "id", u))} for u in users],
    } | also


def ending(group, *members):
    return {"groupId": str(group.id), "memberIds": [str(getattr(m, "id", m)) for m in members]}


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_a_user_and_a_rights_administrator_add_a_member_until_a_day(
    ask, person, make, hansen, role
):
    administrator = await person(role, name="Dorte Friis")
    unit = await ProductionUnit.get(organisation_id=hansen.id, p_number="1029829825")
    eva = await person(name="Eva Lund", production_unit=unit)
    group = await make.group(hansen, name="Payroll")

    answer = await ask(administrator, ADD, input=naming(group, eva, until="2026-12-31"))

    assert answer["errors"] == []
    assert answer["group"] == {"version": 2, "members": {"totalCount": 1}}
    assert answer["results"] == [
        {
            "index": 0,
            "member": {
                "name": "Eva Lund",
                "pNumber": "1029829825",
                "until": "2026-12-31",
                "isExternal": False,
                "organisation": {"name": "Hansen & Søn ApS"},
                "addedBy": {"name": "Dorte Friis"},
                "user": {"id": str(eva.id)},
            },
            "problem": None,
        }
    ]
    member = await GroupMember.get(group_id=group.id)
    (entry,) = await history_of(ask, administrator, member)
    assert entry.told == ("addGroupMembers", "DONE")
    assert entry.changes == {
        "group": (None, "Payroll"),
        "user": (None, "Eva Lund"),
        "until": (None, "2026-12-31"),
    }


async def test_each_person_is_answered_in_its_place_and_the_good_ones_go_ahead(
    ask, person, make, hansen, jensen, bo
):
    eva, lars = await person(name="Eva Lund"), await person(name="Lars Bech")
    newcomer = await person(status="AWAITING_ACTIVATION", activated_at=None)
    gone, stranger = await person(status="DELETED"), await person(organisation=jensen)
    group = await make.group(hansen, lars)
    named = [eva, lars, newcomer, stranger, gone, uuid4(), "no id", eva]

    answer = await ask(bo, ADD, {"accept-language": "en"}, input=naming(group, *named))

    assert answer["errors"] == []
    assert [one["index"] for one in answer["results"]] == list(range(8))
    assert [one["member"] and one["member"]["name"] for one in answer["results"]] == [
        "Eva Lund",
        *[None] * 7,
    ]
    problems = [one["problem"] for one in answer["results"][1:]]
    assert [(one["__typename"], one["code"]) for one in problems] == [
        ("Conflict", "ALREADY_MEMBER"),
        ("Conflict", "NOT_ELIGIBLE"),
        *[("NotFound", "NOT_FOUND")] * 4,
        ("Conflict", "ALREADY_MEMBER"),
    ]
    assert [one["path"] for one in problems] == [["members", str(n), "userId"] for n in range(1, 8)]
    assert "has not yet signed in with private MitID" in problems[1]["message"]
    assert len({one["message"] for one in problems[2:6]}) == 1
    assert answer["group"]["members"]["totalCount"] == 2


async def test_a_deactivated_user_who_was_active_once_can_become_a_member(
    ask, person, make, hansen, bo
):
    absent = await person(status="DEACTIVATED")
    group = await make.group(hansen)

    answer = await ask(bo, ADD, input=naming(group, absent))

    assert answer["results"][0]["problem"] is None


async def test_a_change_that_adds_and_removes_nobody_leaves_the_group_as_it_was(
    ask, make, hansen, bo
):
    group = await make.group(hansen)
    before = await stored(Group, GroupMember, HistoryEntry)

    added = await ask(bo, ADD, input=naming(group, uuid4()))
    removed = await ask(bo, REMOVE, input=ending(group, uuid4()))

    assert added["results"][0]["problem"]["code"] == "NOT_FOUND"
    assert removed["results"][0]["problem"]["code"] == "NOT_A_MEMBER"
    assert await stored(Group, GroupMember, HistoryEntry) == before


async def test_a_membership_may_end_today_but_not_yesterday(ask, person, make, hansen, bo):
    eva, today = await person(), date(2026, 11, 2)
    group = await make.group(hansen)

    late = await ask(bo, ADD, input=naming(group, eva, until=str(today - timedelta(days=1))))
    good = await ask(bo, ADD, input=naming(group, eva, until=str(today)))

    assert late["errors"] == [{"code": "DATE_IN_PAST", "path": ["until"]}]
    assert late["results"] == []
    assert good["results"][0]["member"]["until"] == "2026-11-02"


async def test_all_that_is_wrong_with_the_named_persons_is_told_at_once(ask, make, hansen, bo):
    group = await make.group(hansen)

    nobody = await ask(bo, ADD, input=naming(group, until="2026-11-01"))
    crowd = await ask(bo, ADD, input=naming(group, *[uuid4()] * 1001, until="31-12-2026"))

    assert nobody["errors"] == [
        {"code": "REQUIRED", "path": ["members"]},
        {"code": "DATE_IN_PAST", "path": ["until"]},
    ]
    assert {(one["code"], *one["path"]) for one in crowd["errors"]} == {
        ("TOO_LONG", "members"),
        ("MALFORMED", "until"),
    }


async def test_a_thousand_persons_are_added_at_once(ask, make, hansen, bo):
    people = [
        User(organisation_id=hansen.id, status="ACTIVE", activated_at=make.now, email="a@b.dk")
        for _ in range(1000)
    ]
    for number, one in enumerate(people):
        one.rename("Person", str(number))
        one.target_assurance_level, one.created_at, one.updated_at = 3, make.now, make.now
    await User.bulk_create(people)
    group = await make.group(hansen)

    answer = await ask(bo, ADD, input=naming(group, *people))

    assert answer["group"]["members"]["totalCount"] == 1000
    assert [one["index"] for one in answer["results"] if one["member"]] == list(range(1000))


@pytest.mark.parametrize(
    ("named", "code"), [([], "REQUIRED"), ([str(uuid4())] * 1001, "TOO_LONG")], ids=["none", "many"]
)
async def test_one_to_a_thousand_memberships_are_ended_at_once(ask, make, hansen, bo, named, code):
    group = await make.group(hansen)

    answer = await ask(bo, REMOVE, input=ending(group, *named))

    assert answer["errors"] == [{"code": code, "path": ["memberIds"]}]


async def test_removed_members_are_told_one_by_one_and_in_the_history(
    ask, person, make, hansen, bo
):
    eva, lars = await person(name="Eva Lund"), await person(name="Lars Bech")
    group, other = await make.group(hansen, eva, lars), await make.group(hansen, eva, name="Other")
    member = await GroupMember.get(group_id=group.id, user_id=eva.id)
    elsewhere = await GroupMember.get(group_id=other.id)
    named = [member, elsewhere, "no id", member]

    answer = await ask(bo, REMOVE, input=ending(group, *named))

    assert answer["errors"] == []
    first, *others = answer["results"]
    assert first == {
        "index": 0,
        "member": {
            "name": "Eva Lund",
            "pNumber": None,
            "isExternal": False,
            "organisation": {"name": "Hansen & Søn ApS", "cvrNumber": hansen.cvr_number},
            "group": {"name": "Payroll"},
            "user": {"id": str(eva.id)},
        },
        "problem": None,
    }
    assert [(one["member"], one["problem"]["code"]) for one in others] == [
        (None, "NOT_A_MEMBER")
    ] * 3
    assert [one["problem"]["path"] for one in others] == [["memberIds", str(n)] for n in (1, 2, 3)]
    (entry,) = await HistoryEntry.filter(about_id=member.id, operation="removeGroupMembers")
    assert entry.summary == "Remove group members: Eva Lund, Payroll"
    assert answer["group"] == {"version": 2, "members": {"totalCount": 1}}
    assert await GroupMember.exists(id=elsewhere.id)
    (entry,) = await history_of(ask, bo, member)
    assert entry.told == ("removeGroupMembers", "DONE")
    assert entry.changes == {"group": ("Payroll", None), "user": ("Eva Lund", None)}


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_a_stranger_changes_no_members_of_hansens_groups(
    ask, person, make, hansen, jensen, document, given
):
    stranger, eva = await person("user_administrator", organisation=jensen), await person()
    group = await make.group(hansen, eva)
    member = await GroupMember.get(group_id=group.id)
    before = await stored(Group, GroupMember, HistoryEntry)

    answer = await ask(stranger, document, input={"groupId": str(group.id), **given(eva, member)})

    assert answer["errors"] == [{"code": "NOT_FOUND", "path": ["groupId"]}]
    assert await stored(Group, GroupMember, HistoryEntry) == before


@pytest.mark.parametrize("role", [None, "organisation_administrator"])
@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_who_may_not_changes_no_members_and_the_attempt_is_kept(
    ask, person, make, hansen, bo, document, given, role
):
    who, lars = await person(*[role] if role else [], name="Eva Lund"), await person()
    group = await make.group(hansen, who)
    member = await GroupMember.get(group_id=group.id)
    before = await stored(Group, GroupMember)

    answer = await ask(who, document, input={"groupId": str(group.id), **given(lars, member)})

    assert answer["errors"] == [{"code": "DENIED", "path": None}]
    assert await stored(Group, GroupMember) == before
    (entry,) = await history_of(ask, bo, hansen)
    assert entry["outcome"] == "DENIED"
    assert entry["actor"] == {"name": "Eva Lund"}


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_a_dry_run_shows_the_members_as_they_would_be_and_keeps_nothing(
    ask, person, make, hansen, bo, document, given
):
    eva, lars = await person(name="Eva Lund"), await person(name="Lars Bech")
    group = await make.group(hansen, eva)
    member = await GroupMember.get(group_id=group.id)
    before = await stored(Group, GroupMember, HistoryEntry)
    given = {"groupId": str(group.id), **given(lars, member)}

    answer = await ask(bo, document, input=given, dryRun=True)

    assert answer["errors"] == []
    assert answer["results"][0]["member"]["name"] in ("Eva Lund", "Lars Bech")
    assert answer["group"]["members"]["totalCount"] == (2 if document is ADD else 0)
    assert await stored(Group, GroupMember, HistoryEntry) == before
