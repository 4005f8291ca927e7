"""Files with mistakes: each is told as the single change tells it, and once told it is mended."""

import csv
import io

import pytest

from models import User
from models.user_files import ERRORS, HEADINGS, unquoted
from resolvers.imports import JOB
from tests.files import READ, START, UPLOAD, created, file, row
from tests.test_user_files import HERE, cells
from tests.test_user_files import organisation as organisation
from tests.users import DELETE

pytestmark = pytest.mark.anyio

CORRECTIONS = "query ($id: ID!) { userImport(id: $id) { correctionFile { url } } }"


@pytest.fixture
async def admin(make, organisation):
    return await make.user(organisation, "user_administrator")


@pytest.fixture
def upload(ask, admin, gateways, client):
    """Uploads a file, and waits for the check."""

    async def upload(text):
        given = {"file": {"text": text}, "policy": "SKIP_BAD_ROWS"}
        answer = await ask(admin, UPLOAD, input=given)
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        return await ask(admin, READ, id=answer["userImport"]["id"])

    return upload


@pytest.fixture
def start(ask, admin, gateways):
    async def start(found):
        given = {"importId": found["id"], "confirmRemovals": found["removals"]["count"]}
        answer = await ask(admin, START, input=given)
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        return await ask(admin, READ, id=found["id"])

    return start


@pytest.fixture
def bad_rows(ask, admin, client):
    """Downloads the bad rows of a file."""

    async def bad_rows(found):
        offered = (await ask(admin, CORRECTIONS, id=found["id"]))["correctionFile"]
        if offered is None:
            return []
        text = (await client.get(offered["url"])).content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    return bad_rows


def text_of(rows):
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


async def test_the_bad_rows_corrected_by_their_messages_pass_in_one_round(upload, start, bad_rows):
    mistakes, mended = cells("mistakes.csv")[1:], cells("mistakes_corrected.csv")[1:]
    told = [row[15] if len(row) > 5 else row[4] for row in mistakes]
    bad = [at for at, one in enumerate(told) if one]

    first = await upload((HERE / "mistakes.csv").read_text())
    head, *rows = await bad_rows(first)
    done = await start(first)

    assert head == [*HEADINGS, ERRORS]
    assert len(rows) == len(bad) == first["counts"]["bad"] >= 40
    assert len({one for at in bad for one in told[at].split(", ")}) >= 40
    corrected = []
    for at, line in zip(bad, rows, strict=True):
        if len(mistakes[at]) > 5:
            assert [unquoted(one) for one in line[:15]] == mistakes[at][:15]
        assert line[15]
        touched = {HEADINGS[n] for n in range(15) if line[n] != mended[at][n]}
        about = {one.partition(":")[0] for one in told[at].split(", ")}
        # What is wrong with a whole row, or with whom it names, can be mended in other columns.
        assert touched <= about or {"", "UUID", "CPR"} & about
        corrected.append([*mended[at][:15], line[15]])

    second = await upload(text_of([head, *corrected]))
    finished = await start(second)

    assert second["rowErrors"]["nodes"] == []
    assert await bad_rows(second) == []
    assert (done["status"], finished["status"]) == ("DONE", "DONE")
    assert finished["counts"]["done"] == len(bad)


async def test_a_file_may_be_about_a_deleted_user_a_shared_number_or_one_user_twice(
    upload, bad_rows, ask, admin, make, organisation
):
    gone, bo = await make.user(organisation), await make.user(organisation)
    shared = [await make.user(organisation, cpr="6101907070") for _ in range(2)]
    await ask(admin, DELETE, input={"userId": gone.id})

    found = await upload(
        file(
            row("U", UUID=gone.uuid, Telefon="20304050"),
            row("D", UUID=gone.uuid),
            row("U", CPR="6101907070", Telefon="20304050"),
            row("D", UUID=shared[0].uuid, CPR="6101907070"),
            row("U", UUID=bo.uuid, Telefon="20304050"),
            row("D", UUID=bo.uuid),
        )
    )

    told = [(one["line"], one["column"], one["code"]) for one in found["rowErrors"]["nodes"]]
    assert told == [
        (2, None, "USER_DELETED"),
        (3, None, "USER_DELETED"),
        (4, "CPR", "CPR_AMBIGUOUS"),
        (7, None, "ROW_REPEATS_USER"),
    ]
    assert [line[0] for line in (await bad_rows(found))[1:]] == ["U", "D", "U", "D"]


async def test_a_number_that_is_shared_or_unknown_is_told_as_where_one_user_is_asked_for(
    upload, send, admin, make, organisation
):
    for _ in range(2):
        await make.user(organisation, cpr="6101907070")
    asked = "query ($cpr: CprNumber!) { user(by: {cprNumber: $cpr}) { id } }"
    numbers = ("6101907070", "6101908080")

    answers = [await send(admin, asked, cpr=one) for one in numbers]
    found = await upload(file(*(row("U", CPR=one, Telefon="20304050") for one in numbers)))

    told = [one["errors"][0]["extensions"] for one in answers]
    single = [one.get("problem", one["code"]) for one in told]
    assert [one["code"] for one in found["rowErrors"]["nodes"]] == single
    assert single == ["CPR_AMBIGUOUS", "NOT_FOUND"]


async def test_a_file_that_is_uploaded_twice_is_run_once(upload, start, ask, admin):
    text = file(created(1), created(2))
    first, second = await upload(text), await upload(text)
    await start(first)

    started = await ask(admin, START, input={"importId": second["id"]})
    third = await ask(admin, UPLOAD, input={"file": {"text": text}})

    assert [started.problem, third.problem] == ["FILE_ALREADY_UPLOADED"] * 2
    assert await User.filter(status="IMPORTED").count() == 2


async def test_bad_rows_that_are_not_corrected_are_told_the_same_again(upload, bad_rows):
    wrong = [
        created(1, Email="x"),
        created(2, CPR="", Foedselsdato="1.2.1990"),
        created(3, EAN="7"),
    ]
    rows = await bad_rows(await upload(file(*wrong)))

    again = await bad_rows(await upload(text_of(rows)))

    assert again == rows
