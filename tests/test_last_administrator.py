"""An organisation always keeps one who can give roles: active, and with no end in sight."""

from asyncio import gather
from datetime import date
from typing import Any

import pytest

from models import RoleAssignment, User, UserStatus

pytestmark = pytest.mark.anyio

ADMINISTRATOR = "ORGANISATION_ADMINISTRATOR"
TODAY, TOMORROW = date(2026, 11, 2), date(2026, 11, 3)
REMOVE = """
mutation RemoveRole($input: RemoveRoleInput!) {
  removeRole(input: $input) { errors { code message ... on Conflict { current { id } } } }
}
"""
ASSIGN = "mutation ($input: AssignRoleInput!) { assignRole(input: $input) { errors { code } } }"


def ending(operation: str) -> str:
    """The document of a change that ends what somebody can do."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!) {{ {operation}(input: $input) {{ errors {{ code }} }} }}
    """


@pytest.fixture
async def ulla(person) -> User:
    """The only organisation administrator."""
    return await person(ADMINISTRATOR, name="Ulla Møller")


def of(user: User, **period: date) -> dict[str, Any]:
    return {"userId": user.id, "role": ADMINISTRATOR, **period}


async def administrators() -> int:
    return await RoleAssignment.filter(role=ADMINISTRATOR).count()


async def test_the_last_one_cannot_step_down(ask, ulla):
    answer = await ask(ulla, REMOVE, {"accept-language": "en"}, input=of(ulla))

    assert answer["errors"] == [
        {
            "code": "LAST_ORGANISATION_ADMINISTRATOR",
            "message": "This is the organisation's last organisation administrator. Give the role"
            " to somebody else first.",
            "current": {"id": str(ulla.id)},
        }
    ]
    assert await administrators() == 1


async def test_one_of_two_steps_down_and_then_does_so_no_more(ask, ulla, person):
    await person(ADMINISTRATOR)

    answer = await ask(ulla, REMOVE, input=of(ulla))

    assert answer["errors"] == []
    again = await ask(ulla, REMOVE, input=of(ulla))
    assert again.problem == "DENIED"


@pytest.mark.parametrize(
    "facts",
    [
        {"status": UserStatus.DEACTIVATED},
        {"status": UserStatus.AWAITING_ACTIVATION},
        {"status": UserStatus.IMPORTED},
        {"deactivated_from": date(2026, 12, 1)},
    ],
)
async def test_one_who_cannot_act_does_not_count(facts, ask, ulla, person):
    await person(ADMINISTRATOR, **facts)

    answer = await ask(ulla, REMOVE, input=of(ulla))

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"


@pytest.mark.parametrize(
    "period", [{"from": TOMORROW}, {"until": TODAY}, {"until": date(2036, 1, 1)}]
)
async def test_one_who_is_not_yet_or_not_for_ever_does_not_count(period, ask, ulla, person):
    await ask(ulla, ASSIGN, input=of(await person(), **period))

    answer = await ask(ulla, REMOVE, input=of(ulla))

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"


async def test_one_with_an_end_may_be_taken_while_another_stays(ask, ulla, person):
    helper = await person()
    await ask(ulla, ASSIGN, input=of(helper, until=TOMORROW))

    answer = await ask(ulla, REMOVE, input=of(helper))

    assert answer["errors"] == []


async def test_another_organisations_administrators_do_not_count(ask, ulla, make, jensen):
    await make.user(jensen, ADMINISTRATOR)

    answer = await ask(ulla, REMOVE, input=of(ulla))

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"


async def test_two_who_remove_each_other_at_the_same_time_leave_one(ask, ulla, person):
    bo = await person(ADMINISTRATOR)

    answers = await gather(ask(ulla, REMOVE, input=of(bo)), ask(bo, REMOVE, input=of(ulla)))

    problems = [code for one in answers for code in one.problems]
    assert problems in (["LAST_ORGANISATION_ADMINISTRATOR"], ["DENIED"])
    assert await administrators() == 1


async def test_of_many_who_all_step_down_at_the_same_time_one_stays(ask, ulla, person):
    everybody = [ulla, *[await person(ADMINISTRATOR) for _ in range(4)]]

    answers = await gather(*[ask(one, REMOVE, input=of(one)) for one in everybody])

    problems = [code for one in answers for code in one.problems]
    assert problems == ["LAST_ORGANISATION_ADMINISTRATOR"]
    assert await administrators() == 1


async def test_one_is_removed_while_the_other_is_deactivated_and_one_stays(ask, ulla, person):
    bo = await person(ADMINISTRATOR)
    user_administrator = await person("user_administrator")
    deactivate = ending("deactivateUser")

    answers = await gather(
        ask(ulla, REMOVE, input=of(ulla)),
        ask(user_administrator, deactivate, input={"userId": bo.id}),
    )

    problems = [code for one in answers for code in one.problems]
    assert problems == ["LAST_ORGANISATION_ADMINISTRATOR"]
    able = RoleAssignment.filter(role=ADMINISTRATOR, user__status=UserStatus.ACTIVE)
    assert await able.count() == 1


async def test_two_who_have_done_nothing_yet_deactivate_each_other_and_one_stays(ask, person):
    roles = (ADMINISTRATOR, "user_administrator")
    first, second = await person(*roles), await person(*roles)
    deactivate = ending("deactivateUser")

    answers = await gather(
        ask(first, deactivate, input={"userId": second.id}),
        ask(second, deactivate, input={"userId": first.id}),
    )

    problems = [code for one in answers for code in one.problems]
    assert problems == ["LAST_ORGANISATION_ADMINISTRATOR"]
    assert await User.filter(status=UserStatus.ACTIVE).count() == 1


POSSIBLE = "query ($id: ID!) { user(by: {id: $id}) { allowedTransitions { action } } }"
ENDS = {"DEACTIVATE": ending("deactivateUser"), "DELETE": ending("deleteUser")}
ON_LEAVE = {"deactivated_from": date(2026, 12, 1)}
OTHERS: dict[str, list[tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "nobody else": [],
    "another": [(ADMINISTRATOR, {}, {})],
    "one who administers rights": [("RIGHTS_ADMINISTRATOR", {}, {})],
    "one who is deactivated": [(ADMINISTRATOR, {"status": UserStatus.DEACTIVATED}, {})],
    "one who is about to leave": [(ADMINISTRATOR, ON_LEAVE, {})],
    "one from tomorrow on": [(ADMINISTRATOR, {}, {"from_on": TOMORROW})],
    "one from today on": [(ADMINISTRATOR, {}, {"from_on": TODAY})],
    "one for a while": [(ADMINISTRATOR, {}, {"until_on": TOMORROW})],
}


@pytest.mark.parametrize("action", ENDS)
@pytest.mark.parametrize("others", OTHERS)
async def test_what_is_shown_as_possible_is_what_the_rule_lets_happen(
    ask, ulla, person, others, action
):
    for role, facts, period in OTHERS[others]:
        somebody = await person(role, **facts)
        await RoleAssignment.filter(user_id=somebody.id).update(**period)
    user_administrator = await person("user_administrator")

    seen = await ask(user_administrator, POSSIBLE, id=ulla.id)
    answer = await ask(user_administrator, ENDS[action], input={"userId": ulla.id})

    is_possible = action in [one["action"] for one in seen["allowedTransitions"]]
    assert is_possible is (answer["errors"] == [])
    assert is_possible is (others in ("another", "one from today on"))


async def test_a_page_of_users_tells_it_in_as_many_statements_as_one_user(ask, ulla, person, sql):
    page = (
        "query ($first: Int) { users(first: $first) { nodes { allowedTransitions { action } } } }"
    )
    for _ in range(10):
        await person(ADMINISTRATOR)
    sql()

    await ask(ulla, page, first=1)
    for_one = sql()
    await ask(ulla, page, first=11)

    assert sql() == for_one
