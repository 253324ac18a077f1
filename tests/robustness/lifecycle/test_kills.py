# SPDX-License-Identifier: Apache-2.0
"""A hundred workers die one after the other: the manager buries each, keeps nothing of it, and is at full strength."""
import os
import signal

import psutil
import pytest
from lifecycle_site import DaemonSite

from pyw import processes, wait_for

KILLS = 100
SECONDS_MOST = 200


@pytest.mark.long
class TestAHundredKills:
    OPTIONS = "processes=4 threads=2"

    def test_no_zombie_no_descriptor_and_full_strength(self, server, site):
        server.allow_log("PYW0310|PYW036[57]|PYW024")
        wait_for(lambda: len(server.log.find("PYW0317")) == 4)
        manager = server.manager()
        before = processes.descriptor_count(manager.pid)
        killed = set()

        def kill_one():
            """Whichever has answered just now, so that it is one that serves: others would be started with a pause."""
            response = site.get("/pid")
            if response.status == 200 and int(response.body) not in killed:
                killed.add(int(response.body))
                os.kill(int(response.body), signal.SIGKILL)
            return len(killed) == KILLS

        wait_for(kill_one, SECONDS_MOST, lambda: "%d kills, only %d so far" % (KILLS, len(killed)))
        wait_for(lambda: len(server.log.find("PYW0310.*SIGKILL")) == KILLS)
        wait_for(lambda: len(server.log.find("PYW0317")) == KILLS + 4, 20, "a successor for each")
        assert server.manager().pid == manager.pid
        assert len(server.workers()) == 4
        assert all(worker.status() != psutil.STATUS_ZOMBIE for worker in manager.children(recursive=True))
        assert processes.descriptor_count(manager.pid) == before
        assert site.get("/pid").status == 200


class TestKilledBeforeItBegins:
    CONFIG = """
        WSGIDaemonProcess app threads=1 request-buffer=0 request-spool=0
        WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    """
    SIZE = 2 << 20

    def test_an_upload_goes_to_the_successor(self, server):
        server.allow_log("PYW0310|PYW0367")
        server.log.wait("PYW0317")      # from now on its connections are kept
        site = DaemonSite(server, "/app")
        pid = site.pid()
        processes.stop(pid)
        with site.connect() as client:
            client.send(b"POST /app/upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nfirst" % self.SIZE)
            assert server.get("/nothing").status == 404     # httpd had time to send the worker what there is
            os.kill(pid, signal.SIGKILL)
            client.send(bytes(self.SIZE - 5))
            response = client.read_response("POST")
        assert response.status == 200 and response.body.split()[1] == b"%d" % self.SIZE
