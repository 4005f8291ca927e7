"""The way in for a person who is yet to activate a user."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record
from models.codes import Coded
from models.refusals import Conflict
from models.users import ActivationKind


class Activation(Coded, Record):
    """How far a person is on the way in: by a link, and for some a code. One for each user."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="activations", unique=True, on_delete=fields.CASCADE
    )
    user_id: UUID
    kind = fields.CharEnumField(ActivationKind, max_length=20)
    link_hash = fields.CharField(64, unique=True)
    link_expires_at = fields.DatetimeField()
    code_hash = fields.CharField(64, null=True)
    code_expires_at = fields.DatetimeField(null=True)
    tries_left = fields.IntField(null=True)
    used_at = fields.DatetimeField(null=True)
    has_run_out = fields.BooleanField(default=False)  # and those who can renew it have been told
    letter: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Letter", related_name=False, on_delete=fields.RESTRICT
    )

    owner = "user_id"

    class Meta:
        table = "activation"

    def give_link(self, link_hash: str, expires_at: datetime) -> None:
        """Lets a link in; the former one is void."""
        self.link_hash, self.link_expires_at, self.has_run_out = link_hash, expires_at, False

    def give_code(self, code_hash: str, expires_at: datetime) -> None:
        """Lets a code in; the former one is void."""
        super().give_code(code_hash, expires_at)
        self.has_run_out = False

    def run_out(self, now: datetime) -> bool:
        """Notes that the link or the code is over; tells whether that is news."""
        ends = min(self.link_expires_at, self.code_expires_at or self.link_expires_at)
        is_news = not (self.used_at or self.has_run_out) and ends <= now
        self.has_run_out |= is_news
        return is_news

    def must_be_open(self, now: datetime) -> None:
        """Refuses a link that has run out."""
        if self.link_expires_at <= now:
            raise Conflict("LINK_EXPIRED", path=("link",))


# However many people have come in, the ways in that run out are found among those that are open.
ENDS = "least(link_expires_at, code_expires_at)"
WATCH_WAYS_IN = f"""
create index ways_in_to_run_out on activation (({ENDS})) where used_at is null and not has_run_out
"""
WATCH_NO_WAYS_IN = "drop index ways_in_to_run_out"
