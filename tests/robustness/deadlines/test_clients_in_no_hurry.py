# SPDX-License-Identifier: Apache-2.0
"""A client that is slow or silent holds neither a Python thread nor a thread of httpd beyond the deadline."""
import socket
import ssl

import pytest
from deadline_site import APPS, TOO_LATE, DaemonSite

from pyw.http2 import Http2Connection
from pyw.tls import virtual_host
from pyw.wait import elapsed

SIZE = 12 << 20  # more than the buffers of the sockets between worker and client


def begin(site, path):
    connection = site.connect(receive_buffer=4096)
    connection.start("GET", path)
    return connection


def deadline_of_another(server):
    """Return when the deadline of a request that began now has passed."""
    site = DaemonSite(server, "/other")
    assert site.get("/hold?key=" + site.new_key()).status == 504


class TestSlowReaders:
    MODULES = ("http2",)
    CONFIG = """
        Protocols h2c http/1.1
        WSGIDaemonProcess app threads=1 request-timeout=1s interrupt-timeout=30s response-buffer=64K response-spool=512K
        WSGIDaemonProcess kept threads=1 request-timeout=2s interrupt-timeout=30s
        WSGIDaemonProcess other threads=1 request-timeout=2s
        WSGIScriptAlias /unbuffered ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /kept ${APPS}/app.wsgi process-group=kept
        WSGIScriptAlias /other ${APPS}/app.wsgi process-group=other
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
        <Location /unbuffered>
            WSGIResponseBuffering Off
        </Location>
    """

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"PYW0620|  File \"")

    @pytest.mark.parametrize("prefix", ["", "/unbuffered"])
    def test_a_response_that_is_not_complete_is_cut(self, server, prefix):
        """Without waiting for httpd's Timeout of a minute."""
        site = DaemonSite(server, prefix)
        key, since = site.new_key(), server.log.position()
        with begin(site, site.prefix + "/flood?key=" + key) as client:
            notes, seconds = elapsed(lambda: site.wait_notes(key))
            assert notes == ["end"] and 0.8 < seconds < TOO_LATE
            server.log.wait("PYW0276.*the response is cut", since)
            assert site.get("/pid").status == 200, "its only thread"
            response = client.read_response()
            assert response.status == 200 and not response.complete

    def test_a_response_whose_worker_died_is_truncated(self, server):
        server.allow_log("PYW0310|PYW0340")
        site = DaemonSite(server, "/kept")
        since = server.log.position()
        with begin(site, "/kept/dying?size=%d" % SIZE) as client:
            server.log.wait("PYW0276.*the response is cut", since)
            response = client.read_response()
            assert response.status == 200 and not response.complete

    def test_so_is_a_flood_of_interim_responses(self, server):
        site = DaemonSite(server)
        key = site.new_key()
        with begin(site, "/hints?key=" + key):
            notes, seconds = elapsed(lambda: site.wait_notes(key))
            assert notes == ["end"] and 0.8 < seconds < TOO_LATE
            assert site.get("/pid").status == 200

    def test_so_is_one_of_http2(self, server):
        """A stream has no socket that could be closed: httpd's thread waits, Python's does not."""
        site = DaemonSite(server)
        key = site.new_key()
        with Http2Connection(server.port, window=1000) as client:
            stream = client.start("GET", "/flood?key=" + key)
            assert client.wait_head(stream) == 200
            notes, seconds = elapsed(lambda: site.wait_notes(key))
            assert notes == ["end"] and seconds < TOO_LATE
            assert site.get("/pid").status == 200
            client.h2.increment_flow_control_window(1 << 30)
            client.h2.increment_flow_control_window(1 << 30, stream)
            client.flush()
            assert not client.read_all(stream)[1]

    def test_a_response_that_the_worker_has_completed_is_not(self, server):
        site = DaemonSite(server, "/kept")
        key = site.new_key()
        with begin(site, "/kept/large?size=%d&key=%s" % (SIZE, key)) as client:
            assert site.wait_notes(key) == ["made"]
            deadline_of_another(server)
            response = client.read_response()
            assert response.complete and response.body == b"y" * SIZE

    @pytest.mark.long
    def test_nor_is_one_over_http2(self, server):
        site = DaemonSite(server, "/kept")
        key = site.new_key()
        with Http2Connection(server.port, window=1000) as client:
            stream = client.start("GET", "/kept/large?size=%d&key=%s" % (SIZE, key))
            assert site.wait_notes(key) == ["made"]
            deadline_of_another(server)
            client.h2.increment_flow_control_window(1 << 30)
            client.h2.increment_flow_control_window(1 << 30, stream)
            client.flush()
            assert client.read_all(stream) == (b"y" * SIZE, True)


class TestSilentUploads:
    MODULES = ("http2",)
    CONFIG = """
        Protocols h2c http/1.1
        WSGIDaemonProcess app threads=1 request-timeout=1s interrupt-timeout=30s
        WSGIDaemonProcess streaming threads=1 request-timeout=1s interrupt-timeout=30s request-buffer=0 request-spool=0
        WSGIScriptAlias /streaming ${APPS}/app.wsgi process-group=streaming
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
        WSGIRequestTimeout 1s
    """

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"PYW0620|  File \"")

    def begin(self, server, path):
        client = server.connect()
        client.send(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfirst" % path.encode())
        return client

    def test_while_it_is_collected(self, server):
        site = DaemonSite(server)
        key = site.new_key()
        with self.begin(server, "/upload?key=" + key) as client:
            response, seconds = elapsed(client.read_response)
            assert response.status == 408 and 0.8 < seconds < TOO_LATE
            assert client.is_closed_by_server()
        assert site.notes(key) == []

    @pytest.mark.parametrize("prefix, status", [("/streaming", 504), ("/embedded", 408)])
    def test_while_the_application_reads_it(self, server, prefix, status):
        site = DaemonSite(server, prefix)
        site.get("/pid")
        key = site.new_key()
        with self.begin(server, prefix + "/upload?key=" + key) as client:
            response, seconds = elapsed(client.read_response)
            assert response.status == status and 0.8 < seconds < TOO_LATE
            assert client.is_closed_by_server()
        assert site.get("/pid").status == 200, "its only thread"

    @pytest.mark.parametrize("prefix, status", [("", 408), ("/streaming", 504)])
    def test_over_http2(self, server, prefix, status):
        site = DaemonSite(server, prefix)
        with Http2Connection(server.port) as client:
            stream = client.start("POST", prefix + "/upload?key=" + site.new_key(), end=False)
            client.send(stream, b"first")
            answer, seconds = elapsed(lambda: client.wait_head(stream))
            assert answer == status and 0.8 < seconds < TOO_LATE
        assert site.get("/pid").status == 200


class TestTls:
    """The socket does not show data that a filter holds back."""
    CONFIG = """
        WSGIDaemonProcess app threads=1 request-timeout=1s interrupt-timeout=30s response-buffer=64K response-spool=0
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(start=False, apps=APPS, modules=("ssl", "socache_shmcb"))
        server.configure(self.CONFIG + virtual_host(server))
        server.start().log.wait("PYW0317")
        return server

    @pytest.fixture
    def client(self, server):
        context = ssl.create_default_context(cafile=str(server.root / "cert.pem"))
        with socket.create_connection(("127.0.0.1", server.tls_port), 20) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as wrapped:
                yield wrapped

    def begin(self, client, key, length):
        client.sendall(b"POST /upload?key=%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % (key.encode(), length))

    def test_a_body_in_pieces_is_read(self, server, client):
        self.begin(client, DaemonSite(server).new_key(), 200_003)
        for size in (1, 2, 16384, 16385, 100_000, 67_231):
            client.sendall(bytes(size))
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")

    def test_the_missing_rest_of_a_body_is_not_waited_for(self, server, client):
        site = DaemonSite(server)
        key = site.new_key()
        self.begin(client, key, 100)
        client.sendall(b"first")
        answer, seconds = elapsed(lambda: client.recv(4096))
        assert answer.startswith(b"HTTP/1.1 408 ") and 0.8 < seconds < TOO_LATE
        assert site.notes(key) == []

    def test_a_response_that_is_not_read_is_cut(self, server, client):
        server.allow_log(r"PYW0620|  File \"")
        site = DaemonSite(server)
        key, since = site.new_key(), server.log.position()
        client.sendall(b"GET /flood?key=%s HTTP/1.0\r\n\r\n" % key.encode())
        notes, seconds = elapsed(lambda: site.wait_notes(key))
        assert notes == ["end"] and seconds < TOO_LATE
        server.log.wait("PYW0276.*the response is cut", since)
        with pytest.raises(OSError):
            while client.recv(65536):
                pass
        assert site.get("/pid").status == 200
