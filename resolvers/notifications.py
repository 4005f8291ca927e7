"""What one can do about one's own notifications, and what becomes of those read long ago."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from tortoise.expressions import F
from typing_extensions import Unpack

from gateways import Gateways
from models import (
    Change,
    Notification,
    NotificationChannel,
    NotificationKind,
    NotificationPreferences,
    User,
)
from models.refusals import Invalid, NotFound, Refusals
from resolvers.batches import known
from resolvers.context import Context, Id, OneOf, checked_by

MOST_AT_ONCE = 100


@dataclass
class NotificationSelection(OneOf):
    """A NotificationSelection chooses notifications in one of two ways.

    notification_ids: These, at most 100.
    until: All that came until this moment.
    """

    notification_ids: list[Id] | None = None
    until: datetime | None = None


@dataclass
class NotificationPreferenceInput:
    """A NotificationPreferenceInput is the choice for one kind of event.

    kind: The kind of event.
    channels: The ways to be told; none when empty.
    """

    kind: NotificationKind
    channels: list[NotificationChannel]


class PreferenceAlterations(TypedDict, total=False):
    """What can be altered of how somebody is told of events.

    kinds: The choices to change; the others stay.
    is_daily_digest: Whether e-mails are gathered into one a day.
    """

    kinds: list[NotificationPreferenceInput]
    is_daily_digest: bool


async def selectable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a choice of notifications."""
    chosen: NotificationSelection | None = given.get("notifications")
    keys = chosen.notification_ids if chosen else None
    path = ("notifications", "notificationIds")
    if keys is not None and not keys:
        yield Invalid("REQUIRED", path=path)
    if keys is not None and len(keys) > MOST_AT_ONCE:
        yield Invalid("TOO_LONG", path=path, entries=MOST_AT_ONCE)


@checked_by(selectable)
async def mark_read(context: Context, notifications: NotificationSelection) -> User:
    """Mark one's own notifications as read.

    notifications: Which ones.
    viewer: The one who asked, with what is left unread.
    """
    me = await User.get(id=context.subject.user_id)
    mine = Notification.filter(user_id=me.id)
    if notifications.notification_ids is not None:
        path = ("notifications", "notificationIds")
        keys = [known(one, (*path, at)) for at, one in enumerate(notifications.notification_ids)]
        chosen = mine.filter(id__in=keys)
        found = set(await chosen.values_list("id", flat=True))
        for at, key in enumerate(keys):
            if key not in found:
                raise NotFound(path=(*path, at))
    else:
        chosen = mine.filter(created_at__lt=notifications.until)
    count = await chosen.filter(read_at__isnull=True).update(
        read_at=context.now, updated_at=context.now, version=F("version") + 1
    )
    if count:
        # One entry, however many: the history of everybody is not the place to list them.
        Change.under_way().tell_of(me).notes["readNotifications"] = (None, count)
    return me


async def update_preferences(
    preferences: NotificationPreferences, **given: Unpack[PreferenceAlterations]
) -> NotificationPreferences:
    """Change how one wants to be told of events.

    preferences: The preferences as they are now.
    """
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    faults = []
    for at, one in enumerate(given.get("kinds", ())):
        try:
            preferences.choose(one.kind, one.channels)
        except Invalid as fault:
            fault.path = ("kinds", at, "channels")
            faults.append(fault)
    if faults:
        raise Refusals(faults)
    preferences.is_daily_digest = given.get("is_daily_digest", preferences.is_daily_digest)
    if preferences.is_altered:
        await preferences.save()
    return preferences


async def forget(reach: Gateways, days: int) -> None:
    """Deletes the notifications that were read so many days ago."""
    before = reach.clock.now() - timedelta(days=days)
    await Notification.filter(read_at__lt=before).delete()
