"""The nouns of the contract, and the ways from one to the next."""

from schema.types import (
    authenticators,
    batches,
    billing,
    certificates,
    groups,
    history,
    imports,
    notifications,
    organisations,
    powers,
    requests,
    rights,
    settings,
    users,
    viewers,
    words,
)

__all__ = [
    "authenticators",
    "batches",
    "billing",
    "certificates",
    "groups",
    "history",
    "imports",
    "notifications",
    "organisations",
    "powers",
    "requests",
    "rights",
    "settings",
    "users",
    "viewers",
    "words",
]
