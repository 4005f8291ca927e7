"""A file comes with a request: by the multipart specification, and only from our own page."""

import orjson
import pytest

from models import UserImport
from models.user_files import template
from resolvers.imports import JOB
from tests.files import HEAD, UPLOAD, created, file

pytestmark = pytest.mark.anyio

PREFLIGHT = {"GraphQL-Preflight": "1"}
PLACE = "variables.input.file.upload"
CPR = "6101900001"


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def post(client, asker, admin):
    """Sends a form with a file as a user administrator, or as somebody else."""

    async def post(content, headers=PREFLIGHT, who=admin, place=PLACE, name="brugere.csv", **more):
        variables = {"input": {"file": {"upload": None}, **more}}
        operations = orjson.dumps({"query": UPLOAD, "variables": variables}).decode()
        known = {"authorization": f"Bearer {asker.token(who)}"} if who else {}
        return await client.post(
            "/graphql",
            data={"operations": operations, "map": orjson.dumps({"0": [place]}).decode()},
            files={"0": (name, content, "text/csv")},
            headers=known | headers,
        )

    return post


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_a_file_is_uploaded_as_a_spreadsheet_wrote_it(post, gateways, encoding):
    content = file(created(1, Fornavn="Åse", Efternavn="Bæk")).encode(encoding)

    response = await post(content)
    await gateways.jobs.run_once(JOB)

    answer = response.json()["data"]["uploadUserFile"]
    assert answer["errors"] == []
    assert answer["userImport"]["fileName"] == "brugere.csv"
    assert (await UserImport.get()).create_count == 1


async def test_a_large_file_comes_this_way_only(post, send, admin):
    text = file(*(created(number, Referencetekst="A" * 180) for number in range(5000)))

    by_json = await send(admin, UPLOAD, input={"file": {"text": text}})
    by_form = await post(text.encode())

    assert len(text) > 1_000_000
    assert by_json["errors"][0]["extensions"]["code"] == "REQUEST_TOO_LARGE"
    assert by_form.json()["data"]["uploadUserFile"]["userImport"]["counts"]["rows"] == 5000


async def test_a_file_that_is_larger_than_any_is_not_read(post):
    response = await post(b" " * 51_000_001)

    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "REQUEST_TOO_LARGE", "limit": 51_000_000}


async def test_one_that_is_a_little_too_large_is_refused_in_words(post):
    response = await post(b" " * 50_000_001)

    (error,) = response.json()["data"]["uploadUserFile"]["errors"]
    assert (error["code"], error["path"]) == ("FILE_TOO_LARGE", ["file"])


async def test_without_the_header_of_the_page_no_file_is_taken(post):
    response = await post(template(), headers={})

    assert response.status_code == 415
    assert await UserImport.all().count() == 0


async def test_a_stranger_to_the_house_sends_nothing_large(post):
    large = await post(b" " * 2_000_000, who=None)
    small = await post(file(created(1)).encode(), who=None)

    assert large.status_code == 413
    assert small.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("name", ["bru\x01gere.csv", "a" * 300, "brugere æøå.csv"])
async def test_the_name_of_a_file_is_kept_as_far_as_it_can_be_written(post, name):
    response = await post(file(created(1)).encode(), name=name)

    answer = response.json()["data"]["uploadUserFile"]
    kept = answer["userImport"]["fileName"]
    assert kept
    assert len(kept) <= 200
    assert kept.isprintable()


@pytest.mark.parametrize("place", ["variables.input.nothing.there", "variables", "", "query.x"])
async def test_a_map_that_leads_nowhere_is_refused(post, place):
    response = await post(template(), place=place)

    assert response.status_code == 400
    assert await UserImport.all().count() == 0


async def test_a_form_that_is_none_is_refused(client, asker, admin):
    heads = {"authorization": f"Bearer {asker.token(admin)}"} | PREFLIGHT

    for content, kind in (
        (b"nothing", "multipart/form-data"),
        (b"nothing", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n1\r\n--x--\r\n', FORM),
    ):
        response = await client.post(
            "/graphql", content=content, headers=heads | {"content-type": kind}
        )

        assert response.status_code == 400


FORM = "multipart/form-data; boundary=x"


async def test_a_name_in_place_of_a_file_is_no_file(ask, admin):
    answer = await ask(admin, UPLOAD, input={"file": {"upload": "brugere.csv"}})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("REQUIRED", ["file", "upload"])


async def test_the_same_file_under_the_same_key_is_uploaded_once(post):
    heads = PREFLIGHT | {"Idempotency-Key": "one"}

    first = await post(file(created(1)).encode(), headers=heads)
    again = await post(file(created(1)).encode(), headers=heads)
    other = await post(file(created(2)).encode(), headers=heads)

    assert again.json()["data"] == first.json()["data"]
    assert other.json()["data"]["uploadUserFile"]["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await UserImport.all().count() == 1


async def test_no_number_of_a_file_reaches_an_answer_or_a_log(post, caplog, gateways):
    caplog.set_level("INFO")
    bad = created(1, CPR=f"{CPR}9", Email=CPR, Telefon=CPR, Fornavn="")

    response = await post(f"{HEAD}\n{bad}\n{created(1, CPR=CPR)}".encode())
    await gateways.jobs.run_once(JOB)

    assert CPR not in response.text
    assert CPR not in caplog.text
