"""A file that has been run is taken back: all of it, or nothing."""

import pytest

from models import (
    Activation,
    Authenticator,
    GroupMember,
    HistoryEntry,
    InformationKind,
    Letter,
    ProductionUnit,
    User,
    UserImport,
    UserSettings,
    UserStatus,
)
from models.verification import verify
from policies import Policy
from resolvers.context import Rules
from resolvers.importing import Worker
from resolvers.imports import JOB
from tests.files import CANCEL, START, UNDO, UPLOAD, created, file, row
from tests.tables import who_may
from tests.users import DELETE, UPDATE, changing

pytestmark = pytest.mark.anyio

test_who_may_undo_imports = who_may("""
                         self  user_administrator  rights_administrator  organisation_administrator
    user_import:undo      .            x                    .                       .
""")
SEND = changing("sendUserForActivation")
DEACTIVATE, ASSIGN = changing("deactivateUser"), changing("assignRole")


@pytest.fixture
async def admin(person):
    roles = ("user_administrator", "organisation_administrator")
    return await person(*roles, name="Bo Holm")


@pytest.fixture
def run(ask, admin, gateways, client):
    """Uploads a file and runs it."""

    async def run(*rows, **more):
        answer = await ask(admin, UPLOAD, input={"file": {"text": file(*rows)}, **more})
        assert answer["errors"] == []
        await gateways.jobs.run_once(JOB)
        key = answer["userImport"]["id"]
        removals = sum(one.startswith("D") for one in rows) or None
        given = {"importId": key, "confirmRemovals": removals}
        assert (await ask(admin, START, input=given))["errors"] == []
        await gateways.jobs.run_once(JOB)
        return key

    return run


@pytest.fixture
def undo(ask, admin):
    async def undo(key, by=None, **more):
        return await ask(by or admin, UNDO, input={"importId": key}, **more)

    return undo


async def allow(*information):
    """Sets what may be tied to users."""
    await UserSettings.all().update(allowed_information=[*information])


async def stored():
    """The users as they are, but for how often and when they were changed."""
    hidden = {"version", "updated_at"}
    return {
        one.id: {name: value for name, value in one.columns().items() if name not in hidden}
        for one in await User.all()
    }


async def test_what_a_file_created_goes_and_what_it_changed_is_as_before(run, undo, person, hansen):
    await allow(*InformationKind)
    bo = await person(name="Bo Lind", phone_number="11111111", reference_text="A-1")
    eva = await person(name="Eva Lund", email="eva@example.dk", production_unit=None)
    before = await stored()
    key = await run(
        created(1),
        created(2, CPR="", Foedselsdato="31011990", P_nummer="1029829825"),
        row("U", UUID=bo.uuid, Telefon="22222222", Referencetekst="B-2", TargetIAL="3"),
        row("U", UUID=eva.uuid, Email="new@example.dk", P_nummer="1029829825"),
        row("U", UUID=(await person(phone_number="33333333")).uuid, Telefon="33333333"),
    )
    letters = await Letter.all().count()

    answer = await undo(key)

    assert answer["errors"] == answer["conflicts"] == []
    undone = answer["userImport"]
    assert (undone["status"], undone["counts"]["done"], undone["percentDone"]) == ("UNDONE", 5, 100)
    after = await stored()
    assert {one: after[one] for one in before} == before
    made = await User.filter(imported_from_id=key)
    assert {(one.status, one.deleted_at is not None) for one in made} == {("DELETED", True)}
    assert not await GroupMember.exists(user_id__in=[one.id for one in made])
    assert await Letter.all().count() == letters
    assert (await verify(hansen.id)).is_intact


async def test_the_history_tells_it_as_the_single_changes(run, undo, person, admin):
    bo = await person(name="Bo Lind", phone_number="11111111")
    key = await run(created(1), row("U", UUID=bo.uuid, Telefon="", P_nummer="1029829825"))

    await undo(key)

    entries = await HistoryEntry.filter(operation="undoUserImport").order_by("sequence")
    assert [(one.activity, one.summary) for one in entries] == [
        ("user:delete", "Delete user: Ny Bruger 1"),
        ("user:update", "Update user: Bo Lind"),
        ("user_import:undo", "Undo user import: users.csv"),
    ]
    unit = {"field": "productionUnit", "old": "1029829825", "new": None}
    assert unit in entries[1].changes
    assert {one.actor_user_id for one in entries} == {admin.id}
    assert {str(one.user_import_id) for one in entries[:2]} == {key}
    assert entries[2].changes == [{"field": "status", "old": "DONE", "new": "UNDONE"}]


async def test_a_dry_run_tells_what_would_be_and_keeps_nothing(run, undo, person):
    bo = await person(phone_number="11111111")
    key = await run(created(1), row("U", UUID=bo.uuid, Telefon="22222222"))
    before, told = await stored(), await HistoryEntry.all().count()

    answer = await undo(key, dryRun=True)

    assert (answer["userImport"]["status"], answer["conflicts"]) == ("UNDONE", [])
    assert (await stored(), await HistoryEntry.all().count()) == (before, told)
    assert (await UserImport.get(id=key)).status == "DONE"


async def change_phone(ask, admin, user):
    await ask(admin, UPDATE, input={"userId": user.id, "phoneNumber": "99999999"})


async def delete(ask, admin, user):
    await ask(admin, DELETE, input={"userId": user.id})


async def give_role(ask, admin, user):
    given = {"userId": user.id, "role": "RIGHTS_ADMINISTRATOR"}
    assert (await ask(admin, ASSIGN, input=given))["errors"] == []


async def deactivate(ask, admin, user):
    await ask(admin, SEND, input={"userId": user.id})
    assert (await ask(admin, DEACTIVATE, input={"userId": user.id}))["errors"] == []


@pytest.mark.parametrize("later", [change_phone, give_role, deactivate])
@pytest.mark.parametrize("is_dry", [False, True])
async def test_a_later_change_of_a_new_user_stands_in_the_way(run, undo, ask, admin, later, is_dry):
    key = await run(created(1), created(2))
    user = await User.get(email="ny1@example.dk")
    await later(ask, admin, user)
    before = await stored()

    answer = await undo(key, dryRun=is_dry)

    assert (answer.problem, answer["userImport"]) == ("UNDO_CONFLICTS", None)
    told = [{"kind": "USER", "count": 1}]
    assert answer["errors"][0]["usages"] == told
    assert answer["conflicts"] == [told[0] | {"examples": [{"id": str(user.id)}]}]
    assert await stored() == before
    assert (await UserImport.get(id=key)).status == "DONE"


@pytest.mark.parametrize(("later", "count"), [(change_phone, 1), (delete, 1), (give_role, 0)])
async def test_only_a_later_change_of_what_the_file_changed_stands_in_the_way(
    run, undo, ask, admin, person, later, count
):
    bo = await person(phone_number="11111111")
    key = await run(row("U", UUID=bo.uuid, Telefon="22222222"), created(1))
    await later(ask, admin, bo)

    answer = await undo(key)

    assert sum(one["count"] for one in answer["conflicts"]) == count
    phone = (await User.get(id=bo.id)).phone_number
    assert (phone == "11111111") is (count == 0)


async def test_a_membership_stands_in_the_way_until_it_is_ended(
    run, undo, make, hansen, ask, admin
):
    key = await run(created(1))
    user = await User.get(email="ny1@example.dk")
    group = await make.group(hansen, user)
    member = await GroupMember.get(group_id=group.id)

    stopped = await undo(key)
    async with make.change(hansen.id):
        await member.delete()
    done = await undo(key)

    example = {"id": str(member.id)}
    assert stopped["conflicts"] == [{"kind": "GROUP_MEMBER", "count": 1, "examples": [example]}]
    assert done["userImport"]["status"] == "UNDONE"


async def test_who_was_sent_for_activation_goes_with_the_way_in_but_not_who_is_in(
    run, undo, ask, admin, make, hansen
):
    key = await run(created(1), created(2))
    one, other = await User.filter(imported_from_id=key).order_by("name")
    for user in (one, other):
        await ask(admin, SEND, input={"userId": user.id})
    await make.authenticator(one)
    # As what is ordered while a user is sent for activation is told.
    ordered = HistoryEntry.filter(about_kind="AUTHENTICATOR")
    await ordered.update(activity="user:send_for_activation")
    await ask(admin, changing("resendActivation"), input={"userId": one.id})
    letters = await Letter.all().count()

    answer = await undo(key)

    assert answer["userImport"]["status"] == "UNDONE"
    assert await Activation.all().count() == 0
    assert not await Authenticator.exists(user_id=one.id, status__not="WITHDRAWN")
    assert await Letter.all().count() == letters


async def test_an_activated_user_stands_in_the_way(run, undo, gateways, make, hansen):
    key = await run(created(1))
    user = await User.get(email="ny1@example.dk")
    async with make.change(hansen.id):
        user.status = UserStatus.ACTIVE
        user.activated_at = gateways.clock.now()
        await user.save()

    answer = await undo(key)

    assert answer.problem == "UNDO_CONFLICTS"


async def test_a_way_in_that_went_to_the_files_address_is_void(run, undo, ask, admin, person):
    anne = await person(
        status=UserStatus.AWAITING_ACTIVATION, activated_at=None, email="anne@example.dk"
    )
    key = await run(row("U", UUID=anne.uuid, Email="wrong@example.dk"))
    assert await Activation.exists(user_id=anne.id)

    await undo(key)

    assert (await User.get(id=anne.id)).email == "anne@example.dk"
    assert not await Activation.exists(user_id=anne.id)


async def test_a_deletion_cannot_be_undone_and_neither_can_its_file(run, undo, person):
    eva = await person()
    await person()
    key = await run(created(1), row("D", UUID=eva.uuid))

    answer = await undo(key)

    assert answer.problem == "USER_DELETED"
    assert answer["conflicts"] == [{"kind": "USER", "count": 1, "examples": [{"id": str(eva.id)}]}]
    assert (await User.get(email="ny1@example.dk")).status == "IMPORTED"


async def test_ten_examples_and_the_number_of_all_are_told(run, undo, ask, admin):
    key = await run(*(created(number) for number in range(12)))
    for user in await User.filter(imported_from_id=key):
        await change_phone(ask, admin, user)

    (found,) = (await undo(key))["conflicts"]

    assert (found["count"], len(found["examples"])) == (12, 10)


async def test_an_old_value_that_is_gone_or_forbidden_now_stands_in_the_way(
    run, undo, person, make, hansen
):
    await allow(*InformationKind)
    old, new = await ProductionUnit.filter(organisation_id=hansen.id).order_by("id")
    bo = await person(production_unit=old)
    eva = await person(reference_text="A-1")
    gone = await run(row("U", UUID=bo.uuid, P_nummer=new.p_number))
    forbidden = await run(row("U", UUID=eva.uuid, Referencetekst="B-2"))
    await ProductionUnit.filter(id=old.id).update(p_number="1017862568")
    await allow(InformationKind.P_NUMBER)

    answers = [await undo(gone), await undo(forbidden)]

    assert [one.problem for one in answers] == ["UNDO_CONFLICTS"] * 2
    assert [one["conflicts"][0]["examples"] for one in answers] == [
        [{"id": str(bo.id)}],
        [{"id": str(eva.id)}],
    ]
    assert (await User.get(id=eva.id)).reference_text == "B-2"


async def test_who_has_been_deleted_since_needs_no_undoing(run, undo, ask, admin):
    key = await run(created(1), created(2))
    await delete(ask, admin, await User.get(email="ny1@example.dk"))

    answer = await undo(key)

    assert answer["userImport"]["status"] == "UNDONE"
    told = HistoryEntry.filter(operation="undoUserImport", activity="user:delete")
    assert await told.count() == 1


async def test_a_file_that_stopped_half_way_is_undone_as_far_as_it_came(
    undo, ask, admin, gateways, monkeypatch, client
):
    monkeypatch.setattr("resolvers.imports.ROWS_IN_A_PART", 2)
    worker = Worker(gateways, Policy(), Rules(admits_replacement_numbers=True))
    rows = [created(number) for number in range(5)]
    given = {"file": {"text": file(*rows)}, "startWhenReady": True}
    key = (await ask(admin, UPLOAD, input=given))["userImport"]["id"]
    for _ in range(3 + 1 + 1):
        await worker.step()

    running = await undo(key)
    await ask(admin, CANCEL, input={"importId": key})
    answer = await undo(key)

    assert running.problem == "IMPORT_ALREADY_STARTED"
    assert answer["userImport"]["status"] == "UNDONE"
    assert await User.filter(status="DELETED").count() == 2


async def test_a_file_is_undone_once_and_may_then_be_run_again(run, undo):
    key = await run(created(1))
    await undo(key)

    again = await undo(key)
    anew = await run(created(1))

    assert again.problem == "IMPORT_FINISHED"
    assert anew != key


async def test_files_are_undone_the_last_one_first(run, undo, person):
    bo = await person(phone_number="11111111")
    first = await run(created(1), row("U", UUID=bo.uuid, Telefon="22222222"))
    new = await User.get(email="ny1@example.dk")
    rows = [row("U", UUID=one.uuid, Telefon="33333333") for one in (bo, new)]
    second = await run(*rows)

    early = await undo(first)
    answers = [await undo(second), await undo(first)]

    assert early["conflicts"][0]["count"] == 2
    assert [one["errors"] for one in answers] == [[], []]
    assert (await User.get(id=bo.id)).phone_number == "11111111"
    assert (await User.get(id=new.id)).status is UserStatus.DELETED


@pytest.mark.parametrize(("retention", "days"), [(90, 30), (30, 30), (5, 5)])
async def test_after_a_month_or_the_term_of_the_settings_it_is_too_late(
    run, undo, gateways, hansen, retention, days
):
    await UserSettings.filter(organisation_id=hansen.id).update(retention_days=retention)
    key = await run(created(1))

    gateways.clock.advance(days=days, seconds=-1)
    early = await undo(key, dryRun=True)
    gateways.clock.advance(seconds=1)
    late = await undo(key)

    assert early["errors"] == []
    assert late.problem == "UNDO_WINDOW_OVER"


async def test_a_file_that_was_not_run_has_nothing_to_undo(undo, ask, admin, gateways):
    codes = []
    for dry in (False, True):
        given = {"file": {"text": file(created(1))}}
        answer = await ask(admin, UPLOAD, input=given, dryRun=dry)
        await gateways.jobs.run_once(JOB)
        codes.append((await undo(answer["userImport"]["id"])).problem)

    assert codes == ["NOTHING_TO_CHANGE", "IMPORT_IS_DRY_RUN"]


async def test_a_stranger_undoes_nothing(run, undo, make, jensen):
    key = await run(created(1))

    answer = await undo(key, by=await make.user(jensen, "user_administrator"))

    assert answer.problem == "NOT_FOUND"


async def test_the_number_of_statements_does_not_follow_from_the_length_of_the_file(run, undo, sql):
    short = await run(*(created(number) for number in range(2)))
    long = await run(*(created(number) for number in range(10, 40)))
    sql()

    await undo(short)
    few = sql()
    await undo(long)

    assert sql() == few


async def test_the_receipt_tells_that_it_was_undone(run, undo, ask, admin, client):
    key = await run(created(1))
    await undo(key)
    asked = "query ($id: ID!) { userImport(id: $id) { receipt { url } } }"

    response = await client.get((await ask(admin, asked, id=key))["receipt"]["url"])

    assert "2;C;Fortrudt.;" in response.text


async def test_those_who_went_are_erased_in_time(run, undo, gateways, admin):
    key = await run(created(1, Fornavn="Hemmelig"))
    await undo(key)

    gateways.clock.advance(days=90)
    await gateways.jobs.run_once("erasures")

    assert not await User.exists(imported_from_id=key)
