# SPDX-License-Identifier: Apache-2.0
"""The cost of a request in numbers that do not depend on the machine's speed: system calls, acquisitions of the GIL,
and the engine's instructions. Each limit is slightly above the measured value (docs/results/performance.md); raise
it only with a reason.
"""
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sysconfig
import time

import pytest

from pyw import paths, sanitizers, wait_for

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "cost.wsgi"}
REQUESTS = 400
SERIES = sysconfig.get_python_version()

# Calls per request of hello. In daemon mode httpd needs these calls in addition to those of a static file.
WORKER_CALLS = 5.5
HTTPD_CALLS_FOR_A_WORKER = 7.2
EMBEDDED_CALLS = 2.2
LOOK = 0.02  # seconds between two measurements of a worker's own size
# The engine's and CPython's together, as measured on x86-64 with each series of Python: Debian's packages (3.11 of
# bookworm, 3.13 of trixie, 3.14 of sid), and pyenv's builds. The stack protector and the landing points for branches are
# 150 of them (tools/flags.mk), the keys of mod_wsgi 5000 to 7000. The number of 3.14 is an estimate. The margin covers
# other compilers and point releases.
ENGINE_INSTRUCTIONS = {"3.9": 19950, "3.10": 20080, "3.11": 20120, "3.12": 22600, "3.13": 22850, "3.14": 21800}
PRINT_INSTRUCTIONS = {"3.9": 6657, "3.10": 6843, "3.11": 7069, "3.12": 8320, "3.13": 7864, "3.14": 7006}
MARGIN = 1.03

CONFIG = """
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    MaxKeepAliveRequests 0
    <Directory />
        AllowOverride None
    </Directory>
"""


def artifact(name):
    return paths.BUILD / "tests" / "cost" / name


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                                                     stderr=subprocess.DEVNULL).returncode == 0


def ask(site_connection, path, count):
    for _ in range(count):
        assert site_connection.request("GET", path).status == 200


def count_calls(pids, output, work):
    """Return the number of system calls of the processes while work() runs, without futexes, which depend on time."""
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", str(output), *("-p%d" % pid for pid in pids)],
                              stderr=subprocess.PIPE, text=True)
    for _ in pids:
        assert "attached" in tracer.stderr.readline()
    work()
    tracer.send_signal(signal.SIGINT)
    tracer.communicate(timeout=30)
    lines = [line.split() for line in output.read_text().splitlines()]
    counts = {line[-1]: int(line[3]) for line in lines if len(line) > 4 and line[3].isdigit()}
    counts.pop("total", None)
    counts.pop("futex", None)
    return counts


@pytest.mark.skipif(not can_trace(), reason="strace is not installed, or may not trace here")
@sanitizers.left_out("sanitizers make system calls of their own")
class TestSystemCalls:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(CONFIG + "ThreadsPerChild 25\nStartServers 1\nServerLimit 1\nMaxRequestWorkers 25\n", apps=APPS)

    def per_request(self, server, processes, path):
        with server.connect() as connection:
            ask(connection, path, 50)
            counts = count_calls([process.pid for process in processes], server.root / "calls",
                                 lambda: ask(connection, path, REQUESTS))
        return sum(counts.values()) / REQUESTS, counts

    def test_of_a_worker(self, server):
        with server.connect() as connection:
            ask(connection, "/daemon/", 1)
        calls, counts = self.per_request(server, server.workers(), "/daemon/")
        print("worker:", calls, counts)
        assert calls <= WORKER_CALLS, counts

    def test_a_limit_of_memory_costs_none_with_each_request(self, make_httpd):
        server = make_httpd(CONFIG.replace("threads=2", "threads=2 memory-recycle=1G"), apps=APPS)
        with server.connect() as connection:
            ask(connection, "/daemon/", 1)
        begin = time.monotonic()
        calls, counts = self.per_request(server, server.workers(), "/daemon/")
        looks = (time.monotonic() - begin) / LOOK
        print("worker with memory-recycle:", calls, counts)
        assert 0 < counts.pop("pread64") <= looks + 1
        assert sum(counts.values()) / REQUESTS <= WORKER_CALLS, counts

    def test_of_httpd(self, server):
        static, _ = self.per_request(server, server.children(), "/static.txt")
        daemon, counts = self.per_request(server, server.children(), "/daemon/")
        embedded, embedded_counts = self.per_request(server, server.children(), "/embedded/")
        print("httpd: static %.2f, daemon %.2f, embedded %.2f" % (static, daemon, embedded))
        assert daemon - static <= HTTPD_CALLS_FOR_A_WORKER, counts
        assert embedded - static <= EMBEDDED_CALLS, embedded_counts
        assert embedded_counts.get("getpid", 0) < REQUESTS, "nobody asks for the request's id"


@sanitizers.left_out("sanitizers come first among the preloaded")
class TestGil:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        count = paths.new_directory("pyw.") / "gil"
        count.write_bytes(bytes(8))
        count.chmod(0o666)
        count.parent.chmod(0o755)
        counter = count.parent / "count_gil.so"
        shutil.copy(artifact("count_gil.so"), counter)
        library = os.path.join(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME"))
        server = make_httpd(CONFIG, apps=APPS, environment={
            "LD_PRELOAD": str(counter), "COUNT_GIL": str(count), "COUNT_GIL_LIBRARY": library})
        server.gil_count = count
        yield server
        shutil.rmtree(count.parent)

    @pytest.mark.parametrize("path, ceiling", [
        ("/daemon/", 1), ("/daemon/closing", 1), ("/embedded/", 1), ("/embedded/closing", 1)])
    def test_acquisitions(self, server, path, ceiling):
        def count():
            return int.from_bytes(server.gil_count.read_bytes(), "little")

        with server.connect() as connection:
            ask(connection, path, REQUESTS)  # the first request of each thread of httpd creates a Thread object
            before = count()
            ask(connection, path, REQUESTS)
            # close() may follow the response
            wait_for(lambda: count() >= before + REQUESTS)
        print(path, (count() - before) / REQUESTS)
        assert (count() - before) / REQUESTS <= ceiling + 0.05


@functools.lru_cache(maxsize=None)
def instructions(path, requests):
    """Return the engine's instructions for a request. Python starts without being counted, which is much faster."""
    engine = paths.BUILD / ("pywsgi_cpython%s.so" % SERIES.replace(".", ""))
    result = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--instr-atstart=no",
         str(artifact("engine_cost")), str(engine), str(HERE), str(requests), path],
        stderr=subprocess.PIPE, text=True, env={"PATH": paths.SYSTEM_PATH, "PYTHONHASHSEED": "0"})
    assert result.returncode == 0, result.stderr
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1)) / requests


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
@sanitizers.left_out("valgrind and sanitizers do not go together")
class TestInstructions:
    def check(self, what, instructions, measured):
        print("%s, Python %s: %d" % (what, SERIES, instructions))
        if SERIES not in measured:
            pytest.skip("no ceiling for Python %s yet" % SERIES)
        assert instructions <= measured[SERIES] * MARGIN

    def test_of_the_engine(self):
        self.check("a request", instructions("/", 1000), ENGINE_INSTRUCTIONS)

    def test_of_a_print(self):
        growth = instructions("/print", 200) - instructions("/", 1000)
        self.check("a print", growth / 10, PRINT_INSTRUCTIONS)
