"""How machines sign in: each assertion once, and what ends that is told everywhere."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections, fields
from uuid_utils.compat import uuid7

from models.base import Record
from models.certificates import Certificate

SPEND = """
insert into spent_assertion (id, organisation_id, certificate_id, jti_hash, expires_at)
values ($1, $2, $3, $4, $5) on conflict do nothing returning id
"""


class SpentAssertion(Record):
    """What a machine has signed in by; it is known until it would be too old anyway."""

    certificate: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, on_delete=fields.CASCADE
    )
    certificate_id: UUID
    jti_hash = fields.CharField(64)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "spent_assertion"
        unique_together = (("certificate", "jti_hash"),)
        indexes = (("expires_at",),)

    @classmethod
    async def spend(cls, certificate: Certificate, jti_hash: str, expires_at: datetime) -> bool:
        """Whether an assertion was still to be used, which it is no more."""
        given = [uuid7(), certificate.organisation_id, certificate.id, jti_hash, expires_at]
        return bool(await connections.get("default").execute_query_dict(SPEND, given))


# Tells every process which machines may do something else now, or nothing any more.
TELL_MACHINES = [
    """
create function tell_machines() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'certificate' then
        perform pg_notify('standing', new.id::text);
    else
        perform pg_notify('standing', id::text) from certificate
            where organisation_id = new.organisation_id and profile_id = new.id;
    end if;
    return null;
end $$
""",
    """
create trigger tell_machines after update on certificate for each row
    when (new.profile_id is not null
          and (old.status, old.expires_at) is distinct from (new.status, new.expires_at))
    execute function tell_machines()
""",
    """
create trigger tell_machines after update on certificate_profile for each row
    when (old.system_rights is distinct from new.system_rights)
    execute function tell_machines()
""",
]
TELL_NO_MACHINES = "drop function tell_machines() cascade"
