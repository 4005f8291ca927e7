"""What is known of a user changes: absent is unchanged, null is cleared; names get fixed."""

import pytest

from models import HistoryOutcome, User, UserSettings
from tests.making import EANS, P_NUMBERS
from tests.reading import stored
from tests.users import ANNE, BY_BIRTH, CREATE, UPDATE, USER, changes_in, last_told, link_in

pytestmark = pytest.mark.anyio

FIRST, SECOND, ELSEWHERE = P_NUMBERS


@pytest.fixture
async def admin(person, hansen):
    """A user administrator of an organisation that allows all kinds of information."""
    allowed = ["P_NUMBER", "SE_NUMBER", "EAN_NUMBER", "REFERENCE_TEXT"]
    await UserSettings.filter(organisation_id=hansen.id).update(allowed_information=allowed)
    return await person("user_administrator", name="Dorte Friis")


async def test_what_is_given_changes_and_what_is_absent_stays(ask, admin, person):
    bo = await person(phone_number="33445566")

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "referenceText": "cost centre 7"})

    assert answer["errors"] == []
    assert answer["user"]["referenceText"] == "cost centre 7"
    assert answer["user"]["phoneNumber"] == "33445566"
    assert answer["user"]["email"] == bo.email
    assert answer["user"]["version"] == bo.version + 1


async def test_the_history_tells_the_old_value_and_the_new_one(ask, admin, person):
    bo = await person(phone_number="33445566")

    await ask(admin, UPDATE, input={"userId": bo.id, "phoneNumber": "77889900", "pNumber": SECOND})

    entry = await last_told(bo)
    assert (entry.activity, entry.operation) == ("user:update", "updateUser")
    assert (entry.outcome, entry.actor_user_id) == (HistoryOutcome.DONE, admin.id)
    assert changes_in(entry) == {
        "phoneNumber": ("33445566", "77889900"),
        "productionUnit": (None, SECOND),
    }


@pytest.mark.parametrize(
    ("argument", "shown", "given"),
    [
        ("phoneNumber", "phoneNumber", "33445566"),
        ("referenceText", "referenceText", "cost centre 7"),
        ("pNumber", "productionUnit", FIRST),
        ("seNumber", "vatUnit", None),
        ("eanNumber", "ean", EANS[0]),
    ],
)
async def test_what_a_user_can_do_without_is_cleared_by_null(
    ask, admin, person, hansen, argument, shown, given
):
    bo = await person()
    value = given or hansen.cvr_number

    filled = await ask(admin, UPDATE, input={"userId": bo.id, argument: value})
    cleared = await ask(admin, UPDATE, input={"userId": bo.id, argument: None})

    assert value in str(filled["user"][shown])
    assert cleared["errors"] == []
    assert cleared["user"][shown] is None


@pytest.mark.parametrize(
    "argument",
    ["email", "targetAssuranceLevel", "canSign", "canSeal", "firstName", "surname", "person"],
)
async def test_what_a_user_cannot_do_without_is_not_cleared(ask, admin, person, argument):
    bo = await person()
    before = await stored(User)

    answer = await ask(admin, UPDATE, input={"userId": bo.id, argument: None})

    assert answer.problem == "REQUIRED"
    assert answer["errors"][0]["path"] == [argument]
    assert await stored(User) == before


@pytest.mark.parametrize("given", [{}, {"expectedVersion": 1}])
async def test_an_update_without_a_value_is_refused(ask, admin, person, given):
    bo = await person()

    answer = await ask(admin, UPDATE, input={"userId": bo.id, **given})

    assert answer.problem == "NOTHING_TO_CHANGE"
    assert (await User.get(id=bo.id)).version == 1


async def test_all_wrong_values_of_an_update_are_told_at_once(ask, admin, person, hansen):
    bo = await person()
    await UserSettings.filter(organisation_id=hansen.id).update(allowed_information=[])
    given = {
        "email": "bo",
        "phoneNumber": "1",
        "pNumber": FIRST,
        "eanNumber": EANS[1],
        "canSign": None,
        "referenceText": "x",
        "person": {"dateOfBirth": "2030-01-01"},
    }

    answer = await ask(admin, UPDATE, input={"userId": bo.id, **given})

    assert sorted((one["code"], *one["path"]) for one in answer["errors"]) == [
        ("DATE_IN_FUTURE", "person", "dateOfBirth"),
        ("EAN_NOT_REGISTERED", "eanNumber"),
        ("MALFORMED", "email"),
        ("MALFORMED", "phoneNumber"),
        ("REFERENCE_TEXT_DISABLED", "referenceText"),
        ("REQUIRED", "canSign"),
        ("SETTING_FORBIDS", "pNumber"),
    ]


async def test_no_level_above_the_organisations_is_given_later(ask, make):
    modest = await make.organisation("Beskeden ApS", assurance_level=3)
    admin, bo = await make.user(modest, "user_administrator"), await make.user(modest)

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "targetAssuranceLevel": "HIGH"})

    assert answer.problem == "LEVEL_ABOVE_ORGANISATION"
    assert answer["errors"][0]["path"] == ["targetAssuranceLevel"]


NAMES = [
    ({"firstName": "Bent"}, ["firstName"]),
    ({"surname": "Lind"}, ["surname"]),
    ({"person": {"cprNumber": "6101904242"}}, ["person"]),
    ({"person": {"dateOfBirth": "1991-01-01"}}, ["person"]),
]


@pytest.mark.parametrize(("given", "path"), NAMES)
@pytest.mark.parametrize("status", ["ACTIVE", "DEACTIVATED"])
async def test_names_and_numbers_are_fixed_once_a_user_was_activated(
    ask, admin, person, given, path, status
):
    bo = await person(status=status)
    before = await stored(User)

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "canSign": True, **given})

    assert answer.problem == "NAME_FIXED_AFTER_ACTIVATION"
    assert answer["errors"][0]["path"] == path
    assert await stored(User) == before


async def test_before_activation_names_and_numbers_can_be_corrected(ask, admin):
    anne = (await ask(admin, CREATE, input=ANNE))["user"]
    given = {"surname": "Ågaard", "person": {"cprNumber": "6102904242"}}

    answer = await ask(admin, UPDATE, input={"userId": anne["id"], **given})

    assert answer["user"]["name"] == "Anne Ågaard"
    assert answer["user"]["cprNumber"] == "610290-****"
    assert answer["user"]["dateOfBirth"] == "1990-02-01"
    told = changes_in(await last_told(anne["id"]))
    assert told["cprNumber"] == ("610190-****", "610290-****")
    assert told["surname"] == ("Østergaard", "Ågaard")


async def test_a_changed_address_is_told_to_the_old_one(ask, admin, person, letters):
    bo = await person(email="bo@example.dk")

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "email": "bh@example.dk"})

    assert answer["user"]["email"] == "bh@example.dk"
    (letter,) = await letters("bo@example.dk")
    assert letter.subject == "Din e-mailadresse i Hansen & Søn ApS er ændret"
    assert "bh@example.dk" not in letter.body


async def test_an_address_that_stays_the_same_is_told_to_nobody(ask, admin, person, letters):
    bo = await person(email="bo@example.dk")

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "email": "bo@example.dk"})

    assert answer["errors"] == []
    assert await letters("bo@example.dk") == []


@pytest.mark.parametrize("way", [{}, BY_BIRTH])
async def test_a_new_address_before_activation_gets_a_new_link(ask, admin, letters, way):
    anne = (await ask(admin, CREATE, input=ANNE | way))["user"]
    (first,) = await letters("anne@example.dk")

    answer = await ask(admin, UPDATE, input={"userId": anne["id"], "email": "new@example.dk"})

    assert answer["user"]["activation"]["letter"] == {"to": "new@example.dk"}
    _, second = await letters("anne@example.dk")
    assert second.subject == "Din e-mailadresse i Hansen & Søn ApS er ændret"
    (new,) = await letters("new@example.dk")
    assert link_in(new) != link_in(first)


async def test_an_update_of_what_has_moved_on_meanwhile_is_a_conflict(ask, admin, person):
    bo = await person()
    seen = {"userId": bo.id, "expectedVersion": bo.version}

    first = await ask(admin, UPDATE, input={**seen, "phoneNumber": "33445566"})
    second = await ask(admin, UPDATE, input={**seen, "phoneNumber": "77889900"})

    assert first["user"]["version"] == 2
    assert second.problem == "VERSION_CHANGED"
    assert second["errors"][0]["path"] == ["expectedVersion"]
    assert second["errors"][0]["currentVersion"] == 2
    assert (await User.get(id=bo.id)).phone_number == "33445566"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"phoneNumber": "33445566"}, "USER_DELETED"),
        ({"phoneNumber": "1"}, "MALFORMED"),
        ({}, "NOTHING_TO_CHANGE"),
    ],
)
async def test_a_deleted_user_is_not_updated_and_wrong_values_are_told_first(
    ask, admin, person, given, code
):
    bo = await person(status="DELETED")

    answer = await ask(admin, UPDATE, input={"userId": bo.id, **given})

    assert answer.problem == code


async def test_a_dry_run_of_an_update_shows_what_would_be(ask, admin, person, letters):
    bo = await person(email="bo@example.dk")
    given, before = {"userId": bo.id, "email": "bh@example.dk"}, await stored(User)

    answer = await ask(admin, UPDATE, input=given, dryRun=True)

    assert (answer["user"]["email"], answer["user"]["version"]) == ("bh@example.dk", 2)
    assert await stored(User) == before
    assert await letters("bo@example.dk") == []
    assert (await last_told(bo)).activity != "user:update"


async def test_a_number_of_another_organisation_is_not_registered_here(ask, make, jensen, hansen):
    admin, bo = await make.user(jensen, "user_administrator"), await make.user(jensen)

    answer = await ask(admin, UPDATE, input={"userId": bo.id, "pNumber": SECOND})

    assert answer.problem == "P_NUMBER_NOT_REGISTERED"


async def test_nobody_changes_what_is_known_of_oneself(ask, admin, person):
    bo = await person()

    answer = await ask(bo, UPDATE, input={"userId": bo.id, "phoneNumber": "33445566"})

    assert answer.problem == "DENIED"
    seen = await ask(admin, USER, id=bo.id)
    assert seen["phoneNumber"] is None


@pytest.mark.parametrize(
    "given",
    [
        {"phoneNumber": "33445566"},
        {"email": "anne@example.dk", "phoneNumber": "33445566"},
        {"firstName": "Anne", "surname": "Østergaard", "person": {"cprNumber": "610190-4242"}},
    ],
)
async def test_what_is_as_it_was_makes_no_version_no_history_and_no_letter(
    ask, admin, letters, given
):
    anne = (await ask(admin, CREATE, input=ANNE | {"phoneNumber": "33445566"}))["user"]
    told, before = await last_told(anne["id"]), await stored(User)

    answer = await ask(admin, UPDATE, input={"userId": anne["id"], **given})

    assert (answer["errors"], answer["user"]["version"]) == ([], 1)
    assert (await last_told(anne["id"])).id == told.id
    assert await stored(User) == before
    assert len(await letters("anne@example.dk")) == 1
