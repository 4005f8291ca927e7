"""Business powers of attorney, and the groups that bundle received ones."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import models
from models import PowerOfAttorneySide, PowerOfAttorneyStatus
from models.numbers import CvrNumber, PNumber, SeNumber
from planner.conditions import Among, Compared, Some
from resolvers.context import Key
from schema.fields import column, computed, edge, page, part, shows
from schema.filters import filters, where
from schema.types.history import HISTORY
from schema.types.words import Entity, Party


@filters
class PowerOfAttorneyFilter:
    """A PowerOfAttorneyFilter holds conditions on powers of attorney.

    side: Granted, or received.
    status: In one of these states.
    cvr_number: With this other organisation.
    right_id: Giving this right.
    ends_before: Ending before this day.
    """

    side: PowerOfAttorneySide = where(Compared("side"))
    status: list[PowerOfAttorneyStatus] = where(Among("status"))
    cvr_number: CvrNumber = where(Compared("other_cvr_number"))
    right_id: Key = where(Some("rights", "right_id"))
    ends_before: date = where(Compared("until_on", "<"))


@shows(models.PowerOfAttorney, many="powers of attorney", allow="power_of_attorney:read")
class PowerOfAttorney(Entity):
    """A PowerOfAttorney is the right of another organisation, or a person there, to act digitally for this one."""  # noqa: E501

    name: str = column("What it is called.")
    status: PowerOfAttorneyStatus = column("Whether it is in force.")
    side: PowerOfAttorneySide = column("Whether the organisation that asks granted or received it.")

    @computed(
        "The organisation that is acted for.",
        "Party",
        needs=("organisation.cvr_number", "organisation.name"),
    )
    def grantor(cvr_number: Any, name: str) -> Any:
        return Party(cvr_number=cvr_number, name=name)  # type: ignore[call-arg]

    @computed(
        "The organisation that may act.", "Party", needs=("grantee_cvr_number", "grantee_name")
    )
    def grantee(cvr_number: Any, name: str) -> Any:
        return Party(cvr_number=cvr_number, name=name)  # type: ignore[call-arg]

    @computed(
        "The name of the one person it is given to; null when to the organisation.",
        "Optional[str]",
        needs=("grantee_uuid", "grantee_user.name", "grantee_user.is_anonymous", "received_id"),
    )
    def grantee_person(
        uuid: UUID | None, name: str | None, is_anonymous: bool | None, received_id: UUID | None
    ) -> str | None:
        is_hidden = name is None or (is_anonymous and received_id is None)
        return str(uuid) if uuid and is_hidden else name

    p_number: PNumber | None = column(
        "The production unit that it is limited to.", "production_unit.p_number"
    )
    se_number: SeNumber | None = column("The VAT unit that it is limited to.", "vat_unit.se_number")
    from_: date | None = column("The first day.", "from_on")
    until: date | None = column("The last day; without end when null.", "until_on")
    ended_by = part("Actor", "Who ended it.")
    ended_at: datetime | None = column("When it was ended.")
    rights = page(
        "Right",
        "The rights that it gives.",
        allow="power_of_attorney:read",
        along=None,
        through=("powers.power_of_attorney_id", "true"),
    )
    users = page(
        "User",
        "The grantee's users who may use it; null for the grantor.",
        allow="power_of_attorney:list_users",
        along=None,
        through=("powers_held.power_of_attorney_id", "{organisation_id} = $tenant"),
        only="{status} <> 'DELETED'",
        when="received_id",
    )
    request = edge(
        "Request",
        "The request that led to it.",
        allow="request:read",
        keys=("power_of_attorney_id", "id"),
    )
    history = page(
        "HistoryEntry",
        "What happened to it, the same for both sides, latest first.",
        allow="power_of_attorney:read_history",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )


IN_FORCE = "{status} = 'ACTIVE'"
POWERS_OF_USER = page(
    "PowerOfAttorney",
    "The received powers of attorney that the user may use.",
    allow="power_of_attorney:read",
    along=None,
    through=("holders.user_id", "{organisation_id} = $tenant"),
    only=f"{IN_FORCE} and coalesce({{from_on}}, $today) <= $today",
    filter=PowerOfAttorneyFilter,
)


@shows(models.DelegationGroup, many="delegation groups", allow="delegation_group:read")
class DelegationGroup(Entity):
    """A DelegationGroup bundles received powers of attorney for the same users."""

    name: str = column("The name.")
    powers_of_attorney = page(
        "PowerOfAttorney",
        "The received powers of attorney in it.",
        allow="power_of_attorney:read",
        along=None,
        through=("bundled.delegation_group_id", "true"),
        only=IN_FORCE,
    )
    users = page(
        "User",
        "The users who may use them.",
        allow="delegation_group:list_users",
        along=None,
        through=("delegations.delegation_group_id", "true"),
        only="{status} <> 'DELETED'",
    )
