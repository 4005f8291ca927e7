"""How the history words what was done: in a sentence, and by the values that people know."""

from functools import cache
from typing import Any
from uuid import UUID

from models.base import Change, Entity, Touch, as_text

Changes = dict[str, tuple[Any, Any]]


def readable(change: Change, touch: Touch, changes: Changes) -> list[dict[str, str | None]]:
    """The changes of an entity as people read them: an id by the name that it is known as."""
    known, found = relations(type(touch.entity)), []
    for column, (old, new) in changes.items():
        if column in known:
            column, model = known[column]
            if model is None:
                continue
            old, new = [one and change.names[one] for one in (old, new)]
        if (old, new) != (None, None):
            found.append((camel(column), old, new))
    found += [(name, old, new) for name, (old, new) in touch.notes.items()]
    return [{"field": name, "old": as_text(old), "new": as_text(new)} for name, old, new in found]


def without_people(entity: Entity, changes: Changes) -> Changes:
    """The changes of a thing but those that name a user."""
    known = relations(type(entity))
    users = {column for column, (_, model) in known.items() if model and model.noun == "user"}
    return {column: one for column, one in changes.items() if column not in users}


async def meet(entity: Entity, changes: Changes, here: UUID) -> None:
    """Learns by what names an organisation knows the things whose ids a change put or took."""
    names, joined = Change.under_way().names, entity.known_by
    for column, (_, model) in relations(type(entity)).items():
        keys = changes.get(column, [getattr(entity, column)] if column in joined else ())
        for key in keys if model else ():
            if key and key not in names:
                names[key] = await name_of(model, key, here)


@cache
def relations(model: type[Entity]) -> dict[str, tuple[str, Any]]:
    """The relation behind each column that names a thing; and its model, if it has a history."""
    fields: Any = model._meta.fields_map
    found = {str(fields[name].source_field): name for name in model._meta.fk_fields}
    models = {column: fields[name].related_model for column, name in found.items()}
    return {
        column: (name, models[column] if issubclass(models[column], Entity) else None)
        for column, name in found.items()
    }


async def name_of(model: type[Entity], key: UUID, here: UUID) -> str:
    touch = Change.under_way().touched.get(key)  # it may be gone already
    found = touch.entity if touch else await model.get_or_none(id=key)
    return found.known_in(here) if found else str(key)


def summary(change: Change, about: Entity) -> str:
    """What was done, to what or whom; what has no name is told by the names of what it joins."""
    joined = [getattr(about, column) for column in about.known_by]
    names = [change.names[one] for one in joined if one in change.names]
    return sentence(change.told_as or change.operation, ", ".join(names) or about.known_as)


def sentence(operation: str, name: str) -> str:
    """What was done, and to what or whom."""
    return f"{words_of(operation).capitalize()}: {name}"


@cache
def words_of(operation: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in operation)


@cache
def camel(name: str) -> str:
    """The name of a column as the schema has it."""
    first, *rest = name.removesuffix("_on").split("_")
    return first + "".join(part.capitalize() for part in rest)
