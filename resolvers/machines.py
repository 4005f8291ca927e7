"""Machines sign in: with the certificate of an organisation, by an assertion that its key signs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from gateways import Claims, Gateways
from gateways.assertions import Unproved as Unproved
from gateways.assertions import fingerprint_of, verified
from models import Certificate, SignInTries, SpentAssertion
from models.machines import WINDOW
from resolvers.context import Rules
from resolvers.standings import Standings

PLACE = "/oauth/token"
NONE_SUCH = "The certificate is none that a machine can sign in with here, now."
FOR_ANOTHER = "The client_id is not that of the certificate."
SPENT = "The assertion has been used before; each needs a jti of its own."


class Hurried(Exception):
    """A try too many: after how many seconds the next one is answered."""

    def __init__(self, retry_after: int):
        super().__init__(f"There have been too many attempts. Wait {retry_after} seconds.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Grant:
    """A token for a machine, how long it lasts, and the system rights that it has now."""

    token: str
    lifetime: timedelta
    rights: tuple[str, ...]


async def sign_in(
    gateways: Gateways, rules: Rules, assertion: str, client_id: str | None = None
) -> Grant:
    """Gives a machine a token for an assertion; Unproved or Hurried says why it gets none."""
    now, fingerprint = gateways.clock.now(), fingerprint_of(assertion)
    found = await Certificate.filter(fingerprint=fingerprint).first()
    standing = found and await Standings().of_machine(found.id, now)
    if not (found and found.pem and standing):
        raise Unproved(NONE_SUCH)
    me, audiences = str(found.uuid), (f"{rules.base_url}{PLACE}", rules.base_url)
    try:
        if client_id not in (None, me):
            raise Unproved(FOR_ANOTHER)
        proof = verified(assertion, found.pem, me, audiences, now)
    except Unproved:
        await must_not_hurry(found, False, now)
        raise
    await must_not_hurry(found, True, now)
    if not await SpentAssertion.spend(found, proof.jti_hash, proof.expires_at):
        raise Unproved(SPENT)
    identity = gateways.identity
    token = identity.token(Claims(certificate_id=found.id), now)
    return Grant(token, identity.lifetime, tuple(sorted(standing.subject.roles)))


async def must_not_hurry(certificate: Certificate, is_proved: bool, now: datetime) -> None:
    """Refuses more tries than are answered with one certificate."""
    if wait := await SignInTries.wait(certificate, is_proved, now):
        raise Hurried(ceil(wait.total_seconds()))


async def forget(gateways: Gateways) -> None:
    """Deletes the assertions that are too old to serve again, and what was tried before."""
    now = gateways.clock.now()
    await SpentAssertion.filter(expires_at__lt=now).delete()
    await SignInTries.filter(since__lt=now - WINDOW).delete()
