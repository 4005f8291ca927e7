"""Who has asked takes it back, as a user or as a person without one."""

from datetime import date

import pytest

from gateways import Claims
from models import Request
from tests.requests import (
    REQUEST_ANONYMITY,
    REQUEST_USER,
    WITHDRAW,
    WITHDRAW_ALONE,
    let_people_ask,
    wish,
)
from tests.scenes import everything_stored
from tests.users import CPR, DELETE, changes_in, last_told

pytestmark = pytest.mark.anyio

ANNE = Claims(cpr_number=CPR, name="Anne Østergaard")


@pytest.fixture
async def home(hansen, make):
    """Hansen & Søn, where people may ask to become users."""
    return await let_people_ask(make, hansen)


async def test_who_asked_takes_it_back(ask, person):
    eva = await person()
    asked = await ask(eva, REQUEST_ANONYMITY, input={})

    answer = await ask(eva, WITHDRAW, input={"requestId": asked["request"]["id"]})

    assert answer["errors"] == []
    assert (answer["request"]["status"], answer["request"]["version"]) == ("WITHDRAWN", 2)
    assert answer["request"]["decidedBy"] is None
    entry = await last_told(asked["request"]["id"])
    assert changes_in(entry) == {"status": ("OPEN", "WITHDRAWN")}


async def test_a_person_without_a_user_takes_it_back_and_the_number_is_forgotten(ask, home):
    asked = await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number))

    answer = await ask(ANNE, WITHDRAW_ALONE, input={"requestId": asked["request"]["id"]})

    assert answer["errors"] == []
    assert answer["request"]["status"] == "WITHDRAWN"
    request = await Request.get(id=asked["request"]["id"])
    assert (request.cpr_number, request.cpr_number_sealed) == ("610190-****", None)
    entry = await last_told(request)
    assert (entry.organisation_id, entry.activity) == (home.id, "request:withdraw")


async def test_as_a_user_elsewhere_one_takes_back_what_one_asked_as_a_person(
    ask, home, make, jensen
):
    anne = await make.user(jensen, "user_administrator", cpr=CPR)
    asked = await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number))

    answer = await ask(anne, WITHDRAW_ALONE, input={"requestId": asked["request"]["id"]})

    assert answer["request"]["status"] == "WITHDRAWN"


@pytest.mark.parametrize("cpr", ["6101904243", None])
async def test_for_anybody_else_there_is_no_such_request(ask, home, cpr):
    asked = await ask(ANNE, REQUEST_USER, input=wish(home.cvr_number))
    born = {"name": "Anne Østergaard", "date_of_birth": date(1990, 1, 1)}
    other = Claims(cpr_number=cpr) if cpr else Claims(**born)
    before = await everything_stored()

    answer = await ask(other, WITHDRAW_ALONE, input={"requestId": asked["request"]["id"]})

    assert answer.problem == "NOT_FOUND"
    assert await everything_stored() == before


@pytest.mark.parametrize("role", ["user_administrator", "organisation_administrator"])
async def test_an_administrator_takes_nothing_back_for_others(ask, person, make, hansen, role):
    request = await make.request(hansen, user=await person())

    answer = await ask(await person(role), WITHDRAW, input={"requestId": request.id})

    assert answer.problem == "DENIED"


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED", "WITHDRAWN"])
async def test_what_has_ended_is_not_taken_back(ask, person, make, hansen, status):
    eva = await person()
    request = await make.request(hansen, user=eva, status=status)

    answer = await ask(eva, WITHDRAW, input={"requestId": request.id})

    (error,) = answer["errors"]
    assert (error["code"], error["currentVersion"]) == ("REQUEST_ALREADY_DECIDED", 1)


async def test_with_a_user_ends_what_the_user_has_asked_for(ask, person):
    admin, eva = await person("user_administrator"), await person()
    asked = await ask(eva, REQUEST_ANONYMITY, input={})

    shown = await ask(admin, DELETE, input={"userId": eva.id}, dryRun=True)
    done = await ask(admin, DELETE, input={"userId": eva.id})

    ended = [{"kind": "REQUEST", "count": 1, "examples": [{"id": asked["request"]["id"]}]}]
    assert shown["consequences"] == done["consequences"] == ended
    assert (await Request.get(id=asked["request"]["id"])).status == "WITHDRAWN"
