"""A hundred at once show one link or one code: one of them gets in, once."""

import asyncio
from collections import Counter
from datetime import date

import pytest
from httpx import ASGITransport, AsyncClient

from gateways import Claims
from models import HistoryEntry, User
from server import create_app
from tests.asking import Asker
from tests.users import ACTIVATE, ANNE, BY_BIRTH, CPR, CREATE, link_in

pytestmark = pytest.mark.anyio

MANY = 100
BORN = Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 1))
WAYS = [({}, Claims(cpr_number=CPR)), (BY_BIRTH, BORN)]


@pytest.fixture
async def askers(asker, environment, gateways):
    """Two ways to ask: as of two processes, what one remembers the other does not know."""
    other = create_app(environment, gateways.__class__.in_memory())
    async with AsyncClient(transport=ASGITransport(other), base_url="http://test") as client:
        yield asker, Asker(client, gateways)


@pytest.fixture
def invited(ask, person, letters):
    """Creates Anne; tells what to show to activate her."""

    async def invited(way):
        admin = await person("user_administrator")
        made = await ask(admin, CREATE, input=ANNE | way)
        given = {"link": link_in((await letters("anne@example.dk"))[-1])}
        if made["temporaryCode"]:
            given["temporaryCode"] = made["temporaryCode"]["code"]
        return made["user"]["id"], given

    return invited


@pytest.mark.parametrize(("way", "who"), WAYS, ids=["link", "code"])
async def test_of_a_hundred_one_activates(askers, invited, way, who):
    key, given = await invited(way)

    answers = await asyncio.gather(
        *(askers[at % 2].ask(who, ACTIVATE, input=given) for at in range(MANY))
    )

    told = Counter(one["errors"][0]["code"] if one["errors"] else "in" for one in answers)
    assert told == {"in": 1, "USER_ALREADY_ACTIVE": MANY - 1}
    user = await User.get(id=key)
    assert (user.status, user.version) == ("ACTIVE", 2)
    assert await HistoryEntry.filter(about_id=key, operation="activateUser").count() == 1


async def test_of_a_hundred_guesses_five_are_taken_and_the_right_code_is_void(askers, invited):
    _, given = await invited(BY_BIRTH)
    wrong = given | {"temporaryCode": "3333-3333-3333-3333"}

    answers = await asyncio.gather(
        *(askers[at % 2].ask(BORN, ACTIVATE, input=wrong) for at in range(MANY))
    )
    after = await askers[0].ask(BORN, ACTIVATE, input=given)

    told = Counter(one.problem for one in answers)
    assert told == {"CODE_WRONG": 4, "CODE_VOID": MANY - 4}
    assert after.problem == "CODE_VOID"
