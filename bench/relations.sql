-- Three memberships and a certificate for every user: of all users, of the production unit, and of
-- a group that administrators made.
insert into group_member (id, organisation_id, version, created_at, updated_at, group_id, user_id)
select pg_temp.numbered('member', 3 * u.n + k), u.organisation_id, 1, u.made_at, u.made_at,
       case k when 2 then pg_temp.numbered('group', 20 * u.place + u.n / p.count % 20)
              else pg_temp.numbered('system group', 2 * u.place + 1 - k) end, u.id
from person u join place p on p.number = u.place, generate_series(0, 2) k order by u.n, k;

insert into certificate (id, organisation_id, version, created_at, updated_at, uuid, kind, status,
    user_id, subject, serial_number, fingerprint, email, is_email_validated, contact_name,
    contact_email, valid_from, expires_at, ordered_at, ordered_by_id, issued_at, revoked_at,
    revoked_by_id, revocation_reason, identification, reference)
select pg_temp.numbered('certificate', u.n), u.organisation_id, 1, u.made_at, u.made_at,
       md5('certificate' || u.n)::uuid,
       case when u.n % 17 = 5 then 'QUALIFIED_USER' else 'USER' end,
       case when u.n % 13 = 7 then 'REVOKED' else 'ISSUED' end, u.id,
       'CN=' || u.first_name || ' ' || u.surname, upper(substr(md5('serial' || u.n), 1, 16)),
       md5(u.n::text) || md5('print' || u.n), h.email, true, h.name, h.email, u.made_at,
       u.made_at + interval '40 years', u.made_at, a.id, u.made_at,
       case when u.n % 13 = 7 then u.made_at end, case when u.n % 13 = 7 then a.id end,
       case when u.n % 13 = 7 then 'SUPERSEDED' end, 'OWN_SIGN_IN', lpad(u.n::text, 12, '0')
from person u join "user" h on h.id = u.id
join actor a on a.organisation_id = u.organisation_id and a.kind = 'SYSTEM'
order by u.n;
