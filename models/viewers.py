"""Whoever asks: one's own user, seen from the organisation that the request speaks for."""

from typing import Any

from tortoise import fields

from models.base import Record
from models.notifications import UNREAD
from models.users import Language


class Viewer(Record):
    """A Viewer is whoever asks; the user is known in its own organisation alone."""

    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name=False, null=True
    )
    language = fields.CharEnumField(Language, max_length=10)

    source = 'select id, id as user_id, language, $tenant::uuid as organisation_id from "user"'
    expressions = {"unread_notification_count": UNREAD}
    owner = "id"

    class Meta:
        table = "viewer"
