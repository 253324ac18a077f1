# SPDX-License-Identifier: Apache-2.0
"""The sockets lie below directories that only root (or the user that starts httpd) can replace."""
import os
import shutil
import subprocess
import time

import pytest

from pyw import wait_for
from pyw.httpd import server_user

pytestmark = pytest.mark.root

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'
CONFIG = "WSGISocketPrefix ${ROOT}/%s\nWSGIDaemonProcess app\nWSGIScriptAlias /app ${APPS}/hello.wsgi process-group=app\n"


def give(path):
    shutil.chown(path, server_user())


@pytest.fixture
def server(make_httpd):
    server = make_httpd(apps={"hello.wsgi": HELLO}, start=False)
    (server.root / "above" / "below").mkdir(parents=True)
    return server


def configtest(server, prefix):
    server.configure(CONFIG % prefix)
    return server.configtest()


def refused(server, prefix, *words):
    ok, text = configtest(server, prefix)
    assert not ok and "PYW0131" in text and "use \"WSGISocketPrefix /run/" in text, text
    for word in words:
        assert word in text, text


def works(server, prefix):
    ok, text = configtest(server, prefix)
    assert ok, text
    server.start()
    assert server.get("/app").body == b"hello"


class TestConfigtest:
    @pytest.mark.parametrize("where", ["above", "above/below"])
    @pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
    def test_a_directory_that_others_can_write_in(self, server, where, mode):
        (server.root / where).chmod(mode)
        refused(server, "above/below/wsgi", "WSGISocketPrefix", "%s/%s has mode %04o" % (server.root, where, mode))

    @pytest.mark.parametrize("where", ["above", "above/below"])
    def test_a_directory_of_another_user(self, server, where):
        give(server.root / where)
        refused(server, "above/below/wsgi", "%s/%s belongs to uid " % (server.root, where))

    def test_a_link_of_another_user(self, server):
        (server.root / "above").chmod(0o1777)
        (server.root / "above" / "link").symlink_to("below")
        os.lchown(server.root / "above" / "link", 33, -1)
        refused(server, "above/link/wsgi", "above/link belongs to uid 33")

    @pytest.mark.parametrize("target", ["above", "above/below/..", "${ROOT}/above/below"])
    def test_a_link_to_a_directory_of_another_user(self, server, target):
        give(server.root / "above")
        (server.root / "link").symlink_to(target.replace("${ROOT}", str(server.root)))
        refused(server, "link/wsgi", "%s/above belongs to uid " % server.root)

    def test_a_directory_that_is_none(self, server):
        ok, text = configtest(server, "httpd.conf/wsgi")
        assert not ok and "PYW0104" in text and "Not a directory" in text

    def test_a_link_to_itself(self, server):
        (server.root / "link").symlink_to("link")
        ok, text = configtest(server, "link/wsgi")
        assert not ok and "PYW0104" in text and "symbolic links" in text

    def test_the_default_as_well(self, server):
        (server.root / "run").chmod(0o777)
        server.configure(CONFIG.split("\n", 1)[1])
        ok, text = server.configtest()
        assert not ok and "PYW0131" in text and "DefaultRuntimeDir" in text and "run has mode 0777" in text

    def test_without_groups_the_default_is_not_looked_at(self, server):
        (server.root / "run").chmod(0o777)
        server.configure("")
        assert server.configtest()[0]

    def test_a_user_who_starts_httpd_may_own_them(self, server):
        give(server.root / "above")
        server.configure(CONFIG % "above/below/wsgi")
        done = subprocess.run(server.command("-t"), user=server_user(), group=server_user(), extra_groups=[],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert "PYW0131" not in done.stdout and "Syntax OK" in done.stdout


class TestServer:
    def test_a_directory_in_a_sticky_one(self, server):
        (server.root / "above").chmod(0o1777)
        works(server, "above/below/wsgi")

    def test_a_sticky_one_itself(self, server):
        (server.root / "above").chmod(0o1777)
        works(server, "above/wsgi")

    @pytest.mark.parametrize("target", ["above/below", "above/../above/./below/", "${ROOT}/above/below"])
    def test_a_link_of_root(self, server, target):
        (server.root / "link").symlink_to(target.replace("${ROOT}", str(server.root)))
        works(server, "link/wsgi")
        assert list((server.root / "above" / "below").glob("wsgi.*/w.*"))

    @pytest.mark.parametrize("prefix", ["above/missing/as_well/wsgi", "gone/too/wsgi"])
    def test_missing_directories_are_made(self, server, prefix):
        (server.root / "gone").symlink_to("target")
        works(server, prefix)
        parent = (server.root / prefix).parent
        assert [oct(path.stat().st_mode) for path in (parent, parent.parent)] == [oct(0o40755)] * 2
        assert list(parent.glob("wsgi.*/w.*"))

    def test_a_relative_prefix_is_relative_to_server_root(self, server):
        server.configure(CONFIG.replace("${ROOT}/", "") % "above/wsgi")
        server.start()
        assert server.get("/app").body == b"hello" and list((server.root / "above").glob("wsgi.*/w.*"))

    @pytest.mark.long
    def test_the_manager_looks_again_when_it_makes_the_directory(self, server):
        works(server, "above/wsgi")
        server.expect_log("PYW0306|PYW0347")
        directory, = (server.root / "above").glob("wsgi.*")
        (server.root / "above").chmod(0o777)
        shutil.rmtree(directory)
        server.log.wait("PYW0306.*above has mode 0777")
        assert not directory.exists()
        looked = time.monotonic()
        wait_for(lambda: time.monotonic() > looked + 2.5, 5, "the manager's next looks")
        (server.root / "above").chmod(0o755)
        wait_for(lambda: list(directory.glob("w.*")))
        wait_for(lambda: server.get("/app").status == 200)
        assert len(server.log.find("PYW0306")) == 1
