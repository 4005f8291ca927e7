"""Pages of the settings put back to what they were after an earlier change."""

from uuid import uuid4

import pytest

from models import HistoryEntry, ProductionUnit
from models.settings import PAGES, UserSettings
from tests.pages import FIRST_P, OPERATIONS, READS, SECOND_P, asked, changing
from tests.reading import history_of, stored
from tests.tables import POLICY

pytestmark = pytest.mark.anyio

RESTORE = """
mutation RestoreSettings($input: RestoreSettingsInput!, $dryRun: Boolean) {
  restoreSettings(input: $input, dryRun: $dryRun) {
    settings {
      __typename id version changedAt changedBy { name } canChange
      ... on UserSettings { retentionDays allowedInformation canBeAnonymous canRequestUser }
      ... on DefaultSettings { userProductionUnit { pNumber } userVatUnit { seNumber } }
    }
    contradictions { kind count examples { id } }
    errors { code message path ... on Conflict { current { id } currentVersion } }
  }
}
"""
PAGE_HISTORY = """
query PageHistory { settings { %s { history { nodes { id operation summary } } } } }
"""
REMOVE = """
mutation Remove($input: RemoveProductionUnitInput!) {
  removeProductionUnit(input: $input) { errors { code } }
}
"""


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
def entries(ask, administrator):
    """Tells the ids of what happened to a page, the latest first."""

    async def entries(page="users"):
        answer = await ask(administrator, PAGE_HISTORY % page)
        return [one["id"] for one in answer[page]["history"]["nodes"]]

    return entries


@pytest.fixture
def change(ask, administrator):
    """Changes a page, and returns the page."""

    async def change(page="users", **given):
        answer = await ask(administrator, changing(page), input=given)
        assert answer["errors"] == []
        return answer["settings"]

    return change


@pytest.fixture
def restore(ask, administrator):
    """Puts a page back to what it was after an entry."""

    async def restore(entry, **more):
        return await ask(administrator, RESTORE, input={"historyEntryId": entry}, **more)

    return restore


async def test_a_page_goes_back_twice_and_forth_again(ask, change, restore, entries, administrator):
    await change(retentionDays=30)
    await change(retentionDays=60, allowedInformation=["REFERENCE_TEXT"])
    await change(retentionDays=120, canRequestUser=True)
    third, second, first, delivery = await entries()

    once = await restore(second)
    twice = await restore(first)
    forth = await restore(third)
    back = await restore(delivery)

    shown = [
        (one["settings"]["retentionDays"], one["settings"]["allowedInformation"])
        for one in (once, twice, forth, back)
    ]
    usual = ["P_NUMBER", "SE_NUMBER"]
    assert shown == [
        (60, ["REFERENCE_TEXT"]),
        (30, usual),
        (120, ["REFERENCE_TEXT"]),
        (90, usual),
    ]
    assert [one["settings"]["version"] for one in (once, twice, forth, back)] == [5, 6, 7, 8]
    assert once["settings"]["canRequestUser"] is False
    assert forth["settings"]["canRequestUser"] is True
    latest, _, before, *_ = await history_of(ask, administrator, once["settings"]["id"])
    assert latest.told == ("restoreSettings", "DONE")
    assert latest["actor"] == {"name": "Ulla Møller"}
    assert before.changes == {
        "retentionDays": ("60", "30"),
        "allowedInformation": ("REFERENCE_TEXT", "P_NUMBER, SE_NUMBER"),
    }


@pytest.mark.parametrize("page", READS)
async def test_every_page_can_be_put_back_as_it_was_delivered(
    page, ask, change, restore, entries, administrator
):
    given = {
        "users": {"canRequestUser": True, "canBeAnonymous": False, "allowedInformation": []},
        "authenticators": {"allowedKinds": ["SEPARATE_MITID", "LOCAL"], "allowedDevices": ["CHIP"]},
        "certificates": {"allowedKinds": ["SYSTEM"], "canSeal": True},
        "defaults": {"userPNumber": FIRST_P, "certificatePNumber": SECOND_P},
    }
    before = await ask(administrator, asked())
    await change(page, **given[page])

    answer = await restore((await entries(page))[-1])

    assert answer["errors"] == []
    settings = answer["settings"]
    assert settings["__typename"] == OPERATIONS[page].removeprefix("update")
    assert (settings["version"], settings["canChange"]) == (3, True)
    assert settings["changedBy"] == {"name": "Ulla Møller"}
    assert await ask(administrator, asked()) == before


async def test_what_would_no_longer_be_allowed_is_told(change, restore, entries, person):
    await change(canBeAnonymous=False)
    await change(canBeAnonymous=True)
    eva = await person(is_anonymous=True)

    answer = await restore((await entries())[1])

    assert answer["settings"]["canBeAnonymous"] is False
    usage = {"kind": "USER", "count": 1, "examples": [{"id": str(eva.id)}]}
    assert answer["contradictions"] == [usage]


async def test_a_unit_that_is_no_longer_registered_cannot_come_back(
    ask, change, restore, entries, administrator
):
    await change("defaults", userPNumber=FIRST_P)
    await change("defaults", userPNumber=None)
    unit = await ProductionUnit.get(p_number=FIRST_P)
    await ask(administrator, REMOVE, input={"productionUnitId": unit.id})
    before = await stored(*PAGES)

    answer = await restore((await entries("defaults"))[1], headers={"accept-language": "en"})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("P_NUMBER_NOT_REGISTERED", ["historyEntryId"])
    assert error["message"].startswith("userProductionUnit is not a P-number of your organisation.")
    assert await stored(*PAGES) == before


async def test_a_unit_that_was_registered_anew_comes_back(
    ask, change, restore, entries, administrator
):
    add = "mutation ($input: AddProductionUnitInput!) { addProductionUnit(input: $input) %s }"
    await change("defaults", userPNumber=FIRST_P)
    await change("defaults", userPNumber=None)
    unit = await ProductionUnit.get(p_number=FIRST_P)
    await ask(administrator, REMOVE, input={"productionUnitId": unit.id})
    given = {"pNumber": FIRST_P, "name": "Anew"}
    await ask(administrator, add % "{ errors { code } }", input=given)

    answer = await restore((await entries("defaults"))[1])

    assert answer["settings"]["userProductionUnit"] == {"pNumber": FIRST_P}


async def test_a_page_that_is_so_already_is_not_put_back(change, restore, entries):
    page = await change(retentionDays=30)

    answer = await restore((await entries())[0])

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("NOTHING_TO_CHANGE", ["historyEntryId"])
    assert error["current"] == {"id": page["id"]}
    assert error["currentVersion"] == 2


async def test_a_dry_run_shows_the_page_as_it_would_be(change, restore, entries):
    await change(retentionDays=30)
    before = await stored(*PAGES, HistoryEntry)

    answer = await restore((await entries())[-1], dryRun=True)

    assert answer["settings"]["retentionDays"] == 90
    assert await stored(*PAGES, HistoryEntry) == before


async def test_only_changes_of_pages_can_be_gone_back_to(ask, hansen, restore, person):
    other = await person("user_administrator")
    await ask(other, changing("users"), input={"retentionDays": 30})
    attempt = await HistoryEntry.get(outcome="DENIED")
    of_the_house = await HistoryEntry.filter(about_id=hansen.id, outcome="DONE").first()

    for entry in (attempt, of_the_house):
        assert (await restore(entry.id)).problem == "NOT_FOUND"


async def test_a_stranger_finds_no_change_to_go_back_to(ask, make, jensen, change, entries, hansen):
    stranger = await make.user(jensen, "organisation_administrator")
    await change(retentionDays=30)
    theirs = (await entries())[-1]

    there = await ask(stranger, RESTORE, input={"historyEntryId": theirs})
    nowhere = await ask(stranger, RESTORE, input={"historyEntryId": uuid4()})

    assert there == nowhere
    assert there.problem == "NOT_FOUND"
    page = await UserSettings.get(organisation_id=hansen.id)
    assert page.retention_days == 30


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_others_are_denied(role, ask, person, change, entries):
    await change(retentionDays=30)

    answer = await ask(await person(role), RESTORE, input={"historyEntryId": (await entries())[-1]})

    assert answer.problem == "DENIED"


def test_whoever_may_restore_may_change_every_page():
    able = set(POLICY.roles("settings:restore"))

    assert all(able <= set(POLICY.roles(page.change)) for page in PAGES)


async def test_each_organisation_goes_back_alone(jensen, change, restore, entries):
    await change(retentionDays=30)
    theirs = await UserSettings.filter(organisation_id=jensen.id).values()

    await restore((await entries())[-1])

    assert await UserSettings.filter(organisation_id=jensen.id).values() == theirs
