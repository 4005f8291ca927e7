"""Users sent for activation together."""

from typing import Any
from uuid import UUID

import models
from resolvers import downloads
from schema.fields import column, computed, page, shows
from schema.types.words import Entity


@shows(models.ActivationBatch, allow="activation_batch:read")
class ActivationBatch(Entity):
    """An ActivationBatch is a number of users sent for activation together."""

    sent_count: int = column("How many were sent.")
    left_out_count: int = column("How many were left out.")
    left_out = page(
        "User",
        "Those left out for want of a CPR number.",
        allow="user:list",
        along=None,
        through=("left_out_of.batch_id", "true"),
    )
    users = page("User", "Those sent.", allow="user:list")

    @computed(
        "Whether all letters have been handed over.",
        "bool",
        needs=("is_under_way", "waiting_count"),
    )
    def is_done(is_under_way: bool, waiting: int) -> bool:
        return not is_under_way and waiting == 0

    @computed(
        "The temporary codes, to be downloaded once.",
        "Optional[Download]",
        needs=("id", "has_codes"),
        asks=True,
        allow="activation_batch:read_codes",
    )
    def codes(asking: Any, id: UUID, has_codes: bool) -> Any:
        return downloads.offer_codes(asking.context, id) if has_codes else None
