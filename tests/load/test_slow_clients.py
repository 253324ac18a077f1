# SPDX-License-Identifier: Apache-2.0
"""F13: with four times as many slow clients as Python threads in each direction, the site is served."""
import asyncio
import shutil
import subprocess
import threading

import pytest
from daemon_site import APPS
from slow_clients import Tally, fast_client, slow_reader, slow_upload

from pyw import sanitizers
from pyw.http2 import Http2Connection

CONFIG = """
Protocols h2c http/1.1
Timeout 120
StartServers 2
ThreadsPerChild 50
MaxRequestWorkers 200
WSGITempDir ${ROOT}/spool
WSGIDaemonProcess app processes=2 threads=4
WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""

pytestmark = [pytest.mark.long, pytest.mark.alone]

MANY = 32
UPLOAD = 300_000
DOWNLOAD = 8 << 20


@pytest.fixture(scope="class")
def server(make_httpd):
    server = make_httpd(CONFIG, apps=APPS, modules=("http2",), start=False)
    (server.root / "spool").mkdir()
    (server.root / "spool").chmod(0o1777)
    return server.start()


def assert_served(tally):
    assert tally.failures == []
    assert len(tally.times) > 20
    assert tally.percentile(99) < 1, sorted(tally.times)[-5:]


@sanitizers.time_is_measured
class TestHttp1:
    def test_slow_uploads_and_slow_readers(self, server, load_seconds):
        tally = Tally()

        async def run():
            uploads = [slow_upload(server.port, "/upload?key=none", UPLOAD, load_seconds) for _ in range(MANY)]
            readers = [slow_reader(server.port, "/numbered?size=%d&length=1" % DOWNLOAD, load_seconds)
                       for _ in range(MANY)]
            return await asyncio.gather(fast_client(server.port, "/pid", load_seconds, tally), *uploads, *readers)

        _, *results = asyncio.run(run())
        assert_served(tally)
        for response in results[:MANY]:
            assert response.startswith(b"HTTP/1.1 200") and response.endswith(b"%d" % UPLOAD)
        assert all(size > DOWNLOAD for size in results[MANY:])


@sanitizers.time_is_measured
class TestHttp2:
    def run_fast(self, server, seconds):
        tally = Tally()
        asyncio.run(fast_client(server.port, "/pid", seconds, tally))
        return tally

    def test_slow_uploads(self, server, load_seconds):
        connections = [Http2Connection(server.port) for _ in range(MANY)]
        streams = [connection.start("POST", "/upload?key=none", end=False) for connection in connections]
        for connection, stream in zip(connections, streams):
            connection.send(stream, b"x" * 20_000)
        assert_served(self.run_fast(server, load_seconds))
        for connection, stream in zip(connections, streams):
            connection.send(stream, b"y", end=True)
            assert connection.read_all(stream) == (b"20001", True)
            connection.close()

    def test_slow_readers(self, server, load_seconds):
        connections = [Http2Connection(server.port, window=1000) for _ in range(MANY)]
        streams = [connection.start("GET", "/numbered?size=%d" % DOWNLOAD) for connection in connections]
        assert_served(self.run_fast(server, load_seconds))
        for connection, stream in zip(connections, streams):
            connection.h2.increment_flow_control_window(1 << 30)
            connection.h2.increment_flow_control_window(1 << 30, stream)
            connection.flush()
            body, complete = connection.read_all(stream)
            assert (len(body), complete) == (DOWNLOAD, True)
            connection.close()


@pytest.mark.skipif(not shutil.which("slowhttptest"), reason="slowhttptest is not installed: tools/install-deps")
@sanitizers.time_is_measured
class TestSlowhttptest:
    """A well-known tool: its own probe must find the site available all the time."""

    MODES = {
        "slow headers": ["-H", "-i", "1"],
        "slow bodies": ["-B", "-i", "1", "-s", "200000", "-t", "POST", "-x", "100"],
        "slow readers": ["-X", "-w", "100", "-y", "512", "-n", "1", "-z", "32", "-k", "1"],
    }

    @pytest.mark.parametrize("mode", MODES)
    def test_the_site_stays_available(self, server, mode, load_seconds):
        server.allow_log("AH00485|AH00484|AH10159|AH03490")
        path = "/numbered?size=%d" % DOWNLOAD if mode == "slow readers" else "/upload?key=none"
        tally = Tally()
        fast = threading.Thread(target=lambda: asyncio.run(fast_client(server.port, "/pid", load_seconds, tally)))
        fast.start()
        output = subprocess.run(
            ["slowhttptest", *self.MODES[mode], "-c", str(MANY), "-r", str(MANY), "-l", str(int(load_seconds)), "-p", "2",
             "-u", "http://127.0.0.1:%d%s" % (server.port, path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True).stdout
        fast.join()
        assert "service available" in output and "service available:   NO" not in output, output[-800:]
        assert_served(tally)
