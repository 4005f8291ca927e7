"""What stories of certificates send, the requests that they bring, and what the authority says."""

from base64 import b64encode
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from gateways import Gateways
from models import Certificate, User

FACTS = """
fragment Facts on Certificate {
  id uuid version status kind isSuspended email isEmailValidated subject serialNumber fingerprint
  pem chainPem validFrom expiresAt issuedAt
  retrieval { identification reference codeExpiresAt triesLeft }
}
"""
PROBLEMS = "errors { code message path }"


def changing(operation: str, also: str = "") -> str:
    """The document of a change that answers with a certificate."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            certificate {{ ...Facts }} {also} {PROBLEMS}
          }}
        }}
        {FACTS}
    """


FILE = "pkcs12 { base64 password fileName }"
ORDER = changing("orderCertificate", "oneTimeCode { reference code expiresAt }")
RENEW_CODE = changing("renewOneTimeCode", "oneTimeCode { reference code expiresAt }")
RETRIEVE = changing("retrieveCertificate", FILE)
RENEW = changing("renewCertificate", FILE)
CANCEL, REVOKE = changing("cancelCertificate"), changing("revokeCertificate")
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
DER = serialization.Encoding.DER
MADE_HERE = {"pkcs12": {"keyKind": "EC_P256"}}


def request(key: Any = KEY, name: str = "Somebody Else", hash: Any = None) -> str:
    """A signing request for a key, under whatever name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    made = builder.sign(key, hash or hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def weak() -> str:
    return request(rsa.generate_private_key(65537, 2048))


def broken() -> str:
    """A request whose signature is that of another."""
    lines = request().splitlines()
    der = bytearray(x509.load_pem_x509_csr(request().encode()).public_bytes(DER))
    at = der.index(b"Somebody Else")
    der[at : at + 8] = b"Nobody E"
    text = b64encode(bytes(der)).decode()
    body = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return "\n".join([lines[0], body, lines[-1], ""])


def own(certificate: Any, key: Any = None) -> dict[str, Any]:
    """The input by which one retrieves an order as who one is."""
    proof = {"certificateId": str(getattr(certificate, "id", certificate))}
    return {"proof": proof, "key": key or {"csr": request()}}


def by_code(shown: dict[str, Any], key: Any = None, **other: Any) -> dict[str, Any]:
    """The input by which one retrieves an order by the code that was shown."""
    code = {"reference": shown["reference"], "oneTimeCode": shown["code"], **other}
    return {"proof": {"code": code}, "key": key or {"csr": request()}}


async def issued_by(
    ask: Any, administrator: User, user: User, profile: Any = None, **also: Any
) -> dict[str, Any]:
    """A certificate that was ordered and retrieved: a user's own, or one on a profile."""
    holder = {"profileId": profile.id} if profile else {"userId": user.id}
    given = {"kind": "SYSTEM" if profile else "USER", "holder": holder, **also}
    order = (await ask(administrator, ORDER, input=given))["certificate"]
    answer = await ask(administrator if profile else user, RETRIEVE, input=own(order["id"]))
    return dict(answer["certificate"])


async def said_of(gateways: Gateways, certificate: Certificate) -> tuple[str, str | None]:
    """What OCSP says of a certificate: its status, and the reason that it was revoked for."""
    assert certificate.pem
    assert certificate.chain_pem
    issued = x509.load_pem_x509_certificate(certificate.pem.encode())
    issuer = x509.load_pem_x509_certificates(certificate.chain_pem.encode())[0]
    asked = ocsp.OCSPRequestBuilder().add_certificate(issued, issuer, hashes.SHA1()).build()
    told = ocsp.load_der_ocsp_response(await gateways.authority.status(asked.public_bytes(DER)))
    assert told.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    reason = told.revocation_reason
    return told.certificate_status.name, reason and reason.value


async def settled(gateways: Gateways, certificate: Any) -> tuple[str, str | None]:
    """What OCSP says of a certificate once what waits has been told."""
    await gateways.jobs.run_once("certificates")
    key = getattr(certificate, "id", None) or certificate["id"]
    return await said_of(gateways, await Certificate.get(id=key))
