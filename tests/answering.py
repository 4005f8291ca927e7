"""Asks the planner and the executor the same, directly, and keeps what both answered."""

import gc
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateways import Following
from planner.declarations import Extent
from resolvers.context import Context, Extents
from schema.bodies import body_of
from schema.endpoint import Endpoint
from schema.graph import graph
from schema.http import Asked, Caller
from schema.streams import ROOM, Followed, Streams
from tests.furnishing import Town
from tests.generating import Question

HOUSE = {"planner", "schema", "models", "resolvers", "policies", "tests"}
PARTS = {"Record", "function", "coroutine", "generator"}
REFUSED = ("refused", "not one")  # why a document that can be planned is left after all


@dataclass
class Both:
    """What the planner answered, if it did, and what the executor did; each as it is sent."""

    planned: tuple[bytes, list[bytes]] | None
    executed: tuple[bytes, list[bytes]]
    codes: set[str] = field(default_factory=set)
    left_for: str | None = None

    @property
    def are_alike(self) -> bool:
        """Whether the planner answered as the executor did, or left a refusal to it."""
        if self.planned is not None:
            return self.planned == self.executed
        if self.left_for is None:  # somebody without a user
            return self.is_nothing
        return self.left_for in REFUSED and bool(self.codes)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is told but the name of the way in."""
        return set(orjson.loads(self.executed[0]).values()) <= {None, "Query"}


class Made(Extents):
    """What a law of a test's own says: of what it does not mention, everything."""

    def __missing__(self, permission: str) -> Extent:
        return Extent.ALL


@dataclass
class LawMade(Context):
    """A context under a law of a test's own: how much of what each permission reaches."""

    law: dict[str, Extent] = field(default_factory=dict)

    @property
    def extents(self) -> Made:
        return Made(self.law)


@dataclass
class Asking:
    """Asks both ways, through an endpoint whose planner has learnt nothing yet."""

    town: Town
    endpoint: Endpoint = field(default_factory=lambda: Endpoint(graph, no_context))

    async def both(
        self, asker: str, question: Question, law: dict[str, Extent] | None = None
    ) -> Both:
        context = await self.town.context(asker)
        if law is not None:
            context = LawMade(**vars(context), law=law)
        planned = await self.endpoint.planned(question.text, question.variables, None, context)
        left_for = context.headers.get("X-Segl-Executor")
        result: Any = await graph.execute(
            question.text, variable_values=question.variables, context_value=context
        )
        executed = body_of(result, context.language)
        codes = {one["extensions"]["code"] for one in executed.get("errors", ())}
        return Both(planned and sent(planned), sent(executed), codes, left_for)

    async def planned(self, asker: str, question: Question) -> dict[str, Any] | None:
        """The planner's answer, if it has one."""
        context = await self.town.context(asker)
        return await self.endpoint.planned(question.text, question.variables, None, context)

    async def told(
        self, asker: str, question: Question, about: str
    ) -> list[tuple[bytes, list[bytes]]]:
        """What is told of a thing to whoever follows such, and what the executor says of it."""
        caller = Caller(lambda *_: self.town.context(asker), {}, {})
        asked = Asked(question.text, question.variables, None)
        context = await self.town.context(asker)
        context.about = about
        result: Any = await graph.execute(
            question.text, variable_values=question.variables, context_value=context
        )
        async with aclosing(OneThing(self.endpoint, about).told(asked, caller)) as bodies:
            return [sent(await anext(bodies)), sent(body_of(result, context.language))]

    async def left_behind(self, askers: tuple[str, ...], question: Question) -> list[Any]:
        """What of ours only the garbage collector can clear away when these were answered."""
        for asker in askers:
            assert await self.planned(asker, question)
        gc.collect()
        former = gc.get_objects()  # held, so that nothing which was there before is counted
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for asker in askers * 5:
                await self.planned(asker, question)
            gc.collect()
            return [*filter(is_ours, gc.garbage)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            former.clear()
            gc.enable()

    async def executed(self, asker: str, text: str) -> Any:
        """The data that the executor answers."""
        result: Any = await graph.execute(text, context_value=await self.town.context(asker))
        assert not result.errors, result.errors
        return result.data


class OneThing(Streams):
    """Streams that tell of one thing, whatever it is that is followed."""

    def __init__(self, endpoint: Endpoint, about: str):
        super().__init__(endpoint, ROOM)
        self.about = about

    def followed(self, asked: Asked, context: Context) -> Followed | None:
        followed = super().followed(asked, context)
        return followed and followed._replace(source=self.source)

    async def source(self, following: Following) -> AsyncIterator[str]:
        yield self.about


def is_ours(one: Any) -> bool:
    """Whether something belongs to an answer: of the house, made by it, or a row."""
    kind = type(one)
    return kind.__module__.partition(".")[0] in HOUSE or kind.__name__ in PARTS


async def no_context(*_: Any) -> None:
    """Nobody asks over HTTP here."""


def sent(body: dict[str, Any]) -> tuple[bytes, list[bytes]]:
    """The data as it is sent, to the byte, and the errors sorted."""
    errors = [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in body.get("errors", ())]
    return orjson.dumps(body.get("data")), sorted(errors)
