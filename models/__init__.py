"""The nouns: what is stored, and the rules of one entity."""

from models import erasure, messages, numbers
from models.activations import Activation
from models.actors import Actor, ActorKind
from models.authenticators import (
    Authenticator,
    AuthenticatorKind,
    AuthenticatorStatus,
    DeviceKind,
)
from models.base import Change, Entity, Record
from models.batches import ActivationBatch, BatchCodes, BatchPart, LeftOut
from models.billing import Billing, BillingMethodKind, ChargeKind
from models.certificates import (
    Certificate,
    CertificateAction,
    CertificateKind,
    CertificateStatus,
    KeyKind,
    RetrievalIdentification,
    RevocationReason,
)
from models.changes import ChangeAction
from models.charges import ChargeableTransaction, ChargedSum
from models.groups import Group, GroupKind, GroupMember
from models.history import EntityKind, HistoryEntry, HistoryHead, HistoryOutcome
from models.idempotency import KeptAnswer
from models.imports import (
    ImportPolicy,
    ImportStatus,
    UserImport,
    UserImportPart,
    UserImportRow,
    UserImportRowError,
)
from models.issued import IssuedCertificate
from models.machines import SignInTries, SpentAssertion
from models.notifications import (
    GatheredEvent,
    Notification,
    NotificationChannel,
    NotificationKind,
    NotificationPreferences,
)
from models.organisations import (
    AssuranceLevel,
    EanLocation,
    Organisation,
    ProductionUnit,
    Role,
    RoleAssignment,
    VatUnit,
)
from models.outbox import DeliveryStatus, Letter
from models.powers import (
    DelegationGroup,
    DelegationGroupPower,
    DelegationGroupUser,
    PowerOfAttorney,
    PowerOfAttorneyRight,
    PowerOfAttorneySide,
    PowerOfAttorneyStatus,
    PowerOfAttorneyUser,
)
from models.profiles import CertificateProfile, EmailValidation, SystemRight
from models.requests import Decision, Request, RequestKind, RequestStatus
from models.rights import Right, RightAssignment, RightSourceKind
from models.settings import (
    AuthenticatorSettings,
    CertificateSettings,
    DefaultSettings,
    InformationKind,
    SettingsPage,
    UserSettings,
)
from models.user_files import ImportAction
from models.users import ActivationKind, Language, User, UserAction, UserStatus

__all__ = [
    "Activation",
    "ActivationBatch",
    "ActivationKind",
    "Actor",
    "ActorKind",
    "AssuranceLevel",
    "Authenticator",
    "AuthenticatorKind",
    "AuthenticatorSettings",
    "AuthenticatorStatus",
    "BatchCodes",
    "BatchPart",
    "Billing",
    "BillingMethodKind",
    "Certificate",
    "CertificateAction",
    "CertificateKind",
    "CertificateProfile",
    "CertificateSettings",
    "CertificateStatus",
    "Change",
    "ChangeAction",
    "ChargeKind",
    "ChargeableTransaction",
    "ChargedSum",
    "Decision",
    "DefaultSettings",
    "DelegationGroup",
    "DelegationGroupPower",
    "DelegationGroupUser",
    "DeliveryStatus",
    "DeviceKind",
    "EanLocation",
    "EmailValidation",
    "Entity",
    "EntityKind",
    "GatheredEvent",
    "Group",
    "GroupKind",
    "GroupMember",
    "HistoryEntry",
    "HistoryHead",
    "HistoryOutcome",
    "ImportAction",
    "ImportPolicy",
    "ImportStatus",
    "InformationKind",
    "IssuedCertificate",
    "KeptAnswer",
    "KeyKind",
    "Language",
    "LeftOut",
    "Letter",
    "Notification",
    "NotificationChannel",
    "NotificationKind",
    "NotificationPreferences",
    "Organisation",
    "PowerOfAttorney",
    "PowerOfAttorneyRight",
    "PowerOfAttorneySide",
    "PowerOfAttorneyStatus",
    "PowerOfAttorneyUser",
    "ProductionUnit",
    "Record",
    "Request",
    "RequestKind",
    "RequestStatus",
    "RetrievalIdentification",
    "RevocationReason",
    "Right",
    "RightAssignment",
    "RightSourceKind",
    "Role",
    "RoleAssignment",
    "SettingsPage",
    "SignInTries",
    "SpentAssertion",
    "SystemRight",
    "User",
    "UserAction",
    "UserImport",
    "UserImportPart",
    "UserImportRow",
    "UserImportRowError",
    "UserSettings",
    "UserStatus",
    "VatUnit",
    "erasure",
    "messages",
    "numbers",
]
