"""Certificate signing requests: which are taken, and the code for each way to be unfit."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gateways import KeyKind, Unfitness, UnfitRequest, read_request
from gateways.signing_requests import LONGEST, make_key
from tests.certifying import request_for

KEY, RSA_KEY = make_key(KeyKind.EC_P256), make_key(KeyKind.RSA_3072)
FIT = request_for(KEY)
SIGNED_BY_RSA = bytes.fromhex("2a864886f70d0101")  # and a byte that tells with which hash


def private(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, serialization.NoEncryption()).decode()


def tampered():
    """A request whose signature is another one's."""
    request = x509.load_pem_x509_csr(FIT.encode())
    der = bytearray(request.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()


def hashed_by(last):
    """A request that says it is signed with an old hash."""
    der = x509.load_pem_x509_csr(request_for(RSA_KEY).encode()).public_bytes(Encoding.DER)
    altered = der.replace(SIGNED_BY_RSA + b"\x0b", SIGNED_BY_RSA + bytes([last]))
    return x509.load_der_x509_csr(altered).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "key",
    [
        *(RSA_KEY, KEY, make_key(KeyKind.EC_P384)),
        ec.generate_private_key(ec.SECP521R1()),
    ],
    ids=["rsa-3072", "p-256", "p-384", "p-521"],
)
@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA512()], ids=["256", "512"])
def test_the_key_of_a_request_is_read(key, algorithm):
    assert read_request(request_for(key, algorithm)) == key.public_key()


def test_a_request_may_stand_between_empty_lines_and_end_them_as_windows_does():
    assert read_request("\r\n" + FIT.replace("\n", "\r\n") + "\r\n") == KEY.public_key()


@pytest.mark.parametrize(
    ("pem", "code"),
    [
        ("", "NOT_PEM"),
        ("hello", "NOT_PEM"),
        ("Ærø", "NOT_PEM"),
        (FIT[:-40], "NOT_PEM"),
        (FIT.replace("REQUEST", "THING"), "NOT_PEM"),
        (FIT[:40] + FIT[80:], "NOT_PEM"),
        (FIT + private(KEY), "NOT_PEM"),
        (FIT + FIT, "NOT_PEM"),
        ("x" * (LONGEST + 1), "TOO_LONG"),
        (FIT + " " * 10_000_000, "TOO_LONG"),
        (request_for(rsa.generate_private_key(65537, 2048)), "WEAK_KEY"),
        (request_for(rsa.generate_private_key(3, 3072)), "WEAK_KEY"),
        (request_for(ec.generate_private_key(ec.SECP224R1())), "WEAK_KEY"),
        (request_for(ec.generate_private_key(ec.SECP256K1())), "WEAK_KEY"),
        (request_for(dsa.generate_private_key(3072)), "WEAK_KEY"),
        (request_for(ed25519.Ed25519PrivateKey.generate(), None), "WEAK_KEY"),
        (hashed_by(4), "WEAK_ALGORITHM"),
        (hashed_by(5), "WEAK_ALGORITHM"),
        (request_for(KEY, hashes.SHA224()), "WEAK_ALGORITHM"),
        (tampered(), "BROKEN_SIGNATURE"),
    ],
    ids=[
        *("empty", "words", "danish", "cut", "another-thing", "a-hole", "with-its-key", "two"),
        *("long", "ten-megabytes", "rsa-2048", "exponent-3", "p-224", "k-256", "dsa", "ed25519"),
        *("md5", "sha1", "sha224", "tampered"),
    ],
)
def test_an_unfit_request_is_refused_by_a_code(pem, code):
    with pytest.raises(UnfitRequest) as refused:
        read_request(pem)

    assert refused.value.code is Unfitness(code)
