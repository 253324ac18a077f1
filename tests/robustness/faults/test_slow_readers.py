# SPDX-License-Identifier: Apache-2.0
"""F13, F14: httpd buffers the response of a slow client in memory and in a file, and no Python thread waits."""
import contextlib
import os
import signal

import pytest
from daemon_site import APPS, DaemonSite
from faults_site import small_disk

from pyw import processes, sanitizers, wait_for
from pyw.http2 import Http2Connection

CONFIG = """
Timeout 60
Protocols h2c http/1.1
WSGITempDir ${ROOT}/spool
WSGIDaemonProcess app threads=1
WSGIDaemonProcess small threads=1 response-buffer=64K response-spool=512K
WSGIDaemonProcess streaming threads=1 request-buffer=0 request-spool=0
WSGIScriptAlias /streaming ${APPS}/app.wsgi process-group=streaming
WSGIScriptAlias /streaming-unbuffered ${APPS}/app.wsgi process-group=streaming
<Location /streaming-unbuffered>
    WSGIResponseBuffering Off
</Location>
WSGIScriptAlias /small ${APPS}/app.wsgi process-group=small
WSGIScriptAlias /unbuffered ${APPS}/app.wsgi process-group=app
WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
<Location /unbuffered>
    WSGIResponseBuffering Off
</Location>
"""

SIZE = 24 << 20


def expected(size=SIZE):
    return b"".join(b"%4096d" % place for place in range(4096, size + 1, 4096))


def make_server(make_httpd, prepare=None, config=CONFIG, **options):
    server = make_httpd(config, apps=APPS, start=False, **{"modules": ("http2",), **options})
    (server.root / "spool").mkdir()
    (server.root / "spool").chmod(0o1777)
    if prepare:
        prepare(server)
    return server.start()


def spool_sizes(server):
    """Return the sizes of the unnamed files that httpd's children have open below WSGITempDir."""
    sizes = []
    for child in server.children():
        for number, path in processes.descriptors(child.pid).items():
            if path.startswith(str(server.root / "spool")):
                sizes.append(os.stat("/proc/%d/fd/%d" % (child.pid, number)).st_size)
    return sizes


@pytest.fixture
def site(server):
    return DaemonSite(server)


class TestSlowReaders:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_server(make_httpd)

    def begin(self, site, path, **options):
        connection = site.connect(receive_buffer=4096)
        connection.start("GET", path)
        return connection

    @pytest.mark.parametrize("length", ["", "&length=1"])
    def test_the_only_thread_is_free_while_the_client_has_read_nothing(self, site, server, length):
        key = site.new_key()
        with self.begin(site, "/numbered?size=%d&key=%s%s" % (SIZE, key, length)) as connection:
            assert site.wait_notes(key) == ["made %d" % SIZE]
            assert site.get("/pid").status == 200
            response = connection.read_response()
            assert response.complete and response.body == expected()
        wait_for(lambda: not spool_sizes(server), what="closing of the file")
        assert list((server.root / "spool").iterdir()) == []

    @pytest.mark.parametrize("path, size", [("/streaming", SIZE), ("/streaming-unbuffered", 2 << 20)])
    def test_the_thread_does_not_wait_for_the_rest_of_a_body_that_the_application_did_not_read(self, site, path, size):
        key = site.new_key()
        with site.connect(receive_buffer=4096) as connection:
            connection.start("POST", "%s/numbered?size=%d&key=%s" % (path, size, key), [("Content-Length", "10")])
            if path == "/streaming":
                assert site.wait_notes(key) == ["made %d" % size]
                assert site.get("/streaming/pid").status == 200
            response = connection.read_response()
            assert response.complete and response.body == expected(size)
            assert site.get("/streaming/pid").status == 200

    def test_http2(self, site, server):
        key = site.new_key()
        with Http2Connection(server.port, window=1000) as connection:
            stream = connection.start("GET", "/numbered?size=%d&key=%s" % (SIZE, key))
            assert connection.wait_head(stream) == 200
            assert site.wait_notes(key) == ["made %d" % SIZE]
            assert site.get("/pid").status == 200
            connection.h2.increment_flow_control_window(1 << 30)
            connection.h2.increment_flow_control_window(1 << 30, stream)
            connection.flush()
            assert connection.read_all(stream) == (expected(), True)

    def test_over_a_graceful_restart(self, site, server):
        server.allow_log("AH00493|AH00163|AH00489")
        key = site.new_key()
        with self.begin(site, "/numbered?size=%d&key=%s" % (SIZE, key)) as connection:
            assert site.wait_notes(key) == ["made %d" % SIZE]
            server.graceful()
            assert site.get("/pid").status == 200
            response = connection.read_response()
            assert response.complete and response.body == expected()

    @pytest.mark.long
    def test_many_of_them(self, site, server):
        key = site.new_key()
        size = 4 << 20
        connections = [self.begin(site, "/numbered?size=%d&key=%s" % (size, key)) for _ in range(16)]
        site.wait_notes(key, 16, seconds=20)
        assert site.get("/pid").status == 200
        for connection in connections:
            response = connection.read_response()
            assert response.complete and response.body == expected(size)
            connection.close()

    @sanitizers.memory_is_measured
    def test_memory_and_file_are_bounded(self, site, server):
        """F14: when both are full, the worker waits."""
        site.get("/small/pid")
        before = server.memory()
        key = site.new_key()
        with self.begin(site, "/small/endless?key=" + key) as connection:
            assert connection.read_head().status == 200
            wait_for(lambda: spool_sizes(server) and spool_sizes(server)[0] >= 512 << 10, what="a full file")
            cpu = [sum(child.cpu_times()[:2]) for child in server.children()]
            for _ in range(50):
                assert site.get("/pid").status == 200
            assert max(spool_sizes(server)) <= 512 << 10
            assert sum(sum(child.cpu_times()[:2]) for child in server.children()) - sum(cpu) < 0.5, "busy loop"
            for process in server.children() + server.workers():
                assert process.memory_info().rss - before.get(process, process.memory_info().rss) < 4 << 20
            assert site.notes(key) == []
        assert site.wait_notes(key) == ["end"]

    def test_a_client_that_reads_again_gets_more_than_the_buffers_hold(self, site):
        with self.begin(site, "/small/numbered?size=%d" % SIZE) as connection:
            response = connection.read_response()
            assert response.complete and response.body == expected()

    def test_without_buffering_the_worker_waits(self, site, server):
        key = site.new_key()
        with self.begin(site, "/unbuffered/numbered?size=%d&key=%s" % (SIZE, key)) as slow, site.connect() as other:
            assert slow.read_head().status == 200
            other.start("GET", "/pid")
            other.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                other.read_head()
            assert (site.notes(key), spool_sizes(server)) == ([], [])

    @pytest.mark.parametrize("length", ["", "&length=1"])
    def test_a_worker_that_dies_leaves_a_visible_cut(self, site, server, length):
        """F3, F4, after the buffered data."""
        server.expect_log("PYW0244.*in the middle")
        server.allow_log("PYW0310|PYW0313|PYW0340")
        with self.begin(site, "/small/numbered?size=%d%s" % (1 << 30, length)) as connection:
            head = connection.read_head()
            wait_for(lambda: sum(spool_sizes(server)) > 500_000, what="a file")
            os.kill(self.small_worker(server), signal.SIGKILL)
            connection._read_body(head, "GET")
            assert not head.complete
            assert len(head.body) > 500_000 and expected(len(head.body) // 4096 * 4096) in head.body

    def small_worker(self, server):
        return next(worker.pid for worker in server.workers() if "small" in processes.title(worker))

    def test_a_client_that_leaves_ends_it(self, site, server):
        key = site.new_key()
        connection = self.begin(site, "/small/endless?key=" + key)
        wait_for(lambda: spool_sizes(server), what="a file")
        connection.reset()
        assert site.wait_notes(key) == ["end"]
        wait_for(lambda: not spool_sizes(server), what="closing of the file")


@pytest.mark.parametrize("mpm", ["prefork", "worker"])
class TestOtherMpms:
    @pytest.fixture
    def server(self, make_httpd, mpm):
        return make_server(make_httpd, config=CONFIG.replace("Protocols h2c http/1.1", ""), mpm=mpm, modules=())

    def test_the_only_thread_is_free(self, site, mpm):
        key = site.new_key()
        with site.connect(receive_buffer=4096) as connection:
            connection.start("GET", "/numbered?size=%d&key=%s" % (SIZE, key))
            assert site.wait_notes(key) == ["made %d" % SIZE]
            assert site.get("/pid").status == 200
            response = connection.read_response()
            assert response.complete and response.body == expected()


@pytest.mark.root
class TestFullDisk:
    """F16: the worker waits for the client, as without buffering."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        with contextlib.ExitStack() as stack:
            yield make_server(make_httpd, prepare=lambda server: stack.enter_context(
                small_disk(server.root / "spool", "256k")))

    def test_nothing_is_lost(self, site, server):
        server.expect_log("No space left.*PYW0284")
        with site.connect(receive_buffer=4096) as connection:
            connection.start("GET", "/numbered?size=%d" % SIZE)
            wait_for(lambda: any(size >= 200 << 10 for size in spool_sizes(server)), what="a full disk")
            response = connection.read_response()
            assert response.complete and response.body == expected()
