"""What is registered to an organisation: its production units and VAT units."""

from typing import Any
from uuid import UUID

from models import Entity, Group, GroupKind, ProductionUnit, VatUnit
from models.numbers import PNumber, SeNumber
from models.refusals import Conflict
from models.texts import Title
from models.wording import camel
from resolvers import groups
from resolvers.context import Context
from resolvers.usages import must_be_unused

LONGEST = 187  # of a unit's name in that of its group, where its number stands too


async def add_production_unit(context: Context, p_number: PNumber, name: Title) -> ProductionUnit:
    """Register a production unit of the organisation.

    p_number: The P-number.
    name: The name or address.
    production_unit: The new production unit.
    """
    await must_be_new(context, ProductionUnit, p_number)
    await groups.must_be_free(context, group_name(p_number, name))
    return await open_production_unit(context.organisation_id, p_number, name)


async def open_production_unit(organisation_id: UUID, number: str, name: str) -> ProductionUnit:
    """Makes a production unit, and the system group of all who work there."""
    unit = ProductionUnit(organisation_id=organisation_id, p_number=number, name=name)
    await unit.save()
    await Group(
        organisation_id=organisation_id,
        kind=GroupKind.SYSTEM,
        name=group_name(number, name),
        members_of=unit,
    ).save()
    return unit


def group_name(number: str, name: str) -> str:
    return f"{name[:LONGEST]} ({number})"


async def remove_production_unit(production_unit: ProductionUnit) -> ProductionUnit:
    """Remove a production unit that nothing uses.

    production_unit_id: The production unit.
    production_unit: The production unit as it was.
    """
    await must_be_unused(production_unit)
    for group in await Group.filter(members_of_id=production_unit.id):
        await group.delete()
    await production_unit.delete()
    return production_unit


async def add_vat_unit(context: Context, se_number: SeNumber, name: Title) -> VatUnit:
    """Register a VAT unit of the organisation.

    se_number: The SE-number.
    name: The name.
    vat_unit: The new VAT unit.
    """
    await must_be_new(context, VatUnit, se_number)
    unit = VatUnit(organisation_id=context.organisation_id, se_number=se_number, name=name)
    await unit.save()
    return unit


async def remove_vat_unit(vat_unit: VatUnit) -> VatUnit:
    """Remove a VAT unit that nothing uses.

    vat_unit_id: The VAT unit.
    vat_unit: The VAT unit as it was.
    """
    await must_be_unused(vat_unit)
    await vat_unit.delete()
    return vat_unit


async def must_be_new(context: Context, model: type[Entity], number: str) -> None:
    """Refuses a number that is registered to the organisation already."""
    await context.organisation_locked()
    named: dict[str, Any] = {model.named_by: number, "organisation_id": context.organisation_id}
    if known := await model.get_or_none(**named):
        raise Conflict("ALREADY_REGISTERED", path=(camel(model.named_by),), current=known)
