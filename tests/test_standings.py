"""Roles are remembered between requests, and a withdrawn one is forgotten everywhere at once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest

from gateways import BEGINNING, heard, today
from models import Certificate, CertificateKind, CertificateProfile, RoleAssignment, User
from resolvers.standings import CHANNEL, Standings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def standings(database_url, empty):
    """The standings of a process that listens, as a server does."""
    known = Standings()
    async with heard(database_url, {CHANNEL: known.forget}, known.hear):
        await soon(lambda: known.is_listening)
        yield known


async def soon(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(1):
        while not is_so():
            await asyncio.sleep(0.01)


async def silence(standings: Standings) -> None:
    """Waits until nothing more is told of what the test itself has made."""
    told = -1
    while told != standings.told:
        told = standings.told
        await asyncio.sleep(0.1)


async def test_a_standing_is_asked_for_once(standings, person, gateways, sql):
    day = today(gateways.clock.now())
    bo = await person("user_administrator")
    await silence(standings)
    sql()

    first = await standings.of(bo.id, day)
    again = await standings.of(bo.id, day)

    assert first == again
    assert first.subject.roles == {"user_administrator"}
    assert sql() == 1


async def test_a_withdrawn_role_is_forgotten_within_a_second(standings, person, gateways):
    day = today(gateways.clock.now())
    bo = await person("user_administrator")
    await standings.of(bo.id, day)

    await RoleAssignment.filter(user_id=bo.id).delete()
    await soon(lambda: (bo.id, day) not in standings.known)

    assert (await standings.of(bo.id, day)).subject.roles == frozenset()


async def test_a_deactivated_user_is_forgotten_within_a_second(standings, person, gateways):
    day = today(gateways.clock.now())
    bo = await person()
    await standings.of(bo.id, day)

    await User.filter(id=bo.id).update(status="DEACTIVATED")
    await soon(lambda: (bo.id, day) not in standings.known)

    assert await standings.of(bo.id, day) is None


@pytest.fixture
async def certificate(make, hansen):
    """A certificate of the organisation, with which a machine may administer users."""
    profile = await make.profile(hansen, system_rights=["IDENTITY_MANAGEMENT"])
    return await make.certificate(hansen, kind=CertificateKind.ORGANISATION, profile=profile)


@pytest.mark.parametrize("facts", [{"status": "REVOKED"}, {"expires_at": BEGINNING}])
async def test_a_machine_is_shut_out_within_a_second(standings, certificate, gateways, facts):
    now = gateways.clock.now()
    await silence(standings)
    before = await standings.of_machine(certificate.id, now)

    await Certificate.filter(id=certificate.id).update(**facts)
    await soon(lambda: (certificate.id, None) not in standings.known)

    assert before.subject.roles == {"identity_management"}
    assert await standings.of_machine(certificate.id, now) is None


async def test_a_right_of_a_profile_is_forgotten_within_a_second(standings, certificate, gateways):
    now = gateways.clock.now()
    await silence(standings)
    await standings.of_machine(certificate.id, now)

    here = CertificateProfile.filter(id=certificate.profile_id)
    await here.update(system_rights=["CERTIFICATE_MANAGEMENT"])
    await soon(lambda: (certificate.id, None) not in standings.known)

    after = await standings.of_machine(certificate.id, now)
    assert after.subject.roles == {"certificate_management"}


async def test_a_machine_is_asked_about_once(standings, certificate, gateways, sql):
    now = gateways.clock.now()
    await silence(standings)
    sql()

    first = await standings.of_machine(certificate.id, now)
    again = await standings.of_machine(certificate.id, now)

    assert (first, sql()) == (again, 1)


async def test_a_remembered_machine_does_not_outlast_its_certificate(
    standings, certificate, gateways
):
    await standings.of_machine(certificate.id, gateways.clock.now())

    assert await standings.of_machine(certificate.id, certificate.expires_at) is None


async def test_a_remembered_role_does_not_outlast_its_day(standings, person, gateways):
    day = today(gateways.clock.now())
    bo = await person("user_administrator")
    await RoleAssignment.filter(user_id=bo.id).update(until_on=day)
    await silence(standings)
    await standings.of(bo.id, day)

    tomorrow = await standings.of(bo.id, day + timedelta(days=1))

    assert (await standings.of(bo.id, day)).subject.roles == {"user_administrator"}
    assert tomorrow.subject.roles == frozenset()


async def test_who_hears_nothing_remembers_nothing(standings, person, gateways, database_url):
    day = today(gateways.clock.now())
    bo = await person("user_administrator")
    await standings.of(bo.id, day)

    other = await asyncpg.connect(database_url)
    await other.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"
        " or query = 'select 1' and pid <> pg_backend_pid()"
    )
    await other.close()
    await soon(lambda: not standings.is_listening)

    assert standings.known == {}
