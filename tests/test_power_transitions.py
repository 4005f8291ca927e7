"""What can be done to a power of attorney: in each state, from each side, by each role.

A row is an operation in a state; each side has a mark for its organisation administrator, its user
administrator, its rights administrator and an employee. It was the grantee's organisation
administrator who asked for the power, where anybody did.

    x   it is done
    .   DENIED: by the role, or because it is the other side's to do
    ?   NOT_FOUND
    N   POWER_OF_ATTORNEY_NOT_ACTIVE
    A   REQUEST_ALREADY_DECIDED
    P   NOT_PASSED_ON
    M   MORE_THAN_RECEIVED
"""

from datetime import timedelta

import pytest

from gateways import today
from tests.powers import ADD, CREATE_GROUP, DECIDE, REMOVE, REVOKE, changing
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

TABLE = """
operation  state      grantor  grantee  third

approve    REQUESTED   x...     ....     ?...
approve    REJECTED    A...     ....     ?...
approve    ACTIVE      A...     ....     ?...
approve    OVER        A...     ....     ?...
approve    EXPIRED     A...     ....     ?...
approve    REVOKED     A...     ....     ?...

reject     REQUESTED   x...     ....     ?...
reject     REJECTED    A...     ....     ?...
reject     ACTIVE      A...     ....     ?...
reject     OVER        A...     ....     ?...
reject     EXPIRED     A...     ....     ?...
reject     REVOKED     A...     ....     ?...

withdraw   REQUESTED   ....     x...     ????
withdraw   REJECTED    ....     A...     ????
withdraw   ACTIVE      ....     A...     ????
withdraw   OVER        ....     A...     ????
withdraw   EXPIRED     ....     A...     ????
withdraw   REVOKED     ....     A...     ????

revoke     REQUESTED   ..N.     ..N.     ..?.
revoke     REJECTED    ..N.     ..N.     ..?.
revoke     ACTIVE      ..x.     ..x.     ..?.
revoke     PERSONAL    ..x.     ..x.     ..?.
revoke     OVER        ..N.     ..N.     ..?.
revoke     EXPIRED     ..N.     ..N.     ..?.
revoke     REVOKED     ..N.     ..N.     ..?.

add        REQUESTED   ....     ..N.     ..?.
add        REJECTED    ....     ..N.     ..?.
add        ACTIVE      ....     ..x.     ..?.
add        PERSONAL    ....     ..P.     ..?.
add        OVER        ....     ..N.     ..?.
add        EXPIRED     ....     ..N.     ..?.
add        REVOKED     ....     ..N.     ..?.

remove     REQUESTED   ....     ..N.     ..?.
remove     REJECTED    ....     ..N.     ..?.
remove     ACTIVE      ....     ..x.     ..?.
remove     PERSONAL    ....     ..P.     ..?.
remove     OVER        ....     ..N.     ..?.
remove     EXPIRED     ....     ..N.     ..?.
remove     REVOKED     ....     ..N.     ..?.

bundle     REQUESTED   M...     N...     ?...
bundle     REJECTED    M...     N...     ?...
bundle     ACTIVE      M...     x...     ?...
bundle     PERSONAL    M...     P...     ?...
bundle     OVER        M...     N...     ?...
bundle     EXPIRED     M...     N...     ?...
bundle     REVOKED     M...     N...     ?...
"""
HEAD, *ROWS = [line.split() for line in TABLE.splitlines() if line]
SIDES = HEAD[2:]
ROLES = ("organisation_administrator", "user_administrator", "rights_administrator", None)
CODES = {
    "x": None,
    ".": "DENIED",
    "?": "NOT_FOUND",
    "N": "POWER_OF_ATTORNEY_NOT_ACTIVE",
    "A": "REQUEST_ALREADY_DECIDED",
    "P": "NOT_PASSED_ON",
    "M": "MORE_THAN_RECEIVED",
}
WITHDRAW = changing("withdrawRequest", "request { id }")
DECISIONS = {"REQUESTED": "OPEN", "REJECTED": "REJECTED"}


@pytest.fixture
async def people(make, hansen, jensen):
    """Somebody of each role on each side."""
    homes = zip(SIDES, (hansen, jensen, await make.organisation("Nielsen I/S")), strict=True)
    return {
        side: [await make.user(home, *([role] if role else [])) for role in ROLES]
        for side, home in homes
    }


@pytest.fixture
async def scene(make, hansen, jensen, people):
    """Makes a power in a state, and tells what each operation is given."""

    async def scene(state):
        asker, _, _, named = people["grantee"]
        other = await make.user(jensen)
        facts = {"status": state}
        if state in ("PERSONAL", "OVER"):
            facts = {"status": "ACTIVE"}
        if state == "OVER":
            facts["until_on"] = today(make.now) - timedelta(days=1)
        grantee = named if state == "PERSONAL" else jensen
        power = await make.power(hansen, grantee, **facts)
        request = None
        if state != "PERSONAL":
            await make.name(power, named)
            status = DECISIONS.get(state, "APPROVED")
            request = await make.asked_power(power, asker, status=status)
        about = {"powerOfAttorneyId": str(power.id)}
        return {
            "approve": (DECIDE, {"requestId": request and str(request.id), "decision": "APPROVE"}),
            "reject": (
                DECIDE,
                {"requestId": request and str(request.id), "decision": "REJECT", "reason": "No"},
            ),
            "withdraw": (WITHDRAW, {"requestId": request and str(request.id)}),
            "revoke": (REVOKE, about),
            "add": (ADD, about | {"userIds": [str(other.id)]}),
            "remove": (REMOVE, about | {"userIds": [str(named.id)]}),
            "bundle": (CREATE_GROUP, {"name": "Clients", "powerOfAttorneyIds": [str(power.id)]}),
        }

    return scene


@pytest.mark.parametrize(
    ("operation", "state", "marks"),
    [pytest.param(row[0], row[1], row[2:], id=f"{row[0]}-{row[1]}") for row in ROWS],
)
async def test_what_can_be_done_to_a_power_of_attorney(ask, people, scene, operation, state, marks):
    document, given = (await scene(state))[operation]
    before = await everything_stored()

    answers = {
        (side, role): (await ask(who, document, input=given, dryRun=True))["errors"]
        for side in SIDES
        for role, who in zip(ROLES, people[side], strict=True)
    }

    expected = {
        (side, role): CODES[mark]
        for side, those in zip(SIDES, marks, strict=True)
        for role, mark in zip(ROLES, those, strict=True)
    }
    found = {cell: errors[0]["code"] if errors else None for cell, errors in answers.items()}
    assert found == expected
    assert await everything_stored() == before


def test_every_operation_stands_in_the_table_in_every_state():
    """One to a person was not asked for."""
    states = ("REQUESTED", "REJECTED", "ACTIVE", "PERSONAL", "OVER", "EXPIRED", "REVOKED")
    asked = ("approve", "reject", "withdraw")
    cells = {(row[0], row[1]) for row in ROWS}

    assert cells == {
        (operation, state)
        for operation in (*asked, "revoke", "add", "remove", "bundle")
        for state in states
        if not (operation in asked and state == "PERSONAL")
    }
