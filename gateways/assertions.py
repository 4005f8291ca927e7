"""Reads assertions: JSON Web Tokens that machines sign with the key of a certificate (RFC 7523)."""

import hashlib
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from joserfc import jws, jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import ECKey, RSAKey

from gateways.signing_requests import PublicKey

LONGEST = 16_000  # characters of an assertion, with a chain of certificates
LASTS, LEEWAY = timedelta(minutes=5), timedelta(seconds=60)
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
OF_RSA = ("PS256", "RS256")
UNREADABLE = (JoseError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Unproved(Exception):
    """An assertion that proves nothing, and why in a sentence."""


@dataclass(frozen=True)
class Assertion:
    """What tells an assertion from others by the same machine, and until when it could serve."""

    jti_hash: str
    expires_at: datetime


class Registry(jws.JWSRegistry):
    """What joserfc takes: a chain of certificates makes a header long."""

    max_header_length = LONGEST


def fingerprint_of(assertion: str) -> str:
    """The SHA-256, in lower-case hexadecimal, of the certificate that an assertion names.

    It is by `x5t#S256`, or else by the first of `x5c`; where both stand they must agree.
    """
    try:
        if len(assertion) > LONGEST:
            raise ValueError
        header = jws.extract_compact(assertion.encode(), registry=Registry()).headers()
        named = {_thumbprint(header), _digest(header)} - {None}
    except UNREADABLE:
        raise Unproved("The assertion is not a signed JSON Web Token.") from None
    if len(named) != 1:
        raise Unproved("The header of the assertion names no certificate by x5c or x5t#S256.")
    return str(named.pop())


def _thumbprint(header: dict[str, Any]) -> str | None:
    given = header.get("x5t#S256")
    return None if given is None else urlsafe_b64decode(given + "=" * (-len(given) % 4)).hex()


def _digest(header: dict[str, Any]) -> str | None:
    chain = header.get("x5c")
    return None if chain is None else hashlib.sha256(b64decode(chain[0])).hexdigest()


def verified(
    assertion: str, pem: str, client: str, audiences: Collection[str], now: datetime
) -> Assertion:
    """What an assertion says that a certificate's key has signed for us a moment ago."""
    key = load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, PublicKey), "a certificate of ours has a key of RSA or of a curve"
    allowed = algorithms(key)
    try:
        registry = Registry(algorithms=list(allowed))
        claims = jwt.decode(assertion, _imported(key), registry=registry).claims
    except UNREADABLE:
        raise Unproved(
            f"The assertion is not signed with the key of the certificate by {_or(allowed)}."
        ) from None
    try:
        _rules(client, now).validate(claims)
    except ClaimError as wrong:
        raise Unproved(f"The claim {wrong.claim} is missing, wrong or out of time.") from None
    if claims["aud"] not in [*audiences, *([one] for one in audiences)]:
        raise Unproved(f"The claim aud must be {_or(audiences)}, and nothing beside it.")
    if claims["exp"] > (now + LASTS + LEEWAY).timestamp():
        raise Unproved("The claim exp must lie at most five minutes ahead.")
    jti = hashlib.sha256(claims["jti"].encode(errors="surrogatepass")).hexdigest()
    end = datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY
    return Assertion(jti, end + timedelta(seconds=1))  # the rules count whole seconds


def algorithms(key: PublicKey) -> tuple[str, ...]:
    """The algorithms that a key signs by; the header of an assertion chooses among these alone."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return (CURVES[key.curve.name],)
    return OF_RSA


def _imported(key: PublicKey) -> ECKey | RSAKey:
    kind = ECKey if isinstance(key, ec.EllipticCurvePublicKey) else RSAKey
    return kind.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _rules(client: str, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(LEEWAY.total_seconds()),
        iss={"essential": True, "value": client},
        sub={"essential": True, "value": client},
        aud={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )


def _or(names: Collection[str]) -> str:
    return " or ".join(names)
