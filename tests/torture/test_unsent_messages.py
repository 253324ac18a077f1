# SPDX-License-Identifier: Apache-2.0
"""A process that cannot send its messages is replaced at once, and a record says why."""
import os
import shutil
import signal
import subprocess

import pytest
from torture_order import Order

from pyw import paths, wait_for
from pyw.wait import PROMPT

CONFIG = """
WSGIDaemonProcess app processes=2 threads=2 python-path=${APPS}
WSGIDaemonProcess preloaded preload=On threads=2 python-path=${APPS}
WSGIScriptAlias /preloaded ${APPS}/torture.wsgi process-group=preloaded
WSGIScriptAlias / ${APPS}/torture.wsgi process-group=app
"""
APPS = {"torture.wsgi": paths.TESTS / "torture" / "torture.wsgi", "support.py": paths.SUPPORT}
REASON = "No buffer space available"


@pytest.mark.long
class TestUnsentMessages:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        server.order = Order.for_server(server)
        return server

    @pytest.fixture(autouse=True)
    def running(self, httpd):
        """Each test begins with a server whose workers are ready, and ends with one."""
        self.start(httpd)
        yield
        self.start(httpd)
        wait_for(lambda: httpd.get("/small").body == b"small", PROMPT, "service")
        wait_for(lambda: httpd.get("/preloaded/small").body == b"small", PROMPT, "service of the template's worker")

    def start(self, httpd):
        if httpd.process is None or httpd.process.poll() is not None:
            httpd.start()
        httpd.wait_for_workers(PROMPT)

    def reload(self, httpd, group):
        program = [str(httpd.root / "modules" / "pywsgi"), "reload", group, "--directory", str(httpd.run)]
        subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROMPT)

    def kill_worker(self, httpd, group):
        httpd.expect_log("PYW0310: worker .* was killed by signal 9")
        os.kill(httpd.workers(group)[0].pid, signal.SIGKILL)

    def test_a_worker_that_cannot_report_is_replaced(self, httpd):
        httpd.expect_log("PYW0703: .*READY.*%s" % REASON)
        httpd.order.fail_one("worker", "sendmsg", 1, lambda: self.kill_worker(httpd, "app"))

    def test_a_worker_that_cannot_report_its_fork_is_replaced(self, httpd):
        httpd.expect_log("PYW0396: .*ended at once")
        httpd.order.fail_one("worker", "sendmsg", 1, lambda: self.kill_worker(httpd, "preloaded"))

    def test_a_template_that_cannot_report_is_replaced(self, httpd):
        httpd.expect_log("PYW0703: .*READY.*%s" % REASON)
        httpd.allow_log("PYW0316|PYW0357")
        httpd.order.fail_one("template", "sendmsg", 1, lambda: self.reload(httpd, "preloaded"))

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_template_that_gets_no_order_is_replaced(self, httpd, number):
        """Its order consists of several messages."""
        httpd.allow_log("PYW0340")
        httpd.expect_log(r"PYW0312: .*cannot get the order \(%s\)" % REASON)
        httpd.order.fail_one("manager", "sendmsg", number, lambda: self.kill_worker(httpd, "preloaded"))

    def test_a_worker_without_settings_is_replaced(self, httpd):
        httpd.expect_log("PYW0312: .*settings.*%s" % REASON)
        httpd.order.fail_one("manager", "sendmsg", 1, lambda: self.kill_worker(httpd, "app"))

    def test_a_worker_without_a_command_is_replaced(self, httpd):
        """The first command of the manager asks whether files have changed."""
        httpd.expect_log("PYW0704: .*%s" % REASON)
        httpd.order.fail_one("manager", "sendmsg", 1, httpd.graceful)

    def test_a_manager_that_cannot_answer_makes_the_start_fail(self, httpd):
        httpd.stop()
        since = httpd.log.position()
        httpd.order.fail_one("manager", "sendmsg", 1, lambda: self.fail_start(httpd))
        assert httpd.log.find("PYW0705: .*%s" % REASON, since)
        assert httpd.log.find("PYW0252", since)

    def test_a_configuration_that_cannot_be_sent_makes_the_start_fail(self, httpd):
        httpd.stop()
        since = httpd.log.position()
        httpd.order.fail_one("parent", "sendmsg", 1, lambda: self.fail_start(httpd))
        assert httpd.log.find("PYW0252: .*cannot send it: %s" % REASON, since)

    def test_a_replaced_manager_that_cannot_be_notified_stops(self, httpd):
        """The notification is the last message of httpd's parent."""
        httpd.order.give("parent", "sendmsg")
        self.upgrade(httpd)
        count = httpd.order.withdraw()
        httpd.wait_for_workers(PROMPT)
        httpd.expect_log("%s.*PYW0278" % REASON)
        httpd.order.fail_one("parent", "sendmsg", count, lambda: self.upgrade(httpd))

    @pytest.mark.parametrize("function", ["sendmsg", "calloc"])
    def test_each_step_of_a_hand_over(self, httpd, function):
        """The old manager ends, or it continues with its workers because the new one has ended."""
        httpd.allow_log("PYW0(270|301|312|340|360|361|390|396|70[456])")
        httpd.order.give("manager", function)
        self.upgrade(httpd)
        for number in range(1, httpd.order.withdraw() + 1):
            httpd.wait_for_workers(PROMPT)
            expected = self.sockets(httpd)
            httpd.order.give("manager", function, number)
            end = self.upgrade(httpd, "PYW0272|PYW0270")
            httpd.order.withdraw()
            if any("PYW0270" in line for line in end):
                assert self.sockets(httpd) == expected, "%s %d: %s" % (function, number, end)

    def sockets(self, httpd):
        """Return the names; a worker that is replaced has another one."""
        return {path.name for path in httpd.run.glob("pywsgi.*/*")}

    def upgrade(self, httpd, end="PYW0272"):
        """Replace pywsgid by another file, as make install does, and wait for the end of the old manager."""
        since = httpd.log.position()
        shutil.copy(httpd.root / "modules" / "pywsgid", httpd.root / "new")
        (httpd.root / "new").rename(httpd.root / "modules" / "pywsgid")
        httpd.graceful()
        return httpd.log.wait(end, since, PROMPT)

    def fail_start(self, httpd):
        httpd.allow_log("PYW0252|PYW0705|AH00020")
        with pytest.raises(AssertionError, match="httpd ended"):
            httpd.start()
        httpd.remove_socket_directories()
