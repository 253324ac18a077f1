# SPDX-License-Identifier: Apache-2.0
"""The next graceful restart uses a new pywsgid or a new engine on disk, without interruption."""
import shutil
import signal
import threading

import psutil
import pytest
from lifecycle_site import APPS, ONE, DaemonSite
from traffic import Clients

from pyw import processes, wait_for
from pyw.wire import frame, pairs

GROUPS = """
    WSGIDaemonProcess app processes=2 threads=4
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""
MORE = """
    WSGIDaemonProcess other threads=1
    WSGIScriptAlias /other ${APPS}/app.wsgi process-group=other
""" + GROUPS


COMMAND = 36
TAKES_OVER = (frame(COMMAND, pairs((b"command", b"own"), (b"group", b"app")))
              + frame(COMMAND, pairs((b"command", b"taken"))))
# A new manager that takes the group over from the old manager (descriptor 4), and exits before it has answered httpd's
# parent, at once or when the old manager has logged that it ends.
DIES_TOO_EARLY = """#!/usr/bin/python3
import socket, time
old = socket.socket(fileno=4)
old.recv(1)
old.sendall(bytes.fromhex("%s"))
while "%s" not in open("%s").read():
    time.sleep(0.01)
"""


def replace(server, name):
    """Replace the file by another file with the same content, as make install does."""
    path = server.root / "modules" / name
    shutil.copy(path, server.root / "new")
    (server.root / "new").rename(path)


def managers(server):
    """Return the children of httpd's parent: a process that a manager forks has its command line until it executes."""
    return [process for process in processes.children(psutil.Process(server.process.pid))
            if "--manager" in processes.title(process)]


@pytest.fixture
def server(make_httpd):
    server = make_httpd(GROUPS, apps=APPS)
    wait_for(lambda: len(server.log.find("PYW0317.*'app' is ready")) == 2)
    return server


def restart(server):
    since = server.log.position()
    server.remember_family()
    server.process.send_signal(signal.SIGUSR1)
    server.log.wait("resuming normal operations", since, 40)
    return since


class TestAnotherProgram:
    def test_it_takes_over_under_traffic_without_a_failed_request(self, server):
        site = DaemonSite(server)
        server.allow_log("PYW0271|PYW0359")
        old, = managers(server)
        answers = []
        long_ones = [site.hold() for _ in range(2)]
        with Clients(site) as clients:
            wait_for(lambda: clients.answers)
            for _ in range(2):
                replace(server, "pywsgid")
                since = restart(server)
                server.log.wait("PYW0271: .* takes over from", since)
            wait_for(lambda: len(clients.answers) > 100, 30)
            for held in long_ones:
                answers += held.finish()
            wait_for(lambda: len(managers(server)) == 1, 40, lambda: managers(server))
        assert clients.statuses() == {200}
        assert [answer.status for answer in answers] == [200, 200]
        processes.wait_gone([old])  # it has no command line any more while it exits
        assert len(server.workers()) == 2
        assert site.get("/pid").status == 200
        assert len(server.sockets()) == 2

    @pytest.mark.long
    def test_without_traffic_too_and_httpd_can_be_stopped_meanwhile(self, server):
        site = DaemonSite(server)
        server.allow_log(r"PYW0271|PYW0359|PYW03\d\d|PYW04\d\d|PYW02\d\d|AH")
        held = site.hold()
        replace(server, "pywsgid")
        restart(server)
        server.remember_family()
        assert len(managers(server)) == 2
        stopped = threading.Thread(target=server.stop)
        stopped.start()
        stopped.join(40)
        for connection in held.connections:
            connection.close()
        server.finish()

    def test_a_group_is_removed_and_another_is_added_at_once(self, make_httpd):
        server = make_httpd(MORE, apps=APPS)
        site = DaemonSite(server)
        assert DaemonSite(server, "/other").get("/pid").status == 200
        replace(server, "pywsgid")
        server.configure(GROUPS)
        restart(server)
        assert site.get("/pid").status == 200
        wait_for(lambda: len(managers(server)) == 1, 30)
        assert len(server.sockets()) == len(server.workers())
        assert site.get("/pid").status == 200

    def test_a_program_that_cannot_take_over_leaves_the_old_one_at_work(self, server):
        site = DaemonSite(server)
        server.allow_log("PYW0252|PYW025|PYW027|PYW036")
        before = {worker.pid for worker in server.workers()}
        (server.root / "new").write_text("#!/bin/sh\nexit 1\n")
        (server.root / "new").chmod(0o755)
        (server.root / "new").rename(server.root / "modules" / "pywsgid")
        restart(server)
        assert site.get("/pid").status == 200
        assert {worker.pid for worker in server.workers()} == before

    @pytest.mark.parametrize("record", [pytest.param("", marks=pytest.mark.long), "PYW0359"], ids=["at once", "later"])
    def test_a_program_that_dies_when_it_has_taken_over_leaves_the_old_one_at_work(self, server, record):
        site = DaemonSite(server)
        server.allow_log("PYW0270|PYW0359")
        with Clients(site) as clients:
            wait_for(lambda: clients.answers)
            (server.root / "new").write_text(DIES_TOO_EARLY % (TAKES_OVER.hex(), record, server.log.path))
            (server.root / "new").chmod(0o755)
            (server.root / "new").rename(server.root / "modules" / "pywsgid")
            since = restart(server)
            server.log.wait("PYW0270", since)
            seen = len(clients.answers)
            wait_for(lambda: len(clients.answers) > seen + 100, 30)
        assert clients.statuses() == {200}
        assert len(managers(server)) == 1
        wait_for(lambda: len(server.workers()) == 2)
        assert len(server.sockets()) == 2


class TestGrownGroup:
    def test_the_same_number_of_workers_takes_over(self, make_httpd):
        server = make_httpd(ONE % "processes=1-4 threads=1 scale-after=100ms scale-idle=10min", apps=APPS)
        site = DaemonSite(server)
        answers = site.hold(count=3).finish()
        assert [answer.status for answer in answers] == [200] * 3
        before = server.workers()
        assert len(before) == 3
        replace(server, "pywsgid")
        since = restart(server)
        server.log.wait("PYW0359", since)
        wait_for(lambda: len(managers(server)) == 1, 30)
        assert not {worker.pid for worker in server.workers()} & {worker.pid for worker in before}
        assert len(server.workers()) == 3
        assert not server.log.find("PYW0368", since)

    def test_a_sleeping_group_stays_asleep(self, make_httpd):
        server = make_httpd(ONE % "processes=0-4 threads=1", apps=APPS)
        replace(server, "pywsgid")
        restart(server)
        wait_for(lambda: len(managers(server)) == 1, 30)
        assert not server.workers()
        assert DaemonSite(server).get("/pid").status == 200


class TestAnotherEngine:
    def test_its_groups_are_replaced_at_the_next_restart(self, server):
        site = DaemonSite(server)
        before = {worker.pid for worker in server.workers()}
        for path in (server.root / "modules").glob("pywsgi_cpython*.so"):
            replace(server, path.name)
        with Clients(site) as clients:
            restart(server)
            wait_for(lambda: len({worker.pid for worker in server.workers()} - before) == 2 and
                     len(server.workers()) == 2, 30)
        assert clients.statuses() == {200}
