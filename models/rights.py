"""Rights: the catalogue that all organisations share, and who was given what of it."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import EVERYONE, Entity


class Right(Entity):
    """A Right is the permission for a task in some service."""

    organisation = None
    code = fields.CharField(100, unique=True)
    service = fields.CharField(100)
    category = fields.CharField(100)
    title = fields.CharField(200)
    description = fields.CharField(1000)
    is_internal = fields.BooleanField(default=False)
    is_in_basic_package = fields.BooleanField(default=False)
    permissions = fields.JSONField[list[str]](default=list)  # of Segl itself, that it carries
    is_retired = fields.BooleanField(default=False)
    catalogue = fields.IntField()  # the version of the catalogue that told of it last

    # The rows are nobody's: each organisation sees them as if they were its own.
    source = 'select *, $tenant::uuid as organisation_id from "right"'
    is_shared = True
    owner = EVERYONE
    noun = "right"

    class Meta:
        table = "right"
        indexes = (("service", "category", "title", "id"),)

    @property
    def known_as(self) -> str:
        return f"{self.service}: {self.title}"

    @property
    def is_assignable(self) -> bool:
        """Whether users and groups of an organisation can be given it.

        What is retired cannot; nor what carries permissions of Segl: in an organisation roles
        alone say who may do what there, and such rights are for powers of attorney.
        """
        return not self.is_retired and not self.permissions


class RightSourceKind(StrEnum):
    """RightSourceKind lists the ways in which a user comes by a right.

    DIRECT: Given to the user.
    CUSTOM_GROUP: By a custom group.
    SYSTEM_GROUP: By a system group.
    POWER_OF_ATTORNEY: By a power of attorney from another organisation.
    DELEGATION_GROUP: By a delegation group.
    """

    DIRECT = "DIRECT"
    CUSTOM_GROUP = "CUSTOM_GROUP"
    SYSTEM_GROUP = "SYSTEM_GROUP"
    POWER_OF_ATTORNEY = "POWER_OF_ATTORNEY"
    DELEGATION_GROUP = "DELEGATION_GROUP"


class RightAssignment(Entity):
    """A RightAssignment is a right given to a user or a group."""

    right: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Right", related_name="assignments", on_delete=fields.RESTRICT
    )
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="right_assignments", null=True, on_delete=fields.CASCADE
    )
    group: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Group", related_name="right_assignments", null=True, on_delete=fields.CASCADE
    )
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    from_on = fields.DateField(null=True)
    until_on = fields.DateField(null=True)
    assigned_by: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, on_delete=fields.RESTRICT
    )
    right_id: UUID
    user_id: UUID | None
    group_id: UUID | None
    production_unit_id: UUID | None
    vat_unit_id: UUID | None

    noun = "assignment"
    owner = "user_id"
    known_by = ("right_id", "user_id", "group_id")
    # A group's rights are its members' too.
    owned_by = (
        "exists (select 1 from group_member m where m.group_id = {group_id} and m.user_id = $me"
        " and coalesce(m.until_on, $today) >= $today)"
    )

    class Meta:
        table = "right_assignment"
        indexes = (
            ("organisation_id", "id"),
            ("organisation_id", "right_id"),
            ("user_id", "right_id"),
            ("group_id", "right_id"),
        )

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until_on is not None and self.until_on < today

    def is_doubled_by(self, other: "RightAssignment") -> bool:
        """Whether another, of the same right to the same holder, has its limits on some day."""
        return coincide(self, other)


def coincide(one: Any, other: Any) -> bool:
    """Whether two things that are given for a time have the same limits on some day."""
    limits, others_limits = [(each.production_unit_id, each.vat_unit_id) for each in (one, other)]
    (begins, ends), (other_begins, others_end) = [
        (each.from_on or date.min, each.until_on or date.max) for each in (one, other)
    ]
    return limits == others_limits and begins <= others_end and other_begins <= ends
