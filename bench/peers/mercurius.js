// Mercurius on Fastify: compiled documents, batch loaders, SQL by hand.
import { readFileSync } from "node:fs";
import fastify from "fastify";
import mercurius from "mercurius";
import { listen, standing } from "./door.js";
import * as reads from "./reads.js";

const batch = (read) => (queries, { who }) =>
  read(who, queries.map(({ obj }) => obj.id), queries[0].params.first);

const app = fastify();
app.register(mercurius, {
  schema: readFileSync(new URL("schema.graphql", import.meta.url), "utf8"),
  jit: 1,
  context: async (request) => ({ who: await standing(request.headers.authorization) }),
  resolvers: {
    Query: {
      user: (_, given, { who }) => reads.user(who, given),
      users: (_, given, { who }) => reads.users(who, given),
    },
    Mutation: { updateUser: (_, given, { who }) => reads.updateUser(who, given) },
  },
  loaders: {
    User: {
      memberships: { loader: batch(reads.memberships), opts: { cache: false } },
      certificates: { loader: batch(reads.certificates), opts: { cache: false } },
    },
  },
});
await listen();
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
