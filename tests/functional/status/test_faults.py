# SPDX-License-Identifier: Apache-2.0
"""The last errors on the status page: of requests, and of workers that die."""
import os
import signal
import time

import pytest
from test_status_page import PREFIX, Text, report

from pyw import wait_for

RAISES = """
EVIL = type("<script>alert(1)</script>\\x1b[31m", (ValueError,), {})

def application(environ, start_response):
    raise EVIL("no")
"""

RECORDS = r"PYW06|Traceback|  File|    raise|<script>"

CONFIG = """
WSGIDaemonProcess app threads=1
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
"""


class TestErrors:
    CONFIG = CONFIG
    FILES = {"app.wsgi": RAISES}

    def test_an_exception_is_shown_with_its_group_and_request(self, server, mode):
        prefix, group = PREFIX[mode]
        server.expect_log("PYW06.*script")
        server.allow_log(RECORDS)
        assert server.get(prefix + "/").status == 500
        fault = report(server)["errors"][0]
        if mode == "daemon":
            assert fault["pid"] == server.workers()[0].pid
        assert (fault["group"], fault["tag"][:5]) == (group, "PYW06")
        assert "the application raised <script>" in fault["text"] and len(fault["id"]) > 10 and abs(fault["at"] - time.time()) < 60

    def test_the_page_escapes_it(self, server):
        server.allow_log(RECORDS)
        server.get("/app/")
        page = server.get("/-/status").body.decode()
        assert "<script>" not in page and "\x1b" not in page
        assert any("<script>alert(1)</script>" in cell for cell in Text(page).cells)

    @pytest.mark.parametrize("query", ["?key=secret", "?a?b=secret:", "?", "?secret:x"])
    def test_query_strings_can_be_hidden(self, server, mode, query):
        server.allow_log(RECORDS)
        url = PREFIX[mode][0] + "/hidden"
        server.get(url + query)
        [shown, hidden] = [report(server, path)["errors"][0]["text"] for path in ("/-/status", "/-/status-without-query")]
        assert shown.startswith("GET %s%s: the application raised" % (url, query))
        assert hidden.startswith("GET %s: the application raised" % url)
        assert b"secret" not in server.get("/-/status-without-query").body

    def test_only_the_last_ten_are_kept_the_latest_first(self, server):
        server.allow_log(RECORDS)
        for _ in range(12):
            server.get("/app/")
        times = [fault["at"] for fault in report(server)["errors"]]
        assert len(times) == 10 and times == sorted(times, reverse=True)

    def test_a_worker_that_is_killed(self, server):
        server.expect_log("PYW0310")
        server.allow_log("PYW03")
        [worker] = server.workers()
        os.kill(worker.pid, signal.SIGKILL)
        fault = wait_for(lambda: [fault for fault in report(server)["errors"] if fault["tag"] == "PYW0310"])[0]
        assert fault["group"] == "app" and str(worker.pid) in fault["text"] and fault["pid"] == server.manager().pid
        server.allow_log(RECORDS + "|PYW02")
        wait_for(lambda: server.get("/app/").status == 500, what="a successor")


class TestNone:
    CONFIG = CONFIG

    @pytest.mark.parametrize("path", ["/app/", "/app/none"])
    def test_a_good_request_leaves_nothing(self, server, path):
        server.get(path)
        assert report(server)["errors"] == []
