"""How an organisation is invoiced, and what things cost."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Entity


class BillingMethodKind(StrEnum):
    """BillingMethodKind lists the ways in which invoices are sent.

    NEM_HANDEL: Electronic invoices to EAN numbers.
    DIGITAL_POST: Digital Post.
    EMAIL: E-mail.
    """

    NEM_HANDEL = "NEM_HANDEL"
    DIGITAL_POST = "DIGITAL_POST"
    EMAIL = "EMAIL"


class ChargeKind(StrEnum):
    """ChargeKind tells what can cost something.

    USER_ACTIVATION: An activated user beyond the free ones.
    CODE_DISPLAY: A code display.
    AUDIO_CODE_READER: An audio code reader.
    CHIP: A chip.
    USER_CERTIFICATE: A user certificate.
    ORGANISATION_CERTIFICATE: An organisation certificate.
    """

    USER_ACTIVATION = "USER_ACTIVATION"
    CODE_DISPLAY = "CODE_DISPLAY"
    AUDIO_CODE_READER = "AUDIO_CODE_READER"
    CHIP = "CHIP"
    USER_CERTIFICATE = "USER_CERTIFICATE"
    ORGANISATION_CERTIFICATE = "ORGANISATION_CERTIFICATE"


class Billing(Entity):
    """The Billing of an organisation is how it is invoiced and what it has cost."""

    kind = fields.CharEnumField(BillingMethodKind, max_length=20)
    default_ean: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.EanLocation", related_name="pays_by_default", null=True, on_delete=fields.RESTRICT
    )
    default_ean_id: UUID | None
    email = fields.CharField(254, null=True)
    attention_name = fields.CharField(200, null=True)
    reference = fields.CharField(200, null=True)
    changed_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    changed_at = fields.DatetimeField(null=True)

    noun = "billing"
    named_by = "organisation_id"

    class Meta:
        table = "billing"
        unique_together = (("organisation",),)

    @property
    def known_as(self) -> str:
        return "billing"


@dataclass(frozen=True)
class Price:
    """What one thing costs during a period, in kroner excluding VAT; both days are included."""

    kind: ChargeKind
    amount: Decimal
    free_quantity: int
    from_: date
    until: date | None


Prices = tuple[Price, ...]  # of all times


def price_list(path: Path) -> Prices:
    """All prices of all times, from a file such as `prices.toml`."""
    return tuple(
        Price(
            ChargeKind(row["kind"]),
            Decimal(row["amount"]),
            row.get("free", 0),
            row["from"],
            row.get("until"),
        )
        for row in tomllib.loads(path.read_text())["price"]
    )


SHIPPED = price_list(Path(__file__).parent / "prices.toml")


def in_force(prices: Prices, on: date) -> list[Price]:
    """The prices of a day."""
    return [one for one in prices if one.from_ <= on <= (one.until or on)]
