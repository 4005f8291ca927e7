"""What refers to a thing: read from the foreign keys of all models, so that none is forgotten."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tortoise import Tortoise
from tortoise.expressions import Q
from tortoise.fields import OnDelete

from models.base import Entity


@cache
def referring(model: type[Entity]) -> dict[type[Entity], tuple[str, ...]]:
    """The models that refer to a model's things and keep them from going, and by which fields.

    What goes with a thing, by CASCADE, does not keep it.
    """
    found: dict[type[Entity], tuple[str, ...]] = {}
    for one in Tortoise.apps["models"].values():
        fields: Any = one._meta.fields_map
        keys = [fields[name] for name in sorted(one._meta.fk_fields)]
        named = [key for key in keys if key.related_model is model]
        if kept := tuple(key.source_field for key in named if key.on_delete is OnDelete.RESTRICT):
            found[one] = kept
    return found


def referrers(thing: Entity) -> Iterator[tuple[type[Entity], Q]]:
    """The models that refer to a thing, and which of their rows."""
    for model, keys in referring(type(thing)).items():
        yield model, Q(**home(model, thing)) & Q(**dict.fromkeys(keys, thing.id), join_type="OR")


def home(model: type[Entity], thing: Entity) -> dict[str, Any]:
    """What a model's rows of the organisation of a thing have in common."""
    return {model.tenant: getattr(thing, thing.tenant)}


async def let_go(thing: Entity) -> None:
    """Has all that has come to its end forget a thing, which can go then."""
    for model, keys in referring(type(thing)).items():
        if model.ended:
            ended = model.filter(model.ended, **home(model, thing))
            for key in keys:
                await ended.filter(**{key: thing.id}).update(**{key: None})
