"""What costs something: it is charged in the transaction of the change that brings it about."""

from decimal import Decimal

from models import (
    Billing,
    Certificate,
    CertificateProfile,
    ChargeableTransaction,
    ChargeKind,
    EanLocation,
    User,
)
from models.billing import Price, in_force
from resolvers.context import Context


async def charge(
    context: Context,
    kind: ChargeKind,
    payer: User | CertificateProfile,
    certificate: Certificate | None = None,
) -> None:
    """Charges for a thing that somebody gets, at the price of the day."""
    prices = in_force(context.rules.prices, context.today)
    price = next((one for one in prices if one.kind is kind), None)
    await ChargeableTransaction.create(
        organisation_id=payer.organisation_id,
        kind=kind,
        occurred_at=context.now,
        amount=await cost(payer, price) if price else Decimal(0),
        ean_number=await number_of(payer),
        user_id=payer.id if isinstance(payer, User) else None,
        certificate=certificate,
    )


async def charge_certificate(context: Context, certificate: Certificate) -> None:
    """Charges for a certificate that is issued: for a user's the user, or else the profile."""
    if certificate.kind.is_for_users:
        user = await User.get(id=certificate.user_id)
        await charge(context, ChargeKind.USER_CERTIFICATE, user, certificate)
    else:
        profile = await CertificateProfile.get(id=certificate.profile_id)
        await charge(context, ChargeKind.ORGANISATION_CERTIFICATE, profile, certificate)


async def cost(payer: User | CertificateProfile, price: Price) -> Decimal:
    """The price, or nothing for the first few that are free; of two at once, one waits."""
    if not price.free_quantity:
        return price.amount
    here = {"organisation_id": payer.organisation_id}
    await Billing.locked(**here)
    former = ChargeableTransaction.filter(**here, kind=price.kind).limit(price.free_quantity)
    is_free = len(await former.values_list("id")) < price.free_quantity
    return Decimal(0) if is_free else price.amount


async def number_of(payer: User | CertificateProfile) -> str | None:
    """The EAN number that pays: the one's own, or else the organisation's usual one."""
    billing = await Billing.get(organisation_id=payer.organisation_id)
    ean = await EanLocation.get_or_none(id=payer.ean_id or billing.default_ean_id)
    return ean.ean_number if ean else None
