"""Subscriptions: answered again whenever there is news, each time under the rights of then."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from graphql import OperationType as OperationKind
from strawberry.schema.exceptions import InvalidOperationTypeError

from models.messages import message
from models.refusals import Refusal
from planner.declarations import NONE, One
from planner.levels import Level
from planner.reader import TooMuch
from planner.selection import Unplanned
from resolvers.context import Context
from schema.bodies import Body, told, too_much
from schema.graph import log_fault
from schema.http import Asked, Caller
from schema.seeing import asking_for
from schema.telling import Told

TOLD = frozenset({OperationKind.SUBSCRIPTION})
AT_ONCE = 4  # answers, so that news to many leaves room for requests
AGAIN = 5  # seconds after which a client may come back to a server that was stopped


@dataclass(frozen=True)
class Room:
    """How many subscriptions are open at once at most: of one person, and on one connection."""

    subscriptions: int
    subscriptions_per_connection: int


# Of each process, unless an installation says otherwise; and what it can say at most.
ROOM, LARGEST_ROOM = Room(100, 50), Room(10**6, 10**6)


class Ended(Exception):
    """Whoever is told may be told no more."""


class Stopping(Exception):
    """The server is being stopped; the body says so."""

    def __init__(self, language: str):
        super().__init__()
        text = message("UNAVAILABLE", language, retry_after=AGAIN)
        self.body: Body = {"errors": [told(text, "UNAVAILABLE")]}


class Followed(NamedTuple):
    """What a subscription follows: by which permission, and what yields the ids of what is new."""

    permission: str
    source: Any


class Streams:
    """The subscriptions that are open in this process."""

    def __init__(self, endpoint: Any, room: Room):
        self.endpoint, self.room = endpoint, room
        self.open: Counter[Any] = Counter()  # by whose they are
        self.turns = asyncio.Semaphore(AT_ONCE)

    async def told(self, asked: Asked, caller: Caller) -> AsyncGenerator[Body, None]:
        """The answers, as there is news; the last one may say why there are no more."""
        context = await caller.context(is_active=True)
        followed = self.followed(asked, context) if context else None
        if context is None or followed is None:
            yield await self.answer(asked, caller)
            return
        who = context.subject.id
        if self.open[who] >= self.room.subscriptions:
            yield too_many("subscriptions", self.room.subscriptions)
            return
        self.open[who] += 1
        try:
            async with aclosing(self.follow(asked, caller, context, followed)) as bodies:
                async for body in bodies:
                    yield body
        finally:
            self.open[who] -= 1
            if not self.open[who]:
                del self.open[who]

    async def follow(
        self, asked: Asked, caller: Caller, context: Context, followed: Followed
    ) -> AsyncGenerator[Body, None]:
        """An answer about each thing that the source yields, until one is refused."""
        news, about = context.gateways.news, None

        async def check() -> None:
            if news.is_over:
                raise Stopping(context.language)
            now = await caller.context()
            if now is None or now.extent(followed.permission) is NONE:
                raise Ended

        with news.following(context.subject.id, check) as following:
            try:
                async with aclosing(followed.source(following=following)) as ids:
                    async for about in ids:
                        body = await self.answer(asked, caller, about)
                        yield body
                        if is_refused(body):
                            return
            except Ended:
                yield await self.answer(asked, caller, about)
            except Told as wrong:
                yield await self.answer(asked, caller, wrong.refusal)
            except Stopping:
                raise
            except Exception as fault:
                log_fault(fault)
                yield internal(context.language)

    def followed(self, asked: Asked, context: Context) -> Followed | None:
        """What is to be followed; none where the answer is a refusal."""
        reader = self.endpoint.reader
        if context.subject.organisation_id is None:
            return None
        try:
            operation = reader.operation(asked.query, asked.name)
            variables = reader.variables(operation, asked.variables or {})
            plan = reader.plan(operation, variables, asking_for(context))
        except (TooMuch, Unplanned):
            return None
        match [*plan.roots.values()]:
            case [Level(declared=One(source=source, allow=allow)) as level] if source:
                return Followed(allow, partial(source, context, **level.asked(variables)))
        return None

    async def answer(
        self, asked: Asked, caller: Caller, about: str | Refusal | None = None
    ) -> Body:
        """What is told of one thing, or why nothing is, to whoever the caller is at this moment."""
        context = await caller.context()
        if context:
            context.about = about
        try:
            async with self.turns:
                return await self.endpoint.body(asked, context, TOLD, caller.language)
        except TooMuch as much:
            return {"errors": [too_much(much)]}
        except InvalidOperationTypeError:
            text = "Only subscriptions are told here; ask for everything else by POST."
            return {"errors": [told(text, "INVALID")]}

    def metrics(self) -> Iterator[str]:
        """How many subscriptions are open, as Prometheus reads it."""
        yield "# TYPE segl_subscriptions gauge"
        yield f"segl_subscriptions {self.open.total()}"


def is_refused(body: Body) -> bool:
    """Whether nothing could be told."""
    return None in (body.get("data") or {None: None}).values()


def too_many(measure: str, most: int) -> Body:
    text = f"More than {most:,} subscriptions at once are not taken: end one first."
    return {"errors": [told(text, "INVALID", measure=measure, most=most)]}


def internal(language: str) -> Body:
    return {"errors": [told(message("INTERNAL", language), "INTERNAL")]}
