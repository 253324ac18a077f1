# SPDX-License-Identifier: Apache-2.0
"""The status page in a terminal browser, and in Chromium on a screen and on a phone, light and dark."""
import pathlib
import shutil
import struct
import subprocess
import zlib

import pytest
import test_status_page

TOP = pathlib.Path(__file__).resolve().parents[3]


class TestTerminal:
    CONFIG = test_status_page.TestRequests.CONFIG

    def test_w3m_shows_each_request_in_a_line(self, server):
        assert shutil.which("w3m"), "tools/install-deps installs it"
        with test_status_page.running(server, "/app", "terminal"):
            shown = subprocess.run(["w3m", "-dump", "-cols", "200", "-T", "text/html"], check=True,
                                   input=server.get("/-/status").body, stdout=subprocess.PIPE).stdout.decode()
        [line] = [line for line in shown.splitlines() if "/app/wait?terminal" in line]
        assert line.split()[2:6] == ["application", "127.0.0.1:%d" % server.port, "app", str(server.workers()[0].pid)]
        for heading in ("Process groups", "Requests in flight: 1", "Workers", "Since httpd was started", "Last errors"):
            assert heading in shown


def picture(path):
    """Return the width of a PNG and its first pixel, which no filter of the format changes."""
    data, rows = path.read_bytes(), b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position = 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        rows += data[position + 8:position + 8 + length] if kind == b"IDAT" else b""
        position += 12 + length
    return struct.unpack_from(">I", data, 16)[0], tuple(zlib.decompress(rows)[1:4])


@pytest.mark.long
class TestChromium:
    def test_the_pictures_of_the_documentation_can_be_taken(self, tmp_path):
        if not shutil.which("chromium"):
            pytest.skip("chromium is not installed")
        subprocess.run([TOP / "tools" / "screenshots", tmp_path], check=True, timeout=300)
        width, background = picture(tmp_path / "status-light.png")
        assert (width, background) == (1180, (255, 255, 255))
        assert max(picture(tmp_path / "status-dark.png")[1]) < 64
        assert picture(tmp_path / "status-phone.png")[0] == 500
        assert picture(tmp_path / "top.png") == (760, (17, 17, 17))
