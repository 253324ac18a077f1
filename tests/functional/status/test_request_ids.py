# SPDX-License-Identifier: Apache-2.0
"""A request has one id: in environ, in both logs, on error pages, on the status page and in exit reports."""
import os
import re
import signal

import pytest
from status_site import APPLICATION

from pyw import wait_for

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

LOGS = """
LogFormat "%U log=%L note=%{pywsgi-id}n error=%{PYWSGI_ERROR_ID}e" ids
CustomLog ${ROOT}/access.log ids
ErrorLogFormat "[%t] [%-m:%l] [pid %P:tid %T] [log=%L] [client\\ %a] %M"
"""

APP = APPLICATION.replace('if path == "/sleep":', """if path == "/id":
        start_response("200 OK", [])
        return [environ["mod_wsgi.request_id"].encode(), b" ", environ.get("UNIQUE_ID", "-").encode(), b" ",
                environ.get("HTTP_TRACEPARENT", "-").encode(), b" ",
                environ.get("REDIRECT_PYWSGI_ERROR_ID", "-").encode()]
    if path == "/raise":
        raise KeyError("raised")
    if path == "/sleep":""")
assert APP != APPLICATION

ALIASES = """
WSGIDaemonProcess app threads=4
WSGIScriptAlias /embedded ${APPS}/app.wsgi
WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
"""


class Site:
    """Requests to one mode, and their lines in the access log."""

    def __init__(self, server, mode):
        self.server, self.prefix = server, "/" + mode

    def get(self, path, headers=()):
        before = len(self.lines(path))
        response = self.server.get(self.prefix + path, headers)
        self.logged = self.fields(path, before)
        return response

    def lines(self, path):
        lines = (self.server.root / "access.log").read_text().splitlines()
        return [line for line in lines if line.startswith(self.prefix + path.partition("?")[0] + " ")]

    def fields(self, path, before=0):
        """Wait for another line of the path, and return {"log": ..., "note": ..., "error": ...}."""
        return dict(re.findall(r"(\w+)=(\S+)", wait_for(lambda: self.lines(path)[before:])[-1]))


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(request.cls.CONFIG + LOGS, apps={"app.wsgi": APP}, modules=getattr(request.cls, "MODULES", ()))


@pytest.fixture(params=["daemon", "embedded"])
def site(request, server):
    return Site(server, request.param)


def error_id(response):
    """Return the id on an error page."""
    return re.search(rb"Error id: <code>([^<]+)</code>", response.body)[1].decode()


class TestOwnId:
    CONFIG = ALIASES

    def test_environ_and_the_access_log_agree(self, site):
        identifier = site.get("/id").body.split()[0].decode()
        assert site.logged == {"log": identifier, "note": identifier, "error": "-"}

    def test_a_header_of_the_client_is_no_id(self, site):
        assert site.get("/id", [("X-Request-Id", "mine")]).body.split()[0] != b"mine"

    def test_the_application_gets_the_traceparent(self, site):
        assert site.get("/id", [("traceparent", TRACEPARENT)]).body.split()[2].decode() == TRACEPARENT

    @pytest.mark.parametrize("text", [TRACEPARENT + "0", TRACEPARENT[:-1], TRACEPARENT.upper(), TRACEPARENT.replace("4", "g"),
                                      "ff" + TRACEPARENT[2:], "evil] [id 1"])
    def test_a_malformed_traceparent_reaches_no_log(self, site, text):
        site.server.expect_log("PYW0603|Traceback|  File|    |KeyError")
        since = site.server.log.position()
        assert site.get("/raise", [("traceparent", text)]).status == 500
        line, = site.server.log.wait("PYW0603", since)
        assert line.endswith("[id %s]" % site.logged["log"])


class TestUniqueId:
    CONFIG = ALIASES + "WSGIRequestIdHeader X-Request-Id\nWSGITrustedProxies 127.0.0.1\n"
    MODULES = ("unique_id",)

    def test_the_id_is_that_of_mod_unique_id(self, site):
        identifier, unique, _, _ = site.get("/id").body.decode().split()
        assert identifier == unique and len(identifier) == 27
        assert site.logged == {"log": identifier, "note": identifier, "error": "-"}

    def test_mod_unique_id_takes_that_of_the_proxy(self, site):
        identifier, unique, _, _ = site.get("/id", [("X-Request-Id", "proxy-1")]).body.decode().split()
        assert identifier == unique == site.logged["log"] == "proxy-1"


class TestHeader:
    CONFIG = ALIASES + """
    WSGIRequestIdHeader X-Request-Id
    WSGITrustedProxies 127.0.0.1
    """

    @pytest.mark.parametrize("identifier", ["7b0a7b5e-7b0f-4d0e-8a3a-0123456789ab", "Root=1-67891233-abcdef0123456789:a",
                                            "x" * 64])
    def test_the_id_is_that_of_the_proxy(self, site, identifier):
        assert site.get("/id", [("X-Request-Id", identifier)]).body.split()[0].decode() == identifier
        assert site.logged == {"log": identifier, "note": identifier, "error": "-"}

    @pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a\tb", "<b>", "a\"b", "a\\x0a", "caf\xe9", "a, b", "a]"])
    def test_other_text_is_no_id(self, site, text):
        found = site.get("/id", [("X-Request-Id", text)]).body.split()[0].decode()
        assert re.fullmatch(r"[\w+/]{11}", found)
        assert site.logged["log"] == found

    def test_a_failure_shows_it(self, site):
        site.server.expect_log("PYW0603.*id proxy-9|Traceback|  File|    |KeyError")
        assert error_id(site.get("/raise", [("X-Request-Id", "proxy-9")])) == "proxy-9"


class TestUntrustedProxy:
    CONFIG = ALIASES + "WSGIRequestIdHeader X-Request-Id\nWSGITrustedProxies 10.0.0.0/8\n"

    def test_the_header_is_not_read(self, site):
        assert site.get("/id", [("X-Request-Id", "mine")]).body.split()[0] != b"mine"


class TestErrorDocument:
    CONFIG = ALIASES + """
    ErrorDocument 500 "sorry: %{reqenv:PYWSGI_ERROR_ID}"
    ErrorDocument 503 /embedded/id
    WSGIScriptAlias /closed ${APPS}/app.wsgi process-group=closed
    WSGIDaemonProcess closed threads=1 queue-limit=0
    """

    def test_a_text_may_contain_the_id(self, site):
        site.server.expect_log("PYW0603|Traceback|  File|    |KeyError")
        assert site.get("/raise").body.decode() == "sorry: " + site.logged["error"]
        assert site.logged["error"] == site.logged["log"]

    def test_an_application_gets_the_id_of_the_request_that_failed(self, server):
        server.wait_for_workers()
        server.expect_log(r"PYW0262.*\[id ")
        with server.connect() as busy:
            busy.start("GET", "/closed/wait?busy")
            wait_for(lambda: (server.data / "begun.busy").exists())
            response = server.get("/closed/refused")
            (server.data / "go.busy").touch()
            assert busy.read_response().status == 200
        identifier, _, _, error = response.body.decode().split()
        assert error == identifier
        assert Site(server, "closed").fields("/refused")["log"] == identifier


class TestFailures:
    """Kinds of failure: the client's page, httpd's records and those of the group have the same id."""
    CONFIG = ALIASES + """
    WSGIDaemonProcess one threads=1 queue-limit=0
    WSGIScriptAlias /one ${APPS}/app.wsgi process-group=one
    WSGIDaemonProcess slow threads=2
    WSGIScriptAlias /slow ${APPS}/app.wsgi process-group=slow
    <Location /slow>
        WSGIRequestTimeout 1
    </Location>
    """

    @pytest.fixture(autouse=True)
    def ready(self, server):
        server.wait_for_workers()

    def fail(self, server, path, status, headers=()):
        """Return the id of a request that fails, from its page, after the comparison with both fields of the log."""
        site = Site(server, path.split("/")[1])
        response = site.get("/" + path.split("/", 2)[2], headers)
        identifier = error_id(response)
        assert response.status == status
        assert site.logged == {"log": identifier, "note": identifier, "error": identifier}
        return identifier

    @pytest.mark.parametrize("mode", ["daemon", "embedded"])
    def test_an_exception(self, server, mode):
        server.expect_log("PYW0603|Traceback|  File|    |KeyError")
        identifier = self.fail(server, "/%s/raise" % mode, 500)
        line, = server.log.find(r"PYW0603.*\[id %s\]$" % re.escape(identifier))
        assert "[log=%s]" % identifier in line

    def test_a_worker_that_is_killed(self, server):
        server.expect_log("PYW0243|PYW0310")
        pid = server.workers("one")[0].pid
        with server.connect() as connection:
            connection.start("GET", "/one/wait?killed", [("traceparent", TRACEPARENT)])
            wait_for(lambda: (server.data / "begun.killed").exists())
            server.wait_for_look()
            os.kill(pid, signal.SIGKILL)
            identifier = error_id(connection.read_response())
        server.log.wait(r"PYW0310.*GET /one/wait\?killed \(id %s\)" % re.escape(identifier))
        line, = server.log.wait("PYW0243")
        assert line.endswith("[id %s, traceparent %s]" % (identifier, TRACEPARENT))

    def test_a_full_queue(self, server):
        server.expect_log("PYW0262")
        with server.connect() as busy:
            busy.start("GET", "/one/wait?full")
            wait_for(lambda: (server.data / "begun.full").exists())
            identifier = self.fail(server, "/one/refused", 503)
            (server.data / "go.full").touch()
            assert busy.read_response().status == 200
        assert server.log.wait(r"PYW0262.*\[id %s\]$" % re.escape(identifier))

    def test_a_deadline(self, server):
        server.expect_log("PYW0620|  File|Thread|    ")
        identifier = self.fail(server, "/slow/wait?late", 504, [("traceparent", TRACEPARENT)])
        about = "%s, traceparent %s]" % (re.escape(identifier), TRACEPARENT)
        assert server.log.wait(r"PYW0620.*GET /slow/wait\?late \[" + about)
        assert server.log.wait(r"PYW0276.*\[id " + about)
        (server.data / "go.late").touch()

    def test_a_client_that_leaves_while_it_waits(self, server):
        site = Site(server, "slow")
        with server.connect() as one, server.connect() as two:
            for connection, name in ((one, "first"), (two, "second")):
                connection.start("GET", "/slow/wait?" + name)
                wait_for(lambda: (server.data / ("begun." + name)).exists())
            with server.connect() as gone:
                gone.start("GET", "/slow/gone")
            line = server.log.wait(r"PYW0263.*\[id .*\]$")[-1]
            for name in ("first", "second"):
                (server.data / ("go." + name)).touch()
            assert one.read_response().status == two.read_response().status == 200
        assert site.fields("/gone")["log"] == re.search(r"\[id (.*)\]$", line)[1]
