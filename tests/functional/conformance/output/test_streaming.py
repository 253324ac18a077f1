# SPDX-License-Identifier: Apache-2.0
"""PEP 3333, "Handling Block Boundaries": a block reaches the client while the application produces the next one."""
import socket
import ssl
import subprocess
import time
import zlib

import pytest
from conformance_apps import apps

from pyw.site import BOTH_MODES, Site
from pyw.tls import virtual_host

APP = "stream.wsgi"


def read_blocks(connection, count):
    """Return at least `count` more bytes of a chunked body."""
    data = b""
    while len(data) < count:
        data += connection.read_chunk()
    return data


def check_that_blocks_arrive_in_a_pause(site):
    """The client gets each yielded block before the application yields the next."""
    key = site.new_key()
    with site.connect() as connection:
        connection.start("GET", site.prefix + "/hold?key=" + key)
        assert connection.read_head().status == 200
        assert read_blocks(connection, 30) == b"block0block1block2block3block4"
        assert site.wait_notes(key) == ["yielded"]
        (site.httpd.data / (key + ".go")).touch()
        assert connection.read_chunk() == b"last"
        assert connection.read_chunk() == b""


class TestPauses:
    @pytest.mark.alone
    def test_blocks_arrive_within_10_ms(self, site):
        """At least six of twenty: a busy machine may delay a block, but a delay of our own would affect all blocks."""
        delays = []
        with site.connect() as connection:
            connection.start("GET", site.prefix + "/clock?count=20")
            assert connection.read_head().status == 200
            assert connection.read_chunk() == b"begin"
            for _ in range(20):
                yielded = float(connection.read_chunk())
                delays.append(time.monotonic() - yielded)
        assert sorted(delays)[5] < 0.010, ["%.1f ms" % (delay * 1000) for delay in delays]

    def test_all_yielded_blocks_arrive(self, site):
        check_that_blocks_arrive_in_a_pause(site)

    def test_the_application_may_keep_the_gil(self, site):
        with site.connect() as connection:
            connection.start("GET", site.prefix + "/hold_gil")
            assert connection.read_head().status == 200
            assert connection.read_chunk() == b"first"
            assert connection.read_chunk() == b"second"
            arrived = time.monotonic()
            assert arrived < float(connection.read_chunk()), "it arrived while the application kept the GIL"

    def test_close_does_not_hold_up_the_answer(self, site, server):
        key = site.new_key()
        with site.connect() as connection:
            response = connection.request("GET", site.prefix + "/hold_close?key=" + key)
            assert (response.body, response.header("Content-Length")) == (b"complete", "8")
            assert site.wait_notes(key) == ["close"]
            (server.data / (key + ".go")).touch()
            assert connection.request("GET", site.prefix + "/pid").body == b"here"

    def test_http_1_0_gets_the_same(self, site, server):
        key = site.new_key()
        with site.connect() as connection:
            connection.send(("GET %s/hold?key=%s HTTP/1.0\r\n\r\n" % (site.prefix, key)).encode())
            assert connection.read_head().status == 200
            assert connection._take(30) == b"block0block1block2block3block4"
            (server.data / (key + ".go")).touch()
            assert connection._take(100) == b"last"

    def test_reading_the_body_does_not_hold_up_a_block(self, server):
        """In daemon mode the body has arrived before the application runs."""
        site = Site(server, "embedded")
        with site.connect() as connection:
            connection.send(("POST %s/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n" % site.prefix).encode())
            assert connection.read_head().status == 200
            assert read_blocks(connection, 12) == b"send please "
            connection.send(b"body")
            assert connection.read_chunk() == b"body"
            assert connection.read_chunk() == b""


class TestManyBlocks:
    @pytest.mark.parametrize("count", [1, 2, 3, 2047, 2048, 2049, 100000])
    def test_arrive_in_order(self, site, count):
        assert site.get("/flood?count=%d" % count).body == b"".join(b"%07d\n" % number for number in range(count))

    def test_clients_that_do_not_read_delay_no_others(self, site, server):
        key = site.new_key()
        stuck = [site.connect(receive_buffer=4096) for _ in range(3)]
        for connection in stuck:
            connection.start("GET", site.prefix + "/patter?key=" + key)
        site.wait_notes(key, 3)
        check_that_blocks_arrive_in_a_pause(site)
        for connection in stuck:
            connection.reset()


class TestTls:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(start=False, modules=("ssl", "socache_shmcb"), apps=apps(APP))
        server.configure(BOTH_MODES + virtual_host(server))
        return server.start()

    def test_a_paused_stream_arrives(self, site, server):
        key = site.new_key()
        context = ssl.create_default_context(cafile=str(server.root / "cert.pem"))
        with socket.create_connection(("127.0.0.1", server.tls_port), 20) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(("GET %s/hold?key=%s HTTP/1.0\r\n\r\n" % (site.prefix, key)).encode())
            received = b""
            while not received.endswith(b"block4"):
                received += client.recv(4096)
            (server.data / (key + ".go")).touch()
            while client.recv(4096):
                pass


class TestHttp2:
    MODULES = ("http2",)
    CONFIG = "Protocols h2c http/1.1\n"

    def test_a_paused_stream_arrives(self, site, server):
        key = site.new_key()
        url = "http://127.0.0.1:%d%s/hold?key=%s" % (server.port, site.prefix, key)
        with subprocess.Popen(["curl", "-sN", "--http2-prior-knowledge", url], stdout=subprocess.PIPE) as curl:
            assert curl.stdout.read(30) == b"block0block1block2block3block4"
            (server.data / (key + ".go")).touch()
            assert curl.stdout.read() == b"last"


class TestOutputFilters:
    MODULES = ("deflate", "filter")
    CONFIG = "SetOutputFilter DEFLATE\n"

    def test_a_compressed_stream_is_whole(self, site):
        response = site.get("/flood?count=30000", headers=[("Accept-Encoding", "gzip")])
        assert response.header("Content-Encoding") == "gzip"
        assert zlib.decompress(response.body, 31) == b"".join(b"%07d\n" % number for number in range(30000))
