"""Settings that allow less than before: what exists all the same is told, and left as it is."""

from datetime import timedelta
from typing import Any

import pytest

from models import (
    AuthenticatorSettings,
    CertificateStatus,
    DefaultSettings,
    EanLocation,
    ProductionUnit,
    RequestKind,
    Right,
    User,
    UserSettings,
    UserStatus,
    VatUnit,
)
from tests.pages import OPERATIONS
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

ALL_KINDS = ["PRIVATE_MITID", "SEPARATE_MITID", "SHARED_MITID", "LOCAL"]
ALL_INFORMATION = ["P_NUMBER", "SE_NUMBER", "EAN_NUMBER", "REFERENCE_TEXT"]


def tightening(page: str) -> str:
    operation = OPERATIONS[page]
    return f"""
        mutation ($input: {operation[0].upper()}{operation[1:]}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            contradictions {{ kind count examples {{ id }} }} errors {{ code }}
          }}
        }}
    """


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator")


@pytest.fixture
async def lenient(make, hansen):
    """Everything may be tied to users, who may sign in by any means and ask for anything."""
    users = await UserSettings.get(organisation_id=hansen.id)
    users.allowed_information, users.can_request_user = ALL_INFORMATION, True
    authenticators = await AuthenticatorSettings.get(organisation_id=hansen.id)
    authenticators.allowed_kinds = ALL_KINDS
    async with make.change(hansen.id):
        await users.save()
        await authenticators.save()


@pytest.fixture
async def things(make, hansen, jensen, person, lenient) -> dict[str, Any]:
    """Something of each kind that a setting can forbid; and the same where it does not count."""
    units = {
        "production_unit": await ProductionUnit.filter(organisation_id=hansen.id).first(),
        "vat_unit": await VatUnit.get(organisation_id=hansen.id),
        "ean": await EanLocation.get(organisation_id=hansen.id),
    }
    right = {"kind": RequestKind.RIGHT, "right": await Right.get(code="post.read")}
    valid, late = make.now + timedelta(days=10), make.now - timedelta(days=10)
    imported = {"status": UserStatus.IMPORTED, "activated_at": None}
    things = {
        "anonymous": await person(is_anonymous=True),
        "sealing": await person(can_seal=True),
        "written": await person(reference_text="Team 7"),
        "placed": await person(**units),
        "profile": await make.profile(hansen, **units, can_seal=True),
        "imported": await person(**imported, imported_login="PRIVATE_MITID"),
        "defaults": await DefaultSettings.get(organisation_id=hansen.id),
        "hopeful": await make.request(hansen),
    }
    bo = things["placed"]
    things |= {
        "shy": await make.request(hansen, user=bo),
        "wanting": await make.request(hansen, user=bo, **right),
        "private": await make.authenticator(bo, kind="PRIVATE_MITID"),
        "chip": await make.authenticator(bo, device="CHIP"),
        "certificate": await make.certificate(hansen, user=bo, expires_at=valid),
        "order": await make.certificate(hansen, user=bo, status=CertificateStatus.ORDERED),
    }
    await make.certificate(hansen, user=bo, expires_at=late)
    await make.certificate(hansen, user=bo, status=CertificateStatus.REVOKED)
    await make.authenticator(bo, kind="PRIVATE_MITID", status="WITHDRAWN")
    await make.request(hansen, user=bo, status="REJECTED")
    await person(status=UserStatus.DELETED, is_anonymous=True, can_seal=True, **units)
    stranger = await make.user(jensen, is_anonymous=True, can_seal=True, reference_text="Team 8")
    await make.certificate(jensen, user=stranger)
    await make.authenticator(stranger, kind="PRIVATE_MITID")
    things["defaults"].user_production_unit = units["production_unit"]
    async with make.change(hansen.id):
        await things["defaults"].save()
    return things


@pytest.mark.parametrize(
    ("page", "given", "contrary"),
    [
        ("users", {"canRequestUser": False}, {"REQUEST": ["hopeful"]}),
        ("users", {"canRequestRights": False}, {"REQUEST": ["wanting"]}),
        ("users", {"canBeAnonymous": False}, {"USER": ["anonymous"], "REQUEST": ["shy"]}),
        (
            "users",
            {"canRequestUser": False, "canRequestRights": False, "canBeAnonymous": False},
            {"REQUEST": ["hopeful", "wanting", "shy"], "USER": ["anonymous"]},
        ),
        (
            "users",
            {"allowedInformation": ["SE_NUMBER", "EAN_NUMBER", "REFERENCE_TEXT"]},
            {"USER": ["placed"], "CERTIFICATE_PROFILE": ["profile"], "SETTINGS": ["defaults"]},
        ),
        (
            "users",
            {"allowedInformation": ["P_NUMBER", "EAN_NUMBER", "REFERENCE_TEXT"]},
            {"USER": ["placed"], "CERTIFICATE_PROFILE": ["profile"]},
        ),
        (
            "users",
            {"allowedInformation": ["P_NUMBER", "SE_NUMBER"]},
            {"USER": ["placed", "written"], "CERTIFICATE_PROFILE": ["profile"]},
        ),
        ("users", {"retentionDays": 1, "allowedInformation": ALL_INFORMATION}, {}),
        (
            "authenticators",
            {"allowedKinds": ["SEPARATE_MITID"]},
            {"AUTHENTICATOR": ["private"], "USER": ["imported"]},
        ),
        (
            "authenticators",
            {"allowedDevices": ["APP"], "allowedKinds": ALL_KINDS[:2]},
            {"AUTHENTICATOR": ["chip"]},
        ),
        ("certificates", {"allowedKinds": ["SYSTEM"]}, {"CERTIFICATE": ["certificate", "order"]}),
        ("certificates", {"allowedKinds": ["USER"]}, {}),
        ("certificates", {"canSeal": True}, {}),
    ],
)
async def test_what_is_no_longer_allowed_is_told_and_left(
    page, given, contrary, ask, administrator, things
):
    before = await everything_stored()

    answer = await ask(administrator, tightening(page), input=given)

    assert answer["errors"] == []
    told = {
        one["kind"]: (one["count"], {example["id"] for example in one["examples"]})
        for one in answer["contradictions"]
    }
    assert told == {
        kind: (len(names), {str(things[one].id) for one in names})
        for kind, names in contrary.items()
    }
    after = await everything_stored()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {f"{page[:-1]}_settings", "actor", "history_entry", "history_head"}


async def test_seals_that_are_no_longer_allowed_are_told(ask, administrator, things):
    await ask(administrator, tightening("certificates"), input={"canSeal": True})

    answer = await ask(administrator, tightening("certificates"), input={"canSeal": False})

    assert {one["kind"]: one["examples"][0]["id"] for one in answer["contradictions"]} == {
        "CERTIFICATE_PROFILE": str(things["profile"].id),
        "USER": str(things["sealing"].id),
    }


async def test_a_change_that_forbids_nothing_more_tells_nothing_again(ask, administrator, things):
    await ask(administrator, tightening("users"), input={"canBeAnonymous": False})

    answer = await ask(administrator, tightening("users"), input={"canRequestUser": True})

    assert answer == {"contradictions": [], "errors": []}


async def test_a_dry_run_tells_all_that_would_be_against_it(ask, administrator, things):
    before, given = await everything_stored(), {"canBeAnonymous": False}

    told = await ask(administrator, tightening("users"), input=given, dryRun=True)

    assert await everything_stored() == before
    assert told == await ask(administrator, tightening("users"), input=given)
    assert [one["kind"] for one in told["contradictions"]] == ["USER", "REQUEST"]


async def test_of_many_the_first_ten_are_named(ask, administrator, person):
    for _ in range(12):
        await person(is_anonymous=True)

    answer = await ask(administrator, tightening("users"), input={"canBeAnonymous": False})

    (usage,) = answer["contradictions"]
    users = await User.filter(is_anonymous=True).order_by("id").limit(10)
    assert usage["count"] == 12
    assert usage["examples"] == [{"id": str(one.id)} for one in users]
