# SPDX-License-Identifier: Apache-2.0
"""Timers that protect a group: a Python that does not respond, and requests that delay the end of their worker."""
import os

import pytest
from lifecycle_site import APPS, ONE, DaemonSite

from pyw import processes, wait_for

RECORDS = r"PYW0422|PYW0423|PYW0322|PYW0310|PYW024\d"


class TestDeadlock:
    """F8"""
    OPTIONS = "threads=4 deadlock-timeout=1s"

    @pytest.fixture(scope="class")
    def stuck(self, server):
        """Return the worker that hangs, the request that caused it, and another running request."""
        server.allow_log(RECORDS)
        site = DaemonSite(server)
        beside = site.hold()
        held = site.hold("/stuck_in_c")
        assert held.pids == beside.pids
        return beside, held

    def test_its_clients_get_502(self, stuck):
        beside, held = stuck
        assert [response.status for response in beside.responses() + held.responses()] == [502, 502]

    def test_the_log_has_the_stacks(self, server, stuck):
        pid = stuck[1].pids[0]
        assert server.log.wait(r"\[pid %d[:\]].*PYW0422.*1 s" % pid)
        assert server.log.wait(r"PYW0423.*app\.wsgi.*in stuck_in_c")
        assert server.log.wait(r"PYW0423.*app\.wsgi.*in hold")

    def test_it_is_replaced_and_killed(self, server, site, stuck):
        pid = stuck[1].pids[0]
        assert server.log.wait(r"PYW0322: worker %d " % pid)
        assert "GET /stuck_in_c" in server.log.wait(r"PYW0310: worker %d .*SIGKILL" % pid)[0]
        assert site.wait_pid_other_than(pid)
        wait_for(lambda: len(server.workers()) == 1)

    def test_the_successor_is_ready_before_the_end(self, server, stuck):
        server.log.wait("PYW0310: worker")
        lines = server.log.find(r"PYW0310: worker|PYW0317")
        assert "PYW0317" in lines[1] and "PYW0310" in lines[2], lines


class TestBusyIsNotStuck:
    OPTIONS = "threads=4 deadlock-timeout=1s"

    def test_threads_that_compute_let_others_in(self, server, site):
        pid = site.pid()
        assert int(site.get("/compute?seconds=2").body) == pid
        assert site.pid() == pid

    def test_short_stays_in_c_are_forgiven(self, server, site):
        server.allow_log(RECORDS)
        pid = site.pid()
        assert site.get("/stuck_in_c?seconds=0").status == 200
        assert site.pid() == pid


class TestDeadlockAndAnEndOfHttpd:
    def test_a_worker_that_is_stuck_does_not_hold_the_end_up(self, make_httpd):
        server = make_httpd(ONE % "threads=2 deadlock-timeout=0 shutdown-timeout=500ms", apps=APPS)
        server.allow_log(r"PYW0315|PYW0310")
        DaemonSite(server).hold("/stuck_in_c")
        assert server.stop() == 0
        assert not server.log.find("AH00046")    # httpd kills a manager that does not exit
        server.finish()


class TestGracefulTimeout:
    CONFIG = """
        WSGIDaemonProcess short threads=2 graceful-timeout=500ms
        WSGIScriptAlias /short ${APPS}/app.wsgi process-group=short
        WSGIDaemonProcess long threads=2 graceful-timeout=0
        WSGIScriptAlias /long ${APPS}/app.wsgi process-group=long
    """

    def touch(self, server):
        path = server.apps / "app.wsgi"
        when = path.stat().st_mtime_ns + 1_000_000_000
        os.utime(path, ns=(when, when))

    def test_a_replaced_worker_is_killed_at_the_limit_and_no_sooner(self, server):
        server.allow_log(r"PYW0315|PYW0310|PYW024\d")
        short, long = DaemonSite(server, "/short").hold(), DaemonSite(server, "/long").hold()
        self.touch(server)
        assert short.responses()[0].status == 502
        server.log.wait("PYW0315: worker %d " % short.pids[0])
        assert DaemonSite(server, "/long").wait_pid_other_than(*long.pids)
        assert any(worker.pid == long.pids[0] and processes.is_running(worker) for worker in server.workers())
        response, = long.finish()
        assert response.status == 200
