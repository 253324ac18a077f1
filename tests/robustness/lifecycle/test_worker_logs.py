# SPDX-License-Identifier: Apache-2.0
"""The output of workers goes through a pipe to the manager: no other process can access the log, and a slow log blocks
nothing.
"""
import os
import re
import signal

import pytest

from pyw import processes, wait_for

SCRIPT = r"""
import fcntl, os, signal, subprocess, sys, threading, time

print("caf\u00e9 \u202e \x85 \ud55c")

OUTLIVES = '''
import os, sys, time
number = 0
while not os.path.exists(sys.argv[1] + "/stop"):
    os.write(2, b"outlives %d\\n" % number)
    number += 1
    time.sleep(0.02)
open(sys.argv[1] + "/ended", "w").close()
'''

def flood():
    while True:
        os.write(2, b"flood " * 50 + b"\n")

def attempt(what, *arguments):
    try:
        what(*arguments)
    except OSError:
        pass

def application(environ, start_response):
    start_response("200 OK", [])
    words = environ["QUERY_STRING"].encode()
    what = environ["PATH_INFO"].rpartition("/")[2]
    if what == "raw":
        os.write(2, words.replace(b"%0a", b"\n").replace(b"%1e", b"\x1e"))
    elif what == "program":
        subprocess.run(["sh", "-c", "echo to stdout; echo to stderr >&2; echo by path >/dev/stderr"], check=True)
    elif what == "attack":
        attempt(os.ftruncate, 2, 0)
        attempt(os.pwrite, 2, b"[forged] ", 0)
        for fd in 1, 2:
            fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
            fcntl.fcntl(fd, fcntl.F_SETFL, 0)
    elif what == "flags":
        fcntl.fcntl(2, fcntl.F_SETFL, os.O_NONBLOCK)
    elif what == "lines":
        for number in range(int(words)):
            os.write(2, b"line %d %s\n" % (number, b"x" * 100))
    elif what == "die":
        for number in range(int(words)):
            os.write(2, b"last words %d\n" % number)
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "outlive":
        subprocess.Popen([sys.executable, "-c", OUTLIVES, environ["DATA"]], start_new_session=True)
    elif what == "flood":
        threading.Thread(target=flood, daemon=True).start()
    elif what == "closed":
        os.close(1)
        os.close(2)
    return [str(os.getpid()).encode()]
"""
GROUP = """
    SetEnv DATA ${DATA}
    WSGIDaemonProcess app threads=4 %s
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""


def flags(pid):
    with open("/proc/%d/fdinfo/2" % pid) as file:
        return re.search(r"^flags:\s*(\d+)", file.read(), re.M).group(1)


def prefix(pid, level="error"):
    return r"^\[[^\]]*\] \[pywsgi:%s\] \[pid %d:tid \d+\] " % (level, pid)


class TestLines:
    """In groups of executed processes, and of processes forked from a template."""

    @pytest.fixture(scope="class", params=["", "preload=On"], ids=["executed", "forked"])
    def server(self, request, make_httpd):
        httpd = make_httpd(GROUP % request.param, apps={"app.wsgi": SCRIPT})
        httpd.wait_for_workers()    # before, a worker has the manager's descriptors, and a template looks like a worker
        return httpd

    def test_a_raw_line_is_a_record_of_the_worker(self, server):
        server.expect_log("raw-words$")
        pid = int(server.get("/raw?raw-words%0a").body)
        server.log.wait(prefix(pid) + "raw-words$")

    def test_a_program_logs_under_the_workers_pid(self, server):
        server.allow_log("] (to std(out|err)|by path)$")
        pid = int(server.get("/program").body)
        for words in "to stdout", "to stderr", "by path":
            server.log.wait(prefix(pid) + words + "$")

    def test_nobody_forges_a_record_of_another(self, server):
        server.allow_log("forged")
        pid = int(server.get("/raw?[Sun]-forged-1%0a%1e0.1-forged-2%0a%1e2.1 forged-3%0a".replace(" ", "+")).body)
        lines = [server.log.wait("forged-%d" % number)[0] for number in (1, 2, 3)]
        assert all(re.match(prefix(pid, "[a-z]+"), line) for line in lines), lines

    def test_terminal_controls_are_escaped(self, server):
        server.expect_log(r"\] a\\x1eb$")
        server.get("/raw?a%1eb%0a")

    def test_a_worker_cannot_change_the_servers_log(self, server):
        server.allow_log("forged")
        lines, before = server.log.lines(), flags(server.process.pid)
        server.get("/attack")
        assert server.log.lines()[:len(lines)] == lines
        assert flags(server.process.pid) == flags(server.manager().pid) == before

    def test_a_worker_that_does_not_block_leaves_the_others_alone(self, server):
        before = flags(server.process.pid)
        server.get("/flags")
        assert flags(server.process.pid) == flags(server.manager().pid) == before

    def test_no_process_of_the_group_has_the_log_open(self, server):
        for process in server.managed():
            assert str(server.log.path) not in processes.descriptors(process.pid).values()

    def test_the_last_output_of_a_worker_precedes_its_exit_report(self, server):
        server.allow_log("last words|PYW0310")
        pid = next(iter(server.workers())).pid
        since = server.log.position()
        with server.connect() as connection:
            connection.start("GET", "/die?400")
            server.log.wait("PYW0310: worker %d" % pid, since)
        server.allow_log("PYW02")
        lines = server.log.lines(since)
        end = next(number for number, line in enumerate(lines) if "PYW0310" in line)
        words = [number for number, line in enumerate(lines) if re.match(prefix(pid) + "last words", line)]
        assert len(words) == 400 and words[-1] < end


class TestRecords:
    def test_utf8_stays_and_deceptive_characters_are_escaped(self, make_httpd):
        server = make_httpd(GROUP % "", apps={"app.wsgi": SCRIPT})
        server.log.wait("\\] caf\u00e9 " + r"\\xe2\\x80\\xae \\xc2\\x85 " + "\ud55c$")

    def test_they_come_from_a_worker_whose_descriptors_1_and_2_are_closed(self, make_httpd):
        server = make_httpd(GROUP % "", apps={"app.wsgi": SCRIPT})
        pid = int(server.get("/closed").body)
        since = server.log.position()
        os.kill(pid, signal.SIGTERM)
        server.log.wait(prefix(pid, "notice") + "PYW0418", since)
        server.log.wait("PYW0310: worker %d" % pid, since)


class TestService:
    def test_the_program_of_a_service_group_logs_likewise(self, make_httpd):
        script = "import os, time\nos.write(2, b'service words\\n')\ntime.sleep(60)\n"
        server = make_httpd("WSGIDaemonProcess back threads=0 shutdown-timeout=1\n"
                            "WSGIImportScript ${APPS}/back.py process-group=back\n", apps={"back.py": script})
        server.allow_log("service words|PYW04|PYW0310")
        server.log.wait(prefix(wait_for(server.workers)[0].pid) + "service words")


TWO = """
    WSGIDaemonProcess app threads=4
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    <VirtualHost *:${PORT}>
        ServerName other.example
    </VirtualHost>
    <VirtualHost *:${PORT}>
        ServerName one.example
        ErrorLog "|${ROOT}/logger"
        WSGIDaemonProcess one threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=one
    </VirtualHost>
"""
LINES = 20000


class TestStoppedReader:
    """The program that reads a group's log is stopped."""

    @pytest.fixture
    def server(self, make_httpd):
        server = make_httpd("", apps={"app.wsgi": SCRIPT}, start=False)
        program = server.root / "logger"
        program.write_text("#!/bin/sh\necho $$ >%s/logger.pid\nexec cat >>%s/piped.log\n" % (server.root, server.root))
        program.chmod(0o755)
        server.configure(TWO)
        server.start()
        wait_for(lambda: (server.root / "logger.pid").exists())
        return server

    def test_nobody_waits_and_dropped_records_are_counted(self, server):
        host = [("Host", "one.example")]
        log = server.root / "piped.log"
        wait_for(lambda: log.exists() and log.read_text().count("PYW0317") == 1)
        reader = int((server.root / "logger.pid").read_text())  # httpd has started another one at first
        processes.stop(reader)
        try:
            pid = int(server.get("/lines?%d" % LINES, host).body)
            other = int(server.get("/raw").body)
            server.expect_log("PYW0310: worker %d" % other)
            os.kill(other, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            server.log.wait("PYW0310: worker %d" % other, seconds=5)
            wait_for(lambda: int(server.get("/raw").body) != other)
            wait_for(lambda: int(server.get("/raw", host).body) != pid)
        finally:
            os.kill(reader, signal.SIGCONT)
        wait_for(lambda: "PYW0333" in log.read_text())
        text = log.read_text()
        dropped = int(re.search(r"PYW0333: (\d+) records", text).group(1))
        lines = len(re.findall(r"\] line \d+ x+$", text, re.M))
        own = len(re.findall(r"PYW03(10|13|17).*'one'", text)) - 2  # of the previous worker
        assert LINES <= lines + dropped <= LINES + 4 - own
        assert lines > 1000


class TestFlood:
    def test_others_are_served_and_the_worker_is_replaced(self, make_httpd):
        server = make_httpd(TWO.replace("|${ROOT}/logger", "/dev/null"), apps={"app.wsgi": SCRIPT})
        host = [("Host", "one.example")]
        pid = int(server.get("/flood", host).body)
        assert {int(server.get("/raw", host, timeout=5).body) for _ in range(50)} == {pid}
        assert {server.get("/raw", timeout=5).status for _ in range(50)} == {200}
        server.allow_log("PYW0310")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: int(server.get("/raw", host).body) != pid)


class TestPrograms:
    """A program that a worker started and that outlives the worker, the group, and managers."""

    def test_it_logs_on_and_never_gets_sigpipe(self, make_httpd):
        rest = "WSGIDaemonProcess rest threads=1\nWSGIScriptAlias /rest ${APPS}/app.wsgi process-group=rest\n"
        server = make_httpd(rest + GROUP % "", apps={"app.wsgi": SCRIPT})
        server.allow_log("outlives|PYW0310|PYW0271|PYW0359|PYW0318|PYW03|PYW02")
        pid = int(server.get("/outlive").body)

        def is_logged():
            since = server.log.position()
            server.log.wait(prefix(pid) + r"outlives \d+$", since)

        try:
            is_logged()
            os.kill(pid, signal.SIGKILL)
            server.log.wait("PYW0310: worker %d" % pid)
            is_logged()
            server.configure(rest)
            since = server.log.position()
            server.graceful()
            server.log.wait("PYW0331: group 'app'", since)
            wait_for(lambda: not server.workers("app"), 20)
            is_logged()
            self.replace_manager(server)
            is_logged()
            old = server.manager()
            old.kill()
            wait_for(lambda: server.manager() not in (None, old))
            is_logged()
        finally:
            (server.data / "stop").touch()
        wait_for(lambda: (server.data / "ended").exists())

    @staticmethod
    def replace_manager(server):
        path = server.root / "modules" / "pywsgid"
        (server.root / "new").write_bytes(path.read_bytes())
        (server.root / "new").chmod(0o755)
        (server.root / "new").rename(path)
        old = server.manager()
        server.remember_family()
        os.kill(server.process.pid, signal.SIGUSR1)
        processes.wait_gone([old], 20)
