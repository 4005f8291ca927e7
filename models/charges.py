"""What has cost something."""

from datetime import date, datetime
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


class ChargedSum(Record):
    """A ChargedSum is what one kind has cost on one EAN number in a period; the database keeps it.

    However much has been charged, what a period has cost is read from a few rows.
    """

    from_on: date = fields.DateField()  # the first day of the period
    kind = fields.CharEnumField(ChargeKind, max_length=30)
    ean_number = fields.CharField(13, null=True)
    quantity = fields.IntField()
    amount: Decimal = fields.DecimalField(12, 2)

    class Meta:
        table = "charged_sum"


# Days are days in Denmark; a period begins on the 11th of a month, and is named by that day.
DAY = "({} at time zone 'Europe/Copenhagen')::date"
BEGINNING = "({}::date::timestamp at time zone 'Europe/Copenhagen')"
PERIOD = "(date_trunc('month', ({} - 10)::timestamp) + interval '10 days')::date"
ONE_OF_EACH = "(organisation_id, from_on, kind, coalesce(ean_number, ''))"
ADD = f"""
insert into charged_sum as s (id, organisation_id, from_on, kind, ean_number, quantity, amount)
select gen_random_uuid(), organisation_id, {PERIOD.format(DAY.format("occurred_at"))}, kind,
       ean_number, count(*), sum(amount)
from {{}} group by 2, 3, 4, 5
on conflict {ONE_OF_EACH}
do update set quantity = s.quantity + excluded.quantity, amount = s.amount + excluded.amount
"""
# Added up when all else of a change is done: by then its organisation's history is locked, so that
# no two changes wait for each other.
KEEP_SUMS = [
    f"create unique index one_charged_sum_of_each on charged_sum {ONE_OF_EACH}",
    ADD.format("chargeable_transaction"),
    f"""
create function keep_charged_sums() returns trigger language plpgsql as $$
begin
    {ADD.format("(select new.*) charged")};
    return null;
end $$
""",
    """
create constraint trigger keep_charged_sums after insert on chargeable_transaction
    deferrable initially deferred for each row execute function keep_charged_sums()
""",
]
KEEP_NO_SUMS = "drop function keep_charged_sums() cascade"
