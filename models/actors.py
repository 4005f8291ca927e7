"""Who did something, kept readable after the person has gone."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.connection import get_connection
from uuid_utils.compat import uuid7

from models.base import EVERYONE, Record


class ActorKind(StrEnum):
    """ActorKind tells what kind of actor did something.

    PERSON: A signed-in person.
    MACHINE: A machine, by a certificate or a service account.
    SYSTEM: The system itself, as at the end of a period.
    """

    PERSON = "PERSON"
    MACHINE = "MACHINE"
    SYSTEM = "SYSTEM"


class Actor(Record):
    """Somebody or something that acted in an organisation, under the name of that time."""

    kind = fields.CharEnumField(ActorKind, max_length=20)
    name = fields.CharField(450)  # of somebody from elsewhere, that of their organisation too
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="appearances", null=True, on_delete=fields.SET_NULL
    )
    user_id: UUID | None
    certificate: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    certificate_id: UUID | None  # that a machine signed in with

    # Whoever comes upon the trace of somebody elsewhere reads for which organisation they acted.
    other_side = EVERYONE
    expressions = {
        "name": "case when {organisation_id} = $tenant or {kind} = 'SYSTEM' then {name} else"
        " (select o.name from organisation o where o.id = {organisation_id}) end",
    }

    class Meta:
        table = "actor"
        indexes = (("certificate_id",),)

    @classmethod
    async def named(
        cls,
        organisation_id: UUID,
        kind: ActorKind,
        name: str,
        user_id: UUID | None = None,
        certificate_id: UUID | None = None,
    ) -> "Actor":
        """The actor with this name, the same one each time.

        One that is known is not locked: two changes by one person must not wait for each other
        while each holds what the other needs.
        """
        key = (organisation_id, kind, name, user_id)
        if key in KNOWN:
            return KNOWN[key]
        here = cls.filter(organisation_id=organisation_id, kind=kind, name=name, user_id=user_id)
        if found := await here.first():
            if kind is ActorKind.PERSON and user_id is None:
                return found  # whose name is erased with what they asked for
            if len(KNOWN) >= MOST:
                KNOWN.clear()
            return KNOWN.setdefault(key, found)
        await get_connection("default").execute_query(
            "insert into actor (id, organisation_id, kind, name, user_id, certificate_id)"
            " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            [uuid7(), organisation_id, kind.value, name, user_id, certificate_id],
        )
        return await here.get()

    async def abroad(self, organisation_id: UUID) -> "Actor":
        """The same as another organisation's history names it: by the organisation it acts for."""
        if self.kind is ActorKind.SYSTEM:
            return await Actor.named(organisation_id, self.kind, self.name)
        home = await self.organisation
        return await Actor.named(organisation_id, self.kind, home.name)


MOST = 10_000
KNOWN: dict[tuple[UUID, ActorKind, str, UUID | None], Actor] = {}  # actors are never deleted


ONE_OF_EACH = """
create unique index one_of_each_actor on actor (organisation_id, kind, name, user_id)
    nulls not distinct;
"""
ONE_OF_EACH_NO_MORE = "drop index one_of_each_actor"
