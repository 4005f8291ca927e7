"""Whoever asks: one's own user, or a machine, seen from where the request speaks for."""

from typing import Any

from tortoise import fields

from models.base import Record
from models.notifications import UNREAD
from models.users import Language


class Viewer(Record):
    """A Viewer is whoever asks; the user is known in its own organisation alone.

    A machine is the certificate that it signed in with.
    """

    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name=False, null=True
    )
    certificate: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, null=True
    )
    language = fields.CharEnumField(Language, max_length=10)

    source = """
        select id, id as user_id, null::uuid as certificate_id, language,
               $tenant::uuid as organisation_id from "user"
        union all select id, null, id, 'ENGLISH', organisation_id from certificate
        where profile_id is not null
    """
    expressions = {"unread_notification_count": UNREAD}
    owner = "id"

    class Meta:
        table = "viewer"
