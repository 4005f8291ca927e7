"""Stores many rows at once, by COPY: some ten times as fast as one by one."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise import connections
from tortoise.models import Model

from models.base import Change, Entity


async def insert(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Stores rows of values, in the transaction that is open."""
    meta = model._meta
    client: Any = connections.get("default")
    columns = [meta.fields_db_projection[name] for name in names]
    async with client.acquire_connection() as connection:
        await connection.copy_records_to_table(str(meta.db_table), columns=columns, records=rows)


async def create(records: Sequence[Model]) -> None:
    """Stores new things of one kind; entities are accounted for in the change under way."""
    if not records:
        return
    model = type(records[0])
    if issubclass(model, Entity):
        change = Change.under_way()
        for record in records:
            change.touch(record)  # type: ignore[arg-type]
    names = list(model._meta.fields_db_projection)
    fields: list[Any] = [(name, model._meta.fields_map[name]) for name in names]
    rows = (
        [field.to_db_value(getattr(record, name), record) for name, field in fields]
        for record in records
    )
    await insert(model, names, rows)
    for record in records:
        record._saved_in_db = True
