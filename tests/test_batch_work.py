"""A large batch is sent a part at a time beside the requests; nobody who is killed sends twice."""

import asyncio
import os
import random
import signal

import pytest

from gateways import Claims
from models import (
    Activation,
    ActivationBatch,
    Authenticator,
    BatchCodes,
    BatchPart,
    CertificateKind,
    HistoryEntry,
    Letter,
    User,
    bulk,
)
from models.verification import verify
from tests.machines import Machine
from tests.users import DELETE, UPDATE, changing

pytestmark = pytest.mark.anyio

KILLS = 20 if os.environ.get("SEGL_PROVE") else 2
USERS = 200 * KILLS
SEND = changing("sendUserForActivation")
READS = "id isDone sentCount leftOutCount leftOut { totalCount } codes { url }"
BATCH = f"""
    mutation ($input: SendUsersForActivationInput!, $dryRun: Boolean) {{
      sendUsersForActivation(input: $input, dryRun: $dryRun) {{
        batch {{ {READS} }} errors {{ code path }}
      }}
    }}
"""
READ = f"query ($id: ID!) {{ activationBatch(id: $id) {{ {READS} }} }}"
EVERYBODY = {"users": {"isAll": True}, "authenticatorKind": "SEPARATE_MITID"}


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Dorte Friis")


@pytest.fixture
def imported(make, hansen):
    """Makes many imported users at once, of whom some have no CPR number."""

    async def imported(number, without=0):
        level = hansen.assurance_level
        here = {"organisation_id": hansen.id, "status": "IMPORTED", "target_assurance_level": level}
        users = []
        for at in range(number):
            user = User.built(**here, email=f"{at}@example.dk", first_name="", surname="", name="")
            user.rename("Anne", f"Holm {at}")
            user.cpr_number_hash = None if at < without else f"{at:064}"
            users.append(user)
        async with make.change(hansen.id):
            await bulk.create(users)
        return users

    return imported


@pytest.fixture
def send_all(ask, admin):
    async def send_all(**given):
        answer = await ask(admin, BATCH, input=EVERYBODY | given)
        assert answer["errors"] == []
        return answer["batch"]

    return send_all


@pytest.fixture
def seen(ask, admin):
    async def seen(batch):
        return await ask(admin, READ, id=batch["id"])

    return seen


async def test_a_hundred_are_sent_at_once_and_more_are_sent_in_the_background(
    imported, send_all, seen, gateways
):
    await imported(101)

    batch = await send_all()

    assert (batch["sentCount"], batch["isDone"]) == (101, False)
    assert await User.filter(status="IMPORTED").count() == 101
    await gateways.jobs.run_once("batches")
    assert await User.filter(status="AWAITING_ACTIVATION").count() == 101
    assert not (await seen(batch))["isDone"]
    await gateways.jobs.run_once("letters")
    assert (await seen(batch))["isDone"]


async def test_the_history_tells_it_of_each_as_of_who_asked(admin, imported, send_all, gateways):
    users = await imported(150)

    await send_all()
    await gateways.jobs.run_once("batches")

    entries = await HistoryEntry.filter(operation="sendUsersForActivation", about_kind="USER")
    assert {one.about_id for one in entries} == {one.id for one in users}
    assert {one.actor_user_id for one in entries} == {admin.id}
    assert len({one.request_uuid for one in entries}) == 1
    assert {one.version for one in await User.filter(status="AWAITING_ACTIVATION")} == {2}


async def test_a_batch_of_a_machine_is_sent_in_its_name(imported, make, hansen, client, gateways):
    await imported(101)
    profile = await make.profile(hansen, system_rights=["IDENTITY_MANAGEMENT"])
    facts = {"kind": CertificateKind.SYSTEM, "profile": profile}
    certificate = await make.certificate(hansen, **facts)
    machine = Machine(client, gateways, certificate, None)
    claims = Claims(certificate_id=certificate.id)
    machine.token = gateways.identity.token(claims, gateways.clock.now())

    await machine.ask(BATCH, input=EVERYBODY)
    await gateways.jobs.run_once("batches")

    entries = HistoryEntry.filter(operation="sendUsersForActivation", about_kind="USER")
    actors = {one.actor for one in await entries.select_related("actor")}
    assert {(one.kind, one.name) for one in actors} == {("MACHINE", certificate.known_as)}
    assert await entries.count() == 101


async def test_codes_are_shown_when_all_are_sent(imported, send_all, seen, client, gateways):
    await imported(250, without=220)

    batch = await send_all(includeDateOfBirthUsers=True)

    assert (batch["sentCount"], batch["codes"]) == (250, None)
    await gateways.jobs.run_once("batches")
    assert await BatchCodes.all().count() == 3
    file = await client.get((await seen(batch))["codes"]["url"])
    assert len(file.text.splitlines()) == 1 + 220


async def test_those_without_a_number_are_left_out_of_a_large_batch_too(
    imported, send_all, seen, gateways
):
    await imported(250, without=120)

    batch = await send_all()

    assert (batch["sentCount"], batch["leftOutCount"]) == (130, 120)
    await gateways.jobs.run_once("batches")
    done = await seen(batch)
    assert (done["sentCount"], done["leftOut"]) == (130, {"totalCount": 120})
    assert await User.filter(status="IMPORTED").count() == 120


async def test_what_happens_meanwhile_to_those_who_wait_is_minded(
    ask, admin, imported, send_all, seen, gateways
):
    gone, alone, unnumbered, *_ = await imported(110)
    batch = await send_all()
    await ask(admin, DELETE, input={"userId": gone.id})
    await ask(admin, SEND, input={"userId": alone.id})
    born = {"userId": unnumbered.id, "person": {"dateOfBirth": "1990-01-31"}}
    await ask(admin, UPDATE, input=born)

    await gateways.jobs.run_once("batches")

    done = await seen(batch)
    assert (done["sentCount"], done["leftOutCount"]) == (107, 1)
    assert (await User.get(id=gone.id)).status == "DELETED"
    assert (await User.get(id=unnumbered.id)).status == "IMPORTED"
    assert await Letter.filter(to=alone.email).count() == 1


async def test_who_is_being_sent_is_not_taken_by_another_batch(
    ask, admin, imported, send_all, gateways
):
    first, *_ = await imported(101)
    await send_all()

    again = await send_all()
    named = EVERYBODY | {"users": {"userIds": [first.id]}}
    refused = await ask(admin, BATCH, input=named)

    assert again["sentCount"] == 0
    assert refused["errors"] == [{"code": "USER_NOT_IMPORTED", "path": ["users", "userIds", "0"]}]
    await gateways.jobs.run_once("batches")
    assert await Letter.all().count() == 101


async def test_a_dry_run_of_a_large_batch_leaves_nothing_behind(ask, admin, imported, gateways):
    await imported(101)

    answer = await ask(admin, BATCH, input=EVERYBODY, dryRun=True)
    await gateways.jobs.run_once("batches")

    assert answer["batch"]["sentCount"] == 101
    assert await User.filter(status="IMPORTED").count() == 101
    assert not await ActivationBatch.exists()


@pytest.mark.faulty
async def test_a_batch_that_fails_again_and_again_is_given_up_and_its_users_are_free(
    imported, send_all, seen, gateways, monkeypatch
):
    await imported(101)
    batch = await send_all()

    async def fault(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("resolvers.sending.send", fault)
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                await gateways.jobs.run_once("batches")
    await gateways.jobs.run_once("batches")

    assert (await seen(batch))["sentCount"] == 0
    assert (await send_all())["sentCount"] == 101


async def sent_so_far():
    return await User.filter(status="AWAITING_ACTIVATION").count()


async def moved(since, process):
    """Waits until more have been sent."""
    while (now := await sent_so_far()) == since < USERS:
        assert process.returncode is None, "the worker has ended by itself"
        await asyncio.sleep(0.01)
    return now


async def all_were_sent_once(key, hansen):
    batch = await ActivationBatch.get(id=key)
    assert batch.sent_count == USERS
    assert await sent_so_far() == USERS
    assert await Letter.all().count() == USERS
    assert len(set(await Letter.all().values_list("to", flat=True))) == USERS
    assert await Activation.all().count() == await Authenticator.all().count() == USERS
    told = HistoryEntry.filter(operation="sendUsersForActivation", about_kind="USER")
    assert await told.count() == USERS
    assert (await verify(hansen.id)).is_intact


async def ended(key):
    while await BatchPart.exists(batch_id=key):
        await asyncio.sleep(0.01)


async def test_a_worker_that_is_killed_sends_nobody_twice_and_forgets_nobody(
    worker, imported, send_all, hansen
):
    chance, killed, so_far = random.Random(), 0, 0
    await imported(USERS, without=USERS // 2)
    batch = await send_all(includeDateOfBirthUsers=True)

    while killed < KILLS:
        process = await worker()
        so_far = await moved(so_far, process)
        await asyncio.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        killed, so_far = killed + 1, await sent_so_far()
    process = await worker()
    await ended(batch["id"])
    process.kill()
    await process.wait()

    await all_were_sent_once(batch["id"], hansen)


async def test_two_workers_share_the_work_and_send_nobody_twice(worker, imported, send_all, hansen):
    await imported(USERS)
    batch = await send_all()

    both = [await worker(), await worker()]
    await ended(batch["id"])
    for process in both:
        process.kill()
        await process.wait()

    await all_were_sent_once(batch["id"], hansen)
