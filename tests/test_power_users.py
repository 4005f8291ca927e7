"""Who may use a received power of attorney, one by one and by delegation groups."""

import asyncio

import pytest

from models import (
    DelegationGroupPower,
    HistoryEntry,
    Language,
    PowerOfAttorneyUser,
    User,
    UserStatus,
)
from models.verification import verify
from tests.powers import (
    ADD,
    ADD_TO_GROUP,
    CREATE_GROUP,
    DELETE_GROUP,
    GROUPS,
    HISTORY,
    POWER,
    REMOVE,
    REMOVE_FROM_GROUP,
    REVOKE,
    UPDATE_GROUP,
)

pytestmark = pytest.mark.anyio

WHO = "query ($id: ID!) { powerOfAttorney(id: $id) { version users { nodes { name } } } }"
USABLE = """
query ($id: ID!, $at: Date) {
  user(by: {id: $id}) {
    powersOfAttorney { nodes { name } }
    effectiveRights(at: $at) {
      until right { title }
      sources { kind powerOfAttorney { name } delegationGroup { name } }
    }
  }
}
"""
LIFE = """
query ($id: ID!) {
  user(by: {id: $id}) { history { nodes { operation changes { field old new } } } }
}
"""


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis")


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm", language=Language.ENGLISH)


@pytest.fixture
async def kirsten(make, jensen):
    """Who looks after what Jensen has granted."""
    roles = ("organisation_administrator", "rights_administrator")
    return await make.user(jensen, *roles, name="Kirsten Bech")


@pytest.fixture
async def power(make, hansen, jensen):
    """What Jensen lets Hansen & Søn do."""
    return await make.power(jensen, hansen, name="Accounts")


def about(power, *users):
    return {"powerOfAttorneyId": str(power.id), "userIds": [str(one.id) for one in users]}


async def test_who_is_named_may_use_it_and_is_told(ask, dorte, bo, power, letters):
    answer = await ask(dorte, ADD, input=about(power, bo))

    assert answer["errors"] == []
    assert answer["powerOfAttorney"]["users"] == {"nodes": [{"name": "Bo Holm"}], "totalCount": 1}
    found = await ask(bo, USABLE, id=bo.id)
    assert found["powersOfAttorney"]["nodes"] == [{"name": "Accounts"}]
    (right,) = found["effectiveRights"]
    assert right["sources"] == [
        {
            "kind": "POWER_OF_ATTORNEY",
            "powerOfAttorney": {"name": "Accounts"},
            "delegationGroup": None,
        }
    ]
    (letter,) = await letters(bo.email)
    assert letter.subject == "You may use a power of attorney from Jensen ApS"


async def test_who_is_removed_may_use_it_no_longer_and_is_told(
    ask, dorte, bo, power, make, letters
):
    await make.name(power, bo)

    answer = await ask(dorte, REMOVE, input=about(power, bo))

    assert answer["powerOfAttorney"]["users"]["nodes"] == []
    found = await ask(bo, USABLE, id=bo.id)
    assert (found["powersOfAttorney"]["nodes"], found["effectiveRights"]) == ([], [])
    (letter,) = await letters(bo.email)
    assert letter.subject == "You may no longer use a power of attorney from Jensen ApS"


async def test_the_grantor_reads_that_somebody_was_named_and_never_who(
    ask, send, dorte, bo, power, kirsten, hansen, jensen
):
    await ask(dorte, ADD, input=about(power, bo))

    assert (await ask(kirsten, WHO, id=power.id))["users"] is None
    nodes = [
        (await ask(who, HISTORY, id=power.id))["history"]["nodes"][0] for who in (dorte, kirsten)
    ]
    assert [one["actor"]["name"] for one in nodes] == ["Dorte Friis", "Hansen & Søn ApS"]
    assert {one["operation"] for one in nodes} == {"addPowerOfAttorneyUsers"}
    assert [one["changes"] for one in nodes] == [[], []]
    everything = await HistoryEntry.filter(organisation_id=jensen.id)
    assert [one for one in everything if {"Bo", "Dorte"} & {*str(one.columns()).split()}] == []
    life = (await ask(dorte, LIFE, id=bo.id))["history"]["nodes"][0]
    assert life["changes"] == [{"field": "powersOfAttorney", "old": None, "new": "Accounts"}]
    for one in (hansen, jensen):
        assert (await verify(one.id)).is_intact


async def test_everybody_must_be_fit_or_nobody_is_named(
    ask, dorte, bo, power, person, make, jensen
):
    waiting = await person(status=UserStatus.AWAITING_ACTIVATION, activated_at=None)
    absent = await person(status=UserStatus.DEACTIVATED)
    gone, stranger = await person(status=UserStatus.DELETED), await make.user(jensen)
    named, eva = await person(), await person()
    await make.name(power, named)

    answer = await ask(
        dorte,
        ADD,
        input=about(power, bo, waiting, absent, gone, stranger, named, eva, eva),
    )

    assert [(one["path"], one["code"]) for one in answer["errors"]] == [
        (["userIds", "1"], "USER_NOT_ACTIVE"),
        (["userIds", "2"], "USER_NOT_ACTIVE"),
        (["userIds", "3"], "NOT_FOUND"),
        (["userIds", "4"], "NOT_FOUND"),
        (["userIds", "5"], "ALREADY_MEMBER"),
        (["userIds", "7"], "ALREADY_MEMBER"),
    ]
    assert await PowerOfAttorneyUser.all().count() == 1


async def test_who_was_not_named_is_not_removed(ask, dorte, bo, power):
    answer = await ask(dorte, REMOVE, input=about(power, bo))

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("NOT_A_MEMBER", ["userIds", "0"])


@pytest.mark.parametrize("document", [ADD, REMOVE])
@pytest.mark.parametrize(("number", "code"), [(0, "REQUIRED"), (1001, "TOO_LONG")])
async def test_a_list_is_neither_empty_nor_too_long(ask, dorte, bo, power, document, number, code):
    answer = await ask(dorte, document, input=about(power, *[bo] * number))

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (code, ["userIds"])


async def test_a_thousand_are_named_by_as_many_statements_as_ten(
    ask, dorte, person, power, hansen, sql, make
):
    model = await person()
    facts = {name: one for name, one in model.columns().items() if name not in ("id", "uuid")}
    people = [User(**facts | {"email": f"{one}@example.dk"}) for one in range(1010)]
    await User.bulk_create(people, batch_size=500)
    counts = []

    for some in (people[:10], people[10:]):
        sql()
        answer = await ask(dorte, ADD, input=about(power, *some))
        assert answer["errors"] == []
        counts.append(sql())

    assert answer["powerOfAttorney"]["users"]["totalCount"] == 1010
    assert counts[1] <= counts[0] + 4  # many at once are copied, with a look before


async def test_what_one_person_was_given_nobody_else_uses(ask, dorte, bo, make, jensen, person):
    power = await make.power(jensen, bo)

    answer = await ask(dorte, ADD, input=about(power, await person()))

    (error,) = answer["errors"]
    assert error["code"] == "NOT_PASSED_ON"
    assert error["message"]
    assert (await ask(dorte, WHO, id=power.id))["users"]["nodes"] == [{"name": "Bo Holm"}]


async def test_a_delegation_group_bundles_received_powers_for_its_users(
    ask, ulla, dorte, bo, power, make, jensen, hansen, letters
):
    other = await make.power(jensen, hansen, "post.read", name="Post")
    given = {"name": "Clients", "powerOfAttorneyIds": [str(power.id), str(other.id)]}

    group = (await ask(ulla, CREATE_GROUP, input=given))["delegationGroup"]
    named = {"delegationGroupId": group["id"], "userIds": [str(bo.id)]}
    answer = await ask(dorte, ADD_TO_GROUP, input=named)

    assert answer["delegationGroup"] == {
        "id": group["id"],
        "version": 2,
        "name": "Clients",
        "powersOfAttorney": {"nodes": [{"name": "Accounts"}, {"name": "Post"}]},
        "users": {"nodes": [{"name": "Bo Holm"}]},
    }
    found = await ask(bo, USABLE, id=bo.id)
    assert [one["name"] for one in found["powersOfAttorney"]["nodes"]] == ["Accounts", "Post"]
    kinds = {source["kind"] for one in found["effectiveRights"] for source in one["sources"]}
    groups = {
        source["delegationGroup"]["name"]
        for one in found["effectiveRights"]
        for source in one["sources"]
    }
    assert (kinds, groups) == ({"DELEGATION_GROUP"}, {"Clients"})
    (letter,) = await letters(bo.email)
    assert letter.subject.startswith("You may use the powers of attorney of a delegation group")
    removed = await ask(dorte, REMOVE_FROM_GROUP, input=named)
    assert removed["delegationGroup"]["users"]["nodes"] == []
    assert (await ask(bo, USABLE, id=bo.id))["effectiveRights"] == []


async def test_a_delegation_group_is_renamed_filled_anew_and_deleted(
    ask, ulla, bo, power, make, jensen, hansen
):
    other = await make.power(jensen, hansen, "post.read", name="Post")
    group = await make.bundle(hansen, power, bo)
    key = {"delegationGroupId": str(group.id)}

    renamed = await ask(ulla, UPDATE_GROUP, input={**key, "name": "Customers"})
    filled = await ask(ulla, UPDATE_GROUP, input={**key, "powerOfAttorneyIds": [str(other.id)]})

    assert renamed["delegationGroup"]["powersOfAttorney"]["nodes"] == [{"name": "Accounts"}]
    assert filled["delegationGroup"]["name"] == "Customers"
    assert filled["delegationGroup"]["powersOfAttorney"]["nodes"] == [{"name": "Post"}]
    entry = (
        await HistoryEntry.filter(operation="updateDelegationGroup").order_by("-sequence").first()
    )
    assert entry.changes == [{"field": "powersOfAttorney", "old": "Accounts", "new": "Post"}]
    assert (await ask(ulla, DELETE_GROUP, input=key))["delegationGroup"]["name"] == "Customers"
    assert (await ask(ulla, GROUPS))["nodes"] == []
    assert (await ask(ulla, POWER, id=other.id))["status"] == "ACTIVE"
    assert (await ask(bo, USABLE, id=bo.id))["effectiveRights"] == []


async def test_the_name_of_a_delegation_group_is_its_own(ask, ulla, power, make, hansen):
    await make.bundle(hansen, power)
    given = {"name": "clients", "powerOfAttorneyIds": []}

    (error,) = (await ask(ulla, CREATE_GROUP, input=given))["errors"]

    assert (error["code"], error["path"]) == ("NAME_TAKEN", ["name"])


async def test_a_power_that_ends_leaves_its_delegation_groups(
    ask, ulla, bo, power, make, hansen, kirsten
):
    await make.bundle(hansen, power, bo)

    await ask(kirsten, REVOKE, input={"powerOfAttorneyId": str(power.id)})

    (group,) = (await ask(ulla, GROUPS))["nodes"]
    assert group["powersOfAttorney"]["nodes"] == []
    assert await DelegationGroupPower.all().count() == 0
    assert (await ask(bo, USABLE, id=bo.id))["effectiveRights"] == []


async def test_both_sides_change_a_power_at_once_and_none_waits_for_ever(
    send, ulla, dorte, bo, power, make, hansen, kirsten, jensen
):
    """It is ended by its grantor while the grantee names users, and bundles it, again and again."""
    for number in range(6):
        one = await make.power(jensen, hansen, name=f"Power {number}")
        group = await make.bundle(hansen, power, name=f"Bundle {number}")
        bundled = {"delegationGroupId": str(group.id)}
        bundled |= {"powerOfAttorneyIds": [str(power.id), str(one.id)]}

        answers = await asyncio.wait_for(
            asyncio.gather(
                send(dorte, ADD, input=about(one, bo)),
                send(kirsten, REVOKE, input={"powerOfAttorneyId": str(one.id)}),
                send(ulla, UPDATE_GROUP, input=bundled),
                send(dorte, REVOKE, input={"powerOfAttorneyId": str(one.id)}),
            ),
            timeout=30,
        )

        assert [one.get("errors") for one in answers] == [None] * 4
        codes = [
            error["code"]
            for answer in answers
            for payload in answer["data"].values()
            for error in payload["errors"]
        ]
        assert {*codes} <= {"POWER_OF_ATTORNEY_NOT_ACTIVE"}
        assert not await DelegationGroupPower.exists(power_of_attorney_id=one.id)
    for home in (hansen, jensen):
        assert (await verify(home.id)).is_intact
