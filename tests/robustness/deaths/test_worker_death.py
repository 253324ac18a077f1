# SPDX-License-Identifier: Apache-2.0
"""F1 to F4: a worker that dies loses the requests that it has started, and no others."""
import os
import signal

import psutil
import pytest
from death_site import DaemonSite

from pyw import processes, wait_for
from pyw.wait import PROMPT, elapsed


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


class TestRequestsOfTheWorker:
    CONFIG = """
        WSGIDaemonProcess app threads=4
        WSGIScriptAlias /sibling ${APPS}/app.wsgi process-group=sibling
        WSGIDaemonProcess sibling
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    @pytest.mark.parametrize("path", ["/hold", "/hold_started"], ids=["before start_response (F1)", "after it (F2)"])
    def test_before_the_first_byte_it_is_a_502(self, site, server, path):
        held = site.hold(path)
        since = server.log.position()
        kill(held.pids[0])
        (response,), seconds = elapsed(held.responses)
        assert response.status == 502 and response.complete
        assert seconds < PROMPT
        site.wait_pid_other_than(held.pids[0])
        server.log.wait("PYW0243.*GET %s" % path, since)

    @pytest.mark.parametrize("how, body", [("SIGKILL", b""), ("exit", b""), ("SIGKILL", b"x" * 300_000)],
                             ids=["killed", "exit", "killed with a body in a file"])
    def test_the_request_is_not_run_twice(self, site, how, body):
        key = site.new_key()
        assert site.post("/die?how=%s&key=%s" % (how, key), body).status == 502
        pid = int(site.notes(key)[0])
        site.wait_pid_other_than(pid)
        assert site.notes(key) == [str(pid)]

    def test_another_group_is_untouched(self, site, server):
        sibling = DaemonSite(server, "/sibling")
        pid = sibling.pid()
        held = sibling.hold()
        site.get("/die?how=SIGKILL&key=none")
        assert sibling.pid() == pid
        assert held.finish()[0].status == 200


class TestRequestsOfSiblings:
    OPTIONS = "processes=3 threads=2"

    def test_only_the_requests_of_the_dead_worker_fail_and_no_slot_is_lost(self, site, server):
        held = site.hold(count=6)
        victim = held.pids[0]
        kill(victim)
        wait_for(lambda: len(server.workers()) == 3)
        held.let_go()
        responses = held.responses()
        assert sorted(response.status for response in responses) == [200] * 4 + [502] * 2
        assert all(str(victim) not in response.body.decode() for response in responses)
        assert [response.status for response in site.hold(count=6).finish()] == [200] * 6


class TestRequestsThatWait:
    OPTIONS = "threads=1"

    def test_they_are_run_once_by_the_successor(self, site):
        held = site.hold()
        waiting = site.hold(count=5, wait=False)
        kill(held.pids[0])
        assert held.responses()[0].status == 502
        waiting.let_go()
        assert [response.status for response in waiting.responses()] == [200] * 5
        assert len(site.notes(waiting.key)) == 5 and str(held.pids[0]) not in site.notes(waiting.key)


class TestStreamedBodies:
    CONFIG = """
        WSGIDaemonProcess app threads=1 request-buffer=0 request-spool=0
        WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    """
    SIZE = 2 << 20

    @pytest.fixture
    def site(self, server):
        return DaemonSite(server, "/app")

    def test_the_successor_gets_an_upload_that_the_worker_had_not_started(self, server, site):
        server.log.wait("PYW0317")      # from now on its connections are kept
        pid = site.pid()
        processes.stop(pid)
        with site.connect() as client:
            client.send(b"POST /app/upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nfirst" % self.SIZE)
            assert server.get("/nothing").status == 404     # httpd had time to send the worker all available bytes
            kill(pid)
            client.send(bytes(self.SIZE - 5))
            response = client.read_response("POST")
        assert response.status == 200 and response.body.split()[1] == b"%d" % self.SIZE


class TestTheManager:
    OPTIONS = "processes=4 threads=2"

    def test_it_keeps_no_zombie_and_no_descriptor_and_is_at_full_strength(self, site, server):
        wait_for(lambda: len(server.log.find("PYW0317")) == 4)
        manager = server.manager()
        before = processes.descriptor_count(manager.pid)
        for number in range(10):
            pid = site.pid()
            kill(pid)
            wait_for(lambda: len(server.log.find("PYW0317")) == 5 + number, what="a successor of %d" % pid)
        assert server.manager().pid == manager.pid
        assert len(server.workers()) == 4
        assert all(child.status() != psutil.STATUS_ZOMBIE for child in manager.children(recursive=True))
        wait_for(lambda: processes.descriptor_count(manager.pid) == before, what="closing of all descriptors")

    def test_it_ends_programs_that_the_worker_left_behind(self, site):
        left = psutil.Process(int(site.get("/leave_behind").body))
        pid = left.ppid()
        kill(pid)
        processes.wait_gone([left])
        site.wait_pid_other_than(pid)
