"""Codes that an administrator hands over: shown once, stored as a hash, good for two weeks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from gateways import normalise_code
from models import User
from resolvers.context import Context

CODE_LASTS = timedelta(days=14)


@dataclass
class TemporaryCode:
    """A TemporaryCode lets a user created by date of birth in; it is shown this once.

    code: The code, to be handed over by a secure channel.
    expires_at: When it runs out.
    user: Whom it is for.
    """

    code: str
    expires_at: datetime
    user: User
    is_shown_once: ClassVar[bool] = True


class Coded(Protocol):
    """What a code lets somebody into."""

    def give_code(self, code_hash: str, expires_at: datetime) -> None: ...


def give_code(context: Context, user: User, to: Coded) -> TemporaryCode:
    """Makes a new code that lets a user into something; the former one is void."""
    vault = context.gateways.vault
    code = TemporaryCode(vault.new_code(), context.now + CODE_LASTS, user)
    to.give_code(vault.hash_secret(normalise_code(code.code)), code.expires_at)
    return code
