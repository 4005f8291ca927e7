"""People ask to become users or to become anonymous, and take it back."""

import asyncio
from datetime import date

import pytest
from stdnum.dk import cvr

from gateways import Claims
from models import Actor, HistoryEntry, Language, Request, User, UserSettings, UserStatus
from tests.making import CVR_NUMBERS
from tests.requests import (
    REQUEST_ANONYMITY,
    REQUEST_USER,
    WITHDRAW,
    WITHDRAW_ALONE,
    let_people_ask,
    wish,
)
from tests.scenes import everything_stored
from tests.tables import who_may
from tests.users import CPR, EVERY_ROLE, changes_in, last_told

pytestmark = pytest.mark.anyio

ANNE = Claims(cpr_number=CPR, name="Anne Østergaard")

test_who_may_use_requests = who_may("""
                               self  person  user_administrator  rights_administrator  organisation_administrator
    request:list                .      .            x                    x                       x
    request:read                x      .            x                    x                       x
    request:withdraw            x      x            .                    .                       .
    user_request:create         x      x            .                    .                       .
    user_request:decide         .      .            x                    .                       .
    anonymity_request:create    x      .            .                    .                       .
    anonymity_request:decide    .      .            x                    .                       .
""")  # noqa: E501


@pytest.fixture
async def home(hansen, make):
    """Hansen & Søn, where people may ask to become users."""
    return await let_people_ask(make, hansen)


@pytest.fixture
def forbid(make, hansen):
    """Lets the settings of Hansen & Søn forbid something."""

    async def forbid(**choices):
        settings = await UserSettings.get(organisation_id=hansen.id)
        settings.update_from_dict(choices)
        async with make.change(hansen.id):
            await settings.save()

    return forbid


async def test_a_person_asks_to_become_a_user(ask, home, gateways):
    answer = await ask(
        ANNE, REQUEST_USER, input=wish(home.cvr_number, phoneNumber="20304050", reason="New job")
    )

    assert answer["errors"] == []
    request = await Request.get(organisation_id=home.id).prefetch_related("asked_by")
    told = {"id": str(request.id), "version": 1, "kind": "USER", "status": "OPEN"}
    assert answer["request"] == told
    assert (request.first_name, request.surname) == ("Anne", "Østergaard")
    assert (request.email, request.phone_number) == ("anne@example.dk", "20304050")
    assert (request.reason, request.language) == ("New job", Language.ENGLISH)
    assert (request.asked_by.name, request.asked_by.user_id) == ("Anne Østergaard", None)
    assert not await User.exists(email="anne@example.dk")


async def test_the_cpr_number_is_the_one_of_the_sign_in_sealed_and_nowhere_in_full(
    ask, home, gateways, caplog
):
    caplog.set_level("DEBUG")

    await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number))

    request = await Request.get(organisation_id=home.id)
    assert request.cpr_number == "610190-****"
    assert gateways.vault.unseal(request.cpr_number_sealed) == CPR
    assert request.cpr_number_hash == gateways.vault.fingerprint(CPR)
    entry = await last_told(request)
    assert changes_in(entry)["cprNumber"] == (None, "610190-****")
    assert CPR not in f"{vars(entry)} {vars(await Actor.get(id=entry.actor_id))} {caplog.text}"


async def test_the_history_of_the_organisation_names_the_person(ask, home):
    await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number, reason="New job"))

    entry = await HistoryEntry.get(operation="requestUser")
    assert entry.organisation_id == home.id
    assert (entry.activity, entry.about_kind) == ("user_request:create", "REQUEST")
    assert (entry.summary, entry.reason) == ("Request user: Anne Østergaard", "New job")
    assert (await Actor.get(id=entry.actor_id)).name == "Anne Østergaard"
    assert entry.actor_user_id is None


async def test_the_name_in_the_history_is_the_one_that_the_sign_in_proved(ask, home):
    await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number, firstName="Queen"))

    request = await Request.get(organisation_id=home.id).prefetch_related("asked_by")
    assert (request.name, request.asked_by.name) == ("Queen Østergaard", "Anne Østergaard")


async def test_user_administrators_are_written_to_each_in_their_language(
    ask, home, make, person, letters
):
    admins = [
        await person("user_administrator", name="Bo Holm", language=language)
        for language in Language
    ]
    others = [
        await person("organisation_administrator", "rights_administrator"),
        await person("user_administrator", status=UserStatus.DEACTIVATED),
        await make.user(await make.organisation("Elsewhere"), "user_administrator"),
    ]

    await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number, reason="Because"))

    found = [one for admin in admins for one in await letters(admin.email)]
    assert [one.subject for one in found] == [
        "Nogen anmoder om at blive bruger i Hansen & Søn ApS",
        "Somebody asks to become a user of Hansen & Søn ApS",
    ]
    assert "Anne Østergaard asks to become a user" in found[1].body
    assert not any(CPR[:6] in one.body for one in found)
    assert [await letters(one.email) for one in others] == [[], [], []]


async def test_an_unknown_organisation_and_one_that_forbids_it_answer_the_same(ask, hansen):
    unknown = next(one for one in CVR_NUMBERS if cvr.is_valid(one))
    before = await everything_stored()

    answers = [
        await ask(ANNE, REQUEST_USER, input=wish(one)) for one in (unknown, hansen.cvr_number)
    ]

    assert answers[0] == answers[1]
    (error,) = answers[0]["errors"]
    assert (error["code"], error["path"]) == ("SETTING_FORBIDS", ["cvrNumber"])
    assert await everything_stored() == before


async def test_all_that_is_wrong_is_told_at_once(ask, home):
    answer = await ask(
        ANNE, REQUEST_USER, input=wish("12345678", firstName=" ", email="no", phoneNumber="1")
    )

    assert {(one["code"], *one["path"]) for one in answer["errors"]} == {
        ("CHECK_DIGIT_WRONG", "cvrNumber"),
        ("REQUIRED", "firstName"),
        ("MALFORMED", "email"),
        ("MALFORMED", "phoneNumber"),
    }


async def test_a_person_has_one_open_request_in_an_organisation(ask, home):
    first = await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number))

    again = await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number, email="new@example.dk"))

    (error,) = again["errors"]
    assert (error["code"], error["currentVersion"]) == ("REQUEST_ALREADY_OPEN", 1)
    await ask(ANNE, WITHDRAW_ALONE, input={"requestId": first["request"]["id"]})
    assert (await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number)))["errors"] == []


async def test_a_sign_in_that_proves_no_cpr_number_is_not_enough(ask, home):
    by_birth = Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 1))

    answer = await ask(by_birth, REQUEST_USER, input=wish(home.cvr_number))

    assert answer.problem == "ASSURANCE_TOO_LOW"
    assert not await Request.exists()


async def test_a_user_elsewhere_asks_with_the_number_that_was_proved_there(
    ask, home, make, jensen, gateways
):
    anne = await make.user(jensen, "user_administrator", name="Anne Østergaard", cpr=CPR)

    answer = await ask(anne, REQUEST_USER, input=wish(home.cvr_number))

    assert answer["errors"] == []
    request = await Request.get().prefetch_related("asked_by")
    assert (request.organisation_id, request.user_id) == (home.id, None)
    assert gateways.vault.unseal(request.cpr_number_sealed) == CPR
    assert (request.asked_by.name, request.asked_by.user_id) == ("Anne Østergaard", None)
    assert not await HistoryEntry.exists(organisation_id=jensen.id, operation="requestUser")


TWO_AT_ONCE = """
mutation ($wish: RequestUserInput!) {
  requestUser(input: $wish) { request { status } errors { code } }
  setLanguage(input: {language: ENGLISH}) { viewer { language } errors { code } }
}
"""


async def test_whoever_asked_elsewhere_is_at_home_again_afterwards(send, home, make, jensen):
    anne = await make.user(jensen)

    answer = await send(anne, TWO_AT_ONCE, wish=wish(home.cvr_number))

    assert answer["data"]["requestUser"] == {"request": {"status": "OPEN"}, "errors": []}
    assert answer["data"]["setLanguage"]["viewer"] == {"language": "ENGLISH"}
    assert (await User.get(id=anne.id)).language is Language.ENGLISH


ASKED = """
mutation ($wish: RequestUserInput!) {
  requestUser(input: $wish) { request { status person { cprNumber } } errors { code } }
}
"""


async def test_an_administrator_elsewhere_reads_as_the_person_who_asks(send, home, make, jensen):
    anne = await make.user(jensen, *EVERY_ROLE)

    answer = await send(anne, ASKED, wish=wish(home.cvr_number))

    asked = answer["data"]["requestUser"]
    assert asked["request"] == {"status": "OPEN", "person": {"cprNumber": None}}
    assert [one["extensions"]["permission"] for one in answer["errors"]] == ["user:read"]


async def test_who_asks_twice_at_once_has_asked_once(ask, home, person):
    eva, given = await person(), wish(home.cvr_number)

    by_person = await asyncio.gather(*(ask(ANNE, REQUEST_USER, input=given) for _ in range(3)))
    by_user = await asyncio.gather(*(ask(eva, REQUEST_ANONYMITY, input={}) for _ in range(3)))

    for answers in (by_person, by_user):
        told = sorted(one.problems for one in answers)
        assert told == [[], ["REQUEST_ALREADY_OPEN"], ["REQUEST_ALREADY_OPEN"]]
    assert await Request.all().count() == 2


async def test_a_repeat_under_a_key_asks_once(ask, home):
    key = {"Idempotency-Key": "anne-1"}

    answers = [
        await ask(ANNE, REQUEST_USER, headers=key, input=wish(home.cvr_number)) for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert answers[0]["errors"] == []
    assert await Request.all().count() == 1


async def test_a_user_asks_to_become_anonymous(ask, person, letters):
    admin = await person("user_administrator", language=Language.ENGLISH)
    eva = await person(name="Eva Lund")

    answer = await ask(eva, REQUEST_ANONYMITY, input={"reason": "Protected address"})

    assert answer["errors"] == []
    request = answer["request"]
    assert (request["kind"], request["status"], request["canDecide"]) == (
        "ANONYMITY",
        "OPEN",
        False,
    )
    assert request["reason"] == "Protected address"
    assert request["askedBy"] == {
        "kind": "PERSON",
        "name": "Eva Lund",
        "user": {"name": "Eva Lund"},
    }
    assert (request["person"], request["user"]["name"]) == (None, "Eva Lund")
    (letter,) = await letters(admin.email)
    assert letter.subject == "A user asks to become anonymous in Hansen & Søn ApS"
    entry = await last_told(request["id"])
    assert (entry.activity, entry.actor_user_id) == ("anonymity_request:create", eva.id)


async def test_who_is_anonymous_already_needs_not_ask(ask, person):
    eva = await person(is_anonymous=True)

    answer = await ask(eva, REQUEST_ANONYMITY, input={})

    assert answer.problem == "NOTHING_TO_CHANGE"


async def test_anonymity_is_not_asked_for_where_the_settings_forbid_it(ask, person, forbid):
    await forbid(can_be_anonymous=False)

    answer = await ask(await person(), REQUEST_ANONYMITY, input={})

    assert answer.problem == "SETTING_FORBIDS"


async def test_anonymity_is_asked_for_once_at_a_time(ask, person):
    eva = await person()
    first = await ask(eva, REQUEST_ANONYMITY, input={})

    again = await ask(eva, REQUEST_ANONYMITY, input={})

    assert again.problem == "REQUEST_ALREADY_OPEN"
    await ask(eva, WITHDRAW, input={"requestId": first["request"]["id"]})
    assert (await ask(eva, REQUEST_ANONYMITY, input={}))["errors"] == []


async def test_a_person_without_a_user_cannot_ask_for_anonymity(ask, home):
    answer = await ask(ANNE, REQUEST_ANONYMITY, input={})

    assert answer.problem == "DENIED"
