"""What PostgreSQL is told of the tables of users that Tortoise has no words for."""

from models.base import DANISH


def by(*names: str) -> str:
    """An index of users in Danish order."""
    columns = ", ".join(DANISH.format(one).format_map({one: one}) for one in names)
    return f'create index users_by_{names[0]} on "user" (organisation_id, {columns}, id)'


SORT_USERS = [by("name"), by("surname", "first_name")]
SORT_NO_USERS = ["drop index users_by_name", "drop index users_by_surname"]


# Those whose day may have come are found among few, however many users there are.
WATCH_USERS = [
    'create index users_to_leave on "user" (deactivated_from) where deactivated_from is not null',
    "create index users_to_return on \"user\" (deactivated_until) where status = 'DEACTIVATED'",
    "create index users_to_erase on \"user\" (deleted_at) where status = 'DELETED'",
]
WATCH_NO_USERS = [
    f"drop index {name}" for name in ("users_to_leave", "users_to_return", "users_to_erase")
]

WATCH_ROLES = "create index roles_to_end on role_assignment (until_on) where until_on is not null"
WATCH_NO_ROLES = "drop index roles_to_end"


# Tells every process whose standing has changed, so that none needs to ask at each request.
TELL_STANDINGS = [
    """
create function tell_standing() returns trigger language plpgsql as $$
begin
    perform pg_notify('standing', case tg_table_name
        when 'user' then to_jsonb(new) ->> 'id'
        else coalesce(to_jsonb(new), to_jsonb(old)) ->> 'user_id' end);
    return null;
end $$
""",
    """
create trigger tell_standing after update on "user" for each row
    when ((old.status, old.name, old.language, old.cpr_number_hash, old.date_of_birth)
          is distinct from
          (new.status, new.name, new.language, new.cpr_number_hash, new.date_of_birth))
    execute function tell_standing()
""",
    """
create trigger tell_standing after insert or update or delete on role_assignment for each row
    execute function tell_standing()
""",
]
TELL_NO_STANDINGS = "drop function tell_standing() cascade"
