# SPDX-License-Identifier: Apache-2.0
"""environ['wsgi.early_hints'] sends 103 (RFC 8297) before the response."""
import shutil
import subprocess

import pytest

APP = "hints.wsgi"
LINKS = ["</style.css>; rel=preload; as=style", "</app.js>; rel=preload; as=script"]


def interim(response):
    return [(head.status, head.reason, [value for name, value in head.headers]) for head in response.interim]


class TestEarlyHints:
    def test_come_ahead_of_the_response(self, site):
        response = site.get("/hints")
        assert (response.status, response.body) == (200, b"hello")
        assert interim(response) == [(103, "Early Hints", LINKS)]
        assert response.header("Link") == LINKS[1]

    def test_come_at_once(self, site):
        with site.connect() as connection:
            connection.send(("POST %s/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n" % site.prefix).encode())
            if site.mode == "embedded":  # in daemon mode the body is collected first
                assert connection.read_head().status == 103
            connection.send(b"hello")
            assert connection.read_response().body == b"5"

    def test_come_as_often_as_they_are_sent(self, site):
        assert interim(site.get("/twice")) == [(103, "Early Hints", [link]) for link in LINKS]

    def test_without_headers_nothing_is_sent(self, site):
        response = site.get("/nothing")
        assert response.body == b"hello" and not response.interim

    @pytest.mark.parametrize("what, error", [
        ("newline", "ValueError"), ("nul", "ValueError"), ("name", "ValueError"), ("no name", "ValueError"),
        ("bytes", "TypeError"), ("latin", "ValueError"), ("tuple", "TypeError"), ("list", "TypeError"),
        ("three", "TypeError"), ("hop", "ValueError"), ("length", "ValueError"), ("large", "ValueError"),
        ("none", "TypeError"), ("dict", "TypeError")])
    def test_invalid_ones_raise_and_nothing_is_sent(self, site, what, error):
        response = site.get("/bad?what=" + what.replace(" ", "%20"))
        assert response.body.decode() == error and not response.interim

    def test_behind_the_head_they_raise(self, site):
        response = site.get("/late")
        assert b"after the head" in response.body and not response.interim

    def test_after_the_request_they_raise(self, site):
        with site.connect() as connection:      # one process for both requests
            assert connection.request("GET", site.prefix + "/keep").body == b"kept"
            assert b"after the end of its request" in connection.request("GET", site.prefix + "/use_kept").body

    def test_a_client_of_http_1_0_gets_none(self, site):
        with site.connect() as connection:
            connection.send(("GET %s/hints HTTP/1.0\r\nHost: x\r\n\r\n" % site.prefix).encode())
            response = connection.read_response()
        assert (response.status, response.body, response.interim) == (200, b"hello", [])

    def test_the_connection_is_kept(self, site):
        with site.connect() as connection:
            for _ in range(3):
                response = connection.request("GET", site.prefix + "/hints")
                assert len(response.interim) == 1 and response.body == b"hello"

    def test_head_and_an_expected_continue(self, site):
        assert len(site.request("HEAD", "/hints").interim) == 1
        with site.connect() as connection:
            connection.send(("POST %s/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                             % site.prefix).encode())
            statuses = [connection.read_head().status]
            if statuses == [103]:
                statuses.append(connection.read_head().status)
            assert statuses[-1] == 100
            connection.send(b"hello")
            response = connection.read_response()
            assert response.body == b"5"
            assert 103 in statuses + [head.status for head in response.interim]

    def test_a_server_error_page_is_not_disturbed(self, site):
        response = site.get("/override")
        assert response.status == 404 and response.body == b"no such thing" and len(response.interim) == 1


@pytest.mark.skipif(not shutil.which("curl") or "HTTP2" not in subprocess.run(
    ["curl", "--version"], stdout=subprocess.PIPE, text=True).stdout, reason="curl without HTTP/2")
class TestHttp2:
    MODULES = ("http2",)
    CONFIG = "Protocols h2c http/1.1\nH2EarlyHints on\n"

    def test_come_ahead_of_the_response(self, server, site):
        server.allow_log(r"\[http2:")
        result = subprocess.run(
            ["curl", "-sv", "--http2-prior-knowledge", "http://127.0.0.1:%d%s/hints" % (server.port, site.prefix)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        heads = [line[2:].strip() for line in result.stderr.splitlines() if line.startswith("< ")]
        assert heads[0].startswith("HTTP/2 103") and "HTTP/2 200" in [head[:10] for head in heads], result.stderr
        before = heads[:heads.index(next(head for head in heads if head.startswith("HTTP/2 200")))]
        assert [head for head in before if head.lower().startswith("link:")] == ["link: " + ", ".join(LINKS)]
        assert result.stdout == "hello"
