# SPDX-License-Identifier: Apache-2.0
"""F1 to F4: a worker that dies takes its own requests with it, and nothing else; no client mistakes a cut response."""
import os
import signal

import pytest
from daemon_site import DaemonSite

from pyw import processes, wait_for
from pyw.wait import elapsed

ANNOUNCED = r"PYW0243|PYW0244|PYW03\d\d|PYW04\d\d|Fatal Python error"


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


@pytest.fixture(autouse=True)
def announced(server):
    server.allow_log(ANNOUNCED)


class TestDeath:
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
        assert seconds < 1
        site.wait_pid_other_than(held.pids[0], seconds=3)
        server.log.wait("PYW0243.*GET %s" % path, since)

    def test_one_exit_report_with_pid_signal_and_request(self, site, server):
        held = site.hold()
        since = server.log.position()
        kill(held.pids[0])
        held.responses()
        lines = server.log.wait(r"PYW03\d\d.*%d.*(signal 9|SIGKILL)" % held.pids[0], since)
        assert len(lines) == 1 and "app" in lines[0]
        assert "GET /hold" in lines[0]
        site.wait_pid_other_than(held.pids[0])

    def test_in_the_middle_of_a_chunked_body_the_last_chunk_is_missing(self, site):
        """F3"""
        held = site.hold("/hold_chunked")
        connection = held.connections[0]
        assert connection.read_head().status == 200
        assert connection.read_chunk() == b"first"
        kill(held.pids[0])
        assert connection.read_chunk() is None
        assert connection.ended
        site.wait_pid_other_than(held.pids[0])

    def test_in_the_middle_of_a_known_length_the_connection_ends_short(self, site):
        """F4"""
        held = site.hold("/hold_length")
        kill(held.pids[0])
        response, = held.responses()
        assert response.status == 200 and response.body == b"first" and not response.complete
        site.wait_pid_other_than(held.pids[0])

    @pytest.mark.parametrize("how", ["SIGSEGV", "SIGABRT", "exit"])
    def test_crashes_and_exits(self, site, how):
        key = site.new_key()
        assert site.get("/die?how=%s&key=%s" % (how, key)).status == 502
        site.wait_pid_other_than(int(site.notes(key)[0]))

    def test_the_request_is_not_run_twice(self, site):
        key = site.new_key()
        assert site.get("/die?how=SIGKILL&key=" + key).status == 502
        pid = int(site.notes(key)[0])
        site.wait_pid_other_than(pid)
        assert site.notes(key) == [str(pid)]

    def test_another_group_and_static_files_are_untouched(self, site, server):
        sibling = DaemonSite(server, "/sibling")
        pid = sibling.pid()
        held = sibling.hold()
        site.get("/die?how=SIGKILL&key=none")
        assert sibling.pid() == pid
        assert held.finish()[0].status == 200

    def test_an_idle_worker_is_replaced(self, site):
        pid = site.pid()
        kill(pid)
        (_, seconds) = elapsed(lambda: site.wait_pid_other_than(pid))
        assert seconds < 3

    def test_no_zombie_and_no_descriptor_is_left_in_the_manager(self, site, server):
        site.pid()
        manager = server.manager()
        before = processes.descriptor_count(manager.pid)
        for _ in range(10):
            pid = site.pid()
            kill(pid)
            site.wait_pid_other_than(pid)
        assert len(server.workers()) == 2
        assert processes.descriptor_count(manager.pid) <= before
        assert server.manager().pid == manager.pid


class TestSiblingsOfTheSameGroup:
    CONFIG = """
        WSGIDaemonProcess app processes=3 threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    def test_only_the_requests_of_the_dead_worker_fail(self, site):
        held = site.hold(count=6)
        victim = held.pids[0]
        kill(victim)
        wait_for(lambda: len(held.site.httpd.workers()) == 3)
        held.let_go()
        responses = held.responses()
        assert sorted(response.status for response in responses) == [200] * 4 + [502] * 2
        assert all(str(victim) not in response.body.decode() for response in responses)
