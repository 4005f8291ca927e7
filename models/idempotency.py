"""Answers that are kept for a day, so that a change which is asked for again is made once."""

from datetime import timedelta
from uuid import UUID

from tortoise import fields

from models.base import Record

KEPT_FOR = timedelta(hours=24)


class KeptAnswer(Record):
    """What a change answered under an Idempotency-Key, and a hash of what it was asked."""

    holder_id: UUID = fields.UUIDField()
    operation = fields.CharField(60)
    key = fields.CharField(200)
    question_hash = fields.CharField(64)
    answer_sealed = fields.BinaryField()  # it may show names and addresses
    kept_at = fields.DatetimeField()

    class Meta:
        table = "kept_answer"
        unique_together = (("holder_id", "operation", "key"),)
        indexes = (("kept_at",),)
