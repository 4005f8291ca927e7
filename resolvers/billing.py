"""What can be done to the way in which an organisation is invoiced."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from typing_extensions import Unpack

from models import Billing, BillingMethodKind, EanLocation
from models.numbers import EanNumber, Email
from models.refusals import Invalid
from models.texts import Line, Title
from resolvers import roles
from resolvers.context import Context, OneOf, checked_by
from resolvers.units import must_be_new
from resolvers.usages import must_be_unused


@dataclass
class NemHandelInput:
    """A NemHandelInput tells who pays by default.

    default_ean: The registered EAN number that pays where a user or profile names none.
    """

    default_ean: EanLocation


@dataclass
class DigitalPostInput:
    """A DigitalPostInput tells what to print on invoices.

    attention_name: Whom invoices are for the attention of.
    reference: The purchase order or reference.
    """

    attention_name: Line | None = None
    reference: Line | None = None


@dataclass
class EmailBillingInput:
    """An EmailBillingInput tells where to send invoices.

    email: Where to.
    email_again: The same address once more.
    attention_name: Whom invoices are for the attention of.
    reference: The purchase order or reference to print on invoices.
    """

    email: Email
    email_again: Email
    attention_name: Line | None = None
    reference: Line | None = None


@dataclass
class BillingMethodInput(OneOf):
    """A BillingMethodInput chooses one of the three ways in which invoices are sent.

    nem_handel: To EAN numbers, which addEan registers.
    digital_post: To the organisation's Digital Post.
    email: By e-mail.
    """

    nem_handel: NemHandelInput | None = None
    digital_post: DigitalPostInput | None = None
    email: EmailBillingInput | None = None


class EanAlterations(TypedDict, total=False):
    """What can be altered of an EAN number.

    label: What the organisation calls it.
    attention_name: Whom invoices are for the attention of.
    purchase_order_reference: The purchase order or reference to print on invoices.
    """

    label: Title
    attention_name: Line | None
    purchase_order_reference: Line | None


async def fitting(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a method: addresses that differ, or a way closed to public bodies."""
    method: BillingMethodInput | None = given.get("method")
    if method is None:
        return
    if method.email and method.email.email != method.email.email_again:
        yield Invalid("EMAILS_DIFFER", path=("method", "email", "emailAgain"))
    organisation = await context.organisation()
    if organisation.is_public and not method.nem_handel:
        yield Invalid("NEM_HANDEL_ONLY", path=("method",))


@checked_by(fitting)
async def update(context: Context, billing: Billing, method: BillingMethodInput) -> Billing:
    """Change how the organisation is invoiced.

    method: The way.
    billing: The billing as it is now.
    """
    way, chosen = method.chosen
    billing.kind = BillingMethodKind(way.upper())
    billing.default_ean = getattr(chosen, "default_ean", None)
    billing.email = getattr(chosen, "email", None)
    billing.attention_name = getattr(chosen, "attention_name", None) or None
    billing.reference = getattr(chosen, "reference", None) or None
    billing.changed_by, billing.changed_at = await context.actor(), context.now
    await billing.save()
    await context.tell(await roles.others(context, "billing:update"), "billing_changed", billing)
    return billing


async def add_ean(
    context: Context,
    ean_number: EanNumber,
    label: Title,
    attention_name: Line | None = None,
    purchase_order_reference: Line | None = None,
) -> EanLocation:
    """Register an EAN number for invoices.

    ean_number: The EAN number.
    label: What the organisation calls it.
    attention_name: Whom invoices are for the attention of.
    purchase_order_reference: The purchase order or reference to print on invoices.
    ean: The new EAN number.
    """
    await must_be_new(context, EanLocation, ean_number)
    ean = EanLocation(
        label=label,
        attention_name=attention_name or None,
        purchase_order_reference=purchase_order_reference or None,
        organisation_id=context.organisation_id,
        ean_number=ean_number,
    )
    await ean.save()
    return ean


async def update_ean(ean: EanLocation, **given: Unpack[EanAlterations]) -> EanLocation:
    """Change what is known of an EAN number; absent is unchanged, null is cleared.

    ean_id: The EAN number's id.
    ean: The EAN number as it is now.
    """
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    for name, value in given.items():
        setattr(ean, name, value)
    await ean.save()
    return ean


async def remove_ean(ean: EanLocation) -> EanLocation:
    """Remove an EAN number that nothing uses.

    ean_id: The EAN number's id.
    ean: The EAN number as it was.
    """
    await must_be_unused(ean)
    await ean.delete()
    return ean
