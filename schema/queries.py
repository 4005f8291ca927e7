"""The ways in for reading."""

import strawberry

from models import ImportAction
from resolvers.members import ExternalUserRef
from resolvers.users import UserRef
from schema.allowing import explain
from schema.fields import answer, found, one, page
from schema.nouns import argument, root
from schema.types.access import law
from schema.types.certificates import (
    CERTIFICATE_ORDER,
    CertificateFilter,
    CertificateProfileFilter,
)
from schema.types.changes import CHANGES
from schema.types.groups import GroupFilter
from schema.types.history import HISTORY, verification
from schema.types.imports import UserImportFilter, template
from schema.types.notifications import NotificationFilter
from schema.types.powers import PowerOfAttorneyFilter
from schema.types.requests import RequestFilter
from schema.types.rights import RightFilter
from schema.types.users import USER_ORDER, UserFilter
from schema.types.viewers import TARGET


@root
class Query:
    """The ways in for reading: everything is about the one organisation that the request speaks
    for.
    """

    # Who is asking
    viewer = one(
        "Viewer",
        "Who is signed in, where, and what they may do there.",
        allow="viewer:read",
        is_mine=True,
    )
    node = found(
        "One entity by id, if the one who asks may read it; null for a stranger's.",
        allow="node:read",
    )
    nodes = found(
        "Several entities by id, in the same order; null where one cannot be read.",
        allow="node:read",
        is_many=True,
    )

    explain_access = one(
        "AccessExplanation",
        "Why somebody may or may not do something.",
        allow="access:explain",
        made=explain,
        arguments=(
            argument("user_id", strawberry.ID | None, "About whom; oneself when absent."),
            argument("permission", str, "The permission, as in user:deactivate."),
            argument("target", strawberry.ID | None, f"{TARGET}."),
        ),
    )
    policy = answer(
        law,
        "list[PolicyRow]",
        "The whole law: each permission with the roles that hold it.",
        allow="policy:read",
    )

    # Organisation
    organisation = one(
        "Organisation",
        "The organisation that the request speaks for.",
        allow="organisation:read",
    )

    # Users
    users = page(
        "User",
        "The users of the organisation.",
        allow="user:list",
        along=None,
        filter=UserFilter,
        order_by=USER_ORDER,
    )
    user = one(
        "User",
        "One user.",
        allow="user:read",
        by=UserRef,
        columns={
            "id": "id",
            "uuid": "uuid",
            "cpr_number": "cpr_number_hash",
            "email": "email",
        },
        fingerprinted=frozenset({"cpr_number"}),
        ambiguous={"cpr_number": "CPR_AMBIGUOUS", "email": "EMAIL_AMBIGUOUS"},
        unless_by_id="{status} <> 'DELETED'",
    )

    activation_batch = one(
        "ActivationBatch",
        "Users that were sent for activation together.",
        allow="activation_batch:read",
        by="id",
        which="The batch.",
    )

    # Many users at once
    user_imports = page(
        "UserImport",
        "The files of users that were uploaded, latest first.",
        allow="user_import:list",
        along=None,
        filter=UserImportFilter,
        latest_first=True,
    )
    user_import = one(
        "UserImport", "One file of users.", allow="user_import:read", by="id", which="The import."
    )
    user_file_template = answer(
        template,
        "Download",
        "The empty file with the 15 headings.",
        allow="user_import:read_template",
        arguments=(argument("action", ImportAction, "What the file is for."),),
    )

    # Requests
    requests = page(
        "Request",
        "Everybody's requests, latest first.",
        allow="request:list",
        along=None,
        filter=RequestFilter,
        latest_first=True,
    )
    request = one("Request", "One request.", allow="request:read", by="id", which="The request.")

    # Groups
    groups = page(
        "Group",
        "The user groups of the organisation.",
        allow="group:list",
        along=None,
        filter=GroupFilter,
    )
    group = one("Group", "One user group.", allow="group:read", by="id", which="The group.")
    external_user = one(
        "ExternalUser",
        "A user of another organisation who can become a member; null for unknown and not eligible"
        " alike.",
        allow="external_user:find",
        by=ExternalUserRef,
        which="Exactly which one.",
        fills=True,
    )

    # Rights
    rights = page(
        "Right",
        "The catalogue of rights.",
        allow="right:list",
        along=None,
        filter=RightFilter,
        order=("service", "category", "title"),
        only="not {is_retired}",
    )
    right = one(
        "Right", "One right of the catalogue.", allow="right:read", by="id", which="The right."
    )

    # Powers of attorney
    powers_of_attorney = page(
        "PowerOfAttorney",
        "The powers of attorney that the organisation granted or received.",
        allow="power_of_attorney:list",
        along=None,
        filter=PowerOfAttorneyFilter,
    )
    power_of_attorney = one(
        "PowerOfAttorney",
        "One power of attorney.",
        allow="power_of_attorney:read",
        by="id",
        which="The power of attorney.",
    )
    delegation_groups = page(
        "DelegationGroup",
        "The bundles of received powers of attorney.",
        allow="delegation_group:list",
        along=None,
    )

    # Certificates
    certificates = page(
        "Certificate",
        "The certificates of the organisation and its users, orders too.",
        allow="certificate:list",
        along=None,
        filter=CertificateFilter,
        order_by=CERTIFICATE_ORDER,
    )
    certificate = one(
        "Certificate",
        "One certificate or order.",
        allow="certificate:read",
        by="id",
        which="The certificate.",
    )
    certificate_profiles = page(
        "CertificateProfile",
        "The profiles of organisation certificates.",
        allow="certificate_profile:list",
        along=None,
        filter=CertificateProfileFilter,
    )
    certificate_profile = one(
        "CertificateProfile",
        "One profile.",
        allow="certificate_profile:read",
        by="id",
        which="The profile.",
    )

    # Billing
    billing = one(
        "Billing",
        "How the organisation is invoiced; a user administrator may only look.",
        allow="billing:read",
    )

    # Settings
    settings = one("Settings", "The organisation's settings, page by page.", allow="settings:read")

    # Notifications
    notifications = page(
        "Notification",
        "One's own notifications, latest first.",
        allow="notification:list",
        along=None,
        filter=NotificationFilter,
        latest_first=True,
    )

    # History
    history = page(
        "HistoryEntry",
        "Everything that happened in the organisation, denied attempts too, latest first.",
        allow="history:list",
        along=None,
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )
    history_verification = answer(
        verification,
        "HistoryVerification",
        "Whether the history is whole and unaltered.",
        allow="history:verify",
    )
    changes = CHANGES
