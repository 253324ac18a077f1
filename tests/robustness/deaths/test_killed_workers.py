# SPDX-License-Identifier: Apache-2.0
"""If a worker is killed anywhere in a response of 1 MiB, curl never takes the response for complete."""
import os
import signal
import subprocess

import pytest

SIZE = 1 << 20
# Around the sizes at which the engine, the frames and httpd's filters pass data on.
PLACES = [0, 1, 4096, (16 << 10) + 1, 64 << 10, SIZE - 1]


class TestKilledInAResponse:
    CONFIG = """
        Protocols h2c http/1.1
        WSGIDaemonProcess app processes=4 threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """
    MODULES = ("http2",)

    def curl(self, server, version, path):
        return subprocess.Popen(
            ["curl", "-s", "-N", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", version, "--max-time", "60",
             "http://127.0.0.1:%d%s" % (server.port, path)], stdout=subprocess.PIPE, text=True)

    def cut(self, site, version, length, at, how):
        """(exit status of curl, status of the response, bytes)"""
        key = site.new_key()
        client = self.curl(site.httpd, version, "/response?size=%d&at=%d&length=%s&how=%s&key=%s" % (
            SIZE, at, length, how, key))
        if how == "outside":
            os.kill(int(site.wait_notes(key)[0]), signal.SIGKILL)
        status, size = client.communicate(timeout=60)[0].split()
        return client.returncode, int(status), int(size)

    @pytest.mark.parametrize("length", ["", "1"], ids=["chunked", "length"])
    @pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"], ids=["http1", "http2"])
    @pytest.mark.parametrize("how", ["itself", pytest.param("outside", marks=pytest.mark.long)])
    def test_curl_never_takes_it_for_complete(self, site, version, length, how):
        for at in PLACES:
            code, status, size = self.cut(site, version, length, at, how)
            if at == 0:
                assert status == 502, (code, size)
            else:
                assert status == 502 or self.is_cut(version, code, status, size, at), (at, code, status, size)

    def is_cut(self, version, code, status, size, at):
        """In HTTP/2 the reset of the stream can overtake a response that mod_http2 has not sent: curl has no status."""
        return code != 0 and size <= at and status in ((200, 0) if "http2" in version else (200,))
