# SPDX-License-Identifier: Apache-2.0
"""F42: the end of a connection is detected even if another process holds a duplicate of it."""
import os
import pathlib
import signal

import psutil
import pytest
from daemon_site import APPS, DaemonSite

from pyw import processes, wait_for
from pyw.wait import PROMPT, elapsed

HERE = pathlib.Path(__file__).resolve().parent
FILES = {**APPS, "app.wsgi": HERE / "inherited.wsgi"}
GROUP = """
    WSGIDaemonProcess app processes=1 %s
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""


@pytest.fixture
def lend(site, server):
    """Duplicate the worker's sockets into another process, until the end of the test."""
    ends, holders = [], []

    def act():
        ends.append(site.new_key())
        holders.append(psutil.Process(int(site.get("/lend?end=" + ends[-1]).body)))

    yield act
    for end in ends:
        (server.data / end).touch()
    processes.wait_gone(holders)


def leave(held):
    for connection in held.connections:
        connection.reset()


class TestAbandonedRequests:
    FILES = FILES
    CONFIG = "LogLevel info pywsgi:debug" + GROUP % "threads=3 socket-timeout=60s"

    def test_the_slots_are_free_when_the_worker_has_closed_their_connections(self, site, lend):
        held = site.hold(count=2)
        lend()
        leave(held)
        held.let_go()
        assert [response.status for response in site.hold(count=3).finish()] == [200] * 3

    def test_the_slots_are_free_when_the_worker_has_exited(self, site, server, lend):
        server.allow_log("PYW03")
        held = site.hold(count=2)
        lend()
        leave(held)
        wait_for(lambda: len(server.log.find("PYW0242")) >= 2, what="the end of the clients")
        os.kill(held.pids[0], signal.SIGKILL)
        wait_for(lambda: len(server.log.find("PYW0227.*worker %d has exited" % held.pids[0])) == 2,
                 what="the slots")
        assert [response.status for response in site.hold(count=3).finish()] == [200] * 3


@pytest.mark.long
class TestTimeLimit:
    FILES = FILES
    CONFIG = GROUP % "threads=2 socket-timeout=1s"

    def test_a_slot_is_given_back_although_the_worker_is_still_busy(self, site, server):
        server.log.wait("PYW0317")      # the start of Python may take longer than socket-timeout
        server.expect_log("PYW0226.*worker %d is still busy" % site.pid())
        held = site.hold()
        leave(held)
        server.log.wait("PYW0226", seconds=20)
        held.let_go()
        assert site.get("/pid").status == 200


class TestDeath:
    FILES = FILES
    CONFIG = GROUP % "threads=2 socket-timeout=60s"

    def test_clients_of_a_dead_worker_do_not_wait(self, site, server, lend):
        server.allow_log("PYW0243|PYW03")
        held = site.hold()
        lend()
        os.kill(held.pids[0], signal.SIGKILL)
        (response,), seconds = elapsed(held.responses)
        assert response.status == 502 and seconds < PROMPT


@pytest.mark.root
class TestHttpdsParent:
    """httpd's parent forks mod_cgid's daemon without exec, so the daemon inherits its descriptors."""
    CONFIG = """
        ScriptSock ${ROOT}/run/cgid.sock
    """ + GROUP % ""

    @pytest.fixture
    def server(self, make_httpd):
        server = make_httpd(self.CONFIG, apps=FILES, modules=("cgid",))
        server.graceful()    # now the daemon certainly has the control channel
        control = os.readlink("/proc/%d/fd/3" % server.manager().pid)
        assert control.startswith("socket:")
        return server

    def test_stop_does_not_wait_for_the_manager_to_be_killed(self, server):
        assert DaemonSite(server).get("/pid").status == 200
        assert server.stop() == 0
        assert not server.log.find("AH00046")    # httpd kills a manager that does not exit

    def test_the_manager_ends_with_a_parent_that_is_killed(self, server):
        server.allow_log("PYW0300")
        site, manager, workers = DaemonSite(server), server.manager(), server.workers()
        assert site.get("/pid").status == 200
        server.expected_status = -signal.SIGKILL
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        processes.wait_gone([manager, *workers], 10)
        processes.kill(server.family)
