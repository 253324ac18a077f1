# SPDX-License-Identifier: Apache-2.0
"""processes=2-8: a group grows while requests wait, shrinks when workers are superfluous, and with 0-N sleeps."""
import os
import signal

import pytest
from lifecycle_site import APPS, ONE
from traffic import Clients

from pyw import processes, wait_for


def sizes(server, tag, since=0):
    """Return (from, to) of each decision."""
    lines = server.log.find(tag, since)
    return [tuple(int(line.split("%s " % word)[1].split()[0]) for word in ("from", "to")) for line in lines]


class TestSpan:
    OPTIONS = "processes=1-3 threads=1 scale-after=100ms scale-idle=1s"

    @pytest.fixture(autouse=True)
    def least(self, server):
        wait_for(lambda: len(server.workers()) == 1)

    def test_it_begins_with_its_least(self, server):
        server.wait_for_workers()
        assert len(server.workers()) == 1

    def test_it_is_multiprocess(self, site):
        assert site.get("/multiprocess").body == b"True"

    def test_it_grows_while_requests_wait_and_shrinks_afterwards(self, server, site):
        since = server.log.position()
        held = site.hold(count=3)
        assert len(set(held.pids)) == 3
        assert sizes(server, "PYW0368", since) == [(1, 2), (2, 3)]
        line = server.log.find("PYW0368", since)[0]
        assert "scale-after=0.1 s" in line and "1 of 1 threads are busy" in line and "MiB of memory" in line
        assert [response.status for response in held.finish()] == [200] * 3
        wait_for(lambda: len(server.workers()) == 1)
        assert sizes(server, "PYW0369", since) == [(3, 2), (2, 1)]
        assert "scale-idle=1 s" in server.log.find("PYW0369", since)[0]

    def test_not_above_its_most(self, server, site):
        since = server.log.position()
        held = site.hold(count=3)
        with site.connect() as waiting:
            waiting.start("GET", site.prefix + "/pid")
            wait_for(lambda: server.log.find("PYW0317", since)[1:], what="two more workers")
            held.let_go()
            assert waiting.read_response().status == 200
        assert [response.status for response in held.responses()] == [200] * 3
        assert sizes(server, "PYW0368", since) == [(1, 2), (2, 3)]
        wait_for(lambda: len(server.workers()) == 1)

    def test_no_request_fails_while_it_grows_and_shrinks(self, server, site):
        since = server.log.position()
        with Clients(site, path="/burn?ms=80", count=6) as clients:
            wait_for(lambda: len(server.log.find("PYW0368", since)) == 2, what="three workers")
        with Clients(site, count=1) as few:
            server.log.wait("PYW0369", since)
        assert clients.statuses() == few.statuses() == {200}
        wait_for(lambda: len(server.workers()) == 1)

    def test_a_worker_that_dies_is_replaced_at_the_present_size_of_the_group(self, server, site):
        server.allow_log("PYW0310|PYW024")
        held = site.hold(count=2)
        pids = {worker.pid for worker in server.workers()}
        os.kill(held.pids[0], signal.SIGKILL)
        wait_for(lambda: len(server.workers()) == 2 and {worker.pid for worker in server.workers()} != pids)
        held.let_go()
        assert sorted(response.status for response in held.responses()) == [200, 502]
        wait_for(lambda: len(server.workers()) == 1)


class TestAnotherSpan:
    OPTIONS = "processes=1-3 threads=1 scale-after=100ms scale-idle=1s"

    def test_other_options_keep_the_workers_within_the_new_span(self, server, site):
        pid = site.pid()
        server.configure(ONE % "processes=2-4 threads=1 scale-after=100ms scale-idle=1s")
        server.graceful()
        wait_for(lambda: len(server.workers()) == 2)
        assert pid in {worker.pid for worker in server.workers()}, "workers do not use these options"
        assert site.get("/pid").status == 200


class TestMemoryBudget:
    OPTIONS = "processes=1-3 threads=1 scale-after=100ms scale-idle=1h memory-budget=180M"

    def test_it_does_not_grow_above_it(self, server, site):
        server.expect_log(r"PYW0370.*stays at 1 workers.*memory-budget=180 MiB")
        assert site.get("/grow?mib=120").status == 200
        assert site.get("/pid").status == 200
        since = server.log.position()
        server.wait_for_look()
        held = site.hold()
        with site.connect() as waiting:
            waiting.start("GET", site.prefix + "/pid")
            server.log.wait("PYW0370", since)
            held.let_go()
            assert waiting.read_response().status == 200
        assert len(server.workers()) == 1
        held.responses()
        os.kill(site.pid(), signal.SIGTERM)
        server.allow_log("PYW0418")
        server.log.wait("PYW0310", since)

    def test_it_shrinks_if_its_workers_become_larger(self, server, site):
        assert site.get("/pid").status == 200   # the successor of the worker that grew is ready
        since = server.log.position()
        held = site.hold(count=2)
        assert sizes(server, "PYW0368", since) == [(1, 2)]
        held.finish()
        assert site.get("/grow?mib=170").status == 200
        line = server.log.wait("PYW0369", since)[0]
        assert "more than memory-budget=180 MiB" in line
        wait_for(lambda: len(server.workers()) == 1)


class TestSleep:
    OPTIONS = "processes=0-2 threads=2 inactivity-timeout=1s scale-idle=1s"

    @pytest.fixture(autouse=True)
    def asleep(self, server):
        wait_for(lambda: not server.workers(), what="sleep")

    def test_nothing_runs_until_the_first_request_which_waits(self, server, site):
        assert site.get("/pid").status == 200
        assert server.log.find("PYW0372")
        assert len(server.workers()) == 1

    def test_it_sleeps_when_nothing_is_asked(self, server, site):
        since = server.log.position()
        assert site.get("/pid").status == 200
        assert "inactivity-timeout=1 s" in server.log.wait("PYW0371", since)[0]
        wait_for(lambda: not server.workers())
        assert not server.log.find("PYW0321", since), "it is not replaced"

    @pytest.mark.long
    def test_a_request_in_the_very_moment_waits_too(self, server, site):
        for _ in range(4):
            since = server.log.position()
            assert site.get("/pid").status == 200
            server.log.wait("PYW0371", since)
            assert site.get("/pid").status == 200

    def test_a_request_that_runs_keeps_it_awake(self, server, site):
        since = server.log.position()
        held = site.hold()
        for _ in range(3):
            server.wait_for_look()
        assert not server.log.find("PYW0371", since)
        assert held.finish()[0].status == 200

    def test_many_wake_it_at_once_and_all_are_served(self, server, site):
        held = site.hold(count=4)
        assert len(set(held.pids)) == 2
        assert [response.status for response in held.finish()] == [200] * 4

    def test_it_wakes_with_the_code_of_now(self, server, site):
        script = server.apps / "app.wsgi"
        text = script.read_text()
        script.write_text(text.replace("os.getpid())", "'new')", 1))
        assert site.get("/pid").body == b"new"
        script.write_text(text)

    def test_code_that_does_not_load_is_a_500(self, server, site):
        server.allow_log(r"PYW0317|PYW06\d\d|Traceback|File \"|raise|RuntimeError")
        script = server.apps / "app.wsgi"
        text = script.read_text()
        script.write_text("raise RuntimeError('announced')\n")
        assert site.get("/pid").status == 500
        script.write_text(text)
        wait_for(lambda: site.get("/pid").status == 200)

    def test_a_restart_does_not_wake_it(self, server, site):
        server.graceful()
        assert not server.workers()
        assert site.get("/pid").status == 200

    def test_the_manager_keeps_no_descriptor(self, server, site):
        before = processes.descriptor_count(server.manager().pid)
        since = server.log.position()
        assert site.get("/pid").status == 200
        server.log.wait("PYW0310", since)
        wait_for(lambda: processes.descriptor_count(server.manager().pid) <= before)


class TestSleepOfATemplate:
    OPTIONS = "processes=0-2 threads=1 inactivity-timeout=1s scale-after=100ms scale-idle=1s preload=On"

    @pytest.fixture(autouse=True)
    def asleep(self, server):
        wait_for(lambda: server.log.find("PYW0394") and not server.workers(), what="sleep")

    def test_the_template_stays_and_forks_when_the_group_wakes(self, server, site):
        begin = server.log.position()
        for _ in range(2):
            since = server.log.position()
            assert site.get("/pid").status == 200
            server.log.wait("PYW0371", since)
            server.log.wait("PYW0310", since)
        assert len(server.log.find("PYW0394")) == 1
        assert len(server.log.find("PYW0372", begin)) == 2

    def test_it_grows_from_the_template(self, server, site):
        held = site.hold(count=2)
        assert len(set(held.pids)) == 2
        assert [response.status for response in held.finish()] == [200] * 2
        assert len(server.log.find("PYW0394")) == 1


class TestReplacementOfAGrownGroup:
    OPTIONS = "processes=1-3 threads=1 scale-after=100ms scale-idle=1h"

    def test_all_that_it_has_grown_to_are_replaced(self, server, site):
        held = site.hold(count=3)
        old = set(held.pids)
        held.finish()
        script = server.apps / "app.wsgi"
        script.write_text(script.read_text() + "\n")

        def is_replaced():
            pids = {worker.pid for worker in server.workers()}
            return len(pids) == 3 and not pids & old

        wait_for(is_replaced)
        assert not server.log.find("PYW0369")


class TestDefaultOfSleep:
    def test_without_inactivity_timeout_scale_idle_decides(self, make_httpd):
        server = make_httpd(ONE % "processes=0-1 scale-idle=1s", apps=APPS)
        assert server.get("/pid").status == 200
        server.log.wait("PYW0371")
        wait_for(lambda: not server.workers())
