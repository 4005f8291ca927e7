"""How powers of attorney end: by one of the sides, by their last day, or with their user."""

import asyncio
from datetime import timedelta

import pytest

from gateways import today
from models import (
    DelegationGroupUser,
    HistoryEntry,
    Language,
    Notification,
    PowerOfAttorney,
    PowerOfAttorneyUser,
    Request,
    User,
)
from models.verification import verify
from policies import Policy
from resolvers import power_ends
from tests.powers import HISTORY, POWER, POWERS, REVOKE
from tests.users import DELETE

pytestmark = pytest.mark.anyio

RIGHTS = "query ($id: ID!) { user(by: {id: $id}) { effectiveRights { right { title } } } }"
CONSEQUENCES = """
mutation ($input: DeleteUserInput!) {
  deleteUser(input: $input) {
    consequences { kind count examples { id } } errors { code }
  }
}
"""


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis", language=Language.ENGLISH)


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm", language=Language.ENGLISH)


@pytest.fixture
async def kirsten(make, jensen):
    """Who looks after what Jensen has granted."""
    return await make.user(
        jensen, "rights_administrator", name="Kirsten Bech", language=Language.ENGLISH
    )


@pytest.fixture
async def power(make, hansen, jensen, bo):
    """What Jensen lets Hansen & Søn do, used by Bo; its last day is tomorrow."""
    until = today(make.now) + timedelta(days=1)
    power = await make.power(jensen, hansen, name="Accounts", until_on=until)
    await make.name(power, bo)
    return power


@pytest.mark.parametrize("by", ["dorte", "kirsten"])
async def test_either_side_ends_it_at_once_and_the_others_are_told_why(
    ask, dorte, kirsten, bo, power, letters, by, hansen, jensen
):
    who, other = (dorte, kirsten) if by == "dorte" else (kirsten, dorte)
    given = {"powerOfAttorneyId": str(power.id), "reason": "The work is done"}

    answer = await ask(who, REVOKE, input=given)

    ended = answer["powerOfAttorney"]
    assert (ended["status"], ended["endedBy"]["name"]) == ("REVOKED", who.name)
    there = await ask(other, POWER, id=power.id)
    home = {"dorte": "Hansen & Søn ApS", "kirsten": "Jensen ApS"}[by]
    assert there["endedBy"] == {"kind": "PERSON", "name": home, "user": None}
    assert (await ask(bo, RIGHTS, id=bo.id))["effectiveRights"] == []
    for one in (other, bo):
        (letter,) = await letters(one.email)
        assert letter.subject.startswith("The power of attorney from Jensen ApS to ")
        assert "Reason: The work is done" in letter.body
    assert await letters(who.email) == []
    nodes = (await ask(other, HISTORY, id=power.id))["history"]["nodes"]
    assert nodes[0]["reason"] == "The work is done"
    for organisation in (hansen, jensen):
        assert (await verify(organisation.id)).is_intact


async def test_on_the_day_after_its_last_day_it_is_over_whatever_jobs_do(
    ask, dorte, kirsten, bo, power, gateways
):
    gateways.clock.advance(days=1)
    assert (await ask(kirsten, POWER, id=power.id))["status"] == "ACTIVE"
    assert len((await ask(bo, RIGHTS, id=bo.id))["effectiveRights"]) == 1

    gateways.clock.advance(days=1)

    for who in (dorte, kirsten):
        assert (await ask(who, POWER, id=power.id))["status"] == "EXPIRED"
        listed = (await ask(who, POWERS, filter={"status": ["EXPIRED"]}))["nodes"]
        assert [one["id"] for one in listed] == [str(power.id)]
        assert (await ask(who, POWERS, filter={"status": ["ACTIVE"]}))["nodes"] == []
    assert (await ask(bo, RIGHTS, id=bo.id))["effectiveRights"] == []
    assert (await PowerOfAttorney.get()).status == "ACTIVE"  # nothing has been recorded
    given = {"powerOfAttorneyId": str(power.id)}
    assert (await ask(dorte, REVOKE, input=given)).problem == "POWER_OF_ATTORNEY_NOT_ACTIVE"


async def test_two_workers_record_the_end_once_and_tell_both_sides(
    ask, dorte, kirsten, bo, power, gateways, letters, hansen, jensen, make
):
    await make.bundle(hansen, power, bo)
    gateways.clock.advance(days=2)

    await asyncio.gather(*[power_ends.turn(gateways, Policy()) for _ in range(4)])

    after = await PowerOfAttorney.get()
    assert (after.status, after.version) == ("EXPIRED", 2)
    for who in (dorte, kirsten):
        (entry,) = [
            one
            for one in (await ask(who, HISTORY, id=power.id))["history"]["nodes"]
            if one["operation"] == "expirePowerOfAttorney"
        ]
        assert entry["actor"] == {"kind": "SYSTEM", "name": "Segl", "user": None}
        assert {"field": "status", "old": "ACTIVE", "new": "EXPIRED"} in entry["changes"]
        assert (await ask(who, POWER, id=power.id))["endedBy"]["name"] == "Segl"
    for who in (dorte, kirsten, bo):
        assert len(await letters(who.email)) == 1
        assert (
            await Notification.filter(user_id=who.id, kind="POWER_OF_ATTORNEY_ENDED").count() == 1
        )
    for organisation in (hansen, jensen):
        assert (await verify(organisation.id)).is_intact


async def test_the_workers_look_well_within_a_minute(client, gateways):
    assert gateways.jobs._jobs["powers of attorney"].seconds <= 30


async def test_what_is_granted_for_later_is_used_from_its_first_day(
    ask, bo, make, hansen, jensen, gateways
):
    since = today(make.now) + timedelta(days=2)
    await make.name(await make.power(jensen, hansen, from_on=since), bo)

    before = (await ask(bo, RIGHTS, id=bo.id))["effectiveRights"]
    gateways.clock.advance(days=2)

    assert before == []
    assert len((await ask(bo, RIGHTS, id=bo.id))["effectiveRights"]) == 1


async def test_a_user_who_is_deleted_is_taken_out_everywhere_and_what_was_its_own_ends(
    ask, person, bo, power, make, hansen, jensen, dorte, kirsten
):
    admin = await person("user_administrator")
    own = await make.power(jensen, bo, name="Bo's own")
    group = await make.bundle(hansen, power, bo)

    answer = await ask(admin, CONSEQUENCES, input={"userId": bo.id})

    ended = {one["kind"]: one for one in answer["consequences"]}
    assert ended["POWER_OF_ATTORNEY"]["count"] == 2
    assert ended["DELEGATION_GROUP"] == {
        "kind": "DELEGATION_GROUP",
        "count": 1,
        "examples": [{"id": str(group.id)}],
    }
    assert await PowerOfAttorneyUser.all().count() == await DelegationGroupUser.all().count() == 0
    assert (await ask(dorte, POWER, id=power.id))["status"] == "ACTIVE"
    for who in (dorte, kirsten):
        assert (await ask(who, POWER, id=own.id))["status"] == "REVOKED"
    (entry,) = await HistoryEntry.filter(about_id=bo.id, operation="deleteUser")
    told = {(one["field"], one["old"], one["new"]) for one in entry.changes}
    assert {
        ("powersOfAttorney", "Accounts", None),
        ("delegationGroups", "Clients", None),
    } <= told
    for organisation in (hansen, jensen):
        assert (await verify(organisation.id)).is_intact


async def test_when_a_person_is_erased_the_power_and_the_request_stay_without_the_name(
    ask, person, make, hansen, jensen, kirsten, gateways, client
):
    admin = await person("user_administrator")
    ulla = await person("organisation_administrator", name="Ulla Møller")
    eva = await person(name="Eva Lund")
    own = await make.power(jensen, eva, name="Personal")
    asked = await make.power(jensen, hansen, name="Asked for")
    request = await make.asked_power(asked, ulla, status="APPROVED")
    await person("organisation_administrator")
    for user in (eva, ulla):
        await ask(admin, DELETE, input={"userId": user.id})

    gateways.clock.advance(days=100)
    await gateways.jobs.run_once("erasures")

    assert not await User.filter(id__in=[eva.id, ulla.id]).exists()
    assert (await Request.get(id=request.id)).user_id is None
    power = await ask(kirsten, POWER, id=own.id)
    assert power["granteePerson"] == str(eva.uuid)
    entries = await HistoryEntry.filter(about_id__in=[own.id, request.id])
    assert [one for one in entries if {"Eva", "Ulla"} & {*str(one.columns()).split()}] == []
    for organisation in (hansen, jensen):
        assert (await verify(organisation.id)).is_intact
