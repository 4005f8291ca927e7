// The statements, written by hand, and what runs them; shared by Mercurius and Apollo.
import { randomUUID } from "node:crypto";
import { must, pool } from "./door.js";

const LEVEL = `case assurance_level when 3 then 'SUBSTANTIAL' when 4 then 'HIGH' end`;
const COLUMNS = `id, uuid, status, name, email, phone_number as "phoneNumber",
    reference_text as "referenceText", ${LEVEL} as "assuranceLevel", can_sign as "canSign",
    created_at as "createdAt"`;
const USER = `select ${COLUMNS} from "user"
    where organisation_id = $1 and id = $2 and status <> 'DELETED'`;
const USERS = `select ${COLUMNS} from "user"
    where organisation_id = $1 and status <> 'DELETED' order by id limit $2`;
const AFTER = `select ${COLUMNS} from "user"
    where organisation_id = $1 and status <> 'DELETED' and id > $3 order by id limit $2`;
const GROUPS = `select a.key, g.id, g.name from unnest($2::uuid[]) a(key) cross join lateral (
    select m.id, m.group_id from group_member m
    where m.organisation_id = $1 and m.user_id = a.key order by m.id limit $3) m
    join "group" g on g.id = m.group_id and g.organisation_id = $1 order by m.id`;
const CERTIFICATES = `select a.key, c.* from unnest($2::uuid[]) a(key) cross join lateral (
    select c.id, c.kind, c.expires_at as "expiresAt", case when c.status = 'ISSUED'
        and c.expires_at <= now() then 'EXPIRED' else c.status end as status
    from certificate c where c.organisation_id = $1 and c.user_id = a.key
    order by c.id limit $3) c order by c.id`;
const LOCKED = `select id, name, phone_number, status from "user"
    where organisation_id = $1 and id = $2 for no key update`;
const CHANGE = `with changed as (
    update "user" set phone_number = $3, version = version + 1, updated_at = now() where id = $2
), head as (
    update history_head set sequence = sequence + 1 where organisation_id = $1 returning sequence
) insert into history_entry (id, organisation_id, sequence, occurred_at, outcome, activity,
    operation, summary, actor_id, actor_user_id, changes, about_kind, about_id, request_uuid, salt,
    words_hash, hash)
select gen_random_uuid(), $1, sequence, now(), 'DONE', 'user:update', 'updateUser', $4, $5, $6, $7,
    'USER', $2, $8, '', '', '' from head`;

const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;

export async function user(who, { by }) {
  must(who, "user:read");
  return (await rows("user", USER, [who.organisationId, by.id]))[0];
}

export async function users(who, { first = 25, after }) {
  must(who, "user:list");
  const here = [who.organisationId, first + 1];
  const found = after
    ? await rows("after", AFTER, [...here, JSON.parse(Buffer.from(after, "base64url"))[0]])
    : await rows("users", USERS, here);
  const nodes = found.slice(0, first);
  const last = nodes.at(-1);
  const endCursor = last ? Buffer.from(JSON.stringify([last.id])).toString("base64url") : null;
  return { nodes, pageInfo: { hasNextPage: found.length > first, endCursor } };
}

export async function memberships(who, ids, first = 25) {
  must(who, "group:read");
  const found = await rows("groups", GROUPS, [who.organisationId, ids, first]);
  return grouped(ids, found, (row) => ({ group: { id: row.id, name: row.name } }));
}

export async function certificates(who, ids, first = 25) {
  must(who, "certificate:read");
  const found = await rows("certificates", CERTIFICATES, [who.organisationId, ids, first]);
  return grouped(ids, found, (row) => row);
}

function grouped(ids, found, shown) {
  const pages = new Map(ids.map((id) => [id, { nodes: [] }]));
  for (const row of found) pages.get(row.key).nodes.push(shown(row));
  return ids.map((id) => pages.get(id));
}

export async function updateUser(who, { input: { userId, phoneNumber } }) {
  must(who, "user:update");
  if (!/^\d{8}$/.test(phoneNumber)) throw new Error("phoneNumber");
  const client = await pool.connect();
  try {
    await client.query("begin");
    const locked = { name: "locked", text: LOCKED, values: [who.organisationId, userId] };
    const user = (await client.query(locked)).rows[0];
    if (!user || user.status === "DELETED") throw new Error("no such user");
    const changes = [{ field: "phoneNumber", old: user.phone_number, new: phoneNumber }];
    const values = [who.organisationId, userId, phoneNumber, `Update user: ${user.name}`];
    values.push(who.actorId, who.user, JSON.stringify(changes), randomUUID());
    await client.query({ name: "change", text: CHANGE, values });
    await client.query("commit");
    return { user: { id: user.id, name: user.name, phoneNumber }, errors: [] };
  } catch (fault) {
    await client.query("rollback");
    throw fault;
  } finally {
    client.release();
  }
}
