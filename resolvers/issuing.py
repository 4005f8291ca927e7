"""Certificates retrieved and renewed: the key is proved or made here, and the authority signs."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from gateways import (
    Issued,
    Order,
    Profile,
    Refused,
    Unfitness,
    UnfitRequest,
    make_pkcs12,
    normalise_code,
    read_request,
    today,
)
from gateways import KeyKind as Made
from models import (
    Certificate,
    CertificateProfile,
    CertificateSettings,
    CertificateStatus,
    KeyKind,
    RetrievalIdentification,
    User,
)
from models.refusals import Conflict, Invalid, NotFound, Unavailable
from resolvers import access, certificates
from resolvers.certificates import CertificateHolder, new_reference
from resolvers.charging import charge_certificate
from resolvers.context import Context, OneOf
from resolvers.rights import told_day
from resolvers.subjects import subject_of

YEARS = 3
UNFIT = {
    Unfitness.WEAK_KEY: "CSR_KEY_TOO_WEAK",
    Unfitness.WEAK_ALGORITHM: "CSR_KEY_TOO_WEAK",
    Unfitness.BROKEN_SIGNATURE: "CSR_SIGNATURE_WRONG",
}


@dataclass
class RetrievalCodeInput:
    """A RetrievalCodeInput is what the holder of a one-time code was given.

    reference: The reference number.
    one_time_code: The one-time code.
    """

    reference: str
    one_time_code: str


@dataclass
class RetrievalProof(OneOf):
    """A RetrievalProof tells which order is retrieved and by what right.

    certificate: The order, by one's own sign-in.
    code: The reference number and one-time code.
    """

    certificate: Certificate | None = None
    code: RetrievalCodeInput | None = None


@dataclass
class Pkcs12Input:
    """A Pkcs12Input tells what key pair to make.

    key_kind: The kind of key.
    """

    key_kind: KeyKind = KeyKind.EC_P256


@dataclass
class KeyChoice(OneOf):
    """A KeyChoice tells where the private key comes from.

    csr: A certificate signing request as PEM text; only its key is used.
    pkcs12: A key pair made here, handed out once with the certificate and never kept.
    """

    csr: str | None = None
    pkcs12: Pkcs12Input | None = None


@dataclass
class Pkcs12File:
    """A Pkcs12File holds a certificate with its private key; it is shown this once.

    base64: The file, in base64.
    password: The password that opens it.
    file_name: The name to save the file under.
    """

    base64: str
    password: str
    file_name: str
    is_shown_once: ClassVar[bool] = True


@dataclass
class IssuedCertificate:
    """A certificate, and the file with its key, if that was made here."""

    certificate: Certificate
    pkcs12: Pkcs12File | None


async def retrieve(context: Context, proof: RetrievalProof, key: KeyChoice) -> IssuedCertificate:
    """Turn an order into a certificate.

    proof: Which order, and by what right.
    key: Where the private key comes from.
    certificate: The issued certificate.
    pkcs12: The certificate with its key, when the key was made here.
    """
    certificate = await proved(context, proof)
    must_be_fit(certificate, key)
    certificate.must_be_ordered()
    file = await issue(context, certificate, key)
    await certificate.save()
    await charge_certificate(context, certificate)
    return IssuedCertificate(certificate, file)


async def proved(context: Context, proof: RetrievalProof) -> Certificate:
    """The order that somebody may retrieve, as who they are or by the code that they show."""
    if found := proof.certificate:
        permission = "certificate:retrieve"
        if not (await access.judge(context, permission, found)).is_allowed:
            context.attempt.denied = found
            raise access.denied(permission, context)
        await certificates.must_not_rise(context, found)
        return found
    code, path = proof.code, ("proof", "code")
    assert code
    shown = await Certificate.locked_or_none(reference="".join(code.reference.split()))
    if shown is None:
        raise NotFound(path=(*path, "reference"))
    typed = normalise_code(code.one_time_code)
    code_hash = context.gateways.vault.hash_secret(typed) if typed else None
    await shown.take_code(code_hash, context.now, (*path, "oneTimeCode"))
    await context.come_to(shown)
    return shown


async def renew(context: Context, certificate: Certificate, key: KeyChoice) -> IssuedCertificate:
    """Issue the next certificate before this one expires; this one stays valid until then.

    certificate_id: The certificate that is to be followed.
    key: Where the new private key comes from.
    certificate: The new certificate.
    pkcs12: The certificate with its key, when the key was made here.
    """
    must_be_fit(certificate, key)
    await certificates.must_not_rise(context, certificate)
    certificate.must_be_valid(context.now)
    follower = await Certificate.get_or_none(id=certificate.renewed_by_id)
    if follower and follower.standing(context.now) is CertificateStatus.ISSUED:
        raise Conflict("CERTIFICATE_ALREADY_ISSUED", current=follower)
    following = await next_after(context, certificate)
    file = await issue(context, following, key)
    await following.save()
    await charge_certificate(context, following)
    certificate.renewed_by = following
    await certificate.save()
    return IssuedCertificate(following, file)


async def next_after(context: Context, certificate: Certificate) -> Certificate:
    """The order of a certificate for the same holder, by the same number.

    The address in a user's certificate stays, and is good; the organisation's is the profile's now.
    """
    holder = CertificateHolder(
        user=await User.get_or_none(id=certificate.user_id),
        profile=await CertificateProfile.get_or_none(id=certificate.profile_id),
    )
    facts = certificates.facts(holder, certificate.email if holder.user else None)
    facts["is_email_validated"] |= bool(holder.user)
    return Certificate(
        organisation_id=certificate.organisation_id,
        kind=certificate.kind,
        identification=RetrievalIdentification.OWN_SIGN_IN,
        reference=new_reference(),
        ordered_at=context.now,
        ordered_by=await context.actor(),
        **facts | {"uuid": certificate.uuid},
    )


def must_be_fit(certificate: Certificate, key: KeyChoice) -> None:
    """Refuses a request that proves no strong key, and a key made here where hardware is needed."""
    path = ("key", "csr")
    if key.csr is None:
        if certificate.kind.is_qualified:
            raise Invalid("CSR_REQUIRED", path=path)
        return
    try:
        read_request(key.csr)
    except UnfitRequest as unfit:
        raise Invalid(UNFIT.get(unfit.code, "CSR_MALFORMED"), path=path) from None


async def issue(context: Context, certificate: Certificate, key: KeyChoice) -> Pkcs12File | None:
    """Has an order turned into a certificate, and told of; a dry run asks nobody to sign it."""
    await must_be_issuable(certificate)
    certificate.issue(context.now, later(context.now))
    until = told_day(today(later(context.now)))
    await certificates.tell(context, certificate, "certificate_issued", expires_on=until)
    if context.is_dry_run:
        return None
    try:
        return await sign(context, certificate, key)
    except Refused as refusal:
        if refusal.is_final:
            raise Invalid("CSR_MALFORMED", path=("key",)) from None
        raise Unavailable from None


async def must_be_issuable(certificate: Certificate) -> None:
    """Refuses a kind that the settings no longer allow, and a user who is not active."""
    settings = await CertificateSettings.get(organisation_id=certificate.organisation_id)
    if certificate.kind not in settings.allowed_kinds:
        raise Conflict("CERTIFICATE_KIND_FORBIDDEN", current=certificate)
    if certificate.user_id:
        (await User.get(id=certificate.user_id)).must_be_active()


async def sign(context: Context, certificate: Certificate, key: KeyChoice) -> Pkcs12File | None:
    """Sends an order to the authority, and takes over what it answers."""
    subject, authority = await subject_of(certificate), context.gateways.authority
    assert certificate.valid_from
    assert certificate.expires_at
    begins, ends = certificate.valid_from, certificate.expires_at

    async def ordered(request: str) -> Issued:
        profile, here = Profile[certificate.kind.name], certificate.organisation_id
        return await authority.issue(
            Order(certificate.id, here, profile, subject, request, begins, ends)
        )

    if key.csr is not None:
        take_over(certificate, await ordered(key.csr))
        return None
    assert key.pkcs12
    name = f"{certificate.kind.value.lower().replace('_', '-')}-{certificate.reference}"
    file = await make_pkcs12(Made[key.pkcs12.key_kind.name], name, ordered)
    take_over(certificate, file.issued)
    return Pkcs12File(b64encode(file.content).decode(), file.password, f"{name}.p12")


def take_over(certificate: Certificate, issued: Issued) -> None:
    """Keeps what was issued, and what stands in it."""
    certificate.pem, certificate.chain_pem = issued.pem, issued.chain_pem
    certificate.serial_number, certificate.fingerprint = issued.serial_number, issued.fingerprint
    certificate.subject = issued.subject
    certificate.valid_from, certificate.expires_at = issued.not_before, issued.not_after


def later(now: datetime) -> datetime:
    """The end of the validity of what is issued now; of a leap day the day before."""
    try:
        return now.replace(year=now.year + YEARS)
    except ValueError:
        return now.replace(year=now.year + YEARS, day=28)
