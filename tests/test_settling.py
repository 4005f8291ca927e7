"""What the database says of a certificate, the authority says: revoked, on hold, or good again."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from gateways import Refused
from models import Certificate
from resolvers import settling
from tests.certificates import (
    ORDER,
    OTHER_KEY,
    RENEW,
    RETRIEVE,
    REVOKE,
    issued_by,
    own,
    request,
    said_of,
    settled,
)
from tests.reading import history_of
from tests.scenes import everything_stored
from tests.users import changing

pytestmark = pytest.mark.anyio

GOOD, HELD = ("GOOD", None), ("REVOKED", "certificateHold")
DEACTIVATE, REACTIVATE = changing("deactivateUser"), changing("reactivateUser")
DELETE = changing("deleteUser")
SUSPENDED = "query ($id: ID!) { certificate(id: $id) { status isSuspended } }"
REASONS = {
    "KEY_COMPROMISE": "keyCompromise",
    "AFFILIATION_CHANGED": "affiliationChanged",
    "SUPERSEDED": "superseded",
    "CESSATION_OF_OPERATION": "cessationOfOperation",
    "PRIVILEGE_WITHDRAWN": "privilegeWithdrawn",
    "UNSPECIFIED": None,  # which OCSP leaves out, as RFC 5280 has it
}


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk")


@pytest.fixture
async def issued(ask, bo, eva):
    """Eva's certificate."""
    return await Certificate.get(id=(await issued_by(ask, bo, eva))["id"])


def revoking(one, reason="SUPERSEDED"):
    return {"certificateId": one.id, "reason": reason}


@pytest.mark.parametrize("reason", REASONS)
async def test_a_revoked_certificate_is_revoked_at_the_authority(ask, bo, issued, gateways, reason):
    assert await settled(gateways, issued) == GOOD

    await ask(bo, REVOKE, input=revoking(issued, reason))

    assert await settled(gateways, issued) == ("REVOKED", REASONS[reason])


async def test_it_is_revoked_within_a_second(ask, bo, issued, gateways):
    async with gateways.jobs.running():
        await ask(bo, REVOKE, input=revoking(issued))
        for _ in range(10):
            await asyncio.sleep(0.1)
            if (await Certificate.get(id=issued.id)).settle_at is None:
                break

    assert (await said_of(gateways, issued))[0] == "REVOKED"


async def test_a_dry_run_revokes_nothing_at_the_authority(ask, bo, issued, gateways):
    await ask(bo, REVOKE, input=revoking(issued), dryRun=True)

    assert await settled(gateways, issued) == GOOD


async def test_the_certificates_of_a_deactivated_user_are_on_hold_and_return(
    ask, bo, eva, issued, gateways
):
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    held = await settled(gateways, issued)
    shown = await ask(bo, SUSPENDED, id=issued.id)
    await ask(bo, REACTIVATE, input={"userId": eva.id})
    lifted = await settled(gateways, issued)

    assert (held, lifted) == (HELD, GOOD)
    assert shown == {"status": "ISSUED", "isSuspended": True}


async def test_a_period_holds_them_from_its_first_day_to_its_last(ask, bo, eva, issued, gateways):
    today = gateways.clock.now().date()
    period = {"from": today + timedelta(days=2), "until": today + timedelta(days=4)}
    await ask(bo, DEACTIVATE, input={"userId": eva.id, **period})

    told = []
    for _ in range(6):
        await gateways.jobs.run_once("periods")
        told.append(await settled(gateways, issued))
        gateways.clock.advance(days=1)

    assert told == [GOOD, GOOD, HELD, HELD, HELD, GOOD]


async def test_the_certificates_of_a_deleted_user_are_revoked_for_ever(
    ask, bo, eva, issued, gateways
):
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    assert await settled(gateways, issued) == HELD

    await ask(bo, DELETE, input={"userId": eva.id})

    assert await settled(gateways, issued) == ("REVOKED", "cessationOfOperation")


async def test_what_is_revoked_on_hold_does_not_return_with_the_user(
    ask, bo, eva, issued, gateways
):
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    await settled(gateways, issued)
    await ask(bo, REVOKE, input=revoking(issued))
    await settled(gateways, issued)

    await ask(bo, REACTIVATE, input={"userId": eva.id})

    assert await settled(gateways, issued) == ("REVOKED", "superseded")


class Deaf:
    """An authority that cannot be reached for a while."""

    def __init__(self, usual, times):
        self.usual, self.times, self.told = usual, times, 0

    async def revoke(self, *given):
        self.told += 1
        if self.told <= self.times:
            raise Refused("It does not answer.", is_final=False)
        await self.usual.revoke(*given)

    async def status(self, asked):
        return await self.usual.status(asked)


async def test_an_authority_that_does_not_answer_is_told_again_until_it_does(
    ask, bo, issued, gateways
):
    object.__setattr__(gateways, "authority", Deaf(gateways.authority, times=2))
    await ask(bo, REVOKE, input=revoking(issued))

    told = []
    for _ in range(4):
        told.append((await settled(gateways, issued))[0])
        gateways.clock.advance(seconds=10)

    assert told == ["GOOD", "GOOD", "REVOKED", "REVOKED"]
    assert gateways.authority.told == 3


async def test_what_the_authority_refuses_for_good_is_given_up_and_told_once(
    ask, bo, eva, issued, gateways, caplog
):
    class Unknowing(Deaf):
        async def revoke(self, *given):
            self.told += 1
            raise Refused("No certificate of that serial number was issued.", is_final=True)

    object.__setattr__(gateways, "authority", Unknowing(gateways.authority, times=0))
    await ask(bo, REVOKE, input=revoking(issued))

    for _ in range(3):
        await gateways.jobs.run_once("certificates")
        gateways.clock.advance(seconds=10)

    words = "No certificate of that serial number was issued."
    assert gateways.authority.told == 1
    said = [one.getMessage() for one in caplog.records if one.name == "resolvers.settling"]
    assert said == [f"The authority will never settle {issued.id}: {words}"]
    given_up, revoked, *_ = await history_of(ask, bo, issued.id)
    assert revoked.told == ("revokeCertificate", "DONE")
    assert given_up.told == ("giveUpSettlingCertificate", "DONE")
    assert given_up["actor"] == {"name": "Segl"}
    assert given_up["reason"] == f"The authority refuses for good: {words}"
    assert (await Certificate.get(id=issued.id)).version == 3


async def test_what_was_given_up_is_told_again_when_something_changes(
    ask, bo, eva, issued, gateways
):
    usual = gateways.authority

    class Unknowing(Deaf):
        async def revoke(self, *given):
            raise Refused("No certificate of that serial number was issued.", is_final=True)

    object.__setattr__(gateways, "authority", Unknowing(usual, times=0))
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    await gateways.jobs.run_once("certificates")
    object.__setattr__(gateways, "authority", usual)

    await ask(bo, REVOKE, input=revoking(issued))

    assert await settled(gateways, issued) == ("REVOKED", "superseded")


async def test_what_changes_while_it_is_being_told_is_told_next(ask, bo, eva, issued, gateways):
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    usual = gateways.authority

    class Slow(Deaf):
        async def revoke(self, *given):
            if not self.told:
                self.told = 1
                await asyncio.create_task(ask(bo, REACTIVATE, input={"userId": eva.id}))
            await self.usual.revoke(*given)

    object.__setattr__(gateways, "authority", Slow(usual, times=0))
    (key,) = await settling.take(gateways)

    await settling.settle(gateways, key)
    between = await said_of(gateways, issued)

    assert between == HELD
    assert await settled(gateways, issued) == GOOD


async def test_nothing_is_told_twice_when_nothing_has_changed(ask, bo, issued, gateways):
    await ask(bo, REVOKE, input=revoking(issued))
    await settled(gateways, issued)
    before = await everything_stored()

    await settled(gateways, issued)

    assert await everything_stored() == before
    assert await settling.take(gateways) == []


@pytest.mark.parametrize("ending", [DEACTIVATE, DELETE], ids=["deactivateUser", "deleteUser"])
async def test_who_is_closed_while_retrieving_and_renewing_has_nothing_good(
    ask, person, bo, gateways, ending
):
    for _ in range(6):
        user = await person()
        first, second = [
            (await ask(bo, ORDER, input={"kind": "USER", "holder": {"userId": user.id}}))
            for _ in range(2)
        ]
        held = (await ask(user, RETRIEVE, input=own(first["certificate"]["id"])))["certificate"]
        key = {"csr": request(OTHER_KEY)}

        await asyncio.gather(
            asyncio.create_task(
                send_quietly(ask, user, RETRIEVE, own(second["certificate"]["id"]))
            ),
            asyncio.create_task(
                send_quietly(ask, user, RENEW, {"certificateId": held["id"], "key": key})
            ),
            ask(bo, ending, input={"userId": user.id}),
            gateways.jobs.run_once("certificates"),
        )

        await gateways.jobs.run_once("certificates")
        for one in await Certificate.filter(user_id=user.id, pem__isnull=False):
            assert (await said_of(gateways, one))[0] == "REVOKED"


async def send_quietly(ask, who, document, given):
    """Asks for a change of whoever may be nobody any longer."""
    with suppress(AssertionError):
        await ask(who, document, input=given)
