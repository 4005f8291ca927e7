"""A new code for a separate MitID: shown once, stored as a hash, void as soon as it must be."""

import pytest

from models import Authenticator, HistoryEntry, User
from resolvers import periods
from tests.signing_in import RENEW, WITHDRAW
from tests.users import DEACTIVATE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm")


@pytest.fixture
async def held(make, bo):
    return await make.authenticator(bo)


@pytest.fixture
def renew(ask, admin, held):
    async def renew(one=held, **variables):
        return await ask(admin, RENEW, input={"authenticatorId": one.id}, **variables)

    return renew


async def test_a_new_code_is_shown_once_and_lasts_fourteen_days(renew, held, bo, letters, gateways):
    answer = await renew()

    assert answer["errors"] == []
    code = answer["temporaryCode"]["code"]
    assert len(code.replace("-", "")) == 16  # of 23 symbols: 72 bits
    assert answer["temporaryCode"]["expiresAt"] == "2026-11-16T09:00:00+00:00"
    assert answer["temporaryCode"]["user"] == {"id": str(bo.id)}
    assert (answer["authenticator"]["status"], answer["authenticator"]["version"]) == ("ACTIVE", 2)
    kept = await Authenticator.get(id=held.id)
    assert kept.code_hash == gateways.vault.hash_secret(code.replace("-", ""))
    (letter,) = await letters(bo.email)
    assert code not in letter.body
    assert code not in str([one.changes for one in await HistoryEntry.all()])


async def test_a_newer_code_replaces_the_former(renew, held):
    first, second = await renew(), await renew()

    assert first["temporaryCode"]["code"] != second["temporaryCode"]["code"]
    assert second["authenticator"]["version"] == 3


async def test_a_dry_run_shows_no_code(renew, held):
    answer = await renew(dryRun=True)

    assert (answer["errors"], answer["temporaryCode"]) == ([], None)
    assert (await Authenticator.get(id=held.id)).code_hash is None


async def test_a_code_is_made_for_a_separate_mitid_only(renew, make, bo):
    answer = await renew(await make.authenticator(bo, kind="PRIVATE_MITID"))

    assert answer.problem == "NOT_FOUND"
    assert answer["errors"][0]["path"] == ["authenticatorId"]


async def test_none_is_made_for_what_is_withdrawn_and_the_former_is_void(ask, admin, renew, held):
    await renew()
    await ask(admin, WITHDRAW, input={"authenticatorId": held.id})

    answer = await renew()

    assert answer.problem == "NOTHING_TO_CHANGE"
    assert (await Authenticator.get(id=held.id)).code_hash is None


async def test_who_is_deactivated_keeps_the_authenticator_without_its_code(
    ask, admin, renew, held, bo
):
    await renew()
    await ask(admin, DEACTIVATE, input={"userId": bo.id})

    answer = await renew()

    assert answer.problem == "USER_NOT_ACTIVE"
    kept = await Authenticator.get(id=held.id)
    assert (kept.status, kept.code_hash, kept.code_expires_at) == ("ACTIVE", None, None)


async def test_a_planned_deactivation_makes_the_code_void_on_its_day(
    ask, admin, renew, held, bo, gateways
):
    await renew()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-11-05"})
    assert (await Authenticator.get(id=held.id)).code_hash

    gateways.clock.advance(days=4)
    await periods.turn(gateways)

    assert (await User.get(id=bo.id)).status == "DEACTIVATED"
    assert (await Authenticator.get(id=held.id)).code_hash is None
