# SPDX-License-Identifier: Apache-2.0
"""WSGIJSONLog: one JSON object a line, from httpd, applications, workers and the manager."""
import json
import os
import re
import signal
import time

import pytest

from pyw import wait_for

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

APP = r"""
import os, sys
print("at the start: \u00e9 \u202e \" \\ \x1b")
def application(environ, start_response):
    if environ["PATH_INFO"] == "/raise":
        raise KeyError("raised")
    if environ["PATH_INFO"] == "/raw":
        os.write(2, b"raw \xff \"quoted\"\n")
    if environ["PATH_INFO"] == "/long":
        print("\x01" * 8000)
    print("printed \u00e9 \" \\ \\x41 \x1b[31m\u202e", file=environ["wsgi.errors"])
    start_response("200 OK", [])
    return [environ["mod_wsgi.request_id"].encode()]
"""

CONFIG = """
WSGIDaemonProcess app threads=2
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
<Location /denied>
    Require all denied
</Location>
WSGIJSONLog %s
"""


class Log:
    def __init__(self, server, name="log.json"):
        self.path = server.root / name

    def records(self, **wanted):
        """Return the records with these members. Every complete line must be an object."""
        lines = self.path.read_bytes().split(b"\n")[:-1]
        records = [json.loads(line.decode()) for line in lines]
        assert all(isinstance(record, dict) and len(line) < 16384 for record, line in zip(records, lines))
        return [record for record in records if all(record.get(name) == value for name, value in wanted.items())]

    def wait(self, text="", **wanted):
        return wait_for(lambda: [record for record in self.records(**wanted) if text in record["message"]])


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(request.cls.CONFIG, apps={"app.wsgi": APP})


@pytest.fixture
def log(server):
    return Log(server)


@pytest.fixture(autouse=True)
def announced(server):
    server.allow_log("PYW0603|Traceback|  File|    |KeyError|printed|raw|PYW0310|AH01630|at the start|.x01")


class TestFile:
    CONFIG = CONFIG % "log.json"

    def test_the_start_is_described(self, server, log):
        record, = log.wait("process groups", tag="PYW0274")
        assert record["level"] == "notice" and "app (1 x 2, cpython3" in record["message"]
        assert "embedded: cpython3" in record["message"]
        assert server.log.find("PYW0274: mod_pywsgi/")

    @pytest.mark.parametrize("mode", ["daemon", "embedded"])
    def test_output_of_an_application(self, server, log, mode):
        identifier = server.get("/%s/print" % mode, [("traceparent", TRACEPARENT)]).body.decode()
        record = log.wait("printed", id=identifier)[-1]
        assert record["message"] == "printed \u00e9 \" \\ \\x41 \x1b[31m\u202e"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["time"])
        assert abs(time.time() - time.mktime(time.strptime(record["time"][:19], "%Y-%m-%dT%H:%M:%S"))) < 86400
        assert record["level"] == "error" and record["module"] == "pywsgi" and record["client"] == "127.0.0.1"
        assert record["group"] == ("app" if mode == "daemon" else "%{GLOBAL}")
        assert (record["method"], record["url"]) == ("GET", "/%s/print" % mode)
        assert record["traceparent"] == TRACEPARENT
        assert record.get("worker") == (server.workers()[0].pid if mode == "daemon" else None)
        assert record["pid"] in [child.pid for child in server.children()]

    def test_a_failure(self, server, log):
        assert server.get("/daemon/raise?x=\"y").status == 500
        record, = log.wait(tag="PYW0603", url="/daemon/raise?x=\"y")
        assert "KeyError" in record["message"] and "[id" not in record["message"]

    def test_other_modules(self, server, log):
        assert server.get("/denied/\xe9\"").status == 403
        record, = log.wait(tag="AH01630")
        assert record["module"] == "authz_core" and record["level"] == "error"

    def test_output_outside_of_requests(self, server, log):
        record = log.wait("at the start", group="app")[0]
        assert record["message"] == "at the start: \u00e9 \\xe2\\x80\\xae \" \\ \\x1b" and "id" not in record

    def test_bytes_of_a_library(self, server, log):
        server.get("/daemon/raw")
        record, = log.wait("raw")
        assert record["message"] == "raw \\xff \"quoted\"" and record["group"] == "app"

    def test_a_long_line_is_bounded(self, server, log):
        server.get("/daemon/long")
        wait_for(lambda: [record for record in log.records() if record["message"].count("\x01") > 1000])

    def test_an_exit_report(self, server, log):
        pid = server.workers()[0].pid
        os.kill(pid, signal.SIGKILL)
        record, = log.wait(str(pid), tag="PYW0310")
        assert record["group"] == "app" and record["pid"] == server.manager().pid
        server.wait_for_workers()

    def test_a_restart_opens_it_again(self, server, log):
        log.path.rename(server.root / "old.json")
        server.graceful()
        log.wait(tag="PYW0274")
        server.get("/daemon/print")
        assert log.wait("printed")
        pid = server.workers()[0].pid
        os.kill(pid, signal.SIGKILL)
        assert log.wait(str(pid), tag="PYW0310")
        server.wait_for_workers()


class TestProgram:
    CONFIG = CONFIG % "\"|$/bin/cat >>${ROOT}/log.json\""

    def test_it_gets_the_records_of_httpd_and_of_the_manager(self, server, log):
        server.get("/daemon/print")
        assert log.wait("printed") and log.wait("at the start", group="app")


class TestUnusable:
    CONFIG = ""

    def test_httpd_does_not_start(self, make_httpd):
        server = make_httpd(CONFIG % "/nowhere/at/all.json", apps={"app.wsgi": APP}, start=False)
        server.expect_log("PYW0277|AH00019")
        with pytest.raises(AssertionError, match="PYW0277"):
            server.start()

    @pytest.mark.parametrize("text", ["\"\"", "\"|\""])
    def test_a_log_that_is_no_file(self, server, make_httpd, text):
        ok, output = make_httpd(CONFIG % text, apps={"app.wsgi": APP}, start=False).configtest()
        assert not ok and "WSGIJSONLog" in output
