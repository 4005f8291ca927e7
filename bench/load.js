// Does what load.lua does, by autocannon: for machines on which wrk cannot be had.
import { readFileSync } from "node:fs";
import autocannon from "autocannon";

const [url, connections, seconds] = process.argv.slice(2);
const lines = readFileSync(process.env.BENCH_REQUESTS, "utf8").trimEnd().split("\n");
const requests = lines.map((line) => {
  if (line.startsWith("/")) return { method: "GET", path: line.trim() };
  const at = line.indexOf(" ");
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${line.slice(0, at)}`,
  };
  return { method: "POST", body: line.slice(at + 1), headers };
});

let client = 0;
const found = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  // Each connection begins elsewhere, so that no two ask for the same at the same time.
  setupClient(one) {
    const from = Math.floor((requests.length / Number(connections)) * client++);
    one.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  },
});
const result = {
  requests: found.requests.total,
  microseconds: Math.round(found.duration * 1e6),
  p50: Math.round(found.latency.p50 * 1000),
  p99: Math.round(found.latency.p99 * 1000),
  bytes: found.throughput.total,
  failed: found.errors + found.timeouts + found.non2xx,
};
console.log(`\nresult ${JSON.stringify(result)}`);
