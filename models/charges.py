"""What has cost something."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record
from models.billing import ChargeKind


class ChargeableTransaction(Record):
    """A ChargeableTransaction is one thing that has cost something; it never changes."""

    kind = fields.CharEnumField(ChargeKind, max_length=30)
    occurred_at: datetime = fields.DatetimeField()
    amount: Decimal = fields.DecimalField(10, 2)
    ean_number = fields.CharField(13, null=True)  # that paid then
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="charges", null=True, on_delete=fields.SET_NULL
    )
    user_id: UUID | None
    certificate: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name="charges", null=True, on_delete=fields.SET_NULL
    )
    certificate_id: UUID | None

    class Meta:
        table = "chargeable_transaction"
        indexes = (
            ("organisation_id", "occurred_at", "id"),
            ("organisation_id", "kind"),
            ("user_id",),
            ("certificate_id",),
        )
