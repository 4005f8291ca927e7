"""A page of the settings put back to what it was, as the history tells."""

from dataclasses import dataclass
from typing import Any

from models import HistoryEntry, HistoryOutcome, SettingsPage
from models.history import EntityKind
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound, Refusals
from models.settings import PAGES
from models.wording import camel
from resolvers.context import Context, Id
from resolvers.settings import keep
from resolvers.usages import Usage

PATH = ("historyEntryId",)


@dataclass
class RestoredSettings:
    """A page as it was before, and what has come to be otherwise since."""

    settings: SettingsPage
    contradictions: list[Usage]


async def restore(
    context: Context, history_entry_id: Id, expected_version: int | None = None
) -> RestoredSettings:
    """Put a page of the settings back to what it was after an earlier change.

    history_entry_id: The earlier change.
    expected_version: The version that the change was based on; a Conflict is answered when it has
        moved on.
    settings: The page as it is now.
    contradictions: What exists and would no longer be allowed; nothing of it is changed.
    """
    entry = await entry_of(context, history_entry_id)
    page = await page_of(entry)
    if expected_version not in (None, page.version):
        raise Conflict("VERSION_CHANGED", path=("expectedVersion",), current=page)
    await put_back(page, await told_since(entry))
    if not page.is_altered:
        raise Conflict("NOTHING_TO_CHANGE", path=PATH, current=page)
    return RestoredSettings(page, await keep(context, page))


async def entry_of(context: Context, key: str) -> HistoryEntry:
    """The entry of a change of some page of the organisation's settings."""
    try:
        found = await HistoryEntry.get_or_none(
            id=check_uuid(key),
            organisation_id=context.organisation_id,
            about_kind=EntityKind.SETTINGS,
            outcome=HistoryOutcome.DONE,
        )
    except Invalid:
        found = None
    if found is None:
        raise NotFound(path=PATH)
    return found


async def page_of(entry: HistoryEntry) -> SettingsPage:
    """The page that an entry is about, kept from other changes."""
    for model in PAGES:
        here = {"id": entry.about_id, "organisation_id": entry.organisation_id}
        if page := await model.locked_or_none(**here):
            return page
    raise NotFound(path=PATH)


async def told_since(entry: HistoryEntry) -> dict[str, str | None]:
    """What stood on a page after a change, of all that was changed later: as text, by field."""
    later = HistoryEntry.filter(
        organisation_id=entry.organisation_id,
        about_id=entry.about_id,
        sequence__gt=entry.sequence,
    )
    changes: Any = await later.order_by("-sequence").values_list("changes", flat=True)
    return {str(one["field"]): one["old"] for change in changes for one in change}


async def put_back(page: SettingsPage, told: dict[str, str | None]) -> None:
    """Puts values back on a page; refuses where a unit is no longer registered."""
    fields: dict[str, Any] = page._meta.fields_map
    faults = []
    for name in fields:
        if camel(name) not in told:
            continue
        value = page.as_told(name, told[camel(name)])
        if value and name in page._meta.fk_fields:
            unit, here = fields[name].related_model, {"organisation_id": page.organisation_id}
            value = await unit.locked_or_none(**here, **{unit.named_by: value})
            if value is None:
                faults.append(Invalid(unit.missing, path=PATH, field=camel(name)))
        setattr(page, name, value)
    if faults:
        raise Refusals(faults)
