"""Tells who is signed in, from the token that came with the request."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey

from gateways.vault import sub_key

WHO = "segl"
SIGNED = {"alg": "HS256"}
CLIENT = "client_id"  # a machine's claim, where a user's is `sub`
ENCRYPTED = {"alg": "dir", "enc": "A256GCM"}


@dataclass(frozen=True)
class Claims:
    """Who is signed in: a user of an organisation, a person who may become one, or a machine.

    A person is known by CPR number, or by name and date of birth; a machine by the certificate
    that it signed in with.
    """

    user_id: UUID | None = None
    certificate_id: UUID | None = None
    cpr_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        is_person = bool(self.cpr_number or (self.name and self.date_of_birth))
        if [is_person, self.user_id is not None, self.certificate_id is not None].count(True) != 1:
            raise ValueError("Claims speak of a user, or else of a person, or else of a machine.")


class Identity(Protocol):
    """Reads tokens, and issues them where Segl itself signs people or machines in."""

    lifetime: timedelta  # of a token that is issued

    def claims(self, token: str, now: datetime) -> Claims | None:
        """Read who a token speaks of; None if it is malformed, forged, expired or not ours."""

    def token(self, claims: Claims, now: datetime) -> str:
        """Issue a token, as to a machine, or by the sign-in of the development form."""


class SignedTokens:
    """Issues JSON Web Tokens: signed for users and machines, encrypted for persons.

    A user's or machine's token bears an id and nothing personal, so a signature will do; a
    person's bears a CPR number, which nobody who comes across the token may read.
    """

    def __init__(self, key: bytes, lifetime: timedelta = timedelta(hours=1)) -> None:
        self._signing_key = OctKey.import_key(sub_key(key, "user token"))
        self._encryption_key = OctKey.import_key(sub_key(key, "person token"))
        self.lifetime = lifetime

    def token(self, claims: Claims, now: datetime) -> str:
        """Issue a token that lasts for the lifetime given at the start."""
        issued = int(now.timestamp())
        ends = issued + int(self.lifetime.total_seconds())
        body = {"iss": WHO, "aud": WHO, "iat": issued, "exp": ends, "jti": str(uuid4())}
        if claims.certificate_id:
            body |= {CLIENT: str(claims.certificate_id)}
            return jwt.encode(SIGNED, body, self._signing_key)
        if claims.user_id:
            return jwt.encode(SIGNED, body | {"sub": str(claims.user_id)}, self._signing_key)
        return jwt.encode(
            ENCRYPTED, body | _person(claims), self._encryption_key, registry=JWERegistry()
        )

    def claims(self, token: str, now: datetime) -> Claims | None:
        """Read who a token speaks of; None if it is malformed, forged, expired or not ours."""
        try:
            # The form chooses the key and the algorithms; the header is not asked.
            is_encrypted = token.count(".") == 4
            body = self._decrypted(token) if is_encrypted else self._verified(token)
            _timely(now).validate(body)
            return _read_person(body) if is_encrypted else _read_signed(body)
        except (JoseError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return None

    def _verified(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._signing_key, algorithms=list(SIGNED.values())).claims

    def _decrypted(self, token: str) -> dict[str, Any]:
        algorithms = list(ENCRYPTED.values())
        registry = JWERegistry()
        return jwt.decode(token, self._encryption_key, algorithms, registry).claims


def _timely(now: datetime) -> jwt.JWTClaimsRegistry:
    """The claims that every token needs; the moment of expiry is already too late."""
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=0,
        iss={"essential": True, "value": WHO},
        aud={"essential": True, "value": WHO},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )


def _person(claims: Claims) -> dict[str, str | None]:
    birth = claims.date_of_birth
    return {
        "cpr_number": claims.cpr_number,
        "name": claims.name,
        "birthdate": birth.isoformat() if birth else None,
    }


def _read_signed(body: dict[str, Any]) -> Claims:
    if CLIENT in body:
        return Claims(certificate_id=UUID(body[CLIENT]))
    return Claims(user_id=UUID(body["sub"]))


def _read_person(body: dict[str, Any]) -> Claims:
    birth = body["birthdate"]
    return Claims(
        cpr_number=body["cpr_number"],
        name=body["name"],
        date_of_birth=date.fromisoformat(birth) if birth else None,
    )
