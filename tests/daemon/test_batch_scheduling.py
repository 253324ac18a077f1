# SPDX-License-Identifier: Apache-2.0
"""Threads of many requests at once do not interrupt each other: SCHED_BATCH, for as long as there are many."""
import os
import time

from daemon_site import APPS, DaemonSite

from pyw import processes, wait_for

CROWD = max(4, os.cpu_count())

CONFIG = """
WSGIDaemonProcess app processes=1 threads=%d
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
LogLevel pywsgi:debug
""" % (CROWD + 1)


def policies(pid):
    """Of all threads of a process."""
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/%d/task" % pid)}


def children(server):
    return [policies(child.pid) for child in processes.httpd_children(server.process.pid)]


def is_calm(server, site):
    return site.facts()["policy"] == os.SCHED_OTHER and all(child == {os.SCHED_OTHER} for child in children(server))


class TestCrowd:
    CONFIG = CONFIG

    def test_its_threads_are_batch_threads_until_it_is_gone(self, server):
        site = DaemonSite(server, "/app")
        assert is_calm(server, site)
        held = site.hold(count=CROWD)
        assert {os.SCHED_BATCH} in children(server)
        assert os.SCHED_BATCH in policies(held.pids[0])
        server.log.wait("PYW0288.* many requests at once")
        held.finish()
        wait_for(lambda: is_calm(server, site))
        server.log.wait("PYW0288.*no longer many requests at once")

    def test_fewer_are_none(self, server):
        site = DaemonSite(server, "/app")
        wait_for(lambda: is_calm(server, site))
        held = site.hold(count=CROWD - 2)
        assert is_calm(server, site)
        held.finish()


class TestOff:
    CONFIG = CONFIG + "WSGIBatchScheduling Off\n"

    def test_nothing_is_changed(self, server):
        site = DaemonSite(server, "/app")
        held = site.hold(count=CROWD)
        assert is_calm(server, site)
        held.finish()


class TestPolicyOfTheAdministrator:
    def test_it_is_left_alone(self, make_httpd):
        """As CPUSchedulingPolicy= of systemd sets it, for httpd and all that it starts."""
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        try:
            server = make_httpd(CONFIG, apps=APPS)
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        site = DaemonSite(server, "/app")
        site.hold(count=CROWD).finish()
        calm_at = time.monotonic() + 1.5
        while time.monotonic() < calm_at:
            assert site.facts()["policy"] == os.SCHED_BATCH
        assert all(child == {os.SCHED_BATCH} for child in children(server))
