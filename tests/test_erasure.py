"""A deleted user's personal data are erased in time; the history stays readable, and whole."""

from datetime import timedelta

import pytest
from tortoise.connection import get_connection

from gateways import Claims
from models import (
    Actor,
    ActorKind,
    Certificate,
    GroupMember,
    HistoryEntry,
    Letter,
    Request,
    User,
    UserSettings,
)
from models.verification import verify
from tests.certificates import ORDER, RETRIEVE, own
from tests.requests import DECIDE_USER, REQUEST_USER, WITHDRAW_ALONE, wish
from tests.users import ANNE, CREATE, DEACTIVATE, DELETE, UPDATE, changing, link_in

pytestmark = pytest.mark.anyio

CPR = "6202904244"
NAMES, ADDRESSES = ("Anne", "Østergaard"), ("anne@", "elsewhere@")
PERSONAL = (*NAMES, *ADDRESSES, "20304050", "620290-****", "1990-02-02", "Barsel", "Kollision")
REVEAL = changing("revealCprNumber", "cprNumber")
HISTORY = """
query ($filter: HistoryFilter) {
  history(first: 100, filter: $filter) {
    nodes {
      sequence operation outcome summary reason actor { name user { id } }
      about { id } changes { field old new }
    }
  }
}
"""
VERIFICATION = "{ historyVerification { isIntact checkedCount brokenAt } }"
ACTIVATE = changing("activateUser")
TOLD = "{ notifications { nodes { kind text } } }"
GATHER = """
mutation {
  updateNotificationPreferences(
    input: {isDailyDigest: true, kinds: [{kind: ACTIVATION, channels: [IN_SYSTEM, EMAIL]}]}
  ) { errors { code } }
}
"""


async def everything_stored():
    """All rows of all tables, as text."""
    client = get_connection("default")
    tables = await client.execute_query_dict(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'"
    )
    rows = [await client.execute_query_dict(f"select * from {one['name']}") for one in tables]
    return str(rows)


@pytest.fixture
async def admin(person):
    return await person("user_administrator", "organisation_administrator", name="Dorte Friis")


@pytest.fixture
def lived(ask, admin, person, letters, make, hansen, jensen):
    """Anne has lived a full life here, is a member of a group elsewhere, and is deleted."""

    async def lived():
        given = ANNE | {"email": "elsewhere@example.dk", "phoneNumber": "20304050"}
        given["person"] = {"cprNumber": CPR}
        key = (await ask(admin, CREATE, input=given))["user"]["id"]
        await ask(admin, UPDATE, input={"userId": key, "email": "anne@example.dk"})
        anne = await User.get(id=key)
        link = link_in((await letters("anne@example.dk"))[-1])
        await ask(Claims(cpr_number=CPR), ACTIVATE, input={"link": link})
        await ask(anne, REVEAL, input={"userId": key, "reason": "Kollision"})
        await ask(await person(), REVEAL, input={"userId": key, "reason": "Nysgerrig"})
        await make.group(hansen, anne)
        await make.group(jensen, anne, name="Friends")
        async with make.change(jensen.id):
            await (await GroupMember.get(organisation_id=jensen.id)).delete()
        await make.certificate(
            hansen,
            user=anne,
            subject="CN=Anne Østergaard",
            email=anne.email,
            contact_name=anne.name,
            contact_email=anne.email,
        )
        for address in ("anne@example.dk", "elsewhere@example.dk"):
            given = {"kind": "USER", "holder": {"userId": key}, "email": address}
            order = (await ask(admin, ORDER, input=given))["certificate"]
            if order["isEmailValidated"]:
                await ask(anne, RETRIEVE, input=own(order["id"]))
        await ask(admin, DEACTIVATE, input={"userId": key, "reason": "Barsel"})
        await ask(admin, DELETE, input={"userId": key})
        await letters("anne@example.dk")
        return anne

    return lived


@pytest.fixture
def after(gateways, client):
    """Lets days pass, and the erasures take their turn."""

    async def after(days):
        gateways.clock.advance(days=days)
        await gateways.jobs.run_once("erasures")
        await gateways.jobs.run_once("forgetting")

    return after


async def test_until_the_time_is_up_everything_is_readable(ask, admin, lived, after):
    anne = await lived()

    await after(89.9)

    seen = await ask(admin, "query ($id: ID!) { user(by: {id: $id}) { name status } }", id=anne.id)
    assert seen == {"name": "Anne Østergaard", "status": "DELETED"}


async def test_when_it_is_up_nothing_personal_is_stored_anywhere(lived, after):
    await lived()
    before = await everything_stored()

    await after(90)

    left = await everything_stored()
    assert [one for one in PERSONAL if one not in before] == []
    assert [one for one in PERSONAL if one in left] == []


async def test_whoever_was_told_of_the_erased_reads_the_identity_number_instead(
    ask, admin, lived, after
):
    await ask(admin, GATHER)
    anne = await lived()

    await after(90)

    told = (await ask(admin, TOLD))["nodes"]
    assert [one["kind"] for one in told] == ["ACTIVATION"]
    assert told[0]["text"].startswith(str(anne.uuid))


async def test_the_history_still_tells_what_was_done_to_whom_by_uuid(ask, admin, lived, after):
    anne = await lived()
    uuid = str(anne.uuid)

    await after(90)

    told = (await ask(admin, HISTORY, filter={"aboutId": anne.id}))["nodes"]
    assert [(one["summary"], one["outcome"]) for one in reversed(told)] == [
        (f"Create user: {uuid}", "DONE"),
        (f"Update user: {uuid}", "DONE"),
        (f"Activate user: {uuid}", "DONE"),
        (f"Reveal cpr number: {uuid}", "DONE"),
        (f"Denied: Reveal cpr number: {uuid}", "DENIED"),
        (f"Deactivate user: {uuid}", "DONE"),
        (f"Delete user: {uuid}", "DONE"),
        (f"Erase user: {uuid}", "DONE"),
    ]
    changes = {one["field"]: (one["old"], one["new"]) for one in told[-2]["changes"]}
    assert changes == {"email": ("****", "****")}
    assert {one["actor"]["name"] for one in told} == {"Dorte Friis", "Bo Holm", uuid, "Segl"}
    assert {one["about"] for one in told} == {None} == {one["reason"] for one in told}
    assert (await ask(admin, HISTORY, filter={"text": uuid}))["nodes"]


async def test_the_user_is_found_no_more_and_certificates_stay_without_a_holder(
    ask, send, admin, lived, after
):
    anne = await lived()

    await after(90)

    gone = await send(admin, "query ($id: ID!) { user(by: {id: $id}) { name } }", id=anne.id)
    assert gone["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    listed = "{ users(filter: {status: [DELETED]}) { totalCount } }"
    assert await ask(admin, listed) == {"totalCount": 0}
    seen = await ask(admin, "{ certificates { nodes { status user { id } contactName } } }")
    assert {one.pop("status") for one in seen["nodes"]} == {"REVOKED", "CANCELLED"}
    assert seen["nodes"] == [{"user": None, "contactName": None}] * 3
    assert not await Certificate.filter(pem__isnull=False).exists()


async def test_the_chain_holds_here_and_elsewhere(ask, admin, lived, after, hansen, jensen):
    await lived()
    entries = await HistoryEntry.all().order_by("organisation_id", "sequence")
    hashes = {one.id: (one.hash, one.words_hash) for one in entries}

    await after(90)

    for organisation in (hansen, jensen):
        found = await verify(organisation.id)
        assert found.is_intact
        told = HistoryEntry.filter(organisation_id=organisation.id)
        assert await told.filter(operation="eraseUser").count() == 1
    kept = await HistoryEntry.filter(id__in=list(hashes))
    assert {one.id: (one.hash, one.words_hash) for one in kept} == hashes
    assert (await ask(admin, VERIFICATION))["brokenAt"] is None


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("summary = 'Create user: nobody'", "erased_by is not null"),
        ("reason = 'None at all'", "erased_by is not null"),
        ("changes = '[]'", "erased_by is not null and changes::text like '%****%'"),
        ("erased_by = null", "erased_by is not null"),
        ("erased_by = erased_by + 1", "erased_by is not null"),
        ("erased_by = sequence + 1, summary = 'A lie'", "operation = 'organisation'"),
        ("changes = '[]'", "operation = 'eraseUser'"),
    ],
)
async def test_what_is_put_in_place_of_the_erased_words_is_found(
    ask, admin, lived, after, hansen, what, where
):
    await lived()
    await after(90)
    await ask(admin, UPDATE, input={"userId": admin.id, "phoneNumber": "70809010"})
    where = where.replace("operation = 'organisation'", "operation = 'demo' and erased_by is null")

    await get_connection("default").execute_query(
        f"update history_entry set {what} where id ="
        f" (select id from history_entry where organisation_id = $1 and {where}"
        " order by sequence limit 1)",
        [hansen.id],
    )

    assert not (await verify(hansen.id)).is_intact


async def test_each_organisation_says_how_long(make, hansen, jensen, after, gateways):
    gone = {"status": "DELETED", "deleted_at": gateways.clock.now()}
    here, there = await make.user(hansen, **gone), await make.user(jensen, **gone)
    await UserSettings.filter(organisation_id=jensen.id).update(retention_days=10)

    await after(10)

    assert await User.exists(id=here.id)
    assert not await User.exists(id=there.id)


async def test_who_is_not_deleted_stays(person, after, gateways):
    long_ago = gateways.clock.now() - timedelta(days=1000)
    bo = await person(status="DEACTIVATED", deleted_at=long_ago)

    await after(90)

    assert await User.exists(id=bo.id)


async def test_a_second_turn_finds_nothing_to_erase(lived, after):
    await lived()
    await after(90)
    before = await HistoryEntry.all().count()

    await after(1)

    assert await HistoryEntry.all().count() == before


async def test_an_actor_of_two_names_goes_by_one_number(person, hansen, after, gateways):
    bo = await person(status="DELETED", deleted_at=gateways.clock.now(), name="Bo Holm")
    for name in ("Bo Holm", "Bo Lind"):
        await Actor.named(hansen.id, ActorKind.PERSON, name, bo.id)

    await after(90)

    names = await Actor.filter(kind="PERSON").order_by("id").values_list("name", flat=True)
    assert names == [str(bo.uuid), f"{bo.uuid} (2)"]


async def test_who_asked_to_become_a_user_is_forgotten_with_what_was_asked(
    ask, admin, hansen, after
):
    await UserSettings.filter(organisation_id=hansen.id).update(can_request_user=True)
    asked = wish(hansen.cvr_number, email="anne@elsewhere.dk")
    await ask(Claims(cpr_number=CPR, name="Anne Østergaard"), REQUEST_USER, input=asked)
    request = await Request.get()
    given = {"requestId": request.id, "decision": "APPROVE"}
    made = await ask(admin, DECIDE_USER, input=given)
    await ask(admin, DELETE, input={"userId": made["user"]["id"]})

    await after(90)
    await Letter.all().delete()  # some have not left, and are kept until they have

    left = await everything_stored()
    assert [one for one in PERSONAL if one in left] == []
    assert not await Request.exists()
    assert (await verify(hansen.id)).is_intact


ANNE_ASKS = Claims(cpr_number=CPR, name="Anne Østergaard")
IN_VAIN = {
    "rejected": (None, DECIDE_USER, {"decision": "REJECT", "reason": "Kollision"}),
    "withdrawn": (ANNE_ASKS, WITHDRAW_ALONE, {}),
}


@pytest.fixture
def asked_in_vain(ask, admin, hansen):
    """Anne has asked to become a user, and did not become one."""

    async def asked_in_vain(how):
        await UserSettings.filter(organisation_id=hansen.id).update(can_request_user=True)
        asked = wish(hansen.cvr_number, email="anne@elsewhere.dk", phoneNumber="20304050")
        answer = await ask(ANNE_ASKS, REQUEST_USER, input=asked | {"reason": "Barsel"})
        key = answer["request"]["id"]
        who, document, given = IN_VAIN[how]
        ended = await ask(who or admin, document, input={"requestId": key, **given})
        assert ended["errors"] == []
        return key

    return asked_in_vain


@pytest.mark.parametrize("how", IN_VAIN)
async def test_what_somebody_asked_for_in_vain_is_erased_in_time(
    ask, admin, asked_in_vain, after, hansen, how
):
    key = await asked_in_vain(how)
    before = await everything_stored()

    await after(90)
    await Letter.all().delete()  # some have not left, and are kept until they have

    left = await everything_stored()
    assert "anne@elsewhere.dk" in before
    assert [one for one in (*PERSONAL, "Barsel", "Kollision") if one in left] == []
    assert not await Request.exists()
    told = (await ask(admin, HISTORY, filter={"aboutId": key}))["nodes"]
    assert told[0]["summary"] == f"Erase request: {key}"
    assert told[-1]["summary"] == f"Request user: {key}"
    assert (await verify(hansen.id)).is_intact


@pytest.mark.parametrize("how", IN_VAIN)
async def test_until_then_it_is_readable(asked_in_vain, after, how):
    key = await asked_in_vain(how)

    await after(89.9)

    assert (await Request.get(id=key)).email == "anne@elsewhere.dk"


async def test_what_nobody_has_decided_waits(ask, hansen, after):
    await UserSettings.filter(organisation_id=hansen.id).update(can_request_user=True)
    await ask(ANNE_ASKS, REQUEST_USER, input=wish(hansen.cvr_number))

    await after(1000)

    assert await Request.filter(status="OPEN").count() == 1


async def test_who_asks_again_goes_by_the_same_name_as_before(asked_in_vain, after):
    await asked_in_vain("withdrawn")
    await after(90)

    key = await asked_in_vain("withdrawn")

    again = await Request.get(id=key).select_related("asked_by")
    assert again.asked_by.name == "Anne Østergaard"
    await after(90)
    assert not await Actor.exists(name="Anne Østergaard")


async def test_the_name_stays_as_long_as_another_wish_bears_it(asked_in_vain, after, gateways):
    await asked_in_vain("withdrawn")
    gateways.clock.advance(days=1)
    key = await asked_in_vain("rejected")

    await after(89)

    (left,) = await Request.all().select_related("asked_by")
    assert (str(left.id), left.asked_by.name) == (key, "Anne Østergaard")


async def test_who_came_by_a_file_is_forgotten_there_too(ask, admin, person, make, hansen, after):
    anne = await person(name="Anne Østergaard", email="anne@elsewhere.dk")
    file = await make.file(hansen)
    brought = [{"field": "name", "old": None, "new": "Anne Østergaard"}]
    row = await make.plan(file, anne, changes=brought)
    await ask(admin, DELETE, input={"userId": anne.id})

    await after(90)

    await row.refresh_from_db()
    assert (row.changes, row.identity_hash) == ([], "")


async def test_letters_are_kept_as_long_and_those_that_wait_stay(ask, admin, letters, after):
    await ask(admin, CREATE, input=ANNE)
    bo = ANNE | {"email": "bo@example.dk"}
    key = (await ask(admin, CREATE, input=bo))["user"]["id"]
    await letters("anne@example.dk")
    await ask(admin, UPDATE, input={"userId": key, "email": "bo@elsewhere.dk"})

    await after(90.1)

    # Two tell of users who still await activation; one has not left yet: an address that changed.
    left = await Letter.all().order_by("id").values_list("to", "status")
    assert left == [
        ("anne@example.dk", "SENT"),
        ("bo@example.dk", "QUEUED"),
        ("bo@elsewhere.dk", "QUEUED"),
    ]


async def test_nothing_that_points_to_a_user_stands_in_the_way(tables):
    """What follows a user into oblivion, or lets go of it; certificates are let go of before."""
    found = await get_connection("default").execute_query_dict(
        "select conrelid::regclass::text as name, confdeltype::text as rule from pg_constraint"
        " where contype = 'f' and confrelid = '\"user\"'::regclass"
    )

    assert {one["name"] for one in found if one["rule"] not in ("c", "n")} == set()
