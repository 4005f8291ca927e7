"""A person's identity in an organisation, and the rules of its life."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.expressions import Q

from models.authenticators import AuthenticatorKind
from models.base import DANISH, Entity
from models.notifications import UNREAD
from models.organisations import AssuranceLevel, RoleAssignment
from models.refusals import Conflict, Invalid


class UserStatus(StrEnum):
    """UserStatus lists the states of a user's life.

    IMPORTED: Created from a file, not yet sent for activation.
    AWAITING_ACTIVATION: Sent a link or given a code, not yet activated.
    ACTIVE: In use.
    DEACTIVATED: Closed for a while or until further notice; everything is kept.
    DELETED: Gone for ever; only the history remains.
    """

    IMPORTED = "IMPORTED"
    AWAITING_ACTIVATION = "AWAITING_ACTIVATION"
    ACTIVE = "ACTIVE"
    DEACTIVATED = "DEACTIVATED"
    DELETED = "DELETED"


class UserAction(StrEnum):
    """UserAction tells what can happen to a user.

    SEND_FOR_ACTIVATION: Send an imported user for activation.
    RESEND_ACTIVATION: Send the activation letter again.
    RENEW_TEMPORARY_CODE: Make a new temporary code.
    ACTIVATE: Get in, by the person's own act.
    DEACTIVATE: Close the user's access.
    REACTIVATE: Open it again.
    DELETE: Delete the user for ever.
    """

    SEND_FOR_ACTIVATION = "SEND_FOR_ACTIVATION"
    RESEND_ACTIVATION = "RESEND_ACTIVATION"
    RENEW_TEMPORARY_CODE = "RENEW_TEMPORARY_CODE"
    ACTIVATE = "ACTIVATE"
    DEACTIVATE = "DEACTIVATE"
    REACTIVATE = "REACTIVATE"
    DELETE = "DELETE"


class ActivationKind(StrEnum):
    """ActivationKind tells how a person gets in.

    LINK: The link in the letter, for a user with a CPR number.
    TEMPORARY_CODE: The link in the letter and a code handed over by the administrator, for a user created by date of birth.
    """  # noqa: E501

    LINK = "LINK"
    TEMPORARY_CODE = "TEMPORARY_CODE"


class Language(StrEnum):
    """Language lists the languages of problems and letters.

    DANISH: Danish.
    ENGLISH: English.
    """

    DANISH = "DANISH"
    ENGLISH = "ENGLISH"

    @property
    def tag(self) -> str:
        """The language as catalogues and browsers name it."""
        return {"DANISH": "da", "ENGLISH": "en"}[self.value]


@dataclass(frozen=True)
class Step:
    """Where an action leads, from which states, and why it is refused in the others."""

    since: frozenset[UserStatus]
    to: UserStatus | None  # None: the state before the deactivation
    permission: str
    refusal: str


IMPORTED, AWAITING, ACTIVE, DEACTIVATED, DELETED = UserStatus
# Whether a user holds the role that somebody must keep, and nobody else could for good.
IS_LAST = """
exists (select 1 from role_assignment mine
        where mine.user_id = {id} and mine.role = 'ORGANISATION_ADMINISTRATOR')
and not exists (select 1 from role_assignment other join "user" holder on holder.id = other.user_id
    where other.organisation_id = {organisation_id} and other.user_id <> {id}
      and other.role = 'ORGANISATION_ADMINISTRATOR' and other.until_on is null
      and coalesce(other.from_on, $today) <= $today
      and holder.status = 'ACTIVE' and holder.deactivated_from is null)
"""

HAS_ENTERED = "{activated_at} is not null and {status} <> 'DELETED'"
# Who can become a member of groups, here and elsewhere: as SQL, and by what stands in the way.
ELIGIBLE_FOR_GROUPS = HAS_ENTERED


def bar_to_groups(status: UserStatus, activated_at: datetime | None) -> str | None:
    """The code of what keeps a user out of groups, if anything does."""
    if status is DELETED:
        return "USER_DELETED"
    return None if activated_at else "NOT_ELIGIBLE"


STEPS = {
    UserAction.SEND_FOR_ACTIVATION: Step(
        frozenset({IMPORTED}), AWAITING, "user:send_for_activation", "USER_NOT_IMPORTED"
    ),
    UserAction.RESEND_ACTIVATION: Step(
        frozenset({AWAITING}), AWAITING, "user:resend_activation", "USER_NOT_AWAITING_ACTIVATION"
    ),
    UserAction.RENEW_TEMPORARY_CODE: Step(
        frozenset({AWAITING}), AWAITING, "user:renew_temporary_code", "USER_NOT_AWAITING_ACTIVATION"
    ),
    UserAction.ACTIVATE: Step(
        frozenset({AWAITING}), ACTIVE, "user:activate", "USER_NOT_AWAITING_ACTIVATION"
    ),
    UserAction.DEACTIVATE: Step(
        frozenset({AWAITING, ACTIVE}), DEACTIVATED, "user:deactivate", "USER_NOT_ACTIVE"
    ),
    UserAction.REACTIVATE: Step(
        frozenset({DEACTIVATED}), None, "user:reactivate", "USER_NOT_DEACTIVATED"
    ),
    UserAction.DELETE: Step(
        frozenset({IMPORTED, AWAITING, ACTIVE, DEACTIVATED}), DELETED, "user:delete", "USER_DELETED"
    ),
}


# What the last organisation administrator cannot meet with.
NOT_OF_THE_LAST = frozenset({UserAction.DEACTIVATE, UserAction.DELETE})


class User(Entity):
    """A User is one person's identity in one organisation."""

    uuid = fields.UUIDField(default=uuid4, unique=True)
    status = fields.CharEnumField(UserStatus, max_length=30)
    first_name = fields.CharField(100)
    surname = fields.CharField(100)
    name = fields.CharField(201)
    email = fields.CharField(254)
    phone_number = fields.CharField(8, null=True)
    cpr_number = fields.CharField(11, null=True)  # masked; in full it is sealed beside it
    cpr_number_sealed = fields.BinaryField(null=True)
    cpr_number_hash = fields.CharField(64, null=True)
    date_of_birth = fields.DateField(null=True)
    is_anonymous = fields.BooleanField(default=False)
    reference_text = fields.CharField(200, null=True)
    target_assurance_level = fields.IntEnumField(AssuranceLevel)
    assurance_level = fields.IntEnumField(AssuranceLevel, null=True)
    can_sign = fields.BooleanField(default=False)
    can_seal = fields.BooleanField(default=False)
    language = fields.CharEnumField(Language, max_length=20, default=Language.DANISH)
    last_active_at = fields.DatetimeField(null=True)
    awaiting_since = fields.DatetimeField(null=True)  # when first sent for activation
    activated_at = fields.DatetimeField(null=True)
    deactivated_from = fields.DateField(null=True)
    deactivated_until = fields.DateField(null=True)
    deactivation_reason = fields.CharField(500, null=True)
    # Names an actor. No foreign key: actors point to users already, and tables must have an order.
    deactivated_by_id = fields.UUIDField(null=True)
    status_before: Any = fields.CharEnumField(UserStatus, max_length=30, null=True)
    deleted_at = fields.DatetimeField(null=True)
    # Names the file of users that brought this one. No foreign key: files point to actors.
    imported_from_id = fields.UUIDField(null=True)
    imported_login: Any = fields.CharEnumField(AuthenticatorKind, max_length=20, null=True)
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name="users", null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name="users", null=True, on_delete=fields.RESTRICT
    )
    ean: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.EanLocation", related_name="users", null=True, on_delete=fields.RESTRICT
    )
    activation_batch: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ActivationBatch", related_name="users", null=True, on_delete=fields.SET_NULL
    )
    activation_batch_id: UUID | None
    production_unit_id: UUID | None
    vat_unit_id: UUID | None
    ean_id: UUID | None

    role_assignments: fields.ReverseRelation[RoleAssignment]

    noun = "user"
    ended = Q(status=UserStatus.DELETED)
    expressions = {
        **{f"{one}_sorted": DANISH.format(one) for one in ("name", "surname", "first_name")},
        "waits_since": "case when {status} = 'AWAITING_ACTIVATION'"
        " then coalesce({awaiting_since}, {created_at}) end",
        "can_enter": "exists (select 1 from activation a where a.user_id = {id}"
        " and a.used_at is null and a.link_expires_at > $now and (a.kind = 'LINK'"
        " or a.tries_left > 0 and a.code_expires_at > $now))",
        "is_last_administrator": IS_LAST,
        "unread_notification_count": UNREAD,
        # To every organisation but its own, an anonymous user is a number.
        "known_as": "case when {is_anonymous} and {organisation_id} <> $tenant"
        " then {uuid}::text else {name} end",
    }
    owner = "id"

    class Meta:
        table = "user"
        indexes = (
            ("organisation_id", "id"),
            ("organisation_id", "cpr_number_hash"),
            ("organisation_id", "email"),
            ("imported_from_id",),
            ("activation_batch_id",),
        )

    @classmethod
    def is_there(cls, columns: dict[str, Any]) -> bool:
        return bool(columns["status"] != DELETED)

    @property
    def known_as(self) -> str:
        return self.name

    @property
    def known_abroad_as(self) -> str:
        return str(self.uuid) if self.is_anonymous else self.name

    def rename(self, first_name: str, surname: str) -> None:
        self.first_name, self.surname, self.name = first_name, surname, f"{first_name} {surname}"

    def take(self, action: UserAction) -> None:
        """Moves to the state that an action leads to; refuses where the state forbids it."""
        step = STEPS[action]
        if self.status is DELETED:
            raise Conflict("USER_DELETED", current=self)
        if self.status not in step.since:
            raise Conflict(self._refusal(action), current=self)
        self.status = step.to or self.status_before or ACTIVE

    def _refusal(self, action: UserAction) -> str:
        if action is UserAction.DEACTIVATE and self.status is DEACTIVATED:
            return "USER_ALREADY_DEACTIVATED"
        if action is UserAction.ACTIVATE and self.status is ACTIVE:
            return "USER_ALREADY_ACTIVE"
        return STEPS[action].refusal

    def must_be_eligible_for_groups(self) -> None:
        """Refuses who cannot become a member."""
        if code := bar_to_groups(self.status, self.activated_at):
            raise Conflict(code)

    def must_be_active(self) -> None:
        """Refuses what only an active user can have."""
        if self.status is not ACTIVE:
            code = "USER_DELETED" if self.status is DELETED else "USER_NOT_ACTIVE"
            raise Conflict(code, current=self)

    def deactivate(
        self, today: date, since: date, until: date | None, reason: str | None, by: Any
    ) -> None:
        """Closes access now, or plans to; a new plan replaces the old one."""
        if since < today:
            raise Invalid("DATE_IN_PAST", path=("from",))
        if until and until <= since:
            raise Invalid("PERIOD_REVERSED", path=("until",))
        before = self.status
        self.take(UserAction.DEACTIVATE)
        if since > today:
            self.status = before
        else:
            self.status_before = before
        self.deactivated_from, self.deactivated_until = since, until
        self.deactivation_reason, self.deactivated_by_id = reason, by.id

    def begin_deactivation(self, today: date) -> None:
        """Closes access as planned, if the day has come."""
        if self.deactivated_from is None or self.deactivated_from > today:
            raise Conflict("USER_NOT_ACTIVE", current=self)
        before = self.status
        self.take(UserAction.DEACTIVATE)
        self.status_before = before

    def end_deactivation(self, today: date) -> None:
        """Lets the user return, if the last day is over."""
        if self.deactivated_until is None or self.deactivated_until >= today:
            raise Conflict("USER_ALREADY_DEACTIVATED", current=self)
        self.reactivate()

    def reactivate(self) -> None:
        """Opens access again as it was before, or drops a planned deactivation."""
        if not (self.deactivated_from and self.status in (AWAITING, ACTIVE)):
            self.take(UserAction.REACTIVATE)
        self.status_before = self.deactivated_from = self.deactivated_until = None
        self.deactivation_reason = self.deactivated_by_id = None

    def activate(self, at: datetime) -> None:
        """Lets the person in: proved at the level that was asked for."""
        self.take(UserAction.ACTIVATE)
        self.activated_at = self.last_active_at = at
        self.assurance_level = self.target_assurance_level

    def end(self, at: datetime) -> None:
        """Deletes for ever; of a deactivation nothing is left."""
        self.take(UserAction.DELETE)
        self.deleted_at = at
        self.deactivated_from = self.deactivated_until = self.deactivation_reason = None
        self.deactivated_by_id = self.status_before = None

    @property
    def is_named_for_good(self) -> bool:
        """Whether name, CPR number and date of birth can no longer change."""
        return self.activated_at is not None
