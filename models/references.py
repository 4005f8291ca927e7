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
        here: dict[str, Any] = {model.tenant: getattr(thing, thing.tenant)}
        yield model, Q(**here) & Q(**dict.fromkeys(keys, thing.id), join_type="OR")


async def let_go(thing: Entity) -> None:
    """Has all that has come to its end forget a thing, which can go then."""
    for model, keys in referring(type(thing)).items():
        for key in keys if model.ended else ():
            await model.filter(model.ended or Q(), **{key: thing.id}).update(**{key: None})
