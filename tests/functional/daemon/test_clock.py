# SPDX-License-Identifier: Apache-2.0
"""Setting the system's clock while requests run affects no timeout."""
import os
import pathlib
import select
import shutil
import subprocess
import time

import pytest
from daemon_site import APPS, DaemonSite

from pyw import paths, wait_for
from pyw.wait import elapsed

HERE = pathlib.Path(__file__).resolve().parent
HOUR = 3600
CONFIG = """
    WSGIDaemonProcess app threads=4 socket-timeout=15s request-timeout=15s restart-interval=30min
    WSGIDaemonProcess short threads=4 socket-timeout=2s
    WSGIDaemonProcess due threads=4 request-timeout=2s interrupt=Off
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /short ${APPS}/app.wsgi process-group=short
    WSGIScriptAlias /due ${APPS}/app.wsgi process-group=due
"""


class Clock:
    """The clock of a server's processes, but not of the test."""

    def __init__(self, directory):
        self.library = directory / "shifted_clock.so"
        self.file = directory / "shift"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(self.library), str(HERE / "shifted_clock.c")],
                       check=True)
        self.set(0)

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "SHIFTED_CLOCK": str(self.file)}

    def set(self, seconds):
        following = self.file.with_suffix(".new")
        following.write_text(str(seconds))
        following.rename(self.file)


@pytest.fixture(scope="class")
def clock():
    directory = paths.new_directory("pyw-clock.")
    yield Clock(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="class")
def server(make_httpd, clock):
    return make_httpd(CONFIG, apps=APPS, environment=clock.environment())


@pytest.fixture
def site(server, clock):
    clock.set(0)
    yield DaemonSite(server, "/app")
    clock.set(0)


def is_answered(connection, seconds):
    return bool(select.select([connection.socket], [], [], seconds)[0])


@pytest.mark.skipif("PYWSGI_LD_PRELOAD" in os.environ, reason="another library is preloaded")
@pytest.mark.parametrize("step", [HOUR, -HOUR])
class TestStep:
    def test_the_clock_of_the_application_is_set(self, site, clock, step):
        clock.set(step)
        wait_for(lambda: abs(float(site.get("/now").body) - time.time() - step) < 60)

    def test_a_running_request_is_answered(self, site, clock, step):
        held = site.hold()
        clock.set(step)
        assert not is_answered(held.connections[0], 2.5)
        assert [response.status for response in held.finish()] == [200]

    def test_a_request_whose_head_is_slow_is_answered(self, site, clock, step):
        connection = site.connect()
        connection.send(b"GET /app/pid HTTP/1.1\r\n")
        assert not is_answered(connection, 0.3)
        clock.set(step // 60)
        connection.send(b"Host: localhost\r\n\r\n")
        assert connection.read_response().status == 200

    def test_a_worker_is_not_recycled(self, site, clock, step):
        pid = site.pid()
        clock.set(step)
        held = site.hold()
        assert not is_answered(held.connections[0], 2.5)
        assert held.pids == [pid]
        held.finish()
        assert site.pid() == pid

    @pytest.mark.parametrize("group", ["short", "due"])
    def test_a_timeout_does_not_depend_on_the_time_of_day(self, server, site, clock, step, group):
        server.allow_log(r"PYW0620|\]   File ")
        server.expect_log("PYW0241|PYW0276")
        slow = DaemonSite(server, "/" + group)
        held = slow.hold()
        clock.set(step)
        responses, seconds = elapsed(held.responses)
        held.let_go()
        assert [response.status for response in responses] == [504]
        assert seconds < 10
