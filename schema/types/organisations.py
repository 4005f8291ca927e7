"""Organisations and what is registered to them."""

from datetime import date, datetime

import models
from models.numbers import CvrNumber, EanNumber, Email, PNumber, SeNumber
from models.texts import Line
from planner.conditions import Compared, Contains
from schema.fields import column, edges, page, part, shows
from schema.filters import filters, where
from schema.nouns import NOUNS, argument
from schema.types.words import Entity

HELD = "({from_on} is null or {from_on} <= $today) and ({until_on} is null or {until_on} >= $today)"


def unit_filter(number: str, name: str) -> type:
    class UnitFilter:
        """A UnitFilter holds conditions on production units, VAT units and EAN numbers.

        text: Part of a number, name or label.
        """

        text: Line = where(Contains((number, name)))

    return UnitFilter


PRODUCTION_UNITS = filters(unit_filter("p_number", "name"))
VAT_UNITS = PRODUCTION_UNITS.about(text=Contains(("se_number", "name")))
EANS = PRODUCTION_UNITS.about(text=Contains(("ean_number", "label")))


@shows(models.Organisation, allow="organisation:read")
class Organisation(Entity):
    """An Organisation is one legal unit with a CVR number; everything belongs to exactly one."""

    cvr_number: CvrNumber = column("The CVR number.")
    name: str = column("The registered name.")
    is_public: bool = column("Whether it is a public body, invoiced through NemHandel only.")
    assurance_level: models.AssuranceLevel = column(
        "The highest assurance level that its users can have."
    )
    production_units = page(
        "ProductionUnit",
        "The production units.",
        allow="organisation:read",
        along=None,
        filter=PRODUCTION_UNITS,
    )
    vat_units = page(
        "VatUnit", "The VAT units.", allow="organisation:read", along=None, filter=VAT_UNITS
    )
    eans = page(
        "EanLocation",
        "The EAN numbers registered as invoicing methods.",
        allow="organisation:read",
        along=None,
        filter=EANS,
    )
    administrators = edges(
        "Administrator",
        "Whom to turn to, at most 100.",
        allow="organisation:read",
        keys=("organisation_id", "id"),
        only=HELD + " and {user__status} = 'ACTIVE'",
        conditions={"role": Compared("role")},
        arguments=(argument("role", models.Role | None, "Only those with this role."),),
        limit=100,
    )


@shows(models.RoleAssignment, is_facet=True)
class Administrator:
    """An Administrator is somebody to turn to."""

    name: str = column("The person's name.", "user.name")
    email: Email = column("Where to write.", "user.email")
    role: models.Role = column("The role that the person holds.")


@shows(models.ProductionUnit, many="production units", allow="organisation:read")
class ProductionUnit(Entity):
    """A ProductionUnit is a place of work with a P-number."""

    p_number: PNumber = column("The P-number.")
    name: str = column("The name or address.")


@shows(models.VatUnit, many="VAT units", allow="organisation:read")
class VatUnit(Entity):
    """A VatUnit is a unit that accounts for VAT, with an SE-number."""

    se_number: SeNumber = column("The SE-number.")
    name: str = column("The name.")


@shows(models.EanLocation, many="EAN numbers", allow="organisation:read")
class EanLocation(Entity):
    """An EanLocation is an EAN number to which invoices can be sent."""

    ean_number: EanNumber = column("The EAN number.")
    label: str = column("What the organisation calls it.")
    attention_name: str | None = column("Whom invoices are for the attention of.")
    purchase_order_reference: str | None = column(
        "The purchase order or reference to print on invoices."
    )


@shows(models.RoleAssignment)
class RoleAssignment:
    """A RoleAssignment is a role that a user holds, with its period."""

    role: models.Role = column("The role.")
    from_: date | None = column("The first day; from the beginning when null.", "from_on")
    until: date | None = column("The last day; without end when null.", "until_on")
    assigned_by = part("Actor", "Who gave it.")
    assigned_at: datetime = column("When it was given.")


NOUNS["Role"] = models.Role
