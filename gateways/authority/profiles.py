"""What stands in the certificates of the built-in authority, by RFC 5280 and OCES3."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from gateways.certificate_authority import Order, Profile, Refused, Subject
from gateways.signing_requests import PrivateKey, PublicKey

ROOT_LASTS, ISSUER_LASTS = timedelta(days=7305), timedelta(days=3652)
LONGEST = timedelta(days=3 * 366)  # that a certificate may last
MOST_TEXT = 64  # bytes of a name, by the upper bounds of RFC 5280, appendix A.1
PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]{1,64}")

# The number for examples (RFC 5612): Segl's own policies, which claim nothing of the policies of
# OCES or of eIDAS. An authority may name those only once it has been audited.
ARC = "1.3.6.1.4.1.32473.1"
POLICIES = {
    Profile.USER: f"{ARC}.1",
    Profile.QUALIFIED_USER: f"{ARC}.2",
    Profile.ORGANISATION: f"{ARC}.3",
    Profile.QUALIFIED_ORGANISATION: f"{ARC}.4",
    Profile.SYSTEM: f"{ARC}.5",
}
COMMITS = {Profile.QUALIFIED_USER, Profile.ORGANISATION, Profile.QUALIFIED_ORGANISATION}
ORGANISATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")
USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class Issuer:
    """A key that issues, with its name and its certificate."""

    name: str
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def key_identifier(self) -> x509.AuthorityKeyIdentifier:
        subject = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject.value)

    @property
    def issues_until(self) -> datetime:
        """When it issues for the last time: no certificate may outlast its own."""
        return self.certificate.not_valid_after_utc - LONGEST

    def begin(self, subject: x509.Name, key: PublicKey) -> x509.CertificateBuilder:
        """A certificate to be, by this issuer, for that key."""
        return (
            x509.CertificateBuilder()
            .issuer_name(self.certificate.subject)
            .subject_name(subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .add_extension(self.key_identifier, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def name_of_key(key: PublicKey) -> str:
    """The name that an issuing key goes by, in files and in addresses."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()[:16]


def hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """The hash that is as strong as a key."""
    return hashes.SHA384() if key.key_size == 384 else hashes.SHA256()


def organisation_of(issuer: Issuer) -> str:
    """Who issues."""
    (found,) = issuer.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found.value)


def authority_name(organisation: str, words: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} {words}"),
        ]
    )


def root_certificate(organisation: str, key: PrivateKey, now: datetime) -> x509.Certificate:
    """The certificate at the top, signed by its own key."""
    name, public = authority_name(organisation, "Root"), key.public_key()
    builder = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.replace(microsecond=0))
        .not_valid_after((now + ROOT_LASTS).replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return builder.sign(key, hash_for(key))


def issuing_certificate(root: Issuer, key: PrivateKey, now: datetime) -> x509.Certificate:
    """The certificate of a key that issues, which the root signs for half its own time."""
    public = key.public_key()
    words = f"Issuing {name_of_key(public)}"
    any_policy = x509.PolicyInformation(ObjectIdentifier("2.5.29.32.0"), None)
    end = min(now + ISSUER_LASTS, root.certificate.not_valid_after_utc)
    builder = (
        root.begin(authority_name(organisation_of(root), words), public)
        .not_valid_before(now.replace(microsecond=0))
        .not_valid_after(end.replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.CertificatePolicies([any_policy]), critical=False)
    )
    return builder.sign(root.key, hash_for(root.key))


def responder_certificate(
    issuer: Issuer, key: PublicKey, since: datetime, until: datetime
) -> x509.Certificate:
    """The certificate of a key that answers OCSP requests for an issuing key.

    Nobody asks whether it is revoked itself (RFC 6960, section 4.2.2.2.1): it lasts but days.
    """
    builder = (
        issuer.begin(authority_name(organisation_of(issuer), "OCSP"), key)
        .not_valid_before(since.replace(microsecond=0))
        .not_valid_after(until.replace(microsecond=0))
        .add_extension(usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    return builder.sign(issuer.key, hash_for(issuer.key))


def certificate_of(issuer: Issuer, order: Order, key: PublicKey, address: str) -> x509.Certificate:
    """The certificate that an order asks for, or Refused."""
    begin, end = order.not_before.replace(microsecond=0), order.not_after.replace(microsecond=0)
    if not begin < end <= begin + LONGEST:
        raise Refused("The certificate ends before it begins, or lasts too long.", is_final=True)
    if end > issuer.certificate.not_valid_after_utc:
        raise Refused("The issuing key ends too soon: it is time to rotate.", is_final=False)
    try:
        builder = (
            issuer.begin(name_of(order.subject), key).not_valid_before(begin).not_valid_after(end)
        )
        for extension, is_critical in extensions(issuer, order, key, address):
            builder = builder.add_extension(extension, critical=is_critical)
    except ValueError:
        raise Refused("The subject does not fit into a certificate.", is_final=True) from None
    return builder.sign(issuer.key, hash_for(issuer.key))


def name_of(subject: Subject) -> x509.Name:
    """The name of a subject; one with a pseudonym has no other name."""
    if subject.pseudonym is not None:
        known = {subject.given_name, subject.surname, subject.common_name}
        if known != {None, subject.pseudonym}:
            raise ValueError("a pseudonym beside a name")
    parts = (
        (NameOID.COUNTRY_NAME, printable(subject.country)),
        (ORGANISATION_IDENTIFIER, printable(subject.organisation_identifier)),
        (NameOID.ORGANIZATION_NAME, fitting(subject.organisation_name)),
        (NameOID.SERIAL_NUMBER, printable(subject.serial_number)),
        (NameOID.SURNAME, fitting(subject.surname)),
        (NameOID.GIVEN_NAME, fitting(subject.given_name)),
        (NameOID.PSEUDONYM, fitting(subject.pseudonym)),
        (NameOID.COMMON_NAME, fitting(subject.common_name)),
    )
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts if text is not None])


def printable(text: str) -> str:
    """A text that is taken as it is, of the letters that PrintableString has."""
    if not PRINTABLE.fullmatch(text):
        raise ValueError("too long, or other letters")
    return text


def fitting(text: str | None) -> str | None:
    """A name, cut to what a certificate takes: the numbers beside it identify."""
    if text is None:
        return None
    text = text.strip().encode()[:MOST_TEXT].decode(errors="ignore").strip()
    if not text or not text.isprintable():
        raise ValueError("empty, or not to be read")
    return text


def extensions(
    issuer: Issuer, order: Order, key: PublicKey, address: str
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """What a holder's certificate says beside name, key and time, and what must be understood."""
    profile, email = order.profile, order.subject.email
    # To encipher by an EC key is to agree on one: RFC 8813 forbids keyEncipherment there.
    enciphers = "key_encipherment" if isinstance(key, rsa.RSAPublicKey) else "key_agreement"
    usages = ["digital_signature", enciphers]
    if profile in COMMITS:
        usages.append("content_commitment")
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if email is not None:
        purposes.append(ExtendedKeyUsageOID.EMAIL_PROTECTION)
    policy = x509.PolicyInformation(ObjectIdentifier(POLICIES[profile]), None)
    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield usage(*usages), True
    yield x509.ExtendedKeyUsage(purposes), False
    yield x509.CertificatePolicies([policy]), False
    if email is not None:
        yield x509.SubjectAlternativeName([x509.RFC822Name(email)]), False
    yield revocation_address(issuer, address), False
    yield (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP,
                    x509.UniformResourceIdentifier(f"{address}/ocsp"),
                ),
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier(f"{address}/pki/{issuer.name}.cer"),
                ),
            ]
        ),
        False,
    )


def revocation_address(issuer: Issuer, address: str) -> x509.CRLDistributionPoints:
    place = x509.UniformResourceIdentifier(f"{address}/pki/{issuer.name}.crl")
    return x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)])


def usage(*names: str) -> x509.KeyUsage:
    """A key usage of these alone."""
    return x509.KeyUsage(**{name: name in names for name in USAGES})
