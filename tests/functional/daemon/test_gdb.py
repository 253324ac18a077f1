# SPDX-License-Identifier: Apache-2.0
"""The commands of tools/gdb/pywsgi.py show requests and queues of a running child of httpd, and of its core."""
import re
import shutil
import subprocess

import pytest
from daemon_site import APPS, DaemonSite

from pyw import paths, wait_for

pytestmark = [pytest.mark.long, pytest.mark.skipif(not shutil.which("gdb"), reason="gdb is not installed")]

CONFIG = """
    WSGIDaemonProcess app threads=1 socket-timeout=5min queue-timeout=5min
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    WSGIDaemonProcess other processes=2
"""


def run_gdb(*arguments):
    done = subprocess.run(["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    output = done.stdout.decode()
    assert "Error" not in output, output
    return output


def commands(*names):
    return [word for name in ("source %s" % (paths.TOP / "tools" / "gdb" / "pywsgi.py"), *names) for word in ("-ex", name)]


def gdb(server, *names):
    return run_gdb("-p", str(server.children()[0].pid), *commands(*names))


def rows(output):
    """Yield the cells of each line of the table of requests."""
    lines = output.splitlines()
    heading = next(index for index, line in enumerate(lines) if line.split()[:2] == ["child", "thread"])
    for line in lines[heading + 1:]:
        if line.split()[-1:] and line.split()[-1].startswith("/"):
            yield line.split()


def check_requests(server, held, output):
    found = sorted(rows(output), key=lambda row: row[-7])
    children = {str(child.pid) for child in server.children()}
    assert [row[-7] for row in found] == ["application", "queued", "queued"]
    assert {row[-9] for row in found} <= children
    assert found[0][-5] == str(held.pids[0])
    assert found[0][-2:] == ["GET", "/hold?key=" + held.key]


class TestChild:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS)
        server.wait_for_workers()
        return server

    @pytest.fixture(scope="class")
    def held(self, server):
        """A request in the application; two others wait."""
        site = DaemonSite(server)
        held = site.hold()
        waiting = site.hold(count=2, wait=False)
        wait_for(lambda: len(list(rows(gdb(server, "pywsgi requests")))) == 3)
        yield held
        assert [answer.status for answer in held.finish() + waiting.finish()] == [200] * 3

    def test_requests_of_a_running_child(self, server, held):
        check_requests(server, held, gdb(server, "pywsgi requests"))

    def test_queue_of_a_running_child(self, server, held):
        output = gdb(server, "pywsgi queue")
        assert "group app: running, 1 workers, 2 waiting, 1 running, lock held by nobody" in output
        assert "group other: running, 2 workers, 0 waiting, 0 running, lock held by nobody" in output
        assert re.findall(r"^ +\d+ +(\w+)", output, re.MULTILINE) == ["waiting", "waiting", "running"]

    def test_a_core(self, server, held, tmp_path):
        core = tmp_path / "core"
        gdb(server, "generate-core-file %s" % core)
        output = run_gdb("/usr/sbin/apache2", str(core), *commands("pywsgi requests", "pywsgi queue"))
        check_requests(server, held, output)
        assert "2 waiting, 1 running" in output


def test_a_program_without_the_module():
    output = run_gdb(str(paths.BUILD / "pywsgi"), *commands("pywsgi queue"))
    assert "no symbol main_config: mod_pywsgi.so is not loaded, or has no debugging symbols" in output
