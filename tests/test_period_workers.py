"""Two workers watch the periods: each begins and ends once, within a minute of its time."""

import asyncio
from contextvars import Context
from datetime import UTC, date, datetime, timedelta

import pytest
from tortoise.transactions import in_transaction

from models import HistoryEntry, User
from resolvers import periods
from tests.hurrying import MINUTE, told_by, two_workers

pytestmark = pytest.mark.anyio


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# A day begins at 23:00 UTC in winter, at 22:00 in summer; the clocks change on 28 March at 01:00
# UTC and on 31 October at 01:00 UTC.
NIGHTS = {
    "the night to summer time": ("2027-03-28", "2027-03-27T23:00"),
    "the night after it": ("2027-03-29", "2027-03-28T22:00"),
    "the night to winter time": ("2027-10-31", "2027-10-30T22:00"),
    "the night after that": ("2027-11-01", "2027-10-31T23:00"),
}


@pytest.mark.parametrize("night", NIGHTS)
async def test_a_period_begins_and_another_ends_within_a_minute_of_midnight(
    person, environment, gateways, night
):
    day, midnight = date.fromisoformat(NIGHTS[night][0]), utc(NIGHTS[night][1])
    leaving = await person(deactivated_from=day)
    returning = await person(
        status="DEACTIVATED",
        status_before="ACTIVE",
        deactivated_from=day - timedelta(days=9),
        deactivated_until=day - timedelta(days=1),
    )

    async with two_workers(environment, gateways, midnight - timedelta(seconds=20)) as clock:
        (left,) = await told_by(clock, leaving, "user:deactivate")
        (came,) = await told_by(clock, returning, "user:reactivate")

    for entry in (left, came):
        assert midnight <= entry.occurred_at <= midnight + MINUTE
    for user, status in ((leaving, "DEACTIVATED"), (returning, "ACTIVE")):
        after = await User.get(id=user.id)
        assert (after.status, after.version) == (status, 2)


async def test_the_pause_between_two_looks_is_well_below_a_minute(client, gateways):
    assert gateways.jobs._jobs["periods"].seconds <= 30


TODAY, LATER = date(2026, 11, 5), date(2026, 12, 24)
PLANNED = {"deactivated_from": TODAY}
AWAY = {"deactivated_from": TODAY, "deactivated_until": TODAY, "status": "DEACTIVATED"}
MEANWHILE = {
    "dropped": (PLANNED, {"deactivated_from": None}),
    "put off": (PLANNED, {"deactivated_from": LATER}),
    "deactivated by hand": (PLANNED, {"status": "DEACTIVATED"}),
    "deleted": (PLANNED, {"status": "DELETED"}),
    "prolonged": (AWAY, {"deactivated_until": LATER}),
    "without an end": (AWAY, {"deactivated_until": None}),
    "reactivated by hand": (AWAY, {"deactivated_until": None, "status": "ACTIVE"}),
    "deleted while away": (AWAY, {"status": "DELETED"}),
}


@pytest.mark.parametrize("what", MEANWHILE)
async def test_what_changes_at_the_last_moment_is_looked_at_again(person, gateways, client, what):
    """A worker has seen that the day has come, and waits for a change that is under way."""
    planned, changed = MEANWHILE[what]
    bo = await person(**planned)
    gateways.clock.advance(days=4)
    before = await HistoryEntry.filter(about_id=bo.id).count()

    async with in_transaction():
        await User.locked(id=bo.id)
        worker = asyncio.create_task(periods.turn(gateways), context=Context())
        await asyncio.sleep(0.2)
        assert not worker.done()
        await User.filter(id=bo.id).update(**changed)
    await worker

    user = await User.get(id=bo.id)
    assert {name: getattr(user, name) for name in changed} == changed
    assert user.version == 1
    assert await HistoryEntry.filter(about_id=bo.id).count() == before


async def test_who_is_gone_altogether_keeps_no_other_waiting(person, gateways, client):
    gone, bo = await person(**PLANNED), await person(**PLANNED)
    gateways.clock.advance(days=4)

    async with in_transaction():
        await User.locked(id=gone.id)
        worker = asyncio.create_task(periods.turn(gateways), context=Context())
        await asyncio.sleep(0.2)
        await User.filter(id=gone.id).delete()
    await worker

    assert (await User.get(id=bo.id)).status == "DEACTIVATED"
