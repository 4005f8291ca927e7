"""Requests: what people ask for, and administrators decide."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from models.base import Entity
from models.organisations import Role
from models.refusals import Conflict
from models.users import Language


class RequestKind(StrEnum):
    """RequestKind tells what can be asked for.

    USER: To become a user.
    ANONYMITY: To become anonymous.
    RIGHT: A right.
    ROLE: An administrator's role.
    POWER_OF_ATTORNEY: A power of attorney from this organisation.
    """

    USER = "USER"
    ANONYMITY = "ANONYMITY"
    RIGHT = "RIGHT"
    ROLE = "ROLE"
    POWER_OF_ATTORNEY = "POWER_OF_ATTORNEY"


class RequestStatus(StrEnum):
    """RequestStatus tells how far a request has come.

    OPEN: Waiting for a decision.
    APPROVED: Approved.
    REJECTED: Rejected.
    WITHDRAWN: Withdrawn by the one who asked.
    """

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Decision(StrEnum):
    """Decision tells what an administrator can decide.

    APPROVE: Yes.
    REJECT: No.
    """

    APPROVE = "APPROVE"
    REJECT = "REJECT"


# The permission to decide a request, by what is asked for.
DECIDING = {
    RequestKind.USER: "user_request:decide",
    RequestKind.ANONYMITY: "anonymity_request:decide",
    RequestKind.RIGHT: "right_request:decide",
    RequestKind.ROLE: "role_request:decide",
    RequestKind.POWER_OF_ATTORNEY: "power_of_attorney:decide",
}


class Request(Entity):
    """A Request is something that a person asks for and an administrator decides."""

    kind = fields.CharEnumField(RequestKind, max_length=30)
    status = fields.CharEnumField(RequestStatus, max_length=20, default=RequestStatus.OPEN)
    reason = fields.CharField(500, null=True)
    name = fields.CharField(201)  # of the one who asks, as people know them
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="requests", null=True, on_delete=fields.CASCADE
    )
    asked_by: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, on_delete=fields.RESTRICT
    )
    decided_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    decided_at = fields.DatetimeField(null=True)
    decision_reason = fields.CharField(500, null=True)
    # Who wants to become a user, in that person's words; only the number is what a sign-in proved.
    first_name = fields.CharField(100, null=True)
    surname = fields.CharField(100, null=True)
    email = fields.CharField(254, null=True)
    phone_number = fields.CharField(8, null=True)
    cpr_number = fields.CharField(11, null=True)  # masked; in full it is sealed beside it
    cpr_number_sealed = fields.BinaryField(null=True)
    cpr_number_hash = fields.CharField(64, null=True)
    language: Any = fields.CharEnumField(Language, max_length=20, null=True)
    # Which right is asked for, and with what limits.
    right: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Right", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    production_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ProductionUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    vat_unit: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.VatUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    role: Any = fields.CharEnumField(Role, max_length=40, null=True)  # which one is asked for
    # Which power of attorney is asked for, and for which other organisation.
    power_of_attorney: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.PowerOfAttorney", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    from_organisation: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    power_of_attorney_id: UUID | None
    from_organisation_id: UUID | None
    user_id: UUID | None
    asked_by_id: UUID
    right_id: UUID | None
    production_unit_id: UUID | None
    vat_unit_id: UUID | None

    other_side = "from_organisation_id"
    noun = "request"
    ended = ~Q(status=RequestStatus.OPEN)
    owner = "user_id"
    for_others = frozenset(DECIDING.values())
    proved_by = "cpr_number_hash"

    class Meta:
        table = "request"
        indexes = (
            ("organisation_id", "id"),
            ("organisation_id", "cpr_number_hash"),
            ("user_id", "id"),
            ("from_organisation_id", "id"),
            ("power_of_attorney_id",),
        )

    @property
    def known_as(self) -> str:
        return self.name

    def is_for(self, organisation_id: UUID | None, permission: str) -> bool:
        """Whether a side may do this to it: what one asks elsewhere one does not decide."""
        return permission not in self.for_others or organisation_id == self.organisation_id

    def decide(self, decision: Decision, at: datetime, by: Any, reason: str | None) -> None:
        """Approves or rejects what is asked for."""
        is_approved = decision is Decision.APPROVE
        self._close(RequestStatus.APPROVED if is_approved else RequestStatus.REJECTED)
        self.decided_at, self.decided_by, self.decision_reason = at, by, reason

    def withdraw(self) -> None:
        """Ends it without a decision."""
        self._close(RequestStatus.WITHDRAWN)
        self.cpr_number_sealed = None

    def _close(self, status: RequestStatus) -> None:
        if self.status is not RequestStatus.OPEN:
            raise Conflict("REQUEST_ALREADY_DECIDED", current=self)
        self.status = status
