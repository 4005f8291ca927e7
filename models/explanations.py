"""Why somebody may or may not do something: told when it is asked, never stored."""

from typing import Any

from tortoise import fields

from models.base import EVERYONE, Record

# One row, of what was found out: `$key` holds its columns as JSON.
MADE = """
select $tenant::uuid as organisation_id, one.* from jsonb_to_record($key::text::jsonb)
as one(id uuid, is_allowed boolean, permission text, message text, role_id uuid,
       power_of_attorney_id uuid)
"""


class AccessExplanation(Record):
    """An AccessExplanation tells whether something is allowed, by which rule, and why."""

    is_allowed = fields.BooleanField()
    permission = fields.CharField(60)
    message = fields.TextField()
    role: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.RoleAssignment", related_name=False, null=True
    )

    power_of_attorney: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name=False, null=True
    )

    source = " ".join(MADE.split())
    owner = EVERYONE

    class Meta:
        table = "access_explanation"
