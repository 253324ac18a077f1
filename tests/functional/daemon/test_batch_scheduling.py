# SPDX-License-Identifier: Apache-2.0
"""SCHED_BATCH at high concurrency: it is tried, and used unless requests are slower with it."""
import os
import resource
import subprocess

from daemon_site import APPS, DaemonSite

from pyw import processes, wait_for
from pyw.paths import is_root

REQUESTS = max(4, os.cpu_count())

CONFIG = """
WSGIDaemonProcess app processes=1 threads=%d socket-timeout=120
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
LogLevel pywsgi:debug
""" % (REQUESTS + 1)


def policies(pid):
    """Return the scheduling policies of all threads of a process."""
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/%d/task" % pid)}


def children(server):
    return [policies(child.pid) for child in processes.httpd_children(server.process.pid)]


def is_calm(server, site):
    """Return whether the policies are normal. Sends a request, because an idle child does not change its state."""
    return site.facts()["policy"] == os.SCHED_OTHER and {os.SCHED_OTHER} in children(server)


def ask(site):
    """Send a part of the requests that a measurement needs, and return the answers."""
    return [site.pid() for _ in range(25)]


class TestHighConcurrency:
    CONFIG = CONFIG

    def test_threads_are_batch_threads_during_the_trial_and_not_after_it(self, server):
        """The policy after the trial depends on the load of the machine (see tests/c/unit/httpd/test_batch_trial.c)."""
        site = DaemonSite(server, "/app")
        assert is_calm(server, site)
        held = site.hold(count=REQUESTS)
        wait_for(lambda: ask(site) and {os.SCHED_BATCH} in children(server), 60)
        wait_for(lambda: ask(site) and os.SCHED_BATCH in policies(held.pids[0]), 30)
        server.log.wait("PYW0288.* is on: high concurrency, measuring with it")
        held.finish()
        wait_for(lambda: ask(site) and server.log.find("PYW0288.* is off"))
        wait_for(lambda: is_calm(server, site))

    def test_low_concurrency_changes_nothing(self, server):
        site = DaemonSite(server, "/app")
        wait_for(lambda: is_calm(server, site))
        held = site.hold(count=REQUESTS - 2)
        assert is_calm(server, site)
        held.finish()


def connect_to_two_children(site):
    """Return two pairs of a connection and the pid of the child of httpd that serves it."""
    found = {}
    while len(found) < 2:
        connection = site.connect()
        found.setdefault(int(ask_on(connection, "/app/server_pid")), connection)
    return [(connection, pid) for pid, connection in found.items()]


def ask_on(connection, path="/app/pid"):
    connection.start("GET", path)
    return connection.read_response().body


class TestSeveralChildren:
    CONFIG = CONFIG + "StartServers 2\nMaxKeepAliveRequests 0\n"

    def test_they_measure_together(self, server):
        """If each measured for itself, it would compare its policy with the other policy of the others."""
        site = DaemonSite(server, "/app")
        (first, first_pid), (second, second_pid) = connect_to_two_children(site)
        held = site.hold(count=REQUESTS)
        measures = "pid %d:.*PYW0288.* is on: high concurrency, measuring with it"
        wait_for(lambda: ask_on(first) and server.log.find(measures % first_pid), 60)
        ask_on(second)
        server.log.wait(measures % second_pid)
        held.finish()


def limit_descriptors(server, limit):
    """prlimit(2) allows this for processes of the same user."""
    for child in processes.httpd_children(server.process.pid):
        ids = {"user": child.uids().real, "group": child.gids().real, "extra_groups": []} if is_root() else {}
        subprocess.run(["prlimit", "--pid", str(child.pid), "--nofile=%d:" % limit], check=True, **ids)


class TestShortageOfDescriptors:
    CONFIG = CONFIG + "<Directory />\nAllowOverrideList None\nAllowOverride None\n</Directory>\nMaxKeepAliveRequests 0\n"

    def test_it_is_logged_once_and_tried_again(self, server):
        site = DaemonSite(server, "/app")
        connection = site.connect()     # to the child under test

        def ask():
            connection.start("GET", "/app/pid")
            return connection.read_response().status == 200

        held = site.hold(count=REQUESTS)
        wait_for(lambda: ask() and server.log.find("PYW0288.* is on"), 60)
        held.finish()
        before, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit_descriptors(server, 3)
        wait_for(lambda: ask() and server.log.find("PYW0287"))
        limit_descriptors(server, before)
        wait_for(lambda: ask() and server.log.find("PYW0288.* is off"))
        assert len(server.log.find("PYW0287")) == 1


class TestOff:
    CONFIG = CONFIG + "WSGIBatchScheduling Off\n"

    def test_nothing_is_changed(self, server):
        site = DaemonSite(server, "/app")
        held = site.hold(count=REQUESTS)
        assert is_calm(server, site)
        held.finish()


class TestPolicyOfTheAdministrator:
    def test_it_is_left_alone(self, make_httpd):
        """The policy is set for httpd and all its processes, as by systemd's CPUSchedulingPolicy=."""
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        try:
            server = make_httpd(CONFIG, apps=APPS)
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        site = DaemonSite(server, "/app")
        site.hold(count=REQUESTS).finish()
        assert not server.log.find("PYW0288"), "nothing was switched on, so nothing is switched off"
        assert site.facts()["policy"] == os.SCHED_BATCH
        assert all(child == {os.SCHED_BATCH} for child in children(server))
