# SPDX-License-Identifier: Apache-2.0
"""A worker under an attacker's control writes to its manager. The manager survives, and so do the other groups."""
import os
import signal

import pytest

from pyw import processes, wait_for, wire

APP = """
import os

FRAME = lambda kind: bytes([VERSION, kind, 0, 0, 0, 0, 0, 0])
SAYINGS = {"garbage": b"\\xff" * 64, "of-the-manager": FRAME(32), "of-httpd": FRAME(1), "large": FRAME(66) * 8000,
           "ready-again": FRAME(51)}

def application(environ, start_response):
    saying = SAYINGS.get(environ["PATH_INFO"][1:])
    count = 0
    if saying:
        os.set_blocking(3, False)
        try:
            while os.write(3, saying) and environ["QUERY_STRING"] == "flood":
                count += 1
        except BlockingIOError:
            pass
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
""".replace("VERSION", str(wire.VERSION))

CONFIG = """
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    WSGIDaemonProcess other threads=2
    WSGIScriptAlias /other ${APPS}/app.wsgi process-group=other
"""


class TestWhatItSays:
    @pytest.fixture
    def server(self, make_httpd):
        server = make_httpd(CONFIG, apps={"app.wsgi": APP})
        server.allow_log("PYW0310|PYW0340|PYW024")
        return server

    @staticmethod
    def pid(server, path):
        response = server.get(path)
        return int(response.body) if response.status == 200 else None

    def assert_killed(self, server, act, tag):
        """`act` makes the worker send it. The worker is killed and replaced; no other process is affected."""
        server.expect_log(tag)
        manager, pid, other = server.manager(), self.pid(server, "/app/"), self.pid(server, "/other/")
        act(server)
        server.log.wait(tag)
        server.log.wait("PYW0310: worker %d .*SIGKILL" % pid)
        wait_for(lambda: self.pid(server, "/app/") not in (None, pid))
        assert server.manager() == manager and self.pid(server, "/other/") == other

    @pytest.mark.parametrize("name,tag", [("garbage", "PYW0320: worker .* 'app' violates the protocol"),
                                          ("of-the-manager", "PYW0319: worker .* 'app'"),
                                          ("of-httpd", "PYW0319: worker .* 'app'"),
                                          ("ready-again", r"PYW0319: worker .* 'app' \(READY\) sent LOADED")])
    def test_a_worker_that_sends_a_forbidden_frame_is_killed(self, server, name, tag):
        self.assert_killed(server, lambda server: server.get("/app/" + name), tag)

    def test_nor_may_it_keep_the_manager_busy(self, server):
        def flood(server):
            manager = server.manager()
            processes.stop(manager.pid)    # so that it has a lot to read when it continues
            try:
                assert self.pid(server, "/app/large?flood")
            finally:
                os.kill(manager.pid, signal.SIGCONT)

        self.assert_killed(server, flood, "PYW0320: worker .* 'app' violates the protocol")
