# SPDX-License-Identifier: Apache-2.0
"""The output of a forked child goes to the log of its group, or of the server, in complete lines without a client."""
import os
import signal

import psutil
import pytest
from fork_site import APPS

from pyw import processes
from pyw.site import BOTH_MODES
from pyw.wait import elapsed, wait_for


class TestOutput:
    def test_has_no_client(self, site):
        name = "job-" + site.mode
        since = site.httpd.log.position()
        assert site.get("/prints?name=" + name).body == b"printed; exit 0"
        site.httpd.log.wait(name + " begins ends", since)

        def long():
            return site.httpd.log.find("x{100}", since)

        wait_for(lambda: sum(line.count("x") for line in long()) >= 6000)
        assert sum(line.count("x") for line in long()) == 6000 and not any("[client" in line for line in long())
        for text in ("print", "half and half", "logging", "errors"):
            lines = site.httpd.log.wait("%s %s" % (name, text), since)
            assert len(lines) == 1, (text, lines)
            assert "[client" not in lines[0]

    def test_of_the_parent_keeps_its_client(self, site):
        name = "parent-" + site.mode
        since = site.httpd.log.position()
        site.get("/prints?name=" + name)
        lines = site.httpd.log.wait(name + " begins ends", since)
        assert len(lines) == 1 and "[client" in lines[0]


    def test_does_not_wait_for_a_lock_of_another_thread(self, site):
        assert site.get("/local_time", timeout=60).body == b"['exit 0']"


class TestTerminal:
    def test_of_forkpty_has_the_output_and_the_input(self, site):
        lines = site.get("/terminal").body.decode().split("\r\n")
        assert lines[:3] == ["a word", "heard a word", "an error"] and lines[-1] == "exit 0"

    def test_of_forkpty_gets_no_lines_of_a_log(self, site):
        since = site.httpd.log.position()
        lines = site.get("/terminal").body.decode().split("\r\n")
        if site.mode == "daemon":
            assert len(lines) == 4 and len(site.httpd.log.wait("to the log", since)) == 2
        else:
            assert lines[3:5] == ["MainThread to the log", "to the log"] and len(lines) == 6


class TestStalledLog:
    @pytest.mark.parametrize("mode", ["daemon", "embedded"])
    def test_does_not_hold_up_a_child(self, make_httpd, mode):
        server = make_httpd(BOTH_MODES + 'ErrorLog "|/usr/bin/tee -a ${ROOT}/error.log"', apps=APPS)
        assert server.get("/%s/returns" % mode).status == 200
        server.allow_log("PYW0530|PYW0333|flood")
        readers = [each for each in psutil.Process(server.process.pid).children() if each.name() == "tee"]
        for reader in readers:
            processes.stop(reader.pid)
        try:
            response, seconds = elapsed(lambda: server.get("/%s/floods" % mode))
        finally:
            for reader in readers:
                os.kill(reader.pid, signal.SIGCONT)
        assert readers and response.body == b"printed; exit 0" and seconds < 10
