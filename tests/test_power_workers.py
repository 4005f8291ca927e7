"""Two workers watch the last days of powers of attorney: each ends once, within a minute."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateways import WallClock, today
from models import HistoryEntry, Letter, Notification, PowerOfAttorney
from models.verification import verify
from tests.hurrying import MINUTE, told_by, two_workers

pytestmark = pytest.mark.anyio

POWERS = 20


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis")


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm")


@pytest.fixture
async def granted(make, hansen, jensen, bo):
    """Grants Hansen & Søn a power of attorney until a day, which Bo may use."""

    async def granted(until):
        power = await make.power(jensen, hansen, until_on=until)
        await make.name(power, bo)
        return power

    return granted


async def ends(power):
    """The entries that tell that a power is over, by the organisation that reads them."""
    told = await HistoryEntry.filter(about_id=power.id, operation="expirePowerOfAttorney")
    return sorted(one.organisation_id for one in told)


async def test_use_ends_within_a_minute_of_the_end_of_the_last_day(
    granted, bo, environment, gateways, hansen, jensen
):
    midnight = datetime(2027, 3, 27, 23, tzinfo=UTC)  # by the clocks of Denmark
    power = await granted(today(midnight) - timedelta(days=1))

    async with two_workers(environment, gateways, midnight - timedelta(seconds=20)) as clock:
        told = await told_by(clock, power, "power_of_attorney:revoke")

    assert all(midnight <= one.occurred_at <= midnight + MINUTE for one in told)
    after = await PowerOfAttorney.get(id=power.id)
    assert (after.status, after.version) == ("EXPIRED", 2)
    assert await ends(power) == sorted([hansen.id, jensen.id])
    assert await Letter.filter(to=bo.email).count() == 1


async def test_two_processes_record_every_end_once_and_write_one_letter_of_each(
    granted, worker, bo, dorte, hansen, jensen
):
    yesterday = today(WallClock().now()) - timedelta(days=1)
    powers = [await granted(yesterday) for _ in range(POWERS)]

    processes = [await worker(), await worker()]
    try:
        async with asyncio.timeout(60):
            while await PowerOfAttorney.filter(status="ACTIVE").exists():
                await asyncio.sleep(0.05)
    finally:
        for one in processes:
            one.terminate()
        await asyncio.gather(*(one.wait() for one in processes))

    for power in powers:
        assert await ends(power) == sorted([hansen.id, jensen.id])
    assert {one.version for one in await PowerOfAttorney.all()} == {2}
    for who in (bo, dorte):
        assert await Letter.filter(to=who.email).count() == POWERS
        assert await Notification.filter(user_id=who.id).count() == POWERS
    for organisation in (hansen, jensen):
        assert (await verify(organisation.id)).is_intact
