"""What a new user may sign in with: chosen by the administrator, then by the person."""

import pytest

from gateways import Claims
from models import Authenticator, HistoryEntry, User
from tests.reading import stored
from tests.signing_in import CHIP, MEANS, PRIVATE, allow
from tests.users import ACTIVATE, ANNE, CPR, CREATE, link_in

pytestmark = pytest.mark.anyio

ANNE_BY_CPR = Claims(cpr_number=CPR)
APP = {"kind": "SEPARATE_MITID", "device": "APP"}
LOCAL = {"kind": "LOCAL", "subjectName": "anne"}


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def create(ask, admin):
    async def create(*authenticators):
        given = {"authenticators": [*authenticators]} if authenticators else {}
        return await ask(admin, CREATE, input=ANNE | given)

    return create


@pytest.fixture
def activate(ask, letters):
    """Anne follows the latest link."""

    async def activate(**choices):
        link = link_in((await letters("anne@example.dk"))[-1])
        return await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link} | choices)

    return activate


@pytest.fixture
def means(ask, admin):
    """What Anne has, and how far each has come."""

    async def means():
        anne = await User.get(email="anne@example.dk")
        found = await ask(admin, MEANS, id=anne.id)
        return [
            (one["device"] or one["kind"], one["status"])
            for one in found["authenticators"]["nodes"]
        ]

    return means


async def test_a_new_user_gets_a_separate_mitid_by_app(create, means, letters):
    answer = await create()

    assert answer["errors"] == []
    assert await means() == [("APP", "ORDERED")]
    assert len(await letters("anne@example.dk")) == 1


async def test_the_administrator_chooses_what_a_new_user_signs_in_with(create, means):
    answer = await create(PRIVATE, CHIP)

    assert answer["errors"] == []
    assert await means() == [("PRIVATE_MITID", "CONSENT_MISSING"), ("CHIP", "ORDERED")]
    told = await HistoryEntry.filter(operation="createUser").values_list("about_kind", flat=True)
    assert sorted(told) == ["AUTHENTICATOR", "AUTHENTICATOR", "USER"]


async def test_everything_that_is_wrong_with_them_is_told_at_once_with_its_place(ask, admin):
    wrong = [APP, LOCAL, CHIP | {"deliveryAddress": None}, APP]
    given = ANNE | {"authenticators": wrong, "surname": ""}

    answer = await ask(admin, CREATE, input=given)

    assert {tuple(one["path"]): one["code"] for one in answer["errors"]} == {
        ("surname",): "REQUIRED",
        ("authenticators", "1", "kind"): "AUTHENTICATOR_FORBIDDEN",
        ("authenticators", "2", "deliveryAddress"): "REQUIRED",
        ("authenticators", "3"): "AUTHENTICATOR_ALREADY_ASSIGNED",
    }
    assert not await User.exists(email="anne@example.dk")


@pytest.mark.parametrize(("given", "problem"), [([], "REQUIRED"), ([APP] * 21, "TOO_LONG")])
async def test_nobody_is_made_with_nothing_or_with_too_much(ask, admin, given, problem):
    answer = await ask(admin, CREATE, input=ANNE | {"authenticators": given})

    assert answer["errors"][0]["code"] == problem
    assert answer["errors"][0]["path"] == ["authenticators"]


async def test_where_the_app_is_forbidden_something_else_must_be_named(create, make, hansen):
    await allow(make, hansen, allowed_devices=["CHIP"])

    refused, made = await create(), await create(CHIP)

    assert refused.problem == "AUTHENTICATOR_FORBIDDEN"
    assert refused["errors"][0]["path"] == ["authenticators"]
    assert made["errors"] == []


async def test_a_subject_name_that_is_taken_makes_no_user(create, make, hansen, admin):
    await allow(make, hansen, allowed_kinds=["SEPARATE_MITID", "LOCAL"])
    await make.authenticator(admin, kind="LOCAL", subject_name="Anne")

    answer = await create(APP, LOCAL)

    assert answer.problem == "SUBJECT_NAME_TAKEN"
    assert answer["errors"][0]["path"] == ["authenticators", "1", "subjectName"]
    assert not await User.exists(email="anne@example.dk")


async def test_who_is_activated_uses_the_only_one_that_is_assigned(create, activate, means):
    await create(CHIP)

    answer = await activate()

    assert answer["user"]["status"] == "ACTIVE"
    assert await means() == [("CHIP", "ACTIVE")]


async def test_a_person_chooses_among_what_is_assigned(create, activate, means, make, hansen):
    await allow(make, hansen, allowed_kinds=["SEPARATE_MITID", "LOCAL"])
    await create(CHIP, APP, LOCAL)

    await activate(authenticatorKind="LOCAL")

    assert await means() == [("CHIP", "ORDERED"), ("APP", "ORDERED"), ("LOCAL", "ACTIVE")]


async def test_of_two_separate_ones_the_app_is_there_first(create, activate, means):
    await create(CHIP, APP)

    await activate()

    assert await means() == [("CHIP", "ORDERED"), ("APP", "ACTIVE")]


@pytest.mark.parametrize("kind", ["PRIVATE_MITID", "SEPARATE_MITID"])
async def test_what_is_not_assigned_cannot_be_chosen(create, activate, make, hansen, kind):
    kinds = ["SEPARATE_MITID", "PRIVATE_MITID", "LOCAL"]
    await allow(make, hansen, allowed_kinds=kinds)
    await create(LOCAL, LOCAL | {"subjectName": "anne.2"})
    before = await stored(User, Authenticator)

    answer = await activate(authenticatorKind=kind, hasConsentToPrivateMitId=True)

    assert answer.problem == "AUTHENTICATOR_FORBIDDEN"
    assert answer["errors"][0]["path"] == ["authenticatorKind"]
    assert await stored(User, Authenticator) == before


async def test_private_mitid_is_used_with_the_persons_consent(create, activate, means):
    await create(PRIVATE)

    silent = await activate()
    agreed = await activate(hasConsentToPrivateMitId=True)

    assert silent.problem == "CONSENT_MISSING"
    assert silent["errors"][0]["path"] == ["hasConsentToPrivateMitId"]
    assert agreed["user"]["status"] == "ACTIVE"
    assert await means() == [("PRIVATE_MITID", "ACTIVE")]


async def test_a_consent_counts_beside_what_is_chosen(create, activate, means):
    await create(PRIVATE, APP)

    await activate(hasConsentToPrivateMitId=True)

    assert await means() == [("PRIVATE_MITID", "ACTIVE"), ("APP", "ACTIVE")]


async def test_no_consent_helps_where_the_settings_have_changed(create, activate, make, hansen):
    await create(PRIVATE)
    await allow(make, hansen, allowed_kinds=["SEPARATE_MITID"])

    answer = await activate(authenticatorKind="PRIVATE_MITID", hasConsentToPrivateMitId=True)

    assert answer.problem == "AUTHENTICATOR_FORBIDDEN"
    assert (await User.get(email="anne@example.dk")).status == "AWAITING_ACTIVATION"
