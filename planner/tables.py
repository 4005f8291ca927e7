"""What Tortoise knows of a table, in the words of SQL. All identifiers come from here."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from tortoise.fields.relational import BackwardFKRelation, ForeignKeyFieldInstance
from tortoise.models import Model

Table = type[Model]
EVERYONE = "*"  # in place of a column: it belongs to whoever comes upon it
HERE = "+"  # before a relation in a path: its row is looked for within the tenant only
THERE = "="  # or within the tenant of the row that points to it


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def table(model: Table) -> str:
    """The name of a model's table, as SQL writes it."""
    return quoted(str(model._meta.db_table))


def source(model: Table) -> str:
    """Where a model's rows come from: its table, or a text of SQL that may have places."""
    text = getattr(model, "source", None)
    return f"({text})" if text else table(model)


def tenant(model: Table) -> str:
    """The column that tells which tenant's a row is."""
    name = getattr(model, "tenant")  # noqa: B009
    return quoted(model._meta.fields_db_projection.get(name, name))


def within(model: Table, alias: str, place: str) -> str:
    """The condition that a row belongs to the tenant who stands in a place; to one of its two
    sides, where it has two.
    """
    other = getattr(model, "other_side", None)
    if other == EVERYONE:
        return "true"
    mine = f"{alias}.{tenant(model)} = {place}"
    return f"({mine} or {alias}.{column(model, other)} = {place})" if other else mine


def column(model: Table, name: str) -> str:
    """The name of a column in the database, for the name of an attribute."""
    return quoted(model._meta.fields_db_projection[name])


def kind(model: Table, name: str) -> str:
    """The SQL type of a column; expressions to sort by are texts."""
    if name not in model._meta.fields_map:
        return "TEXT"
    field: Any = model._meta.fields_map[name]
    return str(field.get_for_dialect("postgres", "SQL_TYPE")).replace("SERIAL", "INT")


@dataclass(frozen=True)
class Link:
    """A relation seen from its near side: how the far rows are found from the near ones."""

    target: Table
    near: str  # the near attribute that the far key is compared with
    key: str  # the far attribute that tells whose a row is
    also: tuple[str, ...] = ()  # other far attributes that may tell it
    # Or a table between: relation.column as the far row sees it, and a fact, columns in braces.
    through: tuple[str, str] | None = None


@cache
def link(model: Table, relation: str) -> Link:
    """The link behind a relation: a foreign key, or the way back along one."""
    field: Any = model._meta.fields_map[relation]
    if isinstance(field, BackwardFKRelation):
        return Link(field.related_model, "id", str(field.relation_field))
    if isinstance(field, ForeignKeyFieldInstance):
        return Link(field.related_model, str(field.source_field), "id")
    raise TypeError(f"{model.__name__}.{relation} is not a relation.")


@cache
def end(model: Table, path: str) -> tuple[Table, str]:
    """The model and the attribute that a dotted path of foreign keys leads to."""
    *relations, name = path.split(".")
    for relation in relations:
        model = link(model, relation.lstrip(HERE + THERE)).target
    return model, name
