"""Users of other organisations: found by CVR number and e-mail address, and by nothing less."""

import pytest

from models import ProductionUnit
from tests.telling import ADD

pytestmark = pytest.mark.anyio

FIND = """
query ExternalUser($by: ExternalUserRef!) {
  externalUser(by: $by) { name organisation { cvrNumber name } pNumber }
}
"""
EMAIL = "kirsten@example.dk"


@pytest.fixture
async def bo(person):
    """Bo, who administers users at Hansen & Søn."""
    return await person("user_administrator", name="Bo Holm", email="bo@example.dk")


@pytest.fixture
async def kirsten(person, jensen):
    """Kirsten, who works at Jensen's office."""
    office = await ProductionUnit.get(organisation_id=jensen.id)
    facts = {"organisation": jensen, "email": EMAIL, "production_unit": office}
    return await person(name="Kirsten Bech", **facts)


def by(organisation, email=EMAIL):
    return {"cvrNumber": organisation.cvr_number, "email": email}


async def test_a_user_elsewhere_is_found_with_organisation_and_production_unit(
    asker, bo, kirsten, jensen, sql
):
    answer = await asker.post(bo, FIND, by=by(jensen))

    assert answer.json()["data"]["externalUser"] == {
        "name": "Kirsten Bech",
        "organisation": {"cvrNumber": jensen.cvr_number, "name": "Jensen ApS"},
        "pNumber": "1029829825",
    }
    assert "X-Segl-Executor" not in answer.headers


async def test_an_anonymous_user_is_a_number_to_others(ask, person, bo, jensen):
    secret = await person(organisation=jensen, email=EMAIL, is_anonymous=True)

    answer = await ask(bo, FIND, by=by(jensen))

    assert answer["name"] == str(secret.uuid)


NOBODY = {
    "an unknown organisation": {},
    "an unknown address": {"email": "other@example.dk"},
    "part of the address": {"email": "kirsten@example.dk.example.dk"},
    "who has never signed in": {"status": "AWAITING_ACTIVATION", "activated_at": None},
    "who is deleted": {"status": "DELETED"},
    "two who share the address": {},
    "a user of one's own organisation": {},
}


@pytest.fixture
def missed(person, make, hansen, jensen):
    """Makes somebody who is not found, and tells by what they are looked for."""

    async def missed(case):
        facts = {"organisation": jensen, "email": EMAIL} | NOBODY[case]
        if case == "a user of one's own organisation":
            facts["organisation"] = hansen
        await person(**facts)
        if case == "two who share the address":
            await person(organisation=jensen, email=EMAIL)
        if case == "an unknown organisation":
            return {"cvrNumber": "13748136", "email": EMAIL}
        return by(facts["organisation"])

    return missed


@pytest.fixture
def asked(send, caplog, sql):
    """Tells what is answered, and by which statements."""

    async def asked(*question, **given):
        caplog.clear()
        answer = await send(*question, **given)
        return answer, [one.getMessage().split(": [")[0] for one in caplog.records]

    return asked


@pytest.mark.parametrize("case", NOBODY)
async def test_who_is_not_found_is_told_alike_whatever_the_reason(asked, bo, jensen, missed, case):
    named, unknown = await missed(case), by(jensen, "nobody@example.dk")
    await asked(bo, FIND, by=unknown)  # what is learnt once is known

    there, nowhere = await asked(bo, FIND, by=named), await asked(bo, FIND, by=unknown)

    assert there == nowhere
    answer, statements = there
    assert answer["data"] == {"externalUser": None}
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert statements


@pytest.mark.parametrize("case", NOBODY)
async def test_who_is_not_found_is_not_added_and_told_alike(
    asked, make, bo, hansen, jensen, missed, case
):
    named, unknown = await missed(case), by(jensen, "nobody@example.dk")
    group = await make.group(hansen)

    async def added(ref):
        return await asked(bo, ADD, group=group.id, users=[{"external": ref}])

    await added(unknown)  # who asks, and for what, is known by the second time
    await added(unknown)
    there, nowhere = await added(named), await added(unknown)

    assert there == nowhere
    assert there[0]["data"]["addGroupMembers"] == {
        "results": [{"problem": {"code": "NOT_FOUND"}}],
        "errors": [],
    }


async def test_of_two_who_share_an_address_the_one_who_can_be_a_member_is_found(
    ask, person, bo, kirsten, jensen
):
    await person(organisation=jensen, email=EMAIL, name="Kirsten Holm", activated_at=None)

    answer = await ask(bo, FIND, by=by(jensen))

    assert answer["name"] == "Kirsten Bech"


@pytest.mark.parametrize("role", [None, "organisation_administrator"])
async def test_who_adds_no_members_finds_nobody_elsewhere(send, person, kirsten, jensen, role):
    who = await person(*[role] if role else [])

    answer = await send(who, FIND, by=by(jensen))

    assert answer["data"] == {"externalUser": None}
    assert answer["errors"][0]["extensions"]["code"] == "DENIED"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"cvrNumber": "1374813"}, "MALFORMED"),
        ({"cvrNumber": "13748137"}, "CHECK_DIGIT_WRONG"),
        ({"email": "kirsten"}, "MALFORMED"),
    ],
)
async def test_what_has_the_wrong_form_is_told(send, bo, kirsten, jensen, given, problem):
    answer = await send(bo, FIND, by=by(jensen) | given)

    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["problem"]) == ("INVALID", problem)
