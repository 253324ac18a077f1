# SPDX-License-Identifier: Apache-2.0
"""Errors of applications: exceptions, wrong types, forbidden headers and statuses."""
import json
import subprocess
import urllib.parse

import pytest

from pyw import wait_for

APP = "response.wsgi"
ANY_ERROR = r"\[pywsgi:(error|warn)\]"


def start(site, status="200 OK", headers=(), key="none"):
    query = urllib.parse.urlencode({"status": status, "headers": json.dumps(headers), "key": key})
    return site.get("/start?" + query)


class TestExceptions:
    """F5, F28"""

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(ANY_ERROR)

    @pytest.mark.parametrize("where", ["before", "after", "first"])
    def test_before_the_first_byte_it_is_a_500(self, site, where):
        site.expect_log("Failure: announced failure")
        response = site.get("/raising?where=%s&key=k" % where)
        assert response.status == 500 and response.complete
        assert b"Failure" not in response.body and b"Traceback" not in response.body

    @pytest.mark.parametrize("length", ["", "1"])
    def test_in_the_middle_the_client_sees_a_cut(self, site, length):
        site.expect_log("Failure: announced failure")
        key = site.new_key()
        with site.connect() as connection:
            response = connection.request("GET", site.prefix + "/raising?where=middle&length=%s&key=%s" % (length, key))
            assert response.status == 200 and not response.complete
            assert connection.is_closed_by_server()
        assert site.wait_notes(key) == ["close"]

    def test_the_traceback_is_in_the_log_once(self, site, server):
        since = server.log.position()
        site.get("/raising?where=middle&key=none")
        server.log.wait("Failure: announced failure", since)
        assert len(server.log.find("Traceback", since)) == 1
        assert server.log.find(r'app\.wsgi", line \d+, in produce', since)

    def test_system_exit_is_a_500_and_ends_nothing(self, site, server):
        pids = [worker.pid for worker in server.workers()]
        assert site.get("/exits").status == 500
        assert site.get("/blocks").body == b"one two three"
        assert [worker.pid for worker in server.workers()] == pids

    def test_an_exception_in_close_is_logged(self, site):
        site.expect_log("announced failure in close")
        key = site.new_key()
        assert site.get("/close_raises?key=" + key).status in (200, 500)
        assert site.wait_notes(key) == ["close"]

    def test_siblings_are_served_after_a_fault(self, site):
        site.get("/raising?where=middle&key=none")
        assert site.get("/blocks").body == b"one two three"


class TestHttp2:
    """Rule A for HTTP/2: the stream of a truncated response is reset."""
    MODULES = ("http2",)
    CONFIG = "Protocols h2c http/1.1\n"

    def curl(self, site, path):
        """Return curl's exit status, and the body followed by the status."""
        url = "http://127.0.0.1:%d%s%s" % (site.httpd.port, site.prefix, path)
        result = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-w", " %{http_code}", url],
                                stdout=subprocess.PIPE, timeout=30)
        return result.returncode, result.stdout

    @pytest.mark.parametrize("path, body", [("/generator", b"one two"), ("/blocks", b"one two three"),
                                            ("/length?length=20&blocks=2", b"01234567890123456789")])
    def test_complete(self, site, path, body):
        assert self.curl(site, path) == (0, body + b" 200")

    @pytest.mark.parametrize("path", ["/raising?where=middle", "/raising?where=middle&length=1",
                                      "/length?length=25&blocks=2"])
    def test_cut(self, site, server, path):
        server.allow_log(ANY_ERROR)
        status, _ = self.curl(site, path + "&key=none")
        assert status in (18, 56, 92), "curl takes it as complete"

    def test_before_the_first_byte_it_is_a_500(self, site, server):
        server.allow_log(ANY_ERROR)
        status, output = self.curl(site, "/raising?where=first&key=none")
        assert status == 0 and output.endswith(b" 500")


class TestClose:
    """F28: exactly once on every path."""

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"announced failure|Traceback|File \"|raise Failure|PYW06")
        server.allow_log(ANY_ERROR)

    @pytest.mark.parametrize("path", ["/closing?", "/closing?status=204%20No%20Content&", "/raising?where=first&",
                                      "/raising?where=middle&", "/length?length=5&blocks=3&",
                                      "/length?length=50&blocks=3&"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_close_is_called_once(self, site, path, method):
        key = site.new_key()
        site.request(method, path + "key=" + key)
        wait_for(lambda: "close" in site.notes(key), what="close()")
        assert site.get("/blocks").status == 200
        assert site.notes(key).count("close") == 1

    def test_when_the_client_leaves(self, site, server):
        """F12: without an error in the log."""
        since = server.log.position()
        key = site.new_key()
        with site.connect() as connection:
            connection.start("GET", site.prefix + "/endless?key=" + key)
            assert connection.read_head().status == 200
            connection.reset()
        assert site.wait_notes(key) == ["close"]
        assert not server.log.find(r":error\].*Traceback", since)


class TestWrongTypes:
    """F19: 500, and a log message with the type and the rule."""

    @pytest.mark.parametrize("what, message", [
        ("str body", "str"),
        ("None", "NoneType"),
        ("no start_response", "start_response"),
        ("headers tuple", "tuple"),
        ("header list", "tuple"),
        ("bytes status", "bytes"),
        ("bytes value", "bytes"),
        ("int value", "int"),
        ("start twice", "start_response"),
    ])
    def test_500_and_the_reason(self, site, server, what, message):
        server.allow_log(ANY_ERROR)
        since = server.log.position()
        assert site.get("/odd?what=" + urllib.parse.quote(what)).status == 500
        line = server.log.wait(r"(Error|PYW06\d\d).*" + message, since)
        assert line


class TestForbiddenHeads:
    """F20 to F23"""

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(ANY_ERROR)

    @pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\nX-Evil: 1", "\u20ac", "\x7f", "\x1b"],
                             ids=["CR", "LF", "NUL", "split", "euro", "DEL", "ESC"])
    @pytest.mark.parametrize("place", ["status", "name", "value", "Content-Type"])
    def test_control_bytes_raise_value_error(self, site, place, bad):
        key = site.new_key()
        response = {
            "status": lambda: start(site, "200 O%sK" % bad, key=key),
            "name": lambda: start(site, headers=[("X-A%sB" % bad, "v")], key=key),
            "value": lambda: start(site, headers=[("X-A", "a%sb" % bad)], key=key),
            "Content-Type": lambda: start(site, headers=[("Content-Type", "text/%splain" % bad)], key=key),
        }[place]()
        assert response.status == 500
        assert response.header("X-Evil") is None
        assert site.notes(key)[0].startswith("ValueError")

    @pytest.mark.parametrize("name", ["", "X Y", "X:Y", "X(Y", "\u00e9"])
    def test_names_that_are_no_tokens(self, site, name):
        assert start(site, headers=[(name, "v")]).status == 500

    @pytest.mark.parametrize("name", ["Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer", "TE",
                                      "Proxy-Authenticate", "proxy-connection", "TRANSFER-ENCODING"])
    def test_hop_by_hop_headers_are_dropped_with_a_warning(self, site, server, name):
        since = server.log.position()
        response = start(site, headers=[(name, "x-evil"), ("X-Good", "1")])
        assert (response.status, response.body, response.complete) == (200, b"body", True)
        assert response.header("X-Good") == "1"
        assert "x-evil" not in str(response.headers)
        assert len(server.log.wait("PYW0600", since)) == 1

    def test_two_different_lengths_are_500(self, site):
        assert start(site, headers=[("Content-Length", "4"), ("Content-Length", "5")]).status == 500

    def test_the_same_length_twice_is_sent_once(self, site):
        response = start(site, headers=[("Content-Length", "4"), ("Content-Length", "4")])
        assert (response.status, response.all("Content-Length")) == (200, ["4"])

    @pytest.mark.parametrize("length", ["-1", "4x", "0x4", "", " ", "99999999999999999999999"])
    def test_lengths_that_are_no_numbers(self, site, length):
        assert start(site, headers=[("Content-Length", length)]).status == 500

    @pytest.mark.parametrize("status", ["100 Continue", "101 Switching Protocols", "199 X", "000 X", "099 X", "600 X",
                                        "999 X", "20 OK", "2000 OK", "OK", "", "200OK"])
    def test_statuses_that_may_not_be_sent(self, site, status):
        response = start(site, status)
        assert response.status == 500 and response.complete
