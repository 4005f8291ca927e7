"""One user: named in four ways, by whoever may, and with what happened to and by it."""

import pytest

from models.numbers import CprNumber
from tests.users import CPR, DEACTIVATE, REACTIVATE, UPDATE

pytestmark = pytest.mark.anyio

USER = "query ($by: UserRef!) { user(by: $by) { name } }"
HISTORY = """
query ($id: ID!, $filter: HistoryFilter, $first: Int, $after: String) {
  user(by: {id: $id}) {
    history(filter: $filter, first: $first, after: $after) {
      totalCount
      nodes { activity summary outcome actor { name } changes { field old new } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
WAYS = {
    "id": lambda bo: {"id": bo.id},
    "uuid": lambda bo: {"uuid": bo.uuid},
    "bare uuid": lambda bo: {"uuid": bo.uuid.hex.upper()},
    "cpr number": lambda bo: {"cprNumber": CPR},
    "written cpr number": lambda bo: {"cprNumber": f" {CPR[:6]}-{CPR[6:]} "},
    "email": lambda bo: {"email": "bo@example.dk"},
}
BO = {"name": "Bo Holm", "cpr": CprNumber(CPR), "email": "bo@example.dk"}


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Dorte Friis")


async def code_of(send, who, **by):
    answer = await send(who, USER, by=by)
    assert answer["data"] == {"user": None}
    (error,) = answer["errors"]
    assert error["path"] == ["user"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_user_is_found_in_four_ways(ask, admin, person, way):
    bo = await person(**BO)

    by_admin = await ask(admin, USER, by=WAYS[way](bo))
    by_bo = await ask(bo, USER, by=WAYS[way](bo))

    assert by_admin == by_bo == {"name": "Bo Holm"}


@pytest.mark.parametrize("way", WAYS)
async def test_a_stranger_finds_nobody_of_ours(send, person, make, jensen, way):
    bo, stranger = await person(**BO), await make.user(jensen, "user_administrator")

    assert await code_of(send, stranger, **WAYS[way](bo)) == "NOT_FOUND"


@pytest.mark.parametrize("way", WAYS)
async def test_an_employee_reads_no_colleague(send, person, way):
    bo, employee = await person(**BO), await person()

    assert await code_of(send, employee, **WAYS[way](bo)) == "DENIED"


@pytest.mark.parametrize(
    ("by", "shared", "problem"),
    [
        ({"cprNumber": CPR}, {"cpr": CprNumber(CPR)}, "CPR_AMBIGUOUS"),
        ({"email": "bo@example.dk"}, {"email": "bo@example.dk"}, "EMAIL_AMBIGUOUS"),
    ],
)
async def test_what_two_users_share_names_neither(send, ask, admin, person, by, shared, problem):
    bo = await person(**BO)
    await person(**shared, name="Bo Lind")

    answer = await send(admin, USER, by=by)

    (error,) = answer["errors"]
    assert error["extensions"]["problem"] == problem
    assert CPR not in str(answer)
    assert "bo@example.dk" not in str(answer)
    assert await ask(admin, USER, by={"id": bo.id}) == {"name": "Bo Holm"}
    assert await ask(bo, USER, by=by) == {"name": "Bo Holm"}


@pytest.mark.parametrize("by", [{"cprNumber": CPR}, {"email": "bo@example.dk"}])
async def test_a_deleted_user_makes_nothing_ambiguous(ask, admin, person, by):
    await person(**BO, status="DELETED")
    await person(**BO | {"name": "Bo Lind"})

    assert await ask(admin, USER, by=by) == {"name": "Bo Lind"}


@pytest.mark.parametrize(
    ("by", "problem", "path"),
    [
        ({"cprNumber": "3102904242"}, "DATE_DOES_NOT_EXIST", ["by", "cprNumber"]),
        ({"email": "bo"}, "MALFORMED", ["by", "email"]),
        ({"uuid": "bo"}, "MALFORMED", ["by", "uuid"]),
    ],
)
async def test_a_name_of_the_wrong_form_is_told(send, admin, by, problem, path):
    answer = await send(admin, USER, by=by)

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID", "problem": problem, "path": path}
    assert "3102904242" not in str(answer)


@pytest.mark.parametrize("by", [{"id": "bo"}, {"uuid": "0" * 32}, {"cprNumber": CPR}])
async def test_who_does_not_exist_is_not_found(send, admin, by):
    assert await code_of(send, admin, **by) == "NOT_FOUND"


async def test_the_history_holds_what_happened_to_and_by_a_user_latest_first(ask, admin, person):
    bo, eva = await person("user_administrator", name="Bo Holm"), await person(name="Eva Lund")
    await ask(admin, UPDATE, input={"userId": bo.id, "phoneNumber": "33445566"})
    await ask(bo, DEACTIVATE, input={"userId": eva.id})
    await ask(admin, UPDATE, input={"userId": eva.id, "phoneNumber": "33445566"})

    answer = await ask(admin, HISTORY, id=bo.id)

    told = [(one["summary"], one["actor"]["name"]) for one in answer["history"]["nodes"]]
    assert told[:2] == [
        ("Deactivate user: Eva Lund", "Bo Holm"),
        ("Update user: Bo Holm", "Dorte Friis"),
    ]
    assert answer["history"]["totalCount"] == len(told) == 3  # the first: how Bo came to be
    assert answer["history"]["nodes"][1]["changes"] == [
        {"field": "phoneNumber", "old": None, "new": "33445566"}
    ]


async def test_a_denied_attempt_stands_in_the_history_of_who_made_it(ask, admin, person):
    bo, eva = await person(), await person()
    await ask(bo, DEACTIVATE, input={"userId": eva.id})

    answer = await ask(bo, HISTORY, id=bo.id, filter={"outcome": ["DENIED"]})

    (entry,) = answer["history"]["nodes"]
    assert (entry["activity"], entry["outcome"]) == ("user:deactivate", "DENIED")


@pytest.mark.parametrize(
    ("filter", "activities"),
    [
        ({"activity": ["user:deactivate"]}, ["user:deactivate"]),
        ({"activity": ["user:update", "user:reactivate"]}, ["user:reactivate", "user:update"]),
        ({"text": "33445566"}, ["user:update"]),
        ({"text": "REACTIVATE"}, ["user:reactivate"]),
        ({"text": "nothing of the kind"}, []),
        ({"from": "2026-11-03T09:00:00Z"}, ["user:reactivate", "user:deactivate"]),
        (
            {"from": "2026-11-03T09:00:00Z", "until": "2026-11-04T09:00:00Z"},
            ["user:deactivate"],
        ),
    ],
)
async def test_a_history_is_searched_by_activity_text_and_period(
    ask, admin, person, gateways, filter, activities
):
    bo = await person()
    await ask(admin, UPDATE, input={"userId": bo.id, "phoneNumber": "33445566"})
    gateways.clock.advance(days=1)
    await ask(admin, DEACTIVATE, input={"userId": bo.id})
    gateways.clock.advance(days=1)
    await ask(admin, REACTIVATE, input={"userId": bo.id})

    answer = await ask(admin, HISTORY, id=bo.id, filter=filter)

    assert [one["activity"] for one in answer["history"]["nodes"]] == activities
    assert answer["history"]["totalCount"] == len(activities)


async def test_a_long_history_shows_the_last_200_unless_a_period_is_chosen(
    ask, send, admin, person
):
    bo = await person()
    once = 'updateUser(input: {userId: "%s", phoneNumber: "%08d"}) { errors { code } }'
    for part in range(5):
        steps = (f"a{n}: {once % (bo.id, part * 1000 + n)}" for n in range(42))
        await send(admin, f"mutation {{ {' '.join(steps)} }}")

    usual = await ask(admin, HISTORY, id=bo.id, first=100)
    rest = await ask(
        admin, HISTORY, id=bo.id, first=100, after=usual["history"]["pageInfo"]["endCursor"]
    )
    chosen = await ask(admin, HISTORY, id=bo.id, filter={"from": "2026-11-01T00:00:00Z"})

    assert usual["history"]["totalCount"] == 200
    assert usual["history"]["nodes"][0]["changes"][0]["new"] == "00004041"
    assert len(rest["history"]["nodes"]) == 100
    assert rest["history"]["pageInfo"]["hasNextPage"] is False
    assert chosen["history"]["totalCount"] == 211


async def test_an_employee_reads_the_own_history_and_no_others(ask, send, admin, person):
    bo, eva = await person(), await person()
    await ask(admin, UPDATE, input={"userId": bo.id, "phoneNumber": "33445566"})

    own = await ask(bo, HISTORY, id=bo.id)
    other = await send(eva, HISTORY, id=bo.id)

    assert own["history"]["nodes"][0]["activity"] == "user:update"
    assert other["errors"][0]["extensions"]["code"] == "DENIED"
