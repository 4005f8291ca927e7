"""How people want to be told: by kind of event, here or by e-mail, at once or once a day."""

import asyncio

import pytest

from models import GatheredEvent, HistoryEntry, Language, Letter, Notification
from models.letters import LETTERS
from models.notifications import KIND_OF, MANNERS, NotificationKind
from resolvers import digests
from tests.telling import ASSIGN, BILL, CHOOSE, CREATE_GROUP, MINE, ORDER, PREFERENCES

pytestmark = pytest.mark.anyio

SECURE = ["ROLE_CHANGED", "AUTHENTICATOR_CHANGED", "CERTIFICATE_ISSUED", "CERTIFICATE_REVOKED"]


@pytest.fixture
async def owner(person):
    return await person("organisation_administrator")


@pytest.fixture
async def me(person):
    """Another organisation administrator, who is told when the billing changes."""
    return await person("organisation_administrator", name="Eva Lund", language=Language.ENGLISH)


@pytest.fixture
def choose(ask, me):
    async def choose(*channels, kind="BILLING_CHANGED", **more):
        given = {"kinds": [{"kind": kind, "channels": channels}], **more}
        return await ask(me, CHOOSE, input=given)

    return choose


@pytest.fixture
def gather(ask, me):
    """Has one's e-mails gathered into one a day."""

    async def gather(is_daily_digest=True):
        return await ask(me, CHOOSE, input={"isDailyDigest": is_daily_digest})

    return gather


def of(answer, kind):
    (found,) = [one for one in answer["kinds"] if one["kind"] == kind]
    return found


async def preferences(ask, who):
    return (await ask(who, PREFERENCES))["notificationPreferences"]


def test_every_kind_has_a_manner_and_every_event_words():
    events = [event for one in MANNERS.values() for event in one.events]

    assert list(MANNERS) == list(NotificationKind)
    assert len(events) == len(KIND_OF)
    for one in MANNERS.values():
        assert set(one.mailed_anyway) <= set(one.events) <= set(LETTERS)
        assert one.channels


async def test_everybody_has_preferences_from_the_first_day(ask, me):
    answer = await preferences(ask, me)

    assert (answer["version"], answer["isDailyDigest"]) == (1, False)
    assert [one["kind"] for one in answer["kinds"]] == list(NotificationKind)
    assert [one["kind"] for one in answer["kinds"] if not one["canBeSilenced"]] == SECURE
    assert of(answer, "GROUP_CREATED")["channels"] == ["IN_SYSTEM"]


@pytest.mark.parametrize(
    "channels", [[], ["IN_SYSTEM"], ["EMAIL"], ["IN_SYSTEM", "EMAIL"]], ids=str
)
async def test_one_is_told_in_the_ways_that_one_chose(ask, owner, me, choose, letters, channels):
    chosen = await choose(*channels)

    await ask(owner, BILL)

    assert of(chosen["preferences"], "BILLING_CHANGED")["channels"] == channels
    assert len((await ask(me, MINE))["nodes"]) == channels.count("IN_SYSTEM")
    assert len(await letters(me.email)) == channels.count("EMAIL")


async def test_a_choice_for_one_kind_leaves_the_others(ask, me, choose):
    before = await preferences(ask, me)

    await choose("EMAIL", kind="GROUP_CREATED")

    after = await preferences(ask, me)
    changed = [one for one in after["kinds"] if one not in before["kinds"]]
    assert changed == [{"kind": "GROUP_CREATED", "channels": ["EMAIL"], "canBeSilenced": True}]
    assert after["version"] == 2


async def test_nobody_can_silence_what_is_about_their_own_security(ask, me, owner, letters):
    given = [{"kind": kind, "channels": []} for kind in ("BILLING_CHANGED", *SECURE)]

    answer = await ask(me, CHOOSE, input={"kinds": given})

    paths = [["kinds", str(at), "channels"] for at in range(1, len(SECURE) + 1)]
    assert [one["path"] for one in answer["errors"]] == paths
    assert set(answer.problems) == {"NOTIFICATION_CANNOT_BE_SILENCED"}
    assert (await preferences(ask, me))["version"] == 1
    await ask(owner, ASSIGN, user=me.id)
    assert len(await letters(me.email)) == 1


async def test_one_way_is_enough_for_what_is_about_ones_own_security(
    ask, me, owner, choose, letters
):
    answer = await choose("IN_SYSTEM", kind="ROLE_CHANGED")

    await ask(owner, ASSIGN, user=me.id)

    assert answer["errors"] == []
    assert len((await ask(me, MINE))["nodes"]) == 1
    assert await letters(me.email) == []


async def test_the_letter_by_which_one_retrieves_a_certificate_comes_anyway(
    ask, person, me, choose, gather, letters
):
    admin = await person("user_administrator")
    await choose(kind="CERTIFICATE_ORDERED")
    await gather()

    order = {"kind": "USER", "holder": {"userId": str(me.id)}}
    await ask(admin, ORDER, input=order)

    assert (await ask(me, MINE))["nodes"] == []
    assert len(await letters(me.email)) == 1


async def test_a_choice_is_told_in_the_history_old_and_new(ask, me, choose):
    await choose("EMAIL", isDailyDigest=True)
    await choose("EMAIL")

    (entry,) = await HistoryEntry.filter(operation="updateNotificationPreferences")
    assert entry.concerns_id == me.id
    assert entry.changes == [
        {"field": "isDailyDigest", "old": "false", "new": "true"},
        {"field": "BILLING_CHANGED", "old": "IN_SYSTEM, EMAIL", "new": "EMAIL"},
    ]


async def test_a_choice_based_on_another_version_is_refused(ask, me, choose):
    answer = await choose("EMAIL", expectedVersion=2)

    assert (answer.problem, answer["errors"][0]["currentVersion"]) == ("VERSION_CHANGED", 1)


@pytest.mark.parametrize("given", [{}, {"expectedVersion": 1}])
async def test_nothing_to_choose_is_refused(ask, me, given):
    answer = await ask(me, CHOOSE, input=given)

    assert answer.problem == "NOTHING_TO_CHANGE"


async def test_letters_are_gathered_into_one_a_day_in_the_words_of_each(
    ask, person, me, owner, choose, gather, letters, gateways
):
    await gather()
    await choose("EMAIL", kind="GROUP_CREATED")
    await ask(owner, BILL)
    gateways.clock.advance(hours=1)
    await ask(owner, BILL)
    gateways.clock.advance(hours=19)  # at six in the morning, in Denmark
    await gateways.jobs.run_once("digests")
    early = await letters(me.email)

    gateways.clock.advance(hours=1)
    for _ in range(2):
        await gateways.jobs.run_once("digests")

    assert early == []
    (letter,) = await letters(me.email)
    assert letter.subject == "What has happened in Hansen & Søn ApS"
    assert letter.body.startswith("Dear Eva Lund\n\nThis has happened since the last letter:\n\n")
    assert letter.body.count("The billing of Hansen & Søn ApS has been changed\nThe way in") == 2
    assert len((await ask(me, MINE))["nodes"]) == 2


async def test_what_is_about_ones_own_security_never_waits(ask, me, owner, gather, letters):
    await gather()

    await ask(owner, ASSIGN, user=me.id)

    (letter,) = await letters(me.email)
    assert letter.subject == "You have been given a role in Hansen & Søn ApS"


async def test_two_workers_and_one_that_died_write_one_letter(
    ask, me, owner, gather, letters, gateways, monkeypatch
):
    await gather()
    await ask(owner, BILL)
    gateways.clock.advance(days=1)

    async def die(*given):
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(Letter, "save", die)
        with pytest.raises(ConnectionError):
            await digests.turn(gateways)
    await asyncio.gather(*(digests.turn(gateways) for _ in range(3)))

    assert len(await letters(me.email)) == 1
    assert await GatheredEvent.all().count() == 0


async def test_what_was_gathered_is_written_though_letters_come_at_once_from_now_on(
    ask, me, owner, gather, letters, gateways
):
    await gather()
    await ask(owner, BILL)
    await gather(is_daily_digest=False)

    await ask(owner, BILL)
    gateways.clock.advance(days=1)
    await gateways.jobs.run_once("digests")

    assert len(await letters(me.email)) == 2


@pytest.mark.parametrize("role", ["user_administrator", "organisation_administrator"])
async def test_nobody_reads_the_preferences_of_a_colleague(ask, send, me, person, role):
    key = (await preferences(ask, me))["id"]
    colleague = await person(role)

    node = await send(colleague, "query ($id: ID!) { node(id: $id) { id } }", id=key)

    assert node["data"] == {"node": None}


async def test_many_are_told_by_as_many_statements_as_one(sql, ask, person):
    owner, counts = await person("organisation_administrator"), []
    for number in (1, 30):
        for _ in range(number):
            await person("rights_administrator")
        for name in ("first", "second", "third"):  # by which who asks is known
            sql()
            await ask(owner, CREATE_GROUP, name=f"{name} {number}")
        counts.append(sql())

    assert counts[0] == counts[1]
    assert await Notification.all().count() == 3 * (1 + 31)
