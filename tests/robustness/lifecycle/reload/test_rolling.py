# SPDX-License-Identifier: Apache-2.0
"""New code that does not load, Pythons that do not start, and SIGUSR1: meanwhile requests get the old code."""
import os
import re
import signal
import subprocess

import pytest
from lifecycle_site import DaemonSite
from traffic import Clients

from pyw import wait_for

SCRIPT = """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"%s"]
"""
BROKEN = "raise RuntimeError('announced')\n"
ANNOUNCED = r"PYW0316|PYW035[78]|PYW0317|PYW0610|PYW0310|PYW0420|Traceback|File \"|raise|RuntimeError"
# The second group is a clock: its worker is replaced every few seconds, so that a test sees that time has passed.
CONFIG = """
    WSGIDaemonProcess app %s
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    WSGIDaemonProcess clock threads=1 restart-interval=2s restart-interval-jitter=0
    WSGIScriptAlias /clock ${APPS}/clock.wsgi process-group=clock
"""


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(CONFIG % request.cls.OPTIONS, apps={"app.wsgi": SCRIPT % "one", "clock.wsgi": SCRIPT % "clock"})


def write(server, text):
    path = server.apps / "app.wsgi"
    when = path.stat().st_mtime_ns + 1_000_000_000
    (server.apps / "new").write_text(text)
    os.utime(server.apps / "new", ns=(when, when))
    (server.apps / "new").rename(path)


def workers(server):
    return {worker.pid for worker in server.workers("app")}


class TestBrokenScript:
    OPTIONS = "processes=3 threads=2 reload-overlap=2"

    @pytest.fixture(autouse=True)
    def settled(self, server):
        """A replacement of earlier code is complete."""
        server.wait_for_workers()

    def test_it_is_loaded_once_and_said_once_until_it_changes(self, server):
        site = DaemonSite(server)
        wait_for(lambda: len(workers(server)) == 3)
        pids, before = workers(server), site.get("/").body
        server.allow_log(ANNOUNCED)
        since = server.log.position()
        with Clients(site, "/") as clients:
            write(server, BROKEN)
            line, = server.log.wait("PYW0316", since)
            server.log.wait("PYW0321.*'clock'", server.log.position(), 15)
            server.log.wait("PYW0321.*'clock'", server.log.position(), 15)
        assert set(clients.answers) == {(200, before)}
        assert "still serving the code of 20" in line
        assert len(server.log.find("PYW0316|PYW0358", since)) == 1
        assert len(server.log.find("PYW0318", since)) == 1
        assert 1 <= len(server.log.find("Traceback", since)) <= 2, "as many as start at a time"
        assert workers(server) == pids

    def test_the_next_change_is_the_next_try(self, server):
        site = DaemonSite(server)
        server.allow_log(ANNOUNCED)
        since = server.log.position()
        write(server, BROKEN + "#")
        server.log.wait("PYW0316", since, 20)
        with Clients(site, "/") as clients:
            write(server, SCRIPT % "two")
            wait_for(lambda: clients.answers and clients.answers[-1] == (200, b"two"), 20)
            wait_for(lambda: len(workers(server)) == 3 and
                     len(server.log.find("PYW0317.*'app' is ready", since)) == 3, 20)
        assert clients.statuses() == {200}


class TestOneFailsAmongOthers:
    """A worker dies, and its successor finds a broken script: the others continue alone."""
    OPTIONS = "processes=2 threads=2"

    def test_nobody_gets_500(self, server):
        site = DaemonSite(server)
        wait_for(lambda: len(server.log.find("PYW0317.*'app' is ready")) == 2)
        server.allow_log(ANNOUNCED)
        since = server.log.position()
        old = workers(server)
        script = server.apps / "app.wsgi"
        stamp = script.stat()
        script.write_text((BROKEN + "#" * 200)[:stamp.st_size])
        os.utime(script, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        os.kill(min(old), signal.SIGKILL)
        with Clients(site, "/") as clients:
            server.log.wait("PYW0358", since, 20)
        assert set(clients.answers) == {(200, b"one")}
        write(server, SCRIPT % "repaired")
        wait_for(lambda: len(workers(server) - old) == 2 and site.get("/").body == b"repaired", 30)


class TestSignals:
    OPTIONS = "threads=4"

    def test_usr1_replaces_the_worker_successor_first(self, server):
        site = DaemonSite(server)
        site.get("/")
        pid, = workers(server)
        server.log.wait("PYW0317: worker %d" % pid)
        since = server.log.position()
        with Clients(site, "/") as clients:
            os.kill(pid, signal.SIGUSR1)
            server.log.wait(r"PYW0354: worker %d of group 'app' is replaced: it got SIGUSR1 or SIGINT" % pid, since)
            server.log.wait("PYW0310: worker %d" % pid, since)
        assert clients.statuses() == {200}
        ready = server.log.find("PYW0317.*'app' is ready|PYW0310: worker %d" % pid, since)
        assert "PYW0317" in ready[0] and re.search(r"\((DRAINING|FINISHING)\) finished", ready[1])

    def test_term_stops_it_and_another_one_is_started(self, server):
        site = DaemonSite(server)
        site.get("/")
        pid, = workers(server)
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: workers(server) and pid not in workers(server))
        assert site.get("/").status == 200


class TestVirtualEnvironmentReplaced:
    """A deployment moves the virtual environment away, triggers a reload, and installs the new environment later."""

    def test_the_old_workers_serve_until_python_starts_again(self, make_httpd):
        server = make_httpd("", apps={"app.wsgi": SCRIPT % "one"}, start=False)
        home = server.root / "venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(home)], check=True)
        server.configure("WSGIDaemonProcess app threads=2 python-home=%s reload-on=${APPS}/restart.txt\n"
                         "WSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n" % home)
        server.start()
        site = DaemonSite(server)
        assert site.get("/").status == 200
        before = workers(server)
        server.allow_log(ANNOUNCED)
        since = server.log.position()
        with Clients(site, "/") as clients:
            home.rename(server.root / "away")
            (server.apps / "restart.txt").touch()
            line, = server.log.wait("PYW0357", since, 20)
            assert "still serving the code of 20" in line
            assert workers(server) & before
            (server.root / "away").rename(home)
            wait_for(lambda: workers(server) and not workers(server) & before, 20)
        assert set(clients.answers) == {(200, b"one")}


WARM = """
asked = []

def application(environ, start_response):
    asked.append(environ["PATH_INFO"] + "?" + environ["QUERY_STRING"] + environ.get("HTTP_USER_AGENT", ""))
    start_response("%s", [])
    return [b"%s ", asked[0].encode()]
"""


class TestWarmup:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        options = "threads=2 warmup=/health%20check?full=1"
        return make_httpd(CONFIG % options, apps={"app.wsgi": WARM % ("200 OK", "one"), "clock.wsgi": SCRIPT % "clock"})

    @pytest.fixture(autouse=True)
    def one(self, server):
        """Other tests of the class may have deployed other code."""
        if not server.get("/").body.startswith(b"one "):
            write(server, WARM % ("200 OK", "one"))
            wait_for(lambda: server.get("/").body.startswith(b"one "))

    def test_it_is_the_first_request_of_every_worker(self, server):
        assert server.get("/").body == b"one /health check?full=1pywsgid (warmup)"
        server.log.wait("PYW0356: warmup: /health%20check.full=1 was answered with 200 in")

    def test_a_status_of_500_leaves_the_old_code_serving(self, server):
        server.allow_log(ANNOUNCED + "|PYW0355")
        since = server.log.position()
        with Clients(DaemonSite(server), "/") as clients:
            write(server, WARM % ("500 Oops", "two"))
            server.log.wait("PYW0355: warmup: .* was answered with 500: ", since)
            server.log.wait("PYW0316: .* still serving the code of", since)
        assert all(body.startswith(b"one ") for body in clients.bodies()) and clients.statuses() == {200}

    def test_so_does_an_exception(self, server):
        server.allow_log(ANNOUNCED + r"|PYW0355|PYW06|ZeroDivisionError|1 / 0|~\^~")
        since = server.log.position()
        write(server, "def application(environ, start_response):\n    1 / 0\n")
        server.log.wait("PYW0355: warmup: .* was answered with 500: ", since)
        server.log.wait("PYW0316", since)
        assert server.log.find("ZeroDivisionError", since)
        assert server.get("/").body.startswith(b"one ")

    def test_404_is_good_enough(self, server):
        write(server, WARM % ("404 Not Found", "three"))
        wait_for(lambda: server.get("/").body.startswith(b"three "), 20)


class TestWarmupThatDoesNotReturn:
    OPTIONS = "threads=2 warmup=/ startup-timeout=2s"

    def test_startup_timeout_ends_it_and_the_old_code_serves(self, server):
        assert server.get("/").body == b"one"
        server.allow_log(ANNOUNCED + "|PYW0314|PYW0315|PYW0480|PYW0423")
        since = server.log.position()
        write(server, "import time\n\ndef application(environ, start_response):\n    time.sleep(60)\n")
        server.log.wait("PYW0314", since, 20)
        server.log.wait("PYW0357", since)
        assert server.get("/").body == b"one"
