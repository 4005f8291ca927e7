"""A user is deleted for ever, with all that hangs on it; the history stays."""

from asyncio import gather

import pytest

from models import (
    Authenticator,
    Certificate,
    CertificateStatus,
    GroupMember,
    HistoryEntry,
    Request,
    RequestStatus,
    RoleAssignment,
    User,
)
from models.verification import verify
from tests.reading import stored
from tests.users import ANNE, CREATE, DEACTIVATE, DELETE, USER, changes_in, last_told

pytestmark = pytest.mark.anyio

LISTED = "query ($filter: UserFilter) { users(filter: $filter) { totalCount nodes { id } } }"
VIEWER = "{ viewer { user { name } } }"


CONCERNED = (User, Authenticator, Certificate, GroupMember, Request, RoleAssignment, HistoryEntry)


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def bo(person, make, hansen):
    """Bo: a role, two groups, four certificates, an order, two authenticators and a request."""
    bo = await person("rights_administrator", name="Bo Holm")
    await make.group(hansen, bo)
    await make.group(hansen, bo, name="Canteen")
    issued = {"organisation": hansen, "user_id": bo.id}
    await make.certificate(**issued)
    await make.certificate(**issued, expires_at=make.now)
    await make.certificate(**issued, status=CertificateStatus.REVOKED, revoked_at=make.now)
    await make.certificate(**issued, status=CertificateStatus.ORDERED, issued_at=None)
    await make.authenticator(bo)
    await make.authenticator(bo, kind="LOCAL", subject_name="bo")
    await make.authenticator(bo, device="CHIP", status="WITHDRAWN")
    await make.request(hansen, user=bo)
    await make.request(hansen, user=bo, status=RequestStatus.REJECTED)
    return bo


async def test_with_a_user_go_certificates_memberships_roles_and_authenticators(ask, admin, bo):
    answer = await ask(admin, DELETE, input={"userId": bo.id})

    assert answer["errors"] == []
    assert (answer["user"]["status"], answer["user"]["version"]) == ("DELETED", 2)
    states = await Certificate.filter(user_id=bo.id).order_by("id").values_list("status", flat=True)
    assert states == ["REVOKED", "ISSUED", "REVOKED", "CANCELLED"]
    revoked = await Certificate.filter(user_id=bo.id).order_by("id").first()
    assert revoked.revocation_reason == "CESSATION_OF_OPERATION"
    assert not await GroupMember.exists(user_id=bo.id)
    assert not await RoleAssignment.exists(user_id=bo.id)
    assert not await Authenticator.filter(user_id=bo.id).exclude(status="WITHDRAWN").exists()
    states = await Request.filter(user_id=bo.id).order_by("id").values_list("status", flat=True)
    assert states == ["WITHDRAWN", "REJECTED"]


async def test_the_answer_tells_what_ended(ask, admin, bo):
    answer = await ask(admin, DELETE, input={"userId": bo.id})

    told = {one["kind"]: one["count"] for one in answer["consequences"]}
    assert told == {"AUTHENTICATOR": 2, "CERTIFICATE": 2, "GROUP_MEMBER": 2, "REQUEST": 1}
    assert [len(one["examples"]) for one in answer["consequences"]] == [2, 2, 2, 1]


async def test_a_dry_run_tells_beforehand_what_would_end(ask, admin, bo):
    before = await stored(*CONCERNED)

    answer = await ask(admin, DELETE, input={"userId": bo.id}, dryRun=True)

    told = {one["kind"]: one["count"] for one in answer["consequences"]}
    assert told == {"AUTHENTICATOR": 2, "CERTIFICATE": 2, "GROUP_MEMBER": 2, "REQUEST": 1}
    assert await stored(*CONCERNED) == before


async def test_the_history_tells_of_everything_that_ended(ask, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    entries = await HistoryEntry.filter(activity="user:delete").order_by("sequence")
    assert sorted(one.about_kind for one in entries) == [
        *("AUTHENTICATOR", "AUTHENTICATOR", "CERTIFICATE", "CERTIFICATE"),
        *("GROUP_MEMBER", "GROUP_MEMBER", "REQUEST", "USER"),
    ]
    assert {one.actor_user_id for one in entries} == {admin.id}
    assert len({one.request_uuid for one in entries}) == 1
    told = changes_in(await last_told(bo))
    assert told["status"] == ("ACTIVE", "DELETED")
    assert told["roles"] == ("RIGHTS_ADMINISTRATOR", None)


async def test_a_user_without_anything_has_no_consequences(ask, admin, person):
    bo = await person()

    answer = await ask(admin, DELETE, input={"userId": bo.id})

    assert answer["consequences"] == []


@pytest.mark.parametrize("state", ["IMPORTED", "DEACTIVATED", "planned", "AWAITING_ACTIVATION"])
async def test_a_user_in_any_state_can_be_deleted(ask, admin, person, state):
    facts = {"deactivated_from": "2027-01-01"} if state == "planned" else {"status": state}
    bo = await person(**facts)

    answer = await ask(admin, DELETE, input={"userId": bo.id})

    assert (answer["user"]["status"], answer["user"]["deactivation"]) == ("DELETED", None)


async def test_what_is_deleted_stays_deleted(ask, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    again = await ask(admin, DELETE, input={"userId": bo.id})

    assert again.problem == "USER_DELETED"
    assert again["consequences"] == []


async def test_a_deleted_person_is_signed_out_at_once(ask, send, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    answer = await send(bo, VIEWER)

    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_deleted_users_are_listed_only_when_asked_for(ask, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    usual = await ask(admin, LISTED)
    deleted = await ask(admin, LISTED, filter={"status": ["DELETED"]})

    assert usual == {"totalCount": 1, "nodes": [{"id": str(admin.id)}]}
    assert deleted == {"totalCount": 1, "nodes": [{"id": str(bo.id)}]}


async def test_a_deleted_user_is_read_by_id_and_uuid_but_no_longer_by_address(ask, send, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})
    by = "query ($by: UserRef!) { user(by: $by) { status name } }"

    by_id = await ask(admin, by, by={"id": bo.id})
    by_uuid = await ask(admin, by, by={"uuid": bo.uuid})
    by_email = await send(admin, by, by={"email": bo.email})

    assert by_id == by_uuid == {"status": "DELETED", "name": "Bo Holm"}
    assert by_email["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_an_address_and_a_number_are_free_again(ask, admin, person):
    await ask(admin, CREATE, input=ANNE)
    (former,) = await User.filter(email="anne@example.dk")
    await ask(admin, DELETE, input={"userId": former.id})

    made = await ask(admin, CREATE, input=ANNE)

    found = await ask(admin, 'query { user(by: {email: "anne@example.dk"}) { id } }')
    assert found["id"] == made["user"]["id"]


async def test_a_deleted_user_is_in_no_group_of_the_system(ask, admin, bo):
    members = "{ groups(filter: {kind: SYSTEM}) { nodes { members { nodes { user { id } } } } } }"

    await ask(admin, DELETE, input={"userId": bo.id})

    assert str(bo.id) not in str(await ask(admin, members))
    assert (await ask(admin, USER, id=bo.id))["status"] == "DELETED"


async def test_a_deleted_user_is_not_closed_either(ask, admin, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    answer = await ask(admin, DEACTIVATE, input={"userId": bo.id})

    assert answer.problem == "USER_DELETED"


@pytest.mark.parametrize("is_anonymous", [False, True])
async def test_a_member_of_a_group_elsewhere_is_taken_out_and_both_histories_tell_it(
    ask, admin, person, make, jensen, is_anonymous
):
    bo = await person(name="Bo Holm", is_anonymous=is_anonymous)
    elsewhere = await make.group(jensen, bo, name="Friends")
    member = await GroupMember.get(group_id=elsewhere.id)

    answer = await ask(admin, DELETE, input={"userId": bo.id})

    assert answer["errors"] == []
    assert answer["consequences"] == [{"kind": "GROUP_MEMBER", "count": 1, "examples": []}]
    assert not await GroupMember.exists(group_id=elsewhere.id)
    here, there = [
        await HistoryEntry.get(
            about_id=member.id, organisation_id=key, operation="deleteUser"
        ).select_related("actor")
        for key in (bo.organisation_id, jensen.id)
    ]
    assert changes_in(here) == {"group": ("Friends", None), "user": ("Bo Holm", None)}
    known = str(bo.uuid) if is_anonymous else "Bo Holm"
    assert changes_in(there) == {"group": ("Friends", None), "user": (known, None)}
    assert (here.actor_user_id, there.actor_user_id) == (admin.id, None)
    assert (there.actor.kind, there.actor.name) == ("SYSTEM", "Segl")
    assert (await verify(bo.organisation_id)).is_intact
    assert (await verify(jensen.id)).is_intact


async def test_two_organisations_that_delete_each_others_members_do_not_wait_for_ever(
    ask, admin, person, make, hansen, jensen
):
    bo, ida = await person(), await make.user(jensen)
    stranger = await make.user(jensen, "user_administrator")
    await make.group(jensen, bo, name="Friends")
    await make.group(hansen, ida, name="Friends")

    answers = await gather(
        ask(admin, DELETE, input={"userId": bo.id}),
        ask(stranger, DELETE, input={"userId": ida.id}),
    )

    assert [one["errors"] for one in answers] == [[], []]
    assert await GroupMember.filter(user_id__in=[bo.id, ida.id]).count() == 0
