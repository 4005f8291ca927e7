"""Notifications: what people are told of, and how each of them wants to be told."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Change, Entity, Record
from models.refusals import Invalid


class NotificationKind(StrEnum):
    """NotificationKind lists the kinds of event that people are told of.

    ACTIVATION: A user was activated, or the way in ran out.
    ROLE_CHANGED: One was given a role, or lost one.
    USER_REQUESTED: Somebody asks to become a user.
    ANONYMITY_REQUESTED: A user asks to become anonymous.
    RIGHT_REQUESTED: A user asks for a right.
    ROLE_REQUESTED: A user asks for a role.
    REQUEST_DECIDED: One's own request was decided.
    RIGHT_CHANGED: One was given a right, or lost one.
    MEMBERSHIP_CHANGED: One was added to a group, or removed.
    AUTHENTICATOR_CHANGED: One's means of signing in changed.
    IMPORT_FINISHED: A file of users has been run, or has failed.
    GROUP_CREATED: A custom group was created.
    CERTIFICATE_ORDERED: A certificate waits to be retrieved.
    CERTIFICATE_ISSUED: A certificate was issued.
    CERTIFICATE_EXPIRING: A certificate expires in 60, 30 or 7 days.
    CERTIFICATE_REVOKED: A certificate was revoked.
    POWER_OF_ATTORNEY_REQUESTED: Another organisation asks for a power of attorney.
    POWER_OF_ATTORNEY_GRANTED: A power of attorney was given.
    POWER_OF_ATTORNEY_ENDED: A power of attorney has ended.
    BILLING_CHANGED: The billing method changed.
    """

    ACTIVATION = "ACTIVATION"
    ROLE_CHANGED = "ROLE_CHANGED"
    USER_REQUESTED = "USER_REQUESTED"
    ANONYMITY_REQUESTED = "ANONYMITY_REQUESTED"
    RIGHT_REQUESTED = "RIGHT_REQUESTED"
    ROLE_REQUESTED = "ROLE_REQUESTED"
    REQUEST_DECIDED = "REQUEST_DECIDED"
    RIGHT_CHANGED = "RIGHT_CHANGED"
    MEMBERSHIP_CHANGED = "MEMBERSHIP_CHANGED"
    AUTHENTICATOR_CHANGED = "AUTHENTICATOR_CHANGED"
    IMPORT_FINISHED = "IMPORT_FINISHED"
    GROUP_CREATED = "GROUP_CREATED"
    CERTIFICATE_ORDERED = "CERTIFICATE_ORDERED"
    CERTIFICATE_ISSUED = "CERTIFICATE_ISSUED"
    CERTIFICATE_EXPIRING = "CERTIFICATE_EXPIRING"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    POWER_OF_ATTORNEY_REQUESTED = "POWER_OF_ATTORNEY_REQUESTED"
    POWER_OF_ATTORNEY_GRANTED = "POWER_OF_ATTORNEY_GRANTED"
    POWER_OF_ATTORNEY_ENDED = "POWER_OF_ATTORNEY_ENDED"
    BILLING_CHANGED = "BILLING_CHANGED"


class NotificationChannel(StrEnum):
    """NotificationChannel lists the ways to be told.

    IN_SYSTEM: A notification here.
    EMAIL: An e-mail.
    """

    IN_SYSTEM = "IN_SYSTEM"
    EMAIL = "EMAIL"


IN_SYSTEM, EMAIL = NotificationChannel


@dataclass(frozen=True)
class Manner:
    """How people are told of a kind of event: a row of notifications.toml."""

    events: list[str]
    channels: list[str]
    concerns_security: bool = False
    mailed_anyway: tuple[str, ...] = ()


MANNERS = {
    NotificationKind(kind): Manner(**row)
    for kind, row in tomllib.loads(
        Path(__file__).with_name("notifications.toml").read_text(encoding="utf-8")
    ).items()
}
KIND_OF = {event: kind for kind, one in MANNERS.items() for event in one.events}


@dataclass(frozen=True)
class Preference:
    """How somebody is told of one kind of event, by choice or as usual."""

    kind: NotificationKind
    channels: list[NotificationChannel]
    can_be_silenced: bool


def preference(kind: NotificationKind, chosen: dict[str, list[str]]) -> Preference:
    """What the channels that somebody chose, by kind, mean for one kind."""
    manner = MANNERS[kind]
    channels = [NotificationChannel(one) for one in chosen.get(kind, manner.channels)]
    return Preference(kind, channels, not manner.concerns_security)


class Notification(Entity):
    """A Notification tells one person of an event. Its words are made when it is read."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="notifications", on_delete=fields.CASCADE
    )
    user_id: UUID
    kind = fields.CharEnumField(NotificationKind, max_length=30)
    event = fields.CharField(60)
    values = fields.JSONField[dict[str, Any]](default=dict)
    about_id: UUID | None = fields.UUIDField(null=True)
    read_at: datetime | None = fields.DatetimeField(null=True)

    noun = "notification"
    owner = "user_id"
    is_private = True

    class Meta:
        table = "notification"
        indexes = (("user_id", "id"), ("about_id",))


# However many somebody has, the unread ones are counted and found among themselves, and those read
# long ago among the read ones.
UNREAD = "(select count(*) from notification n where n.user_id = {id} and n.read_at is null)"
WATCH_NOTIFICATIONS = [
    "create index unread_notifications on notification (user_id, id) where read_at is null",
    "create index read_notifications on notification (read_at) where read_at is not null",
]
WATCH_NO_NOTIFICATIONS = ["drop index unread_notifications", "drop index read_notifications"]


class GatheredEvent(Record):
    """An event that waits to be told by e-mail with others, in one letter a day."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    event = fields.CharField(60)
    values = fields.JSONField[dict[str, Any]](default=dict)
    about_id: UUID | None = fields.UUIDField(null=True)
    gathered_at = fields.DatetimeField()

    class Meta:
        table = "gathered_event"
        indexes = (("gathered_at",), ("user_id", "id"))


class NotificationPreferences(Entity):
    """The NotificationPreferences of a person say how to be told of events."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User",
        related_name="notification_preferences",
        unique=True,
        on_delete=fields.CASCADE,
    )
    user_id: UUID
    is_daily_digest = fields.BooleanField(default=False)
    # By kind; where one is missing, the usual channels are meant.
    chosen_channels = fields.JSONField[dict[str, list[str]]](default=dict)

    noun = "preferences"
    named_by = "user_id"
    owner = "user_id"
    is_private = True

    class Meta:
        table = "notification_preferences"

    @property
    def known_as(self) -> str:
        return "one's own"

    def on(self, kind: NotificationKind) -> Preference:
        """How to tell of a kind of event."""
        return preference(kind, self.chosen_channels)

    def choose(self, kind: NotificationKind, channels: list[NotificationChannel]) -> None:
        """Takes other ways; refuses none where it is about one's own security."""
        former = self.on(kind)
        if not channels and not former.can_be_silenced:
            raise Invalid("NOTIFICATION_CANNOT_BE_SILENCED")
        chosen = [one for one in NotificationChannel if one in channels]
        if chosen != former.channels:
            Change.under_way().touch(self).notes[kind] = (former.channels, chosen)
            self.chosen_channels = self.chosen_channels | {kind.value: [*map(str, chosen)]}

    def waits(self, kind: NotificationKind) -> bool:
        """Whether e-mails of a kind of event are gathered into one a day."""
        return self.is_daily_digest and self.on(kind).can_be_silenced


# Everybody has preferences, whoever makes users and however many at once: the database gives them.
GIVE = """
insert into notification_preferences
    (id, organisation_id, version, created_at, updated_at,
     user_id, is_daily_digest, chosen_channels)
select gen_random_uuid(), u.organisation_id, 1, u.created_at, u.created_at, u.id, false, '{{}}'
from {users} u
"""
GIVE_PREFERENCES = [
    GIVE.format(users='"user"'),
    f"""
create function give_notification_preferences() returns trigger language plpgsql as $$
begin
    {GIVE.format(users="arrived")};
    return null;
end $$
""",
    """
create trigger give_notification_preferences after insert on "user"
    referencing new table as arrived for each statement
    execute function give_notification_preferences()
""",
]
GIVE_NO_PREFERENCES = "drop function give_notification_preferences() cascade"
