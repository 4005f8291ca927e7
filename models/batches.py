"""Users sent for activation together, and those left out."""

from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Entity, Record
from models.settings import AuthenticatorKind

# How many letters to users of the batch have not been handed over.
WAITING = """(select count(*) from "user" sent join activation on activation.user_id = sent.id
 join letter on letter.id = activation.letter_id
 where sent.activation_batch_id = {id} and letter.status = 'QUEUED')"""


class ActivationBatch(Entity):
    """A number of users sent for activation together."""

    authenticator_kind = fields.CharEnumField(AuthenticatorKind, max_length=20)
    devices = fields.JSONField[list[str]](default=list)
    authenticators_each = fields.IntField(default=1)
    sent_count = fields.IntField(default=0)
    left_out_count = fields.IntField(default=0)

    noun = "batch"
    expressions = {"waiting_count": WAITING}

    class Meta:
        table = "activation_batch"
        indexes = (("organisation_id", "id"),)

    @property
    def known_as(self) -> str:
        return f"{self.sent_count} users"


class LeftOut(Record):
    """A user whom a batch left out for want of a CPR number."""

    batch: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.ActivationBatch", related_name=False, on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="left_out_of", on_delete=fields.CASCADE
    )
    batch_id: UUID
    user_id: UUID

    class Meta:
        table = "left_out"
        unique_together = (("batch", "user"),)
        indexes = (("user_id",),)
