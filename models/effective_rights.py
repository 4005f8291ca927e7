"""Who has what right, and by which ways: read from what was given, never stored.

Each way in which a user comes by a right is a text of SQL; another way is another row of the table.
What asks may say on which day, and at which production unit or under which VAT unit, the right must
be valid: `$day`, `$unit` and `$vat`, which are null where it does not say.
"""

from datetime import date
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record
from models.powers import HOLDERS
from models.rights import RightSourceKind

# A membership begins on the day on which it was made, in Denmark. What the group is limited to,
# its rights are; where the two have no unit in common, nobody has the right. What is received from
# another organisation is valid there, and limited to units of that one.
WAYS = {
    "user": """
        select a.id, a.organisation_id, a.user_id, a.right_id, 'DIRECT'::text as kind,
               a.from_on, a.until_on, a.production_unit_id, a.vat_unit_id,
               a.id as assignment_id, null::uuid as group_id,
               null::uuid as power_of_attorney_id, null::uuid as delegation_group_id
        from right_assignment a where a.user_id is not null""",
    "group": """
        select a.id, a.organisation_id, m.user_id, a.right_id, g.kind::text || '_GROUP',
               greatest(a.from_on, (m.created_at at time zone 'Europe/Copenhagen')::date),
               least(a.until_on, m.until_on),
               coalesce(a.production_unit_id, g.production_unit_id),
               coalesce(a.vat_unit_id, g.vat_unit_id), a.id, a.group_id, null, null
        from right_assignment a
        join "group" g on g.id = a.group_id join group_member m on m.group_id = a.group_id
        where (a.production_unit_id is null or g.production_unit_id is null
              or a.production_unit_id = g.production_unit_id)
          and (a.vat_unit_id is null or g.vat_unit_id is null or a.vat_unit_id = g.vat_unit_id)""",
    "power_of_attorney": f"""
        select h.id, h.organisation_id, h.user_id, r.right_id,
               case when h.delegation_group_id is null then 'POWER_OF_ATTORNEY'
               else 'DELEGATION_GROUP' end,
               p.from_on, p.until_on, p.production_unit_id, p.vat_unit_id, null, null,
               p.id, h.delegation_group_id
        from ({HOLDERS}) h
        join power_of_attorney p on p.id = h.power_of_attorney_id and p.status = 'ACTIVE'
        join power_of_attorney_right r on r.power_of_attorney_id = p.id
        where $unit::text is null and $vat::text is null""",
}
DAY = "coalesce($day::date, $today::date)"
VALID = f"""
select s.* from ({" union all ".join(WAYS.values())}) s
where coalesce(s.from_on, {DAY}) <= {DAY} and coalesce(s.until_on, {DAY}) >= {DAY}
  and ($unit::text is null or s.production_unit_id is null or s.production_unit_id =
       (select id from production_unit where organisation_id = $tenant and p_number = $unit::text))
  and ($vat::text is null or s.vat_unit_id is null or s.vat_unit_id =
       (select id from vat_unit where organisation_id = $tenant and se_number = $vat::text))
"""
EACH_ONCE = f"""
select right_id as id, organisation_id, user_id, right_id,
       case when bool_or(until_on is null) then null else max(until_on) end as until_on
from ({VALID}) v group by organisation_id, user_id, right_id
"""


class RightSource(Record):
    """A RightSource is one way in which a user comes by a right."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="right_sources"
    )
    right: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Right", related_name=False
    )
    assignment: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.RightAssignment", related_name=False
    )
    group: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Group", related_name=False, null=True
    )
    power_of_attorney: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name=False, null=True
    )
    delegation_group: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.DelegationGroup", related_name=False, null=True
    )
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True
    )
    kind = fields.CharEnumField(RightSourceKind, max_length=30)
    from_on: date | None = fields.DateField(null=True)
    until_on: date | None = fields.DateField(null=True)
    user_id: UUID

    source = " ".join(VALID.split())

    class Meta:
        table = "right_source"


class EffectiveRight(Record):
    """An EffectiveRight is a right that a user has, by one or more sources."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="effective_rights"
    )
    right: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Right", related_name=False
    )
    until_on: date | None = fields.DateField(null=True)
    user_id: UUID

    source = " ".join(EACH_ONCE.split())
    owner = "user_id"

    class Meta:
        table = "effective_right"


class PowerHolder(Record):
    """A PowerHolder is one way in which a user may use a power of attorney."""

    power_of_attorney: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name="holders"
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="powers_held"
    )

    source = " ".join(HOLDERS.split())

    class Meta:
        table = "power_holder"
