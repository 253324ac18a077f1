# SPDX-License-Identifier: Apache-2.0
"""A process that cannot read its messages is replaced, and a record says why."""
import os
import signal

import pytest
from torture_order import Order

from pyw import paths, wait_for

CONFIG = """
WSGIDaemonProcess app processes=2 threads=2 python-path=${APPS}
WSGIScriptAlias / ${APPS}/torture.wsgi process-group=app
"""
APPS = {"torture.wsgi": paths.TESTS / "torture" / "torture.wsgi", "support.py": paths.SUPPORT}
REASON = "Cannot allocate memory"


@pytest.mark.long
class TestUnreadableMessages:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        server.order = Order.for_server(server)
        server.start()
        server.wait_for_workers()
        return server

    def fail_read(self, httpd, role, number, cause):
        """Fail a recvmsg of the role that `cause` makes necessary."""
        httpd.wait_for_workers()
        httpd.order.fail_one(role, "recvmsg", number, cause)

    def check_service(self, httpd):
        wait_for(lambda: httpd.get("/small").body == b"small", 10, "service")
        httpd.wait_for_workers()

    def test_of_the_manager_in_a_worker(self, httpd):
        httpd.expect_log("PYW0700: .*%s" % REASON)
        self.fail_read(httpd, "worker", 1, httpd.graceful)
        self.check_service(httpd)

    def test_of_a_worker_in_the_manager(self, httpd):
        httpd.expect_log("PYW0701: .*worker .*%s" % REASON)
        # The manager's first read after each event is from httpd.
        self.fail_read(httpd, "manager", 2, lambda: os.kill(httpd.workers()[0].pid, signal.SIGUSR1))
        self.check_service(httpd)

    def test_of_httpd_in_the_manager(self, httpd):
        httpd.expect_log("PYW0702: .*%s" % REASON)
        httpd.allow_log("PYW0253|PYW0256")  # the end of the manager, in two ways
        self.fail_read(httpd, "manager", 1, httpd.graceful)
        self.check_service(httpd)
