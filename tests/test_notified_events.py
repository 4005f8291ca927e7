"""Of what happens, those are told whom it concerns: everybody once, and nobody else."""

from datetime import date

import pytest

from gateways import Claims
from models import (
    CertificateKind,
    GroupMember,
    Language,
    Letter,
    Notification,
    RequestKind,
    Right,
    UserStatus,
)
from models.notifications import KIND_OF
from resolvers.telling import tell_of
from tests.files import START, UPLOAD, created, file
from tests.requests import (
    DECIDE_ANONYMITY,
    DECIDE_USER,
    REQUEST_ANONYMITY,
    REQUEST_USER,
    let_people_ask,
    wish,
)
from tests.telling import ADD, BILL, CREATE_GROUP, DELETE_GROUP, MINE, ORDER, REMOVE, REVOKE
from tests.users import ACTIVATE, ANNE, CPR, CREATE, RESEND, link_in

pytestmark = pytest.mark.anyio

ENGLISH = {"language": Language.ENGLISH}


@pytest.fixture
async def admin(person):
    return await person("user_administrator", **ENGLISH)


@pytest.fixture
async def other(person):
    """Another user administrator, who does nothing."""
    return await person("user_administrator", **ENGLISH)


@pytest.fixture
async def owner(person):
    return await person("organisation_administrator", **ENGLISH)


@pytest.fixture
def told(ask):
    """The kinds and texts that somebody has been told, the latest first."""

    async def told(who):
        nodes = (await ask(who, MINE))["nodes"]
        return [(one["kind"], one["text"].split("\n")[0]) for one in nodes]

    return told


async def test_those_who_decide_are_told_of_a_request_and_who_asked_is_told_of_the_decision(
    ask, admin, other, owner, person, make, hansen, told, letters
):
    me = await person(name="Eva Lund", **ENGLISH)
    asked = await ask(me, REQUEST_ANONYMITY, input={})
    given = {"requestId": asked["request"]["id"], "decision": "REJECT", "reason": "No need"}

    await ask(admin, DECIDE_ANONYMITY, input=given)

    words = "Eva Lund asks to become anonymous in Hansen & Søn ApS. You find it among the requests,"
    for one in (admin, other):
        ((kind, text),) = await told(one)
        assert (kind, text.startswith(words)) == ("ANONYMITY_REQUESTED", True)
        assert len(await letters(one.email)) == 1
    (decided,) = await told(me)
    assert decided[0] == "REQUEST_DECIDED"
    assert decided[1].endswith("has been rejected. Reason: No need")
    assert len(await letters(me.email)) == 1
    assert await told(owner) == []


WISHES = {
    "ANONYMITY": ("user_administrator", {}),
    "POWER_OF_ATTORNEY": ("organisation_administrator", {}),
    "RIGHT": ("rights_administrator", {"right": "tax.vat"}),
    "ROLE": ("organisation_administrator", {"role": "USER_ADMINISTRATOR"}),
    "USER": ("user_administrator", {}),
}


@pytest.mark.parametrize("decision", ["APPROVE", "REJECT"])
@pytest.mark.parametrize("kind", RequestKind)
async def test_whoever_asked_is_told_of_the_outcome_and_why(
    ask, person, make, hansen, jensen, letters, kind, decision
):
    role, facts = WISHES[kind]
    home = jensen if kind == "POWER_OF_ATTORNEY" else hansen
    eva = await make.user(home, name="Eva Lund", email="anne@example.dk", **ENGLISH)
    if "right" in facts:
        facts = facts | {"right": await Right.get(code=facts["right"])}
    whose = {} if kind == "USER" else {"user": eva}
    if home is jensen:
        power = await make.power(hansen, jensen, status="REQUESTED", from_on=None)
        request = await make.asked_power(power, eva)
    else:
        request = await make.request(hansen, **whose, kind=kind, **facts)
    operation = f"decide{kind.title().replace('_', '')}Request"
    decide = f"""
        mutation ($input: {operation[0].upper()}{operation[1:]}Input!) {{
          {operation}(input: $input) {{ errors {{ code }} }}
        }}
    """
    given = {"requestId": request.id, "decision": decision, "reason": "As agreed"}

    answer = await ask(await person(role), decide, input=given)

    assert answer["errors"] == []
    ending = "approved" if decision == "APPROVE" else "rejected"
    said = [one.body for one in await letters("anne@example.dk") if ending in one.body]
    assert len(said) == 1
    if decision == "REJECT":
        assert "Reason: As agreed" in said[0]
    event = f"{kind.lower()}_request_{ending}"
    is_read_here = event in KIND_OF  # whoever gets no user has nowhere to read it
    assert await Notification.filter(event=event).count() == is_read_here
    assert is_read_here or (kind, decision) == ("USER", "REJECT")


async def test_who_asked_to_become_a_user_reads_of_the_approval_once_the_user_is_there(
    ask, admin, make, hansen, told, letters
):
    await let_people_ask(make, hansen)
    anne = Claims(cpr_number=CPR)
    asked = await ask(anne, REQUEST_USER, input=wish(hansen.cvr_number))
    given = {"requestId": asked["request"]["id"], "decision": "APPROVE"}
    await ask(admin, DECIDE_USER, input=given)
    sent = await letters("anne@example.dk")
    link = next(link_in(one) for one in sent if "/activate#" in one.body)

    activated = await ask(anne, ACTIVATE, input={"link": link})

    assert activated["errors"] == []
    assert len(sent) == 2
    assert [kind for kind, _ in await told(admin)] == ["ACTIVATION", "USER_REQUESTED"]
    assert (await told(admin))[0][1].startswith("Anne Østergaard has activated the user")


@pytest.mark.parametrize("days", [31, 15], ids=["link", "code"])
async def test_a_way_in_that_runs_out_is_told_once_and_again_after_it_was_renewed(
    ask, admin, told, gateways, days
):
    given = ANNE if days > 30 else ANNE | {"person": {"dateOfBirth": "1990-01-01"}}
    user = (await ask(admin, CREATE, input=given))["user"]

    async def pass_by(days):
        gateways.clock.advance(days=days)
        for _ in range(2):
            await gateways.jobs.run_once("ways in")
        return [text.partition(" has not activated")[0] for _, text in await told(admin)]

    assert await pass_by(days - 2) == []
    assert await pass_by(2) == ["Anne Østergaard"]
    await ask(admin, RESEND, input={"userId": user["id"]})
    assert len(await pass_by(31)) == 2


async def test_members_are_told_when_they_come_to_a_group_and_when_they_leave(
    ask, admin, owner, person, make, hansen, told, gateways
):
    eva, bo, ib = [await person(**ENGLISH) for _ in range(3)]
    group = await make.group(hansen, name="Canteen")
    users = [{"userId": str(one.id)} for one in (eva, bo)]
    await ask(admin, ADD, group=group.id, users=users)
    until = {"users": [{"userId": str(ib.id)}], "until": date(2026, 11, 30)}
    await ask(admin, ADD, group=group.id, **until)
    member = await GroupMember.get(user_id=eva.id, group_id=group.id)
    await ask(admin, REMOVE, group=group.id, members=[str(member.id)])
    gateways.clock.advance(days=29)
    await gateways.jobs.run_once("periods")

    await ask(owner, DELETE_GROUP, id=group.id)

    came = ("MEMBERSHIP_CHANGED", "You are now a member of the group Canteen in Hansen & Søn ApS.")
    left = ("MEMBERSHIP_CHANGED", came[1].replace("now", "no longer"))
    for one in (eva, bo, ib):
        assert await told(one) == [left, came]
    (last,) = [one for one in (await ask(ib, MINE))["nodes"] if "ends after" in one["text"]]
    assert "The membership ends after 30.11.2026." in last["text"]
    assert await Letter.all().count() == 0


async def test_who_adds_members_is_told_of_a_new_group_but_not_who_made_it(
    ask, person, admin, told
):
    owner = await person("organisation_administrator", "rights_administrator")

    await ask(owner, CREATE_GROUP, name="Canteen")

    assert [kind for kind, _ in await told(admin)] == ["GROUP_CREATED"]
    assert await told(owner) == []


async def test_the_other_organisation_administrators_are_told_of_the_billing(
    ask, person, owner, admin, told, letters
):
    other = await person("organisation_administrator", **ENGLISH)

    await ask(owner, BILL)

    ((kind, text),) = await told(other)
    assert (kind, text.startswith("The way in which Hansen & Søn ApS")) == ("BILLING_CHANGED", True)
    assert len(await letters(other.email)) == 1
    assert (await told(owner), await told(admin)) == ([], [])


async def test_who_is_to_retrieve_a_certificate_is_told(
    ask, admin, other, make, hansen, person, told, letters
):
    me = await person(**ENGLISH)
    profile = await make.profile(hansen, contact_email=other.email)
    third = await person("user_administrator", **ENGLISH)
    own = {"kind": CertificateKind.USER, "holder": {"userId": str(me.id)}}
    shared = {"kind": CertificateKind.ORGANISATION, "holder": {"profileId": str(profile.id)}}

    ordered = await ask(admin, ORDER, input=own)
    await ask(admin, ORDER, input=shared)
    await ask(admin, ORDER, input=shared | {"identification": "ONE_TIME_CODE"})

    assert ordered["certificate"]["retrieval"] == {"letter": {"to": me.email}}
    assert [kind for kind, _ in await told(me)] == ["CERTIFICATE_ORDERED"]
    assert [kind for kind, _ in await told(third)] == ["CERTIFICATE_ORDERED"]
    assert [len(await letters(one.email)) for one in (me, other, third)] == [1, 2, 1]
    assert (await told(admin), await told(other)) == ([], [])


async def test_whose_certificate_is_revoked_is_told(
    ask, admin, other, make, hansen, person, told, letters
):
    me = await person(**ENGLISH)
    mine = await make.certificate(hansen, user=me)
    shared = await make.certificate(
        hansen, kind="ORGANISATION", profile=await make.profile(hansen), contact_email="it@ex.dk"
    )

    await ask(admin, REVOKE, id=mine.id)
    await ask(admin, REVOKE, id=shared.id)

    assert [kind for kind, _ in await told(me)] == ["CERTIFICATE_REVOKED"]
    assert [kind for kind, _ in await told(other)] == ["CERTIFICATE_REVOKED"]
    assert [len(await letters(to)) for to in (me.email, other.email, "it@ex.dk")] == [1, 1, 1]
    assert await told(admin) == []


async def test_who_uploaded_a_file_is_told_when_it_has_been_run(
    ask, admin, other, told, letters, gateways
):
    given = {"file": {"text": file(created(1), created(2))}}
    key = (await ask(admin, UPLOAD, input=given))["userImport"]["id"]
    await gateways.jobs.run_once("imports")
    before = await told(admin)

    await ask(other, START, input={"importId": key})
    await gateways.jobs.run_once("imports")

    assert before == []
    ((kind, text),) = await told(admin)
    assert kind == "IMPORT_FINISHED"
    assert text.startswith("The file users.csv has been run in Hansen & Søn ApS: 2 of 2 rows.")
    assert len(await letters(admin.email)) == 1
    assert await told(other) == []


async def test_a_worker_that_dies_while_it_tells_of_a_file_leaves_it_to_be_told_once(
    ask, admin, told, letters, gateways, monkeypatch
):
    given = {"file": {"text": file(created(1))}, "startWhenReady": True}
    await ask(admin, UPLOAD, input=given)

    async def die(*given, **values):
        await tell_of(*given, **values)
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr("resolvers.import_parts.tell_of", die)
        with pytest.raises(ConnectionError):
            await gateways.jobs.run_once("imports")
    before = await told(admin)
    await gateways.jobs.run_once("imports")

    assert before == []
    assert [kind for kind, _ in await told(admin)] == ["IMPORT_FINISHED"]
    assert len(await letters(admin.email)) == 1


async def test_who_has_not_been_written_to_yet_or_is_gone_is_told_nothing(
    ask, owner, person, make, hansen
):
    waiting = {"activated_at": None}
    group = await make.group(hansen, await person(status=UserStatus.IMPORTED, **waiting))

    await ask(owner, DELETE_GROUP, id=group.id)

    assert await Letter.all().count() == 0
