"""Imported users on their way to activation: one by one, or a batch of them a part at a time.

A batch of more than one part is sent beside the requests. Whoever works on a part holds its row
locked for one transaction, at the end of which the row is gone: when a process dies, the database
undoes all of it, and the next process begins the part anew. So a user is sent once, and one letter
leaves, by whomever.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from gateways import Gateways
from models import (
    Activation,
    ActivationBatch,
    Authenticator,
    AuthenticatorStatus,
    BatchPart,
    Change,
    DeviceKind,
    LeftOut,
    Letter,
    User,
    UserAction,
    UserStatus,
    bulk,
)
from models.bulk import in_turns
from models.history import record
from models.refusals import Invalid
from policies import Policy, Subject
from resolvers import activations, batch_codes
from resolvers.activations import CodedUser
from resolvers.authenticators import AuthenticatorInput, all_assignable, equip, ordered
from resolvers.codes import give_code
from resolvers.context import Context, Rules, checked_by

JOB = "batches"
PART = 100  # users
STUMBLES = 5  # after which a part is given up
NEXT = """
select id from batch_part where stumble_count < $1
order by stumble_count, id limit 1 for update skip locked
"""
SEND = """
update "user" set status = 'AWAITING_ACTIVATION', version = version + 1, updated_at = $2,
    awaiting_since = $2, activation_batch_id = $3
where id = any($1)
"""


async def equippable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with the means of signing in to give, where any are named."""
    if given.get("authenticators") is not None:
        async for fault in all_assignable(context, given["authenticators"]):
            yield fault


@checked_by(equippable)
async def send_for_activation(
    context: Context, user: User, authenticators: list[AuthenticatorInput] | None = None
) -> CodedUser:
    """Send one imported user for activation.

    authenticators: What the user may sign in with; as imported when absent.
    user: The user, awaiting activation.
    temporary_code: The code to hand over, when the user was created by date of birth.
    """
    user.take(UserAction.SEND_FOR_ACTIVATION)
    user.awaiting_since = context.now
    await user.save()
    await equip(context, user, authenticators)
    return CodedUser(user, await activations.invite(context, user))


async def send_part(
    context: Context, batch: ActivationBatch, user_ids: Sequence[UUID | str]
) -> None:
    """Sends users of a batch, if they wait still; the counts are of what was done."""
    waiting = User.filter(id__in=user_ids, status=UserStatus.IMPORTED)
    found = await waiting.order_by("id").select_for_update(no_key=True)
    users = [one for one in found if one.cpr_number_hash or batch.includes_born]
    await send(context, batch, users)
    left_out = [one.id for one in found if one not in users]
    await leave_out(batch, left_out)
    await count(batch, sent=len(users) - len(user_ids), left_out=len(left_out))


async def leave_out(batch: ActivationBatch, user_ids: Sequence[UUID]) -> None:
    """Keeps who was left out for want of a CPR number."""
    here = {"organisation_id": batch.organisation_id, "batch_id": batch.id}
    await bulk.create([LeftOut(**here, user_id=key) for key in user_ids])


async def count(batch: ActivationBatch, sent: int = 0, left_out: int = 0) -> None:
    """Counts on: that is no change of the batch, so its version stays."""
    if sent or left_out:
        await ActivationBatch.filter(id=batch.id).update(
            sent_count=F("sent_count") + sent, left_out_count=F("left_out_count") + left_out
        )


async def send(context: Context, batch: ActivationBatch, users: list[User]) -> None:
    """Sends many users at once, each as `send_for_activation` sends one."""
    organisation, change = await context.organisation(), Change.under_way()
    letters: list[Letter] = []
    begun: list[Activation] = []
    codes = []
    given = await equipment(context, batch, users)
    async for user in in_turns(users):
        user.take(UserAction.SEND_FOR_ACTIVATION)
        change.touch(user).notes["activationBatch"] = (None, batch.known_as)
        activation = activations.begun(user)
        activation.letter = activations.linked(context, user, activation, organisation)
        letters.append(activation.letter)
        begun.append(activation)
        if user.cpr_number_hash is None:
            codes.append(give_code(context, user, activation))
    await bulk.create(letters)
    await bulk.create(begun)
    await bulk.create(given)
    await batch_codes.keep(context, batch, codes)
    keys = [one.id for one in users]
    await get_connection("default").execute_query(SEND, [keys, context.now, batch.id])


async def equipment(
    context: Context, batch: ActivationBatch, users: list[User]
) -> list[Authenticator]:
    """What users of a batch get to sign in with: each one, unless it has enough already.

    A device that comes by post is ordered one by one, for its address stands nowhere.
    """
    if batch.devices and DeviceKind.APP not in batch.devices:
        return []
    given = AuthenticatorInput(batch.authenticator_kind)
    held: dict[UUID, list[Authenticator]] = {}
    keys = [one.id for one in users]
    for one in await Authenticator.filter(user_id__in=keys).exclude(
        status=AuthenticatorStatus.WITHDRAWN
    ):
        held.setdefault(one.user_id, []).append(one)
    found = []
    for user in users:
        made, before = ordered(context, user, given), held.get(user.id, [])
        is_same = any(one.identity == made.identity for one in before)
        if not is_same and len(before) < batch.authenticators_each:
            found.append(made)
    return found


@dataclass(frozen=True)
class Worker:
    """Works on batches: all that it needs beside the database."""

    gateways: Gateways
    policy: Policy
    rules: Rules

    async def work(self) -> None:
        """Goes on with whatever part waits, until none does."""
        while await self.step():
            await asyncio.sleep(0)

    async def step(self) -> bool:
        """Sends one part of a batch; tells whether there was one."""
        taken: list[BatchPart] = []
        try:
            async with in_transaction():
                found = await get_connection("default").execute_query_dict(NEXT, [STUMBLES])
                if not found:
                    return False
                part = await BatchPart.get(id=found[0]["id"]).select_related("batch__sent_by")
                taken.append(part)
                wakes = await self.send(part, part.batch)
                await part.delete()
            for job in wakes:
                self.gateways.jobs.wake(job)
        except Exception:
            if taken:
                await self.stumble(taken[0])
            raise
        return True

    async def send(self, part: BatchPart, batch: ActivationBatch) -> set[str]:
        """Sends a part as whoever asked for the batch; tells which jobs have work then."""
        who, uuid = batch.sent_by, batch.request_uuid
        assert who
        assert uuid
        subject = Subject(
            who.user_id, who.organisation_id, frozenset(), certificate_id=who.certificate_id
        )
        context = Context.beside(self.gateways, self.policy, self.rules, subject, who.name, uuid)
        activity, operation = "user:send_for_activation", "sendUsersForActivation"
        change = Change(activity, operation, context.now, uuid)
        change.begin()
        await send_part(context, batch, part.user_ids)
        await record(change, who)
        return context.wakes

    async def stumble(self, part: BatchPart) -> None:
        """Counts a fault of ours; of a part that is given up, the users are free for another."""
        async with in_transaction():
            part = await BatchPart.locked(id=part.id)
            part.stumble_count += 1
            await part.save()
            if part.stumble_count >= STUMBLES:
                batch = await ActivationBatch.get(id=part.batch_id)
                await count(batch, sent=-len(part.user_ids))
                await part.delete()

    async def forget(self) -> None:
        """Deletes the codes that nobody came for while they were good."""
        await batch_codes.forget(self.gateways.clock.now())
