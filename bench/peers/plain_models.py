"""The tables as plain Tortoise models, with the columns that are asked for and no rules."""

from typing import Any
from uuid import uuid4

from tortoise import fields
from tortoise.models import Model


class User(Model):
    """A user."""

    id = fields.UUIDField(primary_key=True)
    organisation_id = fields.UUIDField()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    uuid = fields.UUIDField()
    status = fields.CharField(30)
    name = fields.CharField(201)
    email = fields.CharField(254)
    phone_number = fields.CharField(8, null=True)
    reference_text = fields.CharField(200, null=True)
    assurance_level = fields.IntField(null=True)
    can_sign = fields.BooleanField()

    class Meta:
        table = "user"


class RoleAssignment(Model):
    """A role that a user holds."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    role = fields.CharField(40)
    from_on = fields.DateField(null=True)
    until_on = fields.DateField(null=True)

    class Meta:
        table = "role_assignment"


class Group(Model):
    """A group."""

    id = fields.UUIDField(primary_key=True)
    organisation_id = fields.UUIDField()
    name = fields.CharField(200)

    class Meta:
        table = "group"


class GroupMember(Model):
    """A membership."""

    id = fields.UUIDField(primary_key=True)
    organisation_id = fields.UUIDField()
    group: Any = fields.ForeignKeyField("models.Group", related_name="members")
    user_id = fields.UUIDField()

    class Meta:
        table = "group_member"


class Certificate(Model):
    """A certificate."""

    id = fields.UUIDField(primary_key=True)
    organisation_id = fields.UUIDField()
    user_id = fields.UUIDField()
    kind = fields.CharField(30)
    status = fields.CharField(20)
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "certificate"


class Actor(Model):
    """Who did something."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField(null=True)

    class Meta:
        table = "actor"


class HistoryHead(Model):
    """Where an organisation's history ends."""

    id = fields.UUIDField(primary_key=True)
    organisation_id = fields.UUIDField()
    sequence = fields.IntField()

    class Meta:
        table = "history_head"


class HistoryEntry(Model):
    """What was done."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    organisation_id = fields.UUIDField()
    sequence = fields.IntField()
    occurred_at = fields.DatetimeField()
    outcome = fields.CharField(10)
    activity = fields.CharField(60)
    operation = fields.CharField(60)
    summary = fields.CharField(500)
    actor_id = fields.UUIDField()
    actor_user_id = fields.UUIDField()
    changes: Any = fields.JSONField()
    about_kind = fields.CharField(30)
    about_id = fields.UUIDField()
    request_uuid = fields.UUIDField(default=uuid4)
    salt = fields.CharField(32, default="")
    words_hash = fields.CharField(64, default="")
    hash = fields.CharField(64, default="")

    class Meta:
        table = "history_entry"
