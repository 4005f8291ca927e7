"""Keys and the requests that prove possession of them: read, or made here and handed out once."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from gateways.certificate_authority import Issued
from gateways.vault import CODE_ALPHABET

LONGEST = 16_000  # characters of a request
PEM = re.compile(
    r"\s*-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----[\sA-Za-z0-9+/=]+-----END \1-----\s*"
)
LEAST_BITS, LEAST_EXPONENT = 3072, 65537
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
ROUNDS = 100_000  # of PBKDF2 for a password of 108 bits
GROUPS = 6  # of four symbols

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Unfitness(StrEnum):
    """Why a request is not taken."""

    NOT_PEM = "NOT_PEM"
    TOO_LONG = "TOO_LONG"
    WEAK_KEY = "WEAK_KEY"
    WEAK_ALGORITHM = "WEAK_ALGORITHM"
    BROKEN_SIGNATURE = "BROKEN_SIGNATURE"


class UnfitRequest(Exception):
    """A request that no certificate is issued on, and why."""

    def __init__(self, code: Unfitness) -> None:
        super().__init__(code.value)
        self.code = code


class KeyKind(StrEnum):
    """The kinds of key that are made here."""

    RSA_3072 = "RSA_3072"
    RSA_4096 = "RSA_4096"
    EC_P256 = "EC_P256"
    EC_P384 = "EC_P384"


@dataclass(frozen=True)
class KeyFile:
    """A certificate with its chain and its key, enciphered, and the password that opens it."""

    issued: Issued
    content: bytes = field(repr=False)
    password: str = field(repr=False)


def read_request(pem: str) -> PublicKey:
    """The public key of a request in PEM, or UnfitRequest.

    Whatever else stands in the text is refused too: it may be the private key.
    """
    if len(pem) > LONGEST:
        raise UnfitRequest(Unfitness.TOO_LONG)
    if not PEM.fullmatch(pem):
        raise UnfitRequest(Unfitness.NOT_PEM)
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = _strong(request)
    except ValueError:
        raise UnfitRequest(Unfitness.NOT_PEM) from None
    try:
        # RSASSA-PSS names its hash here too; an algorithm without one signs for no key of ours.
        algorithm = request.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        algorithm = None
    if not isinstance(algorithm, HASHES):
        raise UnfitRequest(Unfitness.WEAK_ALGORITHM)
    try:
        is_proved = request.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        is_proved = False
    if not is_proved:
        raise UnfitRequest(Unfitness.BROKEN_SIGNATURE)
    return key


def _strong(request: x509.CertificateSigningRequest) -> PublicKey:
    try:
        key = request.public_key()
    except UnsupportedAlgorithm:
        raise UnfitRequest(Unfitness.WEAK_KEY) from None
    match key:
        case rsa.RSAPublicKey() if key.key_size >= LEAST_BITS:
            if key.public_numbers().e >= LEAST_EXPONENT:
                return key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, CURVES):
            return key
    raise UnfitRequest(Unfitness.WEAK_KEY)


def make_key(kind: KeyKind) -> PrivateKey:
    """Make a key, which may take a second."""
    match kind:
        case KeyKind.RSA_3072:
            return rsa.generate_private_key(LEAST_EXPONENT, 3072)
        case KeyKind.RSA_4096:
            return rsa.generate_private_key(LEAST_EXPONENT, 4096)
        case KeyKind.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())


def request_for(key: PrivateKey) -> str:
    """A request in PEM that proves possession of a key, and says nothing else."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


async def make_pkcs12(
    kind: KeyKind, name: str, issue: Callable[[str], Awaitable[Issued]]
) -> KeyFile:
    """Make a key, have a certificate issued on a request for it, and seal both as PKCS#12.

    The key is in this function alone: whoever gets the file and its password has the only copy.
    """
    key = await asyncio.to_thread(make_key, kind)
    issued = await issue(request_for(key))
    password = _password()
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    content = await asyncio.to_thread(
        pkcs12.serialize_key_and_certificates,
        name.encode(),
        key,
        x509.load_pem_x509_certificate(issued.pem.encode()),
        x509.load_pem_x509_certificates(issued.chain_pem.encode()),
        encryption,
    )
    return KeyFile(issued, content, password)


def _password() -> str:
    groups = ("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(GROUPS))
    return "-".join(groups)
