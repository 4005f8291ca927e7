"""Why somebody may or may not do something, and the law that says so."""

from datetime import date
from uuid import uuid4

import pytest

from models import Role, RoleAssignment, UserStatus
from policies import Policy
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_ask_why = who_may("""
                      self  user_administrator  rights_administrator  organisation_administrator
    policy:read        x            x                    x                       x
    access:explain     x            x                    x                       x
""")

EXPLAIN = """
query Why($userId: ID, $permission: String!, $target: ID) {
  explainAccess(userId: $userId, permission: $permission, target: $target) {
    isAllowed permission message allowedFor grantableBy
    decidedBy { permission description roles isOverOneself }
    role { role from until assignedBy { name } }
  }
}
"""
CAN = """
query Can($permission: String!, $target: ID) {
  viewer { can(permission: $permission, target: $target) }
}
"""
LAW = "{ policy { permission description roles isOverOneself } }"
ASSIGN = "mutation ($input: AssignRoleInput!) { assignRole(input: $input) { errors { code } } }"
ADMINISTRATOR, USERS = "ORGANISATION_ADMINISTRATOR", "USER_ADMINISTRATOR"


@pytest.fixture
async def ulla(person):
    return await person(ADMINISTRATOR, name="Ulla Møller", language="ENGLISH")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", language="ENGLISH")


@pytest.fixture
def refused(send):
    """The code of the only error, and what it says it is about."""

    async def refused(who, document=EXPLAIN, **given):
        answer = await send(who, document, **given)
        (error,) = answer["errors"]
        told = error["extensions"]
        return told["code"], told.get("path") or told.get("permission")

    return refused


async def test_one_is_told_by_which_role_one_may_and_where_it_comes_from(ask, ulla, eva, person):
    period = {"from": "2026-11-02", "until": "2026-12-24"}
    await ask(ulla, ASSIGN, input={"userId": eva.id, "role": USERS, **period})

    answer = await ask(eva, EXPLAIN, permission="user:deactivate", target=ulla.id)

    assert answer == {
        "isAllowed": True,
        "permission": "user:deactivate",
        "message": "You may do this as user administrator, by the permission user:deactivate.",
        "decidedBy": {
            "permission": "user:deactivate",
            "description": "Close a user's access, for a while or until further notice.",
            "roles": [USERS],
            "isOverOneself": False,
        },
        "role": {"role": USERS, **period, "assignedBy": {"name": "Ulla Møller"}},
        "allowedFor": [USERS],
        "grantableBy": [ADMINISTRATOR],
    }


async def test_one_is_told_who_may_and_who_could_let_one(ask, ulla):
    answer = await ask(ulla, EXPLAIN, permission="user:deactivate", target=ulla.id)

    assert (answer["isAllowed"], answer["decidedBy"], answer["role"]) == (False, None, None)
    assert (answer["allowedFor"], answer["grantableBy"]) == ([USERS], [ADMINISTRATOR])
    assert answer["message"] == (
        "You may not do this: it needs the permission user:deactivate, which the user"
        " administrator holds. The organisation administrator can give that role."
    )


async def test_it_is_told_in_the_language_of_whoever_asks(ask, ulla, eva):
    danish = {"accept-language": "da"}
    given = {"permission": "user:deactivate", "userId": eva.id}

    answer = await ask(ulla, EXPLAIN, danish, **given)
    law = await ask(ulla, LAW, danish)

    assert answer["message"] == (
        "Eva Lund må ikke gøre dette: det kræver tilladelsen user:deactivate, som en"
        " brugeradministrator har. En organisationsadministrator kan give den rolle."
    )
    words = {one["permission"]: one["description"] for one in law}
    assert words["user:deactivate"] == "Lukke en brugers adgang, for en tid eller indtil videre."


async def test_over_what_is_one_s_own_no_role_decides(ask, ulla, eva):
    own = await ask(ulla, EXPLAIN, permission="user:read", userId=eva.id, target=eva.id)
    other = await ask(ulla, EXPLAIN, permission="user:read", userId=eva.id, target=ulla.id)

    assert (own["isAllowed"], own["role"]) == (True, None)
    assert own["decidedBy"]["isOverOneself"] is True
    assert own["message"] == (
        "Eva Lund may do this: everybody holds the permission user:read over what is their own."
    )
    assert (other["isAllowed"], other["decidedBy"]) == (False, None)
    assert other["message"].startswith(
        "Eva Lund may not do this: it needs the permission user:read over more than what is one's"
        " own, which the organisation administrator, user administrator or rights administrator"
    )


async def test_what_is_private_is_one_s_own_whatever_role_one_holds(ask, ulla, eva, make, hansen):
    group = await make.group(hansen)
    mine, hers = await make.notification(ulla, group), await make.notification(eva, group)

    own = await ask(ulla, EXPLAIN, permission="notification:list", target=mine.id)
    other = await ask(ulla, EXPLAIN, permission="notification:list", target=hers.id)

    assert (own["isAllowed"], own["role"]) == (True, None)
    assert other["isAllowed"] is False


async def test_what_one_has_asked_for_one_may_not_decide_and_is_told_so(ask, ulla, make, hansen):
    request = await make.request(hansen, user=ulla, kind="ROLE", role=Role.USER_ADMINISTRATOR)
    given = {"permission": "role_request:decide", "target": request.id}

    answer = await ask(ulla, EXPLAIN, **given)

    assert (answer["isAllowed"], answer["decidedBy"]) == (False, None)
    assert answer["message"] == (
        "You may not do this: nobody holds the permission role_request:decide over what is their"
        " own."
    )
    assert (await ask(ulla, CAN, **given))["can"] is False


@pytest.mark.parametrize("status", [one for one in UserStatus if one is not UserStatus.ACTIVE])
async def test_who_is_not_active_may_do_nothing(ask, ulla, person, status):
    away = await person(USERS, name="Bo Holm", status=status)

    for permission in ("user:create", "user:read", "user:activate"):
        answer = await ask(ulla, EXPLAIN, userId=away.id, permission=permission)

        assert (answer["isAllowed"], answer["decidedBy"], answer["role"]) == (False, None, None)
        assert answer["message"] == (
            "Bo Holm may not do this: whoever is not an active user may do nothing."
        )


@pytest.mark.parametrize(
    ("period", "is_held"),
    [
        ({"from_on": date(2026, 11, 3)}, False),
        ({"from_on": date(2026, 11, 2)}, True),
        ({"until_on": date(2026, 11, 2)}, True),
        ({"until_on": date(2026, 11, 1)}, False),
    ],
)
async def test_a_role_counts_on_its_days(ask, ulla, eva, make, period, is_held):
    await RoleAssignment.create(
        organisation_id=eva.organisation_id,
        user_id=eva.id,
        role=USERS,
        assigned_at=make.now,
        **period,
    )

    of_her = await ask(ulla, EXPLAIN, permission="user:create", userId=eva.id)
    of_herself = await ask(eva, EXPLAIN, permission="user:create")

    assert of_her["isAllowed"] is of_herself["isAllowed"] is is_held
    assert bool(of_her["role"]) is is_held


async def test_about_others_one_is_told_if_one_may_read_them(ask, refused, ulla, eva):
    of_oneself = await ask(eva, EXPLAIN, permission="user:read", userId=eva.id)

    assert of_oneself["message"].startswith("You may not do this")
    assert await refused(eva, permission="user:read", userId=ulla.id) == ("DENIED", "user:read")


async def test_a_stranger_s_things_are_the_same_as_none(ask, refused, ulla, make, jensen):
    stranger = await make.user(jensen)
    group = await make.group(jensen)

    for key in (group.id, uuid4(), "no id"):
        assert await refused(ulla, permission="group:delete", target=key) == ("NOT_FOUND", None)
        denied = await ask(ulla, EXPLAIN, permission="group:add_member", target=key)
        assert denied["isAllowed"] is False
        assert (await ask(ulla, CAN, permission="group:delete", target=key))["can"] is False
    for key in (stranger.id, uuid4(), "no id"):
        assert await refused(ulla, permission="user:read", userId=key) == ("NOT_FOUND", None)


async def test_what_the_permission_is_not_about_is_said_to_be_wrong(refused, ulla, make, hansen):
    group = await make.group(hansen)
    certificate = await make.certificate(hansen, user=ulla)

    for permission, thing in [
        ("user:deactivate", group),
        ("group:delete", ulla),
        ("user:list", ulla),
        ("role_request:create", certificate),
    ]:
        for document in (EXPLAIN, CAN):
            told = await refused(ulla, document, permission=permission, target=thing.id)
            assert told == ("INVALID", ["target"])


@pytest.mark.parametrize("permission", ["certificate:retrieve", "certificate:validate_email"])
async def test_what_a_change_finds_by_a_secret_is_explained_as_well(
    ask, refused, ulla, eva, person, make, hansen, jensen, permission
):
    bo = await person(USERS, name="Bo Holm", language="ENGLISH")
    hers = await make.certificate(hansen, user=eva)
    profile = await make.profile(hansen)
    shared = await make.certificate(hansen, kind="SYSTEM", profile=profile)
    foreign = await make.certificate(jensen, kind="SYSTEM", profile=await make.profile(jensen))

    async def may(who, target):
        given = {"permission": permission, "target": target.id}
        answer = await ask(who, EXPLAIN, **given)
        assert (await ask(who, CAN, **given))["can"] is answer["isAllowed"]
        return answer["isAllowed"]

    is_retrieval = permission == "certificate:retrieve"
    assert [await may(who, hers) for who in (eva, bo, ulla)] == [True, not is_retrieval, False]
    assert [await may(who, shared) for who in (eva, bo, ulla)] == [False, True, False]
    if is_retrieval:
        told = await refused(bo, permission=permission, target=profile.id)
        assert told == ("INVALID", ["target"])
    else:
        assert [await may(who, profile) for who in (eva, bo, ulla)] == [False, True, False]
    told = await refused(bo, permission=permission, target=foreign.id)
    assert told == ("NOT_FOUND", None)


async def test_a_permission_that_there_is_not_is_said_to_be_wrong(refused, eva):
    for permission in ("user:fly", "user", "", "user:read:all"):
        assert await refused(eva, permission=permission) == ("INVALID", ["permission"])


async def test_a_change_is_made_even_if_its_answer_asks_for_a_permission_that_there_is_not(
    send, ask, eva
):
    choose = """
        mutation { setLanguage(input: {language: DANISH}) {
          viewer { can(permission: "user:fly") } errors { code }
        } }
    """

    answer = await send(eva, choose)

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["INVALID"]
    assert (await ask(eva, "{ viewer { language } }"))["language"] == "DANISH"


async def test_the_organisation_is_meant_where_nothing_is_named(ask, ulla, eva, hansen):
    asked = [{"permission": one} for one in ("group:create", "user:read", "right_request:create")]

    for who, may in ((ulla, [True, True, True]), (eva, [False, False, True])):
        without = [(await ask(who, CAN, **given))["can"] for given in asked]
        named = [(await ask(who, CAN, **given, target=hansen.id))["can"] for given in asked]
        assert without == named == may


async def test_the_whole_law_is_read_by_everybody(ask, eva):
    rows = {one.pop("permission"): one for one in await ask(eva, LAW)}

    law = Policy()
    assert [*rows] == [*law.permissions]
    for permission, row in rows.items():
        assert row["roles"] == [*law.roles(permission)]
        assert row["description"].endswith(".")
    assert rows["user:read"]["isOverOneself"] is True
    assert rows["user:list"]["isOverOneself"] is False
    assert rows["role_request:create"] == {
        "description": "Ask for an administrator's role.",
        "roles": [],
        "isOverOneself": True,
    }


async def test_why_and_the_law_are_read_without_the_executor(asker, ulla, eva, make, hansen):
    group = await make.group(hansen, eva)
    for document, given in [
        (LAW, {}),
        (EXPLAIN, {"permission": "group:read"}),
        (EXPLAIN, {"permission": "group:read", "userId": eva.id, "target": group.id}),
        (CAN, {"permission": "group:read", "target": group.id}),
    ]:
        response = await asker.post(ulla, document, **given)

        assert "errors" not in response.json()
        assert "X-Segl-Executor" not in response.headers


async def test_it_takes_as_many_statements_however_much_there_is(
    asker, ulla, eva, make, hansen, sql
):
    counts = []
    for _ in range(2):
        group = await make.group(hansen, eva, name=f"Group {len(counts)}")
        given = {"permission": "group:read", "userId": eva.id, "target": group.id}
        await asker.post(ulla, EXPLAIN, **given)
        sql()
        response = await asker.post(ulla, EXPLAIN, **given)
        assert response.json()["data"]["explainAccess"]["isAllowed"]
        counts.append(sql())
        for number in range(10):
            await make.group(hansen, eva, name=f"Other {number} {len(counts)}")

    assert counts[0] == counts[1]
    assert counts[0] <= 7  # who asks, about whom, as whom; which kind, the thing, whose; the answer
