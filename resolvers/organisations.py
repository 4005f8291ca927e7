"""How an organisation comes to be, with all that every organisation has."""

from collections.abc import AsyncIterator
from typing import Any

from models import (
    Billing,
    BillingMethodKind,
    EanLocation,
    Group,
    GroupKind,
    HistoryHead,
    Organisation,
    VatUnit,
)
from models.settings import PAGES
from models.verification import verify
from resolvers import units

ALL_USERS = "Alle brugere"


async def found(
    *,
    cvr_number: str,
    name: str,
    is_public: bool = False,
    production_units: dict[str, str] | None = None,
    vat_units: dict[str, str] | None = None,
    eans: dict[str, str] | None = None,
    **facts: Any,
) -> Organisation:
    """Makes an organisation with its settings, billing, units and system groups."""
    organisation = Organisation(cvr_number=cvr_number, name=name, is_public=is_public, **facts)
    await organisation.save()
    here = {"organisation_id": organisation.id}
    await HistoryHead.create(organisation_id=organisation.id)
    for page in PAGES:
        await page(**here).save()
    await Group(**here, kind=GroupKind.SYSTEM, name=ALL_USERS).save()
    for number, label in (production_units or {}).items():
        await units.open_production_unit(organisation.id, number, label)
    for number, label in (vat_units or {}).items():
        await VatUnit(**here, se_number=number, name=label).save()
    registered = [
        EanLocation(**here, ean_number=one, label=label) for one, label in (eans or {}).items()
    ]
    for ean in registered:
        await ean.save()
    kind = BillingMethodKind.NEM_HANDEL if registered else BillingMethodKind.DIGITAL_POST
    await Billing(**here, kind=kind, default_ean=registered[0] if registered else None).save()
    return organisation


async def verified() -> AsyncIterator[tuple[str, bool]]:
    """Each organisation's history in a line, and whether it is intact."""
    for one in await Organisation.all().order_by("cvr_number"):
        found = await verify(one.id)
        state = "intact" if found.is_intact else f"broken at entry {found.broken_at}"
        checked = f"{found.checked_count} entries checked"
        yield f"{one.cvr_number} {one.name}: {state}, {checked}", found.is_intact
