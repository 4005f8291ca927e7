"""Many users at once: a file is uploaded, checked, run, and told of."""

import pytest

from gateways import BrokenSeal
from models import (
    Activation,
    GroupMember,
    HistoryEntry,
    Letter,
    User,
    UserImport,
    UserImportPart,
    UserStatus,
)
from models.verification import verify
from policies import Policy
from resolvers.context import Rules
from resolvers.importing import STUMBLES, Worker
from resolvers.imports import JOB
from tests.files import CANCEL, HEAD, READ, START, UPLOAD, created, file, row
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_imports = who_may("""
                              self  user_administrator  rights_administrator  organisation_administrator
    user_import:list           .            x                    .                       .
    user_import:read           .            x                    .                       .
    user_import:upload         .            x                    .                       .
    user_import:start          .            x                    .                       .
    user_import:cancel         .            x                    .                       .
""")  # noqa: E501
CPR = "6101901234"
ANNE = created(1, Fornavn="Anne", Efternavn="Østergaard", CPR=CPR, Email="anne@example.dk")


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
def upload(ask, admin, gateways, client):
    """Uploads a file as a user administrator, and waits for the check."""

    async def upload(*rows, **more):
        answer = await ask(admin, UPLOAD, input={"file": {"text": file(*rows)}, **more})
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        return await ask(admin, READ, id=answer["userImport"]["id"])

    return upload


@pytest.fixture
def start(ask, admin, gateways):
    """Starts a file, and waits for its end."""

    async def start(found, **more):
        answer = await ask(admin, START, input={"importId": found["id"], **more})
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        return await ask(admin, READ, id=found["id"])

    return start


async def test_a_file_is_checked_and_says_what_it_would_do(upload, person, hansen):
    bo = await person(phone_number="11111111", production_unit=None)

    found = await upload(
        ANNE,
        row("U", UUID=bo.uuid, Telefon="22222222", P_nummer="1029829825"),
        row("D", UUID=(await person()).uuid),
        created(2, Email="wrong"),
        policy="SKIP_BAD_ROWS",
    )

    assert (found["status"], found["percentDone"], found["version"]) == ("READY", 100, 2)
    assert found["counts"] == {
        "rows": 4,
        "creates": 1,
        "updates": 1,
        "deletes": 1,
        "bad": 1,
        "done": 0,
    }
    anne, changed, gone = found["plan"]["nodes"]
    assert (anne["line"], anne["action"], anne["isDone"], anne["user"]) == (
        2,
        "CREATE",
        False,
        None,
    )
    assert {one["field"]: one["new"] for one in anne["changes"]} == {
        "firstName": "Anne",
        "surname": "Østergaard",
        "email": "anne@example.dk",
        "targetAssuranceLevel": "3",
        "cprNumber": "610190-****",
        "dateOfBirth": "1990-01-01",
    }
    assert changed["user"]["id"] == str(bo.id)
    assert changed["changes"] == [
        {"field": "phoneNumber", "old": "11111111", "new": "22222222"},
        {"field": "productionUnit", "old": None, "new": "1029829825"},
    ]
    assert gone["changes"] == [{"field": "status", "old": "ACTIVE", "new": "DELETED"}]
    (error,) = found["rowErrors"]["nodes"]
    assert (error["line"], error["column"], error["code"]) == (5, "Email", "MALFORMED")
    assert error["messageInDanish"].startswith("Email har ikke den rigtige form.")
    assert error["messageInEnglish"].startswith("Email does not have the right form.")
    assert found["users"]["nodes"] == []
    assert await User.filter(organisation_id=hansen.id, status="IMPORTED").count() == 0


async def test_a_file_is_run_and_each_user_has_a_history(upload, start, person, hansen, letters):
    bo, eva = await person(name="Bo Lind"), await person(name="Eva Lund")
    found = await upload(
        ANNE,
        created(2, CPR="", Foedselsdato="31011990", P_nummer="1029829825", Loginmiddel="PrivatID"),
        row("U", UUID=bo.uuid.hex, Email="new@example.dk"),
        row("D", UUID=eva.uuid),
    )

    done = await start(found, confirmRemovals=1)

    assert (done["status"], done["percentDone"], done["version"]) == ("DONE", 100, 4)
    assert done["counts"]["done"] == 4
    assert done["finishedAt"]
    assert all(one["isDone"] for one in done["plan"]["nodes"])
    assert {one["name"] for one in done["users"]["nodes"]} == {
        "Anne Østergaard",
        "Ny Bruger 2",
        "Bo Lind",
    }
    anne = await User.get(email="anne@example.dk").prefetch_related("memberships")
    assert (anne.status, anne.cpr_number, anne.version) == ("IMPORTED", "610190-****", 1)
    born = await User.get(email="ny2@example.dk")
    assert (str(born.date_of_birth), born.cpr_number_hash) == ("1990-01-31", None)
    assert born.imported_login == "PRIVATE_MITID"
    assert await GroupMember.filter(user_id=anne.id).count() == 1
    assert await GroupMember.filter(user_id=born.id).count() == 2
    assert (await User.get(id=eva.id)).status is UserStatus.DELETED
    entries = await HistoryEntry.filter(operation="startUserImport").order_by("sequence")
    assert [(one.activity, one.summary) for one in entries] == [
        ("user_import:start", "Start user import: users.csv"),
        ("user:create", "Create user: Anne Østergaard"),
        ("user:create", "Create user: Ny Bruger 2"),
        ("user:update", "Update user: Bo Lind"),
        ("user:delete", "Delete user: Eva Lund"),
    ]
    assert len({one.request_uuid for one in entries}) == 1
    assert {str(one.user_import_id) for one in entries[1:]} == {found["id"]}
    unit = {"field": "productionUnit", "old": None, "new": "1029829825"}
    assert unit in entries[2].changes
    assert (await verify(hansen.id)).is_intact


async def test_no_letter_goes_out_to_the_users_that_a_file_creates(upload, start, admin):
    await start(await upload(ANNE, created(2, CPR="", Foedselsdato="31011990")))

    assert await Letter.exclude(to=admin.email).count() == 0
    assert await Activation.all().count() == 0


async def test_a_user_and_the_list_of_users_tell_which_file_brought_them(upload, start, ask, admin):
    done = await start(await upload(ANNE, created(2)))
    asked = """
        query ($id: ID!) {
          users(filter: {importId: $id}) { nodes { name status importedFrom { id fileName } } }
        }
    """

    answer = await ask(admin, asked, id=done["id"])

    brought = {"id": done["id"], "fileName": "users.csv"}
    assert answer["nodes"] == [
        {"name": "Anne Østergaard", "status": "IMPORTED", "importedFrom": brought},
        {"name": "Ny Bruger 2", "status": "IMPORTED", "importedFrom": brought},
    ]


async def test_files_are_listed_latest_first_and_by_state(upload, start, ask, admin, gateways):
    first = await start(await upload(ANNE))
    gateways.clock.advance(minutes=1)
    second = await upload(created(2))
    asked = "query ($filter: UserImportFilter) { userImports(filter: $filter) { nodes { id } } }"

    every = await ask(admin, asked)
    done = await ask(admin, asked, filter={"status": ["DONE"]})
    late = await ask(admin, asked, filter={"uploadedAt": {"from": "2026-11-02T09:00:30Z"}})

    assert [one["id"] for one in every["nodes"]] == [second["id"], first["id"]]
    assert [one["id"] for one in done["nodes"]] == [first["id"]]
    assert [one["id"] for one in late["nodes"]] == [second["id"]]


async def test_the_plan_and_the_errors_can_be_narrowed(upload, ask, admin, person):
    found = await upload(
        ANNE, row("D", UUID=(await person()).uuid), created(3, TargetIAL=""), created(4, Email="x")
    )

    plan = await ask(admin, READ, id=found["id"], action="DELETE")
    errors = await ask(admin, READ, id=found["id"], code="REQUIRED")

    assert [one["line"] for one in plan["plan"]["nodes"]] == [3]
    assert [one["line"] for one in errors["rowErrors"]["nodes"]] == [4]


WHOLE = [
    ("", "FILE_EMPTY"),
    (file(ANNE).replace(";", ","), "FILE_NOT_SEMICOLON_SEPARATED"),
    (file(ANNE).replace("Foedselsdato", "Fødselsdato"), "HEADER_NEEDS_OE"),
    (file(ANNE).replace("Telefon", "Mobil"), "HEADER_WRONG"),
    ("Navn;Email\nAnne;anne@example.dk", "COLUMN_COUNT_WRONG"),
    (f"{HEAD}\n\0", "FILE_ENCODING_UNKNOWN"),
]


@pytest.mark.parametrize(("text", "code"), WHOLE)
async def test_a_file_that_is_wrong_as_a_whole_is_refused_at_once(ask, admin, text, code):
    answer = await ask(admin, UPLOAD, input={"file": {"text": text}})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (code, ["file"])
    assert answer["userImport"] is None
    assert await UserImport.all().count() == 0


async def test_one_bad_row_stops_a_file_unless_bad_rows_are_skipped(upload, ask, admin, start):
    rows = (ANNE, created(2, Email="wrong"))
    rejecting = await upload(*rows)
    skipping = await upload(*rows, policy="SKIP_BAD_ROWS")

    answer = await ask(admin, START, input={"importId": rejecting["id"]})
    done = await start(skipping)

    assert (rejecting["status"], answer.problem) == ("READY", "IMPORT_NOT_READY")
    assert (done["status"], done["counts"]["done"], done["percentDone"]) == ("DONE", 1, 100)


async def test_a_file_with_no_good_row_is_never_started(upload, ask, admin):
    found = await upload(created(2, Email="wrong"), policy="SKIP_BAD_ROWS")

    answer = await ask(admin, START, input={"importId": found["id"]})

    assert answer.problem == "IMPORT_NOT_READY"


async def test_a_file_can_be_started_as_soon_as_it_is_checked(upload):
    found = await upload(ANNE, startWhenReady=True)

    assert (found["status"], found["counts"]["done"]) == ("DONE", 1)
    assert await HistoryEntry.filter(activity="user_import:start").count() == 1


async def test_a_file_that_would_remove_many_waits_for_their_exact_number(
    upload, ask, admin, person, start
):
    others = [await person() for _ in range(8)]
    some = await upload(row("D", UUID=others[0].uuid), startWhenReady=True)
    many = await upload(*(row("D", UUID=one.uuid) for one in others[1:4]), startWhenReady=True)
    asked = {"importId": many["id"]}

    silent = await ask(admin, START, input=asked)
    wrong = await ask(admin, START, input={**asked, "confirmRemovals": 4})
    done = await start(many, confirmRemovals=3)

    assert some["status"] == "DONE"  # one of nine
    assert many["status"] == "READY"
    assert many["removals"] == {"count": 3, "share": "0.38", "isConfirmationNeeded": True}
    assert [one.problem for one in (silent, wrong)] == [
        "REMOVALS_NOT_CONFIRMED",
        "REMOVALS_COUNT_WRONG",
    ]
    assert "3" in silent["errors"][0]["message"]
    assert done["status"] == "DONE"


async def test_the_number_can_be_confirmed_when_the_file_is_uploaded(upload, person):
    others = [await person() for _ in range(3)]
    rows = [row("D", UUID=one.uuid) for one in others]

    wrong = await upload(*rows, startWhenReady=True, confirmRemovals=2)
    right = await upload(*rows, startWhenReady=True, confirmRemovals=3)

    assert (wrong["status"], right["status"]) == ("READY", "DONE")


async def test_a_file_that_was_run_is_not_run_again_for_a_month(
    upload, start, ask, admin, gateways
):
    twice = await upload(ANNE)
    await start(await upload(ANNE))

    again = await ask(admin, START, input={"importId": twice["id"]})
    anew = await ask(admin, UPLOAD, input={"file": {"text": file(ANNE)}})
    gateways.clock.advance(days=31)
    later = await ask(admin, UPLOAD, input={"file": {"text": file(ANNE)}})

    assert [one.problem for one in (again, anew)] == ["FILE_ALREADY_UPLOADED"] * 2
    assert later["errors"] == []


async def test_a_dry_run_keeps_the_checked_file_for_a_day_and_is_never_run(
    ask, admin, gateways, client
):
    answer = await ask(admin, UPLOAD, input={"file": {"text": file(ANNE)}}, dryRun=True)
    key = answer["userImport"]["id"]
    await gateways.jobs.run_once(JOB)

    found = await ask(admin, READ, id=key)
    refused = await ask(admin, START, input={"importId": key})
    gateways.clock.advance(hours=25)
    await gateways.jobs.run_once("forgetting files")

    assert (found["status"], found["isDryRun"]) == ("READY", True)
    assert [one["line"] for one in found["plan"]["nodes"]] == [2]
    assert refused.problem == "IMPORT_IS_DRY_RUN"
    assert await UserImport.all().count() == 0


async def test_a_dry_run_starts_nothing_even_if_it_is_told_to(ask, admin, gateways, client):
    given = {"file": {"text": file(ANNE)}, "startWhenReady": True}

    await ask(admin, UPLOAD, input=given, dryRun=True)
    await gateways.jobs.run_once(JOB)

    assert (await UserImport.get()).status == "READY"
    assert not await User.exists(status="IMPORTED")


async def test_a_cancelled_file_stays_cancelled_and_what_was_run_stays(upload, ask, admin, start):
    waiting, done = await upload(ANNE), await start(await upload(created(2)))

    cancelled = await ask(admin, CANCEL, input={"importId": waiting["id"]})
    again = await ask(admin, CANCEL, input={"importId": waiting["id"]})
    started = await ask(admin, START, input={"importId": waiting["id"]})
    late = await ask(admin, CANCEL, input={"importId": done["id"]})

    assert cancelled["userImport"]["status"] == "CANCELLED"
    assert [one.problem for one in (again, started, late)] == ["IMPORT_FINISHED"] * 3
    assert await User.filter(status="IMPORTED").count() == 1


async def test_a_file_is_sealed_while_it_waits_and_erased_when_it_has_ended(
    upload, start, gateways
):
    found = await upload(ANNE)

    (part,) = await UserImportPart.all()
    await start(found)

    assert CPR.encode() not in part.rows_sealed
    assert CPR in gateways.vault.unseal(part.rows_sealed)
    assert await UserImportPart.all().count() == 0


async def test_a_row_that_has_become_bad_since_the_check_is_left_out_and_told(
    upload, start, ask, admin, person
):
    bo, eva = await person(), await person()
    found = await upload(
        row("U", UUID=bo.uuid, Telefon="22222222"),
        row("U", UUID=eva.uuid, Telefon="22222222"),
        policy="SKIP_BAD_ROWS",
    )
    gone = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
    await ask(admin, gone, input={"userId": bo.id})

    done = await start(found)

    assert (done["status"], done["counts"]["done"], done["counts"]["bad"]) == ("DONE", 1, 1)
    assert done["counts"]["updates"] == 1
    (error,) = done["rowErrors"]["nodes"]
    assert (error["line"], error["code"]) == (2, "USER_DELETED")


async def test_in_a_file_that_one_bad_row_stops_it_stops_the_run_too(
    upload, start, ask, admin, person
):
    bo, eva = await person(), await person()
    found = await upload(
        row("U", UUID=bo.uuid, Telefon="22222222"), row("U", UUID=eva.uuid, Telefon="22222222")
    )
    gone = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
    await ask(admin, gone, input={"userId": eva.id})

    failed = await start(found)

    assert (failed["status"], failed["counts"]["done"]) == ("FAILED", 0)
    assert failed["failureReason"].startswith("Brugeren er slettet")
    assert (await User.get(id=bo.id)).phone_number is None
    assert not await UserImportPart.exists(rows_sealed__isnull=False)


async def test_an_address_that_a_file_changes_is_told_to_the_old_one_unless_none_was_written_to(
    upload, start, person, letters
):
    bo = await person(email="bo@example.dk")
    new = await person(email="new@example.dk", status=UserStatus.IMPORTED, activated_at=None)
    found = await upload(
        row("U", UUID=bo.uuid, Email="bo2@example.dk"),
        row("U", UUID=new.uuid, Email="new2@example.dk"),
    )

    await start(found)

    assert len(await letters("bo@example.dk")) == 1
    assert await letters("new@example.dk") == []


async def test_a_stranger_sees_and_touches_nothing_of_a_file(upload, ask, send, make, jensen):
    found = await upload(ANNE)
    stranger = await make.user(jensen, "user_administrator")

    seen = await send(stranger, READ, id=found["id"])
    started = await ask(stranger, START, input={"importId": found["id"]})
    listed = await ask(stranger, "{ userImports { nodes { id } } }")

    assert seen["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert started.problem == "NOT_FOUND"
    assert listed["nodes"] == []


async def test_a_file_of_many_parts_is_one_file(upload, start, monkeypatch):
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 3)
    rows = [created(number) for number in range(1, 8)]

    found = await upload(*rows, rows[0], policy="SKIP_BAD_ROWS")
    done = await start(found)

    (error,) = found["rowErrors"]["nodes"]
    assert (error["line"], error["code"]) == (9, "ROW_REPEATS_USER")
    assert (done["counts"]["done"], done["status"]) == (7, "DONE")
    assert await User.filter(status="IMPORTED").count() == 7


@pytest.fixture
def worker(gateways):
    return Worker(gateways, Policy(), Rules(admits_replacement_numbers=True))


async def test_a_file_that_is_cancelled_while_it_runs_stops_after_the_part(
    worker, ask, admin, monkeypatch
):
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 2)
    rows = [created(number) for number in range(1, 8)]
    given = {"file": {"text": file(*rows)}, "startWhenReady": True}
    key = (await ask(admin, UPLOAD, input=given))["userImport"]["id"]
    for _ in range(4 + 1 + 2):  # four parts are checked, the check ends, two parts are run
        assert await worker.step()

    cancelled = await ask(admin, CANCEL, input={"importId": key})
    await worker.work()

    counts = cancelled["userImport"]["counts"]
    assert (counts["done"], cancelled["userImport"]["percentDone"]) == (4, 57)
    assert await User.filter(status="IMPORTED").count() == 4
    found = await ask(admin, READ, id=key)
    assert [one["isDone"] for one in found["plan"]["nodes"]] == [True] * 4 + [False] * 3
    assert len(found["users"]["nodes"]) == 4
    assert await UserImportPart.all().count() == 0


async def test_a_file_that_meets_a_fault_of_ours_again_and_again_is_given_up(worker, ask, admin):
    broken = (await ask(admin, UPLOAD, input={"file": {"text": file(ANNE)}}))["userImport"]["id"]
    await UserImportPart.all().update(rows_sealed=b"broken")
    fine = await ask(admin, UPLOAD, input={"file": {"text": file(created(2))}})

    for _ in range(STUMBLES):
        with pytest.raises(BrokenSeal):
            await worker.work()
    await worker.work()

    failed = await ask(admin, READ, id=broken)
    assert (failed["status"], failed["counts"]["done"]) == ("FAILED", 0)
    assert failed["failureReason"]
    assert (await ask(admin, READ, id=fine["userImport"]["id"]))["status"] == "READY"


async def test_a_page_of_a_file_takes_as_many_statements_however_long_the_file_is(
    upload, ask, admin, sql
):
    short = await upload(created(1), created(2, Email="x"))
    long = await upload(
        *(created(number) for number in range(10, 30)),
        *(created(number, Email="x") for number in range(40, 60)),
    )
    sql()

    await ask(admin, READ, id=short["id"])
    few = sql()
    await ask(admin, READ, id=long["id"])

    assert sql() == few
