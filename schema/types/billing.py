"""How an organisation is invoiced, and the price list."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import models
from models import billing_months
from models.billing import in_force
from models.charges import BEGINNING
from models.numbers import EanNumber, Email, check_date
from planner.conditions import Among, Compared, Given
from schema.fields import column, computed, edge, edges, facet, page, part, shows
from schema.filters import filters, read_by_form, where
from schema.nouns import argument, interface, plain
from schema.telling import checked_value
from schema.types.history import HISTORY
from schema.types.organisations import EANS
from schema.types.words import Entity, Node, changeable


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


@filters
class TransactionFilter:
    """A TransactionFilter holds conditions on chargeable transactions.

    kind: Of one of these kinds.
    ean_number: Paid by this EAN number.
    from: On this day or later.
    until: On this day or earlier.
    """

    kind: list[models.ChargeKind] = where(Among("kind"))
    ean_number: EanNumber = where(Compared("ean_number"))
    from_: date = where(Compared("occurred_at", ">=", BEGINNING))
    until: date = where(Compared("occurred_at", "<", BEGINNING.format("({}::date + 1)")))


@shows(
    models.ChargeableTransaction,
    many="chargeable transactions",
    export="billing:read_overview",
    allow="billing:read_overview",
)
class ChargeableTransaction(Node):
    """A ChargeableTransaction is one thing that has cost something."""

    kind: models.ChargeKind = column("What for.")
    occurred_at: datetime = column("When.")
    amount: Decimal = column("The price, in kroner excluding VAT; zero for a free one.")
    ean_number: EanNumber | None = column("The EAN number that pays.")
    user = edge("User", "The user that it is for.", allow="user:read")
    certificate = edge("Certificate", "The certificate that it is for.", allow="certificate:read")


@plain
class BillingLine:
    """A BillingLine is what one kind has cost on one EAN number in a period."""

    kind: models.ChargeKind = column("What for.")
    ean_number: EanNumber | None = column("The EAN number that pays.")
    quantity: int = column("How many.")
    amount: Decimal = column("Their sum, in kroner excluding VAT.")


@shows(billing_months.BillingMonth)
class BillingMonth:
    """A BillingMonth is a period from the 11th of a month to the 10th of the next."""

    from_: date = column("The first day.", "from_on")
    until: date = column("The last day.", "until_on")
    quantity: int = column("How many chargeable transactions.")
    amount: Decimal = column("Their sum, in kroner excluding VAT.")

    @computed("The sum by kind and EAN number.", "list[BillingLine]", needs=("lines",))
    def lines(lines: list[dict[str, Any]]) -> list[billing_months.Line]:
        return [billing_months.Line.read(one) for one in lines]


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
    months = edges(
        "BillingMonth",
        "What it has cost, period by period, latest first; at most 36 periods.",
        allow="billing:read_overview",
        is_with_row=False,
        keys=("organisation_id", "organisation_id"),
        order="from_on",
        is_falling=True,
        conditions={
            "from_": read_by_form(date, Given("from")),
            "until": read_by_form(date, Given("until")),
            "ean_number": read_by_form(EanNumber, Given("ean")),
        },
        arguments=(
            argument(
                "from_",
                date | None,
                "From the period of this day; the last six periods when absent.",
            ),
            argument("until", date | None, "Until the period of this day."),
            argument("ean_number", EanNumber | None, "Paid by this EAN number."),
        ),
    )
    transactions = page(
        "ChargeableTransaction",
        "Everything that has cost something, latest first.",
        allow="billing:read_overview",
        along=None,
        filter=TransactionFilter,
        latest_first=True,
        order=("occurred_at",),
    )
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
        return in_force(asking.context.rules.prices, day)
