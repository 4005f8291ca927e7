"""A person gets in: by the link in the letter, a code where there is no CPR number, and a match."""

import asyncio
from datetime import date

import pytest

from gateways import Claims
from models import HistoryOutcome, User
from tests.reading import stored
from tests.users import (
    ACTIVATE,
    ANNE,
    BY_BIRTH,
    CPR,
    CREATE,
    DEACTIVATE,
    DELETE,
    REACTIVATE,
    RENEW_CODE,
    RESEND,
    UPDATE,
    changes_in,
    last_told,
    link_in,
)

pytestmark = pytest.mark.anyio

ANNE_BY_CPR = Claims(cpr_number=CPR)
ANNE_BY_BIRTH = Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 1))


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def latest_link(letters):
    """The link in the latest letter to Anne."""

    async def latest_link():
        return link_in((await letters("anne@example.dk"))[-1])

    return latest_link


@pytest.fixture
def invite(ask, admin, latest_link):
    """Creates Anne, and returns her id, her link and her code."""

    async def invite(given=None):
        made = await ask(admin, CREATE, input=ANNE | (given or {}))
        code = made["temporaryCode"] and made["temporaryCode"]["code"]
        return made["user"]["id"], await latest_link(), code

    return invite


async def test_the_person_with_the_cpr_number_is_active_after_one_sign_in(ask, invite):
    key, link, _ = await invite()

    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    assert answer["errors"] == []
    user = answer["user"]
    assert (user["id"], user["status"], user["activation"]) == (key, "ACTIVE", None)
    assert (user["assuranceLevel"], user["version"]) == ("HIGH", 2)
    assert user["activatedAt"] == "2026-11-02T09:00:00+00:00"
    assert (await ask(await User.get(id=key), "{ viewer { user { name } } }")) == {
        "user": {"name": "Anne Østergaard"}
    }


async def test_the_history_tells_that_the_person_did_it(ask, invite):
    key, link, _ = await invite()

    await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    entry = await last_told(key)
    assert (entry.activity, entry.outcome) == ("user:activate", HistoryOutcome.DONE)
    assert str(entry.actor_user_id) == key
    assert changes_in(entry)["status"] == ("AWAITING_ACTIVATION", "ACTIVE")
    assert changes_in(entry)["assuranceLevel"] == (None, "4")


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: f" {code.replace('-', ' ')} "])
async def test_the_person_with_the_name_and_the_birthday_shows_the_code(ask, invite, typed):
    key, link, code = await invite(BY_BIRTH)

    answer = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": typed(code)})

    assert answer["errors"] == []
    assert (answer["user"]["id"], answer["user"]["status"]) == (key, "ACTIVE")


@pytest.mark.parametrize(
    ("made_by", "who"),
    [
        ({}, Claims(cpr_number="6101904243")),
        ({}, ANNE_BY_BIRTH),
        (BY_BIRTH, ANNE_BY_CPR),
        (BY_BIRTH, Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 2))),
        (BY_BIRTH, Claims(name="Anne Vestergaard", date_of_birth=date(1990, 1, 1))),
    ],
)
async def test_another_person_gets_nowhere_and_costs_no_try(ask, invite, made_by, who):
    _, link, code = await invite(made_by)
    before = await stored(User)

    answer = await ask(who, ACTIVATE, input={"link": link, "temporaryCode": code or "WRONG"})

    assert answer.problem == "PERSON_DOES_NOT_MATCH"
    assert answer["errors"][0]["path"] == ["link"]
    assert answer["user"] is None
    assert await stored(User) == before


async def test_somebody_elses_user_is_no_match_either(ask, invite, person):
    _, link, _ = await invite()

    answer = await ask(await person(), ACTIVATE, input={"link": link})

    assert answer.problem == "PERSON_DOES_NOT_MATCH"


async def test_who_has_a_user_elsewhere_gets_in_here_too(ask, invite, make, jensen):
    key, link, _ = await invite()
    anne_at_jensens = await make.user(jensen, cpr=CPR, name="Anne Østergaard")

    answer = await ask(anne_at_jensens, ACTIVATE, input={"link": link})

    assert (answer["user"]["id"], answer["user"]["status"]) == (key, "ACTIVE")
    assert (await last_told(key)).organisation_id != jensen.id


async def test_an_unknown_link_leads_nowhere(ask, invite):
    await invite()

    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": "unknown"})

    assert answer.problem == "LINK_UNKNOWN"
    assert answer["errors"][0]["path"] == ["link"]


@pytest.mark.parametrize(("days", "problems"), [(29.99, []), (30, ["LINK_EXPIRED"])])
async def test_a_link_lasts_thirty_days(ask, invite, gateways, days, problems):
    _, link, _ = await invite()

    gateways.clock.advance(days=days)
    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    assert answer.problems == problems


@pytest.mark.parametrize(("days", "problems"), [(13.99, []), (14, ["CODE_EXPIRED"])])
async def test_a_code_lasts_fourteen_days(ask, invite, gateways, days, problems):
    _, link, code = await invite(BY_BIRTH)

    gateways.clock.advance(days=days)
    answer = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert answer.problems == problems


async def test_a_link_alone_does_not_let_in_who_needs_a_code(ask, invite):
    _, link, _ = await invite(BY_BIRTH)

    answer = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link})

    assert answer.problem == "REQUIRED"
    assert answer["errors"][0]["path"] == ["temporaryCode"]


@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_the_fifth_wrong_try_makes_the_code_void_for_good(ask, invite, is_dry_run):
    _, link, code = await invite(BY_BIRTH)
    wrong = {"input": {"link": link, "temporaryCode": "3333-3333-3333-3333"}}

    tries = [await ask(ANNE_BY_BIRTH, ACTIVATE, **wrong, dryRun=is_dry_run) for _ in range(5)]
    after = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert [one.problem for one in tries] == ["CODE_WRONG"] * 4 + ["CODE_VOID"]
    assert "Tries left: 1." in tries[3]["errors"][0]["message"]
    assert after.problem == "CODE_VOID"
    assert after["errors"][0]["path"] == ["temporaryCode"]


async def test_tries_at_the_same_time_are_counted_one_by_one(ask, invite):
    _, link, _ = await invite(BY_BIRTH)
    wrong = {"link": link, "temporaryCode": "WRONG"}

    tries = await asyncio.gather(*(ask(ANNE_BY_BIRTH, ACTIVATE, input=wrong) for _ in range(8)))

    assert sorted(one.problem for one in tries) == ["CODE_VOID"] * 4 + ["CODE_WRONG"] * 4


async def test_the_administrator_sees_how_many_tries_are_left(ask, admin, invite):
    key, link, _ = await invite(BY_BIRTH)

    await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": "WRONG"})

    seen = await ask(admin, f'{{ user(by: {{id: "{key}"}}) {{ activation {{ triesLeft }} }} }}')
    assert seen["activation"] == {"triesLeft": 4}


async def test_a_used_link_says_that_the_user_is_active_already(ask, invite):
    _, link, _ = await invite()
    await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    assert answer.problem == "USER_ALREADY_ACTIVE"


async def test_a_link_that_is_sent_again_replaces_the_former(ask, admin, invite, latest_link):
    key, former, _ = await invite()

    sent = await ask(admin, RESEND, input={"userId": key})
    old = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": former})
    new = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": await latest_link()})

    assert sent["errors"] == []
    assert sent["user"]["version"] == 2
    assert old.problem == "LINK_UNKNOWN"
    assert new["user"]["status"] == "ACTIVE"


async def test_a_link_that_is_sent_again_lasts_thirty_days_more(
    ask, admin, invite, latest_link, gateways
):
    key, *_ = await invite()
    gateways.clock.advance(days=40)

    await ask(admin, RESEND, input={"userId": key})
    gateways.clock.advance(days=29)
    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": await latest_link()})

    assert answer["user"]["status"] == "ACTIVE"


async def test_a_code_stays_good_when_the_link_is_sent_again(ask, admin, invite, latest_link):
    key, link, code = await invite(BY_BIRTH)
    wrong = {"link": link, "temporaryCode": "WRONG"}
    await ask(ANNE_BY_BIRTH, ACTIVATE, input=wrong)

    sent = await ask(admin, RESEND, input={"userId": key})
    given = {"link": await latest_link(), "temporaryCode": code}
    answer = await ask(ANNE_BY_BIRTH, ACTIVATE, input=given)

    assert sent["user"]["activation"]["triesLeft"] == 4
    assert answer["user"]["status"] == "ACTIVE"


async def test_a_new_code_replaces_the_former_and_the_link_stays(ask, admin, invite):
    key, link, former = await invite(BY_BIRTH)
    for _ in range(5):
        await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": "WRONG"})

    made = await ask(admin, RENEW_CODE, input={"userId": key})
    code = made["temporaryCode"]["code"]
    old = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": former})
    new = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert made["user"]["activation"]["triesLeft"] == 5
    assert old.problem == "CODE_WRONG"
    assert new["user"]["status"] == "ACTIVE"


@pytest.mark.parametrize("how", ["opened again", "known by another number"])
async def test_no_code_is_good_that_nobody_was_shown(ask, admin, invite, latest_link, how):
    if how == "opened again":
        key, _, code = await invite(BY_BIRTH)
        for document in (DEACTIVATE, REACTIVATE, RESEND):
            answer = await ask(admin, document, input={"userId": key})
    else:
        (key, *_), code = await invite(), "3333-3333-3333-3333"
        answer = await ask(admin, UPDATE, input={"userId": key, **BY_BIRTH})
    link = await latest_link()

    tried = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})
    renewed = await ask(admin, RENEW_CODE, input={"userId": key})
    code = renewed["temporaryCode"]["code"]
    entered = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert answer["user"]["activation"]["kind"] == "TEMPORARY_CODE"
    assert answer["user"]["activation"]["triesLeft"] == 0
    assert tried.problem == "CODE_VOID"
    assert entered["user"]["status"] == "ACTIVE"


async def test_who_has_a_cpr_number_needs_no_code(ask, admin, invite):
    key, *_ = await invite()

    answer = await ask(admin, RENEW_CODE, input={"userId": key})

    assert answer.problem == "USER_HAS_CPR_NUMBER"
    assert answer["temporaryCode"] is None


@pytest.mark.parametrize(
    ("document", "activity"),
    [(RESEND, "user:resend_activation"), (RENEW_CODE, "user:renew_temporary_code")],
)
async def test_the_history_tells_who_opened_the_way_anew(ask, admin, invite, document, activity):
    key, *_ = await invite(BY_BIRTH)

    await ask(admin, document, input={"userId": key})

    entry = await last_told(key)
    assert (entry.activity, entry.outcome) == (activity, HistoryOutcome.DONE)
    assert (entry.actor_user_id, entry.changes) == (admin.id, [])


@pytest.mark.parametrize("document", [RESEND, RENEW_CODE])
async def test_a_dry_run_leaves_link_and_code_as_they_were(ask, admin, invite, letters, document):
    key, link, code = await invite(BY_BIRTH)

    dry = await ask(admin, document, input={"userId": key}, dryRun=True)
    answer = await ask(ANNE_BY_BIRTH, ACTIVATE, input={"link": link, "temporaryCode": code})

    assert dry["errors"] == []
    assert dry.get("temporaryCode") is None
    assert len(await letters("anne@example.dk")) == 1
    assert answer["user"]["status"] == "ACTIVE"


async def test_a_dry_run_of_an_activation_activates_nobody(ask, invite):
    _, link, _ = await invite()
    before = await stored(User)

    dry = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link}, dryRun=True)

    assert dry["user"]["status"] == "ACTIVE"
    assert await stored(User) == before


@pytest.mark.parametrize("ending", [[DEACTIVATE], [DEACTIVATE, REACTIVATE], [DELETE]])
async def test_who_is_deactivated_or_deleted_meanwhile_has_no_link(ask, admin, invite, ending):
    key, link, _ = await invite()
    for document in ending:
        await ask(admin, document, input={"userId": key})

    answer = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": link})

    assert answer.problem == "LINK_UNKNOWN"


async def test_a_corrected_cpr_number_makes_the_former_link_void(ask, admin, invite, latest_link):
    key, former, _ = await invite()
    given = {"userId": key, "person": {"cprNumber": "6101904243"}}

    await ask(admin, UPDATE, input=given)
    old = await ask(ANNE_BY_CPR, ACTIVATE, input={"link": former})
    other = Claims(cpr_number="6101904243")
    new = await ask(other, ACTIVATE, input={"link": await latest_link()})

    assert old.problem == "LINK_UNKNOWN"
    assert new["user"]["status"] == "ACTIVE"
