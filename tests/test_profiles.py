"""Profiles of organisation certificates: what the certificates of one purpose have in common."""

from uuid import uuid4

import pytest

from models import (
    CertificateProfile,
    CertificateSettings,
    DefaultSettings,
    HistoryEntry,
    ProductionUnit,
    UserSettings,
    VatUnit,
)
from tests.making import EANS, P_NUMBERS
from tests.reading import history_of, stored
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_profiles = who_may("""
                                self  user_administrator  rights_administrator  organisation_administrator
    certificate_profile:list     .            x                    x                       x
    certificate_profile:read     .            x                    x                       x
    certificate_profile:create   .            x                    .                       .
    certificate_profile:update   .            x                    .                       .
    certificate_profile:delete   .            x                    .                       .
""")  # noqa: E501

PROFILES = """
query Profiles($filter: CertificateProfileFilter) {
  certificateProfiles(filter: $filter) { totalCount nodes { name } }
}
"""
PROFILE = """
query Profile($id: ID!) {
  certificateProfile(id: $id) { name }
}
"""
FACTS = """
fragment Facts on CertificateProfile {
  version name email isEmailValidated contactName contactEmail systemRights canSeal
  productionUnit { pNumber } vatUnit { seNumber } ean { eanNumber }
}
"""
CREATE = f"""
mutation CreateCertificateProfile($input: CreateCertificateProfileInput!, $dryRun: Boolean) {{
  createCertificateProfile(input: $input, dryRun: $dryRun) {{
    profile {{ id ...Facts }}
    errors {{ code path }}
  }}
}}
{FACTS}
"""
UPDATE = f"""
mutation UpdateCertificateProfile($input: UpdateCertificateProfileInput!, $dryRun: Boolean) {{
  updateCertificateProfile(input: $input, dryRun: $dryRun) {{
    profile {{ ...Facts }}
    errors {{ code path }}
  }}
}}
{FACTS}
"""
GIVEN = {
    "name": "Payroll system",
    "email": "payroll@example.dk",
    "contactName": "Bo Lind",
    "contactEmail": "bo@example.dk",
}
OFFICE, STORE = P_NUMBERS[:2]
EAN = EANS[0]


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def units(hansen):
    """Where Hansen & Søn's certificates belong unless told otherwise."""
    here = {"organisation_id": hansen.id}
    unit = await ProductionUnit.get(**here, p_number=OFFICE)
    vat_unit = await VatUnit.get(**here)
    await DefaultSettings.filter(**here).update(
        certificate_production_unit_id=unit.id, certificate_vat_unit_id=vat_unit.id
    )
    return unit, vat_unit


@pytest.fixture
async def permissive(hansen):
    """Hansen & Søn lets certificates form seals, and ties them to EAN numbers too."""
    here = {"organisation_id": hansen.id}
    await CertificateSettings.filter(**here).update(can_seal=True)
    kinds = ["P_NUMBER", "SE_NUMBER", "EAN_NUMBER"]
    await UserSettings.filter(**here).update(allowed_information=kinds)


def about(profile, **also):
    return {"profileId": str(profile.id), **also}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, ["Payroll", "Archive"]),
        ({"text": "ARCH"}, ["Archive"]),
        ({"text": "wages@"}, ["Payroll"]),
        ({"text": "dan@"}, ["Archive"]),
        ({"systemRight": "IDENTITY_MANAGEMENT"}, ["Payroll"]),
        ({"systemRight": "CERTIFICATE_MANAGEMENT"}, ["Payroll", "Archive"]),
        ({"canSeal": True}, ["Archive"]),
        ({"canSeal": False}, ["Payroll"]),
        ({"canSeal": True, "systemRight": "IDENTITY_MANAGEMENT"}, []),
    ],
)
async def test_profiles_are_found_by_text_system_right_and_seal(
    ask, bo, make, hansen, jensen, given, names
):
    rights = ["IDENTITY_MANAGEMENT", "CERTIFICATE_MANAGEMENT"]
    await make.profile(jensen, can_seal=True, system_rights=rights)
    await make.profile(hansen, name="Payroll", email="wages@example.dk", system_rights=rights)
    facts = {"contact_email": "dan@example.dk", "can_seal": True, "system_rights": rights[1:]}
    await make.profile(hansen, name="Archive", **facts)

    answer = await ask(bo, PROFILES, filter=given)

    assert [one["name"] for one in answer["nodes"]] == names
    assert answer["totalCount"] == len(names)


async def test_an_employee_reads_no_profile(send, person, make, hansen):
    employee, profile = await person(), await make.profile(hansen)

    answers = [await send(employee, PROFILES), await send(employee, PROFILE, id=profile.id)]

    assert [one["errors"][0]["extensions"]["code"] for one in answers] == ["DENIED"] * 2


async def test_a_stranger_reads_no_profile_of_hansens(send, person, make, hansen, jensen):
    stranger = await person("user_administrator", organisation=jensen)
    profile = await make.profile(hansen)

    theirs = await send(stranger, PROFILE, id=profile.id)
    none = await send(stranger, PROFILE, id=uuid4())

    assert theirs["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert theirs == none


async def test_a_user_administrator_creates_a_profile_and_the_history_tells_it(
    ask, bo, hansen, permissive
):
    rights = ["IDENTITY_MANAGEMENT", "CERTIFICATE_MANAGEMENT"]
    units = {"pNumber": STORE, "seNumber": hansen.cvr_number, "eanNumber": EAN}

    answer = await ask(
        bo, CREATE, input={**GIVEN, **units, "systemRights": rights, "canSeal": True}
    )

    assert answer["errors"] == []
    profile = answer["profile"]
    assert profile == {
        **GIVEN,
        "id": profile["id"],
        "version": 1,
        "isEmailValidated": False,
        "systemRights": rights,
        "canSeal": True,
        "productionUnit": {"pNumber": STORE},
        "vatUnit": {"seNumber": hansen.cvr_number},
        "ean": {"eanNumber": EAN},
    }
    (entry,) = await history_of(ask, bo, profile["id"])
    assert entry.told == ("createCertificateProfile", "DONE")
    assert entry.changes == {
        **{field: (None, value) for field, value in GIVEN.items()},
        "isEmailValidated": (None, "false"),
        "systemRights": (None, ", ".join(rights)),
        "canSeal": (None, "true"),
        "productionUnit": (None, STORE),
        "vatUnit": (None, hansen.cvr_number),
        "ean": (None, EAN),
    }


async def test_a_new_profile_takes_the_defaults_where_nothing_is_said_and_none_where_null(
    ask, bo, hansen, units
):
    silent = await ask(bo, CREATE, input=GIVEN)
    cleared = await ask(bo, CREATE, input={**GIVEN, "pNumber": None, "seNumber": None})
    chosen = await ask(bo, CREATE, input={**GIVEN, "pNumber": STORE})

    assert silent["profile"]["productionUnit"] == {"pNumber": OFFICE}
    assert silent["profile"]["vatUnit"] == {"seNumber": hansen.cvr_number}
    assert silent["profile"]["ean"] is None
    assert (silent["profile"]["systemRights"], silent["profile"]["canSeal"]) == ([], False)
    assert cleared["profile"]["productionUnit"] is None
    assert cleared["profile"]["vatUnit"] is None
    assert chosen["profile"]["productionUnit"] == {"pNumber": STORE}


async def test_all_that_is_wrong_with_a_new_profile_is_told_at_once(ask, bo, permissive):
    given = {
        "name": "",
        "email": "løn@example.dk",
        "contactName": "x" * 101,
        "contactEmail": "bo",
        "eanNumber": EANS[1],
        "pNumber": OFFICE[:-1] + "6",
        "seNumber": "13748136",
    }

    answer = await ask(bo, CREATE, input=given)

    assert {(one["code"], *one["path"]) for one in answer["errors"]} == {
        ("REQUIRED", "name"),
        ("EMAIL_NOT_ASCII", "email"),
        ("TOO_LONG", "contactName"),
        ("MALFORMED", "contactEmail"),
        ("EAN_NOT_REGISTERED", "eanNumber"),
        ("CHECK_DIGIT_WRONG", "pNumber"),
        ("SE_NUMBER_NOT_REGISTERED", "seNumber"),
    }
    assert not await CertificateProfile.exists()


async def test_a_contact_person_may_have_an_address_with_danish_letters(ask, bo, hansen):
    answer = await ask(bo, CREATE, input={**GIVEN, "contactEmail": "bo@lønkontoret.dk"})

    assert answer["profile"]["contactEmail"] == "bo@lønkontoret.dk"


@pytest.mark.parametrize("document", [CREATE, UPDATE], ids=["create", "update"])
async def test_what_the_settings_forbid_is_not_tied_to_a_profile(ask, bo, make, hansen, document):
    await UserSettings.filter(organisation_id=hansen.id).update(allowed_information=[])
    profile = await make.profile(hansen)
    units = {"pNumber": OFFICE, "seNumber": hansen.cvr_number, "eanNumber": EAN, "canSeal": True}
    before = await stored(CertificateProfile, HistoryEntry)

    answer = await ask(
        bo, document, input={**(GIVEN if document is CREATE else about(profile)), **units}
    )

    assert {(one["code"], *one["path"]) for one in answer["errors"]} == {
        ("SETTING_FORBIDS", field) for field in units
    }
    assert await stored(CertificateProfile, HistoryEntry) == before
