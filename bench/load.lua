-- Sends the requests of a file in turn: on each line a token and a body, or a path to be got.
local lines, requests, at = {}, {}, 0
for line in io.lines(os.getenv("BENCH_REQUESTS")) do lines[#lines + 1] = line end

function init(_)
  for number, line in ipairs(lines) do
    local token, body = line:match("^(%S+) (.*)$")
    requests[number] = token:sub(1, 1) == "/" and wrk.format("GET", token)
      or wrk.format("POST", nil, {
        ["Host"] = "127.0.0.1", ["Content-Type"] = "application/json",
        ["Accept"] = "application/json", ["Authorization"] = "Bearer " .. token,
      }, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nresult {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"bytes":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
