"""Business powers of attorney: what one organisation lets another do for it, and who uses it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.connection import get_connection
from tortoise.expressions import Q

from models.base import Entity, Record
from models.refusals import Conflict
from models.rights import coincide


class PowerOfAttorneyStatus(StrEnum):
    """PowerOfAttorneyStatus lists the states of a power of attorney.

    REQUESTED: Asked for by the grantee, not decided.
    REJECTED: Rejected by the grantor.
    ACTIVE: In force.
    EXPIRED: Its last day is over.
    REVOKED: Ended by one of the two sides.
    """

    REQUESTED = "REQUESTED"
    REJECTED = "REJECTED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class PowerOfAttorneySide(StrEnum):
    """PowerOfAttorneySide lists the sides of a power of attorney.

    GRANTED: Given by this organisation.
    RECEIVED: Given to this organisation.
    """

    GRANTED = "GRANTED"
    RECEIVED = "RECEIVED"


NAMING = ("power_of_attorney:add_user", "power_of_attorney:remove_user")
ENDED = ("REJECTED", "EXPIRED", "REVOKED")

# Each way in which a user may use a power of attorney, whatever has become of the power: it is the
# user's own, the user was named, or a delegation group leads to it.
HOLDERS = """
select p.id, p.grantee_id as organisation_id, p.id as power_of_attorney_id,
       p.grantee_user_id as user_id, null::uuid as delegation_group_id
from power_of_attorney p where p.grantee_user_id is not null
union all
select u.id, u.organisation_id, u.power_of_attorney_id, u.user_id, null
from power_of_attorney_user u
union all
select b.id, b.organisation_id, b.power_of_attorney_id, u.user_id, b.delegation_group_id
from delegation_group_power b join delegation_group_user u using (delegation_group_id)
"""
# Whether an organisation has a place here is not to be found out by granting it something: until
# it has asked for it, or a person there was named, the grantor reads its number alone.
IS_KNOWN = """
{grantee_id} = $tenant or {grantee_uuid} is not null
or exists (select 1 from request asked where asked.power_of_attorney_id = {id})
"""

# A power of attorney by which whoever asks may act today, in the organisation that granted it. One
# that is limited to a unit carries nothing here: who acts would see beyond it.
ACTED_BY = f"""
{{status}} = 'ACTIVE' and coalesce({{from_on}}, $today) <= $today
and coalesce({{until_on}}, $today) >= $today
and {{production_unit_id}} is null and {{vat_unit_id}} is null
and exists (select 1 from ({HOLDERS}) h where h.power_of_attorney_id = {{id}} and h.user_id = $me)
"""


class PowerOfAttorney(Entity):
    """The right of another organisation, or a person there, to act digitally for this one."""

    name = fields.CharField(200)
    status = fields.CharEnumField(
        PowerOfAttorneyStatus, max_length=20, default=PowerOfAttorneyStatus.ACTIVE
    )
    grantee_cvr_number = fields.CharField(8)
    # None while no organisation here has that number.
    grantee: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    grantee_user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    grantee_uuid: UUID | None = fields.UUIDField(null=True)  # of the one person it is given to
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    from_on = fields.DateField(null=True)
    until_on = fields.DateField(null=True)
    ended_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    ended_at: datetime | None = fields.DatetimeField(null=True)
    grantee_id: UUID | None
    grantee_user_id: UUID | None
    production_unit_id: UUID | None
    vat_unit_id: UUID | None
    rights: fields.ReverseRelation["PowerOfAttorneyRight"]

    other_side = "grantee_id"
    ended = Q(status__in=ENDED)
    noun = "power_of_attorney"
    owner = "grantee_user_id"
    owned_by = (
        f"exists (select 1 from ({' '.join(HOLDERS.split())}) h"
        " where h.power_of_attorney_id = {id} and h.user_id = $me)"
    )
    expressions = {
        "status": "case when {status} = 'ACTIVE' and {until_on} < $today then 'EXPIRED'"
        " else {status} end",
        "side": "case when {organisation_id} = $tenant then 'GRANTED' else 'RECEIVED' end",
        "received_id": "case when {grantee_id} = $tenant then {id} end",
        "grantee_name": "coalesce((select o.name from organisation o where o.id = {grantee_id}"
        f" and ({' '.join(IS_KNOWN.split())})), {{grantee_cvr_number}})",
        "other_cvr_number": "case when {organisation_id} = $tenant then {grantee_cvr_number} else"
        " (select o.cvr_number from organisation o where o.id = {organisation_id}) end",
    }

    class Meta:
        table = "power_of_attorney"
        indexes = (
            ("organisation_id", "id"),
            ("grantee_id", "id"),
            ("grantee_user_id",),
            ("status", "until_on"),
        )

    @property
    def known_as(self) -> str:
        return self.name

    @property
    def is_personal(self) -> bool:
        """Whether it is given to one person, not to an organisation."""
        return self.grantee_uuid is not None

    def is_for(self, organisation_id: UUID | None, permission: str) -> bool:
        """Whether a side may do this to it: the grantee alone says who uses it."""
        return permission not in NAMING or organisation_id == self.grantee_id

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until_on is not None and self.until_on < today

    def must_be_active(self, today: date) -> None:
        """Refuses what can be done only to one that has been granted and has not ended."""
        if self.status is not PowerOfAttorneyStatus.ACTIVE or self.is_over(today):
            raise Conflict("POWER_OF_ATTORNEY_NOT_ACTIVE", current=self)

    def must_be_for_all(self) -> None:
        """Refuses to let others use what one person was given."""
        if self.is_personal:
            raise Conflict("NOT_PASSED_ON", current=self)

    def end(self, status: PowerOfAttorneyStatus, at: datetime, by: Any) -> None:
        """Ends it for good, in one of the ways in which it can end."""
        self.status, self.ended_at, self.ended_by = status, at, by

    def is_doubled_by(self, other: "PowerOfAttorney") -> bool:
        """Whether another, to the same grantee, has its limits on some day."""
        return self.grantee_uuid == other.grantee_uuid and coincide(self, other)


class PowerOfAttorneyRight(Record):
    """A right that a power of attorney gives."""

    power_of_attorney: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name="rights", on_delete=fields.CASCADE
    )
    right: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Right", related_name="powers", on_delete=fields.RESTRICT
    )
    power_of_attorney_id: UUID
    right_id: UUID

    class Meta:
        table = "power_of_attorney_right"
        unique_together = (("power_of_attorney", "right"),)
        indexes = (("right_id", "power_of_attorney_id"),)


class PowerOfAttorneyUser(Record):
    """A user of the grantee who may use a power of attorney."""

    power_of_attorney: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name="users", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    power_of_attorney_id: UUID
    user_id: UUID

    class Meta:
        table = "power_of_attorney_user"
        unique_together = (("power_of_attorney", "user"),)
        indexes = (("user_id",),)


class DelegationGroup(Entity):
    """A DelegationGroup bundles received powers of attorney for the same users."""

    name = fields.CharField(200)
    users: fields.ReverseRelation["DelegationGroupUser"]

    noun = "delegation_group"
    owner = "users.user_id"

    class Meta:
        table = "delegation_group"
        indexes = (("organisation_id", "id"),)

    @property
    def known_as(self) -> str:
        return self.name


class DelegationGroupPower(Record):
    """A received power of attorney in a delegation group."""

    delegation_group: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.DelegationGroup", related_name="powers", on_delete=fields.CASCADE
    )
    power_of_attorney: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name="bundled", on_delete=fields.CASCADE
    )
    delegation_group_id: UUID
    power_of_attorney_id: UUID

    class Meta:
        table = "delegation_group_power"
        unique_together = (("delegation_group", "power_of_attorney"),)
        indexes = (("power_of_attorney_id",),)


class DelegationGroupUser(Record):
    """A user who may use all that a delegation group bundles."""

    delegation_group: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.DelegationGroup", related_name="users", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="delegations", on_delete=fields.CASCADE
    )
    delegation_group_id: UUID
    user_id: UUID

    class Meta:
        table = "delegation_group_user"
        unique_together = (("delegation_group", "user"),)
        indexes = (("user_id",),)


async def users_of(key: UUID) -> list[UUID]:
    """The ids of the users who may use a power of attorney, by whichever way."""
    text = f"select distinct user_id from ({HOLDERS}) h where h.power_of_attorney_id = $1"
    rows = await get_connection("default").execute_query_dict(text, [key])
    return [one["user_id"] for one in rows]
