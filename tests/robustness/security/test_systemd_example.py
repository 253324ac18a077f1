# SPDX-License-Identifier: Apache-2.0
"""examples/systemd/apache2-hardening.conf: systemd accepts it, and httpd and applications work with its limits."""
import os
import pathlib
import platform
import re
import shutil
import subprocess

import pytest

from pyw import paths, processes, sanitizers, wait_for
from pyw.httpd import Httpd

UNIT = paths.TOP / "examples" / "systemd" / "apache2-hardening.conf"
HARDEN = pathlib.Path(__file__).resolve().parent / "harden.py"

APP = """
import ctypes, multiprocessing, os, socket, subprocess, threading

def attempt(function):
    try:
        function()
        return "done"
    except OSError as error:
        return error.strerror

def ptrace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, os.getppid(), None, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

ATTEMPTS = {
    "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "ptrace": ptrace,
    "write": lambda: open("/usr/lib/intruder", "w"),
    "resolve": lambda: socket.getaddrinfo("localhost", 80),
    "fork": lambda: os.waitpid(os.fork() or os._exit(0), 0),
    "program": lambda: subprocess.run(["true"], check=True),
    "lock": multiprocessing.Lock,
    "thread": lambda: threading.Thread(target=int).start(),
    "callback": lambda: ctypes.CFUNCTYPE(ctypes.c_int)(int)(),
}

def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    name = environ["PATH_INFO"].strip("/")
    return [attempt(ATTEMPTS[name]).encode() if name else str(os.getpid()).encode()]
"""
CONFIG = """
    WSGIDaemonProcess app user=games preload=On threads=2 cpu-priority=-1 memory-recycle=1G
    WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    WSGITempDir ${ROOT}/data
"""


class HardenedHttpd(Httpd):
    def start_command(self):
        return ["/usr/bin/python3", "-I", str(HARDEN), str(UNIT), str(self.root), *super().start_command()]


def can_harden():
    return (platform.machine() == "x86_64" and shutil.which("systemd-analyze") and paths.is_root()
            and subprocess.run(["/usr/bin/python3", "-I", str(HARDEN), str(UNIT), "/tmp", "/usr/bin/true"],
                               stderr=subprocess.DEVNULL).returncode == 0)


@sanitizers.left_out("sanitizers read their own memory maps and trace")
class TestServer:
    @pytest.fixture(scope="class")
    def server(self):
        if not can_harden():
            pytest.skip("no systemd-analyze, or this machine does not permit the limits of systemd")
        server = HardenedHttpd(CONFIG, apps={"app.wsgi": APP})
        try:
            yield server.start()
            server.finish()
        finally:
            server.destroy()

    def test_every_process_has_the_limits(self, server):
        server.wait_for_workers()
        for process in [server.process, server.manager(), *server.children(), *server.managed()]:
            text = pathlib.Path("/proc/%d/status" % process.pid).read_text()
            assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text
            assert int(re.search(r"CapBnd:\t(\w+)", text).group(1), 16) & 1 << 21 == 0     # CAP_SYS_ADMIN

    def test_applications_serve_as_their_user(self, server, mode):
        assert server.post("/%s/" % mode, b"x" * 3000000).status == 200
        worker = server.workers("app")[0]
        assert worker.username() == "games"

    @pytest.mark.parametrize("name", ["resolve", "fork", "program", "lock", "thread", "callback"])
    def test_ordinary_actions_of_applications_work(self, server, mode, name):
        assert server.get("/%s/%s" % (mode, name)).body == b"done"

    @pytest.mark.parametrize("name, error", [
        ("packet", b"Address family not supported by protocol"), ("ptrace", b"Operation not permitted"),
        ("write", b"Read-only file system")])
    def test_forbidden_actions_fail(self, server, mode, name, error):
        assert server.get("/%s/%s" % (mode, name)).body in (error, b"Permission denied")

    def test_a_worker_is_replaced_and_httpd_restarted(self, server):
        server.expect_log("PYW0310: .*SIGKILL")
        worker = server.workers("app")[0]
        os.kill(worker.pid, 9)
        processes.wait_gone([worker])
        wait_for(lambda: server.get("/daemon/").status == 200)
        server.graceful()
        assert server.get("/daemon/").status == 200 and server.get("/embedded/").status == 200


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_it(tmp_path):
    (tmp_path / "apache2.service.d").mkdir()
    shutil.copy(UNIT, tmp_path / "apache2.service.d" / "hardening.conf")
    (tmp_path / "apache2.service").write_text("[Service]\nExecStart=/usr/bin/true\n")
    result = subprocess.run(["systemd-analyze", "verify", str(tmp_path / "apache2.service")], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env={"SYSTEMD_UNIT_PATH": "%s:" % tmp_path,
                                                                      "PATH": paths.SYSTEM_PATH})
    assert (result.returncode, "hardening.conf" in result.stdout) == (0, False), result.stdout
