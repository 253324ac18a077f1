# SPDX-License-Identifier: Apache-2.0
"""A real hg client pushes 3 MB to Mercurial's hgweb and clones it again."""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = """
[web]
allow_push = *
push_ssl = false
[paths]
/repo = %s/repo
"""


def hg(directory, *arguments):
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(directory), "HGRCPATH": "", "HGPLAIN": "1",
                   "HGUSER": "test <test@example.org>"}
    return subprocess.run(["/usr/bin/hg", *arguments], cwd=directory, env=environment, check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


@pytest.mark.skipif(not shutil.which("hg"), reason="mercurial is not installed")
class TestHgweb:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess hg threads=4
            WSGIScriptAlias /daemon ${APPS}/hgweb.wsgi process-group=hg
            WSGIScriptAlias /embedded ${APPS}/hgweb.wsgi""", apps={"hgweb.wsgi": HERE / "hgweb.wsgi"}, start=False)
        hg(server.data, "init", "repo")
        (server.data / "hgweb.config").write_text(CONFIG % server.data)
        subprocess.run(["chmod", "-R", "a+rwX", str(server.data / "repo")], check=True)
        return server.start()

    def test_pages(self, server, mode):
        assert b"/repo/" in server.get("/%s/" % mode).body

    @pytest.mark.long
    def test_push_and_clone(self, server, mode, tmp_path):
        url = "http://127.0.0.1:%d/%s/repo" % (server.port, mode)
        content = os.urandom(3 << 20)
        hg(tmp_path, "clone", url, "work")
        (tmp_path / "work" / mode).write_bytes(content)
        hg(tmp_path / "work", "commit", "-q", "-A", "-m", "large")
        hg(tmp_path / "work", "push", "-f", "-q", url)
        hg(tmp_path, "clone", "-q", url, "clone")
        hg(tmp_path / "clone", "update", "-q", "tip")
        assert (tmp_path / "clone" / mode).read_bytes() == content
