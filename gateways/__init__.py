"""Where Segl reaches out: each gateway a protocol, its real form, and one in memory."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Self

from gateways.clock import Clock, StoppedClock, WallClock, in_denmark, today
from gateways.identity import Claims, Identity, SignedTokens
from gateways.jobs import Jobs
from gateways.mail import Letter, Letterbox, Mail, NoMail, SmtpMail, Undeliverable, Waiting
from gateways.news import Following, News
from gateways.signals import heard
from gateways.stopping import when_stopped
from gateways.vault import BrokenSeal, Vault, key_file, normalise_code

__all__ = [
    "BrokenSeal",
    "Claims",
    "Clock",
    "Following",
    "Gateways",
    "Identity",
    "Jobs",
    "Letter",
    "Letterbox",
    "Mail",
    "News",
    "NoMail",
    "SignedTokens",
    "SmtpMail",
    "StoppedClock",
    "Undeliverable",
    "Vault",
    "Waiting",
    "WallClock",
    "heard",
    "in_denmark",
    "key_file",
    "normalise_code",
    "today",
    "when_stopped",
]


@dataclass(frozen=True)
class Gateways:
    """All that the application reaches the outside by, handed to it when it is made."""

    clock: Clock
    identity: Identity
    vault: Vault
    mail: Mail
    jobs: Jobs
    news: News = field(default_factory=News)

    @classmethod
    def real(cls, key: bytes, mail: Mail) -> Self:
        """Make the gateways to the world, with the key that seals and signs."""
        return cls(WallClock(), SignedTokens(key), Vault(key), mail, Jobs())

    @classmethod
    def in_memory(cls) -> Self:
        """Make gateways that reach nowhere, as tests have them."""
        key = _key_of_this_process()
        return cls(
            clock=StoppedClock(at=datetime(2026, 11, 2, 9, tzinfo=UTC)),
            identity=SignedTokens(key),
            vault=Vault(key),
            mail=Letterbox(),
            jobs=Jobs(),
        )


@cache
def _key_of_this_process() -> bytes:
    return secrets.token_bytes(32)
