"""Notifications of events, and how people want to be told."""

from datetime import datetime
from typing import Any

import models
from models import Language, NotificationChannel, NotificationKind
from models.letters import in_a_line, in_full
from models.notifications import Preference, preference
from planner.conditions import Among, Is
from schema.fields import column, computed, lead, shows, tells
from schema.filters import filters, where
from schema.types.words import Entity


@filters
class NotificationFilter:
    """A NotificationFilter holds conditions on notifications.

    kind: Of one of these kinds.
    is_read: Read, or unread.
    """

    kind: list[NotificationKind] = where(Among("kind"))
    is_read: bool = where(Is("{read_at} is not null"))


WORDS = ("event", "values", "user.language")  # in the language of whom it tells


@shows(models.Notification, many="notifications", allow="notification:list")
class Notification(Entity):
    """A Notification tells one person of an event."""

    kind: NotificationKind = column("What kind of event.")

    @computed("The event in a few words.", "str", needs=WORDS)
    def title(event: str, values: dict[str, Any], language: Language) -> str:
        return in_a_line(event, language.tag, **values)

    @computed("The event in full.", "str", needs=WORDS)
    def text(event: str, values: dict[str, Any], language: Language) -> str:
        return in_full(event, language.tag, **values)

    @computed("Whether it has been read.", "bool", needs=("read_at",))
    def is_read(read_at: datetime | None) -> bool:
        return read_at is not None

    read_at: datetime | None = column("When it was read.")
    about = lead(
        "about_id",
        "The entity that it is about, if it still exists and may be read.",
        allow="node:read",
    )


@tells(Preference)
class NotificationPreference:
    """A NotificationPreference is the choice for one kind of event."""

    kind: NotificationKind = column("The kind of event.")
    channels: list[NotificationChannel] = column("The ways to be told; none when empty.")
    can_be_silenced: bool = column(
        "Whether none is a choice; not where it concerns one's own security."
    )


@shows(models.NotificationPreferences, allow="notification:read_preferences")
class NotificationPreferences(Entity):
    """The NotificationPreferences of a person say how to be told of events."""

    is_daily_digest: bool = column(
        "Whether e-mails are gathered into one a day; those about one's own security never are."
    )

    @computed(
        "The choice for each kind of event.",
        "list[NotificationPreference]",
        needs=("chosen_channels",),
    )
    def kinds(chosen: dict[str, list[str]]) -> list[Preference]:
        return [preference(kind, chosen) for kind in NotificationKind]
