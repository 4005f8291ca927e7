"""What PostgreSQL tells every process when something has changed: ids, and nothing else."""

CHANNEL = "news"

# Whatever table it serves, it says what kind of thing has changed, whose it is, and an id.
TELL = """
create function tell() returns trigger language plpgsql as $$
declare
    it jsonb := coalesce(to_jsonb(new), to_jsonb(old));
begin
    perform pg_notify('news', concat_ws(' ', tg_argv[0], it ->> tg_argv[1], it ->> tg_argv[2]));
    return null;
end $$
"""
TELL_NOTHING = "drop function tell() cascade"

TELL_OF_IMPORTS = """
create trigger tell after update or delete on user_import for each row
    execute function tell('user_import', 'id', 'id')
"""
TELL_OF_NOTIFICATIONS = """
create trigger tell after insert on notification for each row
    execute function tell('notification', 'user_id', 'id')
"""
# Once for each organisation in a transaction, however many entries: PostgreSQL tells equal words
# once.
TELL_OF_CHANGES = """
create trigger tell after update on history_head for each row
    execute function tell('change', 'organisation_id', 'organisation_id')
"""
TELL_NO_MORE = "drop trigger tell on {}"
