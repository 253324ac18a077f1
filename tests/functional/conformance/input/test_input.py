# SPDX-License-Identifier: Apache-2.0
"""wsgi.input: the methods of PEP 3333, and the ways in which a body arrives."""
import hashlib
import os
import subprocess

import pytest

APP = "input.wsgi"
LINES = b"first\nsecond\n\nlast"


@pytest.fixture(params=["length", "chunked"])
def chunked(request):
    return request.param == "chunked"


class TestMethods:
    @pytest.mark.parametrize("do, expected", [
        ("read", ["first\nsecond\n\nlast"]),
        ("read:-1", ["first\nsecond\n\nlast"]),
        ("read:None", ["first\nsecond\n\nlast"]),
        ("read:3,read:4,read", ["fir", "st\ns", "econd\n\nlast"]),
        ("read:100,read:100,read", ["first\nsecond\n\nlast", "", ""]),
        ("read:0,read:1", ["", "f"]),
        ("readline,readline,readline,readline,readline", ["first\n", "second\n", "\n", "last", ""]),
        ("readline:3,readline:100,readline:-1", ["fir", "st\n", "second\n"]),
        ("readline:0,readline:6", ["", "first\n"]),
        ("readlines", [["first\n", "second\n", "\n", "last"]]),
        ("readlines:1,readlines", [["first\n"], ["second\n", "\n", "last"]]),
        ("readlines:7,read", [["first\n", "second\n"], "\nlast"]),
        ("iterate,iterate", [["first\n", "second\n", "\n", "last"], []]),
        ("readline,read:3,iterate", ["first\n", "sec", ["ond\n", "\n", "last"]]),
    ])
    def test_results(self, site, chunked, do, expected):
        assert site.post("/calls?do=" + do, LINES, chunked=chunked).json() == expected

    def test_without_a_body_there_is_the_end_at_once(self, site):
        assert site.get("/calls?do=read,readline,readlines,iterate").json() == ["", "", [], []]

    def test_an_empty_body(self, site, chunked):
        assert site.post("/calls?do=read,read", b"", chunked=chunked).json() == ["", ""]

    def test_usable_during_the_request_only(self, site):
        with site.connect() as connection:      # one process for both requests
            assert connection.request("POST", site.prefix + "/keep", body=b"x").body == b"kept"
            assert connection.request("GET", site.prefix + "/use_kept").body == b"RuntimeError"


class TestBodies:
    CONFIG = """
        Protocols h2c http/1.1
        <LocationMatch "/limited/">
            LimitRequestBody 1000
        </LocationMatch>
        WSGIScriptAlias /daemon/limited ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/limited ${APPS}/app.wsgi
        WSGIScriptAlias /daemon/unchunked ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/unchunked ${APPS}/app.wsgi
        <LocationMatch "/unchunked/">
            WSGIChunkedRequest Off
        </LocationMatch>
        WSGIDaemonProcess streaming request-buffer=0 request-spool=0 python-path=${APPS}
        WSGIScriptAlias /daemon/streaming ${APPS}/app.wsgi process-group=streaming
        WSGIScriptAlias /embedded/streaming ${APPS}/app.wsgi
    """
    MODULES = ("http2",)

    @pytest.mark.parametrize("block", [1000, 65536, 1 << 20, -1])
    def test_one_mebibyte(self, site, chunked, block):
        body = os.urandom(1 << 20)
        blocks = [body[i:i + 50000] for i in range(0, len(body), 50000)] if chunked else body
        size, digest = site.request("POST", "/digest?block=%d" % block, [], blocks, chunked).json()
        assert (size, digest) == (len(body), hashlib.sha256(body).hexdigest())

    @pytest.mark.parametrize("do", ["read", "read:2000000"])
    @pytest.mark.parametrize("size", [65535, 65536, 65537, 70000, 81919, 81920, 81921, 131073, 1048577])
    def test_one_read_returns_a_body_of_any_size(self, site, chunked, size, do):
        body = "".join("%07d\n" % i for i in range(size // 8 + 1))[:size]
        assert site.post("/calls?do=%s,read" % do, body.encode(), chunked=chunked).json() == [body, ""]

    def test_a_body_in_single_bytes(self, site, chunked):
        with site.connect() as connection:
            framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 5"
            head = "POST %s/calls?do=read HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (site.prefix, framing)
            connection.send(head.encode())
            for byte in (b"h", b"e", b"l", b"l", b"o"):
                connection.send_chunk(byte) if chunked else connection.send(byte)
            if chunked:
                connection.send(b"0\r\n\r\n")
            assert connection.read_response().json() == ["hello"]

    def test_the_application_reads_while_the_client_sends(self, site):
        with site.connect() as connection:
            head = "POST %s/streaming/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % site.prefix
            connection.send(head.encode())
            connection.send_chunk(b"one\n")
            assert connection.read_head().status == 200
            assert connection.read_chunk() == b"one\n"
            connection.send_chunk(b"two\n")
            assert connection.read_chunk() == b"two\n"
            connection.send(b"0\r\n\r\n")
            assert connection.read_chunk() == b""

    def test_an_answer_before_the_body_is_read_reaches_the_client_at_once(self, site):
        with site.connect(timeout=5) as connection:
            head = "POST %s/streaming/ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc" % site.prefix
            connection.send(head.encode())
            response = connection.read_response("POST")
            assert (response.status, response.body) == (200, b"not read")

    def test_an_unread_body_does_not_disturb_the_next_request(self, site, chunked):
        with site.connect() as connection:
            response = connection.request("POST", site.prefix + "/ignore", body=b"x" * 200000, chunked=chunked)
            assert response.body == b"not read"
            assert connection.request("POST", site.prefix + "/calls?do=read", body=b"next").json() == ["next"]

    @pytest.mark.parametrize("way", ["", "/streaming"])
    def test_100_continue_is_sent_once(self, site, way):
        """100 Continue is sent when httpd begins to collect the body, or else when the application reads."""
        with site.connect() as connection:
            connection.send(("POST %s%s/calls?do=read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                             "Expect: 100-continue\r\n\r\n" % (site.prefix, way)).encode())
            assert connection.read_head().status == 100
            connection.send(b"body")
            response = connection.read_response()
            assert (response.json(), response.interim) == (["body"], [])

    def test_100_continue_does_not_come_in_the_middle_of_the_response(self, site):
        with site.connect() as connection:
            connection.send(("POST %s/streaming/begin HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                             "Expect: 100-continue\r\n\r\nbody" % site.prefix).encode())
            response = connection.read_response()
            assert (response.status, response.body, response.interim) == (200, b"begun body", [])

    def test_limit_request_body_refuses_before_the_application_runs(self, site):
        key = site.new_key()
        assert site.post("/limited/ran?key=" + key, b"x" * 2000).status == 413
        assert site.notes(key) == []

    def test_limit_request_body_holds_for_a_chunked_body(self, site, server, mode):
        server.allow_log(r"AH01588|AH10414|OSError|Traceback|File \"|wsgi\.input|PYW06")
        key = site.new_key()
        response = site.request("POST", "/limited/ran?key=" + key, [], [b"x" * 500] * 4, chunked=True)
        assert response.status == 413
        assert "read all" not in site.notes(key)
        if mode == "daemon":
            assert site.notes(key) == [], "it is refused before the application runs"

    def test_chunked_requests_may_be_switched_off(self, site):
        assert site.post("/unchunked/ignore", b"x", chunked=True).status == 411

    def test_http2_upload_without_a_length(self, site, server):
        body = os.urandom(300000)
        result = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "-X", "POST", "-T", "-",
             "http://127.0.0.1:%d%s/digest" % (server.port, site.prefix)], input=body,
            stdout=subprocess.PIPE, check=True)
        assert hashlib.sha256(body).hexdigest().encode() in result.stdout
