"""The four verbs of a certificate authority, done here."""

import hashlib
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tortoise.transactions import in_transaction

from gateways.authority import ledger
from gateways.authority.keys import Hierarchy, Keys
from gateways.authority.lists import RevocationLists
from gateways.authority.profiles import Issuer, certificate_of
from gateways.authority.responder import Responder
from gateways.certificate_authority import Issued, Order, Reason, Refused
from gateways.clock import Clock
from gateways.settings import Unusable
from gateways.signing_requests import PublicKey, UnfitRequest, read_request

TRUSTED = 0.5  # seconds for which nobody asks the database again how certificates stand


class BuiltInAuthority:
    """A certificate authority for development and small installations.

    All processes share what it has issued, by the database; each reads the keys for itself.
    """

    def __init__(self, keys: Keys, clock: Clock, address: str, trusted: float = TRUSTED) -> None:
        self.keys, self.clock, self.address = keys, clock, address.rstrip("/")
        self.lists = RevocationLists(clock, trusted)
        self.responder = Responder(keys, clock, trusted)
        self.warned_on: date | None = None

    async def issue(self, order: Order) -> Issued:
        """Make a certificate."""
        try:
            key = read_request(order.request_pem)
        except UnfitRequest as unfit:
            raise Refused(f"The request is not taken: {unfit.code}.", is_final=True) from None
        key_hash = hash_of(key)
        async with in_transaction():
            known = await ledger.known(order.id, key_hash)
            if known and known.reason is Reason.SUPERSEDED:
                raise Refused("Another key has taken the place of this one.", is_final=True)
            if known:
                return self._issued(known.content, known.issuer)
            if await ledger.is_compromised(key_hash):
                raise Refused("The key is known to be in other hands.", is_final=True)
            self.warn()
            issuer = self.issuer()
            made = certificate_of(issuer, order, key, self.address)
            await ledger.supersede(order.id, self.clock.now())
            await ledger.keep(order, key_hash, issuer.name, made)
        return self._issued(made.public_bytes(Encoding.DER), issuer.name)

    def warn(self) -> None:
        """Tells the log when it is time to rotate, once on a day on which anything is issued."""
        now = self.clock.now()
        if self.warned_on != now.date():
            self.warned_on = now.date()
            self.hierarchy().warn(now)

    def _issued(self, content: bytes, issuer: str) -> Issued:
        certificate, above = x509.load_der_x509_certificate(content), self.issuer(issuer)
        chain = above.certificate, self.hierarchy().root
        return Issued(
            pem=pem(certificate),
            chain_pem="".join(pem(one) for one in chain),
            serial_number=ledger.hexadecimal(certificate.serial_number),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    async def revoke(self, serial_number: str, reason: Reason, at: datetime) -> None:
        """Declare a certificate void from a moment on; doing so twice changes nothing."""
        if not await ledger.revoke(serial_number, reason, at):
            raise Refused("No certificate of that serial number was issued.", is_final=True)

    async def revocation_list(self, issuer: str | None = None) -> bytes:
        """Give the newest signed list of what one issuing key has revoked: a CRL in DER."""
        return await self.lists.of(self.issuer(issuer))

    async def status(self, request_der: bytes) -> bytes:
        """Answer an OCSP request by an OCSP response, both in DER."""
        return await self.responder.answer(request_der)

    def hierarchy(self) -> Hierarchy:
        """The keys as they are now; Refused for as long as they cannot be read."""
        try:
            return self.keys.hierarchy()
        except Unusable as unusable:
            raise Refused(str(unusable), is_final=False) from None

    def issuer(self, name: str | None = None) -> Issuer:
        """An issuing key by its name, or the one in use now."""
        hierarchy = self.hierarchy()
        found = hierarchy.current if name is None else hierarchy.issuers.get(name)
        if found is None:
            raise Refused("There is no issuing key of that name.", is_final=True)
        return found


def hash_of(key: PublicKey) -> str:
    """What a key is known by."""
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
