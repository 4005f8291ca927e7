"""What a person is recognised by: a CPR number, which is sealed, or a date of birth."""

from dataclasses import dataclass
from datetime import date

from models import Change, User
from models.numbers import CprNumber, birth_date, mask_cpr_number
from models.texts import NeededReason
from resolvers.context import Context, OneOf


@dataclass
class PersonIdentifier(OneOf):
    """A PersonIdentifier is what a person will be recognised by.

    cpr_number: The CPR number: an activation link goes by e-mail.
    date_of_birth: The date of birth: a temporary code is shown to the administrator.
    """

    cpr_number: CprNumber | None = None
    date_of_birth: date | None = None


@dataclass
class RevealedNumber:
    """A CPR number in full, and whose it is."""

    cpr_number: CprNumber | None
    user: User


def identify(context: Context, user: User, person: PersonIdentifier) -> None:
    """Ties a user to a CPR number, which is sealed, or to a date of birth."""
    vault, number = context.gateways.vault, person.cpr_number
    fingerprint = number and vault.fingerprint(number)
    if fingerprint and fingerprint == user.cpr_number_hash:
        return  # to seal it anew would look like a change
    user.cpr_number_hash = fingerprint
    user.cpr_number = mask_cpr_number(number) if number else None
    user.cpr_number_sealed = vault.seal(number) if number else None
    user.date_of_birth = birth_date(number) if number else person.date_of_birth


async def reveal_cpr_number(context: Context, user: User, reason: NeededReason) -> RevealedNumber:
    """Show a CPR number in full; the history keeps who asked and why.

    reason: Why it is needed.
    cpr_number: The CPR number in full.
    user: The user.
    """
    if user.cpr_number_sealed is None:
        return RevealedNumber(None, user)
    Change.under_way().tell_of(user)
    number = context.gateways.vault.unseal(user.cpr_number_sealed)
    return RevealedNumber(CprNumber(number), user)
