"""A list that is followed: what comes to it, in its order, nothing twice and nothing left out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from planner import statements
from planner.conditions import Condition
from planner.declarations import Page
from planner.pages import LONGEST, Stretch
from resolvers.context import Context
from schema.paging import conditions_of, listing, stretch_of
from schema.rows import SHOWN, run
from schema.seeing import asking_for, sees_own

Source = Callable[..., AsyncIterator[str]]
Conditions = list[tuple[Condition, str, Any]]


def entries(topic: str, declared: Page) -> Source:
    """What yields the ids of a list's entries: those after a cursor, or that come from now on.

    The list runs by a number that follows the order of commits, and is told of under the topic.
    """

    async def source(context: Context, following: Any, **given: Any) -> AsyncIterator[str]:
        asking = asking_for(context)
        following.follow(topic, asking.tenant)
        own = sees_own(declared.allow, SHOWN[declared.target].model, asking)
        conditions = await conditions_of(declared, given, asking)
        values = asking.known() | {name: value for _, name, value in conditions}

        async def read(asked: Stretch, matching: Conditions) -> list[dict[str, Any]]:
            statement = statements.page(listing(declared, own, matching), ["id"], asked)
            return await run(statement, values | statements.given(asked))

        async def end() -> int:
            """The number of the last entry that is there, whether it matches or not."""
            found = await read(replace(stretch, after=None, is_backward=True, size=1), [])
            return number(found[0]) if found else 0

        stretch = stretch_of(declared, given | {"first": LONGEST}, asking)
        last = int(stretch.after[0]) if stretch.after else await end()
        while True:
            there = await end()
            rows = await read(replace(stretch, after=(str(last),)), conditions)
            for row in rows:
                yield str(row["id"])
                last = number(row)
            if len(rows) > stretch.size:
                following.tell(None)  # more is there already
            else:  # and not looked through again
                last = max(last, there)
            await following.next()

    return source


def number(row: dict[str, Any]) -> int:
    """Where in its list a row stands."""
    return int(row["mark 0"])
