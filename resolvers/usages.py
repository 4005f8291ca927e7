"""What depends on something, or would contradict it."""

from dataclasses import dataclass
from typing import Any

from models import Entity, EntityKind


@dataclass
class Usage:
    """A Usage tells what depends on something, or would contradict it.

    kind: What kind of entity it is.
    count: How many there are.
    examples: The first ten of them.
    """

    kind: EntityKind
    count: int
    examples: list[Entity]


async def usages(uses: dict[EntityKind, Any]) -> list[Usage]:
    """The usages of what these queries find, kind by kind; of what is not found there is none."""
    counts = {kind: await use.count() for kind, use in uses.items()}
    return [
        Usage(kind, count, await uses[kind].order_by("id").limit(10))
        for kind, count in counts.items()
        if count
    ]
