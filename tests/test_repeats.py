"""A change under an Idempotency-Key is made once, however often it is asked for."""

from asyncio import gather
from typing import Any

import pytest

from models import HistoryEntry, HistoryOutcome, KeptAnswer
from tests.changes import (
    CHANGES,
    MUTATIONS,
    actor_of,
    document,
    shown_once,
)
from tests.scenes import Scene, everything_stored, scene_of

pytestmark = pytest.mark.anyio

KEY = {"idempotency-key": "2026-11-02/17"}
ADD_EAN = """
mutation ($input: AddEanInput!, $dryRun: Boolean) {
  addEan(input: $input, dryRun: $dryRun) { ean { id eanNumber } errors { code path } }
}
"""
CANTEEN = {"eanNumber": "5790002345678", "label": "Canteen"}
STORE = {"eanNumber": "5790009876540", "label": "Store"}


@pytest.fixture
async def scene(make) -> Scene:
    return await scene_of(make)


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator")


@pytest.fixture
def post(asker) -> Any:
    """Sends a document under the key, and returns what it answers and whether it was a repeat."""

    async def post(who: Any, asked: str, headers: Any = None, **variables: Any) -> Any:
        response = await asker.post(who, asked, KEY | (headers or {}), **variables)
        (field,) = response.json()["data"].values()
        return field, "idempotent-replayed" in response.headers

    return post


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_the_same_again_is_answered_again_and_made_once(mutation, post, scene):
    who, given = actor_of(mutation, scene), CHANGES[mutation].given(scene)
    first, was_repeat = await post(who, document(mutation), input=given)
    before = await everything_stored()

    second, is_repeat = await post(who, document(mutation), input=given)

    assert first["errors"] == []
    assert (was_repeat, is_repeat) == (False, True)
    assert second == first | dict.fromkeys(shown_once(mutation))
    assert await everything_stored() == before


async def test_a_code_is_kept_nowhere_whatever_it_is_called(post, person, gateways):
    administrator = await person("user_administrator")
    asked = """
        mutation ($input: CreateUserInput!) {
          createUser(input: $input) { user { id } handOver: temporaryCode { code } ...Again }
        }
        fragment Again on CreateUserPayload { again: temporaryCode { secret: code } }
    """
    given = CHANGES["createUser"].given(None)
    first, _ = await post(administrator, asked, input=given)

    second, _ = await post(administrator, asked, input=given)

    code = first["handOver"]["code"]
    assert first["again"]["secret"] == code
    assert second == {"user": first["user"], "handOver": None, "again": None}
    kept = await KeptAnswer.get()
    assert code not in gateways.vault.unseal(kept.answer_sealed)


async def test_other_input_under_the_same_key_is_refused_and_the_first_answer_stays(
    post, administrator
):
    first, _ = await post(administrator, ADD_EAN, input=CANTEEN)

    other, was_repeat = await post(administrator, ADD_EAN, input=STORE)

    assert [one["code"] for one in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert not was_repeat
    assert await post(administrator, ADD_EAN, input=CANTEEN) == (first, True)
    assert await HistoryEntry.filter(operation="addEan").count() == 1


async def test_another_operation_of_the_same_document_is_other_input(asker, administrator):
    document = """
        mutation Canteen {
          addEan(input: {eanNumber: "5790002345678", label: "A"}) { ean { label } errors { code } }
        }
        mutation Store {
          addEan(input: {eanNumber: "5790009876540", label: "B"}) { ean { label } errors { code } }
        }
    """
    sent = {"authorization": f"Bearer {asker.token(administrator)}"} | KEY

    async def run(name: str) -> Any:
        body = {"query": document, "operationName": name}
        return (await asker.client.post("/graphql", json=body, headers=sent)).json()["data"]

    first = await run("Canteen")
    second = await run("Store")

    assert first == {"addEan": {"ean": {"label": "A"}, "errors": []}}
    assert second == {"addEan": {"ean": None, "errors": [{"code": "IDEMPOTENCY_KEY_REUSED"}]}}


async def test_the_changes_of_one_document_are_repeated_each_with_its_answer(send, administrator):
    document = """
        mutation ($canteen: AddEanInput!, $store: AddEanInput!, $group: CreateGroupInput!) {
          canteen: addEan(input: $canteen) { ean { id label } errors { code } }
          store: addEan(input: $store) { ean { id label } errors { code } }
          createGroup(input: $group) { group { id name } errors { code } }
        }
    """
    given = {"canteen": CANTEEN, "store": STORE, "group": {"name": "Canteen"}}

    first = await send(administrator, document, KEY, **given)
    second = await send(administrator, document, KEY, **given)

    assert [one["errors"] for one in first["data"].values()] == [[], [], []]
    assert second == first
    assert await HistoryEntry.filter(operation="addEan").count() == 2


async def test_a_refusal_is_remembered_though_the_reason_has_gone(post, ask, administrator, hansen):
    held, _ = await post(administrator, ADD_EAN, input=CANTEEN, headers={"idempotency-key": "a"})
    refused, _ = await post(administrator, ADD_EAN, input=CANTEEN)
    remove = "mutation ($input: RemoveEanInput!) { removeEan(input: $input) { errors { code } } }"
    await ask(administrator, remove, input={"eanId": held["ean"]["id"]})

    again = await post(administrator, ADD_EAN, input=CANTEEN)

    assert [one["code"] for one in refused["errors"]] == ["ALREADY_REGISTERED"]
    assert again == (refused, True)


async def test_a_wrong_value_is_remembered_too(post, administrator):
    given = CANTEEN | {"eanNumber": "5790002345670"}
    refused, _ = await post(administrator, ADD_EAN, input=given)

    again = await post(administrator, ADD_EAN, input=given)

    assert refused["errors"] == [{"code": "CHECK_DIGIT_WRONG", "path": ["eanNumber"]}]
    assert again == (refused, True)


async def test_a_key_is_forgotten_after_a_day(post, administrator, gateways):
    first, _ = await post(administrator, ADD_EAN, input=CANTEEN)
    gateways.clock.advance(hours=23, minutes=59)
    within, was_repeat = await post(administrator, ADD_EAN, input=CANTEEN)
    gateways.clock.advance(minutes=2)

    after, is_repeat = await post(administrator, ADD_EAN, input=CANTEEN)

    assert (within, was_repeat) == (first, True)
    assert [one["code"] for one in after["errors"]] == ["ALREADY_REGISTERED"]
    assert not is_repeat


async def test_a_key_of_yesterday_may_be_used_for_something_else(post, administrator, gateways):
    await post(administrator, ADD_EAN, input=CANTEEN)
    gateways.clock.advance(days=1, seconds=1)

    other, _ = await post(administrator, ADD_EAN, input=STORE)

    assert other["ean"]["eanNumber"] == STORE["eanNumber"]


async def test_another_person_may_use_the_same_key(post, person, administrator):
    other = await person("organisation_administrator")
    await post(administrator, ADD_EAN, input=CANTEEN)

    answer, is_repeat = await post(other, ADD_EAN, input=STORE)

    assert (answer["errors"], is_repeat) == ([], False)


async def test_the_same_key_serves_another_operation(post, administrator):
    await post(administrator, ADD_EAN, input=CANTEEN)
    asked = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { name } } }"

    answer, is_repeat = await post(administrator, asked, input={"name": "Canteen"})

    assert (answer, is_repeat) == ({"group": {"name": "Canteen"}}, False)


async def test_a_dry_run_ignores_the_key(post, administrator):
    dry, _ = await post(administrator, ADD_EAN, input=CANTEEN, dryRun=True)
    done, is_repeat = await post(administrator, ADD_EAN, input=CANTEEN, dryRun=False)

    assert dry["errors"] == done["errors"] == []
    assert not is_repeat
    again, was_dry_repeat = await post(administrator, ADD_EAN, input=CANTEEN, dryRun=True)
    assert [one["code"] for one in again["errors"]] == ["ALREADY_REGISTERED"]
    assert not was_dry_repeat


async def test_who_may_no_longer_do_it_is_denied_rather_than_answered_again(
    post, person, administrator
):
    other = await person("organisation_administrator")
    await post(other, ADD_EAN, input=CANTEEN)
    remove = """
        mutation ($input: RemoveRoleInput!) { removeRole(input: $input) { errors { code } } }
    """
    given = {"userId": other.id, "role": "ORGANISATION_ADMINISTRATOR"}
    await post(administrator, remove, input=given)

    answer, is_repeat = await post(other, ADD_EAN, input=CANTEEN)

    assert [one["code"] for one in answer["errors"]] == ["DENIED"]
    assert not is_repeat


async def test_at_the_same_time_it_is_made_once(post, administrator):
    answers = await gather(*[post(administrator, ADD_EAN, input=CANTEEN) for _ in range(6)])

    assert [one["errors"] for one, _ in answers] == [[]] * 6
    assert len({one["ean"]["id"] for one, _ in answers}) == 1
    assert sorted(is_repeat for _, is_repeat in answers) == [False] + [True] * 5
    assert await HistoryEntry.filter(operation="addEan").count() == 1


async def test_at_the_same_time_it_is_refused_alike(post, administrator):
    given = CANTEEN | {"eanNumber": "5790002345670"}

    answers = await gather(*[post(administrator, ADD_EAN, input=given) for _ in range(6)])

    codes = [[error["code"] for error in one["errors"]] for one, _ in answers]
    assert codes == [["CHECK_DIGIT_WRONG"]] * 6
    assert await KeptAnswer.all().count() == 1


async def test_a_denied_attempt_is_remembered_and_told_in_the_history(post, person):
    employee = await person()

    denied, _ = await post(employee, ADD_EAN, input=CANTEEN)

    again, _ = await post(employee, ADD_EAN, input=CANTEEN)
    assert again == denied
    entries = await HistoryEntry.filter(operation="addEan")
    assert {one.outcome for one in entries} == {HistoryOutcome.DENIED}


@pytest.mark.parametrize("key", ["k", "k" * 500, "a b/c:~"])
async def test_any_key_will_do(key, post, administrator):
    first, _ = await post(administrator, ADD_EAN, {"idempotency-key": key}, input=CANTEEN)

    again = await post(administrator, ADD_EAN, {"idempotency-key": key}, input=CANTEEN)

    assert first["errors"] == []
    assert again == (first, True)
