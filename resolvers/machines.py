"""Machines sign in: with the certificate of an organisation, by an assertion that its key signs."""

from dataclasses import dataclass
from datetime import timedelta

from gateways import Claims, Gateways
from gateways.assertions import Unproved as Unproved
from gateways.assertions import fingerprint_of, verified
from models import Certificate, SpentAssertion
from resolvers.context import Rules
from resolvers.standings import Standings

PLACE = "/oauth/token"
NONE_SUCH = "The certificate is none that a machine can sign in with here, now."
FOR_ANOTHER = "The client_id is not that of the certificate."
SPENT = "The assertion has been used before; each needs a jti of its own."


@dataclass(frozen=True)
class Grant:
    """A token for a machine, how long it lasts, and the system rights that it has now."""

    token: str
    lifetime: timedelta
    rights: tuple[str, ...]


async def sign_in(
    gateways: Gateways, rules: Rules, assertion: str, client_id: str | None = None
) -> Grant:
    """Gives a machine a token for an assertion; Unproved says why it gets none."""
    now, fingerprint = gateways.clock.now(), fingerprint_of(assertion)
    found = await Certificate.filter(fingerprint=fingerprint).first()
    standing = found and await Standings().of_machine(found.id, now)
    if not (found and found.pem and standing):
        raise Unproved(NONE_SUCH)
    if client_id not in (None, str(found.uuid)):
        raise Unproved(FOR_ANOTHER)
    audiences = (f"{rules.base_url}{PLACE}", rules.base_url)
    proof = verified(assertion, found.pem, str(found.uuid), audiences, now)
    if not await SpentAssertion.spend(found, proof.jti_hash, proof.expires_at):
        raise Unproved(SPENT)
    identity = gateways.identity
    token = identity.token(Claims(certificate_id=found.id), now)
    return Grant(token, identity.lifetime, tuple(sorted(standing.subject.roles)))


async def forget(gateways: Gateways) -> None:
    """Deletes the assertions that are too old to serve again."""
    await SpentAssertion.filter(expires_at__lt=gateways.clock.now()).delete()
