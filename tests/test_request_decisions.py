"""User administrators decide who becomes a user, and who becomes anonymous."""

import asyncio

import pytest

from gateways import Claims
from models import (
    Authenticator,
    Certificate,
    DefaultSettings,
    GroupMember,
    HistoryEntry,
    Language,
    ProductionUnit,
    Request,
    RequestKind,
    RoleAssignment,
    User,
    UserSettings,
    UserStatus,
)
from models.letters import LETTERS
from models.requests import DECIDING
from policies import Policy
from tests.requests import DECIDE_ANONYMITY, DECIDE_USER
from tests.scenes import everything_stored
from tests.signing_in import allow
from tests.users import ACTIVATE, CPR, RENEW_CODE, changes_in, last_told, link_in

pytestmark = pytest.mark.anyio

ANNE = Claims(cpr_number=CPR, name="Anne Østergaard")
BOTH = pytest.mark.parametrize(
    ("document", "kind"), [(DECIDE_USER, "USER"), (DECIDE_ANONYMITY, "ANONYMITY")]
)


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def wanted(make, hansen):
    """Anne, who asks to become a user."""
    return await make.request(hansen, cpr=CPR)


@pytest.fixture
async def eva(person):
    """Eva, who has whatever a user can have."""
    unit = await ProductionUnit.all().order_by("p_number").first()
    return await person(
        "rights_administrator",
        name="Eva Lund",
        cpr=CPR,
        email="eva@example.dk",
        phone_number="20304050",
        language=Language.ENGLISH,
        production_unit=unit,
        can_sign=True,
    )


@pytest.fixture
async def hidden(make, hansen, eva):
    """Eva's request for anonymity."""
    return await make.request(hansen, user=eva)


@pytest.fixture
def request_of(wanted, hidden):
    return {"USER": wanted, "ANONYMITY": hidden}.__getitem__


def yes(request, **more):
    return {"requestId": request.id, "decision": "APPROVE", **more}


def no(request, **more):
    return {"requestId": request.id, "decision": "REJECT", "reason": "Not here", **more}


async def test_a_yes_makes_a_user_who_awaits_activation(ask, admin, wanted):
    answer = await ask(admin, DECIDE_USER, input=yes(wanted, reason="Welcome"))

    assert answer["errors"] == []
    request, user = answer["request"], answer["user"]
    assert (request["status"], request["version"], request["canDecide"]) == ("APPROVED", 2, False)
    assert (request["decidedBy"], request["decisionReason"]) == ({"name": "Bo Holm"}, "Welcome")
    assert request["user"] == {"name": "Anne Østergaard", "status": "AWAITING_ACTIVATION"}
    assert (user["email"], user["cprNumber"]) == ("anne@example.dk", "610190-****")


async def test_the_person_who_asked_gets_in_by_the_number_that_the_sign_in_proved(
    ask, admin, wanted, letters
):
    made = (await ask(admin, DECIDE_USER, input=yes(wanted)))["user"]

    approved, invitation = sorted(
        await letters("anne@example.dk"), key=lambda one: "link" in one.body
    )
    answer = await ask(ANNE, ACTIVATE, input={"link": link_in(invitation)})

    assert approved.subject == "You can become a user of Hansen & Søn ApS"
    assert invitation.subject == "Activate your user in Hansen & Søn ApS"
    assert (answer["user"]["id"], answer["user"]["status"]) == (made["id"], "ACTIVE")


@BOTH
async def test_a_yes_gives_no_means_of_signing_in_that_the_settings_forbid(
    ask, admin, make, hansen, request_of, document, kind
):
    await allow(make, hansen, allowed_devices=["CHIP"])
    request, before = request_of(kind), await everything_stored()

    answer = await ask(admin, document, input=yes(request))

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("AUTHENTICATOR_FORBIDDEN", ["decision"])
    assert await everything_stored() == before
    refused = await ask(admin, document, input=no(request))
    assert refused["errors"] == []


@BOTH
async def test_who_is_let_in_gets_what_any_new_user_gets(
    ask, admin, make, request_of, document, kind
):
    made = (await ask(admin, document, input=yes(request_of(kind))))["user"]

    (given,) = await Authenticator.filter(user_id=made["id"])
    assert (given.kind, given.device, given.status) == ("SEPARATE_MITID", "APP", "ORDERED")


async def test_a_new_user_has_the_usual_units_as_if_the_administrator_had_made_it(
    ask, admin, wanted, make, hansen
):
    unit = await ProductionUnit.filter(organisation_id=hansen.id).first()
    defaults = await DefaultSettings.get(organisation_id=hansen.id)
    defaults.user_production_unit = unit
    async with make.change(hansen.id):
        await defaults.save()

    made = (await ask(admin, DECIDE_USER, input=yes(wanted)))["user"]

    user = await User.get(id=made["id"])
    assert (user.production_unit_id, user.language) == (unit.id, Language.ENGLISH)
    assert user.target_assurance_level is hansen.assurance_level


async def test_a_yes_leaves_an_entry_for_the_decision_and_one_for_the_user(ask, admin, wanted):
    made = (await ask(admin, DECIDE_USER, input=yes(wanted, reason="Welcome")))["user"]

    entries = await HistoryEntry.filter(operation="decideUserRequest").order_by("sequence")
    assert sorted(one.about_kind for one in entries) == ["AUTHENTICATOR", "REQUEST", "USER"]
    assert {wanted.id, User(id=made["id"]).id} < {one.about_id for one in entries}
    assert {(one.activity, one.actor_user_id) for one in entries} == {
        ("user_request:decide", admin.id)
    }
    entry = await last_told(wanted)
    assert (entry.summary, entry.reason) == ("Decide user request: Anne Østergaard", "Welcome")
    assert changes_in(entry)["status"] == ("OPEN", "APPROVED")
    assert changes_in(entry)["user"] == (None, "Anne Østergaard")
    assert CPR not in str([vars(one) for one in entries])


async def test_a_no_makes_nobody_and_tells_why(ask, admin, wanted, letters):
    answer = await ask(admin, DECIDE_USER, input=no(wanted))

    assert answer["errors"] == []
    assert answer["user"] is None
    assert answer["request"]["status"] == "REJECTED"
    assert answer["request"]["decisionReason"] == "Not here"
    assert not await User.exists(email="anne@example.dk")
    (letter,) = await letters("anne@example.dk")
    assert letter.subject == "You cannot become a user of Hansen & Søn ApS"
    assert "Reason: Not here" in letter.body


async def test_a_no_is_read_by_the_planner_too(asker, admin, wanted):
    response = await asker.post(admin, DECIDE_USER, input=no(wanted))

    assert response.json()["data"]["decideUserRequest"]["user"] is None
    assert "X-Segl-Executor" not in response.headers


@pytest.mark.parametrize("given", [yes, no])
async def test_once_it_is_decided_nobody_keeps_the_number_in_full(ask, admin, wanted, given):
    await ask(admin, DECIDE_USER, input=given(wanted))

    request = await Request.get(id=wanted.id)
    assert (request.cpr_number, request.cpr_number_sealed) == ("610190-****", None)


@BOTH
@pytest.mark.parametrize("reason", [None, "", "  "])
async def test_a_no_needs_a_reason(ask, admin, request_of, document, kind, reason):
    before = await everything_stored()

    answer = await ask(admin, document, input=no(request_of(kind)) | {"reason": reason})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("REQUIRED", ["reason"])
    assert await everything_stored() == before


@BOTH
@pytest.mark.parametrize("given", [yes, no])
@pytest.mark.parametrize("status", ["APPROVED", "REJECTED", "WITHDRAWN"])
async def test_what_has_ended_is_not_decided_again(
    ask, admin, request_of, make, document, kind, given, status
):
    request = request_of(kind)
    await Request.filter(id=request.id).update(status=status)
    before = await everything_stored()

    current = "... on Conflict { currentVersion current { id ... on Request { status } } }"
    asked = document.replace("... on Conflict { currentVersion }", current)
    answer = await ask(admin, asked, input=given(request))

    (error,) = answer["errors"]
    assert error["code"] == "REQUEST_ALREADY_DECIDED"
    assert error["current"] == {"id": str(request.id), "status": status}
    assert await everything_stored() == before


@BOTH
async def test_a_request_of_another_kind_is_none_of_this(ask, admin, request_of, document, kind):
    other = request_of({"USER": "ANONYMITY", "ANONYMITY": "USER"}[kind])

    answer = await ask(admin, document, input=yes(other))

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["requestId"])


async def test_two_decisions_at_once_make_one_user(ask, admin, wanted):
    answers = await asyncio.gather(
        *(ask(admin, DECIDE_USER, input=yes(wanted)) for _ in range(3)), return_exceptions=True
    )

    problems = sorted(str(one["errors"] and one.problem) for one in answers)
    assert problems == ["REQUEST_ALREADY_DECIDED", "REQUEST_ALREADY_DECIDED", "[]"]
    assert await User.filter(email="anne@example.dk").count() == 1


async def test_nobody_decides_their_own_wish_elsewhere(ask, make, jensen, wanted):
    anne = await make.user(jensen, "user_administrator", cpr=CPR)

    answer = await ask(anne, DECIDE_USER, input=yes(wanted))

    assert answer.problem == "NOT_FOUND"


async def test_a_yes_makes_a_new_anonymous_user_of_the_same_person(ask, admin, eva, hidden):
    answer = await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    assert answer["errors"] == []
    assert answer["request"]["status"] == "APPROVED"
    assert answer["request"]["user"] == {"name": "Eva Lund", "status": "DELETED"}
    made = answer["user"]
    new = await User.get(id=made.pop("id"))
    assert new.id != eva.id
    assert made == {
        "name": "Eva Lund",
        "status": "AWAITING_ACTIVATION",
        "email": "eva@example.dk",
        "phoneNumber": "20304050",
        "cprNumber": "610190-****",
        "isAnonymous": True,
        "roles": [],
    }
    assert (new.uuid == eva.uuid, new.can_sign) == (False, False)
    kept = ("production_unit_id", "cpr_number_hash", "language", "date_of_birth")
    assert [getattr(new, one) for one in kept] == [getattr(eva, one) for one in kept]


async def test_with_the_old_user_goes_what_it_had(ask, admin, eva, hidden, make, hansen):
    await make.group(hansen, eva)
    certificate = await make.certificate(hansen, user=eva)

    await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    assert (await User.get(id=eva.id)).status is UserStatus.DELETED
    assert (await Certificate.get(id=certificate.id)).status == "REVOKED"
    assert not await RoleAssignment.exists(user_id=eva.id)
    assert not await GroupMember.exists(user_id=eva.id)
    entries = await HistoryEntry.filter(operation="decideAnonymityRequest")
    assert sorted(one.about_kind for one in entries) == [
        *("AUTHENTICATOR", "CERTIFICATE", "GROUP_MEMBER", "REQUEST", "USER", "USER"),
    ]


async def test_the_person_hears_of_it_and_gets_in_anew(ask, admin, hidden, letters):
    await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    approved, invitation = sorted(
        await letters("eva@example.dk"), key=lambda one: "link" in one.body
    )
    answer = await ask(ANNE, ACTIVATE, input={"link": link_in(invitation)})

    assert approved.subject == "You become anonymous in Hansen & Søn ApS"
    assert answer["user"]["isAnonymous"]


async def test_a_user_by_date_of_birth_gets_in_by_a_new_code(ask, admin, person, make, hansen):
    eva = await person(cpr=None, date_of_birth="1990-01-01", name="Eva Lund")
    hidden = await make.request(hansen, user=eva)

    made = (await ask(admin, DECIDE_ANONYMITY, input=yes(hidden)))["user"]
    renewed = await ask(admin, RENEW_CODE, input={"userId": made["id"]})

    assert (made["cprNumber"], renewed["errors"]) == (None, [])
    assert renewed["user"]["dateOfBirth"] == "1990-01-01"


async def test_a_no_leaves_the_user_as_it_is(ask, admin, eva, hidden, letters):
    answer = await ask(admin, DECIDE_ANONYMITY, input=no(hidden))

    assert (answer["errors"], answer["user"]) == ([], None)
    assert (await User.get(id=eva.id)).status is UserStatus.ACTIVE
    (letter,) = await letters("eva@example.dk")
    assert "Your user stays as it is." in letter.body


async def test_the_last_organisation_administrator_does_not_become_anonymous(
    ask, admin, person, make, hansen
):
    chief = await person("organisation_administrator")
    hidden = await make.request(hansen, user=chief)
    before = await everything_stored()

    answer = await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    assert answer.problem == "LAST_ORGANISATION_ADMINISTRATOR"
    assert await everything_stored() == before


@pytest.mark.parametrize(
    ("status", "code"), [("DEACTIVATED", "USER_NOT_ACTIVE"), ("DELETED", "USER_DELETED")]
)
async def test_who_is_not_active_does_not_come_in_by_the_back_door(
    ask, admin, eva, hidden, status, code
):
    await User.filter(id=eva.id).update(status=status)

    answer = await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    assert answer.problem == code
    assert (await Request.get(id=hidden.id)).status == "OPEN"


async def test_what_the_settings_forbid_by_now_is_not_granted(ask, admin, hidden, hansen):
    await UserSettings.filter(organisation_id=hansen.id).update(can_be_anonymous=False)

    answer = await ask(admin, DECIDE_ANONYMITY, input=yes(hidden))

    assert answer.problem == "SETTING_FORBIDS"
    assert (await Request.get(id=hidden.id)).status == "OPEN"


async def test_a_dry_run_makes_nobody_and_writes_to_nobody(ask, admin, hidden, letters):
    before = await everything_stored()

    answer = await ask(admin, DECIDE_ANONYMITY, input=yes(hidden), dryRun=True)

    assert answer["user"]["isAnonymous"]
    assert await everything_stored() == before
    assert await letters("eva@example.dk") == []


@pytest.mark.parametrize("kind", RequestKind)
def test_every_kind_has_letters_and_somebody_who_decides(kind):
    word = kind.lower()

    assert {f"{word}_requested", f"{word}_request_approved", f"{word}_request_rejected"} <= set(
        LETTERS
    )
    assert Policy().roles(DECIDING[kind])
