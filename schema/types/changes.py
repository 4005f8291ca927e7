"""The change feed: what happened to things, in the order of commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

import models
from models.changes import EntityChange
from planner.conditions import Among, Only
from schema.fields import column, computed, lead, page, part, shows
from schema.filters import filters, where
from schema.types.words import Node


@filters
class ChangeFilter:
    """A ChangeFilter holds conditions on changes.

    kind: Of one of these kinds of entity.
    exclude_own: Without one's own changes.
    """

    kind: list[models.EntityKind] = where(Among("kind"))
    exclude_own: bool = where(Only("({actor_user_id} = $me) is not true"))

    usual = {"exclude_own": False}


@shows(EntityChange, many="changes", allow="change:list")
class Change(Node):
    """A Change tells a partner that an entity was made, changed or removed."""

    kind: models.EntityKind = column("What kind of entity.")
    action: models.ChangeAction = column("What happened to it.")
    entity_uuid: UUID = column("The entity's id, also after its removal.", "entity_id")
    entity = lead(
        "entity_id",
        "The entity as it is now; null when it is gone or may not be read.",
        allow="node:read",
    )
    old_version: int | None = column("The version before; null when it was made.")
    new_version: int | None = column("The version after; null when it was removed.")
    actor = part("Actor", "Who did it.", is_sure=True)
    operation: str = column("The operation by which it was done, such as updateUser.")

    @computed("Whether the one who reads this did it.", "bool", needs=("actor_user_id",), asks=True)
    def is_own(asking: Any, actor_user_id: UUID | None) -> bool:
        return actor_user_id is not None and actor_user_id == asking.me

    occurred_at: datetime = column("When it was committed.")


CHANGES = page(
    "Change",
    "What changed, in the order of commit; keep the last cursor and go on from there.",
    allow="change:list",
    along=None,
    filter=ChangeFilter,
    order=("sequence",),
    has_equals=False,
)
