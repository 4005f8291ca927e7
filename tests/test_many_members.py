"""Many members at once: as many statements for a thousand as for ten, and a result for each."""

from asyncio import gather

import pytest

from models import GroupMember, HistoryEntry, Letter, Notification, User

pytestmark = pytest.mark.anyio

ADD = """
mutation AddGroupMembers($input: AddGroupMembersInput!) {
  addGroupMembers(input: $input) {
    results { index member { name organisation { name } isExternal } problem { code path } }
    errors { code path message }
  }
}
"""
REMOVE = """
mutation RemoveGroupMembers($input: RemoveGroupMembersInput!) {
  removeGroupMembers(input: $input) {
    results { index member { name } problem { code } } errors { code path message }
  }
}
"""
DELETE = """
mutation DeleteGroup($input: DeleteGroupInput!) {
  deleteGroup(input: $input) { group { name } errors { code } }
}
"""


@pytest.fixture
async def bo(person):
    """Bo, who administers users and makes groups."""
    return await person("user_administrator", "organisation_administrator", name="Bo Holm")


@pytest.fixture
def crowd(make):
    """Makes many users of an organisation who can be members."""

    async def crowd(organisation, number):
        moment = {"created_at": make.now, "updated_at": make.now, "activated_at": make.now}
        facts = {"organisation_id": organisation.id, "target_assurance_level": 3, **moment}
        people = []
        for one in range(number):
            user = User(status="ACTIVE", email=f"{one}@{organisation.cvr_number}.dk", **facts)
            user.rename("Person", str(one))
            people.append(user)
        await User.bulk_create(people, batch_size=500)
        return people

    return crowd


@pytest.fixture
def named(crowd, hansen, jensen):
    """Names many people, every other of them by the address elsewhere."""

    async def named(number):
        here = [{"userId": str(one.id)} for one in await crowd(hansen, number // 2)]
        address = {"cvrNumber": jensen.cvr_number}
        there = await crowd(jensen, number // 2)
        return [*here, *({"external": address | {"email": one.email}} for one in there)]

    return named


async def counted(ask, sql, *question, **given):
    """An answer, and how many statements it took."""
    sql()
    answer = await ask(*question, **given)
    return answer, sql()


@pytest.mark.parametrize("number", [10, 1000])
async def test_however_many_come_and_go_it_takes_as_many_statements(
    ask, make, hansen, bo, named, sql, number
):
    group, other = await make.group(hansen), await make.group(hansen, name="Other")
    given = {"groupId": str(group.id), "members": await named(number)}
    await ask(bo, ADD, input={"groupId": str(other.id), "members": given["members"][:1]})

    added, adding = await counted(ask, sql, bo, ADD, input=given)
    members = await GroupMember.filter(group_id=group.id)
    ids = [str(one.id) for one in members]
    removed, removing = await counted(
        ask, sql, bo, REMOVE, input={"groupId": str(group.id), "memberIds": ids}
    )

    for answer in (added, removed):
        assert answer["errors"] == []
        assert [one["index"] for one in answer["results"] if one["member"]] == [*range(number)]
    outside = [one for one in added["results"] if one["member"]["isExternal"]]
    assert len(outside) == number // 2
    assert {one["member"]["organisation"]["name"] for one in outside} == {"Jensen ApS"}
    assert (adding, removing) == (12, 14)
    for operation in ("addGroupMembers", "removeGroupMembers"):
        told = HistoryEntry.filter(operation=operation, about_id__in=ids)
        assert await told.count() == number
    assert await Notification.filter(about_id=group.id).count() == 2 * number
    assert await Letter.all().count() == 0


@pytest.mark.parametrize("number", [10, 200])
async def test_a_group_of_many_is_deleted_by_as_many_statements(
    ask, make, hansen, bo, crowd, sql, number
):
    group = await make.group(hansen, *await crowd(hansen, number))
    await ask(bo, DELETE, input={"groupId": str((await make.group(hansen, name="Other")).id)})

    _, statements = await counted(ask, sql, bo, DELETE, input={"groupId": str(group.id)})

    assert statements == 15
    assert await HistoryEntry.filter(operation="deleteGroup").count() == number + 2


async def test_more_than_a_thousand_are_refused_with_how_many_there_may_be(ask, make, hansen, bo):
    group = await make.group(hansen)
    crowd = [{"userId": str(bo.id)}] * 1001
    english = {"accept-language": "en"}

    answer = await ask(bo, ADD, english, input={"groupId": str(group.id), "members": crowd})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("TOO_LONG", ["members"])
    assert "at most 1000 entries" in error["message"]
    assert answer["results"] == []
    assert await GroupMember.filter(group_id=group.id).count() == 0


async def test_the_good_ones_go_ahead_and_the_bad_ones_tell_their_place(
    ask, person, make, hansen, jensen, bo
):
    kirsten = await person(organisation=jensen, email="kirsten@example.dk")
    eva, newcomer = await person(), await person(activated_at=None)
    outside = {"external": {"cvrNumber": jensen.cvr_number, "email": kirsten.email}}
    nobody = {"external": {"cvrNumber": jensen.cvr_number, "email": "nobody@example.dk"}}
    inside = [{"userId": str(one.id)} for one in (eva, newcomer, kirsten)]
    group = await make.group(hansen)
    members = [nobody, outside, *inside, outside, inside[0]]

    answer = await ask(bo, ADD, input={"groupId": str(group.id), "members": members})

    assert answer["errors"] == []
    assert [one["index"] for one in answer["results"] if one["member"]] == [1, 2]
    problems = [one["problem"] for one in answer["results"] if one["problem"]]
    assert [(one["code"], "/".join(one["path"])) for one in problems] == [
        ("NOT_FOUND", "members/0/external"),
        ("NOT_ELIGIBLE", "members/3/userId"),
        ("NOT_FOUND", "members/4/userId"),
        ("ALREADY_MEMBER", "members/5/external"),
        ("ALREADY_MEMBER", "members/6/userId"),
    ]


async def test_the_answer_on_many_members_is_planned(asker, make, hansen, jensen, bo, named, sql):
    group, members = await make.group(hansen), await named(10)

    answer = await asker.post(bo, ADD, input={"groupId": str(group.id), "members": members})

    assert "X-Segl-Executor" not in answer.headers
    results = answer.json()["data"]["addGroupMembers"]["results"]
    assert results[9] == {
        "index": 9,
        "member": {
            "name": "Person 4",
            "organisation": {"name": "Jensen ApS"},
            "isExternal": True,
        },
        "problem": None,
    }
    assert len(results) == 10


async def test_who_is_deleted_while_being_added_is_no_member_afterwards(
    ask, person, make, hansen, jensen, bo
):
    admin = await person("user_administrator", organisation=jensen)
    leaving = [await person(organisation=jensen) for _ in range(4)]
    address = {"cvrNumber": jensen.cvr_number}
    members = [{"external": address | {"email": one.email}} for one in leaving]
    group = await make.group(hansen)
    delete = "mutation ($id: ID!) { deleteUser(input: {userId: $id}) { errors { code } } }"

    added, *deleted = await gather(
        ask(bo, ADD, input={"groupId": str(group.id), "members": members}),
        *(ask(admin, delete, id=one.id) for one in leaving),
    )

    assert [one["errors"] for one in (added, *deleted)] == [[]] * 5
    assert await GroupMember.filter(group_id=group.id).count() == 0
