"""Private MitID at work needs the person's consent, which nobody else gives or takes back."""

import pytest

from models import Authenticator, HistoryEntry, HistoryOutcome
from tests.reading import history_of
from tests.signing_in import GIVE, MEANS, WITHDRAW, WITHDRAW_CONSENT, allow

pytestmark = pytest.mark.anyio

WAITING = {"kind": "PRIVATE_MITID", "status": "CONSENT_MISSING", "activated_at": None}


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm")


@pytest.fixture
async def private(make, bo):
    """Bo's private MitID, to which Bo has not agreed yet."""
    return await make.authenticator(bo, **WAITING)


async def test_a_user_agrees_and_can_sign_in_with_private_mitid(ask, bo, private, letters, person):
    answer = await ask(bo, GIVE, input={"authenticatorId": private.id})

    assert answer["errors"] == []
    assert (answer["authenticator"]["status"], answer["authenticator"]["version"]) == ("ACTIVE", 2)
    assert answer["authenticator"]["activatedAt"] == "2026-11-02T09:00:00+00:00"
    (letter,) = await letters(bo.email)
    assert "samtykke" in letter.body
    (entry,) = await history_of(ask, await person("user_administrator"), private)
    assert entry.changes["status"] == ("CONSENT_MISSING", "ACTIVE")
    assert entry["actor"]["name"] == "Bo Holm"


async def test_a_consent_can_be_withdrawn_and_given_again(ask, bo, private, letters):
    given = {"input": {"authenticatorId": private.id}}
    await ask(bo, GIVE, **given)

    withdrawn = await ask(bo, WITHDRAW_CONSENT, **given)
    seen = await ask(bo, MEANS, id=bo.id)
    again = await ask(bo, GIVE, **given)

    assert withdrawn["authenticator"]["status"] == "CONSENT_MISSING"
    assert [one["status"] for one in seen["authenticators"]["nodes"]] == ["CONSENT_MISSING"]
    assert again["authenticator"]["status"] == "ACTIVE"
    assert len(await letters(bo.email)) == 3


@pytest.mark.parametrize("operation", [GIVE, WITHDRAW_CONSENT])
async def test_no_administrator_speaks_for_the_user_and_the_attempt_is_kept(
    ask, person, private, operation
):
    owner = await person("organisation_administrator", "user_administrator", "rights_administrator")

    answer = await ask(owner, operation, input={"authenticatorId": private.id})

    assert answer.problem == "DENIED"
    assert (await Authenticator.get(id=private.id)).status == "CONSENT_MISSING"
    assert (await HistoryEntry.filter(outcome=HistoryOutcome.DENIED).count()) == 1


@pytest.mark.parametrize("operation", [GIVE, WITHDRAW_CONSENT])
async def test_a_stranger_finds_nothing(ask, make, jensen, private, operation):
    stranger = await make.user(jensen, "user_administrator")

    answer = await ask(stranger, operation, input={"authenticatorId": private.id})

    assert answer.problem == "NOT_FOUND"


async def test_what_was_agreed_to_is_not_agreed_to_again(ask, bo, private):
    await ask(bo, GIVE, input={"authenticatorId": private.id})

    answer = await ask(bo, GIVE, input={"authenticatorId": private.id})

    assert answer.problem == "AUTHENTICATOR_ALREADY_ASSIGNED"


async def test_a_consent_that_was_not_given_is_not_withdrawn(ask, bo, private):
    answer = await ask(bo, WITHDRAW_CONSENT, input={"authenticatorId": private.id})

    assert answer.problem == "CONSENT_MISSING"


async def test_no_consent_helps_where_the_settings_forbid_private_mitid(
    ask, bo, private, make, hansen
):
    await allow(make, hansen, allowed_kinds=["SEPARATE_MITID"])

    answer = await ask(bo, GIVE, input={"authenticatorId": private.id})

    assert answer.problem == "AUTHENTICATOR_FORBIDDEN"
    assert (await Authenticator.get(id=private.id)).status == "CONSENT_MISSING"


async def test_a_consent_can_be_withdrawn_even_where_it_could_not_be_given(ask, bo, make, hansen):
    private = await make.authenticator(bo, kind="PRIVATE_MITID")
    await allow(make, hansen, allowed_kinds=["SEPARATE_MITID"])

    answer = await ask(bo, WITHDRAW_CONSENT, input={"authenticatorId": private.id})

    assert answer["errors"] == []


@pytest.mark.parametrize("operation", [GIVE, WITHDRAW_CONSENT])
async def test_consent_is_about_private_mitid_only(ask, bo, make, operation):
    app = await make.authenticator(bo)

    answer = await ask(bo, operation, input={"authenticatorId": app.id})

    assert answer.problem == "NOT_FOUND"


async def test_no_consent_brings_back_what_was_withdrawn(ask, bo, private, person):
    admin = await person("user_administrator")
    await ask(admin, WITHDRAW, input={"authenticatorId": private.id})

    answer = await ask(bo, GIVE, input={"authenticatorId": private.id})

    assert answer.problem == "NOTHING_TO_CHANGE"
