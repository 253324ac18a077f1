# SPDX-License-Identifier: Apache-2.0
"""Interleaved rounds: each round of a workload measures every contender once, so a busy minute affects all of them."""
import contextlib
import statistics
import sys
import urllib.request

from . import cpu, load

NUMBERS = ("rate", "cpu", "p50", "p99", "errors")
BROWSER = {"User-Agent": "bench"}


def takes_part(contender, workload):
    return workload.family in contender.families


def plan(contenders, workloads):
    return [(item, [server for server in contenders if takes_part(server, item)]) for item in workloads]


def check(workload, contender):
    """Check a response. Return None, or a description of the error."""
    url = "http://127.0.0.1:%d%s" % (contender.port, workload.path)
    data = b"z" * workload.body if workload.body else None
    request = urllib.request.Request(url, data, dict(workload.headers) or BROWSER)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            length = len(response.read())
    except OSError as error:
        return str(error)
    if workload.length not in (None, length):
        return "%d bytes instead of %d" % (length, workload.length)
    return None


def measure(workload, contender, seconds, scratch):
    """Run one round: requests/s, CPU microseconds per request, p50 and p99 in milliseconds, errors."""
    with contextlib.ExitStack() as stack:
        if workload.idle:
            stack.enter_context(load.Idle(contender.port, workload.idle))
        before = cpu.seconds(contender.roots())
        result = load.apply(workload, contender, seconds, scratch)
        spent = cpu.seconds(contender.roots()) - before
    requests = max(1, result.requests)
    return {"rate": result.requests / result.duration, "cpu": spent / requests * 1e6, "p50": result.p50,
            "p99": result.p99, "errors": result.errors}


def median(rounds):
    result = {name: statistics.median(row[name] for row in rounds) for name in NUMBERS}
    result["errors"] = sum(row["errors"] for row in rounds)
    return result


class Rounds:
    """Run the plan; `results` is {workload: {contender: {"rounds": [...], "median": {...}}}}."""

    def __init__(self, planned, count, seconds, warm_up, scratch):
        self.planned, self.count, self.seconds, self.warm_up, self.scratch = planned, count, seconds, warm_up, scratch
        self.total = sum(len(servers) for _, servers in planned) * count
        self.done = 0
        self.results, self.failures = {}, {}

    def run(self, after_workload=lambda: None):
        for workload, servers in self.planned:
            self._workload(workload, self._warm(workload, servers))
            after_workload()

    def _warm(self, workload, servers):
        good = []
        for server in servers:
            problem = check(workload, server)
            if problem:
                self._leave_out(workload, server, problem)
                continue
            load.apply(workload, server, self.warm_up, self.scratch)
            good.append(server)
        return good

    def _leave_out(self, workload, server, problem):
        self.failures["%s, %s" % (workload.key, server.key)] = problem
        self.done += self.count
        print("left out: %s, %s: %s" % (workload.key, server.key, problem), file=sys.stderr)

    def _workload(self, workload, servers):
        rows = {server.key: [] for server in servers}
        for number in range(self.count):
            for server in servers:
                row = measure(workload, server, self.seconds, self.scratch)
                rows[server.key].append(row)
                self._progress(workload, number, server, row)
        self.results[workload.key] = {key: {"rounds": found, "median": median(found)} for key, found in rows.items()}

    def _progress(self, workload, number, server, row):
        self.done += 1
        print("[%d/%d] %-11s round %d  %-20s %8.0f req/s %9.1f us CPU  p50 %8.2f ms  p99 %8.2f ms%s" % (
            self.done, self.total, workload.key, number + 1, server.key, row["rate"], row["cpu"], row["p50"],
            row["p99"], "  ERRORS %d" % row["errors"] if row["errors"] else ""), file=sys.stderr, flush=True)
