"""How profiles of organisation certificates change and end."""

import pytest

from models import (
    Certificate,
    CertificateProfile,
    HistoryEntry,
    ProductionUnit,
    VatUnit,
)
from tests.making import P_NUMBERS
from tests.reading import history_of, stored

pytestmark = pytest.mark.anyio

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
DELETE = f"""
mutation DeleteCertificateProfile($input: DeleteCertificateProfileInput!, $dryRun: Boolean) {{
  deleteCertificateProfile(input: $input, dryRun: $dryRun) {{
    profile {{ ...Facts }}
    errors {{
      code path
      ... on Conflict {{ current {{ id }} usages {{ kind count examples {{ id }} }} }}
    }}
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
OFFICE = P_NUMBERS[0]
CHANGES = [
    pytest.param(UPDATE, {"name": "Archive"}, id="update"),
    pytest.param(DELETE, {}, id="delete"),
]


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def office(hansen):
    return await ProductionUnit.get(organisation_id=hansen.id, p_number=OFFICE)


def about(profile, **also):
    return {"profileId": str(profile.id), **also}


async def test_an_update_changes_what_is_given_clears_what_is_null_and_leaves_the_rest(
    ask, bo, make, hansen, office
):
    vat_unit = await VatUnit.get(organisation_id=hansen.id)
    facts = {"production_unit": office, "vat_unit": vat_unit, "is_email_validated": True}
    profile = await make.profile(hansen, system_rights=["IDENTITY_MANAGEMENT"], **facts)
    given = about(profile, contactName="Dan Lind", pNumber=None, systemRights=[])

    answer = await ask(bo, UPDATE, input=given)

    assert answer["errors"] == []
    assert answer["profile"] == {
        **GIVEN,
        "contactName": "Dan Lind",
        "version": 2,
        "isEmailValidated": True,
        "systemRights": [],
        "canSeal": False,
        "productionUnit": None,
        "vatUnit": {"seNumber": hansen.cvr_number},
        "ean": None,
    }
    (entry,) = await history_of(ask, bo, profile)
    assert entry.told == ("updateCertificateProfile", "DONE")
    assert entry.changes == {
        "contactName": ("Bo Lind", "Dan Lind"),
        "systemRights": ("IDENTITY_MANAGEMENT", None),
        "productionUnit": (OFFICE, None),
    }


async def test_a_new_address_is_not_validated_and_issued_certificates_keep_the_old(
    ask, bo, make, hansen
):
    profile = await make.profile(hansen, is_email_validated=True)
    issued = await make.certificate(hansen, profile=profile, email=profile.email)

    same = await ask(bo, UPDATE, input=about(profile, email=profile.email))
    other = await ask(bo, UPDATE, input=about(profile, email="wages@example.dk"))

    assert same["profile"]["isEmailValidated"] is True
    assert other["profile"]["isEmailValidated"] is False
    assert (await Certificate.get(id=issued.id)).email == "payroll@example.dk"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, {"code": "NOTHING_TO_CHANGE", "path": None}),
        ({"name": None}, {"code": "REQUIRED", "path": ["name"]}),
        ({"canSeal": None}, {"code": "REQUIRED", "path": ["canSeal"]}),
        ({"email": "løn@example.dk"}, {"code": "EMAIL_NOT_ASCII", "path": ["email"]}),
    ],
)
async def test_an_update_with_a_wrong_value_changes_nothing(ask, bo, make, hansen, given, problem):
    profile = await make.profile(hansen)
    before = await stored(CertificateProfile, HistoryEntry)

    answer = await ask(bo, UPDATE, input=about(profile, **given))

    assert answer["errors"] == [problem]
    assert await stored(CertificateProfile, HistoryEntry) == before


@pytest.mark.parametrize("status", ["ORDERED", "ISSUED"])
async def test_a_profile_with_a_valid_certificate_or_an_open_order_is_not_deleted(
    ask, bo, make, hansen, status
):
    profile = await make.profile(hansen)
    used = [await make.certificate(hansen, profile=profile, status=status) for _ in range(11)]
    await make.certificate(hansen, profile=profile, status="REVOKED")
    before = await stored(CertificateProfile, Certificate, HistoryEntry)

    answer = await ask(bo, DELETE, input=about(profile))

    assert answer["profile"] is None
    assert answer["errors"] == [
        {
            "code": "IN_USE",
            "path": None,
            "current": {"id": str(profile.id)},
            "usages": [
                {
                    "kind": "CERTIFICATE",
                    "count": 11,
                    "examples": [{"id": str(one.id)} for one in used[:10]],
                }
            ],
        }
    ]
    assert await stored(CertificateProfile, Certificate, HistoryEntry) == before


async def test_a_profile_whose_certificates_have_ended_is_deleted_and_they_stay(
    ask, send, bo, make, hansen, office
):
    profile = await make.profile(hansen, production_unit=office)
    ended = [
        await make.certificate(hansen, profile=profile, status="REVOKED"),
        await make.certificate(hansen, profile=profile, status="CANCELLED"),
        await make.certificate(hansen, profile=profile, expires_at=make.now),
    ]

    answer = await ask(bo, DELETE, input=about(profile))

    assert answer["errors"] == []
    assert answer["profile"]["name"] == "Payroll system"
    assert answer["profile"]["productionUnit"] == {"pNumber": OFFICE}
    gone = await send(bo, PROFILE, id=profile.id)
    assert gone["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    (entry,) = await history_of(ask, bo, profile)
    assert entry.told == ("deleteCertificateProfile", "DONE")
    assert entry.changes["name"] == ("Payroll system", None)
    for certificate in ended:
        (entry,) = await history_of(ask, bo, certificate)
        assert entry.told == ("deleteCertificateProfile", "DONE")
        assert entry.changes == {"profile": ("Payroll system", None)}


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_a_stranger_changes_no_profile_of_hansens(
    ask, person, make, hansen, jensen, document, given
):
    stranger = await person("user_administrator", organisation=jensen)
    profile = await make.profile(hansen)
    before = await stored(CertificateProfile, HistoryEntry)

    answer = await ask(stranger, document, input=about(profile, **given))

    assert [(one["code"], one["path"]) for one in answer["errors"]] == [
        ("NOT_FOUND", ["profileId"])
    ]
    assert await stored(CertificateProfile, HistoryEntry) == before


@pytest.mark.parametrize("role", [None, "organisation_administrator", "rights_administrator"])
@pytest.mark.parametrize(
    ("document", "given"), [*CHANGES, pytest.param(CREATE, GIVEN, id="create")]
)
async def test_who_may_not_changes_no_profile_and_the_attempt_is_kept(
    ask, person, bo, make, hansen, document, given, role
):
    who = await person(*[role] if role else [], name="Eva Lund")
    profile = await make.profile(hansen)
    before = await stored(CertificateProfile)
    target = {} if document is CREATE else about(profile)

    answer = await ask(who, document, input={**target, **given})

    assert answer.problem == "DENIED"
    assert await stored(CertificateProfile) == before
    (entry,) = await history_of(ask, bo, hansen)
    assert entry["outcome"] == "DENIED"
    assert entry["actor"] == {"name": "Eva Lund"}


@pytest.mark.parametrize(
    ("document", "given"), [*CHANGES, pytest.param(CREATE, GIVEN, id="create")]
)
async def test_a_dry_run_shows_what_would_be_and_keeps_nothing(
    ask, bo, make, hansen, document, given
):
    profile = await make.profile(hansen)
    before = await stored(CertificateProfile, HistoryEntry)
    target = {} if document is CREATE else about(profile)

    answer = await ask(bo, document, input={**target, **given}, dryRun=True)

    assert answer["errors"] == []
    assert answer["profile"]["name"] == given.get("name", "Payroll system")
    assert await stored(CertificateProfile, HistoryEntry) == before
