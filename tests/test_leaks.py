"""The suite finds a CPR number wherever one comes out: a leak is planted in each place."""

import logging

import pytest
from httpx import Request, Response

from models import HistoryEntry
from tests.leaks import FORM, LEAKS
from tests.users import ANNE, CPR, CREATE, changing

pytestmark = pytest.mark.anyio

WRITTEN = f"{CPR[:6]}-{CPR[6:]}"


@pytest.fixture(autouse=True)
def used(nothing_leaks):
    """The number has been used before."""
    LEAKS.use(CPR)


def log(text, **more):
    logging.getLogger("segl.planted").debug("a line with %s in it", text, **more)


def trace():
    try:
        raise ValueError(f"no such number: {CPR}")
    except ValueError as fault:
        log("nothing", exc_info=fault)


def places():
    """Where a number is found; the number itself is told nowhere."""
    found = LEAKS.found()
    assert not any(FORM.search(one) for one in found)
    return [one.partition(": ")[0] for one in found]


@pytest.mark.parametrize("leak", [lambda: log(CPR), lambda: log(WRITTEN), trace])
async def test_a_number_in_a_log_or_in_a_trace_is_found(leak):
    leak()

    assert places() == ["the log segl.planted"]


async def test_a_number_in_a_letter_is_found(gateways):
    gateways.vault.seal(f"Dear Anne, your number is {WRITTEN}.")

    assert places() == ["a letter or an answer that is kept"]


@pytest.mark.parametrize("asked", ["users", "revealCprNumber"])
async def test_a_number_in_an_error_is_found(asked):
    told = {"data": {asked: {"errors": [{"message": f"{WRITTEN} is no user"}]}}}
    request = Request("POST", "http://test/graphql", json={"query": asked})

    await LEAKS.hear_response(Response(200, json=told, request=request))

    assert places() == ["an answer"]


async def test_a_number_in_the_history_is_found(make, hansen):
    user = await make.user(hansen)
    async with make.change(hansen.id):
        user.reference_text = f"see {CPR}"
        await user.save()

    await LEAKS.look()

    assert places() == ["the table history_entry"]
    await HistoryEntry.filter(about_id=user.id).delete()


async def test_a_number_that_nobody_used_is_none():
    log("1029829825")

    assert LEAKS.found() == []


async def test_a_number_is_known_as_soon_as_somebody_gives_it(send, person):
    LEAKS.used.clear()

    await send(await person("user_administrator"), CREATE, input=ANNE)

    assert CPR in LEAKS.used


async def test_where_a_number_is_revealed_it_may_stand_but_not_in_an_error(ask, person):
    anne = await person(cpr=CPR)
    asked = changing("revealCprNumber", "cprNumber")

    answer = await ask(anne, asked, input={"userId": anne.id, "reason": "To check it"})

    assert FORM.fullmatch(answer["cprNumber"])
    assert LEAKS.found() == []
