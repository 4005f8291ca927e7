"""How files of users end when nobody starts them, when they are old, and when a role is lost."""

import pytest

from models import (
    HistoryEntry,
    RoleAssignment,
    User,
    UserImport,
    UserImportPart,
    UserImportRow,
    UserImportRowError,
    UserSettings,
)
from models.verification import verify
from policies import Policy
from resolvers.context import Rules
from resolvers.importing import Worker
from resolvers.imports import JOB
from tests.files import CANCEL, READ, START, UPLOAD, created, file
from tests.users import DELETE

pytestmark = pytest.mark.anyio

WRONG = created(2, Email="Bo Holm <bo@example.dk>")


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def upload(ask, admin, gateways, client):
    """Uploads a file as a user administrator, and waits for the check."""

    async def upload(*rows, dryRun=False, **more):
        given = {"file": {"text": file(*rows)}, "policy": "SKIP_BAD_ROWS", **more}
        answer = await ask(admin, UPLOAD, input=given, dryRun=dryRun)
        await gateways.jobs.run_once(JOB)
        return answer["userImport"]["id"]

    return upload


@pytest.fixture
def start(ask, admin, gateways):
    async def start(key):
        await ask(admin, START, input={"importId": key})
        await gateways.jobs.run_once(JOB)

    return start


@pytest.fixture
def after(gateways):
    """Lets days pass, and what is not needed longer be forgotten."""

    async def after(days):
        gateways.clock.advance(days=days)
        await gateways.jobs.run_once("forgetting files")

    return after


@pytest.mark.parametrize(("retention", "days"), [(90, 30), (7, 7)])
async def test_a_file_that_nobody_starts_ends_after_a_month_or_the_term_of_the_settings(
    upload, after, hansen, retention, days
):
    await UserSettings.filter(organisation_id=hansen.id).update(retention_days=retention)
    key = await upload(created(1), WRONG)

    await after(days - 0.1)
    assert await UserImport.exists(id=key)
    await after(0.1)

    for kept in (UserImport, UserImportPart, UserImportRow, UserImportRowError):
        assert await kept.all().count() == 0
    entry = await HistoryEntry.get(operation="forgetUserImport")
    assert (entry.summary, str(entry.about_id)) == ("Forget user import: users.csv", key)
    assert (await verify(hansen.id)).is_intact


async def test_a_file_that_was_cancelled_before_it_ran_ends_alike(upload, after, ask, admin):
    key = await upload(created(1))
    await ask(admin, CANCEL, input={"importId": key})

    await after(30)

    assert not await UserImport.exists(id=key)


async def test_of_a_file_that_was_run_stays_what_became_of_it(upload, start, after, ask, admin):
    key = await upload(created(1), WRONG)
    await start(key)

    await after(29)
    before = await ask(admin, READ, id=key)
    await after(1)
    left = await ask(admin, READ, id=key)

    assert before["rowErrors"]["nodes"][0]["suggestion"] == "bo@example.dk"
    assert left["rowErrors"]["nodes"][0]["suggestion"] is None
    assert left["counts"] == before["counts"]
    assert left["plan"] == before["plan"]
    assert await UserImportPart.all().count() == 0
    asked = "query ($id: ID!) { userImport(id: $id) { receipt { url } correctionFile { url } } }"
    found = await ask(admin, asked, id=key)
    assert (found["correctionFile"], bool(found["receipt"])) == (None, True)


@pytest.fixture
def worker(gateways):
    return Worker(gateways, Policy(), Rules(admits_replacement_numbers=True))


@pytest.fixture
async def halfway(ask, admin, worker, monkeypatch):
    """A file of which two of five rows have been run."""
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 2)
    given = {"file": {"text": file(*map(created, range(5)))}, "startWhenReady": True}
    key = (await ask(admin, UPLOAD, input=given))["userImport"]["id"]
    for _ in range(3 + 1 + 1):
        await worker.step()
    return key


async def test_people_who_never_became_users_are_forgotten(halfway, after, ask, admin):
    await ask(admin, CANCEL, input={"importId": halfway})

    await after(30)

    left = await UserImportRow.filter(user_import_id=halfway).order_by("line")
    assert [bool(one.changes) for one in left] == [True, True, False, False, False]


async def lose_role(admin):
    await RoleAssignment.filter(user_id=admin.id).delete()


async def leave(admin):
    await User.filter(id=admin.id).update(status="DEACTIVATED")


@pytest.mark.parametrize("lose", [lose_role, leave])
async def test_who_loses_the_role_has_the_run_stop_between_two_parts(
    halfway, worker, admin, person, ask, lose
):
    other = await person("user_administrator")
    await lose(admin)

    await worker.work()

    found = await ask(other, READ, id=halfway)
    assert (found["status"], found["counts"]["done"]) == ("FAILED", 2)
    assert found["failureReason"].startswith("Den, der startede filen, må ikke længere det.")
    assert await User.filter(status="IMPORTED").count() == 2
    assert not await UserImportPart.exists(rows_sealed__isnull=False)


async def test_who_loses_the_role_has_the_check_stop_too(ask, admin, worker, person):
    await ask(admin, UPLOAD, input={"file": {"text": file(created(1))}, "startWhenReady": True})
    await lose_role(admin)

    await worker.work()

    assert (await UserImport.get()).status == "FAILED"
    assert not await User.exists(status="IMPORTED")


async def test_an_address_that_was_suggested_is_erased_with_its_user(
    upload, ask, admin, person, gateways
):
    bo = await person(email="BO@example.dk")
    await upload(WRONG, created(3, Email="Eva <eva@example.dk>"))
    await UserImport.all().update(started_at=gateways.clock.now())  # or it would be gone by then
    await ask(admin, DELETE, input={"userId": bo.id})

    gateways.clock.advance(days=90)
    await gateways.jobs.run_once("erasures")

    left = await UserImportRowError.all().order_by("line").values_list("suggestion", flat=True)
    assert left == [None, "eva@example.dk"]
