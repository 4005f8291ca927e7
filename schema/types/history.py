"""The history of an organisation and of each thing in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import models
from models.texts import Line
from models.verification import Verification, verify
from planner.conditions import Among, Compared, Contains
from resolvers.context import Key
from schema.fields import column, computed, edge, lead, part, shows, tells
from schema.filters import filters, where
from schema.types.words import FieldChange, Node


@filters
class HistoryFilter:
    """A HistoryFilter holds conditions on the history.

    from: At or after this moment.
    until: Before this moment.
    activity: Of one of these kinds, such as user:deactivate.
    outcome: Ended in one of these ways.
    actor_user_id: Done by this user.
    about_id: About this entity.
    about_kind: About one of these kinds of entity.
    text: Part of the summary or of a value.
    """

    from_: datetime = where(Compared("occurred_at", ">="))
    until: datetime = where(Compared("occurred_at", "<"))
    activity: list[Line] = where(Among("activity"))
    outcome: list[models.HistoryOutcome] = where(Among("outcome"))
    actor_user_id: Key = where(Compared("actor_user_id"))
    about_id: Key = where(Compared("about_id"))
    about_kind: list[models.EntityKind] = where(Among("about_kind"))
    text: Line = where(Contains(("summary", "values")))


HISTORY = HistoryFilter


@shows(models.HistoryEntry, many="history entries", export="history:export", allow="history:list")
class HistoryEntry(Node):
    """A HistoryEntry is one thing that somebody did, or tried to do; it never changes."""

    sequence: int = column("Its number in the organisation's history, without gaps.")
    occurred_at: datetime = column("When.")
    outcome: models.HistoryOutcome = column("How it ended.")
    activity: str = column(
        "What was done, as the permission that it used, such as user:deactivate."
    )
    operation: str = column("The operation by which it was done, such as deactivateUser.")
    summary: str = column("What was done, in a sentence.")
    reason: str | None = column("Why, in the words of the one who did it.")
    actor = part("Actor", "Who did it.", is_sure=True)
    about_kind: models.EntityKind = column("What kind of entity it was about.")
    about = lead(
        "about_id",
        "The entity that it was about, if it still exists and may be read.",
        allow="node:read",
    )
    user_import = edge(
        "UserImport",
        "The file that it was part of.",
        keys=("id", "user_import_id"),
        allow="user_import:read",
    )
    request_uuid: UUID = column(
        "The request that it was part of, as in the answer's header X-Request-Id."
    )
    hash: str = column("The hash over this entry and the one before.")

    acting_under = edge(
        "PowerOfAttorney",
        "The power of attorney that it was done under.",
        allow="power_of_attorney:read",
    )

    @computed(
        "The values that changed, old and new; secrets are masked.",
        "list[FieldChange]",
        needs=("changes",),
    )
    def changes(changes: list[dict[str, Any]]) -> list[Any]:
        return [FieldChange(**one) for one in changes]


@tells(Verification)
class HistoryVerification:
    """A HistoryVerification tells whether the chain of hashes holds."""

    is_intact: bool = column("Whether no entry is missing or altered.")
    checked_count: int = column("How many entries were checked.")
    broken_at: int | None = column("The number of the first entry that does not fit.")


async def verification(asking: Any) -> Verification:
    """Walks the chain of the organisation that the request speaks for."""
    return await verify(asking.tenant)
