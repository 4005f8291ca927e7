"""Users without a CPR number are sent together, and their codes are given out in one file, once."""

from asyncio import gather
from datetime import date

import pytest

from gateways import Claims
from models import BatchCodes, HistoryEntry, KeptAnswer, RoleAssignment
from tests.users import ACTIVATE, DELETE, RENEW_CODE, link_in

pytestmark = pytest.mark.anyio

READS = """
    batch {
      id isDone sentCount leftOutCount users { nodes { name status } }
      codes { url fileName mediaType expiresAt }
    }
    errors { code path }
"""
BATCH = f"""
    mutation ($input: SendUsersForActivationInput!, $dryRun: Boolean) {{
      sendUsersForActivation(input: $input, dryRun: $dryRun) {{ {READS} }}
    }}
"""
CODES = "query ($id: ID!) { activationBatch(id: $id) { codes { url fileName } } }"
EVERYBODY = {
    "users": {"isAll": True},
    "authenticatorKind": "SEPARATE_MITID",
    "includeDateOfBirthUsers": True,
}


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Dorte Friis", language="ENGLISH")


@pytest.fixture
async def bo(person):
    """Bo, who was imported by date of birth."""
    facts = {"status": "IMPORTED", "activated_at": None, "date_of_birth": date(1990, 1, 31)}
    return await person(cpr=None, name="Bo Holm", email="bo@example.dk", **facts)


@pytest.fixture
async def anne(person):
    return await person(name="Anne Ås", status="IMPORTED", activated_at=None)


@pytest.fixture
def batch_of(ask, admin):
    async def batch_of(**given):
        answer = await ask(admin, BATCH, input=EVERYBODY | given)
        assert answer["errors"] == []
        return answer["batch"]

    return batch_of


@pytest.fixture
def lines_at(client):
    """The lines of the file at an address, cell by cell; none where there is no file."""

    async def lines_at(address):
        response = await client.get(address)
        if response.status_code == 404:
            return None
        text = response.content.decode("utf-8")
        assert text[0] == "\ufeff"
        return [line.split(";") for line in text[1:].splitlines()]

    return lines_at


async def test_who_has_no_cpr_number_is_sent_with_a_code_that_lets_in(
    ask, batch_of, lines_at, letters, anne, bo
):
    batch = await batch_of()
    heads, row = await lines_at(batch["codes"]["url"])

    assert (batch["sentCount"], batch["leftOutCount"]) == (2, 0)
    assert {one["status"] for one in batch["users"]["nodes"]} == {"AWAITING_ACTIVATION"}
    assert heads == ["UUID", "Name", "E-mail", "Temporary code", "Runs out"]
    uuid, name, email, code, runs_out = row
    assert (uuid, name, email, runs_out) == (
        str(bo.uuid),
        "Bo Holm",
        "bo@example.dk",
        "16.11.2026",
    )
    (letter,) = await letters("bo@example.dk")
    assert code not in letter.body
    given = {"link": link_in(letter), "temporaryCode": code}
    who = Claims(name="Bo Holm", date_of_birth=date(1990, 1, 31))
    activated = await ask(who, ACTIVATE, input=given)
    assert activated["user"]["status"] == "ACTIVE"


async def test_the_file_is_in_the_language_of_whoever_fetches_it(ask, person, lines_at, bo):
    dane = await person("user_administrator")
    batch = (await ask(dane, BATCH, input=EVERYBODY))["batch"]

    heads, _ = await lines_at(batch["codes"]["url"])

    assert heads == ["UUID", "Navn", "E-mail", "Midlertidig kode", "Udløber"]


async def test_codes_are_given_out_once_and_then_are_gone(ask, admin, batch_of, lines_at, bo):
    batch = await batch_of()
    again = await ask(admin, CODES, id=batch["id"])
    assert again["codes"]["fileName"] == batch["codes"]["fileName"] == f"codes-{batch['id']}.csv"

    first = await lines_at(batch["codes"]["url"])
    second = await lines_at(again["codes"]["url"])

    assert (len(first), second) == (2, None)
    assert (await ask(admin, CODES, id=batch["id"]))["codes"] is None
    assert not await BatchCodes.exists()


async def test_of_two_who_fetch_them_at_the_same_time_one_does(batch_of, lines_at, bo):
    batch = await batch_of()

    found = await gather(*[lines_at(batch["codes"]["url"]) for _ in range(4)])

    assert sorted(one is None for one in found) == [False, True, True, True]
    assert await HistoryEntry.filter(activity="activation_batch:read_codes").count() == 1


async def test_a_mere_look_takes_nothing(client, batch_of, lines_at, bo):
    batch = await batch_of()

    looked = await client.head(batch["codes"]["url"])

    assert looked.status_code == 405
    assert len(await lines_at(batch["codes"]["url"])) == 2


async def test_the_history_keeps_who_read_them_and_no_code(admin, batch_of, lines_at, bo):
    batch = await batch_of()
    _, row = await lines_at(batch["codes"]["url"])

    entry = await HistoryEntry.get(activity="activation_batch:read_codes")
    assert entry.summary == "Fetch activation codes: 1 users"
    assert (str(entry.about_id), entry.actor_user_id) == (batch["id"], admin.id)
    told = [str(one.columns()) for one in await HistoryEntry.all()]
    assert not [one for one in told if row[3] in one]


async def test_a_name_that_a_spreadsheet_would_run_is_no_formula(person, batch_of, lines_at, bo):
    await person(cpr=None, name="=HYPERLINK(1) Holm", status="IMPORTED", activated_at=None)
    batch = await batch_of()

    _, _, row = await lines_at(batch["codes"]["url"])

    assert row[1] == "'=HYPERLINK(1) Holm"


async def test_a_code_that_is_good_no_longer_is_not_given_out(
    ask, admin, person, batch_of, lines_at, bo
):
    eva = await person(cpr=None, name="Eva Lund", status="IMPORTED", activated_at=None)
    batch = await batch_of()
    await ask(admin, RENEW_CODE, input={"userId": bo.id})
    await ask(admin, DELETE, input={"userId": eva.id})

    lines = await lines_at(batch["codes"]["url"])

    assert [line[0] for line in lines] == ["UUID"]


async def test_codes_are_kept_no_longer_than_they_are_good(
    ask, admin, batch_of, lines_at, gateways, bo
):
    batch = await batch_of()
    gateways.clock.advance(days=13, hours=23)
    early = await ask(admin, CODES, id=batch["id"])
    gateways.clock.advance(hours=1)
    late = await ask(admin, CODES, id=batch["id"])

    await gateways.jobs.run_once("forgetting codes")

    assert early["codes"]
    assert late["codes"] is None
    assert not await BatchCodes.exists()


async def test_a_dry_run_shows_no_codes_and_keeps_none(ask, admin, bo):
    answer = await ask(admin, BATCH, input=EVERYBODY, dryRun=True)

    assert answer["batch"]["sentCount"] == 1
    assert answer["batch"]["codes"] is None
    assert not await BatchCodes.exists()


async def test_a_repeat_does_not_give_the_address_out_again(ask, asker, admin, gateways, bo):
    key = {"idempotency-key": "2026-11-02/1"}
    document = BATCH.replace("codes {", "secret: codes { where: url") + "#"
    first = await ask(admin, document, key, input=EVERYBODY)

    second = await ask(admin, document, key, input=EVERYBODY)

    address = first["batch"]["secret"]["where"]
    assert second == first | {"batch": first["batch"] | {"secret": None}}
    assert address not in gateways.vault.unseal((await KeptAnswer.get()).answer_sealed)


async def test_nobody_without_a_code_makes_a_file(batch_of, anne):
    batch = await batch_of()

    assert batch["codes"] is None


async def test_who_may_not_read_them_any_longer_fetches_nothing(
    admin, batch_of, lines_at, person, bo
):
    batch = await batch_of()
    await RoleAssignment.filter(user_id=admin.id).delete()

    assert await lines_at(batch["codes"]["url"]) is None
    assert await BatchCodes.all().count() == 1


async def test_a_stranger_is_shown_no_codes(send, make, jensen, batch_of, bo):
    stranger = await make.user(jensen, "user_administrator")
    batch = await batch_of()

    seen = await send(stranger, CODES, id=batch["id"])

    assert seen["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert await BatchCodes.all().count() == 1
