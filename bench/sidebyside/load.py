# SPDX-License-Identifier: Apache-2.0
"""Load: wrk, h2load, and idle connections."""
import collections
import os
import pathlib
import re
import shutil
import socket
import subprocess

LUA = pathlib.Path(__file__).resolve().parent.parent / "load.lua"

# requests and errors: counts; duration: seconds; p50, p99: milliseconds.
Load = collections.namedtuple("Load", "requests duration p50 p99 errors")


def missing_tools(workloads):
    return sorted({item.tool for item in workloads if not shutil.which(item.tool)})


def apply(workload, contender, seconds, scratch):
    if workload.tool == "h2load":
        return _h2load(workload, contender, seconds, scratch)
    return _wrk(workload, contender, seconds)


def _wrk(workload, contender, seconds):
    command = ["wrk", "-t1", "-c%d" % workload.connections, "-d%ds" % seconds, "--timeout", "10s", "-s",
               str(LUA)]
    for pair in workload.headers:
        command += ["-H", "%s: %s" % pair]
    command.append("http://127.0.0.1:%d%s" % (contender.port, workload.path))
    environment = dict(os.environ, BENCH_METHOD="POST" if workload.body else "GET", BENCH_BODY=str(workload.body))
    output = _run(command, environment)
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", output)
    if not found:
        raise RuntimeError("wrk said:\n" + output)
    requests, duration, p50, p99, broken, bad = map(int, found.groups())
    return Load(requests, duration / 1e6, p50 / 1e3, p99 / 1e3, broken + bad)


def _h2load(workload, contender, seconds, scratch):
    log = scratch / "h2load.log"
    log.unlink(missing_ok=True)
    output = _run(["h2load", "-t1", "-c%d" % workload.connections, "-m1", "-D%d" % seconds, "--log-file", str(log),
                   "http://127.0.0.1:%d%s" % (contender.h2_port, workload.path)], os.environ)
    counts = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored",
                       output)
    if not counts:
        raise RuntimeError("h2load said:\n" + output)
    times = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    done, _, failed, errored = map(int, counts.groups())
    return Load(done, seconds, _percentile(times, 50), _percentile(times, 99), max(failed, errored))


def _percentile(times, percent):
    return times[min(len(times) - 1, len(times) * percent // 100)] / 1e3 if times else 0.0


def _run(command, environment):
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False).stdout


class Idle:
    """Open `count` keep-alive connections that are idle after one response each."""

    def __init__(self, port, count):
        self.sockets = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            self.sockets.append(connection)
            connection.sendall(b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            received = b""
            while not received.endswith(b"Hello, World!"):
                block = connection.recv(4096)
                if not block:
                    raise RuntimeError("an idle connection was closed")
                received += block

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for connection in self.sockets:
            connection.close()
