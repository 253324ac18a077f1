# SPDX-License-Identifier: Apache-2.0
"""Tests of this library with a plain httpd, without mod_pywsgi."""
import socket
import threading

import pytest

from pyw import Connection, wait_for
from pyw.log import is_bad


class TestPlainServer:
    @pytest.fixture(scope="class", params=["event", "worker", "prefork"])
    def httpd(self, request, make_httpd):
        return make_httpd(mpm=request.param, pywsgi=False)

    def test_serves_a_static_file(self, httpd):
        response = httpd.get("/static.txt")
        assert (response.status, response.body) == (200, b"static\n")
        assert (response.framing, response.complete) == ("length", True)

    def test_two_requests_on_one_connection(self, httpd):
        with httpd.connect() as connection:
            assert connection.request("GET", "/static.txt").status == 200
            assert connection.request("HEAD", "/static.txt").body == b""
            assert connection.request("GET", "/static.txt").complete

    def test_configtest_of_a_good_configuration(self, httpd):
        assert httpd.configtest()[0]

    def test_graceful_restart(self, httpd):
        httpd.graceful()
        assert httpd.get("/static.txt").status == 200

    def test_an_announced_error_is_expected(self, httpd):
        httpd.expect_log("AH10244")
        assert httpd.get("/%2e%2e/").status == 400

    def test_an_error_that_is_not_announced_is_found(self, httpd):
        httpd.log.announced.clear()
        assert httpd.get("/%2e%2e/").status == 400
        httpd.log.wait("AH10244")
        with pytest.raises(AssertionError, match="AH10244"):
            httpd.check_log()


class TestBadConfiguration:
    def test_configtest_names_the_error(self, make_httpd):
        server = make_httpd("NoSuchDirective on", pywsgi=False, start=False)
        ok, text = server.configtest()
        assert not ok and "NoSuchDirective" in text

    def test_start_fails_with_the_reason(self, make_httpd):
        server = make_httpd("NoSuchDirective on", pywsgi=False, start=False)
        with pytest.raises(AssertionError, match="NoSuchDirective"):
            server.start()


SLOW_TO_LOAD = """
import os, time
while not os.path.exists("%s"):
    time.sleep(0.01)
ballast = b"x" * (16 << 20)
application = print
"""


class TestMemory:
    def test_is_looked_at_when_all_workers_have_loaded(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess slow\n"
                            "WSGIScriptAlias / ${APPS}/slow.wsgi process-group=slow", start=False)
        go = server.root / "data" / "go"
        server.add_apps({"slow.wsgi": SLOW_TO_LOAD % go})
        server.start()
        worker, = wait_for(server.workers)
        before = worker.memory_info().rss
        threading.Timer(0.2, go.touch).start()
        assert server.memory()[worker] > before + (15 << 20)


class TestClient:
    """Truncated responses, as the client sees them; the peer is a thread that sends given bytes."""

    def answer(self, data):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            peer = listener.accept()[0]
            peer.recv(65536)
            peer.sendall(data)
            peer.close()
            listener.close()

        threading.Thread(target=serve).start()
        with Connection(listener.getsockname()[1]) as connection:
            return connection.request("GET", "/")

    @pytest.mark.parametrize("data, complete, body", [
        (b"Content-Length: 5\r\n\r\nhello", True, b"hello"),
        (b"Content-Length: 5\r\n\r\nhell", False, b"hell"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True, b"abc"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", False, b"abc"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nab", False, b"ab"),
        (b"\r\nuntil the end", True, b"until the end"),
    ])
    def test_completeness(self, data, complete, body):
        response = self.answer(b"HTTP/1.1 200 OK\r\n" + data)
        assert (response.complete, response.body) == (complete, body)

    def test_a_connection_that_ends_without_an_answer(self):
        assert self.answer(b"") is None


@pytest.mark.parametrize("line, bad", [
    ("[Tue Nov 24 03:19:14.1 2026] [core:notice] [pid 1:tid 2] AH00094: Command line", False),
    ("[Tue Nov 24 03:19:14.1 2026] [pywsgi:warn] [pid 1:tid 2] PYW0601: more bytes", True),
    ("[Tue Nov 24 03:19:14.1 2026] [core:notice] [pid 1] AH00052: child pid 7 exit signal Aborted (6)", True),
    ("Fatal Python error: something", True),
    ("# test: name", False),
])
def test_which_log_lines_are_bad(line, bad):
    assert is_bad(line) == bad
