"""Users and the stages of their life."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import models
from models import messages
from models.authenticators import IN_USE
from models.groups import LASTS
from models.numbers import EanNumber, Email, MaskedCprNumber, PhoneNumber, PNumber, SeNumber
from models.texts import Line
from models.users import (
    ACTIVE,
    AWAITING,
    ELIGIBLE_FOR_GROUPS,
    HAS_ENTERED,
    NOT_OF_THE_LAST,
    STEPS,
    UserAction,
    bar_to_groups,
)
from planner.conditions import Among, ButFor, Compared, Contains, Is, Some, Within
from resolvers import codes
from resolvers.context import Key
from schema.fields import (
    attribute,
    column,
    computed,
    edge,
    facet,
    page,
    part,
    parts,
    secret,
    shows,
    tells,
)
from schema.filters import DateTimeRange, filters, order_by, where
from schema.nouns import plain
from schema.problems import ProblemCode
from schema.types.certificates import CERTIFICATE_ORDER, CertificateFilter
from schema.types.history import HISTORY
from schema.types.organisations import HELD
from schema.types.powers import POWERS_OF_USER
from schema.types.requests import RequestFilter
from schema.types.rights import EFFECTIVE, HAVING, UserRightsFilter
from schema.types.words import Entity, Transition, transition


@filters
class UserFilter:
    """A UserFilter holds conditions on users.

    text: Part of the name, e-mail address or reference text.
    status: In one of these states; deleted users are listed only when asked for here.
    p_number: At this production unit.
    se_number: Under this VAT unit.
    ean_number: Paid by this EAN number.
    role: Holding this role.
    group_id: Member of this group.
    rights: Having these rights.
    assurance_level: Proved at this level.
    authenticator_kind: Having this kind of authenticator.
    is_anonymous: Anonymous, or not.
    is_eligible_for_groups: Able to become a member of groups, or not.
    import_id: Brought by this file.
    created_at: Created in this span.
    last_active_at: Last active in this span.
    awaiting_activation_since: Awaiting activation since this moment or longer.
    """

    text: Line = where(Contains(("name", "email", "reference_text")))
    status: list[models.UserStatus] = where(Among("status"))
    p_number: PNumber = where(Compared("production_unit.p_number"))
    se_number: SeNumber = where(Compared("vat_unit.se_number"))
    ean_number: EanNumber = where(Compared("ean.ean_number"))
    role: models.Role = where(
        ButFor(models.Role.USER, HAS_ENTERED, Some("role_assignments", "role", HELD))
    )
    group_id: Key = where(Some("memberships", "group_id", LASTS))
    rights: UserRightsFilter = where(HAVING)
    assurance_level: models.AssuranceLevel = where(Compared("assurance_level"))
    authenticator_kind: models.AuthenticatorKind = where(Some("authenticators", "kind", IN_USE))
    is_anonymous: bool = where(Compared("is_anonymous"))
    is_eligible_for_groups: bool = where(Is(ELIGIBLE_FOR_GROUPS))
    import_id: Key = where(Compared("imported_from_id"))
    created_at: DateTimeRange = where(Within("created_at"))
    last_active_at: DateTimeRange = where(Within("last_active_at"))
    awaiting_activation_since: datetime = where(Compared("waits_since", "<="))

    unless = {"status": "{status} <> 'DELETED'"}


USER_ORDER = order_by(
    "User",
    "users",
    {
        "NAME": ("First name and surname.", ("name_sorted",)),
        "SURNAME": ("Surname and first name.", ("surname_sorted", "first_name_sorted")),
        "EMAIL": ("E-mail address.", ("email",)),
        "STATUS": ("The state.", ("status",)),
        "CREATED_AT": ("When the user was created.", ("created_at",)),
        "LAST_ACTIVE_AT": ("When the user last signed in.", ("last_active_at",)),
    },
)


@plain
class UserTransition:
    """A UserTransition is something that can happen to a user in its present state."""

    action: UserAction = column("What can happen.")
    to: models.UserStatus = column("The state that follows.")
    permission: str = column("The permission that it needs.")
    allowed_for: list[models.Role] = column("The roles that hold that permission.")
    is_allowed: bool = column("Whether the one who asks may do it.")


@dataclass
class Eligible:
    """Whether something is possible, and if not, why."""

    is_eligible: bool
    code: ProblemCode | None
    reason: str | None


@plain
class Eligibility:
    """An Eligibility tells whether something is possible, and if not, why."""

    is_eligible: bool = column("Whether it is possible.")
    code: ProblemCode | None = column("What stands in the way, for programs.")
    reason: str | None = column("What stands in the way, for people.")


@shows(models.Activation)
class Activation:
    """An Activation tells how far the person is on the way in."""

    kind: models.ActivationKind = column("How the person gets in.")
    letter = part("Letter", "The letter that was sent.", is_sure=True)
    tries_left: int | None = column("How many wrong tries the code still bears; null for a link.")

    @computed(
        "When the link or code runs out.", "datetime", needs=("link_expires_at", "code_expires_at")
    )
    def expires_at(link: datetime, code: datetime | None) -> datetime:
        return min(link, code or link)

    @computed(
        "Whether it has run out.",
        "bool",
        needs=("link_expires_at", "code_expires_at"),
        asks=True,
    )
    def is_expired(asking: Any, link: datetime, code: datetime | None) -> bool:
        return bool(min(link, code or link) <= asking.now)


@shows(models.User, is_facet=True)
class Deactivation:
    """A Deactivation is a period in which a user can do nothing."""

    from_: date = column("The first day.", "deactivated_from")
    until: date | None = column(
        "The last day, after which the user returns by itself; null until further notice.",
        "deactivated_until",
    )
    reason: str | None = column("Why, in the administrator's words.", "deactivation_reason")
    deactivated_by = part(
        "Actor", "Who decided it.", keys=("id", "deactivated_by_id"), is_sure=True
    )


@shows(models.User, many="users", export="user:export", allow="user:read")
class User(Entity):
    """A User is one person's identity in one organisation."""

    uuid: UUID = column("The identity number, which services see and which never changes.")
    status: models.UserStatus = column("The state of the user's life.")
    first_name: str = column("The first name.")
    surname: str = column("The surname.")
    name: str = column("First name and surname.")
    email: Email = column("The e-mail address.")
    phone_number: PhoneNumber | None = column("The telephone number.")
    cpr_number: MaskedCprNumber | None = secret(
        "The CPR number, its last four digits hidden; null for a user created by date of birth.",
        allow="user:read",
    )
    date_of_birth: date | None = secret("The date of birth.", allow="user:read")
    is_anonymous: bool = column("Whether services see the identity number instead of the name.")
    reference_text: str | None = column("The organisation's own reference.")
    target_assurance_level: models.AssuranceLevel = column("The assurance level that is asked for.")
    assurance_level: models.AssuranceLevel | None = column(
        "The assurance level that has been proved."
    )
    can_sign: bool = column("Whether the user may sign for the organisation.")
    can_seal: bool = column("Whether the user may form seals with an organisation certificate.")
    last_active_at: datetime | None = column("When the user last signed in.")
    roles = parts("RoleAssignment", "The roles that the user holds.", along="role_assignments")
    activation = part(
        "Activation",
        "How far activation has come; null before it was sent for and once it is done.",
        along="activations",
        only="{used_at} is null and {user__status} = 'AWAITING_ACTIVATION'",
    )
    activated_at: datetime | None = column("When the user was activated.")
    deactivation = facet(
        "Deactivation", "The deactivation that is in force or planned.", when="deactivated_from"
    )
    organisation = edge(
        "Organisation", "The organisation that the user belongs to.", allow="organisation:read"
    )
    production_unit = edge(
        "ProductionUnit",
        "The production unit that the user works at.",
        allow="organisation:read",
    )
    vat_unit = edge(
        "VatUnit", "The VAT unit that the user mainly works under.", allow="organisation:read"
    )
    ean = edge("EanLocation", "The EAN number that pays for the user.", allow="organisation:read")
    imported_from = edge(
        "UserImport",
        "The file that brought the user.",
        allow="user_import:read",
        keys=("id", "imported_from_id"),
    )
    authenticators = page(
        "Authenticator",
        "The authenticators that the user may sign in with.",
        allow="authenticator:read",
        only=IN_USE,
    )
    memberships = page(
        "GroupMember", "The groups that the user is a member of.", allow="group:read", only=LASTS
    )
    right_assignments = page(
        "RightAssignment",
        "The rights given to the user directly.",
        allow="right_assignment:read",
    )
    effective_rights = EFFECTIVE
    certificates = page(
        "Certificate",
        "The certificates issued to or ordered for the user.",
        allow="certificate:read",
        filter=CertificateFilter,
        order_by=CERTIFICATE_ORDER,
    )
    powers_of_attorney = POWERS_OF_USER
    requests = page(
        "Request",
        "What the user has asked for.",
        allow="request:read",
        filter=RequestFilter,
        latest_first=True,
    )
    history = page(
        "HistoryEntry",
        "What happened to and by the user, latest first; the last 200 unless a period is chosen.",
        allow="user:read_history",
        keys=(("about_id", "actor_user_id"), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
        is_with_row=True,
        most=200,
    )

    @computed(
        "What can happen to the user now, and who may do it.",
        "list[UserTransition]",
        needs=(
            *("id", "status", "status_before", "deactivated_from", "cpr_number_hash", "can_enter"),
            "is_last_administrator",
        ),
        asks=True,
    )
    def allowed_transitions(
        asking: Any,
        id: UUID,
        status: Any,
        before: Any,
        planned: Any,
        cpr: Any,
        can_enter: bool,
        is_last: bool,
    ) -> list[Transition]:
        found = []
        for action, step in STEPS.items():
            drops = action is UserAction.REACTIVATE and planned and status in (ACTIVE, AWAITING)
            if status not in step.since and not drops:
                continue
            if action is UserAction.RENEW_TEMPORARY_CODE and cpr:
                continue
            if action is UserAction.ACTIVATE and not can_enter:
                continue
            if action in NOT_OF_THE_LAST and is_last:
                continue
            to = status if drops else step.to or before or ACTIVE
            extent = asking.context.extent(step.permission)
            is_allowed = extent.value == "all" or (extent.value == "own" and id == asking.me)
            found.append(transition(asking, action, to, step.permission, is_allowed))
        return found

    @computed(
        "Whether the user can become a member of groups, and why not.",
        "Eligibility",
        needs=("activated_at", "status"),
        asks=True,
    )
    def eligible_for_groups(asking: Any, activated_at: datetime | None, status: Any) -> Eligible:
        code = bar_to_groups(status, activated_at)
        if code is None:
            return Eligible(True, None, None)
        reason = messages.sentence(code.lower(), asking.context.language)
        return Eligible(False, ProblemCode(code), reason)


@tells(codes.TemporaryCode)
class TemporaryCode:
    """A TemporaryCode lets a user created by date of birth in; it is shown this once."""

    code: str = column("The code, to be handed over by a secure channel.")
    expires_at: datetime = column("When it runs out.")
    user = attribute("Optional[User]", "Whom it is for.", allow="user:read")
