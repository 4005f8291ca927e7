"""The change feed as it happens: from a cursor on, nothing left out and nothing twice."""

import asyncio
import itertools

import asyncpg
import pytest
from tortoise.connection import get_connection

from models import Group, RoleAssignment
from schema.endpoint import Endpoint
from tests.following import SOON, listening, served, streaming, talking
from tests.test_change_feed import CREATE_GROUP, RENAME

pytestmark = pytest.mark.anyio

FOLLOW = """
subscription ($after: String, $filter: ChangeFilter) {
  changes(after: $after, filter: $filter) {
    cursor node { kind action entityUuid newVersion isOwn entity { id } }
  }
}
"""
PLACE = "{ changes(last: 1) { pageInfo { endCursor } } }"


@pytest.fixture
async def address(app, gateways, database_url, empty):
    """A server of this process, which hears what others change."""
    async with listening(database_url, gateways.news), served(app) as address:
        yield address
    assert gateways.news.followers == {}, "somebody still follows what nobody tells"


@pytest.fixture
def once():
    """Has everything answered by the planner alone."""


@pytest.fixture
def way_in(request, way_in):
    return Endpoint if "once" in request.fixturenames else way_in


@pytest.fixture
def token(asker):
    return asker.token


@pytest.fixture
async def admin(person):
    return await person("organisation_administrator")


@pytest.fixture
def create(ask, admin):
    async def create(name, by=None):
        answer = await ask(by or admin, CREATE_GROUP, input={"name": name})
        assert answer["errors"] == []
        return answer["group"]["id"]

    return create


@pytest.fixture
async def place(ask, admin):
    """The cursor of all that happened before the story."""
    return (await ask(admin, PLACE))["pageInfo"]["endCursor"]


def entity(event):
    name, body = event
    assert (name, body.get("errors")) == ("next", None)
    return body["data"]["changes"]["node"]["entityUuid"]


async def followed(gateways, hansen):
    """Waits until somebody follows the changes of the organisation."""
    async with asyncio.timeout(SOON):
        while f"change {hansen.id}" not in gateways.news.followers:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


async def test_a_change_is_told_within_a_second_of_its_commit(
    address, token, admin, create, gateways, hansen
):
    async with streaming(address, token(admin), {}, FOLLOW) as stream:
        await followed(gateways, hansen)
        group = await create("Kitchen")
        async with asyncio.timeout(1):
            _, body = await stream.next()

    told = body["data"]["changes"]
    assert told["node"] == {
        "kind": "GROUP",
        "action": "CREATED",
        "entityUuid": group,
        "newVersion": 1,
        "isOwn": True,
        "entity": {"id": group},
    }
    assert told["cursor"]


async def test_from_a_cursor_on_what_was_missed_comes_first_and_then_what_happens(
    address, token, admin, create, place
):
    before = [await create(f"Group {number}") for number in range(3)]

    async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
        told = [entity(await stream.next()) for _ in range(3)]
        after = [await create(f"Later {number}") for number in range(3)]
        told += [entity(await stream.next()) for _ in range(3)]

    assert told == before + after


async def test_each_cursor_leads_on_to_the_next_change(address, token, admin, create, place, ask):
    groups = [await create(f"Group {number}") for number in range(4)]

    told = []
    for _ in groups:
        async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
            event = await stream.next()
        told.append(entity(event))
        place = event[1]["data"]["changes"]["cursor"]

    assert told == groups
    found = await ask(admin, PLACE)
    assert found["pageInfo"]["endCursor"] == place, "the cursors of the list are the same"


async def test_more_than_a_page_that_was_missed_comes_whole(
    address, token, admin, create, place, ask
):
    group, most = await create("Kitchen"), 230
    client = get_connection("default")
    (like,) = await client.execute_query_dict(
        "select * from history_entry order by organisation_id, sequence desc limit 1"
    )
    await client.execute_query(
        "insert into history_entry select (jsonb_populate_record(h, jsonb_build_object("
        "'id', gen_random_uuid(), 'sequence', h.sequence + n))).*"
        " from history_entry h, generate_series(1, $2::int) n where h.id = $1",
        [like["id"], most - 1],
    )
    await client.execute_query(
        "update history_head set sequence = sequence + $1 where organisation_id = $2",
        [most - 1, like["organisation_id"]],
    )

    async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
        cursors = []
        for _ in range(most):
            event = await stream.next()
            assert entity(event) == group
            cursors.append(event[1]["data"]["changes"]["cursor"])
        last = await create("Canteen")
        assert entity(await stream.next()) == last

    assert len(set(cursors)) == most


async def test_only_what_matches_is_told(address, token, admin, person, create, place):
    other = await person("organisation_administrator")
    given = {"after": place, "filter": {"kind": ["GROUP"], "excludeOwn": True}}

    async with streaming(address, token(admin), given, FOLLOW) as stream:
        await create("Mine")
        theirs = await create("Theirs", by=other)
        assert entity(await stream.next()) == theirs
        await create("Mine again")
        theirs = await create("Theirs again", by=other)
        assert entity(await stream.next()) == theirs


async def test_another_organisation_hears_nothing(
    address, token, admin, make, jensen, create, gateways, ask
):
    stranger = await make.user(jensen, "organisation_administrator")

    async with streaming(address, token(stranger), {}, FOLLOW) as stream:
        await followed(gateways, jensen)
        await create("Kitchen")
        own = await create("Wine", by=stranger)
        assert entity(await stream.next()) == own


async def test_a_withdrawn_role_ends_the_stream(address, token, admin, create, place):
    group = await create("Kitchen")

    async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
        assert entity(await stream.next()) == group
        await RoleAssignment.filter(user_id=admin.id).delete()
        ((_, body), end) = await stream.rest()

    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("DENIED", ["changes"])
    assert (body["data"], end) == ({"changes": None}, ("complete", None))


async def test_whoever_may_not_read_the_feed_may_not_follow_it(address, token, person):
    async with streaming(address, token(await person()), {}, FOLLOW) as stream:
        (_, body), end = await stream.rest()

    assert [one["extensions"]["code"] for one in body["errors"]] == ["DENIED"]
    assert end == ("complete", None)


@pytest.mark.parametrize("cursor", ["nonsense", "WyJub25zZW5zZSJd", "WyIxIiwiMiJd"])
async def test_a_cursor_that_is_none_is_refused(address, token, admin, cursor):
    async with talking(address, token(admin)) as talk:
        await talk.follow({"after": cursor}, document=FOLLOW)
        answer, end = await talk.next(), await talk.next()

    (error,) = answer["payload"]["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert (error["extensions"]["path"], error["path"]) == (["after"], ["changes"])
    assert (answer["payload"]["data"], end["type"]) == ({"changes": None}, "complete")


async def test_what_was_missed_while_nothing_was_heard_is_told_afterwards(
    address, token, admin, create, place, database_url
):
    first = await create("Kitchen")

    async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
        assert entity(await stream.next()) == first
        other = await asyncpg.connect(database_url)
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"
            " or query = 'select 1' and pid <> pg_backend_pid()"
        )
        await other.close()
        groups = [await create(f"Group {number}") for number in range(3)]
        assert [entity(await stream.next()) for _ in groups] == groups


async def test_a_transaction_with_many_changes_is_told_of_once(
    address, make, admin, hansen, database_url
):
    heard = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("news", lambda *word: heard.append(word[-1]))

    async with make.change(hansen.id):
        for number in range(50):
            await Group(organisation_id=hansen.id, name=f"Group {number}").save()
    await asyncio.sleep(0.2)
    await listener.close()

    assert heard.count(f"change {hansen.id} {hansen.id}") == 1


async def test_nothing_is_lost_between_catching_up_and_following(
    address, token, admin, create, place, person, once
):
    writers = [await person("organisation_administrator") for _ in range(4)]

    async def write(writer, number):
        return [await create(f"{number} {turn}", by=writer) for turn in range(10)]

    writing = [asyncio.create_task(write(one, number)) for number, one in enumerate(writers)]
    given = {"after": place, "filter": {"kind": ["GROUP"]}}
    async with streaming(address, token(admin), given, FOLLOW) as stream:
        told = []
        for _ in range(40):
            event = await stream.next()
            told.append((entity(event), event[1]["data"]["changes"]["cursor"]))
    groups = itertools.chain(*[await one for one in writing])

    assert sorted(one for one, _ in told) == sorted(groups)
    assert len({cursor for _, cursor in told}) == 40


async def test_renaming_is_followed_with_the_versions(address, token, admin, create, ask, place):
    group = await create("Kitchen")
    async with streaming(address, token(admin), {"after": place}, FOLLOW) as stream:
        for number in range(3):
            await ask(admin, RENAME, input={"groupId": group, "name": f"Kitchen {number}"})
        events = [await stream.next() for _ in range(4)]

    versions = [one["data"]["changes"]["node"]["newVersion"] for _, one in events]
    assert versions == [1, 2, 3, 4]
