// PostGraphile 5 over the same tables, as it comes; only the token is checked.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { grafserv } from "postgraphile/grafserv/node";
import { pool, userOf } from "./door.js";

const server = createServer();
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: ({ node }) => ({ user: userOf(node.req.headers.authorization) }),
  },
};
const serving = postgraphile(preset).createServ(grafserv);
await serving.addTo(server);
await serving.ready();
server.listen(Number(process.env.PORT), "127.0.0.1");
