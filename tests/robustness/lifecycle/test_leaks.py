# SPDX-License-Identifier: Apache-2.0
"""Restarts and hand-overs leak no descriptors, neither in httpd's parent nor in the manager."""
import pytest
from lifecycle_site import APPS, DaemonSite
from test_handover import managers, replace, restart

from pyw import processes, wait_for

CONFIG = """
    WSGIDaemonProcess app processes=2 threads=2
    WSGIDaemonProcess loaded processes=2 threads=2 preload=On reload-on=${APPS}/watched
    WSGIScriptAlias /loaded ${APPS}/app.wsgi process-group=loaded
    WSGIDaemonProcess asleep processes=0-2
    WSGIScriptAlias /asleep ${APPS}/app.wsgi process-group=asleep
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""


@pytest.mark.long
class TestDescriptors:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(CONFIG, apps={**APPS, "watched": "1"})
        server.allow_log("PYW0271|PYW0359")
        return server

    def settle(self, server):
        """Wait until all expected processes run and have answered, and no others exist."""
        def is_settled():
            return len(managers(server)) == 1 and len(server.workers()) == 4 and len(server.templates()) == 1

        for name in ("", "/loaded"):
            assert DaemonSite(server, name).get("/pid").status == 200
        wait_for(is_settled, 40, lambda: managers(server))

    def places(self, server):
        """Return the open files of httpd's parent and the manager."""
        return [sorted(processes.descriptors(pid).values()) for pid in (server.process.pid, server.manager().pid)]

    def renew(self, server):
        """Restart, and wait until no process of the previous generation is left."""
        children = server.children()
        restart(server)
        processes.wait_gone(children, 20)

    def wait_as_before(self, server, before):
        def has_no_more():
            return all(len(now) <= len(then) for now, then in zip(self.places(server), before))

        wait_for(has_no_more, 20, lambda: (before, self.places(server)))

    def test_twenty_graceful_restarts(self, server):
        self.renew(server)
        self.settle(server)
        before = self.places(server)
        for _ in range(19):
            restart(server)
        self.renew(server)
        self.settle(server)
        self.wait_as_before(server, before)

    def test_five_hand_overs(self, server):
        for number in range(6):
            replace(server, "pywsgid")
            self.renew(server)
            self.settle(server)
            if number == 0:
                before = self.places(server)
        self.wait_as_before(server, before)
