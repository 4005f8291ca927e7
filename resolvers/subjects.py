"""Whom a certificate names, as OCES has it."""

from typing import Any

from gateways import Subject
from models import Certificate, CertificateProfile, Organisation, User

LONGEST = 64  # bytes of a name in X.509


async def subject_of(certificate: Certificate) -> Subject:
    """The subject of a certificate: of an anonymous user the pseudonym, never the name."""
    organisation = await Organisation.get(id=certificate.organisation_id)
    letter = "E" if certificate.user_id else "O"
    common: dict[str, Any] = {
        "serial_number": f"UI:DK-{letter}:G:{certificate.uuid}",
        "organisation_name": shortened(organisation.name),
        "organisation_identifier": f"NTRDK-{organisation.cvr_number}",
        "email": certificate.email,
    }
    if certificate.profile_id:
        profile = await CertificateProfile.get(id=certificate.profile_id)
        return Subject(common_name=shortened(profile.name), **common)
    user = await User.get(id=certificate.user_id)
    if user.is_anonymous:
        name = user.known_abroad_as
        return Subject(common_name=name, pseudonym=name, **common)
    return Subject(
        common_name=shortened(user.name),
        given_name=shortened(user.first_name),
        surname=shortened(user.surname),
        **common,
    )


def shortened(name: str) -> str:
    """As much of a name as a certificate can bear."""
    return name.encode()[:LONGEST].decode(errors="ignore").strip()
