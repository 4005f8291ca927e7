"""The nouns of the contract, and the ways from one to the next."""

from schema.types import (
    access,
    authenticators,
    batches,
    billing,
    certificates,
    groups,
    history,
    imports,
    notifications,
    organisations,
    requests,
    rights,
    settings,
    users,
    viewers,
    words,
)

__all__ = [
    "access",
    "authenticators",
    "batches",
    "billing",
    "certificates",
    "groups",
    "history",
    "imports",
    "notifications",
    "organisations",
    "requests",
    "rights",
    "settings",
    "users",
    "viewers",
    "words",
]
