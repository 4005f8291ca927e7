"""A CPR number is shown in full to whoever may see it and says why; the history keeps that."""

import pytest

from models import HistoryEntry, HistoryOutcome, KeptAnswer, User
from tests.reading import stored
from tests.users import CPR, EVERY_ROLE, changing, last_told

pytestmark = pytest.mark.anyio

REVEAL = changing("revealCprNumber", "cprNumber")
WHY = "Two people of one name"


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Dorte Friis")


@pytest.fixture
async def anne(person):
    return await person(cpr=CPR, name="Anne Østergaard")


async def test_a_user_administrator_reads_it_and_the_history_tells_who_and_why(ask, admin, anne):
    answer = await ask(admin, REVEAL, input={"userId": anne.id, "reason": f" {WHY} "})

    assert answer["errors"] == []
    assert answer["cprNumber"] == CPR
    assert answer["user"]["cprNumber"] == "610190-****"
    entry = await last_told(anne)
    assert (entry.activity, entry.operation) == ("user:reveal_cpr_number", "revealCprNumber")
    assert (entry.actor_user_id, entry.reason, entry.changes) == (admin.id, WHY, [])


async def test_to_be_looked_at_makes_no_new_version(ask, admin, anne):
    before = await stored(User)

    answer = await ask(admin, REVEAL, input={"userId": anne.id, "reason": WHY})

    assert answer["user"]["version"] == anne.version
    assert await stored(User) == before


async def test_everybody_reads_their_own(ask, anne):
    answer = await ask(anne, REVEAL, input={"userId": anne.id, "reason": "To check it"})

    assert (answer["cprNumber"], answer["errors"]) == (CPR, [])
    assert (await last_told(anne)).actor_user_id == anne.id


@pytest.mark.parametrize("role", [None, "rights_administrator", "organisation_administrator"])
async def test_nobody_else_reads_a_colleagues(ask, person, anne, role):
    somebody = await person(*[role] if role else [])

    answer = await ask(somebody, REVEAL, input={"userId": anne.id, "reason": WHY})

    assert (answer.problem, answer["cprNumber"], answer["user"]) == ("DENIED", None, None)
    entry = await last_told(anne)
    assert (entry.outcome, entry.actor_user_id) == (HistoryOutcome.DENIED, somebody.id)


async def test_a_stranger_finds_nobody(ask, make, jensen, anne):
    stranger = await make.user(jensen, *EVERY_ROLE)

    answer = await ask(stranger, REVEAL, input={"userId": anne.id, "reason": WHY})

    assert (answer.problem, answer["cprNumber"]) == ("NOT_FOUND", None)
    assert answer["errors"][0]["path"] == ["userId"]


@pytest.mark.parametrize(
    ("reason", "code"), [("", "REQUIRED"), ("  ", "REQUIRED"), ("x" * 501, "TOO_LONG")]
)
async def test_it_needs_a_reason(ask, admin, anne, reason, code):
    before = await HistoryEntry.all().count()

    answer = await ask(admin, REVEAL, input={"userId": anne.id, "reason": reason})

    assert (answer.problem, answer["cprNumber"]) == (code, None)
    assert answer["errors"][0]["path"] == ["reason"]
    assert await HistoryEntry.all().count() == before


async def test_a_dry_run_shows_nothing_and_is_not_told(ask, admin, anne):
    before = await HistoryEntry.all().count()

    answer = await ask(admin, REVEAL, input={"userId": anne.id, "reason": WHY}, dryRun=True)

    assert (answer["cprNumber"], answer["errors"]) == (None, [])
    assert await HistoryEntry.all().count() == before


async def test_a_repeat_shows_nothing_and_nothing_is_kept_of_it(asker, gateways, admin, anne):
    given = {"userId": anne.id, "reason": WHY}
    asked = REVEAL.replace("cprNumber\n", "number: cprNumber\n", 1)

    first, second = [
        (await asker.post(admin, asked, {"idempotency-key": "once"}, input=given)).json()
        for _ in range(2)
    ]

    assert CPR in str(first)
    assert second["data"]["revealCprNumber"]["errors"] == []
    assert CPR not in str(second)
    assert CPR not in gateways.vault.unseal((await KeptAnswer.get()).answer_sealed)
    assert await HistoryEntry.filter(operation="revealCprNumber").count() == 1


async def test_who_was_created_by_date_of_birth_has_none_to_show(ask, admin, person):
    bo = await person(cpr=None)

    answer = await ask(admin, REVEAL, input={"userId": bo.id, "reason": WHY})

    assert (answer["cprNumber"], answer["errors"]) == (None, [])
    assert not await HistoryEntry.exists(operation="revealCprNumber")
