"""How machines of the tests sign in: real certificates, and assertions that their keys sign."""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from httpx import AsyncClient, Response
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from gateways import Gateways
from gateways.assertions import CURVES, Registry
from models import Certificate, CertificateKind, Organisation, User
from tests.asking import Answer, as_json
from tests.certificates import KEY, RETRIEVE, own, request
from tests.making import Maker

PLACE, ADDRESS = "/oauth/token", "http://127.0.0.1:8000"
SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BY_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
IDENTITY, CERTIFICATES = "IDENTITY_MANAGEMENT", "CERTIFICATE_MANAGEMENT"


class Machine:
    """A machine with a certificate and its key, which signs in and asks over HTTP."""

    def __init__(self, client: AsyncClient, gateways: Gateways, certificate: Certificate, key: Any):
        self.client, self.gateways, self.key = client, gateways, key
        self.certificate, self.token = certificate, ""

    @property
    def pem(self) -> bytes:
        assert self.certificate.pem
        return self.certificate.pem.encode()

    @property
    def der(self) -> bytes:
        return x509.load_pem_x509_certificate(self.pem).public_bytes(Encoding.DER)

    @property
    def alg(self) -> str:
        if not isinstance(self.key, ec.EllipticCurvePrivateKey):
            return "PS256"
        return CURVES[self.key.curve.name]

    @property
    def thumbprint(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(self.der).digest()).decode().rstrip("=")

    @property
    def chain(self) -> dict[str, Any]:
        return {"x5c": [b64encode(self.der).decode()]}

    def claims(self, **other: Any) -> dict[str, Any]:
        """What an assertion says that is right, unless told otherwise; None leaves a claim out."""
        now, me = int(self.gateways.clock.now().timestamp()), str(self.certificate.uuid)
        right = {"iss": me, "sub": me, "aud": ADDRESS + PLACE, "exp": now + 300, "iat": now}
        claims = right | {"jti": str(uuid4())} | other
        return {name: one for name, one in claims.items() if one is not None}

    def assertion(self, header: dict[str, Any] | None = None, **other: Any) -> str:
        """An assertion that is right, unless told otherwise."""
        named = {"alg": self.alg, **(header or {"x5t#S256": self.thumbprint})}
        return signed(named, self.claims(**other), self.key)

    async def post(self, proof: str | None = None, **given: Any) -> Response:
        """Asks for a token."""
        usual = {"grant_type": "client_credentials", "client_assertion_type": SIGNED}
        usual["client_assertion"] = proof or self.assertion()
        data = {name: one for name, one in (usual | given).items() if one is not None}
        return await self.client.post(PLACE, data=data)

    async def sign_in(self) -> "Machine":
        answer = await self.post()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    async def send(
        self, document: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> dict[str, Any]:
        """Sends a document with the token, and returns the whole answer."""
        heads = {"authorization": f"Bearer {self.token}"} | (headers or {})
        body = {
            "query": document,
            "variables": {key: as_json(one) for key, one in variables.items()},
        }
        return dict((await self.client.post("/graphql", json=body, headers=heads)).json())

    async def ask(
        self, document: str, headers: dict[str, str] | None = None, **variables: Any
    ) -> Any:
        """Asks for one field with the token; fails on any top-level error."""
        answer = await self.send(document, headers, **variables)
        assert "errors" not in answer, answer["errors"]
        (field,) = answer["data"].values()
        return Answer(field) if isinstance(field, dict) else field


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    """A JSON Web Token, by a key of whichever kind."""
    kind = ECKey if isinstance(key, ec.EllipticCurvePrivateKey) else RSAKey
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    registry = Registry(algorithms=[header["alg"]])
    return jws.serialize_compact(
        header, json.dumps(claims), kind.import_key(pem), registry=registry
    )


async def certified(
    make: Maker,
    ask: Any,
    administrator: User,
    organisation: Organisation,
    *rights: str,
    key: Any = KEY,
    kind: CertificateKind = CertificateKind.ORGANISATION,
) -> Certificate:
    """A certificate of the organisation that an administrator has retrieved for a key."""
    profile = await make.profile(organisation, is_email_validated=True, system_rights=[*rights])
    order = await make.order(organisation, kind=kind, profile=profile)
    answer = await ask(administrator, RETRIEVE, input=own(order, {"csr": request(key)}))
    assert answer["errors"] == []
    return await Certificate.get(id=order.id).select_related("profile")
