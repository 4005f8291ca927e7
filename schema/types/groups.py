"""Groups and their members."""

from datetime import date
from typing import Any
from uuid import UUID

import models
from models import GroupKind, external_users, messages
from models.groups import LASTS
from models.numbers import PNumber
from models.texts import Line
from planner.conditions import Compared, Contains, Is, Some
from planner.declarations import ALL
from resolvers import members
from resolvers.context import Key
from schema.fields import attribute, column, computed, edge, page, part, shows, tells
from schema.filters import filters, where
from schema.types.history import HISTORY
from schema.types.organisations import HELD
from schema.types.words import Entity, Party


@filters
class GroupFilter:
    """A GroupFilter holds conditions on groups.

    text: Part of the name or description.
    kind: Made by the system, or by an administrator.
    right_id: Having this right.
    """

    text: Line = where(Contains(("name", "description")))
    kind: GroupKind = where(Compared("kind"))
    right_id: Key = where(Some("right_assignments", "right_id", HELD))


@filters
class GroupMemberFilter:
    """A GroupMemberFilter holds conditions on members.

    text: Part of the member's name.
    is_external: Belonging to another organisation, or not.
    """

    text: Line = where(Contains(("user.known_as",)))
    is_external: bool = where(Is("{user__organisation_id} <> {organisation_id}"))


@shows(models.Group, many="groups", allow="group:read")
class Group(Entity):
    """A Group is a number of users who share rights."""

    kind: GroupKind = column("Who made it.")
    name: str = column("The name, unique in the organisation.")
    description: str | None = column("What it is for.")
    production_unit = edge(
        "ProductionUnit",
        "The production unit that its rights are limited to.",
        allow="organisation:read",
    )
    vat_unit = edge(
        "VatUnit", "The VAT unit that its rights are limited to.", allow="organisation:read"
    )
    right_assignments = page(
        "RightAssignment",
        "The rights of its members, internal and external.",
        allow="group:read",
    )
    members = page(
        "GroupMember",
        "Its members, external ones too.",
        allow="group:list_members",
        filter=GroupMemberFilter,
        only=LASTS,
    )
    history = page(
        "HistoryEntry",
        "What happened to the group, latest first.",
        allow="history:list",
        keys=(("about_id",), "id"),
        filter=HISTORY,
        latest_first=True,
        order=("sequence",),
    )

    @computed(
        "Who belongs to a system group, in words; null for a custom one.",
        "Optional[str]",
        needs=("kind", "members_of.p_number"),
        asks=True,
    )
    def rule(asking: Any, kind: GroupKind, p_number: str | None) -> str | None:
        if kind is GroupKind.CUSTOM:
            return None
        key = "system_group_production_unit" if p_number else "system_group_all_users"
        return messages.sentence(key, asking.context.language, p_number=p_number)

    @computed(
        "Whether the one who reads this may add and remove members.",
        "bool",
        needs=("kind", "organisation_id"),
        asks=True,
    )
    def can_change_members(asking: Any, kind: GroupKind, home: UUID) -> bool:
        is_ours = kind is GroupKind.CUSTOM and home == asking.tenant
        return is_ours and asking.extent("group:add_member") is ALL


@shows(models.GroupMember, many="memberships", allow="group:read")
class GroupMember(Entity):
    """A GroupMember is one person's membership of one group."""

    name: str = column("The member's name.", "user.known_as")
    p_number: PNumber | None = column(
        "The production unit that the member works at.", "user.production_unit.p_number"
    )
    until: date | None = column(
        "The last day of the membership; without end when null.", "until_on"
    )
    added_by = part("Actor", "Who added the member; null in a system group.")
    group = edge("Group", "The group.", allow="group:read", is_abroad=True)
    user = edge("User", "The user; null for an external member.", allow="user:read")

    @computed(
        "The organisation that the member belongs to.",
        "Party",
        needs=("user.organisation.cvr_number", "user.organisation.name"),
    )
    def organisation(cvr_number: Any, name: str) -> Any:
        return Party(cvr_number=cvr_number, name=name)  # type: ignore[call-arg]

    @computed(
        "Whether the member belongs to another organisation.",
        "bool",
        needs=("organisation_id", "user.organisation_id"),
    )
    def is_external(here: UUID, home: UUID) -> bool:
        return here != home


@shows(external_users.ExternalUser)
class ExternalUser:
    """An ExternalUser is a user of another organisation, as shown before being added to a group."""

    name: str = column("The name.")

    @computed("The organisation.", "Party", needs=("cvr_number", "organisation_name"))
    def organisation(cvr_number: Any, name: str) -> Any:
        return Party(cvr_number=cvr_number, name=name)  # type: ignore[call-arg]

    p_number: PNumber | None = column("The production unit that the user works at.")


@tells(members.GroupMemberResult)
class GroupMemberResult:
    """A GroupMemberResult tells what became of one of the named persons."""

    index: int = column("The place in the input, from 0.")
    member = attribute(
        "Optional[GroupMember]", "The membership, when it succeeded.", allow="group:list_members"
    )
    problem = attribute("Optional[Problem]", "Why it was refused; the others go ahead.")
