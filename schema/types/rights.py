"""Rights: the catalogue, what is given of it, and who has what by which ways."""

from datetime import date

import models
from models.texts import Line
from planner.conditions import Compared, Contains
from schema.fields import column, edge, part, shows
from schema.filters import filters, where
from schema.types.words import Entity


@filters
class RightFilter:
    """A RightFilter holds conditions on rights.

    text: Part of the title, description or service.
    service: Of this service.
    category: In this category.
    is_internal: Internal, or external.
    is_in_basic_package: In the basic package, or not.
    """

    text: Line = where(Contains(("title", "description", "service")))
    service: Line = where(Compared("service"))
    category: Line = where(Compared("category"))
    is_internal: bool = where(Compared("is_internal"))
    is_in_basic_package: bool = where(Compared("is_in_basic_package"))


@shows(models.Right, many="rights", allow="right:read")
class Right(Entity):
    """A Right is the permission for a task in some service."""

    service: str = column("The service.")
    category: str = column("The category that it is shown under.")
    title: str = column("The title.")
    description: str = column("What it allows.")
    is_internal: bool = column("Whether it is for the organisation's own systems.")
    is_in_basic_package: bool = column("Whether it belongs to the most used ones.")


@shows(models.RightAssignment, many="right assignments", allow="right_assignment:read")
class RightAssignment(Entity):
    """A RightAssignment is a right given to a user or a group."""

    from_: date | None = column("The first day; from the beginning when null.", "from_on")
    until: date | None = column("The last day; without end when null.", "until_on")
    assigned_by = part("Actor", "Who gave it.", is_sure=True)
    right = edge("Right", "The right.", allow="right:read")
    user = edge("User", "The user who has it; null for a group's.", allow="user:read")
    group = edge("Group", "The group whose members have it; null for a user's.", allow="group:read")
    production_unit = edge(
        "ProductionUnit", "The production unit that it is limited to.", allow="organisation:read"
    )
    vat_unit = edge("VatUnit", "The VAT unit that it is limited to.", allow="organisation:read")
