# SPDX-License-Identifier: Apache-2.0
"""The thread of a request that exceeds its deadline is reported, interrupted, and, if it does not react, replaced."""
import concurrent.futures
import re

import pytest
from deadline_site import TOO_LATE, DaemonSite

from pyw import processes, wait_for
from pyw.wait import elapsed

LATE = r"PYW0620: GET \S*%s\S* \[[^ \]]+\]: not answered in time \(request-timeout\): it waited 0\.\d+ s and has run for"
BOTH = """
    WSGIDaemonProcess app threads=4 request-timeout=500ms interrupt-timeout=%s
    WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    WSGIRequestTimeout 500ms
    <LocationMatch /(pid|work)>
        WSGIRequestTimeout 0
    </LocationMatch>
"""


@pytest.fixture
def site(server, mode):
    return DaemonSite(server, "/" + mode)


class TestInterrupted:
    CONFIG = BOTH % "30s"

    @pytest.fixture(autouse=True)
    def announced(self, server, site):
        server.allow_log(r"  File \"|PYW0620|PYW0243")
        assert site.get("/pid").status == 200     # httpd's child loads the application with its first request

    @pytest.mark.alone
    @pytest.mark.parametrize("path", ["/hold", "/excuse", "/iterate", "/near?after=0.3"])
    def test_the_client_has_its_answer_on_time(self, site, path):
        key = site.new_key()
        response, seconds = elapsed(lambda: site.get(path + ("&" if "?" in path else "?") + "key=" + key))
        assert response.status == 504 and seconds < (1.2 if "near" in path else 0.9)

    def test_an_application_that_catches_everything_gains_nothing(self, site):
        """In embedded mode the client has to wait until the application returns."""
        key = site.new_key()
        connection = site.connect()
        connection.start("GET", "%s/stubborn?key=%s" % (site.prefix, key))
        assert site.wait_notes(key, 2)[1] == "RequestTimeout"
        (site.httpd.data / (key + ".go")).touch()
        assert connection.read_response().status == 504

    def test_one_record_shows_the_stack_of_the_thread(self, server, site):
        since = server.log.position()
        site.get("/hold?key=none")
        line = server.log.wait(LATE % "/hold", since)[0]
        assert re.search(r"run for \d\.\d+ s; the thread is interrupted\. Its thread is at:$", line)
        lines = server.log.lines(since)
        stack = lines[lines.index(line) + 1:]
        assert re.search(r"app\.wsgi\", line \d+, in hold$", "\n".join(stack), re.MULTILINE)
        assert re.search(r"support\.py\", line \d+, in (dispatcher|application|wait_for_file)$", "\n".join(stack),
                         re.MULTILINE)

    def test_the_generator_is_closed(self, site):
        key = site.new_key()
        site.get("/trickle?key=" + key)
        assert site.wait_notes(key) == ["end"]

    def test_close_is_called(self, site):
        key = site.new_key()
        assert site.get("/iterate?key=" + key).status == 504
        assert site.wait_notes(key) == ["close"]

    def test_a_response_that_has_begun_is_cut(self, site):
        response = site.get("/stream?key=" + site.new_key())
        assert response.status == 200 and response.body == b"first" and not response.complete

    def test_no_error_follows_the_report(self, server, site):
        since, key = server.log.position(), site.new_key()
        site.get("/trickle?key=" + key)
        site.wait_notes(key)
        assert site.get("/pid").status == 200
        assert not server.log.find("PYW0603", since)

    def test_a_response_of_the_application_is_too_late(self, site):
        key = site.new_key()
        assert site.get("/excuse?key=" + key).status == 504
        assert site.wait_notes(key) == ["caught"]

    def test_the_deadline_is_in_environ(self, site):
        assert 0.3 < float(site.get("/deadline").body) <= 0.501

    def test_a_thread_that_returns_in_time_is_left_alone(self, server, site):
        since = server.log.position()
        assert site.get("/sleep?seconds=0.1&key=none").status == 200
        assert not server.log.find("PYW0620", since)


class TestNobodyElse:
    """The exception affects only one request of one thread."""
    CONFIG = BOTH.replace("threads=4", "threads=2") % "30s"

    def test_later_requests_of_the_thread_are_not_hit(self, server, site):
        server.allow_log(r"  File \"|PYW0620|PYW0275")
        paths = ["/near?after=%g" % (step / 1000) for step in range(-6, 7, 2)] + ["/near?after=0.05"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for _ in range(2):
                for late in [pool.submit(site.get, path) for path in paths]:
                    assert late.result().status in (200, 504)
                for later in [pool.submit(site.get, "/work") for _ in range(20)]:
                    assert later.result().status == 200
        assert not server.log.find("PYW0603")

    def test_a_request_beside_it_is_not_hit(self, server, site):
        server.allow_log(r"  File \"|PYW0620")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            late = pool.submit(site.get, "/hold?key=none")
            answers = [site.get("/work") for _ in range(30)]
            assert late.result().status == 504
        assert {answer.status for answer in answers} == {200}


class TestInterruptOff:
    CONFIG = """
        WSGIDaemonProcess app threads=2 request-timeout=300ms interrupt=Off interrupt-timeout=300ms
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    def test_reports_and_lets_go_on(self, server):
        server.expect_log(r"PYW0620: GET /hold.*the thread continues \(interrupt=Off\)")
        server.allow_log(r"  File \"")
        site = DaemonSite(server)
        held = site.hold()
        assert held.responses()[0].status == 504
        pid = int(site.get("/pid").body.split()[0])
        held.let_go()
        assert server.log.wait("PYW0620") and not server.log.find("PYW0623|PYW0321|PYW0603")
        assert int(site.get("/pid").body.split()[0]) == pid == held.pids[0]


class TestNoDeadline:
    CONFIG = """
        WSGIDaemonProcess app threads=2
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
    """

    def test_environ_has_none(self, site):
        assert site.get("/deadline").body == b"none"


class TestReplaced:
    """A thread that does not react: its worker is replaced, successor first, and its other requests end normally."""
    CONFIG = """
        WSGIDaemonProcess app threads=4 request-timeout=400ms interrupt-timeout=400ms
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
        <LocationMatch /(pid|hold)>
            WSGIRequestTimeout 0
        </LocationMatch>
    """
    WHY = {"/sleep?seconds=20": "it is blocked in C code", "/lock?seconds=20": "it is blocked in C code",
           "/stubborn?": r"it has caught pywsgi\.RequestTimeout and continues"}

    @pytest.mark.parametrize("path", sorted(WHY))
    def test_by_a_successor_that_is_ready_first(self, server, path):
        server.allow_log(r"  File \"|PYW0620|PYW0623")
        site = DaemonSite(server)
        pid = int(site.get("/pid").body.split()[0])
        beside = site.hold()
        since = server.log.position()
        key = site.new_key()
        response, seconds = elapsed(lambda: site.get(path + "&key=" + key))
        assert response.status == 504 and seconds < TOO_LATE
        line = server.log.wait(r"PYW0623: GET %s" % re.escape(path), since)[0]
        assert re.search(self.WHY[path], line) and "The worker is replaced" in line
        server.log.wait(r"PYW0321: worker %d .*a request in it does not end" % pid, since)
        successor = wait_for(lambda: self.other_than(site, pid), 10, "a successor")
        ready = server.log.wait(r"PYW0317: worker %d" % successor, since)[0]
        assert any(worker.pid == pid and processes.is_running(worker) for worker in server.workers())
        assert beside.finish()[0].status == 200
        end = server.log.wait(r"PYW0310: worker %d .*finished, except for requests that did not end" % pid, since)[0]
        lines = server.log.lines(since)
        assert lines.index(ready) < lines.index(end)
        (server.data / (key + ".go")).touch()

    def other_than(self, site, pid):
        found = int(site.get("/pid").body.split()[0])
        return found if found != pid else None


class TestTheGilIsHeld:
    CONFIG = """
        WSGIDaemonProcess app threads=4 request-timeout=400ms interrupt-timeout=800ms
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    def test_the_stacks_are_taken_without_it(self, server):
        server.allow_log(r"  File \"|PYW062\d|Thread 0x|Current thread|PYW0275|<no Python frame>")
        site = DaemonSite(server)
        pid = int(site.get("/pid").body.split()[0])
        since = server.log.position()
        response, seconds = elapsed(lambda: site.get("/hog?seconds=5&key=" + site.new_key()))
        assert response.status == 504 and seconds < 5
        server.log.wait(r"PYW0622: GET /hog.*Python's lock \(the GIL\) is not available", since)
        server.log.wait(r"app\.wsgi\", line \d+ in hog", since)
        server.log.wait(r"PYW0321: worker %d" % pid, since)
        wait_for(lambda: server.log.find(r"PYW0310: worker %d" % pid, since), 15)
