"""The keys of the built-in authority: a root, and the issuing keys that it has signed so far."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

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
INIT = "python server.py authority init"


@dataclass(frozen=True)
class Hierarchy:
    """The certificate of the root, and the issuing keys by name, the newest one last."""

    root: x509.Certificate
    issuers: dict[str, Issuer]

    @property
    def current(self) -> Issuer:
        """The key that issues now; the others only answer for what they issued."""
        return next(reversed(self.issuers.values()))


class Keys(Protocol):
    """Where the authority's keys are."""

    def hierarchy(self) -> Hierarchy:
        """The keys as they are now."""


class KeysInMemory:
    """Keys that are gone with the process, made when they are first asked for."""

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
    """Keys in files, each enciphered under one passphrase; looked at again when any is added."""

    path: Path
    passphrase: bytes
    _read: tuple[list[str], Hierarchy] | None = None

    @classmethod
    def made(
        cls, path: Path, passphrase: bytes, organisation: str, kind: KeyKind, now: datetime
    ) -> Self:
        """Make the root and the first issuing key; FileExistsError where there are some."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=path.parent))
        try:
            made = cls(draft, passphrase)
            root = new_root(organisation, kind, now)
            made.keep(root)
            made.keep(new_issuer(root, kind, now))
            # A folder with files in it is never replaced: whoever was faster has made the keys.
            draft.rename(path)
        except OSError:
            if path.exists():
                raise FileExistsError(path) from None
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return cls(path, passphrase)

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

    def rotate(self, now: datetime) -> Issuer:
        """Add an issuing key of the root's kind, by which certificates are issued from now on."""
        root = Issuer(ROOT, self._key(ROOT), self._certificate(ROOT))
        issuer = new_issuer(root, kind_of(root.key), now)
        self.keep(issuer)
        return issuer

    def keep(self, issuer: Issuer) -> None:
        """Write a certificate, and its key, which none but the owner may read."""
        enciphered = issuer.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self.passphrase)
        )
        write(self.path / f"{issuer.name}.key", enciphered, 0o600)
        write(
            self.path / f"{issuer.name}.pem", issuer.certificate.public_bytes(Encoding.PEM), 0o644
        )

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
            key = load_pem_private_key(file.read_bytes(), self.passphrase)
        except OSError as trouble:
            raise Unusable(f"{file} cannot be read: {trouble.strerror}") from None
        except ValueError:
            raise Unusable(f"{file} is not opened by SEGL_AUTHORITY_PASSPHRASE.") from None
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
