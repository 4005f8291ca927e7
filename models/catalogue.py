"""The catalogue of rights as `rights.toml` has it, and how a database takes it over."""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from tortoise.connection import get_connection

Catalogue = dict[str, Any]

FACTS = (
    *("service", "category", "title", "description"),
    *("is_internal", "is_in_basic_package", "permissions", "is_retired"),
)
MINE, THEIRS = [", ".join(f"{of}.{name}" for name in FACTS) for of in ("r", "excluded")]
TAKEN = ", ".join(f"{name} = excluded.{name}" for name in FACTS)
# A right that is as it was keeps its version; so does every right where a newer catalogue was here.
TAKE_OVER = f"""
with stated as (
    select * from jsonb_to_recordset($1::text::jsonb) as one (
        id uuid, code text, service text, category text, title text, description text,
        is_internal bool, is_in_basic_package bool, permissions jsonb)
    where $2 >= coalesce((select max(catalogue) from "right"), 0)
), retired as (
    update "right" r set is_retired = true, catalogue = $2, version = r.version + 1, updated_at = $3
    where not r.is_retired and exists (select 1 from stated)
      and not exists (select 1 from stated where stated.code = r.code)
)
insert into "right" as r (id, code, service, category, title, description, is_internal,
    is_in_basic_package, permissions, is_retired, catalogue, version, created_at, updated_at)
select id, code, service, category, title, description, is_internal, is_in_basic_package,
    permissions, false, $2, 1, $3, $3
from stated order by code
on conflict (code) do update
set {TAKEN}, catalogue = excluded.catalogue, version = r.version + 1, updated_at = $3
where ({MINE}) is distinct from ({THEIRS})
"""


@cache
def shipped() -> Catalogue:
    """The catalogue that comes with this version of Segl."""
    return tomllib.loads((Path(__file__).parent / "rights.toml").read_text())


async def load(catalogue: Catalogue) -> None:
    """Adds, changes and retires rights as a catalogue tells, unless a newer one did."""
    rows = [
        {
            "is_internal": False,
            "is_in_basic_package": False,
            "permissions": [],
            **one,
            "id": uuid5(NAMESPACE_URL, f"segl:right:{one['code']}"),
        }
        for one in catalogue["right"]
    ]
    issued_at = datetime.combine(catalogue["issued_on"], time(), UTC)
    await get_connection("default").execute_query(
        TAKE_OVER, [orjson.dumps(rows).decode(), catalogue["version"], issued_at]
    )


NOT_CARRIED = ("power_of_attorney", "delegation_group", "role")


def must_be_lawful(catalogue: Catalogue, permissions: Iterable[str]) -> None:
    """Refuses a catalogue with a right that carries what nobody may, or may not for others.

    Who acts by a power of attorney passes on nothing: no power of attorney, no role.
    """
    known = {one for one in permissions if one.split(":")[0] not in NOT_CARRIED}
    for right in catalogue["right"]:
        if unknown := set(right.get("permissions", ())) - known:
            raise LookupError(f"{right['code']} carries what no right can: {sorted(unknown)}")
