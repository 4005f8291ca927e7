// Apollo Server 5 on Fastify: DataLoaders, SQL by hand.
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import DataLoader from "dataloader";
import fastify from "fastify";
import { listen, standing } from "./door.js";
import * as reads from "./reads.js";

// One loader for each relation, page size and request.
function loader(context, read, first) {
  const key = `${read.name} ${first}`;
  context.loaders[key] ??= new DataLoader((ids) => read(context.who, ids, first));
  return context.loaders[key];
}

const server = new ApolloServer({
  typeDefs: readFileSync(new URL("schema.graphql", import.meta.url), "utf8"),
  resolvers: {
    Query: {
      user: (_, given, { who }) => reads.user(who, given),
      users: (_, given, { who }) => reads.users(who, given),
    },
    Mutation: { updateUser: (_, given, { who }) => reads.updateUser(who, given) },
    User: {
      memberships: ({ id }, { first }, context) =>
        loader(context, reads.memberships, first).load(id),
      certificates: ({ id }, { first }, context) =>
        loader(context, reads.certificates, first).load(id),
    },
  },
});
await server.start();

const app = fastify();
app.route({
  url: "/graphql",
  method: ["POST"],
  handler: fastifyApolloHandler(server, {
    context: async (request) => ({
      who: await standing(request.headers.authorization),
      loaders: {},
    }),
  }),
});
await listen();
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
