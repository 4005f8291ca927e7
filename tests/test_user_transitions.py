"""What a user shows as possible is what the changes do: every state, every action."""

from datetime import date

import pytest

from gateways import Claims
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
    changing,
    link_in,
)

pytestmark = pytest.mark.anyio

TRANSITIONS = """
query ($id: ID!) {
  user(by: {id: $id}) {
    status
    allowedTransitions { action to permission allowedFor isAllowed }
    eligibleForGroups { isEligible code reason }
  }
}
"""
PLAN = {"from": "2026-12-01"}
ACTIONS = {
    "SEND_FOR_ACTIVATION": changing("sendUserForActivation"),
    "RESEND_ACTIVATION": RESEND,
    "RENEW_TEMPORARY_CODE": RENEW_CODE,
    "ACTIVATE": ACTIVATE,
    "DEACTIVATE": DEACTIVATE,
    "REACTIVATE": REACTIVATE,
    "DELETE": DELETE,
}
# How a user comes to a state, from creation on: in by activating, out by deactivating.
IN, OUT, BACK, ANEW = "in", (DEACTIVATE, {}), (REACTIVATE, {}), "anew"
STATES = {
    "awaiting activation": [],
    "awaiting, a deactivation planned": [(DEACTIVATE, PLAN)],
    "active": [IN],
    "active, a deactivation planned": [IN, (DEACTIVATE, PLAN)],
    "deactivated": [IN, OUT],
    "deactivated for a while": [IN, (DEACTIVATE, {"until": "2027-02-01"})],
    "deactivated before activation": [OUT],
    "reactivated": [IN, OUT, BACK],
    "reactivated before activation": [OUT, BACK],
    "reactivated and invited anew": [OUT, BACK, ANEW],
    "deleted": [IN, (DELETE, {})],
    "deleted before activation": [(DELETE, {})],
}
WAYS = {"by CPR number": {}, "by date of birth": BY_BIRTH}
ANNE_BY_CPR = Claims(cpr_number=CPR)
ANNE_BY_BIRTH = Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 1))


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def living(ask, admin, letters):
    """Brings Anne to a state; returns her id, and who shows what to activate then."""

    async def living(state, way="by CPR number"):
        who = ANNE_BY_BIRTH if WAYS[way] else ANNE_BY_CPR
        answer = await ask(admin, CREATE, input=ANNE | WAYS[way])
        key, shown = answer["user"]["id"], {}
        for step in [*STATES[state], None]:
            if found := answer.get("temporaryCode"):
                shown["temporaryCode"] = found["code"]
            shown["link"] = link_in((await letters("anne@example.dk"))[-1])
            match step:
                case "in":
                    answer = await ask(who, ACTIVATE, input=shown)
                case "anew":
                    document = RENEW_CODE if WAYS[way] else RESEND
                    answer = await ask(admin, document, input={"userId": key})
                case (document, given):
                    answer = await ask(admin, document, input={"userId": key, **given})
            assert answer["errors"] == []
        return key, who, shown

    return living


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STATES)
async def test_what_is_shown_as_possible_is_done_and_nothing_else(
    ask, admin, living, state, way, action
):
    key, anne, shown = await living(state, way)
    seen = await ask(admin, TRANSITIONS, id=key)
    promised = {one["action"]: one["to"] for one in seen["allowedTransitions"]}

    if action == "ACTIVATE":
        answer = await ask(anne, ACTIVATE, input=shown)
    else:
        answer = await ask(admin, ACTIONS[action], input={"userId": key})

    done = None if answer["errors"] else answer["user"]["status"]
    assert done == promised.get(action)


@pytest.mark.parametrize("action", [one for one in ACTIONS if one != "ACTIVATE"])
async def test_an_imported_user_can_only_be_sent_or_deleted(ask, admin, person, action):
    bo = await person(status="IMPORTED", activated_at=None)

    seen = await ask(admin, TRANSITIONS, id=bo.id)
    answer = await ask(admin, ACTIONS[action], input={"userId": bo.id})

    possible = [one["action"] for one in seen["allowedTransitions"]]
    assert possible == ["SEND_FOR_ACTIVATION", "DELETE"]
    assert (answer["errors"] == []) is (action in possible)


REFUSALS = [
    ("active", "RESEND_ACTIVATION", "USER_NOT_AWAITING_ACTIVATION"),
    ("active", "RENEW_TEMPORARY_CODE", "USER_NOT_AWAITING_ACTIVATION"),
    ("active", "ACTIVATE", "USER_ALREADY_ACTIVE"),
    ("active", "REACTIVATE", "USER_NOT_DEACTIVATED"),
    ("awaiting activation", "REACTIVATE", "USER_NOT_DEACTIVATED"),
    ("deactivated", "DEACTIVATE", "USER_ALREADY_DEACTIVATED"),
    ("deactivated", "RESEND_ACTIVATION", "USER_NOT_AWAITING_ACTIVATION"),
    ("deactivated", "ACTIVATE", "LINK_UNKNOWN"),
    ("deleted", "RESEND_ACTIVATION", "USER_DELETED"),
    ("deleted", "RENEW_TEMPORARY_CODE", "USER_DELETED"),
    ("deleted", "DEACTIVATE", "USER_DELETED"),
    ("deleted", "REACTIVATE", "USER_DELETED"),
    ("deleted", "DELETE", "USER_DELETED"),
]


@pytest.mark.parametrize(("state", "action", "code"), REFUSALS)
async def test_a_state_that_forbids_says_why(ask, admin, living, state, action, code):
    key, anne, shown = await living(state)

    who, given = (anne, shown) if action == "ACTIVATE" else (admin, {"userId": key})
    answer = await ask(who, ACTIONS[action], input=given)

    assert answer.problem == code
    assert answer["user"] is None


async def test_what_can_happen_is_shown_with_who_may_do_it(ask, admin, living):
    key, *_ = await living("awaiting activation", "by date of birth")

    seen = await ask(admin, TRANSITIONS, id=key)

    assert [tuple(one.values()) for one in seen["allowedTransitions"]] == [
        (action, to, permission, [] if action == "ACTIVATE" else ["USER_ADMINISTRATOR"], may)
        for action, to, permission, may in [
            ("RESEND_ACTIVATION", "AWAITING_ACTIVATION", "user:resend_activation", True),
            ("RENEW_TEMPORARY_CODE", "AWAITING_ACTIVATION", "user:renew_temporary_code", True),
            ("ACTIVATE", "ACTIVE", "user:activate", False),
            ("DEACTIVATE", "DEACTIVATED", "user:deactivate", True),
            ("DELETE", "DELETED", "user:delete", True),
        ]
    ]


@pytest.mark.parametrize("role", [None, "rights_administrator", "organisation_administrator"])
async def test_who_is_no_user_administrator_sees_what_others_may_do(ask, person, role):
    somebody = await person(*[role] if role else [])
    await person("organisation_administrator")

    seen = await ask(somebody, TRANSITIONS, id=somebody.id)

    assert [(one["action"], one["isAllowed"]) for one in seen["allowedTransitions"]] == [
        ("DEACTIVATE", False),
        ("DELETE", False),
    ]


NOT_YET = {
    "en": "Has not yet signed in with private MitID.",
    "da": "Har endnu ikke logget ind med privat MitID.",
}
GONE = {"en": "Has been deleted.", "da": "Er slettet."}


@pytest.mark.parametrize(
    ("state", "language"), [*((state, "en") for state in STATES), ("awaiting activation", "da")]
)
async def test_who_has_signed_in_once_can_become_a_member_of_groups(
    ask, admin, living, state, language
):
    key, *_ = await living(state)

    seen = await ask(admin, TRANSITIONS, {"Accept-Language": language}, id=key)

    code, reason = None, None
    if seen["status"] == "DELETED":
        code, reason = "USER_DELETED", GONE[language]
    elif IN not in STATES[state]:
        code, reason = "NOT_ELIGIBLE", NOT_YET[language]
    assert seen["eligibleForGroups"] == {
        "isEligible": code is None,
        "code": code,
        "reason": reason,
    }
