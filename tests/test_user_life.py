"""A user is closed for a while and opened again; and what holds for every change of a user."""

import asyncio

import pytest

from models import HistoryOutcome, Role, RoleAssignment, User
from tests.reading import stored
from tests.users import (
    ANNE,
    BY_BIRTH,
    CREATE,
    DEACTIVATE,
    DELETE,
    EVERY_ROLE,
    REACTIVATE,
    RENEW_CODE,
    RESEND,
    UPDATE,
    changes_in,
    last_told,
)

pytestmark = pytest.mark.anyio

VIEWER = "{ viewer { user { name } } }"
TODAY, TOMORROW, YESTERDAY = "2026-11-02", "2026-11-03", "2026-11-01"
EVERY_CHANGE = [
    pytest.param(UPDATE, {"phoneNumber": "33445566"}, id="update"),
    pytest.param(RESEND, {}, id="resend"),
    pytest.param(RENEW_CODE, {}, id="renew-code"),
    pytest.param(DEACTIVATE, {}, id="deactivate"),
    pytest.param(REACTIVATE, {}, id="reactivate"),
    pytest.param(DELETE, {}, id="delete"),
]


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Dorte Friis")


async def code_of(send, who, document="{ viewer { language } }"):
    """The code of the only error that a query gets."""
    answer = await send(who, document)
    return answer["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(("document", "given"), EVERY_CHANGE)
async def test_a_stranger_finds_no_user_of_ours_and_changes_none(
    ask, make, jensen, person, document, given
):
    bo, stranger = await person(), await make.user(jensen, *EVERY_ROLE)
    before = await stored(User)

    answer = await ask(stranger, document, input={"userId": bo.id, **given})

    assert answer.problem == "NOT_FOUND"
    assert answer["errors"][0]["path"] == ["userId"]
    assert answer["user"] is None
    assert await stored(User) == before


@pytest.mark.parametrize(("document", "given"), EVERY_CHANGE)
@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "no id at all", ""])
async def test_what_bears_no_id_is_not_found(ask, admin, document, given, key):
    answer = await ask(admin, document, input={"userId": key, **given})

    assert answer.problem == "NOT_FOUND"
    assert answer["errors"][0]["path"] == ["userId"]


@pytest.mark.parametrize(("document", "given"), EVERY_CHANGE)
@pytest.mark.parametrize("role", [None, "rights_administrator", "organisation_administrator"])
async def test_who_is_no_user_administrator_is_denied_and_the_attempt_is_kept(
    ask, person, hansen, document, given, role
):
    somebody, bo = await person(*[role] if role else []), await person()
    before = await stored(User)

    answer = await ask(somebody, document, input={"userId": bo.id, **given})

    assert answer.problem == "DENIED"
    assert await stored(User) == before
    entry = await last_told(hansen)
    assert (entry.outcome, entry.actor_user_id) == (HistoryOutcome.DENIED, somebody.id)


@pytest.mark.parametrize(("document", "given"), EVERY_CHANGE)
async def test_what_has_moved_on_meanwhile_is_not_changed(ask, admin, person, document, given):
    bo = await person()
    before = await stored(User)

    answer = await ask(admin, document, input={"userId": bo.id, "expectedVersion": 7, **given})

    assert answer.problem == "VERSION_CHANGED"
    assert answer["errors"][0]["currentVersion"] == bo.version
    assert await stored(User) == before


async def test_a_deactivated_user_can_do_nothing_at_once(ask, send, admin, person):
    bo = await person("rights_administrator")

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id, "reason": "On leave"})

    assert answer["user"]["status"] == "DEACTIVATED"
    assert answer["user"]["version"] == 2
    assert answer["user"]["deactivation"] == {
        "from": TODAY,
        "until": None,
        "reason": "On leave",
        "deactivatedBy": {"name": "Dorte Friis"},
    }
    assert await code_of(send, bo) == "UNAUTHENTICATED"
    assert (
        await code_of(
            send,
            bo,
            f'mutation {{ deleteUser(input: {{userId: "{bo.id}"}}) {{ errors {{ code }} }} }}',
        )
        == "UNAUTHENTICATED"
    )


async def test_the_history_tells_the_period_and_the_reason(ask, admin, person):
    bo = await person()
    given = {"userId": bo.id, "until": "2027-02-01", "reason": "On leave"}

    await ask(admin, DEACTIVATE, input=given)

    entry = await last_told(bo)
    assert (entry.activity, entry.reason) == ("user:deactivate", "On leave")
    assert entry.actor_user_id == admin.id
    assert changes_in(entry) == {
        "status": ("ACTIVE", "DEACTIVATED"),
        "deactivatedFrom": (None, TODAY),
        "deactivatedUntil": (None, "2027-02-01"),
        "deactivationReason": (None, "On leave"),
    }


async def test_a_deactivated_user_keeps_roles_and_memberships(ask, admin, person, make, hansen):
    bo = await person("rights_administrator")
    await make.group(hansen, bo)
    seen = "query ($id: ID!) { user(by: {id: $id}) { roles { role } memberships { totalCount } } }"

    before = await ask(admin, seen, id=bo.id)
    await ask(admin, DEACTIVATE, input={"userId": bo.id})

    assert before["memberships"]["totalCount"] == 2
    assert await ask(admin, seen, id=bo.id) == before


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"from": YESTERDAY}, "DATE_IN_PAST", ["from"]),
        ({"from": TOMORROW, "until": TOMORROW}, "PERIOD_REVERSED", ["until"]),
        ({"from": TOMORROW, "until": TODAY}, "PERIOD_REVERSED", ["until"]),
        ({"until": TODAY}, "PERIOD_REVERSED", ["until"]),
        ({"from": "soon"}, "MALFORMED", ["from"]),
        ({"until": "2027-02-30"}, "DATE_DOES_NOT_EXIST", ["until"]),
        ({"reason": "x" * 501}, "TOO_LONG", ["reason"]),
    ],
)
async def test_a_wrong_period_is_refused(ask, admin, person, given, code, path):
    bo = await person()
    before = await stored(User)

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id, **given})

    assert answer.problem == code
    assert answer["errors"][0]["path"] == path
    assert await stored(User) == before


async def test_null_is_no_first_and_no_last_day(ask, admin, person):
    bo = await person()
    given = {"userId": bo.id, "from": None, "until": None, "reason": None}

    answer = await ask(admin, DEACTIVATE, input=given)

    assert answer["user"]["deactivation"]["from"] == TODAY


async def test_a_planned_deactivation_closes_nothing_yet(ask, send, admin, person):
    bo = await person()

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": TOMORROW})

    assert answer["user"]["status"] == "ACTIVE"
    assert answer["user"]["deactivation"]["from"] == TOMORROW
    assert (await ask(bo, VIEWER))["user"] == {"name": "Bo Holm"}


async def test_a_new_plan_replaces_the_old_one(ask, admin, person):
    bo = await person()
    first = {"from": TOMORROW, "until": "2027-02-01", "reason": "On leave"}
    await ask(admin, DEACTIVATE, input={"userId": bo.id, **first})

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": "2026-12-01"})

    deactivation = answer["user"]["deactivation"]
    assert (deactivation["from"], deactivation["until"]) == ("2026-12-01", None)
    assert deactivation["reason"] is None


async def test_a_plan_is_dropped_by_reactivating(ask, admin, person):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "from": TOMORROW})

    answer = await ask(admin, REACTIVATE, input={"userId": bo.id})

    assert answer["errors"] == []
    assert (answer["user"]["status"], answer["user"]["deactivation"]) == ("ACTIVE", None)


async def test_a_reactivated_user_is_active_again(ask, admin, person):
    bo = await person()
    await ask(admin, DEACTIVATE, input={"userId": bo.id, "reason": "On leave"})

    answer = await ask(admin, REACTIVATE, input={"userId": bo.id})

    assert (answer["user"]["status"], answer["user"]["deactivation"]) == ("ACTIVE", None)
    assert (await ask(bo, VIEWER))["user"] == {"name": "Bo Holm"}
    entry = await last_told(bo)
    assert (entry.activity, entry.actor_user_id) == ("user:reactivate", admin.id)
    assert changes_in(entry) == {
        "status": ("DEACTIVATED", "ACTIVE"),
        "deactivatedFrom": (TODAY, None),
        "deactivationReason": ("On leave", None),
    }


@pytest.mark.parametrize("way", [{}, BY_BIRTH])
async def test_who_was_not_yet_activated_returns_to_awaiting_activation(ask, admin, way):
    anne = (await ask(admin, CREATE, input=ANNE | way))["user"]
    await ask(admin, DEACTIVATE, input={"userId": anne["id"]})

    answer = await ask(admin, REACTIVATE, input={"userId": anne["id"]})

    assert answer["user"]["status"] == "AWAITING_ACTIVATION"
    assert answer["user"]["activation"] is None
    sent = await ask(admin, RESEND, input={"userId": anne["id"]})
    assert sent["user"]["activation"]["letter"] == {"to": "anne@example.dk"}


@pytest.mark.parametrize(
    ("document", "given"), [(DEACTIVATE, {}), (DEACTIVATE, {"from": TOMORROW}), (DELETE, {})]
)
@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_the_last_organisation_administrator_stays(
    ask, admin, person, document, is_dry_run, given
):
    last = await person("organisation_administrator")
    before = await stored(User, RoleAssignment)

    answer = await ask(admin, document, input={"userId": last.id, **given}, dryRun=is_dry_run)

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"
    assert await stored(User, RoleAssignment) == before


@pytest.mark.parametrize(
    ("other", "role"),
    [
        ({"status": "DEACTIVATED"}, {}),
        ({"status": "AWAITING_ACTIVATION"}, {}),
        ({"deactivated_from": TOMORROW}, {}),
        ({}, {"until_on": "2027-01-01"}),
        ({}, {"from_on": TOMORROW}),
    ],
)
async def test_another_administrator_counts_only_if_active_with_no_end_in_sight(
    ask, admin, person, other, role
):
    last, another = await person("organisation_administrator"), await person(**other)
    await RoleAssignment.create(
        organisation_id=another.organisation_id,
        user_id=another.id,
        role=Role.ORGANISATION_ADMINISTRATOR,
        assigned_at=another.created_at,
        **role,
    )

    answer = await ask(admin, DEACTIVATE, input={"userId": last.id})

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"


async def test_one_of_two_organisation_administrators_may_go(ask, admin, person):
    first, second = [await person("organisation_administrator") for _ in range(2)]

    gone = await ask(admin, DEACTIVATE, input={"userId": first.id, "from": TOMORROW})
    kept = await ask(admin, DELETE, input={"userId": second.id})

    assert gone["errors"] == []
    assert kept.problem == "LAST_ORGANISATION_ADMINISTRATOR"


async def test_two_organisation_administrators_do_not_go_at_the_same_time(ask, admin, person):
    both = [await person("organisation_administrator") for _ in range(2)]

    answers = await asyncio.gather(*(ask(admin, DEACTIVATE, input={"userId": o.id}) for o in both))

    assert sorted(one.problems for one in answers) == [[], ["LAST_ORGANISATION_ADMINISTRATOR"]]


@pytest.mark.parametrize("document", [DEACTIVATE, DELETE])
async def test_a_dry_run_ends_nobodys_access(ask, admin, person, document):
    bo = await person("rights_administrator")
    before = await stored(User, RoleAssignment)

    answer = await ask(admin, document, input={"userId": bo.id}, dryRun=True)

    assert answer["user"]["status"] in ("DEACTIVATED", "DELETED")
    assert await stored(User, RoleAssignment) == before
    assert (await ask(bo, VIEWER))["user"] == {"name": "Bo Holm"}
