"""How machines sign in: each assertion once, and what ends that is told everywhere."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.connection import get_connection
from uuid_utils.compat import uuid7

from models.base import Record
from models.certificates import Certificate

SPEND = """
insert into spent_assertion (id, organisation_id, certificate_id, jti_hash, expires_at)
values ($1, $2, $3, $4, $5) on conflict do nothing returning id
"""
# The window goes on, or begins anew.
TRY = """
insert into sign_in_tries as t (id, organisation_id, certificate_id, is_proved, since, count)
values ($1, $2, $3, $4, $5, 1) on conflict (certificate_id, is_proved) do update set
    since = case when t.since > $6 then t.since else excluded.since end,
    count = case when t.since > $6 then t.count + 1 else 1 end
returning since, count
"""
MOST, WINDOW = 60, timedelta(minutes=1)  # tries that are answered, and in what time


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
        return bool(await get_connection("default").execute_query_dict(SPEND, given))


class SignInTries(Record):
    """How often it was tried of late to sign in with a certificate, by its key or without it.

    What others try wrongly never keeps a machine out: each is counted for itself.
    """

    certificate: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, on_delete=fields.CASCADE
    )
    is_proved = fields.BooleanField()
    since = fields.DatetimeField()
    count = fields.IntField()

    class Meta:
        table = "sign_in_tries"
        unique_together = (("certificate", "is_proved"),)
        indexes = (("since",),)

    @classmethod
    async def wait(cls, certificate: Certificate, is_proved: bool, now: datetime) -> timedelta:
        """Counts a try, and tells after how long the next one is answered, if this one is not."""
        here = [uuid7(), certificate.organisation_id, certificate.id]
        client = get_connection("default")
        (row,) = await client.execute_query_dict(TRY, [*here, is_proved, now, now - WINDOW])
        return row["since"] + WINDOW - now if row["count"] > MOST else timedelta()


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
