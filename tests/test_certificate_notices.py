"""Nobody is surprised by a certificate that expires: they are told 60, 30 and 7 days before."""

import asyncio
import os
import random
import signal
from datetime import UTC, datetime, timedelta

import pytest

from models import Certificate, CertificateKind, CertificateStatus, Language, Letter, Notification
from policies import Policy
from resolvers import expiries
from tests.certificates import OTHER_KEY, RENEW, REVOKE, request
from tests.telling import MINE
from tests.users import DELETE

pytestmark = pytest.mark.anyio

KILLS = 20 if os.environ.get("SEGL_PROVE") else 2
EXPIRES = datetime(2027, 6, 15, 22, 30, tzinfo=UTC)  # on 16 June, in Denmark
ENGLISH = {"language": Language.ENGLISH}


@pytest.fixture
async def bo(person):
    return await person("user_administrator", name="Bo Holm", email="bo@example.dk", **ENGLISH)


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk", **ENGLISH)


@pytest.fixture
async def held(make, hansen, eva):
    """Eva's certificate."""
    return await make.certificate(hansen, user=eva, reference="204060801030", expires_at=EXPIRES)


@pytest.fixture
def notices(gateways, client, letters):
    """Who is written to in the morning, so many days before EXPIRES."""

    async def notices(days, *addresses):
        at = EXPIRES.replace(hour=6) + timedelta(hours=24) - timedelta(days=days)
        gateways.clock.advance(seconds=(at - gateways.clock.now()).total_seconds())
        before = {to: len(await letters(to)) for to in addresses}
        await gateways.jobs.run_once("expiries")
        return [len(await letters(to)) - before[to] for to in addresses]

    return notices


async def test_the_holder_and_the_user_administrators_are_told_three_times(
    held, bo, eva, notices, person
):
    await person("rights_administrator", email="rie@example.dk")
    told = [bo.email, eva.email, "rie@example.dk"]
    given = {}

    for days in (90, 61, 60, 59, 31, 30, 29, 8, 7, 6, 1, 0, -1, -30):
        given[days] = await notices(days, *told)

    assert {days for days, counts in given.items() if any(counts)} == {60, 30, 7}
    assert [given[days] for days in (60, 30, 7)] == [[1, 1, 0]] * 3


async def test_a_notice_tells_which_certificate_and_on_which_day_in_denmark(
    ask, held, bo, eva, notices, letters
):
    await notices(30)

    (letter,) = await letters("bo@example.dk")
    assert letter.subject == "A certificate of Hansen & Søn ApS expires on 16.06.2027"
    assert "the reference 204060801030, for Eva Lund, expires on 16.06.2027." in letter.body
    for one in (bo, eva):
        (told,) = (await ask(one, MINE))["nodes"]
        assert (told["kind"], told["about"]["id"]) == ("CERTIFICATE_EXPIRING", str(held.id))


async def test_of_one_that_is_found_late_the_nearest_notice_is_given_alone(held, bo, eva, notices):
    assert await notices(20, eva.email) == [1]
    assert await notices(19, eva.email) == [0]
    assert await notices(7, eva.email) == [1]


async def test_the_contact_of_the_profile_is_written_to_at_the_present_address(
    make, hansen, bo, eva, notices, letters
):
    profile = await make.profile(
        hansen, name="Archive", contact_name="Dan Lind", contact_email="dan@example.dk"
    )
    await make.certificate(
        hansen,
        kind=CertificateKind.SYSTEM,
        profile=profile,
        contact_email="former@example.dk",
        expires_at=EXPIRES,
    )

    told = await notices(60, "dan@example.dk", bo.email, eva.email, "former@example.dk")

    assert told == [1, 1, 0, 0]
    (letter,) = await letters("dan@example.dk")
    assert letter.body.startswith("Kære Dan Lind\n")
    assert "på profilen Archive, udløber den 16.06.2027." in letter.body


async def test_a_contact_who_administers_users_gets_one_letter(make, hansen, bo, notices):
    profile = await make.profile(hansen, contact_email=bo.email)
    await make.certificate(hansen, kind=CertificateKind.SYSTEM, profile=profile, expires_at=EXPIRES)

    assert await notices(60, bo.email) == [1]


async def test_nobody_of_another_organisation_is_told(make, jensen, held, notices):
    await make.user(jensen, "user_administrator", email="kirsten@example.dk")

    assert await notices(60, "kirsten@example.dk") == [0]


OVER = {
    "ordered": {"status": CertificateStatus.ORDERED},
    "revoked": {"status": CertificateStatus.REVOKED},
    "cancelled": {"status": CertificateStatus.CANCELLED},
}


@pytest.mark.parametrize("state", OVER)
async def test_what_is_not_valid_is_not_told_of(held, bo, eva, notices, state):
    await Certificate.filter(id=held.id).update(**OVER[state])

    assert await notices(30, bo.email, eva.email) == [0, 0]


async def test_what_is_revoked_or_goes_with_its_user_is_not_told_of_again(
    ask, make, hansen, held, bo, eva, person, notices
):
    other = await person(email="ib@example.dk")
    his = await make.certificate(hansen, user=other, expires_at=EXPIRES)
    assert await notices(60, bo.email, eva.email, "ib@example.dk") == [2, 1, 1]

    await ask(bo, REVOKE, input={"certificateId": his.id, "reason": "SUPERSEDED"})
    await ask(bo, DELETE, input={"userId": eva.id})

    assert await notices(30, bo.email, eva.email, "ib@example.dk") == [0, 0, 0]


async def test_what_has_been_renewed_is_not_told_of_unless_the_new_one_has_ended(
    ask, held, bo, eva, notices
):
    await notices(60)
    given = {"certificateId": held.id, "key": {"csr": request(OTHER_KEY)}}
    renewed = (await ask(eva, RENEW, input=given))["certificate"]

    assert await notices(30, bo.email, eva.email) == [0, 0]
    await ask(bo, REVOKE, input={"certificateId": renewed["id"], "reason": "SUPERSEDED"})
    assert await notices(7, bo.email, eva.email) == [1, 1]


async def test_everybody_is_told_in_the_ways_that_they_chose(ask, held, bo, eva, notices):
    choose = """
        mutation ($input: UpdateNotificationPreferencesInput!) {
          updateNotificationPreferences(input: $input) { errors { code } }
        }
    """
    for who, channels in ((bo, ["IN_SYSTEM"]), (eva, [])):
        chosen = [{"kind": "CERTIFICATE_EXPIRING", "channels": channels}]
        assert (await ask(who, choose, input={"kinds": chosen}))["errors"] == []

    assert await notices(60, bo.email, eva.email) == [0, 0]
    assert [one["kind"] for one in (await ask(bo, MINE))["nodes"]] == ["CERTIFICATE_EXPIRING"]
    assert (await ask(eva, MINE))["nodes"] == []


@pytest.mark.faulty
async def test_one_that_cannot_be_told_of_keeps_no_other_waiting(
    make, hansen, held, bo, eva, notices, monkeypatch
):
    first = await make.certificate(
        hansen, user=bo, expires_at=EXPIRES - timedelta(hours=1), reference="1"
    )
    usual = expiries.tell

    async def fault(reach, policy, certificate):
        if certificate.id == first.id:
            raise ZeroDivisionError
        await usual(reach, policy, certificate)

    with monkeypatch.context() as broken:
        broken.setattr("resolvers.expiries.tell", fault)
        assert await notices(60, eva.email) == [1]

    assert await notices(60, bo.email, eva.email) == [1, 0]


async def test_many_workers_give_a_notice_once(held, eva, notices, gateways):
    await notices(61)
    gateways.clock.advance(days=1)

    await asyncio.gather(*[expiries.turn(gateways, Policy()) for _ in range(4)])

    assert await Notification.filter(user_id=eva.id).count() == 1
    assert await Letter.filter(to=eva.email).count() == 1


@pytest.fixture
async def many(make, hansen, eva):
    """Certificates of two profiles and of Eva, which expire in 20 days."""
    at = datetime.now(UTC) + timedelta(days=20)
    profiles = [
        await make.profile(hansen, contact_email=f"contact{number}@example.dk")
        for number in range(2)
    ]
    made = [
        await make.certificate(
            hansen, kind=CertificateKind.SYSTEM, profile=profiles[number % 2], expires_at=at
        )
        for number in range(100)
    ]
    return [*made, *[await make.certificate(hansen, user=eva, expires_at=at) for _ in range(100)]]


async def told_so_far():
    return await Certificate.filter(noticed_days=30).count()


async def all_are_told_once(bo, eva, many):
    for who, count in ((bo, 200), (eva, 100)):
        about = await Notification.filter(user_id=who.id).values_list("about_id", flat=True)
        assert len(about) == len(set(about)) == count
        assert await Letter.filter(to=who.email).count() == count
    for number in range(2):
        assert await Letter.filter(to=f"contact{number}@example.dk").count() == 50


async def test_two_workers_share_the_notices_and_give_each_once(worker, bo, eva, many):
    both = [await worker(), await worker()]
    while await told_so_far() < len(many):
        assert {one.returncode for one in both} == {None}
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    for one in both:
        one.terminate()
        await one.wait()

    await all_are_told_once(bo, eva, many)


async def test_a_worker_that_is_killed_gives_no_notice_twice_and_forgets_none(
    worker, bo, eva, many
):
    chance, so_far = random.Random(), 0
    for _ in range(KILLS):
        process = await worker()
        while (now := await told_so_far()) == so_far < len(many):
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        so_far = now
    process = await worker()
    while await told_so_far() < len(many):
        await asyncio.sleep(0.05)
    process.kill()
    await process.wait()

    await all_are_told_once(bo, eva, many)
