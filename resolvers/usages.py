"""What depends on something, or would contradict it."""

from dataclasses import dataclass

from tortoise.expressions import Q

from models import Entity, EntityKind
from models.references import let_go, referrers
from models.refusals import Conflict


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


async def usages(uses: dict[type[Entity], Q]) -> list[Usage]:
    """What there is of these models under these conditions, and has not come to its end."""
    found = []
    for model, which in uses.items():
        rows = model.filter(which)
        rows = rows.exclude(model.ended) if model.ended else rows
        if count := await rows.count():
            examples = list(await rows.order_by("id").limit(10))
            found.append(Usage(EntityKind.of(model), count, examples))
    return found


async def must_be_unused(thing: Entity) -> None:
    """Refuses to give up what something still refers to, and lets go of what no longer counts."""
    if found := await usages(dict(referrers(thing))):
        raise Conflict(thing.in_use, current=thing, usages=found)
    await let_go(thing)
