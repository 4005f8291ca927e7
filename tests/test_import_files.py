"""What comes back of a file of users: the receipt, and the bad rows to be corrected."""

import csv
import io
from uuid import uuid4

import pytest

from models import HistoryEntry, RoleAssignment, UserImportPart
from models.user_files import ERRORS, HEADINGS
from resolvers.imports import JOB
from tests.files import CANCEL, HEAD, READ, START, UPLOAD, created, file, row

pytestmark = pytest.mark.anyio

CPR = "6101901234"
ANNE = created(1, Fornavn="Anne", Efternavn="Østergaard", CPR=CPR, Email="anne@example.dk")
WRONG = created(2, CPR="6101905678", Email="Bo Holm <bo@example.dk>")
FILES = """
    query ($id: ID!) {
      userImport(id: $id) {
        receipt { url fileName mediaType expiresAt }
        correctionFile { url fileName mediaType expiresAt }
      }
    }
"""


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
def upload(ask, admin, gateways, client):
    """Uploads a file as a user administrator, and waits for the check."""

    async def upload(text, policy="SKIP_BAD_ROWS", **more):
        given = {"file": {"text": text}, "policy": policy, **more}
        answer = await ask(admin, UPLOAD, input=given)
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        return answer["userImport"]["id"]

    return upload


@pytest.fixture
def start(ask, admin, gateways):
    async def start(key):
        answer = await ask(admin, START, input={"importId": key})
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)

    return start


@pytest.fixture
def fetch(ask, admin, client):
    """Downloads one of the two files, and reads its lines."""

    async def fetch(key, name):
        offered = (await ask(admin, FILES, id=key))[name]
        if offered is None:
            return None
        response = await client.get(offered["url"])
        assert response.status_code == 200
        assert response.content.startswith(b"\xef\xbb\xbf")
        text = response.content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    return fetch


async def test_a_receipt_tells_what_became_of_every_row(upload, start, fetch, person, ask, admin):
    bo = await person(name="Bo Lind", phone_number="11111111", cpr=CPR)
    key = await upload(file(ANNE, WRONG, row("U", UUID=bo.uuid, Telefon="22222222")))

    before = await fetch(key, "receipt")
    await start(key)
    head, anne, wrong, changed = await fetch(key, "receipt")

    assert [line[2] for line in before] == ["Resultat", "Ikke kørt.", "Afvist.", "Ikke kørt."]
    assert head == ["Linje", "Aktion", "Resultat", "UUID", "Navn", "CPR", "Ændringer", "Fejl"]
    assert anne[:3] == ["2", "C", "Udført."]
    assert anne[4:6] == ["Anne Østergaard", "610190-****"]
    assert "Email: anne@example.dk; " in anne[6]
    assert wrong[:7] == ["3", "", "Afvist.", "", "", "", ""]
    assert wrong[7].startswith("Email har ikke den rigtige form.")
    assert changed[1:5] == ["U", "Udført.", str(bo.uuid), "Bo Lind"]
    assert changed[6] == "Telefon: 11111111 → 22222222"


async def test_a_receipt_masks_what_the_correction_file_holds_in_full(upload, fetch):
    key = await upload(file(ANNE, WRONG))

    receipt, corrections = await fetch(key, "receipt"), await fetch(key, "correctionFile")

    assert not any(number in str(receipt) for number in (CPR, "6101905678"))
    assert corrections[1][HEADINGS.index("CPR")] == "6101905678"


async def test_the_bad_rows_come_back_with_what_is_wrong_in_them(upload, fetch):
    key = await upload(file(ANNE, WRONG, "C;;Bo", created(4, Email="x", TargetIAL="9") + ";;a;b"))

    head, wrong, short, long = await fetch(key, "correctionFile")

    assert head == [*HEADINGS, ERRORS]
    assert wrong[:15] == WRONG.split(";")
    assert wrong[15].endswith("Måske var dette ment: bo@example.dk.")
    assert short == ["C", "", "Bo", *[""] * 12, short[15]]
    assert (len(long), long[16:]) == (19, ["", "a", "b"])
    assert "15" in short[15]


async def test_a_file_without_bad_rows_has_no_correction_file(upload, fetch):
    key = await upload(file(ANNE))

    assert await fetch(key, "correctionFile") is None


async def test_neither_is_there_before_the_file_is_checked(ask, admin):
    answer = await ask(admin, UPLOAD, input={"file": {"text": file(WRONG)}})

    found = await ask(admin, FILES, id=answer["userImport"]["id"])

    assert found == {"receipt": None, "correctionFile": None}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
async def test_no_cell_is_run_by_a_spreadsheet_and_the_importer_reads_it_as_it_was(
    upload, fetch, begin
):
    cell = f"\"{begin}cmd|' /C calc'!A0\""
    key = await upload(file(created(1, Fornavn=cell, Email="x")))

    (_, line) = await fetch(key, "correctionFile")
    again = await upload(";".join([HEAD, ERRORS]) + "\r\n" + written(line))

    assert line[2] == f"'{begin}cmd|' /C calc'!A0"
    assert (await fetch(again, "correctionFile"))[1] == line


def written(line):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerow(line)
    return text.getvalue()


async def test_a_row_that_becomes_bad_while_the_file_runs_can_be_corrected_too(
    upload, start, fetch, ask, admin, person
):
    bo, eva = await person(), await person()
    rows = [row("U", UUID=one.uuid, Telefon="22222222") for one in (bo, eva)]
    skipping = await upload(file(WRONG, *rows))
    rejecting = await upload(file(*rows), policy="REJECT_FILE")
    gone = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
    await ask(admin, gone, input={"userId": eva.id})

    await start(skipping)
    await start(rejecting)

    found = [line[:15] for line in (await fetch(skipping, "correctionFile"))[1:]]
    assert found == [WRONG.split(";"), rows[1].split(";")]
    found = [line[:15] for line in (await fetch(rejecting, "correctionFile"))[1:]]
    assert found == [rows[1].split(";")]
    told = await fetch(rejecting, "receipt")
    assert [line[2] for line in told[1:]] == ["Ikke kørt.", "Afvist."]


async def test_only_the_bad_rows_are_kept_and_sealed_when_a_file_has_ended(
    upload, start, gateways, ask, admin
):
    key, cancelled = await upload(file(ANNE, WRONG)), await upload(file(created(7), WRONG))

    await start(key)
    await ask(admin, CANCEL, input={"importId": cancelled})

    for part in await UserImportPart.all():
        assert part.rows_sealed is None
        kept = gateways.vault.unseal(part.bad_rows_sealed)
        assert ("6101905678" in kept, CPR in kept) == (True, False)
        assert b"6101905678" not in part.bad_rows_sealed


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("receipt", "Fetch receipt: users.csv"),
        ("correctionFile", "Fetch correction file: users.csv"),
    ],
)
async def test_the_history_keeps_who_fetched_either(upload, fetch, admin, name, summary):
    key = await upload(file(WRONG))

    await fetch(key, name)

    entry = await HistoryEntry.get(activity="user_import:read")
    assert (entry.summary, str(entry.about_id), entry.changes) == (summary, key, [])
    assert entry.actor_user_id == admin.id


@pytest.mark.parametrize("name", ["receipt", "correctionFile"])
async def test_an_address_is_good_for_five_minutes_and_for_whoever_may(
    upload, ask, client, admin, gateways, name
):
    key = await upload(file(WRONG))
    offered = (await ask(admin, FILES, id=key))[name]

    early = await client.get(offered["url"])
    await RoleAssignment.filter(user_id=admin.id).delete()
    denied = await client.get(offered["url"])
    gateways.clock.advance(minutes=5)
    late = await client.get(offered["url"])

    assert [one.status_code for one in (early, denied, late)] == [200, 404, 404]
    assert early.headers["content-type"] == offered["mediaType"] == "text/csv; charset=utf-8"
    assert offered["fileName"] in early.headers["content-disposition"]


async def test_a_stranger_is_offered_nothing(upload, send, make, jensen):
    key = await upload(file(WRONG))
    stranger = await make.user(jensen, "user_administrator")

    seen = await send(stranger, FILES, id=key)
    none = await send(stranger, FILES, id=uuid4())

    assert seen["data"] == none["data"] == {"userImport": None}
    assert seen["errors"] == none["errors"]


async def test_a_long_file_comes_back_piece_by_piece_and_whole(upload, fetch, monkeypatch, client):
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 7)
    rows = [created(n, **({"Email": "x"} if n % 3 else {})) for n in range(2100)]

    key = await upload(file(*rows))

    receipt, corrections = await fetch(key, "receipt"), await fetch(key, "correctionFile")
    assert [line[0] for line in receipt[1:]] == [str(n) for n in range(2, 2102)]
    assert [line[:15] for line in corrections[1:]] == [
        one.split(";") for n, one in enumerate(rows) if n % 3
    ]


async def test_both_addresses_are_planned(asker, upload, admin):
    key = await upload(file(WRONG))

    response = await asker.post(admin, FILES, id=key)

    assert "X-Segl-Executor" not in response.headers
    assert response.json()["data"]["userImport"]["receipt"]["url"]


async def test_the_correction_file_says_the_same_in_english(upload, fetch, ask, admin):
    language = "mutation { setLanguage(input: {language: ENGLISH}) { errors { code } } }"
    key = await upload(file(WRONG))
    await ask(admin, language)

    (_, line) = await fetch(key, "correctionFile")

    assert line[15].startswith("Email does not have the right form.")
    assert (await ask(admin, READ, id=key))["rowErrors"]["nodes"][0]["column"] == "Email"
