"""What the tests of the authority order, and who asks it from outside."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from gateways import Issued, KeyKind, Order, Profile, Subject
from gateways.clock import Clock
from gateways.signing_requests import make_key

SHA256 = hashes.SHA256()
YEARS = timedelta(days=3 * 365)
COMPANY = {"organisation_name": "Hansen & Søn ApS", "organisation_identifier": "NTRDK-12345678"}
ANNA = Subject(
    common_name="Anna Hansen",
    serial_number=f"UI:DK-E:G:{UUID(int=1)}",
    given_name="Anna",
    surname="Hansen",
    email="anna@example.dk",
    **COMPANY,
)
MASKED = Subject(
    common_name="Owl 7",
    serial_number=f"UI:DK-E:G:{UUID(int=3)}",
    pseudonym="Owl 7",
    email="owl7@example.dk",
    **COMPANY,
)
HANSEN = Subject(
    common_name="Hansen & Søn ApS", serial_number=f"UI:DK-O:G:{UUID(int=2)}", **COMPANY
)


def request_for(key: Any, algorithm: Any = SHA256) -> str:
    """A request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM).decode()


def an_order(clock: Clock, organisation_id: UUID, **facts: Any) -> Order:
    """An order for Anna's certificate, unless it says otherwise."""
    key = facts.pop("key", None) or make_key(KeyKind.EC_P256)
    now = clock.now()
    known = {
        "id": uuid4(),
        "profile": Profile.USER,
        "subject": ANNA,
        "request_pem": request_for(key),
        "not_before": now,
        "not_after": now + YEARS,
    }
    return Order(organisation_id=organisation_id, **known | facts)


def asking_of(
    issued: Issued,
    algorithm: Any = SHA256,
    nonce: bytes | None = None,
    issuer: x509.Certificate | None = None,
    serial_number: int | None = None,
) -> bytes:
    """An OCSP request for a certificate, in DER, unless something else is said of it."""
    one = x509.load_pem_x509_certificate(issued.pem.encode())
    issuer = issuer or x509.load_pem_x509_certificate(issued.chain_pem.encode())
    builder = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, algorithm)
    if serial_number:
        usual = builder.build()
        hashed = usual.issuer_name_hash, usual.issuer_key_hash
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            *hashed, serial_number, algorithm
        )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)
