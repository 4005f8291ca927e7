-- For each user of the first organisation: rights of their own, a membership, a request, and a
-- power of attorney given to or received from the second; all of it in lists that are asked for.
-- One right is held by ten users all over the list, however long it is.
create temporary table home as
select p.id, p.number, o.cvr_number, a.id as actor_id
from place p join organisation o on o.id = p.id
join actor a on a.organisation_id = p.id and a.kind = 'PERSON' order by p.number;
create temporary table ours as
select u.*, row_number() over (order by n) - 1 as place_of from person u where u.place = 0;
create temporary table given_right as
select r.id, r.code, row_number() over (order by r.code) - 1 as number from "right" r
where r.permissions::text = '[]';

insert into group_member (id, organisation_id, version, created_at, updated_at, group_id, user_id)
select pg_temp.numbered('member', n), organisation_id, 1, made_at, made_at,
       pg_temp.numbered('group', 0), id
from ours;
insert into right_assignment (id, organisation_id, version, created_at, updated_at, right_id,
    user_id, assigned_by_id)
select pg_temp.numbered('assignment', u.n), u.organisation_id, 1, u.made_at, u.made_at, r.id, u.id,
       h.actor_id
from ours u join home h on h.id = u.organisation_id join given_right r on r.code = 'tax.vat';
insert into right_assignment (id, organisation_id, version, created_at, updated_at, right_id,
    group_id, assigned_by_id)
select pg_temp.numbered('group assignment', r.number), h.id, 1, '2026-01-01', '2026-01-01', r.id,
       pg_temp.numbered('group', 0), h.actor_id
from home h cross join given_right r
where h.number = 0 and r.code not in ('tax.vat', 'customs.declaration');
insert into right_assignment (id, organisation_id, version, created_at, updated_at, right_id,
    user_id, assigned_by_id)
select pg_temp.numbered('rare assignment', u.n), u.organisation_id, 1, u.made_at, u.made_at, r.id,
       u.id, h.actor_id
from ours u join home h on h.id = u.organisation_id
join given_right r on r.code = 'customs.declaration'
where u.place_of % ((select count(*) from ours) / 10) = 0;
insert into request (id, organisation_id, version, created_at, updated_at, kind, status, name,
    asked_by_id, right_id, user_id)
select pg_temp.numbered('request', u.n), u.organisation_id, 1, u.made_at, u.made_at, 'RIGHT',
       case when u.n % 10 = 0 then 'OPEN' else 'APPROVED' end, u.first_name || ' ' || u.surname,
       h.actor_id, r.id, u.id
from ours u join home h on h.id = u.organisation_id join given_right r on r.code = 'tax.wages';
insert into power_of_attorney (id, organisation_id, version, created_at, updated_at, name, status,
    grantee_cvr_number, grantee_id)
select pg_temp.numbered('power', u.n), giver.id, 1, u.made_at, u.made_at, 'Fuldmagt ' || u.n,
       'ACTIVE', taker.cvr_number, taker.id
from ours u join home giver on giver.number = u.place_of % 2
join home taker on taker.number = 1 - u.place_of % 2;
insert into power_of_attorney_right (id, organisation_id, power_of_attorney_id, right_id)
select pg_temp.numbered('power right', row_number() over ()), p.organisation_id, p.id, r.id
from power_of_attorney p join given_right r on r.code in ('tax.company', 'post.read');
insert into power_of_attorney_user (id, organisation_id, power_of_attorney_id, user_id)
select pg_temp.numbered('power user', row_number() over ()), p.grantee_id, p.id, u.id
from ours u join power_of_attorney p on p.grantee_id = u.organisation_id
where p.id = (select min(id::text)::uuid from power_of_attorney where grantee_id = u.organisation_id);
insert into delegation_group (id, organisation_id, version, created_at, updated_at, name)
select pg_temp.numbered('delegation', n), organisation_id, 1, made_at, made_at, 'Gruppe ' || n
from ours;
insert into delegation_group_power (id, organisation_id, delegation_group_id, power_of_attorney_id)
select pg_temp.numbered('bundled', row_number() over ()), p.grantee_id,
       pg_temp.numbered('delegation', 0), p.id
from power_of_attorney p join home h on h.id = p.grantee_id where h.number = 0;
-- Four certificates for each, of which two are the organisation's; what is revoked, ordered and about
-- to expire lies all over the list.
insert into certificate_profile (id, organisation_id, version, created_at, updated_at, name, email,
    is_email_validated, contact_name, contact_email, system_rights, can_seal)
select pg_temp.numbered('profile', n), h.id, 1, '2026-01-01', '2026-01-01', 'Profil ' || n,
       'profil' || n || '@firma0.example.dk', true, 'Kontakt ' || n,
       'kontakt' || n || '@firma0.example.dk', '[]', false
from home h cross join generate_series(0, 19) n where h.number = 0;
insert into certificate (id, organisation_id, version, created_at, updated_at, uuid, kind, status,
    user_id, profile_id, email, is_email_validated, contact_name, contact_email, valid_from,
    expires_at, ordered_at, ordered_by_id, issued_at, identification, reference)
select pg_temp.numbered('certificate', 4 * u.n + k), u.organisation_id, 1, u.made_at, u.made_at,
       md5('certificate' || 4 * u.n + k)::uuid,
       (array['USER', 'QUALIFIED_USER', 'ORGANISATION', 'SYSTEM'])[1 + k],
       case when u.place_of % 10 = 7 then 'REVOKED' when u.place_of % 50 = 3 then 'ORDERED'
            else 'ISSUED' end,
       case when k < 2 then u.id end,
       case when k >= 2 then pg_temp.numbered('profile', u.place_of % 20) end, h.email, true,
       h.name, h.email, u.made_at,
       u.made_at + interval '1 day' * (60 + (u.place_of * 7919 + k) % 1000), u.made_at, a.actor_id,
       u.made_at, 'OWN_SIGN_IN', lpad((4 * u.n + k)::text, 12, '0')
from ours u join "user" h on h.id = u.id cross join generate_series(0, 3) k
join home a on a.id = u.organisation_id;
insert into history_entry (id, organisation_id, sequence, occurred_at, outcome, activity, operation,
    summary, actor_id, changes, about_kind, about_id, request_uuid, old_version, new_version, salt,
    words_hash, hash)
select pg_temp.numbered('entry', u.n), u.organisation_id, 1000000 + u.place_of, u.made_at, 'DONE',
       'user:update', 'updateUser', 'Bruger ' || u.n, h.actor_id, '[]', 'USER', u.id,
       md5('request' || u.n)::uuid, 1, 2, '', '', ''
from ours u join home h on h.id = u.organisation_id;
insert into chargeable_transaction (id, organisation_id, kind, occurred_at, amount, user_id)
select pg_temp.numbered('charge', n), organisation_id, 'USER_ACTIVATION', made_at, 20, id from ours;
-- What the first of them was told of, of which one in ten is unread; and places of all sorts.
insert into notification (id, organisation_id, version, created_at, updated_at, user_id, kind, event,
    values, read_at)
select pg_temp.numbered('notification', u.n), u.organisation_id, 1, u.made_at, u.made_at, me.id,
       'ACTIVATION', 'user_activated',
       jsonb_build_object('person', u.first_name, 'organisation', 'Firma 0'),
       case when u.n % 10 <> 0 then u.made_at end
from ours u join (select * from ours order by n limit 1) me using (organisation_id);
insert into production_unit (id, organisation_id, version, created_at, updated_at, p_number, name)
select pg_temp.numbered('unit', n), organisation_id, 1, made_at, made_at, lpad(n::text, 10, '0'),
       'Sted ' || n from ours;
insert into vat_unit (id, organisation_id, version, created_at, updated_at, se_number, name)
select pg_temp.numbered('vat unit', n), organisation_id, 1, made_at, made_at, lpad(n::text, 8, '0'),
       'Enhed ' || n from ours;
insert into ean_location (id, organisation_id, version, created_at, updated_at, ean_number, label)
select pg_temp.numbered('ean', n), organisation_id, 1, made_at, made_at, lpad(n::text, 13, '0'),
       'Modtager ' || n from ours;
