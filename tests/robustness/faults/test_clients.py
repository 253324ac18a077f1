# SPDX-License-Identifier: Apache-2.0
"""F10 to F12: clients, and httpd's children, that disappear during a request."""
import os
import signal
import socket

import pytest
from daemon_site import DaemonSite

from pyw import processes, wait_for


class TestClientsThatLeave:
    def begin_upload(self, site, connection, key, framing):
        head = "POST %s/upload?key=%s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (site.prefix, key, framing)
        connection.send(head.encode())
        connection.send(b"5\r\nhello\r\n" if "chunked" in framing else b"hello")
        site.wait_notes(key)

    @pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
    @pytest.mark.parametrize("how", ["close", "reset", "shutdown"])
    def test_in_an_upload_the_read_raises(self, streaming, server, framing, how):
        """F11: a truncated body never appears to be complete."""
        server.allow_log(r"OSError|ConnectionResetError|Traceback|File \"|wsgi\.input|PYW0\d\d\d|\[pywsgi:error\]")
        key = streaming.new_key()
        with streaming.connect() as connection:
            self.begin_upload(streaming, connection, key, framing)
            if how == "shutdown":
                connection.socket.shutdown(socket.SHUT_WR)
                assert streaming.wait_notes(key, 2)[1] == "OSError"
            elif how == "reset":
                connection.reset()
        assert streaming.wait_notes(key, 2)[1] == "OSError"

    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_in_a_download_the_iterable_is_closed(self, site, server, how):
        """F12, without an error in the log."""
        key = site.new_key()
        connection = site.connect()
        connection.start("GET", site.prefix + "/endless?key=" + key)
        assert connection.read_head().status == 200
        getattr(connection, how)()
        assert site.wait_notes(key) == ["end"]

    def test_their_threads_are_free_again_and_no_descriptor_is_left_open(self, site, server):
        """More clients leave than there are threads."""
        def count():
            return [processes.descriptor_count(process.pid) for process in server.children() + server.workers()]

        site.get("/pid")
        before = sum(count())
        for _ in range(10):
            connection = site.connect()
            connection.start("GET", site.prefix + "/endless?key=none")
            assert connection.read_head().status == 200
            connection.reset()
        assert site.get("/pid").status == 200
        wait_for(lambda: sum(count()) <= before + 1, 10, "closing of all descriptors (%d before)" % before)


class TestHttpdsChildren:
    """F10: an httpd child dies during a request."""

    @pytest.fixture
    def site(self, server):
        return DaemonSite(server, "/daemon")

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"AH00052|OSError|ConnectionResetError|Traceback|File \"|PYW0\d\d\d|\[pywsgi:error\]")

    def kill_children(self, server):
        children = server.children()
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
        processes.wait_gone(children)

    def test_the_applications_read_raises(self, site, server):
        key = site.new_key()
        with site.connect() as connection:
            connection.send(b"POST /daemon/streaming/upload?key=%s HTTP/1.1\r\nHost: x\r\n"
                            b"Content-Length: 1000\r\n\r\nabc" % key.encode())
            site.wait_notes(key)
            self.kill_children(server)
            assert site.wait_notes(key, 2, seconds=5)[1] == "OSError"

    def test_the_applications_write_raises_and_close_is_called(self, site, server):
        key = site.new_key()
        with site.connect() as connection:
            connection.start("GET", "/daemon/endless?key=" + key)
            assert connection.read_head().status == 200
            self.kill_children(server)
            assert site.wait_notes(key, seconds=5) == ["end"]
