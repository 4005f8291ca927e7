"""Answers OCSP requests (RFC 6960, and the light profile of RFC 5019) for the issuing keys."""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from gateways.authority.keys import Keys
from gateways.authority.ledger import Standing
from gateways.authority.profiles import Issuer, responder_certificate
from gateways.authority.standings import Standings
from gateways.clock import Clock

MOST = 10_000  # answers that are remembered
LONGEST_NONCE = 128  # bytes, by RFC 9654, section 2.1
GOOD_FOR = timedelta(hours=1)  # an answer, which is signed anew from half of that on
DELEGATED_FOR, RENEWED_AFTER = timedelta(days=7), timedelta(days=1)
SKEW = timedelta(minutes=5)  # by which clocks of clients may be slow


class Delegate(NamedTuple):
    """A key that answers for an issuing key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    renewed_at: datetime


class Asked(NamedTuple):
    """What a request asks: of one certificate, by hashes of its issuer."""

    name_hash: bytes
    key_hash: bytes
    serial_number: int
    algorithm: hashes.HashAlgorithm
    nonce: bytes | None


@dataclass
class Remembered:
    """An answer that was signed, what it says, until when it is given, and when that was read."""

    answer: bytes
    issuer: Issuer
    asked: Asked
    standing: Standing
    fresh_until: datetime
    read_at: float


class Malformed(Exception):
    """A request that is none."""


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    made = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return made.public_bytes(serialization.Encoding.DER)


MALFORMED = refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
UNAUTHORIZED = refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
INTERNAL_ERROR = refusal(ocsp.OCSPResponseStatus.INTERNAL_ERROR)


class Responder:
    """Tells by signed answers how certificates stand.

    A key of this process answers for each issuing key, under a certificate for some days: P-256
    signs tens of thousands of times a second, where the issuing keys do some hundreds. What is
    asked without a nonce is remembered as it was asked: signed once an hour, looked up in the
    database again after `trusted` seconds.
    """

    def __init__(self, keys: Keys, clock: Clock, trusted: float) -> None:
        self.keys, self.clock, self.trusted = keys, clock, trusted
        self._remembered: dict[bytes, Remembered] = {}
        self._standings = Standings()
        self._delegates: dict[str, Delegate] = {}

    async def answer(self, request_der: bytes) -> bytes:
        """The answer to a request, both in DER."""
        now, at = self.clock.now(), time.monotonic()
        known = self._remembered.get(request_der)
        if known is None or now >= known.fresh_until:
            return await self._look(request_der, now, at)
        if at - known.read_at < self.trusted:
            return known.answer
        standing = await self._standings.of(known.asked.serial_number, known.issuer.name)
        if known.standing == standing:
            known.read_at = at
            return known.answer
        return await self._look(request_der, now, at)

    async def _look(self, request_der: bytes, now: datetime, at: float) -> bytes:
        try:
            asked = read(request_der)
        except UnsupportedAlgorithm:  # no issuer of ours is known by such a hash
            return UNAUTHORIZED
        except Malformed:
            return MALFORMED
        issuer = self._issuer(asked)
        if issuer is None:
            return UNAUTHORIZED
        standing = await self._standings.of(asked.serial_number, issuer.name)
        answer = self._signed(issuer, asked, standing, now)
        if standing and asked.nonce is None:
            while len(self._remembered) >= MOST:
                del self._remembered[next(iter(self._remembered))]
            fresh_until = now + GOOD_FOR / 2
            self._remembered[request_der] = Remembered(
                answer, issuer, asked, standing, fresh_until, at
            )
        return answer

    def _issuer(self, asked: Asked) -> Issuer | None:
        """The issuing key that is asked about, present or former."""
        for issuer in self.keys.hierarchy().issuers.values():
            if hashed(issuer.certificate, asked.algorithm.name) == asked[:2]:
                return issuer
        return None

    def _signed(
        self, issuer: Issuer, asked: Asked, standing: Standing | None, now: datetime
    ) -> bytes:
        revoked_at = standing.revoked_at if standing else None
        status = ocsp.OCSPCertStatus.UNKNOWN
        if standing:
            status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
        delegate = self._delegate(issuer, now)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.name_hash,
                issuer_key_hash=asked.key_hash,
                serial_number=asked.serial_number,
                algorithm=asked.algorithm,
                cert_status=status,
                this_update=now.replace(microsecond=0),
                next_update=(now + GOOD_FOR).replace(microsecond=0) if standing else None,
                revocation_time=revoked_at,
                revocation_reason=standing.flag if standing else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, delegate.certificate)
            .certificates([delegate.certificate])
        )
        if asked.nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(asked.nonce), critical=False)
        signed = builder.sign(delegate.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    def _delegate(self, issuer: Issuer, now: datetime) -> Delegate:
        known = self._delegates.get(issuer.name)
        if known is None or now >= known.renewed_at:
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = responder_certificate(
                issuer, key.public_key(), now - SKEW, now + DELEGATED_FOR
            )
            known = Delegate(key, certificate, now + RENEWED_AFTER)
            self._delegates[issuer.name] = known
        return known


def read(request_der: bytes) -> Asked:
    """What a request asks; Malformed for what is none, or asks of several certificates at once."""
    try:
        request = ocsp.load_der_ocsp_request(request_der)
        nonce = nonce_of(request)
        asked = Asked(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.serial_number,
            request.hash_algorithm,
            nonce,
        )
    except (ValueError, NotImplementedError):
        raise Malformed from None
    if nonce is not None and not 1 <= len(nonce) <= LONGEST_NONCE:
        raise Malformed
    return asked


def nonce_of(request: ocsp.OCSPRequest) -> bytes | None:
    """The number that makes a request unlike any other, if it has one."""
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


@lru_cache(maxsize=1000)
def hashed(certificate: x509.Certificate, algorithm: str) -> tuple[bytes, bytes]:
    """The hashes by which a request names an issuer: of its name, and of its key."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        bits = key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    else:
        bits = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    name = certificate.subject.public_bytes()
    return hashlib.new(algorithm, name).digest(), hashlib.new(algorithm, bits).digest()
