# SPDX-License-Identifier: Apache-2.0
"""
Counts per request in the processes that serve them: system calls by name (perf trace), acquisitions of the GIL (perf
probes on the functions of libpython that take it) and context switches. Only as root.
"""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import time

from . import cpu, load

# These functions acquire the GIL. The only other way is the interpreter's own switch after another thread has waited
# for 5 ms, which only happens with applications that compute for longer.
TAKERS = ("PyEval_RestoreThread", "PyEval_AcquireThread")
# A line of perf trace's summary, a table for each thread: name, calls, errors, milliseconds ...
CALLS = re.compile(r"^\s+(\w+)\s+(\d+)\s+\d+\s+[\d.]+\s+[\d.]+")


def processes_of(server):
    """Return the processes that serve requests: {"httpd child": [pids], "worker": [pids]}."""
    found = collections.defaultdict(list)
    for pid in cpu.tree(server.roots()):
        name = _role(server, pid)
        if name and pid not in server.roots():
            found[name].append(pid)
    return dict(found)


def _role(server, pid):
    executable = pathlib.Path("/proc/%d/exe" % pid).resolve().name
    if executable == "pywsgid":
        return "worker" if _parent(pid) not in server.roots() else None     # the other one is the manager
    if executable == "apache2":
        title = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes()
        return "worker" if title.startswith(b"(wsgi:") else "httpd child"
    return "worker"


def _parent(pid):
    return int(pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[1])


class _Recording:
    """A tool that observes while the load runs, and is then stopped."""

    def __init__(self, command, output):
        self.output = output
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(str(output) + ".err", "wb"))
        time.sleep(0.7)     # the tools have no common signal that they are attached

    def stop(self):
        self.process.send_signal(2)
        self.process.wait(60)
        return self.output.read_text(errors="replace") if self.output.exists() else ""


def system_calls(server, pids, workload, seconds, scratch):
    """Return {name: calls per request}."""
    output = scratch / "calls.txt"
    output.unlink(missing_ok=True)
    command = ["perf", "trace", "-s", "-o", str(output), "-p", ",".join(map(str, pids))]
    recording = _Recording(command, output)
    result = load.apply(workload, server, seconds, scratch)
    text = recording.stop()
    counts = collections.Counter()
    for found in filter(None, map(CALLS.match, text.splitlines())):
        counts[found.group(1)] += int(found.group(2))
    return {name: count / max(1, result.requests) for name, count in counts.items()}


def libpython(pids):
    """Return the shared libpython that these processes have mapped, or None."""
    for pid in pids:
        for line in pathlib.Path("/proc/%d/maps" % pid).read_text().splitlines():
            if re.search(r"/libpython3\.\d+\.so", line):
                return line.split(None, 5)[5]
    return None


class GilProbes:
    """A context with probes on the functions that acquire the GIL. `library`: None without Python."""

    def __init__(self, library):
        self.library = library
        self.events = []

    def __enter__(self):
        for name in TAKERS if self.library else ():
            event = "pywbench:" + name
            result = subprocess.run(["perf", "probe", "-q", "-x", self.library, "--add", "%s=%s" % (event, name)],
                                    stderr=subprocess.PIPE, text=True, check=False)
            if result.returncode == 0:
                self.events.append(event)
            else:
                print("no probe on %s: %s" % (name, result.stderr.strip()), file=sys.stderr)
        return self

    def __exit__(self, *exception):
        for event in self.events:
            subprocess.run(["perf", "probe", "-q", "--del", event], check=False, stderr=subprocess.DEVNULL)

    def per_request(self, server, pids, workload, seconds, scratch):
        """Return context switches and, with Python, GIL acquisitions per request."""
        output = scratch / "gil.txt"
        output.unlink(missing_ok=True)
        recording = _Recording(["perf", "stat", "-x", ",", "-o", str(output), "-e", ",".join(
            [*self.events, "context-switches"]), "-p", ",".join(map(str, pids))], output)
        result = load.apply(workload, server, seconds, scratch)
        counts = collections.Counter()
        for line in recording.stop().splitlines():
            fields = line.split(",")
            if len(fields) > 2 and fields[0].isdigit():
                counts["context switches" if fields[2].startswith("context") else "gil"] += int(fields[0])
        return {name: count / max(1, result.requests) for name, count in counts.items()}


def missing_tools():
    return [name for name in ("perf", "wrk") if not shutil.which(name)]
