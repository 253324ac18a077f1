# SPDX-License-Identifier: Apache-2.0
"""Rule A: a worker that is killed anywhere in a response of 1 MiB never leaves one that curl takes for complete."""
import os
import random
import signal
import subprocess

import pytest

from pyw.site import Site

SIZE = 1 << 20


class TestKilledInAResponse:
    CONFIG = """
        Protocols h2c http/1.1
        WSGIDaemonProcess app processes=4 threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """
    SHARES = 4

    def curl(self, server, version, path):
        return subprocess.Popen(
            ["curl", "-s", "-N", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", version, "--max-time", "60",
             "http://127.0.0.1:%d%s" % (server.port, path)], stdout=subprocess.PIPE, text=True)

    def cut(self, server, version, length, at, how):
        """(exit status of curl, status of the response, bytes)"""
        site = Site(server, "daemon", "")
        key = site.new_key()
        client = self.curl(server, version, "/response?size=%d&at=%d&length=%s&how=%s&key=%s" % (
            SIZE, at, length, how, key))
        if how == "outside":
            os.kill(int(site.wait_notes(key)[0]), signal.SIGKILL)
        status, size = client.communicate(timeout=60)[0].split()
        return client.returncode, int(status), int(size)

    @pytest.mark.parametrize("length", ["", "1"], ids=["chunked", "length"])
    @pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"], ids=["http1", "http2"])
    def test_curl_never_takes_it_for_complete(self, server, seeds, version, length):
        server.allow_log("PYW0243|PYW0244|PYW0310|PYW0367")
        for seed in seeds:
            at = random.Random(seed).choice([0, 1, SIZE - 1, *random.Random(seed).sample(range(SIZE), 9)])
            code, status, size = self.cut(server, version, length, at, "itself" if seed % 2 else "outside")
            assert (status == 502) if status != 200 else (code != 0 and size <= at), (seed, at, code, status, size)
