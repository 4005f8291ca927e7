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

IS_UNDER_WAY = "(exists (select 1 from batch_part part where part.batch_id = {id}))"
HAS_CODES = f"""(not {IS_UNDER_WAY} and exists (select 1 from batch_codes kept
 where kept.batch_id = {{id}} and kept.expires_at > $now))"""


class ActivationBatch(Entity):
    """A number of users sent for activation together."""

    authenticator_kind = fields.CharEnumField(AuthenticatorKind, max_length=20)
    devices = fields.JSONField[list[str]](default=list)
    authenticators_each = fields.IntField(default=1)
    sent_count = fields.IntField(default=0)
    left_out_count = fields.IntField(default=0)
    includes_born = fields.BooleanField(default=False)  # those created by date of birth too
    # As whom, and by which request, the users are sent.
    sent_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    request_uuid = fields.UUIDField(null=True)
    sent_by_id: UUID | None

    noun = "batch"
    expressions = {
        "waiting_count": WAITING,
        "is_under_way": IS_UNDER_WAY,
        "has_codes": HAS_CODES,
    }

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


class BatchPart(Record):
    """Some users of a batch who are still to be sent."""

    batch: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.ActivationBatch", related_name=False, on_delete=fields.CASCADE
    )
    batch_id: UUID
    user_ids = fields.JSONField[list[str]]()
    stumble_count = fields.IntField(default=0)  # how often its work met a fault

    class Meta:
        table = "batch_part"
        indexes = (("batch_id",), ("organisation_id",), ("stumble_count", "id"))


class BatchCodes(Record):
    """Temporary codes of some users of a batch, sealed, until they are downloaded or run out."""

    batch: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.ActivationBatch", related_name=False, on_delete=fields.CASCADE
    )
    batch_id: UUID
    codes_sealed = fields.BinaryField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "batch_codes"
        indexes = (("batch_id",), ("expires_at",))
