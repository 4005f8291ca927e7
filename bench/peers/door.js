// Who asks: Segl's tokens and roles, checked and remembered as Segl does it.
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";

const TRUSTED = 5000; // milliseconds for which a checked token is not checked again
const WHO = `
select u.organisation_id as "organisationId", a.id as "actorId", array(
    select lower(r.role) from role_assignment r where r.user_id = u.id
    and coalesce(r.from_on, current_date) <= current_date
    and coalesce(r.until_on, current_date) >= current_date) as roles
from "user" u left join actor a on a.user_id = u.id where u.id = $1 and u.status = 'ACTIVE'`;

// Moments as GraphQL writes them, straight from PostgreSQL's text: 2026-01-01T08:00:00+00:00.
pg.types.setTypeParser(1184, (text) => `${text.replace(" ", "T")}:00`);

export const pool = new pg.Pool({ max: 16, idleTimeoutMillis: 2000 });

const key = Buffer.from(process.env.SEGL_KEY, "hex");
const signing = Buffer.from(hkdfSync("sha256", key, "", "segl user token", 32));
const law = readFileSync(new URL("../../policies/policy.csv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("p,"))
  .map((line) => line.split(",").map((word) => word.trim()));

const tokens = new Map();
const standings = new Map();

function claims(token) {
  const [head, body, signature] = token.split(".");
  const right = createHmac("sha256", signing).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const found = JSON.parse(Buffer.from(body, "base64url"));
  const isTimely = found.exp > Date.now() / 1000;
  return isTimely && found.iss === "segl" && found.aud === "segl" ? found : null;
}

export function userOf(header) {
  const token = header?.slice(7) ?? "";
  const known = tokens.get(token);
  if (known && Date.now() - known.at < TRUSTED) return known.user;
  const user = claims(token)?.sub;
  if (!user) throw new Error("no token of ours");
  tokens.set(token, { user, at: Date.now() });
  return user;
}

export async function standing(header) {
  const user = userOf(header);
  const known = standings.get(user);
  if (known) return known;
  const { rows } = await pool.query(WHO, [user]);
  if (!rows.length) throw new Error("no active user");
  const roles = new Set(rows[0].roles);
  const held = law.filter(([, role]) => roles.has(role));
  const may = held.map(([, , thing, action]) => `${thing}:${action}`);
  const found = { user, ...rows[0], permissions: new Set(may) };
  standings.set(user, found);
  return found;
}

export function must(who, ...permissions) {
  for (const one of permissions) if (!who.permissions.has(one)) throw new Error(`denied: ${one}`);
}

// Forgets what the database says has changed, as Segl does.
export async function listen() {
  const client = new pg.Client();
  await client.connect();
  client.on("notification", () => standings.clear());
  await client.query("listen standing");
}
