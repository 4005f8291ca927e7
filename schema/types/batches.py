"""Users sent for activation together."""

import models
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

    @computed("Whether all letters have been handed over.", "bool", needs=("waiting_count",))
    def is_done(waiting: int) -> bool:
        return waiting == 0
