"""Organisations, what is registered to them, and the roles that people hold there."""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import EVERYONE, Entity, Record
from models.numbers import EanNumber, PNumber, SeNumber


class AssuranceLevel(IntEnum):
    """AssuranceLevel tells how surely a person's or an organisation's identity is proved,
    after NSIS.

    SUBSTANTIAL: Level 3.
    HIGH: Level 4.
    """

    SUBSTANTIAL = 3
    HIGH = 4


class Role(StrEnum):
    """Role lists the roles that a person can hold in an organisation.

    ORGANISATION_ADMINISTRATOR: Settings, billing, roles, custom groups and powers of attorney; views users and certificates.
    USER_ADMINISTRATOR: Users, imports, activation, authenticators, certificates and members of groups; views billing and settings.
    RIGHTS_ADMINISTRATOR: Rights, requests for rights, members of groups and users of powers of attorney; views the rest.
    USER: Every activated person, for oneself only.
    """  # noqa: E501

    ORGANISATION_ADMINISTRATOR = "ORGANISATION_ADMINISTRATOR"
    USER_ADMINISTRATOR = "USER_ADMINISTRATOR"
    RIGHTS_ADMINISTRATOR = "RIGHTS_ADMINISTRATOR"
    USER = "USER"


class Organisation(Entity):
    """One legal unit with a CVR number; everything belongs to exactly one."""

    organisation = None
    cvr_number = fields.CharField(8, unique=True)
    name = fields.CharField(200)
    is_public = fields.BooleanField(default=False)
    assurance_level = fields.IntEnumField(AssuranceLevel, default=AssuranceLevel.HIGH)

    tenant = "id"
    owner = EVERYONE
    noun = "organisation"

    class Meta:
        table = "organisation"

    @property
    def organisation_id(self) -> UUID:  # type: ignore[override]
        return self.id

    @property
    def known_as(self) -> str:
        return self.name


class ProductionUnit(Entity):
    """A place of work with a P-number."""

    p_number = fields.CharField(10)
    name = fields.CharField(200)

    owner = EVERYONE
    noun = "production_unit"
    named_by = "p_number"
    form = PNumber
    missing = "P_NUMBER_NOT_REGISTERED"
    in_use = "P_NUMBER_IN_USE"

    class Meta:
        table = "production_unit"
        unique_together = (("organisation", "p_number"),)

    @property
    def known_as(self) -> str:
        return self.p_number


class VatUnit(Entity):
    """A unit that accounts for VAT, with an SE-number."""

    se_number = fields.CharField(8)
    name = fields.CharField(200)

    owner = EVERYONE
    noun = "vat_unit"
    named_by = "se_number"
    form = SeNumber
    missing = "SE_NUMBER_NOT_REGISTERED"
    in_use = "SE_NUMBER_IN_USE"

    class Meta:
        table = "vat_unit"
        unique_together = (("organisation", "se_number"),)

    @property
    def known_as(self) -> str:
        return self.se_number


class EanLocation(Entity):
    """An EAN number to which invoices can be sent."""

    ean_number = fields.CharField(13)
    label = fields.CharField(200)
    attention_name = fields.CharField(200, null=True)
    purchase_order_reference = fields.CharField(200, null=True)

    owner = EVERYONE
    noun = "ean"
    named_by = "ean_number"
    form = EanNumber
    missing = "EAN_NOT_REGISTERED"
    in_use = "EAN_IN_USE"

    class Meta:
        table = "ean_location"
        unique_together = (("organisation", "ean_number"),)

    @property
    def known_as(self) -> str:
        return self.ean_number


class RoleAssignment(Record):
    """A role that a user holds, with its period; both days are included."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="role_assignments", on_delete=fields.CASCADE
    )
    user_id: UUID
    role = fields.CharEnumField(Role, max_length=40)
    from_on = fields.DateField(null=True)
    until_on = fields.DateField(null=True)
    assigned_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    assigned_at = fields.DatetimeField()

    owner = "user_id"

    class Meta:
        table = "role_assignment"
        unique_together = (("user", "role"),)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until_on is not None and self.until_on < today

    def is_held(self, today: date) -> bool:
        """Whether the role is held on a day."""
        return (self.from_on or today) <= today <= (self.until_on or today)
