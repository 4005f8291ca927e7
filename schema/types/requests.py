"""Requests, and who may decide them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import models
from models import RequestKind, RequestStatus, Role
from models.numbers import Email, MaskedCprNumber, PhoneNumber, PNumber, SeNumber
from models.requests import DECIDING
from planner.conditions import Among, Compared, May
from planner.declarations import ALL
from resolvers.context import Key
from schema.fields import column, computed, edge, facet, part, secret, shows
from schema.filters import filters, where
from schema.types.words import Entity

# By the one who reads it: nobody decides what they have asked for themselves, nor what their
# organisation asks of another.
DECIDABLE = (
    "{status} = 'OPEN' and {organisation_id} = $tenant"
    " and ({user_id} is null or {user_id} is distinct from $me)"
)


@filters
class RequestFilter:
    """A RequestFilter holds conditions on requests.

    kind: Of one of these kinds.
    status: In one of these states.
    can_decide: That the one who reads this may decide, or may not.
    user_id: About this user.
    """

    kind: list[RequestKind] = where(Among("kind"))
    status: list[RequestStatus] = where(Among("status"))
    can_decide: bool = where(May(DECIDABLE, "kind", tuple(DECIDING.items())))
    user_id: Key = where(Compared("user_id"))


@shows(models.Request, is_facet=True)
class RequestedPerson:
    """A RequestedPerson is somebody who wants to become a user."""

    first_name: str = column("The first name.")
    surname: str = column("The surname.")
    email: Email = column("The e-mail address.")
    phone_number: PhoneNumber | None = column("The telephone number.")
    cpr_number: MaskedCprNumber | None = secret(
        "The CPR number that the sign-in proved, its last four digits hidden.",
        allow="user:read",
    )


@shows(models.Request, many="requests", allow="request:read")
class Request(Entity):
    """A Request is something that a person asks for and an administrator decides."""

    kind: RequestKind = column("What is asked for.")
    status: RequestStatus = column("How far it has come.")
    reason: str | None = column("Why, in the words of the one who asks.")
    asked_by = part("Actor", "Who asks.", is_sure=True)
    person = facet("RequestedPerson", "Who wants to become a user.", when="first_name")
    user = edge("User", "Whom it is about; null while there is no user.", allow="user:read")

    right = edge("Right", "The right that is asked for.", allow="right:read")
    p_number: PNumber | None = column(
        "The production unit to limit the right to.", "production_unit.p_number"
    )
    se_number: SeNumber | None = column("The VAT unit to limit the right to.", "vat_unit.se_number")

    role: Role | None = column("The role that is asked for.")
    power_of_attorney = edge(
        "PowerOfAttorney",
        "The power of attorney that is asked for.",
        allow="power_of_attorney:read",
    )

    @computed(
        "Whether the one who reads this may decide it.",
        "bool",
        needs=("kind", "status", "user_id", "organisation_id"),
        asks=True,
    )
    def can_decide(
        asking: Any, kind: RequestKind, status: RequestStatus, user_id: Any, where: UUID
    ) -> bool:
        is_mine = user_id is not None and user_id == asking.me
        is_open_here = status is RequestStatus.OPEN and where == asking.tenant
        return is_open_here and not is_mine and asking.extent(DECIDING[kind]) is ALL

    decided_by = part("Actor", "Who decided.")
    decided_at: datetime | None = column("When it was decided.")
    decision_reason: str | None = column("Why it was decided so.")
