"""Letters on their way: stored with the change that they tell of, sent after it."""

from datetime import datetime, timedelta
from enum import StrEnum

from tortoise import fields

from models.base import Record

TRIES = 12
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=6)


class DeliveryStatus(StrEnum):
    """DeliveryStatus tells how far a letter has come.

    QUEUED: Waiting to be sent.
    SENT: Handed to the receiver's mail server.
    FAILED: Given up; the reason is told beside it.
    """

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class Letter(Record):
    """A letter in the outbox. The text is sealed, since it may hold the secret of a link."""

    to = fields.CharField(254)
    subject = fields.CharField(200)
    body_sealed = fields.BinaryField(null=True)
    status = fields.CharEnumField(DeliveryStatus, max_length=20, default=DeliveryStatus.QUEUED)
    queued_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    failure_reason = fields.CharField(500, null=True)
    tries = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()

    class Meta:
        table = "letter"
        indexes = (("status", "next_try_at"),)

    def sent(self, at: datetime) -> None:
        self.status, self.sent_at, self.failure_reason = DeliveryStatus.SENT, at, None

    def refused(self, at: datetime, reason: str, is_final: bool) -> None:
        """Waits twice as long as before, or gives up."""
        self.tries += 1
        self.failure_reason = reason[:500]
        if is_final or self.tries >= TRIES:
            self.status = DeliveryStatus.FAILED
        self.next_try_at = at + min(FIRST_WAIT * 2 ** (self.tries - 1), LONGEST_WAIT)
