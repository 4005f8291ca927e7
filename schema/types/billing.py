"""How an organisation is invoiced, and the price list."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import models
from models.billing import prices
from models.numbers import Email, check_date
from schema.fields import column, computed, edge, facet, page, part, shows
from schema.nouns import argument, interface, plain
from schema.telling import checked_value
from schema.types.history import HISTORY
from schema.types.organisations import EANS
from schema.types.words import Entity, changeable


@interface
class BillingMethod:
    """The BillingMethod interface is one of the three ways in which invoices are sent."""

    kind: models.BillingMethodKind = column("Which way.")


@shows(models.Billing, is_facet=True)
class NemHandelMethod(BillingMethod):
    """A NemHandelMethod sends invoices to EAN numbers."""

    default_ean = edge(
        "EanLocation",
        "The EAN number that pays where a user or profile names none.",
        allow="organisation:read",
    )
    eans = page(
        "EanLocation",
        "All registered EAN numbers.",
        allow="organisation:read",
        along=None,
        filter=EANS,
    )


@shows(models.Billing, is_facet=True)
class DigitalPostMethod(BillingMethod):
    """A DigitalPostMethod sends invoices to the organisation's Digital Post."""

    attention_name: str | None = column("Whom invoices are for the attention of.")
    reference: str | None = column("The purchase order or reference to print on invoices.")


@shows(models.Billing, is_facet=True)
class EmailMethod(BillingMethod):
    """An EmailMethod sends invoices by e-mail."""

    email: Email = column("Where to.")
    attention_name: str | None = column("Whom invoices are for the attention of.")
    reference: str | None = column("The purchase order or reference to print on invoices.")


@plain
class Price:
    """A Price is what one thing costs during a period."""

    kind: models.ChargeKind = column("What for.")
    amount: Decimal = column("The price, in kroner excluding VAT.")
    free_quantity: int = column("How many are free.")
    from_: date = column("The first day of the price.")
    until: date | None = column("The last day; until further notice when null.")


@shows(models.Billing, allow="billing:read")
class Billing(Entity):
    """The Billing of an organisation is how it is invoiced and what it has cost."""

    method = facet(
        "BillingMethod",
        "How invoices are sent.",
        by="kind",
        targets={
            "NEM_HANDEL": "NemHandelMethod",
            "DIGITAL_POST": "DigitalPostMethod",
            "EMAIL": "EmailMethod",
        },
    )
    can_change, changeable_by, change_note = changeable("billing:update", is_page=False)
    changed_by = part("Actor", "Who last changed it.")
    changed_at: datetime | None = column("When it was last changed.")
    history = page(
        "HistoryEntry",
        "What happened to the billing method, latest first.",
        allow="history:list",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )

    @computed(
        "What things cost.",
        "Optional[list[Price]]",
        asks=True,
        allow="billing:read",
        arguments=(argument("on", date | None, "As of this day; today when absent."),),
    )
    def price_list(asking: Any, on: Any = None) -> list[Any]:
        day = checked_value(check_date, on, ("on",), asking) if on is not None else asking.today
        return prices(day)
