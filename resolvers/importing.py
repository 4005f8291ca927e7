"""Files of users on their way: checked and run a part at a time, each part one transaction.

Whoever works on a file holds its row locked for one transaction. When a process dies, whatever
way, the database gives the lock back and undoes the part, and the next process goes on with it: a
row is run exactly once, by whomever.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways
from models import Actor, ActorKind, Change, UserImport
from models.history import record
from models.imports import CHECKING, FAILED, LASTS, REHEARSED, RUNNING
from policies import Policy, Subject
from resolvers.context import Context, Rules
from resolvers.import_parts import Part, Stopped, end, store_errors
from resolvers.standings import Standings

STUMBLES = 5  # after which a file is given up
NEXT = """
select id from user_import where status in ('CHECKING', 'RUNNING') and stumble_count < $1
order by stumble_count, id limit 1 for no key update skip locked
"""
TIME = f"least(s.retention_days, {LASTS}) * interval '1 day'"  # as `models.imports.lasts` says
WAITED = f"""
select f.id from user_import f join user_settings s on s.organisation_id = f.organisation_id
where f.started_at is null and not f.is_dry_run and f.created_at <= $1::timestamptz - {TIME}
"""
# Of what has ended stay the counts, the codes, and what was done to users that there are.
FORGET = f"""
with ended as (
    select f.id, f.done_through
    from user_import f join user_settings s on s.organisation_id = f.organisation_id
    where f.finished_at <= $1::timestamptz - {TIME}
), parts as (
    delete from user_import_part p using ended where p.user_import_id = ended.id
    returning ended.id
), guesses as (
    update user_import_row_error e set suggestion = null
    where e.suggestion is not null and e.user_import_id in (select id from parts)
)
update user_import_row r set changes = '[]'
from ended where r.user_import_id = ended.id and r.line > ended.done_through
    and r.changes::text <> '[]'
"""


@dataclass(frozen=True)
class Worker:
    """Works on files: all that it needs beside the database."""

    gateways: Gateways
    policy: Policy
    rules: Rules

    async def work(self) -> None:
        """Goes on with whatever file waits, until none does."""
        while await self.step():
            await asyncio.sleep(0)

    async def step(self) -> bool:
        """Checks or runs one part of one file; tells whether there was one."""
        taken: list[UserImport] = []
        try:
            async with in_transaction():
                found = await get_connection("default").execute_query_dict(NEXT, [STUMBLES])
                if not found:
                    return False
                file = await UserImport.get(id=found[0]["id"])
                taken.append(file)
                is_checking = file.status is CHECKING
                who_id = file.uploaded_by_id if is_checking else file.started_by_id
                context = await self.context(file, await Actor.get(id=who_id))
                verb = "upload" if is_checking else "start"
                if self.policy.allows(context.subject, f"user_import:{verb}"):
                    part = Part(file, context)
                    await (part.check() if is_checking else part.run())
                else:
                    await end(self.gateways, file, FAILED, "PERMISSION_WITHDRAWN")
            for job in context.wakes:
                self.gateways.jobs.wake(job)
        except Stopped as stop:
            await self.stop(taken[0], stop)
        except Exception:
            if taken:
                await self.stumble(taken[0])
            raise
        return True

    async def stop(self, import_: UserImport, stop: Stopped) -> None:
        """Ends a file of which one row has become bad; what was run before stays."""
        async with in_transaction():
            import_ = await UserImport.locked(id=import_.id)
            if import_.status is RUNNING:
                await store_errors(import_, stop.rows)
                await stop.part.keep({one.line for one in stop.rows})
                code = stop.rows[0].faults[0][1].code
                await end(self.gateways, import_, FAILED, code)

    async def stumble(self, import_: UserImport) -> None:
        """Counts a fault of ours; a file that meets it again and again is given up."""
        async with in_transaction():
            import_ = await UserImport.locked(id=import_.id)
            import_.stumble_count += 1
            here = UserImport.filter(id=import_.id)
            await here.update(stumble_count=import_.stumble_count)
            if import_.stumble_count >= STUMBLES:
                await end(self.gateways, import_, FAILED, "INTERNAL")

    async def context(self, import_: UserImport, who: Actor) -> Context:
        """What a request of whoever started the file would carry, with the roles held now."""
        nobody = Subject(None, import_.organisation_id, frozenset())
        standing = await Standings().of_signed_in(who, self.gateways.clock.now())
        is_here = standing and standing.subject.organisation_id == import_.organisation_id
        subject = standing.subject if standing and is_here else nobody
        uuid = import_.request_uuid
        return Context.beside(self.gateways, self.policy, self.rules, subject, who.name, uuid)

    async def forget(self) -> None:
        """Deletes files that were not run in time, and of the others what is not needed longer."""
        now, client = self.gateways.clock.now(), get_connection("default")
        await UserImport.filter(is_dry_run=True, created_at__lt=now - REHEARSED).delete()
        for found in await client.execute_query_dict(WAITED, [now]):
            await self.drop(found["id"], now)
        await client.execute_query(FORGET, [now])

    async def drop(self, key: UUID, now: datetime) -> None:
        """Deletes a file that was never started, and tells the history, which stays."""
        async with in_transaction():
            file = await UserImport.locked_or_none(id=key)
            if file is None or file.started_at:
                return
            change = Change("user_import:cancel", "forgetUserImport", now, uuid4())
            change.begin()
            await file.delete()
            await record(change, await Actor.named(file.organisation_id, ActorKind.SYSTEM, "Segl"))
