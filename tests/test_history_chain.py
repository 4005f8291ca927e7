"""The chain of the history: numbers without gaps, and hashes that show what was tampered with."""

from asyncio import gather
from collections.abc import Callable
from typing import Any

import pytest
from tortoise.connection import get_connection

from models import HistoryEntry, HistoryHead, Organisation
from models.verification import verify

pytestmark = pytest.mark.anyio

CREATE_GROUP = """
mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } errors { code } } }
"""
UPDATE_USER = """
mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } errors { code } } }
"""
VERIFICATION = "{ historyVerification { isIntact checkedCount brokenAt } }"


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", "user_administrator")


@pytest.fixture
def create_group(ask, administrator) -> Callable[..., Any]:
    async def create_group(name: str) -> Any:
        return await ask(administrator, CREATE_GROUP, input={"name": name})

    return create_group


@pytest.fixture
async def told(ask, create_group, administrator, person, hansen) -> int:
    """How long the history is, after some changes and a denied attempt."""
    employee = await person()
    for name in ("Canteen", "Store", "Payroll", "Garden"):
        await create_group(name)
    await ask(employee, CREATE_GROUP, input={"name": "Cellar"})
    return await HistoryEntry.filter(organisation_id=hansen.id).count()


async def alter(statement: str, *values: Any) -> None:
    await get_connection("default").execute_query(statement, list(values))


async def sequences(organisation: Organisation) -> list[int]:
    entries = HistoryEntry.filter(organisation_id=organisation.id).order_by("sequence")
    return list(await entries.values_list("sequence", flat=True))


async def test_an_untouched_history_is_intact(ask, told, administrator):
    answer = await ask(administrator, VERIFICATION)

    assert answer == {"isIntact": True, "checkedCount": told, "brokenAt": None}


async def test_an_employee_may_not_verify_it(send, person):
    answer = await send(await person(), VERIFICATION)

    (error,) = answer["errors"]
    assert answer["data"] == {"historyVerification": None}
    assert error["extensions"]["permission"] == "history:verify"


@pytest.mark.parametrize(
    "what",
    [
        "summary = 'Create group: Kitchen'",
        "summary = summary || ' '",
        "reason = 'No reason at all'",
        "changes = jsonb_set(changes::jsonb, '{0,new}', '\"SYSTEM\"')",
        "changes = '[]'",
        "outcome = 'DENIED'",
        "activity = 'group:delete'",
        "operation = 'deleteGroup'",
        "about_kind = 'USER'",
        "about_id = gen_random_uuid()",
        "request_uuid = gen_random_uuid()",
        "occurred_at = occurred_at - interval '1 microsecond'",
        "old_version = 1",
        "new_version = new_version + 1",
        "new_version = null",
        "salt = md5('salt')",
        "words_hash = md5('words')",
        "hash = md5('hash')",
    ],
)
async def test_an_altered_entry_is_found(what, ask, told, administrator, hansen):
    third = told - 2

    await alter(
        f"update history_entry set {what} where organisation_id = $1 and sequence = $2",
        hansen.id,
        third,
    )

    answer = await ask(administrator, VERIFICATION)
    assert answer == {"isIntact": False, "checkedCount": third - 1, "brokenAt": third}


async def test_an_altered_actor_is_found(told, hansen, administrator, person, ask):
    other = await person("organisation_administrator")
    await ask(other, CREATE_GROUP, input={"name": "Kitchen"})
    actor = (await HistoryEntry.filter(actor_user_id=other.id).get()).actor_id

    await alter(
        "update history_entry set actor_id = $3 where organisation_id = $1 and sequence = $2",
        *(hansen.id, told, actor),
    )

    assert (await verify(hansen.id)).broken_at == told


async def test_who_did_it_cannot_be_put_upon_another(told, hansen, person):
    other = await person()

    await alter(
        "update history_entry set actor_user_id = $3 where organisation_id = $1 and sequence = $2",
        *(hansen.id, told - 1, other.id),
    )

    assert (await verify(hansen.id)).broken_at == told - 1


@pytest.mark.parametrize("place", ["first", "in the middle", "last"])
async def test_a_missing_entry_is_found(place, ask, told, administrator, hansen):
    gone = {"first": 1, "in the middle": told - 2, "last": told}[place]

    await alter(
        "delete from history_entry where organisation_id = $1 and sequence = $2", hansen.id, gone
    )

    answer = await ask(administrator, VERIFICATION)
    assert answer == {"isIntact": False, "checkedCount": gone - 1, "brokenAt": gone}


async def test_a_missing_entry_is_found_though_those_after_it_move_up(told, hansen):
    await alter(
        "delete from history_entry where organisation_id = $1 and sequence = $2",
        *(hansen.id, told - 2),
    )
    for number in (told - 1, told):
        await alter(
            "update history_entry set sequence = sequence - 1"
            " where organisation_id = $1 and sequence = $2",
            *(hansen.id, number),
        )
    await alter("update history_head set sequence = sequence - 1")

    assert (await verify(hansen.id)).broken_at == told - 2


async def test_a_history_that_was_emptied_is_found(told, hansen):
    await alter("delete from history_entry where organisation_id = $1", hansen.id)

    found = await verify(hansen.id)

    assert (found.is_intact, found.checked_count, found.broken_at) == (False, 0, 1)


async def forge(like: HistoryEntry, sequence: int, former: str) -> None:
    """An entry that never happened, with hashes as they would be."""
    facts = {
        name: getattr(like, name)
        for name in like._meta.fields_db_projection
        if name not in ("id", "sequence", "summary")
    }
    forged = HistoryEntry(**facts, sequence=sequence, summary="Create group: Forged")
    forged.words_hash = forged.words()
    forged.hash = forged.link(former)
    await forged.save()


async def test_an_entry_that_is_put_in_at_the_end_is_found(told, hansen):
    last = await HistoryEntry.get(organisation_id=hansen.id, sequence=told)

    await forge(last, told + 1, last.hash)

    found = await verify(hansen.id)
    assert (found.is_intact, found.checked_count, found.broken_at) == (False, told, told + 1)


async def test_an_entry_that_is_put_in_the_middle_is_found(told, hansen):
    former = await HistoryEntry.get(organisation_id=hansen.id, sequence=told - 2)
    for number in (told, told - 1):
        await alter(
            "update history_entry set sequence = sequence + 1"
            " where organisation_id = $1 and sequence = $2",
            *(hansen.id, number),
        )

    await forge(former, told - 1, former.hash)

    found = await verify(hansen.id)
    assert (found.is_intact, found.broken_at) == (False, told)


async def test_a_last_entry_that_is_replaced_is_found(told, hansen):
    former = await HistoryEntry.get(organisation_id=hansen.id, sequence=told - 1)
    last = await HistoryEntry.get(organisation_id=hansen.id, sequence=told)
    await last.delete()

    await forge(last, told, former.hash)

    found = await verify(hansen.id)
    assert (found.is_intact, found.checked_count, found.broken_at) == (False, told - 1, told)


async def test_two_entries_that_change_places_are_found(told, hansen):
    for old, new in ((told, told + 100), (told - 1, told), (told + 100, told - 1)):
        await alter(
            "update history_entry set sequence = $3 where organisation_id = $1 and sequence = $2",
            *(hansen.id, old, new),
        )

    assert (await verify(hansen.id)).broken_at == told - 1


async def test_another_organisations_history_is_judged_by_itself(
    told, ask, make, hansen, jensen, administrator
):
    await alter("update history_entry set summary = 'x' where organisation_id = $1", jensen.id)
    stranger = await make.user(jensen, "organisation_administrator")

    assert (await ask(administrator, VERIFICATION))["isIntact"] is True
    assert (await ask(stranger, VERIFICATION))["isIntact"] is False


async def test_numbers_have_no_gaps_whatever_is_done_at_the_same_time(
    ask, person, hansen, administrator
):
    administrators = [
        await person("organisation_administrator", "user_administrator") for _ in range(4)
    ]
    colleagues = [await person() for _ in range(4)]

    answers = await gather(
        *[
            ask(one, CREATE_GROUP, input={"name": f"Group {number}"})
            for number, one in enumerate(administrators)
        ],
        *[
            ask(one, UPDATE_USER, input={"userId": other.id, "phoneNumber": "12345678"})
            for one, other in zip(administrators, colleagues, strict=True)
        ],
    )

    assert [one["errors"] for one in answers] == [[]] * 8
    numbers = await sequences(hansen)
    assert numbers == list(range(1, len(numbers) + 1))
    head = await HistoryHead.get(organisation_id=hansen.id)
    assert head.sequence == len(numbers)
    assert (await verify(hansen.id)).is_intact


async def test_numbers_have_no_gaps_where_some_are_refused_and_some_denied(
    ask, person, hansen, administrator
):
    employee = await person()

    await gather(
        *[ask(administrator, CREATE_GROUP, input={"name": "Canteen"}) for _ in range(4)],
        *[ask(employee, CREATE_GROUP, input={"name": "Canteen"}) for _ in range(4)],
    )

    numbers = await sequences(hansen)
    assert numbers == list(range(1, len(numbers) + 1))
    outcomes = await HistoryEntry.filter(operation="createGroup").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["DENIED"] * 4 + ["DONE"]
    assert (await verify(hansen.id)).is_intact


async def test_those_who_change_each_other_at_the_same_time_both_do_so(ask, person, hansen):
    both = [await person("user_administrator") for _ in range(2)]
    first, second = both

    for number in range(4):
        given = {"phoneNumber": f"1234567{number}"}
        answers = await gather(
            ask(first, UPDATE_USER, input={"userId": second.id, **given}),
            ask(second, UPDATE_USER, input={"userId": first.id, **given}),
        )
        assert [one["errors"] for one in answers] == [[], []]

    assert (await verify(hansen.id)).is_intact


async def test_what_is_verified_while_changes_are_made_is_intact(ask, create_group, administrator):
    async def verified() -> bool:
        # Not how many: both ways of answering are asked, one after the other.
        found = [
            await ask(administrator, "{ historyVerification { isIntact } }") for _ in range(10)
        ]
        return all(one["isIntact"] for one in found)

    intact, *_ = await gather(verified(), *[create_group(f"Group {n}") for n in range(20)])

    assert intact
