-- The change as PostGraphile takes it: a function, which is one transaction and one statement.
create function change_phone_number(user_id uuid, phone_number text, asker_id uuid) returns "user"
language plpgsql as $$
declare
    was "user";
    changed "user";
    reached int;
begin
    select * into strict was from "user" u
    where u.id = change_phone_number.user_id and u.status <> 'DELETED' for no key update;
    update "user" u set phone_number = change_phone_number.phone_number,
        version = u.version + 1, updated_at = now()
    where u.id = was.id returning * into changed;
    update history_head h set sequence = h.sequence + 1
    where h.organisation_id = was.organisation_id returning h.sequence into reached;
    insert into history_entry (id, organisation_id, sequence, occurred_at, outcome, activity,
        operation, summary, actor_id, actor_user_id, changes, about_kind, about_id, request_uuid,
        salt, words_hash, hash)
    select gen_random_uuid(), was.organisation_id, reached, now(), 'DONE', 'user:update',
        'updateUser', 'Update user: ' || was.name, a.id, asker_id, jsonb_build_array(
            jsonb_build_object('field', 'phoneNumber', 'old', was.phone_number,
                               'new', changed.phone_number)),
        'USER', was.id, gen_random_uuid(), '', '', ''
    from actor a where a.user_id = asker_id limit 1;
    return changed;
end $$;
