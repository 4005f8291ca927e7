"""Users ask for rights, and rights administrators decide."""

from datetime import timedelta

import pytest

from gateways import today
from models import Request, Right, RightAssignment, UserSettings
from tests.reading import history_of
from tests.requests import changing

pytestmark = pytest.mark.anyio

WANTED = "right { title } pNumber seNumber"
ASK = changing("requestRight").replace("...Facts", f"...Facts {WANTED}", 1)
DECIDE = changing("decideRightRequest", "assignment { id until right { title } user { name } }")
INBOX = """
{ requests(filter: {canDecide: true}) { nodes { kind right { title } canDecide } } }
"""


@pytest.fixture
async def vat(empty):
    return await Right.get(code="tax.vat")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", language="ENGLISH")


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis", language="ENGLISH")


@pytest.fixture
def asked(ask, eva, vat):
    """Lets Eva ask for the right to file VAT, and returns what she is answered."""

    async def asked(**given):
        return await ask(eva, ASK, input={"rightId": str(vat.id), **given})

    return asked


async def test_a_user_asks_for_a_right_and_rights_administrators_are_told(
    ask, asked, dorte, letters
):
    answer = await asked(pNumber="1029829825", reason="I do the books now")

    assert answer["errors"] == []
    request = answer["request"]
    assert (request["kind"], request["status"], request["reason"]) == (
        "RIGHT",
        "OPEN",
        "I do the books now",
    )
    assert request["right"] == {"title": "File VAT"}
    assert (request["pNumber"], request["seNumber"]) == ("1029829825", None)
    assert (await ask(dorte, INBOX))["nodes"] == [
        {"kind": "RIGHT", "right": {"title": "File VAT"}, "canDecide": True}
    ]
    (letter,) = await letters(dorte.email)
    assert 'Eva Lund asks for the right "Tax: File VAT"' in letter.body


async def test_an_approved_request_is_a_right_and_the_user_is_told(
    ask, asked, dorte, eva, make, letters
):
    request = (await asked(pNumber="1029829825"))["request"]
    until = today(make.now) + timedelta(days=30)
    given = {"requestId": request["id"], "decision": "APPROVE", "until": until.isoformat()}

    answer = await ask(dorte, DECIDE, input=given)

    assert answer["errors"] == []
    assert answer["request"]["status"] == "APPROVED"
    assignment = await RightAssignment.get().prefetch_related("production_unit", "assigned_by")
    assert answer["assignment"] == {
        "id": str(assignment.id),
        "until": until.isoformat(),
        "right": {"title": "File VAT"},
        "user": {"name": "Eva Lund"},
    }
    assert assignment.production_unit.p_number == "1029829825"
    assert assignment.assigned_by.name == "Dorte Friis"
    (letter,) = await letters(eva.email)
    assert f"Its last day is {until:%d.%m.%Y}." in letter.body
    told = [one.told for one in await history_of(ask, dorte, eva)]
    assert told == [("decideRightRequest", "DONE")]


async def test_a_rejected_request_is_no_right_and_the_user_is_told_why(
    ask, asked, dorte, eva, letters
):
    request = (await asked())["request"]
    given = {"requestId": request["id"], "decision": "REJECT"}

    refused = await ask(dorte, DECIDE, input=given)
    assert [(one["code"], one["path"]) for one in refused["errors"]] == [("REQUIRED", ["reason"])]

    answer = await ask(dorte, DECIDE, input={**given, "reason": "Bo does"})

    assert (answer["request"]["status"], answer["assignment"]) == ("REJECTED", None)
    assert not await RightAssignment.exists()
    (letter,) = await letters(eva.email)
    assert "Reason: Bo does" in letter.body


async def test_where_the_settings_forbid_it_nobody_asks(asked, make, hansen):
    settings = await UserSettings.get(organisation_id=hansen.id)
    settings.can_request_rights = False
    async with make.change(hansen.id):
        await settings.save()

    answer = await asked()

    assert [one["code"] for one in answer["errors"]] == ["SETTING_FORBIDS"]


async def test_the_same_is_asked_for_once_and_something_else_beside_it(asked):
    await asked()

    again, elsewhere = await asked(), await asked(pNumber="1029829825")
    once_more = await asked(pNumber="1029829825")

    assert [one["code"] for one in again["errors"]] == ["REQUEST_ALREADY_OPEN"]
    assert elsewhere["errors"] == []
    assert [one["code"] for one in once_more["errors"]] == ["REQUEST_ALREADY_OPEN"]


async def test_what_one_has_and_what_nobody_can_be_given_is_not_asked_for(ask, asked, eva, make):
    await make.right(eva)
    own = await Right.get(code="segl.see-users")

    mine, segls = await asked(), await ask(eva, ASK, input={"rightId": str(own.id)})
    unknown = await ask(eva, ASK, input={"rightId": str(eva.id)})

    assert [one["code"] for one in mine["errors"]] == ["RIGHT_ALREADY_ASSIGNED"]
    assert [one["code"] for one in segls["errors"]] == ["RIGHT_NOT_ASSIGNABLE"]
    told = [(one["code"], one["path"]) for one in unknown["errors"]]
    assert told == [("NOT_FOUND", ["rightId"])]


async def test_the_last_day_of_a_right_is_not_over(ask, asked, dorte, make):
    request = (await asked())["request"]
    yesterday = (today(make.now) - timedelta(days=1)).isoformat()
    given = {"requestId": request["id"], "decision": "APPROVE", "until": yesterday}

    answer = await ask(dorte, DECIDE, input=given)

    assert [(one["code"], one["path"]) for one in answer["errors"]] == [("DATE_IN_PAST", ["until"])]


async def test_what_was_given_meanwhile_is_not_given_again_and_the_request_stays_open(
    ask, asked, dorte, eva, make
):
    request = (await asked())["request"]
    await make.right(eva)

    answer = await ask(dorte, DECIDE, input={"requestId": request["id"], "decision": "APPROVE"})

    assert [one["code"] for one in answer["errors"]] == ["RIGHT_ALREADY_ASSIGNED"]
    assert (await Request.get(id=request["id"])).status == "OPEN"


@pytest.mark.parametrize("role", ["user_administrator", "organisation_administrator"])
async def test_nobody_but_a_rights_administrator_decides(ask, asked, person, role):
    request = (await asked())["request"]
    given = {"requestId": request["id"], "decision": "APPROVE"}

    answer = await ask(await person(role), DECIDE, input=given)

    assert [one["code"] for one in answer["errors"]] == ["DENIED"]
    assert not await RightAssignment.exists()


async def test_a_request_of_another_kind_is_none_of_a_right(ask, dorte, eva, make, hansen):
    request = await make.request(hansen, user=eva)

    answer = await ask(dorte, DECIDE, input={"requestId": str(request.id), "decision": "APPROVE"})

    assert [one["code"] for one in answer["errors"]] == ["NOT_FOUND"]
