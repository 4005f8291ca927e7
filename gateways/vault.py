"""Keeps personal numbers and one-time secrets so that the database alone gives none away."""

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B and U V: each pair is taken for the other on paper.
CODE_ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
SPACING = re.compile(r"[\s\u2010-\u2015-]+")


class BrokenSeal(Exception):
    """What was sealed has been altered, or was sealed under a key that we do not hold."""


class Vault:
    """Seals texts under the current key, and opens those sealed under former ones too."""

    def __init__(self, key: bytes, former_keys: Sequence[bytes] = ()) -> None:
        self._ciphers = [AESGCM(sub_key(each, "seal")) for each in (key, *former_keys)]
        self._fingerprint_key = sub_key(key, "fingerprint")
        self._secret_key = sub_key(key, "secret")
        self._tickets, self._ticket_key = AESGCM(sub_key(key, "ticket")), sub_key(key, "nonce")

    def seal(self, text: str) -> bytes:
        """Encrypt a text, differently each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._ciphers[0].encrypt(nonce, text.encode(), VERSION)

    def unseal(self, sealed: bytes) -> str:
        """Decrypt what was sealed, or raise BrokenSeal."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if version == VERSION and len(nonce) == NONCE_BYTES:
            for cipher in self._ciphers:
                try:
                    return cipher.decrypt(nonce, rest, version).decode()
                except InvalidTag:
                    continue
        raise BrokenSeal

    def fingerprint(self, text: str) -> str:
        """Hash a text so that equal ones are found, and none is guessed without the key."""
        return hmac.digest(self._fingerprint_key, text.encode(), hashlib.sha256).hex()

    def hash_secret(self, text: str) -> str:
        """Hash a link or a code: being random, they need no slow hash."""
        return hmac.digest(self._secret_key, text.encode(), hashlib.sha256).hex()

    def ticket(self, text: str) -> str:
        """A text to go out in an address and come back: nobody else reads, alters or makes one."""
        nonce = hmac.digest(self._ticket_key, text.encode(), hashlib.sha256)[:NONCE_BYTES]
        sealed = nonce + self._tickets.encrypt(nonce, text.encode(), None)
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def read_ticket(self, ticket: str) -> str:
        """The text of a ticket, or BrokenSeal for what is none of ours."""
        try:
            sealed = urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
            return self._tickets.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            raise BrokenSeal from None

    def new_link(self) -> str:
        """Make the secret end of a link: 256 bits that are safe in an address."""
        return secrets.token_urlsafe(32)

    def new_code(self) -> str:
        """Make a code to read aloud, XXXX-XXXX-XXXX-XXXX: 16 of 23 symbols, 72 bits."""
        groups = ("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(4))
        return "-".join(groups)


def normalise_code(text: str) -> str:
    """Reduce a code to its symbols, however it was typed; hash the result of this."""
    return SPACING.sub("", text).upper()


def sub_key(key: bytes, purpose: str) -> bytes:
    """Derive the key for one purpose, so that no key ever serves two."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"A key has {KEY_BYTES} bytes.")
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"segl {purpose}".encode()).derive(key)


def key_file(path: Path) -> bytes:
    """Read the key from a file of 64 hexadecimal digits, which is made if there is none."""
    if not path.exists():
        _make_key_file(path)
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} is not a key: it should hold {2 * KEY_BYTES} hex digits.")
    return key


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces the key of a process that was faster.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
