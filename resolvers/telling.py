"""Tells people of events: here, by e-mail, or both, as each of them has chosen.

Whatever is told is stored by the change that it tells of: both are kept, or neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from gateways import Gateways, Vault
from models import (
    Entity,
    GatheredEvent,
    Letter,
    Notification,
    NotificationPreferences,
    Organisation,
    User,
    UserStatus,
    bulk,
)
from models.letters import letter
from models.notifications import EMAIL, IN_SYSTEM, KIND_OF, MANNERS
from models.users import Language

DEAF = (UserStatus.IMPORTED, UserStatus.DELETED)  # not written to yet, and no longer


@dataclass(frozen=True)
class Event:
    """Something that happened in an organisation, and what its words are filled with."""

    name: str
    organisation: Organisation
    about: Entity | None
    values: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """What is stored of it, wherever it is told."""
        values = {"organisation": self.organisation.name, **self.values}
        return {"event": self.name, "values": values, "about_id": self.about and self.about.id}


async def tell(
    vault: Vault, at: datetime, users: Sequence[User], event: Event
) -> dict[UUID, Letter]:
    """Tells some people of an event; the letters to them, by the ids of the users."""
    listening = {one.id: one for one in users if one.status not in DEAF}
    if not listening:
        return {}
    kind = KIND_OF[event.name]
    notified, gathered, letters = [], [], dict[UUID, Letter]()
    known = NotificationPreferences.filter(user_id__in=list(listening))
    for preferences in await known.order_by("user_id"):
        user = listening[preferences.user_id]
        channels = preferences.on(kind).channels
        common = {"organisation_id": user.organisation_id, "user_id": user.id, **event.facts}
        if IN_SYSTEM in channels:
            made = {"id": uuid7(), "version": 1, "created_at": at, "updated_at": at}
            notified.append(made | common | {"kind": kind})
        if event.name in MANNERS[kind].mailed_anyway:
            letters[user.id] = written_to(vault, at, user, event)
        elif EMAIL in channels and preferences.waits(kind):
            gathered.append({"id": uuid7(), "gathered_at": at} | common)
        elif EMAIL in channels:
            letters[user.id] = written_to(vault, at, user, event)
    await bulk.put(Notification, notified)
    await bulk.put(GatheredEvent, gathered)
    await bulk.create(list(letters.values()))
    return letters


def written_to(vault: Vault, at: datetime, user: User, event: Event) -> Letter:
    """The letter to a user that tells of an event."""
    values = {"name": user.name, **event.facts["values"]}
    return written(vault, at, user.organisation_id, user.email, user.language, event.name, **values)


def written(
    vault: Vault,
    at: datetime,
    organisation_id: UUID,
    to: str,
    language: Language,
    kind: str,
    **values: Any,
) -> Letter:
    """A letter that is not in the outbox yet."""
    subject, body = letter(kind, language.tag, **values)
    return Letter(
        organisation_id=organisation_id,
        to=to,
        subject=subject,
        body_sealed=vault.seal(body),
        queued_at=at,
        next_try_at=at,
    )


async def tell_of(
    reach: Gateways, users: Sequence[User], name: str, about: Entity, **values: Any
) -> None:
    """Tells people of what happens by itself, beside the requests."""
    organisation = await Organisation.get(id=about.organisation_id)
    event = Event(name, organisation, about, values)
    await tell(reach.vault, reach.clock.now(), users, event)


async def write_to(
    reach: Gateways, home: UUID, to: str, language: Language, kind: str, **values: Any
) -> None:
    """Writes in an organisation's name of what happens by itself, beside the requests."""
    organisation = (await Organisation.get(id=home)).name
    now = reach.clock.now()
    letter = written(
        reach.vault, now, home, to, language, kind, organisation=organisation, **values
    )
    await letter.save()
