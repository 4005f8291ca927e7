"""Periods begin and end by the clock, on days in Copenhagen, summer time and winter time."""

from datetime import UTC, datetime

import pytest

from models import ActorKind, User
from tests.users import (
    ANNE,
    CREATE,
    DEACTIVATE,
    REACTIVATE,
    RESEND,
    USER,
    changes_in,
    last_told,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def until(gateways, client):
    """Lets the time pass until a moment, and the periods turn then."""

    async def until(moment):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        gateways.clock.advance(seconds=(at - gateways.clock.now()).total_seconds())
        await gateways.jobs.run_once("periods")

    return until


async def status(user):
    return (await User.get(id=getattr(user, "id", user))).status.value


@pytest.mark.parametrize(
    ("first_day", "just_before", "begun"),
    [
        # In winter, midnight in Copenhagen is 23:00 in UTC; in summer it is 22:00.
        ("2026-12-01", "2026-11-30T22:59:59", "2026-11-30T23:00"),
        ("2027-06-01", "2027-05-31T21:59:59", "2027-05-31T22:00"),
        # The clocks go forward on the night to 28 March, and back on the night to 31 October.
        ("2027-03-28", "2027-03-27T22:59:59", "2027-03-27T23:00"),
        ("2027-03-29", "2027-03-28T21:59:59", "2027-03-28T22:00"),
        ("2027-10-31", "2027-10-30T21:59:59", "2027-10-30T22:00"),
        ("2027-11-01", "2027-10-31T22:59:59", "2027-10-31T23:00"),
    ],
)
async def test_a_planned_deactivation_begins_with_its_first_day(
    ask, send, admin, person, until, first_day, just_before, begun
):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": first_day})

    await until(just_before)
    assert await status(bo) == "ACTIVE"

    await until(begun)
    assert await status(bo) == "DEACTIVATED"
    refused = await send(bo, "{ viewer { language } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("last_day", "just_before", "returned"),
    [
        ("2026-11-30", "2026-11-30T22:59:59", "2026-11-30T23:00"),
        ("2027-03-28", "2027-03-28T21:59:59", "2027-03-28T22:00"),
        ("2027-10-31", "2027-10-31T22:59:59", "2027-10-31T23:00"),
    ],
)
async def test_a_user_on_leave_returns_when_the_last_day_is_over(
    ask, admin, person, until, last_day, just_before, returned
):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "until": last_day})

    await until(just_before)
    assert await status(bo) == "DEACTIVATED"

    await until(returned)
    assert await status(bo) == "ACTIVE"
    assert (await ask(bo, "{ viewer { user { deactivation { from } } } }"))["user"] == {
        "deactivation": None
    }


async def test_today_is_the_day_in_copenhagen(ask, admin, person, until):
    bo = await person()
    await until("2027-06-30T22:30")

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id})
    late = await ask(admin, DEACTIVATE, input={"userId": admin.id, "from": "2027-06-30"})

    assert answer["user"]["deactivation"]["from"] == "2027-07-01"
    assert late.problem == "DATE_IN_PAST"


async def test_the_history_tells_that_the_system_did_it(ask, admin, person, until):
    bo = await person()
    period = {"from": "2026-12-01", "until": "2026-12-24", "reason": "On leave"}
    await ask(admin, DEACTIVATE, input={"userId": bo.id, **period})

    await until("2026-12-01T09:00")
    begun = await last_told(bo)
    await until("2026-12-25T09:00")
    ended = await last_told(bo)

    assert (begun.activity, ended.activity) == ("user:deactivate", "user:reactivate")
    assert changes_in(begun) == {"status": ("ACTIVE", "DEACTIVATED")}
    assert changes_in(ended)["status"] == ("DEACTIVATED", "ACTIVE")
    assert changes_in(ended)["deactivatedUntil"] == ("2026-12-24", None)
    for entry in (begun, ended):
        actor = await entry.actor
        assert (actor.kind, entry.actor_user_id) == (ActorKind.SYSTEM, None)
    assert (await User.get(id=bo.id)).version == 4


async def test_a_period_that_nobody_watched_has_begun_and_ended(ask, admin, person, until):
    bo = await person()
    period = {"from": "2026-12-01", "until": "2026-12-24"}
    await ask(admin, DEACTIVATE, input={"userId": bo.id, **period})

    await until("2027-01-15T09:00")

    assert await status(bo) == "ACTIVE"
    assert (await ask(admin, USER, id=bo.id))["deactivation"] is None


async def test_a_second_turn_on_the_same_day_changes_nothing(ask, admin, person, until):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-01"})

    await until("2026-12-01T09:00")
    await until("2026-12-01T10:00")

    assert (await User.get(id=bo.id)).version == 3


async def test_a_dropped_plan_never_begins(ask, admin, person, until):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-01"})
    await ask(admin, REACTIVATE, input={"userId": bo.id})

    await until("2026-12-02T09:00")

    assert await status(bo) == "ACTIVE"


async def test_a_replaced_plan_begins_on_its_new_day(ask, admin, person, until):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-01"})
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-10"})

    await until("2026-12-02T09:00")
    before = await status(bo)
    await until("2026-12-10T09:00")

    assert (before, await status(bo)) == ("ACTIVE", "DEACTIVATED")


async def test_who_awaited_activation_awaits_it_again_with_a_new_link(ask, admin, until):
    anne = (await ask(admin, CREATE, input=ANNE))["user"]
    period = {"from": "2026-11-10", "until": "2026-11-12"}
    await ask(admin, DEACTIVATE, input={"userId": anne["id"], **period})

    await until("2026-11-10T09:00")
    during = await ask(admin, USER, id=anne["id"])
    await until("2026-11-13T09:00")
    after = await ask(admin, USER, id=anne["id"])

    assert (during["status"], during["activation"]) == ("DEACTIVATED", None)
    assert (after["status"], after["activation"]) == ("AWAITING_ACTIVATION", None)
    sent = await ask(admin, RESEND, input={"userId": anne["id"]})
    assert sent["user"]["activation"]["isExpired"] is False


async def test_each_organisation_keeps_its_own_periods(ask, admin, person, make, jensen, until):
    bo = await person()
    there = await make.user(jensen, "user_administrator")
    else_where = await make.user(jensen)
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-01"})
    await ask(there, DEACTIVATE, input={"userId": else_where.id, "from": "2026-12-01"})

    await until("2026-12-01T09:00")

    assert await status(bo) == await status(else_where) == "DEACTIVATED"
    assert (await last_told(else_where)).organisation_id == jensen.id
