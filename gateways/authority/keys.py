"""The keys of the built-in authority: a root, and the issuing keys that it has signed so far."""

import logging
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateways.authority.profiles import (
    Issuer,
    issuing_certificate,
    name_of_key,
    root_certificate,
)
from gateways.settings import Unusable
from gateways.signing_requests import KeyKind, PrivateKey, make_key

ROOT = "root"
SETTING, FILE = "SEGL_AUTHORITY_PASSPHRASE", "passphrase"
LEAST = 16  # characters of a passphrase
LONGEST = 38  # bytes of the name that an authority bears, beside which its own words stand
INIT = "python server.py authority init"
UNSET = f"{SETTING} is not set: it opens the certificate authority's keys, made with: {INIT}"

NOTICE = timedelta(days=365)  # for which it is said beforehand that a key issues no more
AGED = (
    "The key %s issues no certificates from %s on. Add one with: python server.py authority rotate"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hierarchy:
    """The certificate of the root, and the issuing keys by name, the newest one last."""

    root: x509.Certificate
    issuers: dict[str, Issuer]

    @property
    def current(self) -> Issuer:
        """The key that issues now; the others only answer for what they issued."""
        return next(reversed(self.issuers.values()))

    def warn(self, now: datetime) -> None:
        """Tells the log when it is time to rotate."""
        until = self.current.issues_until
        if now > until - NOTICE:
            logger.warning(AGED, self.current.name, until.date())


class Keys(Protocol):
    """Where the authority's keys are."""

    def hierarchy(self) -> Hierarchy:
        """The keys as they are now."""


class KeysInMemory:
    """Keys that are gone with the process."""

    def __init__(self, now: datetime) -> None:
        self._root = new_root("Segl", KeyKind.EC_P384, now)
        self._hierarchy = Hierarchy(self._root.certificate, {})
        self.rotate(now)

    def hierarchy(self) -> Hierarchy:
        """The keys as they are now."""
        return self._hierarchy

    def rotate(self, now: datetime) -> None:
        """Issue by a new key from now on."""
        issuer = new_issuer(self._root, KeyKind.EC_P384, now)
        issuers = self._hierarchy.issuers | {issuer.name: issuer}
        self._hierarchy = Hierarchy(self._root.certificate, issuers)


@dataclass
class KeyFolder:
    """Keys in files, each enciphered under one passphrase; looked at again when any is added.

    The passphrase is a setting. Who develops is spared that: it lies beside the keys in a file.
    """

    path: Path
    passphrase: str | None
    may_be_made: bool = False
    _read: tuple[list[str], Hierarchy] | None = None

    def ready(self, now: datetime) -> None:
        """Read the keys, or have some made where that is allowed; Unusable where neither goes."""
        if self.passphrase is None and not self.may_be_made:
            raise Unusable(UNSET)
        if self.may_be_made and not self.exists():
            with suppress(FileExistsError):  # another process was faster
                self._make("Segl", KeyKind.EC_P384, now)
        self.hierarchy().warn(now)

    def obey(self, action: str, organisation: str, kind: str, now: datetime) -> str:
        """Make the keys, or add one, and tell what was done."""
        try:
            if action == "rotate":
                return f"Certificates are issued by the key {self._rotate(now).name} from now on."
            if self.passphrase is None:
                raise Unusable(UNSET)
            if len(self.passphrase) < LEAST:
                raise Unusable(f"{SETTING} is too short: openssl rand -hex 32 makes a good one.")
            length = len(organisation.strip().encode())
            if not 1 <= length <= LONGEST or not organisation.isprintable():
                raise Unusable(f"The authority's name must have 1 to {LONGEST} bytes on one line.")
            self._make(organisation.strip(), KeyKind(kind), now)
        except FileExistsError:
            raise Unusable(f"There is a certificate authority in {self.path} already.") from None
        except OSError as trouble:
            raise Unusable(f"{self.path} cannot be written: {trouble.strerror}") from None
        return f"The keys are in {self.path}. Keep a copy, and {ROOT}.key elsewhere."

    def _make(self, organisation: str, kind: KeyKind, now: datetime) -> None:
        """Make the root and the first issuing key; FileExistsError where there are some."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self.path.parent))
        try:
            made, root = KeyFolder(draft, self.passphrase), new_root(organisation, kind, now)
            if self.passphrase is None:
                write(draft / FILE, secrets.token_hex(32).encode(), 0o600)
            made.keep(root)
            made.keep(new_issuer(root, kind, now))
            # A folder with files in it is never replaced: whoever was faster has made the keys.
            draft.rename(self.path)
        except OSError:
            if self.path.exists():
                raise FileExistsError(self.path) from None
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def exists(self) -> bool:
        return (self.path / f"{ROOT}.pem").exists()

    def hierarchy(self) -> Hierarchy:
        """The keys as they are now."""
        try:
            files = os.listdir(self.path)
        except OSError:
            raise self.missing() from None
        if self._read is None or self._read[0] != files:
            self._read = files, self._load()
        return self._read[1]

    def _rotate(self, now: datetime) -> Issuer:
        """Add an issuing key of the root's kind, by which certificates are issued from now on."""
        root = Issuer(ROOT, self._key(ROOT), self._certificate(ROOT))
        newest = self.hierarchy().current.certificate.not_valid_before_utc
        # Certificates count in seconds, and the one that begins last is the one in use.
        begin = max(now, newest + timedelta(seconds=1))
        issuer = new_issuer(root, kind_of(root.key), begin)
        self.keep(issuer)
        return issuer

    def keep(self, issuer: Issuer) -> None:
        """Write a certificate, and its key, which none but the owner may read."""
        enciphered = issuer.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._opener())
        )
        write(self.path / f"{issuer.name}.key", enciphered, 0o600)
        write(
            self.path / f"{issuer.name}.pem", issuer.certificate.public_bytes(Encoding.PEM), 0o644
        )

    def _opener(self) -> bytes:
        if self.passphrase is not None:
            return self.passphrase.encode()
        try:
            return (self.path / FILE).read_bytes()
        except OSError:
            raise Unusable(UNSET) from None

    def missing(self) -> Unusable:
        return Unusable(f"There is no certificate authority in {self.path}: make one with: {INIT}")

    def _load(self) -> Hierarchy:
        names = {one.stem for one in self.path.glob("*.pem")} - {ROOT}
        if not names or not self.exists():
            raise self.missing()
        issuers = [Issuer(name, self._key(name), self._certificate(name)) for name in names]
        issuers.sort(key=lambda one: (one.certificate.not_valid_before_utc, one.name))
        return Hierarchy(self._certificate(ROOT), {one.name: one for one in issuers})

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.path / f"{name}.pem").read_bytes())

    def _key(self, name: str) -> PrivateKey:
        file = self.path / f"{name}.key"
        try:
            key = load_pem_private_key(file.read_bytes(), self._opener())
        except OSError as trouble:
            raise Unusable(f"{file} cannot be read: {trouble.strerror}") from None
        except ValueError:
            raise Unusable(f"{file} is not opened by {SETTING}.") from None
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return key


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file as a whole, or not at all, and never over another."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    finally:
        os.unlink(draft)


def new_root(organisation: str, kind: KeyKind, now: datetime) -> Issuer:
    key = make_key(kind)
    return Issuer(ROOT, key, root_certificate(organisation, key, now))


def new_issuer(root: Issuer, kind: KeyKind, now: datetime) -> Issuer:
    key = make_key(kind)
    return Issuer(name_of_key(key.public_key()), key, issuing_certificate(root, key, now))


def kind_of(key: PrivateKey) -> KeyKind:
    """The kind of a key that was made here."""
    family = "RSA_" if isinstance(key, rsa.RSAPrivateKey) else "EC_P"
    return KeyKind(f"{family}{key.key_size}")
