# SPDX-License-Identifier: Apache-2.0
"""Processes that an application forks or executes have the default handlers, and no signal is blocked."""
import threading

import pytest
from fork_site import APPS

from pyw.wait import elapsed
from pyw.site import BOTH_MODES, Site

WAYS = ("fork", "run", "open", "preexec", "popen", "posix_spawn", "posix_spawnp", "system")


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"], scope="class")
class TestChildren:
    def test_have_no_handler_and_an_empty_mask(self, site):
        assert site.get("/signal_state").body.decode().splitlines() == [way + " 0 0" for way in WAYS]

    def test_timeout_ends_a_program(self, site):
        assert site.get("/timeout").body == b"124"

    def test_system_tells_how_a_command_ended(self, site):
        assert site.get("/system").body == b"3 15"

    def test_may_have_handlers_of_their_own(self, site):
        assert site.get("/handler").body == b"[15]; exit 0"

    def test_the_thread_blocks_the_same_signals(self, site, mpm):
        blocks = site.mode == "embedded" and mpm != "prefork"
        assert site.get("/own_mask").body.decode() == str(blocks)

    @pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.long), "forkserver"])
    def test_terminate(self, site, method):
        assert site.get("/terminate?method=" + method).body == b"-15"

    def test_signal_at_the_moment_of_the_fork_is_not_lost(self, site):
        assert site.get("/killed_at_once", timeout=120).body == b"{15: 100}"


class TestStop:
    @pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
    def test_while_programs_are_started(self, make_httpd, mpm, mode):
        server = make_httpd(BOTH_MODES, apps=APPS, mpm=mpm)
        server.allow_log(".*")
        site = Site(server, mode)
        is_over = threading.Event()

        def ask():
            while not is_over.is_set():
                try:
                    site.get("/run_true")
                except (OSError, AssertionError):
                    is_over.wait(0.01)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            assert site.get("/run_true").body == b"0"
            status, seconds = elapsed(server.stop)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        assert status == 0 and seconds < 15
