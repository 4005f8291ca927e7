"""Administrators' roles: given and taken, with their periods, and never the last of one kind."""

from asyncio import gather
from datetime import date
from uuid import uuid4

import pytest

from models import Role, RoleAssignment, User, UserStatus
from tests.reading import history_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_roles = who_may("""
                     self  user_administrator  rights_administrator  organisation_administrator
    role:assign       .            .                    .                       x
    role:remove       .            .                    .                       x
    role_request:create  x         .                    .                       .
    role_request:decide  .         .                    .                       x
""")

TODAY, TOMORROW, YESTERDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 1)
ANSWER = """
    user { version roles { role from until assignedAt assignedBy { name } } }
    errors { code path ... on Denied { permission allowedFor grantableBy } }
"""
ASSIGN = f"""
mutation AssignRole($input: AssignRoleInput!, $dryRun: Boolean) {{
  assignRole(input: $input, dryRun: $dryRun) {{ {ANSWER} }}
}}
"""
REMOVE = f"""
mutation RemoveRole($input: RemoveRoleInput!, $dryRun: Boolean) {{
  removeRole(input: $input, dryRun: $dryRun) {{ {ANSWER} }}
}}
"""
ROLES = "{ viewer { roles } }"
ADMINISTRATOR, USERS, RIGHTS = (
    "ORGANISATION_ADMINISTRATOR",
    "USER_ADMINISTRATOR",
    "RIGHTS_ADMINISTRATOR",
)


@pytest.fixture
async def ulla(person) -> User:
    """The only organisation administrator."""
    return await person(ADMINISTRATOR, name="Ulla Møller")


@pytest.fixture
async def bo(person) -> User:
    """An employee without a role."""
    return await person(name="Bo Holm", email="bo@example.dk")


def role(user: User, name: str = USERS, **period: date) -> dict[str, object]:
    return {"userId": user.id, "role": name, **period}


async def held(user: User) -> set[str]:
    return set(await RoleAssignment.filter(user_id=user.id).values_list("role", flat=True))


async def test_a_role_is_given_and_works_at_the_next_request(ask, ulla, bo, letters):
    before = await ask(bo, ROLES)

    answer = await ask(ulla, ASSIGN, input=role(bo))

    assert answer["errors"] == []
    assert answer["user"] == {
        "version": 2,
        "roles": [
            {
                "role": USERS,
                "from": "2026-11-02",
                "until": None,
                "assignedAt": "2026-11-02T09:00:00+00:00",
                "assignedBy": {"name": "Ulla Møller"},
            }
        ],
    }
    assert before == {"roles": ["USER"]}
    assert await ask(bo, ROLES) == {"roles": [USERS, "USER"]}
    entry, *_ = await history_of(ask, ulla, bo)
    assert entry.told == ("assignRole", "DONE")
    assert entry.changes == {"roles": (None, USERS)}
    (letter,) = await letters("bo@example.dk")
    assert "Hansen & Søn ApS" in letter.subject


async def test_a_role_that_is_taken_stops_working_at_the_next_request(
    ask, send, ulla, person, letters
):
    eva = await person(USERS, RIGHTS, email="eva@example.dk")
    users = '{ groups { totalCount } viewer { can(permission: "user:create") } }'
    before = await send(eva, users)

    answer = await ask(ulla, REMOVE, input=role(eva))

    assert answer["errors"] == []
    assert [one["role"] for one in answer["user"]["roles"]] == [RIGHTS]
    assert before["data"]["viewer"]["can"] is True
    assert (await send(eva, users))["data"]["viewer"]["can"] is False
    entry, *_ = await history_of(ask, ulla, eva)
    assert entry.told == ("removeRole", "DONE")
    assert entry.changes == {"roles": (f"{RIGHTS}, {USERS}", RIGHTS)}
    (letter,) = await letters("eva@example.dk")
    assert "Hansen & Søn ApS" in letter.subject


async def test_letters_about_roles_name_the_role_in_the_receivers_language(
    ask, ulla, person, letters
):
    danish = await person(email="da@example.dk")
    english = await person(email="en@example.dk", language="ENGLISH")

    for one in (danish, english):
        await ask(ulla, ASSIGN, input=role(one))
        await ask(ulla, REMOVE, input=role(one))

    given, taken = await letters("da@example.dk")
    assert "brugeradministrator" in given.body
    assert "brugeradministrator" in taken.body
    given, taken = await letters("en@example.dk")
    assert "user administrator" in given.body
    assert "user administrator" in taken.body


async def test_a_user_holds_several_roles(ask, ulla, bo):
    await ask(ulla, ASSIGN, input=role(bo, USERS))

    answer = await ask(ulla, ASSIGN, input=role(bo, RIGHTS))

    assert {one["role"] for one in answer["user"]["roles"]} == {USERS, RIGHTS}
    assert (await ask(bo, ROLES))["roles"] == [RIGHTS, USERS, "USER"]


async def test_a_role_of_tomorrow_does_not_work_today(ask, ulla, bo, gateways):
    await ask(ulla, ASSIGN, input=role(bo, **{"from": TOMORROW}))
    today = await ask(bo, ROLES)
    gateways.clock.advance(days=1)

    tomorrow = await ask(bo, ROLES)

    assert today == {"roles": ["USER"]}
    assert tomorrow == {"roles": [USERS, "USER"]}


async def test_a_role_works_through_its_last_day_in_denmark(ask, ulla, bo, gateways):
    await ask(ulla, ASSIGN, input=role(bo, until=TODAY))
    gateways.clock.advance(hours=13, minutes=59)  # 23:59 in Copenhagen
    at_night = await ask(bo, ROLES)
    gateways.clock.advance(minutes=1)

    after = await ask(bo, ROLES)

    assert at_night == {"roles": [USERS, "USER"]}
    assert after == {"roles": ["USER"]}


async def test_a_role_that_has_run_out_can_be_given_again(ask, ulla, bo, gateways):
    await ask(ulla, ASSIGN, input=role(bo, until=TODAY))
    gateways.clock.advance(days=1)

    answer = await ask(ulla, ASSIGN, input=role(bo))

    assert answer["errors"] == []
    assert [(one["from"], one["until"]) for one in answer["user"]["roles"]] == [
        ("2026-11-03", None)
    ]


async def test_a_role_that_has_run_out_is_no_longer_held(ask, ulla, bo, gateways):
    await ask(ulla, ASSIGN, input=role(bo, until=TODAY))
    gateways.clock.advance(days=1)

    answer = await ask(ulla, REMOVE, input=role(bo))

    assert answer.problem == "ROLE_NOT_HELD"


async def test_a_role_ends_by_itself_when_its_last_day_is_over(ask, ulla, bo, gateways, letters):
    await ask(ulla, ASSIGN, input=role(bo, until=TODAY))
    await ask(ulla, ASSIGN, input=role(bo, RIGHTS, until=TOMORROW))
    await gateways.jobs.run_once("periods")
    on_the_day = await held(bo)
    gateways.clock.advance(days=1)

    for _ in range(2):
        await gateways.jobs.run_once("periods")

    assert on_the_day == {Role(USERS), Role(RIGHTS)}
    assert await held(bo) == {Role(RIGHTS)}
    entry, *others = await history_of(ask, ulla, bo)
    assert (entry.told, entry["actor"]) == (("removeRole", "DONE"), {"name": "Segl"})
    assert entry.changes == {"roles": (f"{RIGHTS}, {USERS}", RIGHTS)}
    assert len(others) == 2
    told = [one.body for one in await letters("bo@example.dk") if "ikke længere" in one.body]
    assert len(told) == 1
    assert "ikke længere brugeradministrator" in told[0]


async def test_a_role_that_is_given_anew_while_it_ends_stays(ask, ulla, bo, gateways):
    await ask(ulla, ASSIGN, input=role(bo, until=TODAY))
    gateways.clock.advance(days=1)

    answer, _ = await gather(ask(ulla, ASSIGN, input=role(bo)), gateways.jobs.run_once("periods"))

    assert answer["errors"] == []
    assert await held(bo) == {Role(USERS)}


async def test_the_days_of_a_role_are_told(ask, ulla, bo, letters):
    await ask(ulla, ASSIGN, input=role(bo, USERS, until=TOMORROW))
    await ask(ulla, ASSIGN, input=role(bo, RIGHTS, **{"from": TOMORROW, "until": TOMORROW}))

    now, later = sorted(await letters("bo@example.dk"), key=lambda one: "bliver" in one.body)

    assert "Du er nu brugeradministrator i Hansen & Søn ApS." in now.body
    assert "Din sidste dag i den rolle er 03.11.2026." in now.body
    assert (
        "Du bliver rettighedsadministrator i Hansen & Søn ApS den 03.11.2026."
        " Din sidste dag i den rolle er 03.11.2026."
    ) in later.body


async def test_a_role_of_tomorrow_can_be_taken_before_it_begins(ask, ulla, bo):
    await ask(ulla, ASSIGN, input=role(bo, **{"from": TOMORROW}))

    answer = await ask(ulla, REMOVE, input=role(bo))

    assert answer["errors"] == []
    assert await held(bo) == set()


@pytest.mark.parametrize("period", [{}, {"from": TOMORROW}, {"until": TOMORROW}])
async def test_a_role_is_held_only_once(period, ask, ulla, bo):
    await ask(ulla, ASSIGN, input=role(bo, **period))

    answer = await ask(ulla, ASSIGN, input=role(bo))

    assert (answer.problem, answer["errors"][0]["path"]) == ("ROLE_ALREADY_HELD", ["role"])
    assert await RoleAssignment.filter(user_id=bo.id).count() == 1


async def test_a_role_is_given_once_even_at_the_same_time(ask, ulla, bo):
    answers = await gather(*[ask(ulla, ASSIGN, input=role(bo)) for _ in range(3)])

    problems = [code for one in answers for code in one.problems]
    assert problems == ["ROLE_ALREADY_HELD"] * 2


async def test_a_role_that_is_not_held_cannot_be_taken(ask, ulla, bo):
    answer = await ask(ulla, REMOVE, input=role(bo))

    assert (answer.problem, answer["errors"][0]["path"]) == ("ROLE_NOT_HELD", ["role"])


@pytest.mark.parametrize("document", [ASSIGN, REMOVE])
async def test_being_a_user_is_no_role_to_give_or_take(document, ask, ulla, bo):
    answer = await ask(ulla, document, input=role(bo, "USER"))

    assert (answer.problem, answer["errors"][0]["path"]) == ("ROLE_NOT_ASSIGNABLE", ["role"])


@pytest.mark.parametrize(
    ("period", "problems"),
    [
        ({"from": YESTERDAY}, [("DATE_IN_PAST", "from")]),
        ({"until": YESTERDAY}, [("PERIOD_REVERSED", "until")]),
        ({"from": TOMORROW, "until": TODAY}, [("PERIOD_REVERSED", "until")]),
        (
            {"from": YESTERDAY, "until": date(2026, 10, 1)},
            [("DATE_IN_PAST", "from"), ("PERIOD_REVERSED", "until")],
        ),
        (
            {"from": "2026-02-30", "until": "soon"},
            [("DATE_DOES_NOT_EXIST", "from"), ("MALFORMED", "until")],
        ),
    ],
)
async def test_a_wrong_period_is_refused(period, problems, ask, ulla, bo):
    answer = await ask(ulla, ASSIGN, input=role(bo, **period))

    assert [(one["code"], *one["path"]) for one in answer["errors"]] == problems
    assert await held(bo) == set()


async def test_all_that_is_wrong_is_told_at_once(ask, ulla, bo):
    answer = await ask(ulla, ASSIGN, input=role(bo, "USER", **{"from": YESTERDAY}))

    assert sorted(answer.problems) == ["DATE_IN_PAST", "ROLE_NOT_ASSIGNABLE"]


async def test_a_deleted_user_gets_no_role(ask, ulla, person):
    gone = await person(status=UserStatus.DELETED)

    answer = await ask(ulla, ASSIGN, input=role(gone))

    assert answer.problem == "USER_DELETED"


@pytest.mark.parametrize("document", [ASSIGN, REMOVE])
async def test_a_stranger_finds_no_user_to_give_roles_to(document, ask, make, jensen, ulla):
    stranger = await make.user(jensen, ADMINISTRATOR)

    theirs = await ask(stranger, document, input=role(ulla, ADMINISTRATOR))
    nobodys = await ask(stranger, document, input=role(ulla, ADMINISTRATOR) | {"userId": uuid4()})

    assert theirs.problem == "NOT_FOUND"
    assert theirs == nobodys
    assert await held(ulla) == {ADMINISTRATOR}


@pytest.mark.parametrize("roles", [(), (USERS,), (RIGHTS,), (USERS, RIGHTS)])
async def test_nobody_else_gives_roles_not_even_to_oneself(roles, ask, person, ulla):
    eva = await person(*roles, name="Eva Lund")

    answer = await ask(eva, ASSIGN, input=role(eva, ADMINISTRATOR))

    (error,) = answer["errors"]
    assert (error["code"], error["permission"]) == ("DENIED", "role:assign")
    assert error["allowedFor"] == error["grantableBy"] == [ADMINISTRATOR]
    assert await held(eva) == {Role(one) for one in roles}
    entry, *_ = await history_of(ask, ulla, eva.organisation_id)
    assert entry.told == ("assignRole", "DENIED")
    assert entry["actor"] == {"name": "Eva Lund"}


async def test_a_dry_run_gives_no_role_and_sends_no_letter(ask, ulla, bo, letters):
    answer = await ask(ulla, ASSIGN, input=role(bo), dryRun=True)

    assert [one["role"] for one in answer["user"]["roles"]] == [USERS]
    assert await held(bo) == set()
    assert await letters("bo@example.dk") == []
    assert await history_of(ask, ulla, bo) == []
