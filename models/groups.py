"""User groups: those that the system keeps, and those that administrators make."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Entity
from models.refusals import Conflict


class GroupKind(StrEnum):
    """GroupKind tells who makes a group.

    SYSTEM: The system: all users, or the users of a production unit.
    CUSTOM: An organisation administrator.
    """

    SYSTEM = "SYSTEM"
    CUSTOM = "CUSTOM"


class Group(Entity):
    """A Group is a number of users who share rights."""

    kind = fields.CharEnumField(GroupKind, max_length=20, default=GroupKind.CUSTOM)
    name = fields.CharField(200)
    description = fields.CharField(1000, null=True)
    members_of: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name="system_groups", null=True, on_delete=fields.CASCADE
    )
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name="groups", null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name="groups", null=True, on_delete=fields.RESTRICT
    )
    production_unit_id: UUID | None
    vat_unit_id: UUID | None
    members: fields.ReverseRelation["GroupMember"]

    noun = "group"
    owner = "members.user_id"

    class Meta:
        table = "group"
        indexes = (("organisation_id", "id"),)

    @property
    def known_as(self) -> str:
        return self.name

    def must_be_custom(self) -> None:
        """Refuses to let people change what the system keeps."""
        if self.kind is GroupKind.SYSTEM:
            raise Conflict("SYSTEM_GROUP", current=self)


LASTS = "coalesce({until_on}, $today) >= $today"  # a membership, its last day included


class GroupMember(Entity):
    """A GroupMember is one person's membership of one group."""

    group: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Group", related_name="members", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="memberships", on_delete=fields.CASCADE
    )
    group_id: UUID
    user_id: UUID
    until_on: date | None = fields.DateField(null=True)
    added_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )

    noun = "member"
    owner = "user_id"
    known_by = ("user_id", "group_id")
    is_held_abroad = True

    class Meta:
        table = "group_member"
        unique_together = (("group", "user"),)
        indexes = (("organisation_id", "id"), ("user_id",))

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until_on is not None and self.until_on < today


# Those that end are looked for again and again, among all that there are.
WATCH_ENDS = "create index ending_members on group_member (until_on) where until_on is not null"
WATCH_NO_ENDS = "drop index ending_members"

# The members of system groups follow the users, whoever changes those and however many at once:
# the database keeps them. Deleted users are members of nothing.
KEEPER = """
create or replace function keep_system_groups() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from group_member m using "group" g, changed u
        where m.user_id = u.id and g.id = m.group_id and g.kind = 'SYSTEM'
          and (u.status = 'DELETED' or g.members_of_id is not null
               and g.members_of_id is distinct from u.production_unit_id);
    end if;
    insert into group_member
        (id, organisation_id, version, created_at, updated_at, group_id, user_id)
    select gen_random_uuid(), u.organisation_id, 1, u.updated_at, u.updated_at, g.id, u.id
    from changed u join "group" g on g.organisation_id = u.organisation_id and g.kind = 'SYSTEM'
      and (g.members_of_id is null or g.members_of_id = u.production_unit_id)
    where u.status <> 'DELETED'
    on conflict (group_id, user_id) do nothing;
    return null;
end $$
"""
WATCH = """
create trigger keep_system_groups_of_{when}_users after {what} on "user"
    referencing new table as changed for each statement execute function keep_system_groups()
"""
KEEP_SYSTEM_GROUPS = [
    KEEPER,
    WATCH.format(when="new", what="insert"),
    WATCH.format(when="changed", what="update"),
]
FORGET_SYSTEM_GROUPS = "drop function keep_system_groups() cascade"
