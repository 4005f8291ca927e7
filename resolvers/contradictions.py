"""What exists and stands against the settings, once a page of them allows less than before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from models import (
    Authenticator,
    AuthenticatorSettings,
    Certificate,
    CertificateProfile,
    CertificateSettings,
    CertificateStatus,
    Change,
    DefaultSettings,
    Entity,
    InformationKind,
    Request,
    RequestKind,
    SettingsPage,
    User,
    UserSettings,
    UserStatus,
)
from resolvers.usages import Usage, usages

Contrary = Iterable[tuple[type[Entity], Q]]  # what of which model, more than once perhaps


def tied(*columns: str) -> Q:
    """Whatever has something in one of these columns."""
    none_is_null: Any = dict.fromkeys([f"{one}__isnull" for one in columns], False)
    return Q(**none_is_null, join_type="OR")


# What is tied to something, by the kind of information.
TIED: dict[str, dict[type[Entity], Q]] = {
    InformationKind.P_NUMBER: {
        User: tied("production_unit_id"),
        CertificateProfile: tied("production_unit_id"),
        DefaultSettings: tied("user_production_unit_id", "certificate_production_unit_id"),
    },
    InformationKind.SE_NUMBER: {
        User: tied("vat_unit_id"),
        CertificateProfile: tied("vat_unit_id"),
        DefaultSettings: tied("user_vat_unit_id", "certificate_vat_unit_id"),
    },
    InformationKind.EAN_NUMBER: {User: tied("ean_id"), CertificateProfile: tied("ean_id")},
    InformationKind.REFERENCE_TEXT: {User: tied("reference_text")},
}


@dataclass(frozen=True)
class Tightening:
    """What a change of a page takes away."""

    before: dict[str, Any]
    after: dict[str, Any]
    now: datetime

    def forbids(self, choice: str) -> bool:
        """Whether something was allowed and no longer is."""
        return bool(self.before[choice] and not self.after[choice])

    def lost(self, choice: str) -> list[str]:
        """What was among the things allowed and no longer is."""
        return [one for one in self.before[choice] if one not in self.after[choice]]


async def contradictions(page: SettingsPage, now: datetime) -> list[Usage]:
    """What exists, and was allowed before the change that a page is going through."""
    before, found = Change.under_way().touch(page).before, dict[type[Entity], Q]()
    for model, which in CONTRARY[type(page)](Tightening(before, page.state(), now)):
        found[model] = found[model] | which if model in found else which
    here = Q(organisation_id=page.organisation_id)
    return await usages({model: here & which for model, which in found.items()})


def to_users(change: Tightening) -> Contrary:
    """Requests for what can no longer be asked for, anonymous users, and what is tied."""
    if change.forbids("can_request_user"):
        yield Request, Q(kind=RequestKind.USER)
    if change.forbids("can_request_rights"):
        yield Request, Q(kind=RequestKind.RIGHT)
    if change.forbids("can_be_anonymous"):
        yield User, Q(is_anonymous=True)
        yield Request, Q(kind=RequestKind.ANONYMITY)
    for kind in change.lost("allowed_information"):
        yield from TIED[kind].items()


def to_authenticators(change: Tightening) -> Contrary:
    """What users sign in with, and who would by what their file named once they are sent for."""
    kinds, devices = change.lost("allowed_kinds"), change.lost("allowed_devices")
    if kinds or devices:
        yield Authenticator, Q(kind__in=kinds) | Q(device__in=devices)
    if kinds:
        yield User, Q(status=UserStatus.IMPORTED, imported_login__in=kinds)


def to_certificates(change: Tightening) -> Contrary:
    """Certificates that are valid or ordered, and who and what may form seals."""
    if kinds := change.lost("allowed_kinds"):
        is_valid = Q(status=CertificateStatus.ISSUED, expires_at__gt=change.now)
        yield Certificate, Q(kind__in=kinds) & (Q(status=CertificateStatus.ORDERED) | is_valid)
    if change.forbids("can_seal"):
        yield CertificateProfile, Q(can_seal=True)
        yield User, Q(can_seal=True)


def to_defaults(change: Tightening) -> Contrary:
    """Nothing: a default forbids nothing."""
    return ()


CONTRARY: dict[type[SettingsPage], Callable[[Tightening], Contrary]] = {
    UserSettings: to_users,
    AuthenticatorSettings: to_authenticators,
    CertificateSettings: to_certificates,
    DefaultSettings: to_defaults,
}
