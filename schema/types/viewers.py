"""Who is asking, and what they may do."""

from typing import Any

import strawberry

import models
from models import viewers
from models.groups import LASTS
from models.powers import ACTED_BY
from planner.declarations import ALL, NONE
from schema import allowing
from schema.fields import column, computed, edge, edges, page, shows
from schema.nouns import argument

TARGET = "The entity that it would be done to; the organisation when absent"

# Whoever acts for another organisation is no user there, and a guest nowhere else meanwhile.
AT_HOME = '(select u.organisation_id from "user" u where u.id = {user_id}) = $tenant'


@shows(viewers.Viewer)
class Viewer:
    """The Viewer is whoever asks, in the organisation that the request speaks for."""

    user = edge("User", "The identity that is signed in; null for a machine.", allow="user:read")
    organisation = edge(
        "Organisation",
        "The organisation that the request speaks for.",
        allow="organisation:read",
    )
    acting_for = edges(
        "PowerOfAttorney",
        "The powers of attorney that allow it, when Act-For names another organisation.",
        allow="power_of_attorney:read",
        keys=("organisation_id", "organisation_id"),
        only=f"{{organisation_id}} = $tenant and {' '.join(ACTED_BY.split())}",
    )
    certificate = edge(
        "Certificate",
        "The certificate that a machine signed in with; null for a person.",
        allow="certificate:read",
    )
    language: models.Language = column("The language of letters to this person.")
    notification_preferences = edge(
        "NotificationPreferences",
        "How this person wants to be told of events.",
        allow="notification:read_preferences",
        keys=("user_id", "id"),
    )
    external_memberships = page(
        "GroupMember",
        "The groups of other organisations that the person is a member of.",
        allow="group:read",
        along=None,
        keys=(("user_id",), "user_id"),
        only=f"{{organisation_id}} <> $tenant and {AT_HOME} and {LASTS}",
        is_abroad=True,
    )

    @computed("How many notifications are unread.", "int", needs=("unread_notification_count",))
    def unread_notification_count(count: int) -> int:
        return count

    @computed("The roles held here and now.", "list[Role]", asks=True)
    def roles(asking: Any) -> list[models.Role]:
        subject = asking.context.subject
        if subject.is_acting or subject.is_machine:
            return []
        return [models.Role(role.upper()) for role in sorted(subject.roles)] + [models.Role.USER]

    @computed(
        "The permissions that these roles give over the whole organisation, sorted.",
        "list[str]",
        asks=True,
    )
    def permissions(asking: Any) -> list[str]:
        every = asking.context.policy.permissions
        return [one for one in every if asking.extent(one) is ALL]

    @computed("The permissions held over oneself only, sorted.", "list[str]", asks=True)
    def own_permissions(asking: Any) -> list[str]:
        every = asking.context.policy.permissions
        return [one for one in every if asking.extent(one) not in (ALL, NONE)]

    can = computed(
        "Whether the one who asks may do this.",
        "bool",
        asks=True,
        arguments=(
            argument("permission", str, "The permission, as in group:create."),
            argument("target", strawberry.ID | None, f"{TARGET}."),
        ),
    )(allowing.can)
