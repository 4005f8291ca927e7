"""Users ask for administrators' roles, and organisation administrators decide."""

import pytest

from models import Request, RoleAssignment
from tests.reading import history_of
from tests.requests import REQUESTS, changing
from tests.scenes import everything_stored
from tests.telling import MINE

pytestmark = pytest.mark.anyio

ASK = changing("requestRole").replace("...Facts", "...Facts role", 1)
DECIDE = changing("decideRoleRequest", "user { name roles { role from assignedBy { name } } }")
ASSIGN = "mutation ($input: AssignRoleInput!) { assignRole(input: $input) { errors { code } } }"
USERS, REASON = "USER_ADMINISTRATOR", "I hire people now"


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", language="ENGLISH")


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller", language="ENGLISH")


@pytest.fixture
def asked(ask, eva):
    """Lets Eva ask to become a user administrator, and returns what she is answered."""

    async def asked(**given):
        return await ask(eva, ASK, input={"role": USERS, "reason": REASON, **given})

    return asked


@pytest.fixture
def told(ask):
    """The kinds and the first lines of what somebody has been told, the latest first."""

    async def told(who):
        nodes = (await ask(who, MINE))["nodes"]
        return [(one["kind"], one["text"].split("\n")[0]) for one in nodes]

    return told


async def held(user):
    return {one.role for one in await RoleAssignment.filter(user_id=user.id)}


async def test_a_user_asks_for_a_role_and_organisation_administrators_are_told(
    ask, asked, person, ulla, eva, told, letters
):
    other = await person(USERS)

    answer = await asked()

    assert answer["errors"] == []
    request = answer["request"]
    assert (request["kind"], request["status"], request["reason"]) == ("ROLE", "OPEN", REASON)
    assert (request["role"], request["user"]["name"]) == (USERS, "Eva Lund")
    ((kind, text),) = await told(ulla)
    assert kind == "ROLE_REQUESTED"
    assert text.startswith("Eva Lund asks to become user administrator in Hansen & Søn ApS.")
    assert len(await letters(ulla.email)) == 1
    assert (await told(other), await told(eva)) == ([], [])
    entry, *_ = await history_of(ask, ulla, request["id"])
    assert entry.told == ("requestRole", "DONE")
    assert entry.changes["role"] == (None, USERS)


async def test_an_approved_request_is_the_role_as_if_it_had_been_given(
    ask, asked, ulla, eva, told, letters
):
    request = (await asked())["request"]

    answer = await ask(ulla, DECIDE, input={"requestId": request["id"], "decision": "APPROVE"})

    assert answer["errors"] == []
    assert (answer["request"]["status"], answer["request"]["canDecide"]) == ("APPROVED", False)
    role = {"role": USERS, "from": "2026-11-02", "assignedBy": {"name": "Ulla Møller"}}
    assert answer["user"] == {"name": "Eva Lund", "roles": [role]}
    assert (await ask(eva, "{ viewer { roles } }"))["roles"] == [USERS, "USER"]
    entry, *_ = await history_of(ask, ulla, eva)
    assert entry.told == ("decideRoleRequest", "DONE")
    assert entry.changes == {"roles": (None, USERS)}
    assert await told(eva) == [
        (
            "REQUEST_DECIDED",
            "Your request to become user administrator in Hansen & Søn ApS has been approved,"
            " and the role is yours.",
        ),
        ("ROLE_CHANGED", "You are now user administrator in Hansen & Søn ApS."),
    ]
    assert len(await letters(eva.email)) == 2


async def test_a_rejected_request_gives_nothing_and_tells_why(ask, asked, ulla, eva, told):
    request = (await asked())["request"]
    given = {"requestId": request["id"], "decision": "REJECT"}

    refused = await ask(ulla, DECIDE, input=given)
    answer = await ask(ulla, DECIDE, input={**given, "reason": "Bo does"})

    assert [(one["code"], one["path"]) for one in refused["errors"]] == [("REQUIRED", ["reason"])]
    assert (answer["request"]["status"], answer["user"]) == ("REJECTED", None)
    assert await held(eva) == set()
    ((kind, text),) = await told(eva)
    assert (kind, text.endswith("has been rejected. Reason: Bo does")) == ("REQUEST_DECIDED", True)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"reason": "Please"}, ("TOO_SHORT", ["reason"])),
        ({"reason": "  Please    "}, ("TOO_SHORT", ["reason"])),
        ({"reason": ""}, ("REQUIRED", ["reason"])),
        ({"role": "USER"}, ("ROLE_NOT_ASSIGNABLE", ["role"])),
    ],
)
async def test_a_request_names_an_administrators_role_and_says_why(asked, given, problem):
    answer = await asked(**given)

    assert [(one["code"], one["path"]) for one in answer["errors"]] == [problem]
    assert not await Request.exists()


async def test_the_same_role_is_asked_for_once_and_another_beside_it(asked):
    await asked()

    again, other = await asked(), await asked(role="RIGHTS_ADMINISTRATOR")

    assert again.problem == "REQUEST_ALREADY_OPEN"
    assert other["errors"] == []


@pytest.mark.parametrize(
    ("period", "is_held"),
    [({}, True), ({"from": "2026-12-01"}, True), ({"until": "2026-11-02"}, False)],
)
async def test_a_role_that_one_has_is_not_asked_for(
    ask, asked, ulla, eva, gateways, period, is_held
):
    await ask(ulla, ASSIGN, input={"userId": eva.id, "role": USERS, **period})
    gateways.clock.advance(days=1)

    answer = await asked()

    assert answer.problems == (["ROLE_ALREADY_HELD"] if is_held else [])


async def test_what_was_given_meanwhile_is_not_given_again_and_the_request_stays_open(
    ask, asked, ulla, eva
):
    request = (await asked())["request"]
    await ask(ulla, ASSIGN, input={"userId": eva.id, "role": USERS})

    answer = await ask(ulla, DECIDE, input={"requestId": request["id"], "decision": "APPROVE"})

    assert (answer.problem, answer["errors"][0]["path"]) == ("ROLE_ALREADY_HELD", ["role"])
    assert (await Request.get(id=request["id"])).status == "OPEN"


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_nobody_but_an_organisation_administrator_decides(ask, asked, person, eva, role):
    request = (await asked())["request"]
    given = {"requestId": request["id"], "decision": "APPROVE"}

    answer = await ask(await person(role), DECIDE, input=given)

    assert answer.problem == "DENIED"
    assert await held(eva) == set()


async def test_nobody_decides_what_they_have_asked_for_themselves(ask, ulla, person):
    request = (await ask(ulla, ASK, input={"role": USERS, "reason": REASON}))["request"]
    given = {"requestId": request["id"], "decision": "APPROVE"}
    other = await person("organisation_administrator")
    before = await everything_stored()
    inbox = {"canDecide": True}

    own = await ask(ulla, DECIDE, input=given, dryRun=True)
    mine = await ask(ulla, REQUESTS, filter=inbox)
    theirs = await ask(other, REQUESTS, filter=inbox)

    assert own.problem == "DENIED"
    assert await everything_stored() == before
    assert request["canDecide"] is False
    assert (mine["nodes"], mine["totalCount"]) == ([], 0)
    assert [one["id"] for one in theirs["nodes"]] == [request["id"]]
    assert (await ask(other, DECIDE, input=given))["errors"] == []
    assert USERS in await held(ulla)


async def test_who_is_gone_or_away_gets_no_role_by_a_request(ask, asked, ulla, person, eva):
    request = (await asked())["request"]
    delete = "mutation ($id: ID!) { deleteUser(input: {userId: $id}) { errors { code } } }"
    await ask(await person(USERS), delete, id=eva.id)

    answer = await ask(ulla, DECIDE, input={"requestId": request["id"], "decision": "APPROVE"})

    assert answer.problem == "REQUEST_ALREADY_DECIDED"
    assert await held(eva) == set()


async def test_a_stranger_finds_no_request_to_decide(ask, asked, make, jensen, eva):
    stranger = await make.user(jensen, "organisation_administrator")
    request = (await asked())["request"]
    given = {"requestId": request["id"], "decision": "APPROVE"}

    theirs = await ask(stranger, DECIDE, input=given)
    nobodys = await ask(stranger, DECIDE, input=given | {"requestId": str(eva.id)})

    assert theirs.problem == "NOT_FOUND"
    assert theirs == nobodys


async def test_a_request_of_another_kind_is_none_of_a_role(ask, ulla, eva, make, hansen):
    request = await make.request(hansen, user=eva)

    answer = await ask(ulla, DECIDE, input={"requestId": str(request.id), "decision": "APPROVE"})

    assert answer.problem == "NOT_FOUND"
