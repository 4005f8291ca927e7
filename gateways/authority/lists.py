"""Signs the lists of revoked certificates, one for each issuing key (RFC 5280, section 5)."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tortoise.transactions import in_transaction

from gateways.authority import ledger
from gateways.authority.ledger import Standing
from gateways.authority.profiles import Issuer, hash_for
from gateways.clock import Clock

GOOD_FOR = timedelta(days=1)  # a list, which is signed anew from half of that on


@dataclass
class Remembered:
    """A list that was signed, whom it names, until when it is given, and when that was read."""

    content: bytes
    revoked: dict[int, Standing]
    fresh_until: datetime
    read_at: float


class RevocationLists:
    """Gives the newest list of an issuing key: read from the database after `trusted` seconds,
    and signed again where it has changed or is half as old as it may become.
    """

    def __init__(self, clock: Clock, trusted: float) -> None:
        self.clock, self.trusted = clock, trusted
        self._remembered: dict[str, Remembered] = {}

    async def of(self, issuer: Issuer) -> bytes:
        """The newest list of an issuing key, in DER."""
        now, at = self.clock.now(), time.monotonic()
        known = self._remembered.get(issuer.name)
        is_fresh = known is not None and now < known.fresh_until
        if known and is_fresh and at - known.read_at < self.trusted:
            return known.content
        # What has ended stands on one more list after its end, as RFC 5280 (section 3.3) asks.
        since = now - GOOD_FOR
        if known and is_fresh and known.revoked == await ledger.revoked(issuer.name, since):
            known.read_at = at
            return known.content
        async with in_transaction():
            number = await ledger.next_number()
            revoked = await ledger.revoked(issuer.name, since)
            content = signed(issuer, number, revoked, now)
        self._remembered[issuer.name] = Remembered(content, revoked, now + GOOD_FOR / 2, at)
        return content


def signed(issuer: Issuer, number: int, revoked: dict[int, Standing], now: datetime) -> bytes:
    """A list in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now.replace(microsecond=0))
        .next_update((now + GOOD_FOR).replace(microsecond=0))
        .add_extension(issuer.key_identifier, critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for serial_number, standing in revoked.items():
        builder = builder.add_revoked_certificate(entry(serial_number, standing))
    return builder.sign(issuer.key, hash_for(issuer.key)).public_bytes(Encoding.DER)


def entry(serial_number: int, standing: Standing) -> x509.RevokedCertificate:
    """What a list says of one certificate."""
    assert standing.revoked_at
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(serial_number)
        .revocation_date(standing.revoked_at.replace(microsecond=0))
    )
    if flag := standing.flag:
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    return builder.build()
