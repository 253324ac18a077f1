# SPDX-License-Identifier: Apache-2.0
"""F29: a body of 1 GiB in each direction (PYWSGI_LOAD_MIB=1024; less by default) is transferred without using memory.
"""
import hashlib
import os
import threading

import pytest
from daemon_site import APPS

from pyw import sanitizers
from pyw.site import Site

CONFIG = """
WSGITempDir ${ROOT}/spool
WSGIDaemonProcess app threads=2
WSGIDaemonProcess streaming threads=2 request-buffer=0 request-spool=0
WSGIScriptAlias /streaming ${APPS}/app.wsgi process-group=streaming
WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""

MIB = 1 << 20
SIZE = int(os.environ.get("PYWSGI_LOAD_MIB", "128")) * MIB
GROWTH = 4 * MIB


class Memory:
    """The maximum growth of each process's resident memory since the start, measured continuously."""

    def __init__(self, server):
        self.before = server.memory()
        self.growth = dict.fromkeys(self.before, 0)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ended.wait(0.02):
            self.look()

    def look(self):
        for process, before in self.before.items():
            self.growth[process] = max(self.growth[process], process.memory_info().rss - before)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.ended.set()
        self.thread.join()
        self.look()


@pytest.mark.long
@sanitizers.memory_is_measured
class TestLargeBodies:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        (server.root / "spool").mkdir()
        (server.root / "spool").chmod(0o1777)
        return server.start()

    def upload(self, site, size, chunked):
        block = os.urandom(MIB)
        whole = hashlib.sha256()
        with site.connect(timeout=120) as connection:
            framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: %d" % size
            connection.send(("POST %s/digest HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (site.prefix, framing)).encode())
            for _ in range(size // MIB):
                whole.update(block)
                connection.send_chunk(block) if chunked else connection.send(block)
            if chunked:
                connection.send(b"0\r\n\r\n")
            response = connection.read_response("POST")
            assert (response.status, response.body) == (200, whole.hexdigest().encode())

    def download(self, site, size, length):
        """Read block by block, so that the test itself uses little memory."""
        with site.connect(timeout=120) as connection:
            connection.start("GET", "%s/numbered?size=%d&length=%s" % (site.prefix, size, length))
            assert connection.read_head().status == 200
            rest, place = b"", 0
            while place < size:
                data = connection._take(MIB) if length else connection.read_chunk()
                assert data, "cut after %d bytes" % place
                rest += data
                for at in range(0, len(rest) - 4095, 4096):
                    place += 4096
                    assert rest[at:at + 4096] == b"%4096d" % place
                rest = rest[len(rest) // 4096 * 4096:]
            if not length:
                assert connection.read_chunk() == b""

    @pytest.mark.parametrize("prefix", ["", "/streaming"])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_up(self, server, prefix, chunked):
        site = Site(server, "daemon", prefix)
        self.upload(site, 4 * MIB, chunked)
        with Memory(server) as memory:
            self.upload(site, SIZE, chunked)
        assert max(memory.growth.values()) <= GROWTH, memory.growth

    @pytest.mark.parametrize("length", ["", "1"])
    def test_down(self, server, length):
        site = Site(server, "daemon", "")
        self.download(site, 4 * MIB, length)
        with Memory(server) as memory:
            self.download(site, SIZE, length)
        assert max(memory.growth.values()) <= GROWTH, memory.growth
