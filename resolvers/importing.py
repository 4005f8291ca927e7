"""Files of users on their way: checked and run a part at a time, each part one transaction.

Whoever works on a file holds its row locked for one transaction. When a process dies, whatever
way, the database gives the lock back and undoes the part, and the next process goes on with it: a
row is run exactly once, by whomever.
"""

import asyncio
from dataclasses import dataclass

from tortoise import connections
from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import Actor, UserImport
from models.imports import CHECKING, FAILED, REHEARSED, RUNNING
from policies import Policy, Subject
from resolvers.context import Context, Rules
from resolvers.import_parts import Part, Stopped, end, store_errors

STUMBLES = 5  # after which a file is given up
NEXT = """
select id from user_import where status in ('CHECKING', 'RUNNING') and stumble_count < $1
order by stumble_count, id limit 1 for no key update skip locked
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
                found = await connections.get("default").execute_query_dict(NEXT, [STUMBLES])
                if not found:
                    return False
                file = await UserImport.get(id=found[0]["id"])
                taken.append(file)
                is_checking = file.status is CHECKING
                who_id = file.uploaded_by_id if is_checking else file.started_by_id
                context = self.context(file, await Actor.get(id=who_id))
                part = Part(file, context)
                await (part.check() if is_checking else part.run())
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
                code = stop.rows[0].faults[0][1].code
                await end(import_, FAILED, self.gateways.clock.now(), code)

    async def stumble(self, import_: UserImport) -> None:
        """Counts a fault of ours; a file that meets it again and again is given up."""
        async with in_transaction():
            import_ = await UserImport.locked(id=import_.id)
            import_.stumble_count += 1
            here = UserImport.filter(id=import_.id)
            await here.update(stumble_count=import_.stumble_count)
            if import_.stumble_count >= STUMBLES:
                await end(import_, FAILED, self.gateways.clock.now(), "INTERNAL")

    def context(self, import_: UserImport, who: Actor) -> Context:
        """What a request of whoever started the file would carry."""
        now = self.gateways.clock.now()
        here = import_.organisation_id
        subject = Subject(who.user_id, here, frozenset())
        uuid = import_.request_uuid
        return Context(
            self.gateways, self.policy, self.rules, subject, now, today(now), "da", uuid, who.name
        )

    async def forget(self) -> None:
        """Deletes the files that were uploaded to be checked only, a day after."""
        before = self.gateways.clock.now() - REHEARSED
        await UserImport.filter(is_dry_run=True, created_at__lt=before).delete()
