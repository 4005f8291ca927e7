"""The four pages of the settings: what each holds, who may change it, and what is refused."""

import pytest

from models.settings import PAGES, AuthenticatorSettings, UserSettings
from tests.pages import (
    CHANGES,
    FIRST_P,
    OPERATIONS,
    ORGANISATION,
    PERMISSIONS,
    READS,
    SECOND_P,
    asked,
    changing,
)
from tests.reading import history_of, stored
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_settings = who_may("""
                                    self  user_administrator  rights_administrator  organisation_administrator
    settings:read                    .            x                    x                       x
    settings:update_users            .            .                    .                       x
    settings:update_authenticators   .            .                    .                       x
    settings:update_certificates     .            .                    .                       x
    settings:update_defaults         .            x                    .                       x
    settings:restore                 .            .                    .                       x
""")  # noqa: E501

ADMINISTRATORS = ("organisation_administrator", "user_administrator", "rights_administrator")
every_page = pytest.mark.parametrize("page", READS)


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.mark.parametrize("role", ADMINISTRATORS)
async def test_every_administrator_sees_all_pages_as_delivered(role, ask, person):
    reader = await person(role)

    answer = await ask(reader, asked("version changedAt changedBy { name }"))

    as_delivered = {"version": 1, "changedAt": None, "changedBy": None}
    assert answer == {
        "users": {
            "canRequestUser": False,
            "canRequestRights": True,
            "canBeAnonymous": True,
            "allowedInformation": ["P_NUMBER", "SE_NUMBER"],
            "retentionDays": 90,
            **as_delivered,
        },
        "authenticators": {
            "allowedKinds": ["PRIVATE_MITID", "SEPARATE_MITID"],
            "allowedDevices": ["APP", "CODE_DISPLAY", "AUDIO_CODE_READER", "CHIP"],
            **as_delivered,
        },
        "certificates": {
            "allowedKinds": [
                *("USER", "QUALIFIED_USER", "ORGANISATION", "SYSTEM", "QUALIFIED_ORGANISATION")
            ],
            "canSeal": False,
            **as_delivered,
        },
        "defaults": {
            "userProductionUnit": None,
            "userVatUnit": None,
            "certificateProductionUnit": None,
            "certificateVatUnit": None,
            **as_delivered,
        },
    }


async def test_an_employee_sees_no_page(send, person):
    employee = await person()

    answer = await send(employee, asked())

    (error,) = answer["errors"]
    assert answer["data"] == {"settings": None}
    assert error["extensions"]["code"] == "DENIED"
    assert error["extensions"]["permission"] == "settings:read"


@every_page
async def test_an_employee_sees_no_page_by_its_id_either(page, ask, person, administrator):
    employee = await person()
    pages = await ask(administrator, asked("id"))

    found = await ask(employee, "query ($id: ID!) { node(id: $id) { id } }", id=pages[page]["id"])

    assert found is None


@pytest.mark.parametrize(
    ("role", "can"),
    [
        ("organisation_administrator", ["users", "authenticators", "certificates", "defaults"]),
        ("user_administrator", ["defaults"]),
        ("rights_administrator", []),
    ],
)
async def test_each_page_tells_who_can_change_it(role, can, ask, person):
    reader = await person(role)

    answer = await ask(
        reader, asked("canChange changeNote changeableBy"), {"accept-language": "en"}
    )

    assert [page for page, one in answer.items() if one["canChange"]] == can
    assert [page for page, one in answer.items() if one["changeNote"] is None] == can
    by = {page: one["changeableBy"] for page, one in answer.items()}
    assert by == dict.fromkeys(answer, ORGANISATION) | {
        "defaults": [*ORGANISATION, "USER_ADMINISTRATOR"]
    }


async def test_the_note_names_the_roles_in_the_readers_language(ask, person):
    reader = await person("rights_administrator")

    danish = await ask(reader, asked("changeNote"), {"accept-language": "da"})
    english = await ask(reader, asked("changeNote"), {"accept-language": "en"})

    assert english["users"]["changeNote"] == "The organisation administrator can change this."
    assert english["defaults"]["changeNote"] == (
        "The organisation administrator or user administrator can change this."
    )
    assert danish["users"]["changeNote"] == "En organisationsadministrator kan ændre dette."
    assert danish["defaults"]["changeNote"] == (
        "En organisationsadministrator eller brugeradministrator kan ændre dette."
    )


@pytest.mark.parametrize(
    ("page", "given", "changes"),
    [
        (
            "users",
            {"canRequestUser": True, "canRequestRights": False, "canBeAnonymous": False},
            {
                "canRequestUser": ("false", "true"),
                "canRequestRights": ("true", "false"),
                "canBeAnonymous": ("true", "false"),
            },
        ),
        (
            "users",
            {"retentionDays": 365, "allowedInformation": ["REFERENCE_TEXT", "EAN_NUMBER"]},
            {
                "allowedInformation": ("P_NUMBER, SE_NUMBER", "EAN_NUMBER, REFERENCE_TEXT"),
                "retentionDays": ("90", "365"),
            },
        ),
        (
            "users",
            {"allowedInformation": []},
            {"allowedInformation": ("P_NUMBER, SE_NUMBER", None)},
        ),
        (
            "authenticators",
            {"allowedKinds": ["SEPARATE_MITID", "LOCAL"], "allowedDevices": ["APP"]},
            {
                "allowedKinds": ("PRIVATE_MITID, SEPARATE_MITID", "LOCAL, SEPARATE_MITID"),
                "allowedDevices": ("APP, CODE_DISPLAY, AUDIO_CODE_READER, CHIP", "APP"),
            },
        ),
        (
            "certificates",
            {"allowedKinds": ["USER"], "canSeal": True},
            {
                "allowedKinds": (
                    "USER, QUALIFIED_USER, ORGANISATION, SYSTEM, QUALIFIED_ORGANISATION",
                    "USER",
                ),
                "canSeal": ("false", "true"),
            },
        ),
        (
            "defaults",
            {"userPNumber": FIRST_P, "certificatePNumber": SECOND_P},
            {
                "userProductionUnit": (None, FIRST_P),
                "certificateProductionUnit": (None, SECOND_P),
            },
        ),
    ],
)
async def test_a_page_changes_and_its_history_tells_old_and_new(
    page, given, changes, ask, administrator
):
    answer = await ask(administrator, changing(page), input=given)

    assert answer["errors"] == []
    settings = answer["settings"]
    assert settings["version"] == 2
    assert settings["changedAt"] == "2026-11-02T09:00:00+00:00"
    assert settings["changedBy"] == {"name": "Ulla Møller"}
    entry, *_ = await history_of(ask, administrator, settings["id"])
    assert entry.told == (OPERATIONS[page], "DONE")
    assert entry.changes == changes
    beside = "nodes { operation changes { field old new } }"
    read = await ask(administrator, asked(f"history(first: 1) {{ {beside} }}"))
    (told,) = read[page]["history"]["nodes"]
    assert {one["field"]: (one["old"], one["new"]) for one in told["changes"]} == changes


async def test_kinds_are_kept_once_each(ask, administrator):
    given = {"allowedKinds": ["SEPARATE_MITID", "LOCAL", "LOCAL", "SEPARATE_MITID"]}

    answer = await ask(administrator, changing("authenticators"), input=given)

    assert sorted(answer["settings"]["allowedKinds"]) == ["LOCAL", "SEPARATE_MITID"]


async def test_what_is_not_named_stays_as_it_was(ask, administrator):
    await ask(administrator, changing("users"), input={"canRequestUser": True})

    answer = await ask(administrator, changing("users"), input={"retentionDays": 30})

    assert answer["settings"]["canRequestUser"] is True
    assert answer["settings"]["retentionDays"] == 30
    assert answer["settings"]["version"] == 3


@pytest.mark.parametrize("days", [1, 3650])
async def test_personal_data_can_be_kept_for_a_day_or_for_ten_years(days, ask, administrator):
    answer = await ask(administrator, changing("users"), input={"retentionDays": days})

    assert answer["settings"]["retentionDays"] == days


@pytest.mark.parametrize("days", [0, -1, 3651, 2_147_483_647])
async def test_personal_data_cannot_be_kept_for_ever_or_not_at_all(days, ask, administrator):
    given = {"retentionDays": days, "canRequestUser": True}

    answer = await ask(administrator, changing("users"), input=given)

    assert answer["errors"] == [{"code": "OUT_OF_RANGE", "path": ["retentionDays"]}]
    (page,) = await UserSettings.all()
    assert (page.retention_days, page.can_request_user) == (90, False)


@pytest.mark.parametrize("kinds", [[], ["PRIVATE_MITID"], ["LOCAL", "SHARED_MITID"]])
async def test_separate_mitid_is_always_allowed(kinds, ask, administrator):
    answer = await ask(administrator, changing("authenticators"), input={"allowedKinds": kinds})

    assert answer["errors"] == [{"code": "SEPARATE_MITID_ALWAYS_ALLOWED", "path": ["allowedKinds"]}]
    (page,) = await AuthenticatorSettings.all()
    assert page.allowed_kinds == ["PRIVATE_MITID", "SEPARATE_MITID"]


@every_page
async def test_an_input_without_a_choice_changes_nothing(page, ask, administrator):
    answer = await ask(administrator, changing(page), input={})

    assert answer["errors"] == [{"code": "NOTHING_TO_CHANGE", "path": None}]
    assert answer["settings"] is None


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("users", {"canRequestUser": None, "allowedInformation": None, "retentionDays": None}),
        ("authenticators", {"allowedKinds": None, "allowedDevices": None}),
        ("certificates", {"allowedKinds": None, "canSeal": None}),
    ],
)
async def test_a_choice_cannot_be_cleared(page, given, ask, administrator):
    answer = await ask(administrator, changing(page), input=given)

    assert answer["errors"] == [{"code": "REQUIRED", "path": [name]} for name in given]


@pytest.mark.parametrize(
    ("role", "page"),
    [
        *(("user_administrator", page) for page in ("users", "authenticators", "certificates")),
        *(("rights_administrator", page) for page in READS),
    ],
)
async def test_the_others_are_denied_and_the_attempt_is_kept(
    role, page, ask, person, administrator, hansen
):
    other = await person(role, name="Bo Holm")
    before = await stored(*PAGES)

    answer = await ask(other, changing(page), input=CHANGES[page])

    (error,) = answer["errors"]
    assert error["code"] == "DENIED"
    assert error["permission"] == PERMISSIONS[page]
    assert error["allowedFor"][:1] == ORGANISATION
    assert await stored(*PAGES) == before
    entry, *_ = await history_of(ask, administrator, hansen)
    assert entry.told == (OPERATIONS[page], "DENIED")
    assert entry["actor"] == {"name": "Bo Holm"}


@every_page
async def test_a_dry_run_shows_the_page_as_it_would_be(page, ask, administrator):
    before = await stored(*PAGES)

    answer = await ask(administrator, changing(page), input=CHANGES[page], dryRun=True)

    assert answer["errors"] == []
    assert answer["settings"]["version"] == 2
    assert answer["settings"]["changedBy"] == {"name": "Ulla Møller"}
    assert await stored(*PAGES) == before


@every_page
async def test_one_organisations_settings_are_not_anothers(page, ask, administrator, make, jensen):
    elsewhere = await make.user(jensen, "organisation_administrator")
    before = await ask(elsewhere, asked("version changedAt"))

    await ask(administrator, changing(page), input=CHANGES[page])

    assert await ask(elsewhere, asked("version changedAt")) == before
