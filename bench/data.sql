-- {users} users spread over the organisations that are there: the n-th of all in number n modulo
-- their count. Every id follows from a number, so that each making of the data is the same.
create function pg_temp.numbered(kind text, number bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1767225600000 + number), 12, '0')
            || '7' || substr(md5(kind || number), 1, 3)
            || '8' || substr(md5(kind || number), 4, 15))::uuid
$$;

create temporary table place as
select (row_number() over (order by o.cvr_number) - 1)::int as number, o.id, p.id as unit_id,
       count(*) over ()::int as count
from organisation o join production_unit p on p.organisation_id = o.id;

-- The system groups of the founding get ids that follow from numbers too.
update "group" g set id =
    pg_temp.numbered('system group', 2 * p.number + (g.members_of_id is null)::int)
from place p where p.id = g.organisation_id;

insert into "group" (id, organisation_id, version, created_at, updated_at, kind, name, description)
select pg_temp.numbered('group', 20 * p.number + n), p.id, 1, '2026-01-01', '2026-01-01', 'CUSTOM',
       'Arbejdsgruppe ' || n + 1, case when n % 3 = 0 then 'Mødes hver uge' end
from place p, generate_series(0, 19) n;

create temporary table person as
select n, pg_temp.numbered('user', n) as id, p.id as organisation_id, p.number as place, p.unit_id,
       (array['Anne', 'Lars', 'Mette', 'Søren', 'Hanne', 'Jens', 'Lone', 'Peter', 'Inge', 'Ole',
              'Åse', 'Bo', 'Kirsten', 'Niels', 'Dorte', 'Æmilie', 'Ulla'])[1 + n / p.count % 17]
           as first_name,
       (array['Jensen', 'Nielsen', 'Hansen', 'Pedersen', 'Østergaard', 'Ågaard', 'Lauridsen',
              'Thomsen', 'Holm', 'Møller', 'Lund', 'Friis', 'Bech', 'Dam', 'Skovgaard', 'Krogh',
              'Winther', 'Bang', 'Toft'])[1 + n / p.count % 19] as surname,
       timestamptz '2026-01-01 08:00+00' + n * interval '1 second' as made_at,
       n >= p.count and n % 11 = 3 as is_closed
from generate_series(0, {users} - 1) n join place p on p.number = n % p.count;

insert into "user" (id, organisation_id, version, created_at, updated_at, uuid, status, first_name,
    surname, name, email, phone_number, date_of_birth, is_anonymous, reference_text,
    target_assurance_level, assurance_level, can_sign, can_seal, language, last_active_at,
    activated_at, deactivated_from, deactivation_reason, status_before, production_unit_id)
select id, organisation_id, 1, made_at, made_at, md5('identity' || n)::uuid,
       case when is_closed then 'DEACTIVATED' else 'ACTIVE' end, first_name, surname,
       first_name || ' ' || surname, 'bruger' || n || '@firma' || place || '.example.dk',
       case when n % 7 <> 0 then (20000000 + n % 70000000)::text end,
       date '1960-01-01' + n % 16000, n % 50 = 49,
       case when n % 5 = 0 then 'Afdeling ' || n % 97 end, 3 + n % 2, 3 + n % 2,
       n % 9 = 0, false, 'DANISH', made_at, made_at,
       case when is_closed then date '2026-02-01' end,
       case when is_closed then 'Orlov' end, case when is_closed then 'ACTIVE' end, unit_id
from person order by n;

-- The first of each organisation asks: as administrator of users and of the organisation.
insert into role_assignment (id, organisation_id, user_id, role, assigned_at)
select pg_temp.numbered(role, n), organisation_id, id, role, made_at
from person, unnest(array['ORGANISATION_ADMINISTRATOR', 'USER_ADMINISTRATOR']) role
where n in (select number from place);
insert into actor (id, organisation_id, kind, name, user_id)
select pg_temp.numbered('actor', n), organisation_id, 'PERSON', first_name || ' ' || surname, id
from person where n in (select number from place);
