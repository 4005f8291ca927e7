"""What can be downloaded of files of users: the empty file, the receipt, and the bad rows."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise.connection import get_connection

from models import Entity, ImportAction, ImportStatus, UserImport, UserImportPart, user_files
from models.imports import said
from models.messages import sentence
from models.numbers import check_uuid
from models.refusals import Invalid
from models.user_files import COLUMNS, ERRORS, HEADINGS, begun, corrigible, written
from models.wording import camel
from resolvers.context import Context

AT_ONCE = 1000  # lines that are read and sent together
RECEIPT = ("Linje", "Aktion", "Resultat", "UUID", "Navn", "CPR", "Ændringer", ERRORS)
FIELDS = {camel(one.name): one.heading for one in COLUMNS} | {"importedLogin": "Loginmiddel"}
FAULTS = """coalesce((
    select json_agg(json_build_array(e."column", e.code, e."constraint", e."values", e.suggestion)
                    order by e.id)
    from user_import_row_error e where e.user_import_id = $1 and e.line = l.line), '[]')"""
LINES = f"""
with l as (
    (select line from user_import_row where user_import_id = $1 and line > $2
     order by line limit {AT_ONCE})
    union
    (select distinct line from user_import_row_error where user_import_id = $1 and line > $2
     order by line limit {AT_ONCE})
    order by line limit {AT_ONCE}
)
select l.line, r.action, r.changes, u.uuid, u.name, u.cpr_number, {FAULTS} as faults
from l left join user_import_row r on r.user_import_id = $1 and r.line = l.line
left join "user" u on u.id = r.user_id
order by l.line
"""
WRONG = f"select l.line, {FAULTS} as faults from unnest($2::int[]) l (line)"


@dataclass(frozen=True)
class Sheet:
    """What is fetched, piece by piece, and what the history tells it to be about."""

    about: Entity
    pieces: AsyncIterator[bytes]


async def template(context: Context, key: str) -> Sheet:
    """The empty file with its headings."""

    async def pieces() -> AsyncIterator[bytes]:
        yield user_files.template()

    return Sheet(await context.organisation(), pieces())


async def receipt(context: Context, key: str) -> Sheet | None:
    """Every row of a file and what became of it; of CPR numbers only what may be shown."""
    file = await known(context, key)
    if file is None or file.status is ImportStatus.CHECKING:
        return None

    async def pieces() -> AsyncIterator[bytes]:
        yield begun(RECEIPT)
        last = 0
        while rows := await get_connection("default").execute_query_dict(LINES, [file.id, last]):
            yield written(became(file, row, context.language) for row in rows)
            last = rows[-1]["line"]

    return Sheet(file, pieces())


def became(file: UserImport, row: dict[str, Any], language: str) -> list[str]:
    """A line of the receipt."""
    changes = orjson.loads(row["changes"] or "[]")
    new = {one["field"]: one["new"] or "" for one in changes}
    name = f"{new.get('firstName', '')} {new.get('surname', '')}".strip()
    return [
        str(row["line"]),
        ImportAction(row["action"]).value[0] if row["action"] else "",
        sentence(f"row_{outcome(file, row)}", language),
        str(row["uuid"] or ""),
        row["name"] or name,
        row["cpr_number"] or new.get("cprNumber", ""),
        "; ".join(map(told, changes)),
        faults(row, language),
    ]


def outcome(file: UserImport, row: dict[str, Any]) -> str:
    if row["faults"] != "[]":
        return "refused"
    if row["line"] > file.done_through:
        return "not_run"
    return "undone" if file.status is ImportStatus.UNDONE else "done"


def told(change: dict[str, Any]) -> str:
    """One value that changed, by the heading of its column."""
    values = [one for one in (change["old"], change["new"]) if one is not None]
    return f"{FIELDS.get(change['field'], change['field'])}: {' → '.join(values)}"


async def corrections(context: Context, key: str) -> Sheet | None:
    """The bad rows with what is wrong in them, to be corrected and uploaded again."""
    file = await known(context, key)
    if file is None:
        return None
    bad = UserImportPart.filter(user_import_id=file.id, bad_rows_sealed__isnull=False)
    numbers: list[Any] = await bad.order_by("number").values_list("number", flat=True)
    if not numbers or file.status is ImportStatus.CHECKING:
        return None

    async def pieces() -> AsyncIterator[bytes]:
        yield begun([*HEADINGS, ERRORS])
        for number in numbers:
            for part in await bad.filter(number=number):
                yield written(await corrected(context, part))

    return Sheet(file, pieces())


async def corrected(context: Context, part: UserImportPart) -> Iterable[list[str]]:
    """The bad rows of a part, as they were sent."""
    assert part.bad_rows_sealed
    rows = orjson.loads(context.gateways.vault.unseal(part.bad_rows_sealed))
    values = [part.user_import_id, [line for line, _ in rows]]
    found = await get_connection("default").execute_query_dict(WRONG, values)
    wrong = {one["line"]: faults(one, context.language) for one in found}
    return (corrigible(cells, wrong[line]) for line, cells in rows)


def faults(row: dict[str, Any], language: str) -> str:
    """All that is wrong in a row, as people read it."""
    return " ".join(
        f"{said(language, code, column, constraint, values)}{guess(suggestion, language)}"
        for column, code, constraint, values, suggestion in orjson.loads(row["faults"])
    )


def guess(suggestion: str | None, language: str) -> str:
    return f" {sentence('meant', language, value=suggestion)}" if suggestion else ""


async def known(context: Context, key: str) -> UserImport | None:
    """The file of users with an id, if it is of the organisation that is spoken for."""
    try:
        id: UUID = check_uuid(key)
    except Invalid:
        return None
    return await UserImport.get_or_none(id=id, organisation_id=context.organisation_id)
