# SPDX-License-Identifier: Apache-2.0
"""The end of an HTTP/1.0 connection may be the end of the body, so only a reset shows that the body is truncated."""
import contextlib
import socket
import threading

from pyw.site import DAEMON_MODE, EMBEDDED_MODE, Site


def end_of(client):
    """Return how the client sees the end of the body."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        return "reset"
    return "complete"


@contextlib.contextmanager
def client_of(server, path, buffer=65536):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(20)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
        assert client.recv(10) == b"HTTP/1.1 2"
        yield client


class TestAfterTheTimeoutOfHttpd:
    CONFIG = "Timeout 1\n" + DAEMON_MODE
    MODE = "daemon"

    def test_the_client_is_reset(self, server):
        """The client comes back when httpd has given it up; by then its socket holds a part of the body."""
        server.allow_log("PYW0604")
        site = Site(server, self.MODE)
        key = site.new_key()
        with client_of(server, "%s/endless?key=%s" % (site.prefix, key), buffer=4096) as client:
            assert site.wait_notes(key) == ["end"]
            assert end_of(client) == "reset"


class TestAfterTheTimeoutOfHttpdEmbedded(TestAfterTheTimeoutOfHttpd):
    CONFIG = "Timeout 1\n" + EMBEDDED_MODE
    MODE = "embedded"


class TestTheClientIsReset:
    CONFIG = """
        WSGIDaemonProcess late threads=32 python-path=${APPS} request-timeout=300ms interrupt=Off
        WSGIScriptAlias /late ${APPS}/app.wsgi process-group=late
    """

    def test_at_the_deadline(self, server):
        """The thread of a request and the thread that watches its deadline may cut the response at the same moment."""
        server.allow_log(r"PYW0620|File \"")
        server.wait_for_workers()
        site = Site(server, "late")
        ends = []

        def fetch():
            for _ in range(8):
                with client_of(server, "/late/endless?pause=0.4&key=" + site.new_key()) as client:
                    ends.append(end_of(client))

        threads = [threading.Thread(target=fetch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ends == ["reset"] * 64
