"""Rights: the catalogue, what is given of it, and who has what by which ways."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

import models
from models import effective_rights
from models.numbers import PNumber, SeNumber, check_uuid
from models.texts import Line
from planner.conditions import Among, Compared, Contains, Given, HasAll
from planner.shapes import ABOVE
from resolvers.context import Key
from schema.connections import connection
from schema.fields import column, edge, edges, page, part, parts, shows
from schema.filters import Asked, filters, where
from schema.nouns import argument
from schema.scalars import CHECKS
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
    holders = page(
        "User",
        "Who has this right, whatever its source.",
        allow="right:list_holders",
        along=None,
        through=("right_sources.right_id", "{organisation_id} = $tenant"),
        chosen_by={
            "at": (date, "On this day; today when absent.", Given("day")),
            "p_number": (
                PNumber,
                "Valid at this production unit.",
                Given("unit"),
            ),
            "se_number": (
                SeNumber,
                "Valid under this VAT unit.",
                Given("vat"),
            ),
        },
        paged_as="RightHolder",
    )


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


@shows(effective_rights.RightSource)
class RightSource:
    """A RightSource is one way in which a user comes by a right."""

    kind: models.RightSourceKind = column("Which way.")
    from_: date | None = column("The first day.", "from_on")
    until: date | None = column("The last day; without end when null.", "until_on")
    p_number: PNumber | None = column(
        "The production unit that it is limited to.", "production_unit.p_number"
    )
    se_number: SeNumber | None = column("The VAT unit that it is limited to.", "vat_unit.se_number")
    assignment = edge("RightAssignment", "The assignment behind it.", allow="right_assignment:read")
    group = edge("Group", "The group, for a group's right.", allow="group:read")
    power_of_attorney = edge(
        "PowerOfAttorney",
        "The power of attorney, for a received right.",
        allow="power_of_attorney:read",
    )
    delegation_group = edge(
        "DelegationGroup",
        "The delegation group, where one leads to the power of attorney.",
        allow="delegation_group:read",
    )


@shows(effective_rights.EffectiveRight)
class EffectiveRight:
    """An EffectiveRight is a right that a user has, by one or more sources."""

    until: date | None = column(
        "The day on which the last source ends; without end when null.", "until_on"
    )
    right = edge("Right", "The right.", allow="right:read")
    sources = parts(
        "RightSource",
        "Where the user has it from.",
        keys=("user_id", "user_id"),
        beside=("right_id", "right_id"),
    )


@dataclass
class UserRightsFilter:
    """A UserRightsFilter finds users by right, whatever the right's source.

    right_ids: All of these rights.
    p_number: Valid at this production unit.
    se_number: Valid under this VAT unit.
    """

    right_ids: list[Key]
    p_number: PNumber | None = None
    se_number: SeNumber | None = None


def check_ids(given: list[str], context: Any) -> list[UUID]:
    return [check_uuid(one) for one in given]


HAVING = HasAll(
    effective_rights.RightSource,
    *("user_id", "right_id", "right_ids"),
    given=(("p_number", "unit"), ("se_number", "vat")),
)
EFFECTIVE = edges(
    "EffectiveRight",
    "Every right that the user has, with all its sources; as long as the catalogue at most.",
    allow="right_assignment:read",
    keys=("user_id", "id"),
    conditions={
        "right_ids": Asked(Among("right_id"), check_ids),
        "at": Asked(Given("day"), CHECKS[date]),
    },
    arguments=(
        argument("right_ids", list[strawberry.ID] | None, "Only these rights."),
        argument("at", date | None, "On this day; today when absent."),
    ),
)

connection(
    "RightHolder",
    "users who have a right",
    node="User",
    model=models.User,
    sources=parts(
        "RightSource",
        "Where the user has the right from.",
        keys=("user_id", "id"),
        beside=("right_id", ABOVE),
    ),
)
