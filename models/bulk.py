"""Stores many rows at once, by COPY: some ten times as fast as one by one."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise import connections
from tortoise.fields import JSONField
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
    # COPY takes all values as they are, but JSON.
    fields: dict[str, Any] = model._meta.fields_map
    as_json = {name: fields[name] for name in names if isinstance(fields[name], JSONField)}
    rows = (
        [
            as_json[name].to_db_value(getattr(record, name), record)
            if name in as_json
            else getattr(record, name)
            for name in names
        ]
        for record in records
    )
    await insert(model, names, rows)
    for record in records:
        record._saved_in_db = True
