# SPDX-License-Identifier: Apache-2.0
"""A hundred workers die one after the other: the manager buries each, keeps nothing of it, and is at full strength."""
import os
import signal

import psutil

from pyw import processes, wait_for

KILLS = 100
SECONDS_MOST = 60


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
