# SPDX-License-Identifier: Apache-2.0
"""The notes of a request in httpd's access log."""
import pathlib
import re

import pytest

from pyw import wait_for

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "guide" / "logging.md"
FORMAT = re.search(r'^    (LogFormat ".*" pywsgi)$', PAGE.read_text(), re.M)[1]
LINE = re.compile(r'"GET (\S+) HTTP/1.1" (\d+) \d+ (\d+) group=(\S+) worker=(\S+) queue=(\S+) app=(\S+) id=(\S+)$')

ALIASES = """
WSGIDaemonProcess app threads=1 queue-limit=0
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
"""


def fields(server, path):
    """Return the fields of the path's line."""
    def found():
        lines = map(LINE.search, (server.root / "access.log").read_text().splitlines())
        return [line.groups() for line in lines if line and line[1] == path]
    return wait_for(found)[0][1:]


@pytest.fixture(autouse=True)
def ready(server):
    """queue-limit=0: no request waits for the first worker."""
    server.wait_for_workers()


class TestNotes:
    CONFIG = ALIASES + FORMAT + "\nCustomLog ${ROOT}/access.log pywsgi\n"

    def test_a_request_in_a_worker(self, server):
        server.get("/app/sleep")
        status, total, group, worker, queue, app, identifier = fields(server, "/app/sleep")
        assert (status, group) == ("200", "app")
        assert int(worker) in [process.pid for process in server.workers()]
        assert 300000 <= int(app) <= int(total) and int(queue) < int(app)
        assert len(identifier) > 10

    def test_an_embedded_request(self, server):
        server.get("/embedded/sleep")
        status, total, group, worker, queue, app, identifier = fields(server, "/embedded/sleep")
        assert (status, group, worker) == ("200", "%{GLOBAL}", "-")
        assert 300000 <= int(app) <= int(total) and len(identifier) > 10

    def test_a_request_that_no_worker_got(self, server):
        server.expect_log("PYW0262")
        with server.connect() as busy:
            busy.start("GET", "/app/wait?busy")
            wait_for(lambda: (server.data / "begun.busy").exists())
            assert server.get("/app/refused").status == 503
            (server.data / "go.busy").touch()
            assert busy.read_response().status == 200
        status, _, group, worker, queue, app, _ = fields(server, "/app/refused")
        assert (status, group, worker, queue, app) == ("503", "app", "-", "-", "-")


class TestOtherFormats:
    CONFIG = ALIASES + """
    LogFormat "%r notes=%{group}n" plain
    CustomLog ${ROOT}/access.log plain
    """

    @pytest.mark.parametrize("prefix", ["/app", "/embedded"])
    def test_requests_are_served_without_notes(self, server, prefix):
        assert server.get(prefix + "/").status == 200
