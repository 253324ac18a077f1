# SPDX-License-Identifier: Apache-2.0
"""SetHandler pywsgi-status: the groups, and the requests in flight, as a page and as JSON."""
import contextlib
import html.parser
import re

import pytest

from pyw import processes, wait_for
from pyw.paths import TOP

PREFIX = {"daemon": ("/app", "app"), "embedded": ("/embedded", "%{GLOBAL}")}


def report(server, path="/-/status"):
    response = server.get(path + "?json")
    assert (response.status, response.header("Content-Type")) == (200, "application/json")
    return response.json()


def requests(server, **options):
    return report(server, **options)["requests"]


@contextlib.contextmanager
def running(server, path, name):
    """Hold a request to `path` in the application."""
    with server.connect() as connection:
        connection.start("GET", "%s/wait?%s" % (path, name))
        mark = name.split("&")[0]
        wait_for(lambda: (server.data / ("begun." + mark)).exists())
        try:
            yield connection
        finally:
            (server.data / ("go." + mark)).touch()
        assert connection.read_response().status == 200


def members(value):
    """Return the names in an object of JSON and in all objects in it."""
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


class Text(html.parser.HTMLParser):
    """The cells of the page's tables; fails on an element that is not closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


class TestRequests:
    CONFIG = """
    WSGIDaemonProcess app threads=1
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    """

    def test_a_request_is_shown_while_it_runs(self, server, mode):
        prefix, group = PREFIX[mode]
        with running(server, prefix, "shown." + mode):
            [shown] = requests(server)
            assert shown["phase"] == "application" and shown["group"] == group and shown["method"] == "GET"
            assert shown["vhost"] == "127.0.0.1:%d" % server.port
            assert shown["url"] == prefix + "/wait?shown." + mode and shown["client"] == "127.0.0.1"
            assert 0 <= shown["age_ms"] < 60000
            assert shown["worker"] == (server.workers()[0].pid if mode == "daemon" else None)
        wait_for(lambda: not requests(server))

    def test_a_request_that_waits_is_queued_and_the_oldest_is_first(self, server):
        with running(server, "/app", "first"), server.connect() as second:
            second.start("GET", "/app/?second")
            wait_for(lambda: [shown["phase"] for shown in requests(server)] == ["application", "queued"])
            assert [shown["url"] for shown in requests(server)] == ["/app/wait?first", "/app/?second"]
            [group] = [group for group in report(server)["groups"] if group["name"] == "app"]
            assert (group["state"], group["workers"], group["threads"]) == ("running", 1, 1)
            assert (group["running"], group["waiting"]) == (1, 1)

    def test_an_upload_is_shown_before_it_is_complete(self, server):
        with server.connect() as connection:
            connection.send(b"POST /app/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab")
            wait_for(lambda: [(shown["phase"], shown["url"]) for shown in requests(server)] == [("body", "/app/upload")])
            connection.send(b"c")
            assert connection.read_response().body == b"3"

    def test_the_query_can_be_hidden(self, server):
        with running(server, "/app", "secret"):
            assert requests(server)[0]["url"] == "/app/wait?secret"
            assert requests(server, path="/-/status-without-query")[0]["url"] == "/app/wait"

    def test_a_child_that_was_killed_shows_nothing(self, server):
        server.allow_log("exit signal Killed|AH00052")
        with server.connect() as connection:
            connection.start("GET", "/app/wait?killed")
            wait_for(lambda: (server.data / "begun.killed").exists())
            children = server.children()
            processes.kill(children)
            (server.data / "go.killed").touch()
            wait_for(lambda: server.children() and not requests(server))

    def test_the_counters_of_a_group(self, server):
        def count():
            return {group["name"]: group["requests"] for group in report(server)["groups"]}["app"]
        before = count()
        server.get("/app/none")
        wait_for(lambda: count()["4xx"] == before["4xx"] + 1)
        assert count()["2xx"] == before["2xx"]


    def test_the_documentation_has_all_members(self, server):
        pages = "".join((TOP / "docs" / "reference" / name).read_text() for name in ("status.md", "metrics.md"))
        with running(server, "/app", "members"):
            assert [name for name in members(report(server)) if not re.search('[`"]%s[`"]' % name, pages)] == []


class TestPage:
    CONFIG = TestRequests.CONFIG

    def test_it_is_well_formed_and_shows_the_same(self, server):
        with running(server, "/app", "page"):
            response = server.get("/-/status")
            assert response.header("Content-Type") == "text/html; charset=utf-8"
            cells = Text(response.body.decode()).cells
            assert "app" in cells and "running" in cells and "/app/wait?page" in cells and "127.0.0.1" in cells

    @pytest.mark.parametrize("name, evil", [("tag", "<script>alert(1)</script>"), ("quotes", "\"'&amp;")])
    def test_bytes_of_clients_are_escaped(self, server, name, evil):
        with running(server, "/app", "%s&%s" % (name, evil)):
            url = "/app/wait?%s&%s" % (name, evil)
            assert [shown["url"] for shown in requests(server)] == [url]
            page = server.get("/-/status").body.decode()
            assert url in Text(page).cells and "<script>" not in page

    def test_bytes_that_are_no_text_are_shown_as_in_the_log(self, server):
        name = "bytes"
        with server.connect() as connection:
            connection.send(b"GET /app/wait?bytes&\xff\xc2\x9b\xe2\x80\xae\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_for(lambda: (server.data / ("begun." + name)).exists())
            cells = Text(server.get("/-/status").body.decode()).cells
            assert r"/app/wait?bytes&\xff\xc2\x9b\xe2\x80\xaeé" in cells
            (server.data / ("go." + name)).touch()
            assert connection.read_response().status == 200

    def test_it_loads_nothing_from_elsewhere(self, server):
        response = server.get("/-/status")
        assert response.header("Content-Security-Policy") .startswith("default-src 'none'; style-src 'unsafe-inline'")
        assert b"src=" not in response.body and b"http://" not in response.body
