"""Notifications: people are told once of what happens, each in the ways they chose."""

import pytest

from models import Language
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_notifications = who_may("""
                                     self  user_administrator  rights_administrator  organisation_administrator
    notification:list                 x            x                    x                       x
    notification:mark_read            x            x                    x                       x
    notification:read_preferences     x            x                    x                       x
    notification:update_preferences   x            x                    x                       x
""")  # noqa: E501

MINE = """
query ($filter: NotificationFilter, $first: Int) {
  notifications(filter: $filter, first: $first) {
    totalCount
    nodes { id kind title text isRead readAt version about { __typename id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
UNREAD = "{ viewer { unreadNotificationCount } }"
READ = """
mutation ($input: MarkNotificationsReadInput!, $dryRun: Boolean) {
  markNotificationsRead(input: $input, dryRun: $dryRun) {
    viewer { unreadNotificationCount } errors { code path }
  }
}
"""
ASSIGN = """
mutation ($user: ID!, $dryRun: Boolean) {
  assignRole(input: {userId: $user, role: USER_ADMINISTRATOR}, dryRun: $dryRun) {
    errors { code }
  }
}
"""
CREATE_GROUP = "mutation ($name: String!) { createGroup(input: {name: $name}) { group { id } } }"


@pytest.fixture
async def owner(person):
    return await person("organisation_administrator")


@pytest.fixture
def tell(ask, owner):
    """Tells somebody that they have become user administrator."""

    async def tell(who, **more):
        return await ask(owner, ASSIGN, user=who.id, **more)

    return tell


@pytest.fixture
def unread(ask):
    async def unread(who):
        return (await ask(who, UNREAD))["unreadNotificationCount"]

    return unread


async def test_one_event_is_one_notification_and_one_letter_in_the_same_words(
    ask, person, tell, letters
):
    me = await person(language=Language.ENGLISH, name="Eva Lund")

    await tell(me)

    (told,) = (await ask(me, MINE))["nodes"]
    (letter,) = await letters(me.email)
    assert told | {"id": None} == {
        "id": None,
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


async def test_a_notification_is_read_in_the_language_that_its_reader_has_chosen_meanwhile(
    ask, person, tell
):
    me = await person(language=Language.DANISH)
    await tell(me)
    before = await ask(me, MINE)
    choose = "mutation { setLanguage(input: {language: ENGLISH}) { errors { code } } }"

    await ask(me, choose)

    after = await ask(me, MINE)
    assert before["nodes"][0]["title"] == "Du har fået en rolle i Hansen & Søn ApS"
    assert after["nodes"][0]["title"] == "You have been given a role in Hansen & Søn ApS"


@pytest.mark.parametrize("role", ["user_administrator", "organisation_administrator", None])
async def test_nobody_sees_the_notifications_of_a_colleague(ask, send, person, tell, unread, role):
    me, colleague = await person(), await person(*[role] if role else [])
    await tell(me)
    key = (await ask(me, MINE))["nodes"][0]["id"]

    theirs = await ask(colleague, MINE)
    by_id = await send(colleague, "query ($id: ID!) { node(id: $id) { id } }", id=key)
    marked = await ask(colleague, READ, input={"notifications": {"notificationIds": [key]}})

    assert (theirs["nodes"], theirs["totalCount"]) == ([], 0)
    assert by_id["data"] == {"node": None}
    assert "errors" not in by_id
    assert marked.problem == "NOT_FOUND"
    assert (await unread(me), await unread(colleague)) == (1, 0)
