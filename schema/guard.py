"""A change: find what it is about, ask, read what is given, run it, and tell the history of it."""

from dataclasses import dataclass
from functools import cache
from inspect import signature
from typing import Any

from models import Change, Entity, Organisation
from models.history import record
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound, Refusal, Refusals
from planner.declarations import NONE
from policies import Subject
from resolvers import access
from resolvers.access import denied
from resolvers.context import Context
from schema.shape import Member, Reading, read_members


class Replayed(Exception):
    """Ends a change that has been made already: its first answer is answered again."""


@dataclass(frozen=True)
class Guard:
    """Lets in who may, and makes a change with its history; what it refuses, it raises."""

    resolver: Any
    permission: str
    operation: str
    target: tuple[str | None, type[Entity] | None]
    members: tuple[Member, ...]

    async def run(self, context: Context, given: dict[str, Any]) -> Any:
        """Makes the change, in the transaction that is open."""
        await self.must_ever_be_allowed(context)
        if await context.attempt.was_made():
            raise Replayed
        if context.subject.organisation_id:
            await context.actor()  # before any other lock, so that no two wait for each other
        target = await self.find(context, given)
        values = await self.read(context, given)
        expected = given.get("expected_version")
        if target and isinstance(expected, int) and expected != target.version:
            raise Conflict("VERSION_CHANGED", path=("expectedVersion",), current=target)
        change = Change(
            self.permission,
            self.operation,
            context.now,
            context.request_uuid,
            values.get("reason") if isinstance(values.get("reason"), str) else None,
        )
        change.begin()
        if target:
            values[str(self.target[0])] = target
        if takes_context(self.resolver):
            values["context"] = context
        result = await self.resolver(**values)
        if change.touched:
            await record(change, await context.actor())
        return result

    async def must_ever_be_allowed(self, context: Context) -> None:
        """Refuses who could do this to nothing at all, before anything is looked up."""
        if context.extent(self.permission) is NONE:
            if context.subject.organisation_id:
                context.attempt.denied = await Organisation.get(id=context.organisation_id)
            raise denied(self.permission, context)

    async def find(self, context: Context, given: dict[str, Any]) -> Entity | None:
        """The entity to act on, locked; of another organisation's only what is proved one's own."""
        name, model = self.target
        if model is None:
            return None
        path: tuple[str, ...] = ()
        where: dict[str, Any] = {}
        if model.named_by == "user_id":
            where["user_id"] = context.subject.user_id
        if not model.is_implied():
            bare = str(name).rstrip("_")
            path = (f"{bare}Id",)
            try:
                where["id"] = check_uuid(given.get(f"{bare}_id"))
            except Invalid:
                raise NotFound(path=path) from None
        target = await self.look(model, where, context)
        if target is None:
            raise NotFound(path=path)
        if not (await access.judge(context, self.permission, target)).is_allowed:
            context.attempt.denied = target
            raise denied(self.permission, context)
        return target

    async def look(
        self, model: type[Entity], where: dict[str, Any], context: Context
    ) -> Entity | None:
        """The entity in the organisation; or one's own in another, where that can be."""
        here, me = context.subject.organisation_id, context.subject.user_id
        for side in model.sides() if here else ():
            if found := await model.locked_or_none(**where, **{side: here}):
                return found
        if model.is_held_abroad and me:
            return await model.locked_or_none(**where, **{str(model.owner): me})
        number = context.person and context.person.cpr_number_hash
        is_for_persons = context.policy.allows_own(Subject.person(), self.permission)
        if not (model.proved_by and number and is_for_persons):
            return None
        found = await model.locked_or_none(**where, **{model.proved_by: number})
        if found:
            context.visit(found.organisation_id, found.known_as)
        return found

    async def read(self, context: Context, given: dict[str, Any]) -> dict[str, Any]:
        """The values for the resolver; everything that is wrong with them is told at once."""
        reading = Reading(context)
        values = await read_members(self.members, given, (), reading)
        checks = getattr(self.resolver, "checks", None)
        if checks:
            reading.faults += [fault async for fault in checks(context, values)]
        if reading.faults:
            raise Refusals(reading.faults)
        return values


@cache
def takes_context(resolver: Any) -> bool:
    return "context" in signature(resolver).parameters


def all_of(refusal: Refusal | Refusals) -> list[Refusal]:
    return list(refusal.refusals) if isinstance(refusal, Refusals) else [refusal]
