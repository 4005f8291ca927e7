"""An attempt at a change: one transaction, from the first lookup to the last field of the answer.

The answer is read before the transaction ends, so that a dry run shows what would be; whether it is
kept is decided afterwards. An answer under an Idempotency-Key is stored with the change itself.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from models import Actor, Change, Entity, KeptAnswer
from models.history import record_denied
from models.idempotency import KEPT_FOR
from models.refusals import Conflict, Refusal
from resolvers.context import Context


class Undone(Exception):
    """Rolls a transaction back."""


@dataclass(frozen=True)
class Outcome:
    """How a change ended: with an answer, with refusals, or made before."""

    result: Any = None
    refusals: tuple[Refusal, ...] = ()
    is_repeat: bool = False


class Attempt:
    """One root field of a mutation, on its way."""

    def __init__(self, context: Context, operation: str, permission: str, place: str):
        self.context, self.operation, self.permission = context, operation, permission
        self.place = place  # the key in the answer: a document may ask for one change twice
        former = context.attempt
        self.earlier: list[str] = [*former.earlier, former.operation] if former else []
        self.holder = context.holder  # who is let in by the change goes on as somebody else
        self.actor: Actor | None = None
        self.outcome: Outcome | None = None  # known already, where only its answer is to be read
        self.is_dry_run = False
        self.keeps_dry_run = False  # what is made for a look is kept for a while
        self.is_done = False  # the resolver has run through
        self.is_kept = False  # what was stored stays, though the change was refused
        self.is_refused = False
        self.denied: Entity | None = None  # what a denied attempt was about
        self.first_answer: KeptAnswer | None = None
        self.is_key_taken = False
        self.once: set[str] = set()  # the members of the payload that are shown this once
        self.shown_once: set[str] = set()  # their keys in the answer

    async def through(
        self, answer_of: Callable[[], Awaitable[Any]], is_faulty: Callable[[], bool]
    ) -> Any:
        """Makes a change and reads its answer in one transaction; decides then if it stays."""
        context, answer = self.context, None
        who = context.subject, context.name
        with suppress(Undone):
            async with in_transaction():
                answer = await answer_of()
                if is_faulty():
                    self.is_done, answer = False, None
                if not self.stays:
                    raise Undone
                await self.keep(answer)
        await self.settle(answer)
        if not (self.is_done and self.stays and context.subject.user_id):
            # Whoever was not let in by it does not go on as the user that the link was for; and
            # whoever visited another organisation is at home again.
            context.subject, context.name = who
        if self.first_answer:
            context.headers["Idempotent-Replayed"] = "true"
            return self.answered
        return answer

    @property
    def stays(self) -> bool:
        is_for_good = self.keeps_dry_run or not self.is_dry_run
        return self.is_kept or (self.is_done and is_for_good)

    @property
    def key(self) -> str | None:
        return None if self.is_dry_run else self.context.idempotency_key

    async def was_made(self) -> bool:
        """Whether the same was asked before, under the same key; other input is refused."""
        if self.key is None or self.holder is None:
            return False
        await self.wait_for_others()
        first = await KeptAnswer.get_or_none(**self.asked)
        if first is None or first.kept_at < self.context.now - KEPT_FOR:
            return False
        if first.question_hash != self.question_hash:
            self.is_key_taken = True
            raise Conflict("IDEMPOTENCY_KEY_REUSED")
        self.first_answer = first
        return True

    async def wait_for_others(self) -> None:
        """Lets one request at a time use a key, until its transaction ends."""
        lock = self.context.gateways.vault.fingerprint(f"{self.holder} {self.key}")
        await get_connection("default").execute_query(
            "select pg_advisory_xact_lock($1)", [int(lock[:15], 16)]
        )

    @property
    def answered(self) -> Any:
        """What was answered the first time."""
        assert self.first_answer
        return orjson.loads(self.context.gateways.vault.unseal(self.first_answer.answer_sealed))

    @property
    def asked(self) -> dict[str, Any]:
        number = self.earlier.count(self.operation)
        key = self.context.gateways.vault.fingerprint(f"{number} {self.key}")
        return {"holder_id": self.holder, "operation": self.operation, "key": key}

    @property
    def question_hash(self) -> str:
        return self.context.gateways.vault.fingerprint(f"{self.place} {self.context.question}")

    async def keep(self, answer: Any) -> None:
        """Stores an answer for a repeat; what is shown once is not stored."""
        context = self.context
        if self.key is None or self.holder is None or context.subject.organisation_id is None:
            return
        if self.first_answer or self.is_key_taken or not isinstance(answer, dict):
            return
        shown = {
            name: None if name in self.shown_once else without(context.offered, one)
            for name, one in answer.items()
        }
        await self.wait_for_others()
        await KeptAnswer.filter(**self.asked).delete()
        await KeptAnswer.create(
            organisation_id=context.organisation_id,
            question_hash=self.question_hash,
            answer_sealed=context.gateways.vault.seal(orjson.dumps(shown).decode()),
            kept_at=context.now,
            **self.asked,
        )

    async def settle(self, answer: Any) -> None:
        """What follows when the transaction has ended: refusals are kept too, and letters leave."""
        if self.stays:
            for job in self.context.wakes:
                self.context.gateways.jobs.wake(job)
        elif self.is_refused and not self.is_dry_run and (self.denied or self.key):
            async with in_transaction():
                if self.denied:
                    await self.tell_denied(self.denied)
                await self.keep(answer)

    async def tell_denied(self, about: Entity) -> None:
        context, self.actor = self.context, None  # whom the rolled back transaction knew
        change = Change(
            self.permission,
            self.operation,
            context.now,
            context.request_uuid,
            acting_under=context.subject.power(self.permission),
        )
        await record_denied(change, await context.actor(), about)


def without(addresses: set[str], value: Any) -> Any:
    """An answer in which null stands for each thing that has one of these addresses."""
    if isinstance(value, list):
        return [without(addresses, one) for one in value]
    if not isinstance(value, dict) or not addresses:
        return value
    if any(isinstance(one, str) and one in addresses for one in value.values()):
        return None
    return {name: without(addresses, one) for name, one in value.items()}
