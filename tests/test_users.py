"""Users come to be: by CPR number or by date of birth, as far as the settings allow."""

import pytest

from models import (
    Activation,
    DefaultSettings,
    HistoryEntry,
    HistoryOutcome,
    ProductionUnit,
    User,
    UserSettings,
)
from tests.making import EANS, P_NUMBERS
from tests.tables import who_may
from tests.users import ANNE, BY_BIRTH, CREATE, EVERY_ROLE, USER, changes_in, last_told, link_in

pytestmark = pytest.mark.anyio

FIRST, SECOND, _ = P_NUMBERS

test_who_may_use_users = who_may("""
                               self  user_administrator  rights_administrator  organisation_administrator
    user:list                   .            x                    x                       x
    user:read                   x            x                    x                       x
    user:read_history           x            x                    x                       x
    user:create                 .            x                    .                       .
    user:update                 .            x                    .                       .
    user:resend_activation      .            x                    .                       .
    user:renew_temporary_code   .            x                    .                       .
    user:activate               x            .                    .                       .
    user:deactivate             .            x                    .                       .
    user:reactivate             .            x                    .                       .
    user:delete                 .            x                    .                       .
    user:reveal_cpr_number      x            x                    .                       .
""")  # noqa: E501


async def test_a_user_with_a_cpr_number_gets_a_letter_with_a_link(ask, person, letters):
    admin = await person("user_administrator")

    answer = await ask(admin, CREATE, input=ANNE)

    assert answer["errors"] == []
    assert answer["temporaryCode"] is None
    user = answer["user"]
    assert user.pop("id")
    assert user == {
        "version": 1,
        "status": "AWAITING_ACTIVATION",
        "name": "Anne Østergaard",
        "email": "anne@example.dk",
        "phoneNumber": None,
        "cprNumber": "610190-****",
        "dateOfBirth": "1990-01-01",
        "isAnonymous": False,
        "referenceText": None,
        "targetAssuranceLevel": "HIGH",
        "assuranceLevel": None,
        "canSign": False,
        "canSeal": False,
        "activatedAt": None,
        "productionUnit": None,
        "vatUnit": None,
        "ean": None,
        "deactivation": None,
        "activation": {
            "kind": "LINK",
            "expiresAt": "2026-12-02T09:00:00+00:00",
            "isExpired": False,
            "triesLeft": None,
            "letter": {"to": "anne@example.dk"},
        },
    }
    (letter,) = await letters("anne@example.dk")
    assert letter.subject == "Aktivér din bruger i Hansen & Søn ApS"
    assert link_in(letter)
    assert "02.12.2026" in letter.body


async def test_the_history_tells_who_created_whom_with_which_values(ask, person):
    admin = await person("user_administrator", name="Dorte Friis")

    answer = await ask(admin, CREATE, input=ANNE | {"phoneNumber": "33445566"})

    entry = await last_told(answer["user"]["id"])
    assert (entry.activity, entry.outcome, entry.actor_user_id) == (
        "user:create",
        HistoryOutcome.DONE,
        admin.id,
    )
    assert entry.summary == "Create user: Anne Østergaard"
    told = changes_in(entry)
    assert told["phoneNumber"] == (None, "33445566")
    assert told["cprNumber"] == (None, "610190-****")
    assert told["status"] == (None, "AWAITING_ACTIVATION")


async def test_a_user_by_date_of_birth_gets_a_letter_and_the_administrator_a_code(
    ask, person, letters
):
    admin = await person("user_administrator")

    answer = await ask(admin, CREATE, input=ANNE | BY_BIRTH)

    code = answer["temporaryCode"]
    assert len(code["code"].replace("-", "")) == 16
    assert code["expiresAt"] == "2026-11-16T09:00:00+00:00"
    assert code["user"]["id"] == answer["user"]["id"]
    assert answer["user"]["cprNumber"] is None
    assert answer["user"]["dateOfBirth"] == "1990-01-01"
    activation = answer["user"]["activation"]
    assert (activation["kind"], activation["triesLeft"]) == ("TEMPORARY_CODE", 5)
    assert activation["expiresAt"] == code["expiresAt"]
    (letter,) = await letters("anne@example.dk")
    assert link_in(letter)
    assert code["code"] not in letter.body


async def test_the_code_is_shown_once_and_stored_nowhere(ask, asker, person):
    admin = await person("user_administrator")
    key = {"Idempotency-Key": "one"}

    first = await ask(admin, CREATE, key, input=ANNE | BY_BIRTH)
    again = await asker.post(admin, CREATE, key, input=ANNE | BY_BIRTH)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["data"]["createUser"]["temporaryCode"] is None
    assert again.json()["data"]["createUser"]["user"] == first["user"]
    stored = await Activation.get(user_id=first["user"]["id"]).values()
    assert first["temporaryCode"]["code"] not in str(stored)


async def test_a_dry_run_shows_the_user_but_keeps_nothing_and_shows_no_code(ask, person, letters):
    admin = await person("user_administrator")

    answer = await ask(admin, CREATE, input=ANNE | BY_BIRTH, dryRun=True)

    assert answer["errors"] == []
    assert answer["user"]["status"] == "AWAITING_ACTIVATION"
    assert answer["temporaryCode"] is None
    assert await User.all().count() == 1
    assert await letters("anne@example.dk") == []
    assert not await HistoryEntry.exists(activity="user:create")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, FIRST),
        ({"pNumber": SECOND}, SECOND),
        ({"pNumber": None}, None),
    ],
)
async def test_an_absent_p_number_takes_the_default_and_null_takes_none(
    ask, person, hansen, given, taken
):
    admin = await person("user_administrator")
    unit = await ProductionUnit.get(organisation_id=hansen.id, p_number=FIRST)
    settings = DefaultSettings.filter(organisation_id=hansen.id)
    await settings.update(user_production_unit_id=unit.id)

    answer = await ask(admin, CREATE, input=ANNE | given)

    unit = answer["user"]["productionUnit"]
    assert (unit and unit["pNumber"]) == taken


@pytest.mark.parametrize(
    ("setting", "given", "path"),
    [
        ({"can_be_anonymous": False}, {"isAnonymous": True}, "isAnonymous"),
        ({"allowed_information": []}, {"pNumber": FIRST}, "pNumber"),
        ({"allowed_information": ["P_NUMBER"]}, {"seNumber": "own"}, "seNumber"),
    ],
)
async def test_what_the_settings_forbid_is_refused(ask, person, hansen, setting, given, path):
    admin = await person("user_administrator")
    await UserSettings.filter(organisation_id=hansen.id).update(**setting)
    if given == {"seNumber": "own"}:
        given = {"seNumber": hansen.cvr_number}

    answer = await ask(admin, CREATE, input=ANNE | given)

    assert answer.problem == "SETTING_FORBIDS"
    assert answer["errors"][0]["path"] == [path]


async def test_what_the_settings_allow_is_kept(ask, person, hansen):
    admin = await person("user_administrator")
    allowed = ["P_NUMBER", "SE_NUMBER", "EAN_NUMBER", "REFERENCE_TEXT"]
    await UserSettings.filter(organisation_id=hansen.id).update(allowed_information=allowed)
    given = {
        "isAnonymous": True,
        "referenceText": "cost centre 7",
        "pNumber": SECOND,
        "seNumber": hansen.cvr_number,
        "eanNumber": EANS[0],
        "targetAssuranceLevel": "SUBSTANTIAL",
        "canSign": True,
        "canSeal": True,
    }

    answer = await ask(admin, CREATE, input=ANNE | given)

    user = answer["user"]
    assert (user["isAnonymous"], user["referenceText"]) == (True, "cost centre 7")
    assert user["productionUnit"] == {"pNumber": SECOND}
    assert user["vatUnit"] == {"seNumber": hansen.cvr_number}
    assert user["ean"] == {"eanNumber": EANS[0]}
    assert (user["targetAssuranceLevel"], user["canSign"], user["canSeal"]) == (
        "SUBSTANTIAL",
        True,
        True,
    )


async def test_nobody_is_asked_for_a_level_above_the_organisations(ask, make):
    modest = await make.organisation("Beskeden ApS", assurance_level=3)
    admin = await make.user(modest, "user_administrator")

    refused = await ask(admin, CREATE, input=ANNE | {"targetAssuranceLevel": "HIGH"})
    made = await ask(admin, CREATE, input=ANNE)

    assert refused.problem == "LEVEL_ABOVE_ORGANISATION"
    assert refused["errors"][0]["path"] == ["targetAssuranceLevel"]
    assert made["user"]["targetAssuranceLevel"] == "SUBSTANTIAL"


async def test_two_users_may_share_a_cpr_number_and_an_address(ask, person):
    admin = await person("user_administrator")

    first = await ask(admin, CREATE, input=ANNE)
    second = await ask(admin, CREATE, input=ANNE)

    assert first["errors"] == second["errors"] == []
    assert first["user"]["id"] != second["user"]["id"]


@pytest.mark.parametrize("role", [None, "rights_administrator", "organisation_administrator"])
async def test_who_is_no_user_administrator_creates_nobody_and_the_attempt_is_kept(
    ask, person, hansen, role
):
    somebody = await person(*[role] if role else [])

    answer = await ask(somebody, CREATE, input=ANNE | {"email": "wrong"})

    assert answer.problem == "DENIED"
    entry = await last_told(hansen)
    assert (entry.outcome, entry.activity) == (HistoryOutcome.DENIED, "user:create")
    assert entry.actor_user_id == somebody.id
    assert await User.all().count() == 1


async def test_a_new_user_belongs_to_the_organisation_of_who_asks(ask, send, make, person, jensen):
    admin, stranger = await person("user_administrator"), await make.user(jensen, *EVERY_ROLE)

    answer = await ask(admin, CREATE, input=ANNE)

    seen = await send(stranger, USER, id=answer["user"]["id"])
    assert seen["errors"][0]["extensions"]["code"] == "NOT_FOUND"
