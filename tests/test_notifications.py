"""Notifications: one for each event and each person told, read by that person alone."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from tortoise.connection import get_connection

from models import HistoryEntry, Language, Notification
from tests.tables import who_may
from tests.telling import ASSIGN, CREATE_GROUP, DELETE_GROUP, MINE, READ, UNREAD

pytestmark = pytest.mark.anyio

test_who_may_use_notifications = who_may("""
                                   self  user_administrator  rights_administrator  organisation_administrator
    notification:list               x            x                    x                       x
    notification:mark_read          x            x                    x                       x
    notification:read_preferences   x            x                    x                       x
    notification:update_preferences  x           x                    x                       x
""")  # noqa: E501

NODE = "query ($id: ID!) { node(id: $id) { id } }"


@pytest.fixture
async def owner(person):
    return await person("organisation_administrator")


@pytest.fixture
async def rights(person):
    """An administrator of rights, who is told of each new group."""
    return await person("rights_administrator", language=Language.ENGLISH)


@pytest.fixture
def create(ask, owner):
    """Creates a group, of which administrators are told."""

    async def create(name="Canteen", **more):
        return await ask(owner, CREATE_GROUP, name=name, **more)

    return create


@pytest.fixture
def mine(ask, rights):
    async def mine(**asked):
        return await ask(rights, MINE, **asked)

    return mine


@pytest.fixture
def read(ask, rights):
    async def read(**chosen):
        return await ask(rights, READ, input={"notifications": chosen})

    return read


async def unread(ask, who):
    return (await ask(who, UNREAD))["unreadNotificationCount"]


async def test_one_event_is_one_notification_and_one_letter_in_the_same_words(
    ask, owner, person, letters
):
    me = await person(language=Language.ENGLISH, name="Eva Lund")

    await ask(owner, ASSIGN, user=me.id)

    (told,) = (await ask(me, MINE))["nodes"]
    (letter,) = await letters(me.email)
    assert told == {
        "id": told["id"],
        "kind": "ROLE_CHANGED",
        "title": "You have been given a role in Hansen & Søn ApS",
        "text": "You are now user administrator in Hansen & Søn ApS.\n\nIf you did not expect"
        " this, tell an organisation administrator in Hansen & Søn ApS at once.",
        "isRead": False,
        "readAt": None,
        "version": 1,
        "about": {"__typename": "User", "id": str(me.id)},
    }
    assert letter.subject == told["title"]
    assert letter.body == f"Dear Eva Lund\n\n{told['text']}\n"


async def test_a_notification_is_in_the_language_that_its_reader_has_chosen_meanwhile(
    ask, owner, person
):
    me = await person(language=Language.DANISH)
    await ask(owner, ASSIGN, user=me.id)
    before = await ask(me, MINE)

    await ask(me, "mutation { setLanguage(input: {language: ENGLISH}) { errors { code } } }")

    after = await ask(me, MINE, {"accept-language": "da"})
    assert before["nodes"][0]["title"] == "Du har fået en rolle i Hansen & Søn ApS"
    assert after["nodes"][0]["title"] == "You have been given a role in Hansen & Søn ApS"


@pytest.mark.parametrize("role", ["user_administrator", "organisation_administrator", None])
async def test_nobody_sees_or_marks_the_notifications_of_a_colleague(ask, send, person, make, role):
    me, colleague = await person(), await person(*[role] if role else [])
    group = await make.group(await me.organisation)
    key = (await make.notification(me, group)).id

    theirs = await ask(colleague, MINE)
    by_id = await send(colleague, NODE, id=key)
    marked = await ask(colleague, READ, input={"notifications": {"notificationIds": [key]}})
    await ask(colleague, READ, input={"notifications": {"until": "2099-01-01T00:00:00Z"}})

    assert (theirs["nodes"], theirs["totalCount"]) == ([], 0)
    assert by_id["data"] == {"node": None}
    assert marked.problem == "NOT_FOUND"
    assert (await unread(ask, me), await unread(ask, colleague)) == (1, 0)


async def test_a_stranger_is_told_nothing_of_what_happens_elsewhere(
    ask, send, rights, make, jensen, create, mine
):
    stranger = await make.user(jensen, "rights_administrator", "organisation_administrator")
    await create()
    (told,) = (await mine())["nodes"]

    seen = await ask(stranger, MINE)
    by_id = await send(stranger, NODE, id=told["id"])
    chosen = {"notifications": {"notificationIds": [told["id"]]}}
    there = await ask(stranger, READ, input=chosen)
    nowhere = await ask(stranger, READ, input={"notifications": {"notificationIds": [uuid4()]}})

    assert (seen["nodes"], by_id["data"]) == ([], {"node": None})
    assert there.problem == "NOT_FOUND"
    assert there == nowhere
    assert await unread(ask, rights) == 1


async def test_a_change_that_was_not_made_tells_nobody(create, mine):
    rehearsed = await create(dryRun=True)
    await create()
    refused = await create()

    assert rehearsed["errors"] == []
    assert refused.problem == "NAME_TAKEN"
    assert (await mine())["totalCount"] == 1


async def test_a_repeat_under_a_key_tells_nobody_again(ask, owner, mine):
    for _ in range(2):
        await ask(owner, CREATE_GROUP, {"idempotency-key": "canteen"}, name="Canteen")

    assert (await mine())["totalCount"] == 1


async def test_what_a_notification_is_about_leads_nowhere_once_it_is_gone(ask, create, owner, mine):
    group = (await create())["group"]
    before = await mine()

    await ask(owner, DELETE_GROUP, id=group["id"])

    assert before["nodes"][0]["about"] == {"__typename": "Group", "id": group["id"]}
    (told,) = (await mine(filter={"kind": ["GROUP_CREATED"]}))["nodes"]
    assert (told["about"], told["title"]) == (None, before["nodes"][0]["title"])


async def test_what_one_may_not_read_any_longer_is_not_shown(ask, person, make, hansen):
    me = await person()
    group = await make.group(hansen)
    await make.notification(me, group)

    (told,) = (await ask(me, MINE))["nodes"]

    assert told["about"] is None


async def test_notifications_are_turned_page_by_page_the_latest_first(create, mine):
    for name in "abcde":
        await create(name)

    first = await mine(first=2)
    rest = await mine(after=first["pageInfo"]["endCursor"])

    words = [one["text"].split()[2] for one in first["nodes"] + rest["nodes"]]
    assert words == ["e", "d", "c", "b", "a"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (5, True)


async def test_marking_some_as_read_leaves_the_others(create, mine, read, gateways):
    for name in "abc":
        await create(name)
    keys = [one["id"] for one in (await mine())["nodes"]]

    answer = await read(notificationIds=keys[:2])

    assert answer == {"viewer": {"unreadNotificationCount": 1}, "errors": []}
    now = gateways.clock.now().isoformat()
    told = [(one["isRead"], one["readAt"], one["version"]) for one in (await mine())["nodes"]]
    assert told == [(True, now, 2), (True, now, 2), (False, None, 1)]
    for is_read, those in ((True, keys[:2]), (False, keys[2:])):
        found = await mine(filter={"isRead": is_read})
        assert [one["id"] for one in found["nodes"]] == those
        assert found["totalCount"] == len(those)


async def test_marking_all_until_a_moment_leaves_what_came_at_that_moment(
    create, mine, read, gateways
):
    await create("before")
    gateways.clock.advance(minutes=1)
    await create("then")

    answer = await read(until=gateways.clock.now().isoformat())

    assert answer["viewer"] == {"unreadNotificationCount": 1}
    assert [one["isRead"] for one in (await mine())["nodes"]] == [False, True]


async def test_a_marking_is_told_once_in_the_history_however_many_it_marks(
    create, mine, read, rights
):
    for name in "abc":
        await create(name)
    keys = [one["id"] for one in (await mine())["nodes"]]

    await read(notificationIds=keys)
    again = await read(notificationIds=keys)

    assert again["errors"] == []
    (entry,) = await HistoryEntry.filter(operation="markNotificationsRead")
    assert (entry.about_id, entry.activity) == (rights.id, "notification:mark_read")
    assert entry.changes == [{"field": "readNotifications", "old": None, "new": "3"}]
    assert {one["version"] for one in (await mine())["nodes"]} == {2}


@pytest.mark.parametrize(("chosen", "code"), [([], "REQUIRED"), ([str(uuid4())] * 101, "TOO_LONG")])
async def test_between_one_and_a_hundred_can_be_named(read, chosen, code):
    answer = await read(notificationIds=chosen)

    assert answer.problem == code
    assert answer["errors"][0]["path"] == ["notifications", "notificationIds"]


async def test_one_that_is_not_found_keeps_all_unread(create, mine, read, ask, rights):
    await create()
    (told,) = (await mine())["nodes"]

    answer = await read(notificationIds=[told["id"], str(uuid4())])

    assert answer.problem == "NOT_FOUND"
    assert answer["errors"][0]["path"] == ["notifications", "notificationIds", "1"]
    assert await unread(ask, rights) == 1


async def test_two_who_mark_at_once_mark_once(create, read):
    await create()

    await asyncio.gather(*(read(until="2099-01-01T00:00:00Z") for _ in range(4)))

    assert (await Notification.get()).version == 2
    assert await HistoryEntry.filter(operation="markNotificationsRead").count() == 1


async def test_what_was_read_long_ago_is_forgotten_and_what_is_unread_is_kept(
    client, create, mine, read, gateways
):
    await create("read")
    await read(until="2099-01-01T00:00:00Z")
    await create("unread")
    gateways.clock.advance(days=89)
    await gateways.jobs.run_once("forgetting notifications")
    before = await mine()

    gateways.clock.advance(days=2)
    await gateways.jobs.run_once("forgetting notifications")

    assert before["totalCount"] == 2
    assert [one["isRead"] for one in (await mine())["nodes"]] == [False]


@pytest.mark.parametrize("count", [1, 40])
async def test_reading_takes_as_many_statements_however_many_there_are(
    sql, asker, person, make, hansen, count
):
    me = await person("user_administrator")
    for number in range(count):
        await make.notification(me, await make.group(hansen, name=f"Group {number}"))
    sql()

    response = await asker.post(me, MINE, first=50)

    assert len(response.json()["data"]["notifications"]["nodes"]) == count
    assert "X-Segl-Executor" not in response.headers
    # The page, how many in all, the kinds of what they are about, and the groups; who asks.
    assert sql() <= 5


async def test_the_unread_are_counted_and_found_among_themselves_in_a_large_table(
    person, make, hansen
):
    me, group = await person(), await make.group(hansen)
    fill = """
        insert into notification (id, organisation_id, version, created_at, updated_at, user_id,
            kind, event, values, about_id, read_at)
        select gen_random_uuid(), $1, 1, $4::timestamptz, $4::timestamptz, u.id, 'GROUP_CREATED',
            'group_created', '{}', $3, case when n > 20 then $4::timestamptz end
        from "user" u, generate_series(1, 20000) n where u.id = $2
    """
    client = get_connection("default")
    await client.execute_query(fill, [hansen.id, me.id, group.id, make.now])
    await client.execute_script("analyze notification")

    async def plan(statement):
        rows = await client.execute_query_dict(f"explain {statement}", [me.id])
        return "\n".join(one["QUERY PLAN"] for one in rows)

    here = "from notification t where t.user_id = $1"
    counted = await plan(f"select count(*) {here} and t.read_at is null")
    unread = await plan(f"select * {here} and not (t.read_at is not null) order by id desc limit 9")
    first = await plan(f"select * {here} order by id desc limit 25")
    old = await plan(f"select * {here} and read_at < '{make.now - timedelta(days=90)}'")

    assert "unread_notifications" in counted
    assert "unread_notifications" in unread
    assert "Index Scan Backward" in first
    assert "Seq Scan" not in first + old
