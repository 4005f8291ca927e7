"""The nouns of the contract, and the ways from one to the next."""

from schema.types import (
    authenticators,
    billing,
    certificates,
    groups,
    history,
    organisations,
    requests,
    settings,
    users,
    viewers,
    words,
)

__all__ = [
    "authenticators",
    "billing",
    "certificates",
    "groups",
    "history",
    "organisations",
    "requests",
    "settings",
    "users",
    "viewers",
    "words",
]
