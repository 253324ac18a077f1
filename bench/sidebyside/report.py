# SPDX-License-Identifier: Apache-2.0
"""The tables of a run: one per workload, and the targets."""

# Maximum CPU per request of mod_pywsgi, relative to a peer: mode -> workload -> [(factor, peer)].
MOD_WSGI = {"embedded": "mod_wsgi-embedded", "daemon-2x4": "mod_wsgi-daemon-2x4"}
EMBEDDED, DAEMON = MOD_WSGI["embedded"], MOD_WSGI["daemon-2x4"]
HELLO_E = [(0.40, EMBEDDED), (1.0, "nginx-uwsgi")]
HELLO_D = [(0.45, DAEMON), (0.65, "httpd-uwsgi"), (1.3, "nginx-uwsgi")]
FLASK_E, FLASK_D = [(0.65, EMBEDDED)], [(0.60, DAEMON), (0.90, "httpd-uwsgi")]
TARGETS = {
    "embedded": {
        "hello": HELLO_E, "browser": HELLO_E, "flask": FLASK_E, "flask-json": FLASK_E, "64k": [(0.50, EMBEDDED)],
        "1m": [(0.80, EMBEDDED)], "chunks": [(0.35, EMBEDDED)], "file": [(1.0, EMBEDDED)],
        "post-1k": [(0.50, EMBEDDED)], "post-1m": [(0.70, EMBEDDED)]},
    "daemon-2x4": {
        "hello": HELLO_D, "browser": HELLO_D, "flask": FLASK_D, "flask-json": FLASK_D, "64k": [(0.60, DAEMON)],
        "1m": [(0.60, DAEMON)], "chunks": [(0.35, DAEMON)], "file": [(0.35, DAEMON)],
        "post-1k": [(0.45, DAEMON)], "post-1m": [(0.50, DAEMON)]},
}
THREADS_LOSS = 0.15
ONE_CONNECTION_P50 = 0.6


def number(value):
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value


def _ratio(medians, key, peer, name):
    if key == peer or peer not in medians or not medians[peer][name]:
        return ""
    return "%.2f" % (medians[key][name] / medians[peer][name])


def workload_table(workload, results, peers):
    medians = {key: found["median"] for key, found in results.items()}
    lines = ["### %s" % workload, "",
             "| contender | req/s | CPU us/request | CPU / m | req/s / m | p50 ms | p99 ms | errors |",
             "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for key, row in medians.items():
        peer = peers.get(key)
        lines.append("| %s | %s | %s | %s | %s | %s | %s | %d |" % (
            key, number(row["rate"]), number(row["cpu"]), _ratio(medians, key, peer, "cpu"),
            _ratio(medians, key, peer, "rate"), number(row["p50"]), number(row["p99"]), row["errors"]))
    return lines + [""]


def matrix(results, name, title):
    """Return a table of one number for all workloads and contenders."""
    everyone = list(dict.fromkeys(key for found in results.values() for key in found if "-threads-" not in key))
    lines = ["### " + title, "", "| | %s |" % " | ".join(everyone), "|---|%s" % ("--:|" * len(everyone))]
    for workload, found in results.items():
        cells = [number(found[key]["median"][name]) if key in found else "" for key in everyone]
        if any(cells):
            lines.append("| %s | %s |" % (workload, " | ".join(cells)))
    return lines + [""]


def _line(what, have, limit, at_most=True):
    met = have <= limit if at_most else have >= limit
    sign, word = "<=" if at_most else ">=", "met" if met else "**missed**"
    return "| %s | %s %.2f | %.2f | %s |" % (what, sign, limit, have, word)


def _cpu_targets(results, ours):
    for mode, rows in TARGETS.items():
        for workload, limits in rows.items():
            found = results.get(workload, {})
            me = found.get("%s-%s" % (ours, mode))
            for factor, peer in limits:
                if me and peer in found:
                    ratio = me["median"]["cpu"] / found[peer]["median"]["cpu"]
                    yield _line("%s, %s: CPU / %s" % (workload, mode, peer), ratio, factor)


def _other_targets(results, ours):
    hello = results.get("hello", {})
    for mode, peer in MOD_WSGI.items():
        me = hello.get("%s-%s" % (ours, mode))
        if me and peer in hello:
            yield _line("hello, %s: req/s / %s" % (mode, peer), me["median"]["rate"] / hello[peer]["median"]["rate"],
                        2.0, at_most=False)
    single = results.get("hello-c1", {})
    me = single.get("%s-daemon-2x4" % ours)
    if me and DAEMON in single:
        yield _line("hello, one connection, daemon-2x4: p50 / m", me["median"]["p50"] / single[DAEMON]["median"]["p50"],
                    ONE_CONNECTION_P50)
    rates = [found["median"]["rate"] for key, found in results.get("threads", {}).items()
             if key.startswith("%s-threads" % ours)]
    if len(rates) > 1:
        yield _line("hello, 1 to 32 threads: slowest / fastest", min(rates) / max(rates), 1 - THREADS_LOSS,
                    at_most=False)


def _p99_targets(results, ours):
    for workload, found in results.items():
        for mode, peer in MOD_WSGI.items():
            me = found.get("%s-%s" % (ours, mode))
            if me and peer in found and found[peer]["median"]["p99"]:
                ratio = me["median"]["p99"] / found[peer]["median"]["p99"]
                yield _line("%s, %s: p99 / m" % (workload, mode), ratio, 1.0)


def targets(results, ours="pywsgi"):
    rows = [*_cpu_targets(results, ours), *_other_targets(results, ours), *_p99_targets(results, ours)]
    return ["### Targets", "", "| what | target | measured | |", "|---|--:|--:|---|", *rows, ""] if rows else []


def memory_table(memory):
    """Return a table of the memory of each contender and its largest process, private and proportional."""
    lines = ["### Memory after the run, KiB", "",
             "| contender | processes | all, proportional | largest process, its own |", "|---|--:|--:|--:|"]
    for key, rows in memory.items():
        lines.append("| %s | %d | %d | %d (%s) |" % (key, len(rows), sum(row[3] for row in rows),
                                                   *max((row[2], row[0]) for row in rows)))
    return lines + [""]


MATRICES = (("cpu", "CPU per request, microseconds"), ("rate", "Requests per second"), ("p50", "p50, ms"),
            ("p99", "p99, ms"))


def summary(document):
    """Return the tables of docs/results/performance.md: one for each number, threads, targets, memory."""
    results = document["results"]
    lines = _heading(document)
    for name, title in MATRICES:
        lines += matrix(results, name, title)
    if "threads" in results:
        lines += workload_table("threads", results["threads"], document["peers"])
    lines += targets(results)
    if document["memory"]:
        lines += memory_table(document["memory"])
    return "\n".join(lines)


def text(document):
    lines = _heading(document)
    for workload, results in document["results"].items():
        lines += workload_table(workload, results, document["peers"])
    lines += targets(document["results"])
    if document["memory"]:
        lines += memory_table(document["memory"])
    return "\n".join(lines)


def _heading(document):
    lines = ["Machine: " + document["machine"], "", "Commit %s, %s. %d rounds of %d s." % (
        document["commit"], document["date"], document["rounds"], document["seconds"]), ""]
    if document["missing"]:
        lines += ["Missing: " + "; ".join("%s (%s)" % pair for pair in sorted(document["missing"].items())), ""]
    if document["failures"]:
        lines += ["Failed: " + "; ".join("%s: %s" % pair for pair in sorted(document["failures"].items())), ""]
    return lines
