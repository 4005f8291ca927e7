"""Where Segl reaches out: each gateway a protocol, its real form, and one in memory."""

import secrets
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Self

from gateways.authority import BuiltInAuthority, KeysInMemory
from gateways.certificate_authority import (
    CertificateAuthority,
    Issued,
    Order,
    Profile,
    Reason,
    Refused,
    Subject,
)
from gateways.clock import Clock, StoppedClock, WallClock, in_denmark, today
from gateways.identity import Claims, Identity, SignedTokens
from gateways.jobs import Jobs
from gateways.mail import Letter, Letterbox, Mail, NoMail, SmtpMail, Undeliverable, Waiting
from gateways.news import Following, News
from gateways.signals import heard
from gateways.signing_requests import (
    KeyFile,
    KeyKind,
    Unfitness,
    UnfitRequest,
    make_key,
    make_pkcs12,
    read_request,
    request_for,
)
from gateways.stopping import when_stopped
from gateways.vault import BrokenSeal, Vault, key_file, normalise_code

__all__ = [
    "BrokenSeal",
    "CertificateAuthority",
    "Claims",
    "Clock",
    "Following",
    "Gateways",
    "Identity",
    "Issued",
    "Jobs",
    "KeyFile",
    "KeyKind",
    "Letter",
    "Letterbox",
    "Mail",
    "News",
    "NoMail",
    "Order",
    "Profile",
    "Reason",
    "Refused",
    "SignedTokens",
    "SmtpMail",
    "StoppedClock",
    "Subject",
    "Undeliverable",
    "UnfitRequest",
    "Unfitness",
    "Vault",
    "Waiting",
    "WallClock",
    "heard",
    "in_denmark",
    "key_file",
    "make_key",
    "make_pkcs12",
    "normalise_code",
    "read_request",
    "request_for",
    "today",
    "when_stopped",
]

BEGINNING = datetime(2026, 11, 2, 9, tzinfo=UTC)  # where the clock of the tests stands
ADDRESS = "http://test"


@dataclass(frozen=True)
class Gateways:
    """All that the application reaches the outside by, handed to it when it is made."""

    clock: Clock
    identity: Identity
    vault: Vault
    mail: Mail
    jobs: Jobs
    authority: CertificateAuthority
    news: News = field(default_factory=News)

    @classmethod
    def real(cls, key: bytes, mail: Mail, authority: CertificateAuthority) -> Self:
        """Make the gateways to the world, with the key that seals and signs."""
        return cls(WallClock(), SignedTokens(key), Vault(key), mail, Jobs(), authority)

    @classmethod
    def in_memory(cls) -> Self:
        """Make gateways that reach nowhere, as tests have them."""
        key, clock = _key_of_this_process(), StoppedClock(at=BEGINNING)
        keys = copy(_authority_of_this_process())  # whose rotation is no other's
        return cls(
            clock=clock,
            identity=SignedTokens(key),
            vault=Vault(key),
            mail=Letterbox(),
            jobs=Jobs(),
            authority=BuiltInAuthority(keys, clock, ADDRESS, trusted=0),
        )


@cache
def _authority_of_this_process() -> KeysInMemory:
    return KeysInMemory(BEGINNING)


@cache
def _key_of_this_process() -> bytes:
    return secrets.token_bytes(32)
