"""Powers of attorney that are asked for, and decided by the other side."""

from datetime import timedelta

import pytest

from gateways import today
from models import Language, PowerOfAttorney, Request, Right
from models.verification import verify
from tests.powers import DECIDE, HISTORY, POWER, REQUEST
from tests.requests import changing as changing_request

pytestmark = pytest.mark.anyio

INBOX = """
query ($filter: RequestFilter) {
  requests(filter: $filter) {
    nodes {
      id kind status canDecide reason decisionReason askedBy { name user { name } }
      user { name } powerOfAttorney { name status side }
    }
  }
}
"""
REQUEST_OF = "query ($id: ID!) { powerOfAttorney(id: $id) { request { id status } } }"
WITHDRAW = changing_request("withdrawRequest", "", "")


@pytest.fixture
async def ulla(person):
    """Who decides at Hansen & Søn."""
    return await person("organisation_administrator", name="Ulla Møller", language=Language.ENGLISH)


@pytest.fixture
async def kirsten(make, jensen):
    """Who asks at Jensen."""
    roles = ("organisation_administrator",)
    return await make.user(jensen, *roles, name="Kirsten Bech", language=Language.ENGLISH)


@pytest.fixture
def asked(ask, kirsten, hansen):
    """Lets Kirsten ask for a power of attorney, and returns what she is answered."""

    async def asked(**more):
        vat = await Right.get(code="tax.vat")
        usual = {"grantorCvrNumber": hansen.cvr_number, "name": "VAT", "rightIds": [str(vat.id)]}
        return await ask(kirsten, REQUEST, input=usual | more)

    return asked


@pytest.fixture
def decide(ask, ulla):
    async def decide(request, decision, **more):
        given = {"requestId": request["id"], "decision": decision, **more}
        return await ask(ulla, DECIDE, input=given)

    return decide


async def test_one_asks_and_the_other_side_finds_it_among_its_requests(
    ask, asked, ulla, kirsten, letters
):
    answer = await asked(pNumber="1029829825", reason="We keep your books")

    assert answer["errors"] == []
    assert answer["request"]["askedBy"] == {
        "name": "Kirsten Bech",
        "user": {"name": "Kirsten Bech"},
    }
    assert answer["request"]["canDecide"] is False
    power = answer["powerOfAttorney"]
    assert (power["status"], power["side"], power["from"]) == ("REQUESTED", "RECEIVED", None)
    assert (power["pNumber"], power["grantor"]["name"]) == ("1029829825", "Hansen & Søn ApS")
    (open_one,) = (await ask(ulla, INBOX, filter={"canDecide": True}))["nodes"]
    assert open_one == {
        "id": answer["request"]["id"],
        "kind": "POWER_OF_ATTORNEY",
        "status": "OPEN",
        "canDecide": True,
        "reason": "We keep your books",
        "decisionReason": None,
        "askedBy": {"name": "Jensen ApS", "user": None},
        "user": None,
        "powerOfAttorney": {"name": "VAT", "status": "REQUESTED", "side": "GRANTED"},
    }
    (letter,) = await letters(ulla.email)
    assert letter.subject == "Jensen ApS asks for a power of attorney"


async def test_who_asks_sees_the_request_and_does_not_decide_it(ask, asked, kirsten):
    await asked()

    assert (await ask(kirsten, INBOX, filter={"canDecide": True}))["nodes"] == []
    (mine,) = (await ask(kirsten, INBOX, filter={"canDecide": False}))["nodes"]
    assert (mine["status"], mine["canDecide"], mine["user"]) == (
        "OPEN",
        False,
        {"name": "Kirsten Bech"},
    )
    given = {"requestId": mine["id"], "decision": "APPROVE"}
    assert (await ask(kirsten, DECIDE, input=given)).problem == "DENIED"


async def test_an_approved_one_is_in_force_from_that_day_and_the_other_side_is_told(
    ask, asked, decide, make, jensen, kirsten, letters, gateways, ulla
):
    rikke = await make.user(jensen, "rights_administrator", language=Language.ENGLISH)
    request = (await asked())["request"]
    gateways.clock.advance(days=2)

    answer = await decide(request, "APPROVE")

    power = answer["powerOfAttorney"]
    assert (power["status"], power["from"]) == ("ACTIVE", today(make.now).isoformat())
    assert power["grantee"]["name"] == "Jensen ApS"
    (letter,) = await letters(kirsten.email)
    assert letter.subject == "Hansen & Søn ApS has granted the power of attorney that you asked for"
    (told,) = await letters(rikke.email)
    assert told.subject == "Hansen & Søn ApS has granted Jensen ApS a power of attorney"
    for who in (ulla, kirsten):
        led_by = (await ask(who, REQUEST_OF, id=power["id"]))["request"]
        assert led_by == {"id": request["id"], "status": "APPROVED"}


async def test_a_rejected_one_is_rejected_with_a_reason_which_is_told(
    ask, asked, decide, kirsten, letters, ulla
):
    request = (await asked())["request"]

    without = await decide(request, "REJECT")
    answer = await decide(request, "REJECT", reason="We have another")

    assert (without["errors"][0]["code"], without["errors"][0]["path"]) == ("REQUIRED", ["reason"])
    assert answer["powerOfAttorney"]["status"] == "REJECTED"
    (letter,) = await letters(kirsten.email)
    assert "has been rejected. Reason: We have another" in letter.body
    there = await ask(kirsten, POWER, id=answer["powerOfAttorney"]["id"])
    assert there["endedBy"] == {"kind": "PERSON", "name": "Hansen & Søn ApS", "user": None}
    here = await ask(ulla, POWER, id=answer["powerOfAttorney"]["id"])
    assert here["endedBy"]["name"] == "Ulla Møller"


async def test_who_asked_withdraws_it_and_the_power_goes_with_it(ask, asked, kirsten, ulla, decide):
    answer = await asked()

    await ask(kirsten, WITHDRAW, input={"requestId": answer["request"]["id"]})

    power = await ask(ulla, POWER, id=answer["powerOfAttorney"]["id"])
    assert (power["status"], power["endedBy"]["name"]) == ("REVOKED", "Jensen ApS")
    assert (await decide(answer["request"], "APPROVE")).problem == "REQUEST_ALREADY_DECIDED"


async def test_the_same_is_asked_once_while_it_is_open(asked, decide):
    first = await asked()

    assert (await asked()).problem == "REQUEST_ALREADY_OPEN"
    await decide(first["request"], "REJECT", reason="No")
    assert (await asked())["errors"] == []


async def test_what_was_asked_for_until_a_day_that_has_passed_is_asked_for_anew(
    asked, make, gateways
):
    until = today(make.now) + timedelta(days=1)
    await asked(until=until.isoformat())

    gateways.clock.advance(days=2)
    anew = await asked(until=(until + timedelta(days=30)).isoformat())
    again = await asked(until=(until + timedelta(days=30)).isoformat())

    assert anew["errors"] == []
    assert again.problem == "REQUEST_ALREADY_OPEN"


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"grantorCvrNumber": "10000009"}, "NOT_FOUND", ["grantorCvrNumber"]),
        ({"pNumber": "1017862568"}, "P_NUMBER_NOT_REGISTERED", ["pNumber"]),
        ({"seNumber": "13748136"}, "SE_NUMBER_NOT_REGISTERED", ["seNumber"]),
        ({"rightIds": []}, "REQUIRED", ["rightIds"]),
        ({"until": "2020-01-31"}, "PERIOD_REVERSED", ["until"]),
    ],
    ids=str,
)
async def test_what_cannot_be_asked_for_is_told(asked, wrong, code, path):
    (error,) = (await asked(**wrong))["errors"]

    assert (error["code"], error["path"]) == (code, path)
    assert await PowerOfAttorney.all().count() == await Request.all().count() == 0


async def test_nobody_asks_oneself(asked, jensen):
    assert (await asked(grantorCvrNumber=jensen.cvr_number)).problem == "OWN_ORGANISATION"


async def test_what_has_had_its_last_day_or_a_retired_right_is_not_approved(
    asked, decide, gateways, make
):
    until = (today(make.now) + timedelta(days=1)).isoformat()
    late, retired = (await asked(until=until))["request"], (await asked(pNumber="1029829825"))
    await Right.filter(code="tax.vat").update(is_retired=True)
    refused = await decide(retired["request"], "APPROVE")
    await Right.filter(code="tax.vat").update(is_retired=False)
    gateways.clock.advance(days=2)

    assert refused.problem == "RIGHT_NOT_ASSIGNABLE"
    assert (await decide(late, "APPROVE")).problem == "DATE_IN_PAST"
    assert (await decide(late, "REJECT", reason="Too late"))["errors"] == []


async def test_both_histories_tell_the_same_and_hold(
    ask, asked, decide, ulla, kirsten, hansen, jensen
):
    answer = await asked(reason="We keep your books")
    await decide(answer["request"], "APPROVE", reason="Welcome")

    told = {}
    for who in (ulla, kirsten):
        nodes = (await ask(who, HISTORY, id=answer["powerOfAttorney"]["id"]))["history"]["nodes"]
        told[who.name] = [(one["actor"]["name"], one["operation"], one["reason"]) for one in nodes]
        changes = [one["changes"] for one in nodes]
        assert {"field": "status", "old": "REQUESTED", "new": "ACTIVE"} in changes[0]
    decided = ("decidePowerOfAttorneyRequest", "Welcome")
    wanted = ("requestPowerOfAttorney", "We keep your books")
    assert told["Ulla Møller"] == [("Ulla Møller", *decided), ("Jensen ApS", *wanted)]
    assert told["Kirsten Bech"] == [("Hansen & Søn ApS", *decided), ("Kirsten Bech", *wanted)]
    for one in (hansen, jensen):
        assert (await verify(one.id)).is_intact


async def test_nobody_here_reads_who_asked_there(ask, asked, decide, ulla, send):
    answer = await asked()
    await decide(answer["request"], "APPROVE")

    everything = await send(
        ulla,
        "{ history(first: 100) { nodes { summary reason actor { name } changes { old new } } }"
        " requests { nodes { askedBy { name } user { name } } }"
        " powersOfAttorney { nodes { users { nodes { name } } endedBy { name } } } }",
    )

    assert "errors" not in everything
    assert "Kirsten" not in str(everything)


async def test_a_stranger_does_not_see_it(ask, asked, make, hansen):
    answer = await asked()
    third = await make.organisation("Nielsen I/S")
    stranger = await make.user(third, "organisation_administrator")

    assert (await ask(stranger, INBOX))["nodes"] == []
    given = {"requestId": answer["request"]["id"], "decision": "APPROVE"}
    assert (await ask(stranger, DECIDE, input=given)).problem == "NOT_FOUND"
