# SPDX-License-Identifier: Apache-2.0
"""Each reason for a restart and each cause of a reload, in `pywsgi status --json` and in the metrics."""
import os
import pathlib
import re
import signal

import pytest
from control_site import APPS, groups

from pyw import processes, wait_for

WORST = """
import ctypes, os, signal, time

GROUP = os.environ["GROUP"]
DATA = os.path.join(os.path.dirname(__file__), "..", "data")
DIED = os.path.join(DATA, "died.at.start")

if GROUP == "restart":
    import part
if GROUP == "startup" and not os.path.exists(DIED):
    open(DIED, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)

def ignore_the_interruption():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/stuck":
        ctypes.PyDLL(None).sleep(60)    # does not release the GIL
    elif path == "/overdue":
        ignore_the_interruption()
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""

GROUPS = {
    "signal": "", "socket_removed": "", "command": "", "restart": "", "options": "", "startup": "",
    "stuck": "deadlock-timeout=300ms graceful-timeout=100ms",
    "overdue": "request-timeout=200ms interrupt-timeout=200ms",
    "file": "reload-on=${APPS}/version",
}
METRICS = """
<Location /metrics>
    SetHandler pywsgi-metrics
    WSGIStatus On
</Location>
"""


def options(name, text):
    """The groups have a common directory of code. At a restart one of them looks for changes there."""
    never = "" if name == "restart" else "reload-at-restart=never"
    return "threads=1 python-path=${APPS} env=GROUP=%s %s %s" % (name, never, text)


def nothing(server, commands, worker):
    """It has happened at the start of the server."""


def get_a_signal(server, commands, worker):
    os.kill(worker.pid, signal.SIGUSR1)


def lose_the_socket(server, commands, worker):
    server.expect_log("PYW0347: the socket of worker %d" % worker.pid)
    own = processes.descriptors(worker.pid).values()
    lines = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
    name, = {os.path.basename(line[7]) for line in lines if len(line) == 8 and "/w." in line[7] and "socket:[%s]" % line[6] in own}
    # The name at the time of bind(2); the manager has renamed the file since.
    (server.socket_directories()[0] / name.removesuffix(".new")).unlink()


def hold_the_gil(server, commands, worker):
    server.expect_log("PYW0322: worker %d" % worker.pid)
    server.allow_log("PYW042[23]|PYW0310|PYW024|PYW0315")
    assert server.get("/stuck/stuck").status == 502


def exceed_the_deadline(server, commands, worker):
    server.expect_log("PYW0623")
    server.allow_log("PYW062|PYW03[1-4]|PYW024|\\]   ")
    assert server.get("/overdue/overdue").status == 504


def change_a_file(server, commands, worker):
    (server.apps / "version").write_text("next")


def change_code_and_restart(server, commands, worker):
    (server.apps / "part.py").write_text("VALUE = 'next'\n")
    server.graceful()


def change_an_option(server, commands, worker):
    server.configure(server.config_text.replace("WSGIDaemonProcess options ", "WSGIDaemonProcess options lang=C.UTF-8 "))
    server.graceful()


def command(server, commands, worker):
    commands.do("reload", "command")


class TestReasons:
    CONFIG = groups(**{name: options(name, text) for name, text in GROUPS.items()}) + METRICS
    APPS = {**APPS, "app.wsgi": WORST, "part.py": "VALUE = 1\n", "version": "1"}

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(self.CONFIG, apps=self.APPS)
        server.allow_log("PYW0310: worker .* of group 'startup'|PYW0340: group 'startup'|PYW0315: .*'stuck'")
        return server

    @pytest.mark.parametrize("name, happen, reason, cause", [
        ("startup", nothing, "startup", None),
        ("signal", get_a_signal, "signal", None),
        ("socket_removed", lose_the_socket, "socket_removed", None),
        ("stuck", hold_the_gil, "stuck", None),
        ("overdue", exceed_the_deadline, "overdue", None),
        ("file", change_a_file, "reload", "file"),
        ("command", command, "reload", "command"),
        ("restart", change_code_and_restart, "reload", "restart"),
        ("options", change_an_option, "configuration", "options"),
    ])
    def test_a_restart_is_counted_with_its_reason_and_cause(self, server, commands, name, happen, reason, cause):
        wait_for(lambda: commands.workers(name))
        happen(server, commands, server.workers(name)[0])

        def shown():
            group = commands.group(name)
            return group["restarts"], group["reload_by"], group["reload_result"]

        wait_for(lambda: shown() == ({reason: 1}, cause, cause and "done"), 20, shown)
        samples = ['pywsgi_worker_restarts_total{group="%s",reason="%s"} 1\n' % (name, reason)]
        if cause is not None:
            samples.append('pywsgi_group_last_reload_timestamp_seconds{group="%s",cause="%s",result="done"} ' % (name, cause))

        def found():
            text = server.get("/metrics").body.decode()
            assert not re.search(r'restarts_total{group="%s",reason="(?!%s").*} [1-9]' % (name, reason), text)
            return all(sample in text for sample in samples)

        wait_for(found, 20, samples)
