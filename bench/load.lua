-- SPDX-License-Identifier: Apache-2.0
-- wrk's requests (BENCH_METHOD, BENCH_BODY bytes, one after the other to BENCH_PREFIXES prefixes /a0, /a1 ...), and a
-- line of numbers at its end.
wrk.method = os.getenv("BENCH_METHOD") or "GET"
local size = tonumber(os.getenv("BENCH_BODY") or "0")
if size > 0 then
    wrk.body = string.rep("z", size)
    wrk.headers["Content-Type"] = "application/octet-stream"
end

local prefixes = tonumber(os.getenv("BENCH_PREFIXES") or "0")
local number = 0
if prefixes > 0 then
    function request()
        number = (number + 1) % prefixes
        return wrk.format(nil, "/a" .. number .. wrk.path)
    end
end

function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout, e.status))
end
