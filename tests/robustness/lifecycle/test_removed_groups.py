# SPDX-License-Identifier: Apache-2.0
"""F34: a group that is removed from the configuration serves until the last child of httpd that knows it has exited."""
import pytest
from lifecycle_site import APPS, DaemonSite

from pyw import processes, wait_for

GROUP = "WSGIDaemonProcess %s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n"
STAYS = GROUP % ("app", "app", "app")
BOTH = STAYS + GROUP % ("gone", "gone", "gone")


@pytest.fixture
def server(make_httpd):
    server = make_httpd(BOTH, apps=APPS)
    for name in ("/app", "/gone"):
        assert DaemonSite(server, name).get("/pid").status == 200
    return server


def remove(server):
    server.configure(STAYS)
    server.graceful()


class TestRemovedGroup:
    def test_it_ends_when_httpds_old_children_have_exited(self, server):
        old = server.children()
        remove(server)
        processes.wait_gone(old, 20)
        wait_for(lambda: len(server.workers()) == 1)
        assert DaemonSite(server, "/app").get("/pid").status == 200

    def test_with_a_restart_that_is_at_once(self, server):
        server.configure(STAYS)
        server.restart()
        wait_for(lambda: len(server.workers()) == 1)

    def test_later_requests_of_an_old_child_are_answered(self, server):
        """An upload that continues after the restart: httpd selects a worker after it has arrived."""
        with DaemonSite(server, "/gone").connect() as connection:
            connection.send(b"POST /gone/pid HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            remove(server)
            for _ in range(2):
                server.wait_for_look()
            assert len(server.workers()) == 2
            connection.send(b"b")
            assert connection.read_response().status == 200
        wait_for(lambda: len(server.workers()) == 1, 10)

    def test_requests_of_an_old_child_reach_no_group_that_was_added_later(self, server):
        pid = DaemonSite(server, "/gone").pid()
        with DaemonSite(server, "/gone").connect() as connection:
            connection.send(b"POST /gone/pid HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            server.configure(STAYS + GROUP % ("new", "new", "new"))
            server.graceful()
            assert DaemonSite(server, "/new").pid() != pid
            connection.send(b"b")
            assert int(connection.read_response().body) == pid

    @pytest.mark.long
    def test_a_group_that_is_added_again_stays(self, server):
        with DaemonSite(server, "/gone").connect() as connection:
            connection.send(b"POST /gone/pid HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            workers = {worker.pid for worker in server.workers()}
            remove(server)
            server.configure(BOTH)
            server.graceful()
            connection.send(b"b")
            assert connection.read_response().status == 200
        # A child of the configuration in between, which does not know the group, may accept another connection.
        wait_for(lambda: DaemonSite(server, "/gone").get("/pid").status == 200, 20)
        assert {worker.pid for worker in server.workers()} == workers
