"""The law, and why somebody may or may not do something."""

from dataclasses import dataclass
from typing import Any

import models
from models import explanations
from schema.fields import column, computed, edge, part, shows
from schema.nouns import plain


@dataclass
class Law:
    """One permission of the law, and who holds it."""

    permission: str
    description: str
    roles: list[models.Role]
    is_over_oneself: bool


@plain
class PolicyRow:
    """A PolicyRow is one permission of the law."""

    permission: str = column("The permission, object and action, as in group:create.")
    description: str = column("What it allows.")
    roles: list[models.Role] = column("The roles that hold it over the whole organisation.")
    is_over_oneself: bool = column(
        "Whether every activated person holds it over what is their own."
    )


@shows(explanations.AccessExplanation)
class AccessExplanation:
    """An AccessExplanation tells whether something is allowed, by which rule, and who could change
    that.
    """

    is_allowed: bool = column("The decision, the same as the guard's.")
    permission: str = column("The permission that was asked for.")
    message: str = column("The decision in a sentence.")

    @computed(
        "The row of the policy that allowed it.",
        "Optional[PolicyRow]",
        needs=("is_allowed", "permission"),
        asks=True,
    )
    def decided_by(asking: Any, is_allowed: bool, permission: str) -> Law | None:
        return row(asking, permission) if is_allowed else None

    role = part(
        "RoleAssignment",
        "Where the deciding role comes from; null when it is over oneself or by a power of"
        " attorney.",
    )

    power_of_attorney = edge(
        "PowerOfAttorney",
        "The power of attorney that gives the standing, if any.",
        allow="power_of_attorney:read",
    )

    @computed("The roles that would allow it.", "list[Role]", needs=("permission",), asks=True)
    def allowed_for(asking: Any, permission: str) -> list[models.Role]:
        return named(asking.context.policy.roles(permission))

    @computed(
        "The roles that can give one of those.", "list[Role]", needs=("permission",), asks=True
    )
    def grantable_by(asking: Any, permission: str) -> list[models.Role]:
        return named(asking.context.policy.granters(permission))


def named(roles: tuple[str, ...]) -> list[models.Role]:
    return [models.Role(one) for one in roles]


def row(asking: Any, permission: str) -> Law:
    """One permission of the law, described in the language of the one who asks."""
    context, policy = asking.context, asking.context.policy
    return Law(
        permission,
        policy.description(permission, context.language),
        named(policy.roles(permission)),
        policy.is_over_oneself(permission),
    )


def law(asking: Any) -> list[Law]:
    """Every permission of the law."""
    return [row(asking, one) for one in asking.context.policy.permissions]
