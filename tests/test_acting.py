"""Acting for another organisation: as far as its powers of attorney reach, not a step beyond."""

from datetime import date
from typing import Any

import pytest

from models import HistoryEntry, PowerOfAttorney, ProductionUnit, Right, User, UserStatus

pytestmark = pytest.mark.anyio

OWN = ["power_of_attorney:read", "viewer:read", "policy:read", "access:explain"]
VIEWER = """
query {
  viewer {
    user { id } organisation { cvrNumber } roles permissions ownPermissions
    actingFor { name side grantor { cvrNumber } }
  }
}
"""
USERS = "query { users { nodes { id name } } }"
USER = "query ($id: ID!) { user(by: {id: $id}) { name } }"
DEACTIVATE = """
mutation ($id: ID!, $dryRun: Boolean) {
  deactivateUser(input: {userId: $id}, dryRun: $dryRun) {
    user { status } errors { code message ... on Denied { permission } }
  }
}
"""
HISTORY = """
query { history(first: 5) { nodes { operation actor { name user { id } } actingUnder { name } } } }
"""
GRANT_ON = """
mutation ($cvr: CvrNumber!, $right: ID!) {
  grantPowerOfAttorney(input: {granteeCvrNumber: $cvr, name: "On", rightIds: [$right]}) {
    errors { code }
  }
}
"""
GRANT_LIMITED = """
mutation ($cvr: CvrNumber!, $right: ID!, $unit: PNumber!) {
  grantPowerOfAttorney(
    input: {granteeCvrNumber: $cvr, name: "One unit", rightIds: [$right], pNumber: $unit}
  ) {
    errors { code path }
  }
}
"""
EXPLAIN = """
query ($id: ID!) {
  explainAccess(permission: "user:deactivate", target: $id) {
    isAllowed role { role } powerOfAttorney { name } allowedFor
  }
}
"""


@pytest.fixture
async def jensen(make):
    """An organisation whose power of attorney Hansen & Søn may use."""
    return await make.organisation("Jensen A/S", production_units=1)


@pytest.fixture
async def eva(person):
    """A user at Hansen & Søn, without any role."""
    return await person(name="Eva Lund")


@pytest.fixture
async def bo(make, jensen):
    """A user at Jensen's."""
    return await make.user(jensen, name="Bo Jensen")


@pytest.fixture
def given(make, jensen, hansen):
    """Gives Hansen & Søn a power of attorney from Jensen's, which these users may use."""

    async def given(*users: User, codes=("segl.administer-users",), **facts: Any):
        power = await make.power(jensen, hansen, *codes, **facts)
        await make.name(power, *users)
        return power

    return given


@pytest.fixture
def act(asker, jensen):
    """Asks for Jensen's, and returns the whole answer."""

    async def act(who, document, act_for=None, **variables):
        headers = {"Act-For": act_for or jensen.cvr_number}
        return await asker.send(who, document, headers, **variables)

    return act


async def test_who_acts_sees_what_the_power_reaches_and_holds_no_role(
    act, given, eva, bo, jensen, hansen
):
    await given(eva, codes=("segl.see-users",), name="Payroll")

    viewer = (await act(eva, VIEWER))["data"]["viewer"]
    users = await act(eva, USERS)

    assert viewer["organisation"] == {"cvrNumber": jensen.cvr_number}
    assert (viewer["user"], viewer["roles"]) == (None, [])
    assert viewer["actingFor"] == [
        {"name": "Payroll", "side": "GRANTED", "grantor": {"cvrNumber": jensen.cvr_number}}
    ]
    carried = (await Right.get(code="segl.see-users")).permissions
    assert viewer["permissions"] == sorted(carried)
    assert viewer["ownPermissions"] == sorted(OWN)
    assert users["data"]["users"]["nodes"] == [{"id": str(bo.id), "name": "Bo Jensen"}]


async def test_a_power_of_outside_rights_alone_shows_nothing_of_the_organisation(act, given, eva):
    await given(eva, codes=("tax.vat",), name="VAT")

    answer = await act(eva, VIEWER)

    assert answer["data"]["viewer"]["organisation"] is None
    assert ["viewer", "organisation"] in [one["path"] for one in answer["errors"]]
    assert answer["data"]["viewer"]["actingFor"][0]["name"] == "VAT"
    assert answer["data"]["viewer"]["permissions"] == []


async def test_several_powers_reach_together(act, given, eva, bo):
    await given(eva, codes=("segl.see-users",))
    await given(eva, codes=("segl.see-certificates",))

    permissions = (await act(eva, VIEWER))["data"]["viewer"]["permissions"]

    assert {"user:list", "certificate:list"} <= set(permissions)


async def test_what_is_done_stands_in_the_grantors_history_with_person_organisation_and_power(
    act, ask, make, given, eva, bo, jensen, hansen
):
    await given(eva, name="Payroll")
    owner = await make.user(jensen, "organisation_administrator")

    answer = await act(eva, DEACTIVATE, id=bo.id)

    assert answer["data"]["deactivateUser"] == {"user": {"status": "DEACTIVATED"}, "errors": []}
    (entry, *_) = (await ask(owner, HISTORY))["nodes"]
    name = f"Eva Lund, Hansen & Søn ApS (CVR {hansen.cvr_number})"
    assert entry == {
        "operation": "deactivateUser",
        "actor": {"name": name, "user": None},
        "actingUnder": {"name": "Payroll"},
    }
    assert not await HistoryEntry.exists(organisation_id=hansen.id, operation="deactivateUser")


async def test_an_anonymous_person_acts_by_the_identity_number(act, given, person, bo, jensen):
    nobody = await person(name="Secret Name", is_anonymous=True)
    await given(nobody)

    await act(nobody, DEACTIVATE, id=bo.id)

    (entry,) = await HistoryEntry.filter(operation="deactivateUser").prefetch_related("actor")
    assert entry.actor.name.startswith(f"{nobody.uuid}, ")


async def test_nothing_but_what_the_power_carries_is_allowed_and_the_attempt_is_kept(
    act, given, eva, bo, jensen
):
    await given(eva, codes=("segl.see-users",))

    answer = await act(eva, DEACTIVATE, id=bo.id)

    (error,) = answer["data"]["deactivateUser"]["errors"]
    assert (error["code"], error["permission"]) == ("DENIED", "user:deactivate")
    (entry,) = await HistoryEntry.filter(organisation_id=jensen.id, outcome="DENIED")
    assert entry.acting_under_id is not None
    assert (await User.get(id=bo.id)).status is UserStatus.ACTIVE


async def test_administrators_at_home_bring_no_role_along(act, given, person, bo):
    chief = await person(
        *("user_administrator", "organisation_administrator", "rights_administrator")
    )
    await given(chief, codes=("segl.see-history",))

    answer = await act(chief, USERS)

    assert answer["errors"][0]["extensions"]["code"] == "DENIED"


async def test_ones_own_organisation_is_out_of_reach_meanwhile(act, given, eva):
    await given(eva)

    answer = await act(eva, USER, id=eva.id)

    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({}, {"status": "REVOKED"}),
        ({}, {"status": "REQUESTED"}),
        ({"until_on": date(2026, 11, 1)}, {}),
        ({"from_on": date(2026, 11, 3)}, {}),
    ],
)
async def test_a_power_that_is_not_in_force_is_told_from_none_by_nothing(
    act, given, eva, person, facts, changes
):
    power = await given(eva, **facts)
    await PowerOfAttorney.filter(id=power.id).update(**changes)
    other = await person()

    answers = [
        await act(eva, USERS),
        await act(other, USERS),
        await act(eva, USERS, act_for="99999999"),
        await act(eva, USERS, act_for="no number"),
    ]

    assert [one for one in answers if one != answers[0]] == []
    assert answers[0]["data"] == {"users": None}
    (error,) = answers[0]["errors"]
    assert error["extensions"]["code"] == "DENIED"
    assert "Act-For" in error["message"]


async def test_a_change_in_vain_is_a_typed_problem(act, eva, bo):
    answer = await act(eva, DEACTIVATE, id=bo.id)

    assert answer["data"]["deactivateUser"]["errors"][0]["code"] == "DENIED"
    assert (await User.get(id=bo.id)).status is UserStatus.ACTIVE


async def test_the_power_ends_with_the_day_for_whoever_is_at_work(act, given, gateways, eva, bo):
    await given(eva, until_on=date(2026, 11, 2))
    before = await act(eva, USERS)

    gateways.clock.advance(days=1)
    after = await act(eva, USERS)

    assert ("errors" in before, "errors" in after) == (False, True)


async def test_a_deactivated_person_acts_for_nobody(act, given, eva):
    await given(eva)
    await User.filter(id=eva.id).update(status=UserStatus.DEACTIVATED)

    answer = await act(eva, USERS)

    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_power_limited_to_a_unit_carries_nothing_here(act, given, eva, jensen):
    unit = await ProductionUnit.filter(organisation_id=jensen.id).first()
    await given(eva, production_unit=unit)

    answer = await act(eva, USERS)

    assert answer["errors"][0]["extensions"]["code"] == "DENIED"


async def test_nothing_received_is_passed_on(act, given, eva, make):
    every = await Right.filter(code__startswith="segl.").values_list("code", flat=True)
    await given(eva, codes=tuple(every))
    third = await make.organisation("Third ApS")
    right = await Right.get(code="segl.see-users")

    answer = await act(eva, GRANT_ON, cvr=third.cvr_number, right=right.id)

    assert answer["data"]["grantPowerOfAttorney"]["errors"][0]["code"] == "DENIED"


async def test_acting_is_planned(asker, given, eva, jensen):
    await given(eva)
    for document in (VIEWER, USERS):
        response = await asker.post(eva, document, {"Act-For": jensen.cvr_number})

        assert "X-Segl-Executor" not in response.headers


async def test_ones_own_number_speaks_for_oneself(act, eva, hansen):
    viewer = (await act(eva, VIEWER, act_for=hansen.cvr_number))["data"]["viewer"]

    assert viewer["user"] == {"id": str(eva.id)}
    assert (viewer["actingFor"], viewer["roles"]) == ([], ["USER"])


async def test_a_right_of_segl_is_not_given_for_a_unit_alone(ask, make, jensen, hansen):
    owner = await make.user(jensen, "organisation_administrator")
    unit = await ProductionUnit.filter(organisation_id=jensen.id).first()
    right = await Right.get(code="segl.see-users")

    answer = await ask(
        owner, GRANT_LIMITED, cvr=hansen.cvr_number, right=right.id, unit=unit.p_number
    )

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("RIGHT_NOT_ASSIGNABLE", ["rightIds", "0"])
    assert not await PowerOfAttorney.exists()


async def test_whoever_acts_is_told_by_which_power(act, given, eva, bo):
    await given(eva, name="Payroll")

    answer = await act(eva, EXPLAIN, id=bo.id)

    assert answer["data"]["explainAccess"] == {
        "isAllowed": True,
        "role": None,
        "powerOfAttorney": {"name": "Payroll"},
        "allowedFor": ["USER_ADMINISTRATOR"],
    }


async def test_who_acts_is_told_of_no_membership_elsewhere(act, given, eva, make, hansen):
    await given(eva, codes=("segl.see-users",))
    await make.group(hansen, eva)
    await make.group(await make.organisation("Third ApS"), eva)

    answer = await act(eva, "{ viewer { externalMemberships { nodes { id } } } }")

    assert answer["data"]["viewer"]["externalMemberships"]["nodes"] == []
