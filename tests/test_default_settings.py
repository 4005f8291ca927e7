"""The units that new users and certificate profiles belong to, unless told otherwise."""

from typing import Any

import pytest

from models.settings import DefaultSettings
from tests.pages import CHANGES, FIRST_P, SECOND_P, UNREGISTERED_P, changing
from tests.reading import history_of

pytestmark = pytest.mark.anyio

CREATE_USER = """
mutation ($input: CreateUserInput!) {
  createUser(input: $input) { user { productionUnit { pNumber } } errors { code } }
}
"""
CREATE_PROFILE = """
mutation ($input: CreateCertificateProfileInput!) {
  createCertificateProfile(input: $input) {
    profile { productionUnit { pNumber } } errors { code }
  }
}
"""
EVA = {
    "firstName": "Eva",
    "surname": "Lund",
    "email": "eva@example.dk",
    "person": {"dateOfBirth": "1990-01-31"},
}
ARCHIVE = {
    "name": "Archive",
    "email": "archive@example.dk",
    "contactName": "Eva Lund",
    "contactEmail": "eva@example.dk",
}


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


async def test_default_units_are_chosen_and_cleared_by_null(ask, administrator, hansen):
    se_number = hansen.cvr_number
    given = {
        "userPNumber": FIRST_P,
        "userSeNumber": se_number,
        "certificatePNumber": SECOND_P,
        "certificateSeNumber": se_number,
    }
    chosen = await ask(administrator, changing("defaults"), input=given)

    cleared = await ask(
        administrator,
        changing("defaults"),
        input={"userPNumber": None, "certificateSeNumber": None},
    )

    assert chosen["settings"]["userProductionUnit"] == {"pNumber": FIRST_P}
    assert chosen["settings"]["certificateVatUnit"] == {"seNumber": se_number}
    assert cleared["settings"]["userProductionUnit"] is None
    assert cleared["settings"]["userVatUnit"] == {"seNumber": se_number}
    assert cleared["settings"]["certificateProductionUnit"] == {"pNumber": SECOND_P}
    assert cleared["settings"]["certificateVatUnit"] is None
    entry, *_ = await history_of(ask, administrator, cleared["settings"]["id"])
    assert entry.changes == {
        "userProductionUnit": (FIRST_P, None),
        "certificateVatUnit": (se_number, None),
    }


async def test_unregistered_units_are_all_told_at_once(ask, administrator, make):
    other = await make.organisation("Lund ApS", production_units=3, vat_units=1)
    given: dict[str, Any] = {
        "userPNumber": UNREGISTERED_P,
        "certificatePNumber": "1029829826",
        "userSeNumber": other.cvr_number,
        "certificateSeNumber": "1234",
    }

    answer = await ask(administrator, changing("defaults"), input=given)

    told = {tuple(one["path"]): one["code"] for one in answer["errors"]}
    assert told == {
        ("userPNumber",): "P_NUMBER_NOT_REGISTERED",
        ("certificatePNumber",): "CHECK_DIGIT_WRONG",
        ("userSeNumber",): "SE_NUMBER_NOT_REGISTERED",
        ("certificateSeNumber",): "MALFORMED",
    }
    assert await DefaultSettings.filter(changed_at__isnull=False).count() == 0


async def test_a_user_administrator_chooses_default_units(ask, person):
    user_administrator = await person("user_administrator", name="Bo Holm")

    answer = await ask(user_administrator, changing("defaults"), input=CHANGES["defaults"])

    assert answer["errors"] == []
    assert answer["settings"]["changedBy"] == {"name": "Bo Holm"}


async def test_new_users_and_profiles_belong_to_the_default_units(ask, person, administrator):
    user_administrator = await person("user_administrator")
    given = {"userPNumber": FIRST_P, "certificatePNumber": SECOND_P}
    await ask(administrator, changing("defaults"), input=given)

    user = await ask(user_administrator, CREATE_USER, input=EVA)
    profile = await ask(user_administrator, CREATE_PROFILE, input=ARCHIVE)

    assert user["user"] == {"productionUnit": {"pNumber": FIRST_P}}
    assert profile["profile"] == {"productionUnit": {"pNumber": SECOND_P}}


async def test_no_unit_can_be_chosen_instead_of_the_default_one(ask, person, administrator):
    user_administrator = await person("user_administrator")
    await ask(administrator, changing("defaults"), input={"userPNumber": FIRST_P})

    other = await ask(user_administrator, CREATE_USER, input=EVA | {"pNumber": SECOND_P})
    none = await ask(user_administrator, CREATE_USER, input=EVA | {"pNumber": None})

    assert other["user"] == {"productionUnit": {"pNumber": SECOND_P}}
    assert none["user"] == {"productionUnit": None}
