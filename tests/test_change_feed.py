"""The change feed: what partners read instead of everything, each change once and in order."""

import pytest

from models import Group, GroupMember, HistoryEntry, HistoryHead, User
from models.verification import verify
from resolvers.imports import JOB
from tests.files import UPLOAD, created, file
from tests.tables import who_may
from tests.telling import ASSIGN
from tests.users import ANNE, CREATE, DEACTIVATE, UPDATE

pytestmark = pytest.mark.anyio

test_who_may_read_the_change_feed = who_may("""
                         self  user_administrator  rights_administrator  organisation_administrator
    change:list            .            x                    x                       x
""")

CHANGES = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: ChangeFilter) {
  changes(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id kind action entityUuid oldVersion newVersion operation isOwn occurredAt
      actor { name user { id } } entity { id __typename } } }
  }
}
"""
CREATE_GROUP = """
mutation ($input: CreateGroupInput!, $dryRun: Boolean) {
  createGroup(input: $input, dryRun: $dryRun) { group { id version } errors { code } }
}
"""
RENAME = """
mutation ($input: UpdateGroupInput!) {
  updateGroup(input: $input) { group { id version } errors { code } }
}
"""
DELETE = """
mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { errors { code } } }
"""
DELETE_USER = """
mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { user { id } errors { code } } }
"""
NODE = """
query ($id: ID!) { node(id: $id) { __typename id ... on Change { kind } } }
"""


@pytest.fixture
async def admin(person):
    return await person("organisation_administrator", name="Anne Lind")


@pytest.fixture
async def mark(ask, admin):
    """The cursor of all that happened before the story."""
    found = await ask(admin, CHANGES, last=1)
    return found["pageInfo"]["endCursor"]


@pytest.fixture
def feed(ask, admin, mark):
    async def feed(**given):
        found = await ask(admin, CHANGES, **({"after": mark, "first": 100} | given))
        return [one["node"] for one in found["edges"]]

    return feed


@pytest.fixture
def create(ask, admin):
    async def create(name="Kitchen", by=None, **given):
        answer = await ask(by or admin, CREATE_GROUP, input={"name": name}, **given)
        assert answer["errors"] == []
        return answer["group"]["id"]

    return create


async def test_a_change_names_the_thing_what_happened_its_versions_and_who_did_it(
    ask, admin, feed, create
):
    group = await create()

    (change,) = await feed()

    assert change == {
        "id": change["id"],
        "kind": "GROUP",
        "action": "CREATED",
        "entityUuid": group,
        "oldVersion": None,
        "newVersion": 1,
        "operation": "createGroup",
        "isOwn": True,
        "occurredAt": change["occurredAt"],
        "actor": {"name": "Anne Lind", "user": {"id": str(admin.id)}},
        "entity": {"id": group, "__typename": "Group"},
    }


async def test_what_is_made_changed_and_removed_has_versions_that_fit(ask, admin, feed, create):
    group = await create()
    await ask(admin, RENAME, input={"groupId": group, "name": "Canteen"})
    await ask(admin, DELETE, input={"groupId": group})

    changes = await feed()

    assert [(one["action"], one["oldVersion"], one["newVersion"]) for one in changes] == [
        ("CREATED", None, 1),
        ("UPDATED", 1, 2),
        ("DELETED", 2, None),
    ]
    assert {one["entityUuid"] for one in changes} == {group}
    assert [one["entity"] for one in changes] == [None] * 3


async def test_a_deleted_user_is_removed_though_it_can_still_be_read(ask, person, feed, mark):
    bo, other = await person(), await person("user_administrator")

    await ask(other, DELETE_USER, input={"userId": str(bo.id)})

    change = (await feed(filter={"kind": ["USER"]}))[-1]
    assert (change["action"], change["oldVersion"], change["newVersion"]) == ("DELETED", 1, None)
    assert (change["entityUuid"], change["entity"]["id"]) == (str(bo.id), str(bo.id))


async def test_a_dry_run_what_is_denied_and_what_is_handed_out_are_no_changes(
    send, person, feed, create
):
    employee = await person()
    before = len(await feed())

    await create(dryRun=True)
    await send(employee, CREATE_GROUP, input={"name": "Kitchen"})

    assert len(await feed()) == before
    assert await HistoryEntry.filter(outcome="DENIED").count() == 1


async def test_kinds_and_ones_own_can_be_left_out(ask, person, feed, create):
    other = await person("organisation_administrator")
    mine, theirs = await create("Mine"), await create("Theirs", by=other)

    async def found(**given):
        return [one["entityUuid"] for one in await feed(filter=given)]

    assert await found(kind=["GROUP"]) == [mine, theirs]
    assert await found(kind=["GROUP"], excludeOwn=True) == [theirs]
    assert await found(kind=["GROUP"], excludeOwn=False) == [mine, theirs]
    assert await found(kind=["USER"], excludeOwn=True) == [str(other.id)]
    assert await found(kind=["USER", "GROUP"]) == [str(other.id), mine, theirs]
    assert await found(kind=["CERTIFICATE"]) == await found(kind=[]) == []


async def test_the_system_is_never_oneself(ask, person, feed):
    made = await person()

    (change,) = await feed(filter={"excludeOwn": True})

    assert (change["entityUuid"], change["isOwn"]) == (str(made.id), False)
    assert change["actor"] == {"name": "Segl", "user": None}


async def test_pages_follow_on_each_other_both_ways(ask, admin, mark, create):
    groups = [await create(f"Group {number}") for number in range(7)]

    seen, place = [], mark
    while True:
        found = await ask(admin, CHANGES, first=3, after=place)
        seen += [one["node"]["entityUuid"] for one in found["edges"]]
        place = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    back = await ask(admin, CHANGES, last=3, before=place)

    assert seen == groups
    assert [one["node"]["entityUuid"] for one in back["edges"]] == groups[3:6]
    assert (await ask(admin, CHANGES, after=place))["edges"] == []


async def test_the_number_of_statements_is_the_same_for_any_number_of_changes(
    ask, admin, create, sql
):
    await create("Group")
    sql()
    await ask(admin, CHANGES, first=1, filter={"kind": ["GROUP"]})
    few = sql()
    for number in range(5):
        await create(f"Group {number}")
    sql()

    await ask(admin, CHANGES, first=100, filter={"kind": ["GROUP"]})

    assert sql() == few


async def test_a_stranger_sees_only_what_is_changed_at_home(ask, make, jensen, mark, create):
    stranger = await make.user(jensen, "organisation_administrator")
    group = await create()

    found = await ask(stranger, CHANGES, first=100)

    seen = {one["node"]["entityUuid"] for one in found["edges"]}
    assert str(stranger.id) in seen
    assert group not in seen


async def test_a_change_is_found_by_its_id_and_its_entry_by_its_own(
    ask, admin, make, jensen, feed, create
):
    await create()
    (change,) = await feed()
    entry = await HistoryEntry.get(operation="createGroup")
    stranger = await make.user(jensen, "organisation_administrator")

    found = await ask(admin, NODE, id=change["id"])

    assert found == {"__typename": "Change", "id": change["id"], "kind": "GROUP"}
    assert (await ask(admin, NODE, id=entry.id))["__typename"] == "HistoryEntry"
    assert await ask(stranger, NODE, id=change["id"]) is None
    assert change["id"] != str(entry.id)


async def test_what_is_anothers_changes_in_that_organisation_only(ask, make, hansen, jensen, feed):
    """A member lost by the deletion of the user is taken out of a group elsewhere."""
    guest = await make.user(hansen, name="Eva Dahl")
    administrator = await make.user(hansen, "user_administrator")
    async with make.change(jensen.id):
        group = Group(organisation_id=jensen.id, name="Auditors")
        await group.save()
        member = GroupMember(organisation_id=jensen.id, group_id=group.id, user_id=guest.id)
        await member.save()
    there = await make.user(jensen, "organisation_administrator")

    await ask(administrator, DELETE_USER, input={"userId": str(guest.id)})

    kinds = {"kind": ["USER", "GROUP_MEMBER"]}
    here = [(one["kind"], one["action"]) for one in await feed(filter=kinds)]
    found = await ask(there, CHANGES, first=100, filter=kinds)
    away = [(one["node"]["kind"], one["node"]["action"]) for one in found["edges"]]
    assert here[-1] == ("USER", "DELETED")
    assert ("GROUP_MEMBER", "DELETED") not in here
    assert away[-1] == ("GROUP_MEMBER", "DELETED")


async def test_a_file_of_users_leaves_a_change_for_each(ask, person, gateways, feed):
    administrator, rows = await person("user_administrator"), 30
    given = {"text": file(*(created(number) for number in range(rows)))}
    await ask(administrator, UPLOAD, input={"file": given, "startWhenReady": True})

    await gateways.jobs.run_once(JOB)

    made = [one for one in await feed(filter={"kind": ["USER"]}) if one["operation"] != "demo"]
    assert [(one["action"], one["newVersion"]) for one in made] == [("CREATED", 1)] * rows
    assert {one["operation"] for one in made} == {"startUserImport"}
    assert len({one["entityUuid"] for one in made}) == rows


async def test_entries_that_are_older_than_the_feed_are_left_out_and_their_chain_holds(
    create, feed, hansen
):
    """As they were told before versions were: their hashes know none."""
    await create("Old")
    old = await HistoryEntry.get(operation="createGroup")
    former = await HistoryEntry.get(organisation_id=hansen.id, sequence=old.sequence - 1)
    old.old_version = old.new_version = None
    old.hash = old.link(former.hash)
    await old.save()
    await HistoryHead.filter(organisation_id=hansen.id).update(hash=old.hash)

    new = await create("New")

    assert [one["entityUuid"] for one in await feed()] == [new]
    assert (await verify(hansen.id)).is_intact


async def test_the_versions_are_those_of_the_things_as_they_are_stored(
    ask, admin, person, feed, mark
):
    """Whatever a life brings: each change goes on from the one before."""
    administrator = await person("user_administrator")
    given = ANNE | {"person": {"cprNumber": "6202904244"}}
    key = (await ask(administrator, CREATE, input=given))["user"]["id"]
    await ask(administrator, UPDATE, input={"userId": key, "phoneNumber": "20304050"})
    await ask(admin, ASSIGN, user=key)
    await ask(administrator, DEACTIVATE, input={"userId": key})

    changes = [one for one in await feed() if one["entityUuid"] == key]

    assert [one["oldVersion"] for one in changes[1:]] == [one["newVersion"] for one in changes[:-1]]
    assert [one["action"] for one in changes] == ["CREATED"] + ["UPDATED"] * (len(changes) - 1)
    assert changes[-1]["newVersion"] == (await User.get(id=key)).version > 2


async def test_an_erased_user_leaves_the_feed_as_it_was(ask, person, make, hansen, gateways, feed):
    """But for the name, which is erased everywhere; a request that is erased is removed."""
    eva, administrator = await person(name="Eva Dahl"), await person("user_administrator")
    request = await make.request(hansen, status="WITHDRAWN")
    await ask(administrator, DELETE_USER, input={"userId": str(eva.id)})
    before = await feed()

    gateways.clock.advance(days=366)
    await gateways.jobs.run_once("erasures")

    *changes, last = await feed()
    gone = {str(eva.id), str(request.id)}
    assert changes == [
        one | {"entity": None} if one["entityUuid"] in gone else one for one in before
    ]
    assert (last["kind"], last["entityUuid"]) == ("REQUEST", str(request.id))
    assert (last["action"], last["oldVersion"], last["newVersion"]) == ("DELETED", 1, None)
    assert (await verify(hansen.id)).is_intact
