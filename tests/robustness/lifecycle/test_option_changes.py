# SPDX-License-Identifier: Apache-2.0
"""A `graceful` that changes an option replaces the workers only if they use the option at their start."""
import os
import pathlib
import re

import pytest
from lifecycle_site import APPS, ONE, DaemonSite
from pyw.httpd import server_user
from pyw.wait import wait_for

TABLE = pathlib.Path(__file__).resolve().parents[3] / "src" / "config" / "options" / "table.c"
ROW = re.compile(r'\{"([a-z-]+)", PYW_KIND_([A-Z_]+),.* ([01]), (PYW_USE_[A-Z]+)\},')
ROOT = os.geteuid() == 0

# A value of each option that differs from the default; None: not available on every machine.
VALUES = {
    "processes": "3", "threads": "3", "user": "games" if ROOT else None, "group": "games" if ROOT else None,
    "supplementary-groups": "games" if ROOT else None, "umask": "077", "home": "/", "python-home": "/usr",
    "python-path": "/srv", "lang": "C.UTF-8", "locale": "C.UTF-8", "display-name": "other", "listen-backlog": "50",
    "socket-user": server_user(), "connect-timeout": "3s", "socket-timeout": "31s", "shutdown-timeout": "6s",
    "startup-timeout": "29s", "graceful-timeout": "8s", "deadlock-timeout": "100s", "request-timeout": "50s",
    "interrupt": "Off", "interrupt-timeout": "7s", "stack-size": "1M", "cpu-priority": "1",
    "send-buffer-size": "64K", "receive-buffer-size": "64K", "request-buffer": "32K", "request-spool": "2G",
    "header-buffer-size": "16K",
    "response-buffer": "2M", "response-spool": "2G", "maximum-requests": "1000", "maximum-requests-jitter": "5",
    "restart-interval": "1h", "restart-interval-jitter": "5", "memory-recycle": "900M", "cpu-time-limit": "1h",
    "inactivity-timeout": "1h", "memory-limit": "4G", "virtual-memory-limit": "64G", "process-limit": "9000",
    "file-limit": "500", "core-limit": "0", "scale-after": "3s", "scale-idle": "2h", "memory-budget": "8G",
    "cgroup": None, "preload": "On", "reload-on": "/etc/hostname", "warmup": "/warmup/pid", "reload-overlap": "2",
    "reload-at-restart": "never", "reload-exclude": "/srv/blog/public,*.json",
    "chroot": "/" if ROOT else None, "script-user": server_user(), "script-group": None, "python-eggs": "/tmp",
    "switch-interval": "0.01", "server-metrics": "On", "eviction-timeout": "9s", "response-buffer-size": "3M",
    "queue-limit": "30", "queue-timeout": "20s", "reserve": "1", "env": "NAME=value", "env-file": "${DATA}/env",
}


def options_of_the_directive():
    """name -> use"""
    rows = ROW.findall(TABLE.read_text())
    return {name: use for name, kind, internal, use in rows if internal == "0" and kind != "IGNORED"}


# Options in addition to the changed option, which need a group that grows; `processes` is changed from 2 to 3.
ALONGSIDE = dict.fromkeys(("memory-budget", "scale-after", "scale-idle"), " processes=1-2")
BEFORE = {"processes": " processes=2"}


# The group whose workers stay, although all options change that do not replace workers.
STAYS = "stays"


def group_of(name):
    return name if USES[name] == "PYW_USE_START" or name in ALONGSIDE or name in BEFORE else STAYS


def configuration(changed):
    options = {}
    for name in in_groups():
        option = (" %s=%s" % (name, VALUES[name]) if changed else BEFORE.get(name, "")) + ALONGSIDE.get(name, "")
        options[group_of(name)] = options.get(group_of(name), "") + option
    return "".join("WSGIDaemonProcess %s%s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n" % (
        group, text, group, group) for group, text in options.items())


def in_groups():
    return sorted(name for name, value in VALUES.items() if value is not None)


USES = options_of_the_directive()


def test_each_option_of_the_table_has_a_value_here():
    assert sorted(USES) == sorted(VALUES)


@pytest.mark.long
class TestOptions:
    """A group for each option that replaces workers, all changed by one restart."""

    @pytest.fixture(scope="class")
    def pids(self, make_httpd):
        """Return the workers before and after the restart: name of the group -> pids"""
        server = make_httpd(configuration(False), apps=APPS)
        (server.data / "env").write_text("NAME=value\n")
        server.wait_for_workers()
        before = self.workers(server)
        server.configure(configuration(True).replace("${DATA}", str(server.data)))
        server.graceful()
        wait_for(lambda: self.is_settled(server, before), 90, lambda: self.workers(server))
        return before, self.workers(server)

    @staticmethod
    def workers(server):
        return {group["name"]: {worker["pid"] for worker in group["workers"]} for group in server.group_status()}

    def is_settled(self, server, before):
        now = self.workers(server)
        return len(now["processes"]) == 3 and all(
            now[name].isdisjoint(before[name]) for name in in_groups() if USES[name] == "PYW_USE_START")

    @pytest.mark.parametrize("name", in_groups())
    def test_workers_are_replaced_only_if_they_use_it_at_their_start(self, pids, name):
        before, after = (workers[group_of(name)] for workers in pids)
        if USES[name] == "PYW_USE_START":
            assert before.isdisjoint(after)
        else:
            assert before <= after


def change(server, options, rest=""):
    since = server.log.position()
    server.configure(ONE % options + rest)
    server.graceful()
    server.log.wait("PYW0341", since)


class TestNewValues:
    """Running workers use the new values."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE % "threads=4", apps=APPS)

    def test_the_log_level(self, server):
        site = DaemonSite(server)
        pid = site.pid()
        since = server.log.position()
        site.get("/debug")
        change(server, "threads=4", "LogLevel pywsgi:debug\n")
        assert not server.log.find("a debug record", since)
        site.get("/debug")
        server.log.wait("a debug record", since)
        assert site.pid() == pid

    def test_maximum_requests(self, server):
        site = DaemonSite(server)
        pid = site.pid()
        change(server, "threads=4 maximum-requests=1")
        wait_for(lambda: site.pid() != pid, 20)


class TestNumberOfProcesses:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE % "threads=4 processes=2", apps=APPS)

    def test_it_becomes_greater_and_smaller(self, server):
        change(server, "threads=4 processes=3")
        wait_for(lambda: len(server.workers()) == 3, 20)
        change(server, "threads=4 processes=2")
        wait_for(lambda: len(server.workers()) == 2, 20)


class TestAnotherDirectory:
    """A restart that moves the sockets replaces the workers, whatever else it changes."""

    @pytest.mark.parametrize("option", ("", " maximum-requests=1000", " threads=5"))
    @pytest.mark.long
    def test_the_workers_are_replaced(self, make_httpd, option):
        server = make_httpd(ONE % "processes=2", apps=APPS)
        server.wait_for_workers()
        before = {worker.pid for worker in server.workers()}
        server.configure("WSGISocketPrefix ${ROOT}/run/other\n" + ONE % ("processes=2" + option))
        server.graceful()
        wait_for(lambda: before.isdisjoint(worker.pid for worker in server.workers()), 20)
        wait_for(lambda: DaemonSite(server).get("/pid").status == 200)
