"""How much the one who asks may see: all, one's own, or nothing."""

from typing import Any

from planner.declarations import NONE, OWN, Asking, Shown, reach
from planner.drafts import Draft
from planner.tables import Table
from schema.rows import Row
from schema.telling import denied, must_be_signed_in, tell


def asking_of(info: Any) -> Asking:
    return asking_for(must_be_signed_in(info.context))


def asking_for(context: Any) -> Asking:
    """What the planner knows of the one who asks."""
    return Asking(
        context.subject.organisation_id,
        context.subject.id,
        context.now,
        context.today,
        context.extents.__getitem__,
        context.gateways.vault.fingerprint,
        context,
    )


def sees_own(permission: str | None, model: Table, asking: Asking) -> bool:
    """Whether only one's own rows may be seen; tells the refusal where none may."""
    if permission is None:
        return False
    extent = reach(asking.extent(permission), model)
    if extent is NONE:
        tell(denied(permission, asking.context), asking.context)
    return extent is OWN


def must_hold(asking: Asking, permission: str | None, row: Row) -> None:
    """Refuses a field of a row that is another's, where one may only see one's own."""
    model: Any = row.shown.model
    if sees_own(permission, model, asking) and row.values.get(model.owner) != asking.me:
        tell(denied(str(permission), asking.context), asking.context)


def draft_of(shown: Shown, own: bool, only: str | None = None, abroad: bool = False) -> Draft:
    draft = Draft(shown.model, own=own, abroad=abroad)
    draft.only(only)
    return draft
