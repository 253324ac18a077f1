# SPDX-License-Identifier: Apache-2.0
"""F45, F46: httpd's parent does not wait for a manager, and retries until it has one."""
import os
import shutil
import signal
import time

import pytest
from lifecycle_site import APPS, ONE, DaemonSite
from test_handover import managers

from pyw import processes, wait_for

GROUPS = ONE % "processes=2 threads=4"
NONE = "# no group\n"

# httpd's parent waits a second for the manager, and takes another manager after ten.
MOMENT = 8


@pytest.fixture(params=["event", "worker", "prefork"])
def mpm(request):
    return request.param


@pytest.fixture
def make(make_httpd):
    def make_with(config=GROUPS, **options):
        server = make_httpd(config, apps=APPS, **options)
        wait_for(lambda: server.log.find("PYW0317.*'app' is ready"))
        return server

    return make_with


def graceful(server):
    """Return the duration of the restart, during which no process accepts connections."""
    since, began = server.log.position(), time.monotonic()
    server.remember_family()
    server.process.send_signal(signal.SIGUSR1)
    server.log.wait("resuming normal operations", since, 40)
    assert server.get("/static.txt").body == b"static\n"
    return time.monotonic() - began


STATIC = "Alias /static.txt ${ROOT}/htdocs/static.txt\n"
CONFIG = STATIC + GROUPS


class TestManagerThatDoesNotAnswer:
    LOG = r"PYW025[3-8]|PYW03\d\d|PYW04\d\d"

    def test_a_restart_does_not_wait_for_it_and_it_continues(self, make, mpm):
        server = make(CONFIG, mpm=mpm)
        server.wait_for_workers()
        server.expect_log("PYW0257")
        manager, site = server.manager(), DaemonSite(server)
        workers = {worker.pid for worker in server.workers()}
        processes.stop(manager.pid)
        assert graceful(server) < MOMENT
        assert site.get("/pid").status == 200
        os.kill(manager.pid, signal.SIGCONT)
        assert graceful(server) < MOMENT
        assert server.manager() == manager
        assert {worker.pid for worker in server.workers()} == workers

    @pytest.mark.long
    def test_otherwise_another_manager_takes_its_place_and_running_requests_end_well(self, make):
        server = make(CONFIG)
        server.allow_log(self.LOG)
        manager, site = server.manager(), DaemonSite(server)
        held = site.hold()
        processes.stop(manager.pid)
        assert graceful(server) < MOMENT
        server.log.wait("PYW0254", seconds=30)
        assert [other for other in managers(server) if other != manager]
        assert site.get("/pid").status == 200
        assert [answer.status for answer in held.finish()] == [200]
        assert processes.is_running(manager)
        os.kill(manager.pid, signal.SIGCONT)
        processes.wait_gone([manager], 20)
        wait_for(lambda: len(server.workers()) == 2, 20)
        assert site.get("/pid").status == 200
        wait_for(lambda: len(server.sockets()) == 2)

    @pytest.mark.long
    def test_one_with_many_groups_neither(self, make):
        """More than the channel holds: a part of the configuration stays in httpd."""
        many = CONFIG + "".join(
            "WSGIDaemonProcess asleep%d processes=0-1 env=LONG=%s\n" % (number, "x" * 4000) for number in range(100))
        server = make(many)
        server.allow_log(self.LOG)
        manager = server.manager()
        processes.stop(manager.pid)
        assert graceful(server) < MOMENT
        assert graceful(server) < MOMENT
        os.kill(manager.pid, signal.SIGCONT)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)
        wait_for(lambda: server.log.find("PYW0254"), 30)

    @pytest.mark.long
    def test_httpd_can_be_stopped_meanwhile(self, make):
        server = make(STATIC + ONE % "shutdown-timeout=1s")
        server.allow_log(self.LOG + "|PYW0250")
        processes.stop(server.manager().pid)
        graceful(server)
        server.descriptors += 1  # of the configuration that is being sent
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
        for directory in server.socket_directories():
            shutil.rmtree(directory)  # killed processes remove no files


@pytest.mark.long
class TestNewProgramThatHangs:
    def test_the_old_one_continues_and_no_request_waits(self, make):
        server = make(CONFIG)
        server.allow_log("PYW0257|PYW0270|PYW036")
        manager, site = server.manager(), DaemonSite(server)
        (server.root / "new").write_text("#!/bin/sh\nexec sleep 1000\n")
        (server.root / "new").chmod(0o755)
        (server.root / "new").rename(server.root / "modules" / "pywsgid")
        assert graceful(server) < MOMENT
        assert site.get("/pid").status == 200
        server.log.wait("PYW0270: .*no answer within 10 s", seconds=30)
        assert site.get("/pid").status == 200
        assert server.manager() == manager
        wait_for(lambda: len(managers(server)) == 0 or managers(server) == [manager])


class TestManagerThatCannotBeStarted:
    def kill_manager(self, server):
        server.remember_family()
        server.manager().kill()

    @pytest.mark.long
    def test_it_is_tried_again_and_each_reason_is_one_record(self, make):
        server = make()
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW024\d|AH")
        server.expect_log("PYW0251: .*Permission denied.*tries again")
        server.expect_log("PYW0251: .*No such file")
        program, good = server.root / "modules" / "pywsgid", server.root / "good"
        os.link(program, good)
        shutil.copyfile(good, server.root / "copy")     # without its mode
        (server.root / "copy").rename(program)
        self.kill_manager(server)
        server.log.wait("PYW0251: .*Permission denied")
        program.unlink()
        server.log.wait("PYW0251: .*No such file", seconds=15)
        good.rename(program)
        server.log.wait("PYW0254", seconds=12)
        assert len(server.log.find("PYW0251")) == 2
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)

    def test_a_restart_meanwhile_does_not_end_httpd(self, make):
        server = make(CONFIG)
        server.allow_log(r"PYW0252|PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW024\d|AH")
        program = server.root / "modules" / "pywsgid"
        shutil.copy(program, server.root / "good")
        (server.root / "bad").write_text("#!/bin/sh\nexit 1\n")
        (server.root / "bad").chmod(0o755)
        (server.root / "bad").rename(program)
        self.kill_manager(server)
        server.log.wait("PYW0252: .*it exited without an answer")
        assert graceful(server) < MOMENT
        (server.root / "good").rename(program)
        server.log.wait("PYW0254", seconds=12)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)


class TestLastGroup:
    """Its workers finish like the workers of any removed group, and httpd does not wait for them."""

    @pytest.fixture
    def server(self, make, mpm):
        return make(STATIC + ONE % "threads=4 shutdown-timeout=0", mpm=mpm)

    def remove(self, server):
        server.configure(STATIC)
        return graceful(server)

    def test_a_running_request_ends_well_and_then_the_manager_ends(self, server):
        server.expect_log("PYW0258")
        held, manager = DaemonSite(server).hold(), server.manager()
        assert self.remove(server) < MOMENT
        assert processes.is_running(manager)
        assert [answer.status for answer in held.finish()] == [200]
        processes.wait_gone([manager], 20)
        assert not server.socket_directories()
        server.configure(STATIC + ONE % "threads=4")
        graceful(server)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)

    def test_a_group_that_is_added_again_finds_its_manager(self, server):
        held, manager = DaemonSite(server).hold(), server.manager()
        assert self.remove(server) < MOMENT
        server.configure(STATIC + ONE % "threads=4 shutdown-timeout=0")
        graceful(server)
        assert server.manager() == manager
        assert [answer.status for answer in held.finish()] == [200]
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)


class TestRefusal:
    """The manager cannot apply a part of the new configuration: workers continue, and the rest follows once it can."""

    def test_the_old_configuration_serves_until_the_new_one_can_be_taken(self, make):
        server = make(CONFIG)
        server.expect_log("PYW0252: .*cannot be used: Not a directory.*tries again")
        server.allow_log("PYW0301|PYW0347")
        obstacle = server.run / ("other.%d" % server.process.pid)
        obstacle.write_text("in the way")
        manager = server.manager()
        server.configure("WSGISocketPrefix ${ROOT}/run/other\n" + CONFIG)
        assert graceful(server) < MOMENT
        server.log.wait("PYW0252")
        assert server.manager() == manager
        obstacle.unlink()
        wait_for(lambda: list(server.run.glob("other.*/w.*")), 15)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)
        assert len(server.log.find("PYW0252")) == 1

    def test_a_manager_that_never_took_one_does_not_live_on(self, make):
        server = make("WSGISocketPrefix ${ROOT}/run/other\n" + CONFIG)
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW02\d\d")
        directory = server.run / ("other.%d" % server.process.pid)
        server.remember_family()
        old = server.manager()
        shutil.rmtree(directory)
        directory.write_text("in the way")
        old.kill()
        server.log.wait("PYW0252: .*Not a directory", seconds=15)
        wait_for(lambda: not managers(server))
        directory.unlink()
        server.log.wait("PYW0254", seconds=15)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)
