"""What an organisation has paid for, by period, of the sums that are kept by kind and EAN number.

What asks may say from and until which period, by any day in it, and which EAN number paid: `$from`,
`$until` and `$ean`, which are null where it does not say. A period that is yet to come has cost
nothing, and is not told.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tortoise import fields

from models.base import Record
from models.billing import ChargeKind
from models.charges import PERIOD

MOST, USUAL = 36, 6  # periods
LAST = PERIOD.format("least($until::date, $today::date)")
FIRST = PERIOD.format("$from::date")
BEFORE = "({} - interval '{} months')::date"
SUMS = f"""
with asked as (
    select greatest(coalesce({FIRST}, {BEFORE.format(LAST, USUAL - 1)}),
                    {BEFORE.format(LAST, MOST - 1)})::timestamp as first,
           {LAST}::timestamp as last
), line as (
    select from_on, kind, ean_number, quantity, amount from charged_sum, asked
    where organisation_id = $tenant::uuid and from_on between first::date and last::date
      and ($ean::text is null or ean_number = $ean::text)
)
select md5($tenant::uuid::text || p.from_on)::uuid as id, $tenant::uuid as organisation_id,
       p.from_on::date as from_on, (p.from_on + interval '1 month - 1 day')::date as until_on,
       coalesce(sum(quantity), 0)::int as quantity, coalesce(sum(amount), 0.00) as amount,
       coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'ean_number', ean_number,
           'quantity', quantity, 'amount', amount::text) order by kind, ean_number)
           filter (where kind is not null), '[]') as lines
from asked cross join generate_series(first, last, interval '1 month') as p(from_on)
left join line on line.from_on = p.from_on::date group by p.from_on
"""


class BillingMonth(Record):
    """A BillingMonth is a period from the 11th of a month to the 10th of the next."""

    from_on: date = fields.DateField()
    until_on: date = fields.DateField()
    quantity = fields.IntField()
    amount: Decimal = fields.DecimalField(12, 2)
    lines = fields.JSONField[list[dict[str, Any]]]()

    source = " ".join(SUMS.split())

    class Meta:
        table = "billing_month"


@dataclass
class Line:
    """What one kind has cost on one EAN number in a period."""

    kind: ChargeKind
    ean_number: str | None
    quantity: int
    amount: Decimal

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Line":
        """A line as the source writes it."""
        known = {"kind": ChargeKind(row["kind"]), "amount": Decimal(row["amount"])}
        return cls(**row | known)
