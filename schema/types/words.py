"""The words of the whole contract: what things have in common, and who did them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

import models
from models.numbers import CvrNumber
from resolvers import downloads, usages
from schema.fields import attribute, column, computed, edge, shows, tells
from schema.nouns import interface, plain


@interface
class Node:
    """The Node interface is what node and nodes can find by id."""

    id: strawberry.ID = column("The id, a UUID that is never used again.")


@interface
class Entity(Node):
    """The Entity interface is a Node that can change; expectedVersion guards each change of it."""

    version: int = column("How often the entity has been changed, from 1.")
    created_at: datetime = column("When the entity was made.")
    updated_at: datetime = column("When the entity last changed.")


@shows(models.Actor)
class Actor:
    """An Actor is who did something, kept readable after the person has been deleted."""

    kind: models.ActorKind = column("Whether a person, a machine or the system did it.")
    name: str = column("The name at that time.")
    user = edge(
        "User", "The user, if it is one of this organisation that still exists.", allow="user:read"
    )


@plain
class Party:
    """A Party is an organisation as outsiders may see it."""

    cvr_number: CvrNumber = column("The CVR number.")
    name: str = column("The registered name.")


@shows(models.Letter)
class Letter:
    """A Letter is an e-mail that the system sends."""

    to: models.numbers.Email = column("The receiver.")
    status: models.DeliveryStatus = column("How far it has come.")
    sent_at: datetime | None = column("When it was handed over.")
    failure_reason: str | None = column("Why it was given up.")


@tells(downloads.Download)
class Download:
    """A Download is a file behind a signed address that works for five minutes, for the one who
    asked.
    """

    url: downloads.Url = column(
        "The address, on this server; the permission is asked again when it is fetched, and the"
        " history keeps the fetching."
    )
    file_name: str = column("The name to save the file under.")
    media_type: str = column("What the file is, as in text/csv; charset=utf-8.")
    expires_at: datetime = column("When the address stops working.")


@tells(usages.Usage)
class Usage:
    """A Usage tells what depends on something, or would contradict it."""

    kind: models.EntityKind = column("What kind of entity it is.")
    count: int = column("How many there are.")
    examples = attribute("Optional[list[Node]]", "The first ten of them.", allow="node:read")


@plain
class FieldChange:
    """A FieldChange is one value that changed, or would change; secrets are masked."""

    field: str = column("The name of the field, as in this schema.")
    old: str | None = column("The value before, as text; null when there was none.")
    new: str | None = column("The value after, as text; null when it was cleared.")


def changeable(permission: str, is_page: bool = True) -> tuple[Any, Any, Any]:
    """Three fields that tell who may change something: oneself, which roles, in a sentence."""
    what = "page" if is_page else "method"

    @computed(f"Whether the one who reads this may change the {what}.", "bool", asks=True)
    def can_change(asking: Any) -> bool:
        return bool(asking.context.policy.allows(asking.context.subject, permission))

    @computed("The roles that may.", "list[Role]", asks=True)
    def changeable_by(asking: Any) -> list[models.Role]:
        return [models.Role(role) for role in asking.context.policy.roles(permission)]

    @computed(
        "Who can change it, in a sentence; null where the one who reads this can.",
        "Optional[str]",
        asks=True,
    )
    def change_note(asking: Any) -> str | None:
        context = asking.context
        if context.policy.allows(context.subject, permission):
            return None
        roles = context.policy.roles(permission)
        return str(models.messages.sentence("change_note", context.language, allowed_for=roles))

    return can_change, changeable_by, change_note


@dataclass
class Transition:
    """What can happen to something now, and who may do it."""

    action: Any
    to: Any
    permission: str
    allowed_for: list[models.Role]
    is_allowed: bool


def transition(asking: Any, action: Any, to: Any, permission: str, is_allowed: bool) -> Transition:
    roles = [models.Role(role) for role in asking.context.policy.roles(permission)]
    return Transition(action, to, permission, roles, is_allowed)
