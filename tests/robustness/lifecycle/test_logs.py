# SPDX-License-Identifier: Apache-2.0
"""The logs of daemon processes follow httpd's: a file for each virtual host, rotation, and piped logs."""
import functools
import os
import shutil
import socket
import subprocess

import pytest

from pyw import paths, wait_for
from pyw.httpd import Httpd

SCRIPT = """
import sys

def application(environ, start_response):
    sys.__stderr__.write("said " + environ["QUERY_STRING"] + "\\n")
    sys.__stderr__.flush()
    start_response("200 OK", [])
    return [b"said"]
"""
TWO = """
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    <VirtualHost *:${PORT}>
        ServerName one.example
        ErrorLog "%s"
        WSGIDaemonProcess one threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=one
    </VirtualHost>
"""


def text(path):
    return path.read_text() if path.exists() else ""


class TestVirtualHost:
    @pytest.fixture
    def server(self, make_httpd):
        return make_httpd(TWO % "${ROOT}/one.log", apps={"app.wsgi": SCRIPT})

    def test_its_group_writes_into_its_log_and_follows_a_rotation(self, server):
        log, rotated = server.root / "one.log", server.root / "one.log.1"
        host = [("Host", "one.example")]
        assert server.get("/?first", host).body == b"said"
        wait_for(lambda: "said first" in text(log) and "PYW0317" in text(log))
        pids = {worker.pid for worker in server.workers()}
        log.rename(rotated)
        server.graceful()
        assert server.get("/?second", host).body == b"said"
        wait_for(lambda: "said second" in text(log))
        assert "said second" not in text(rotated)
        assert {worker.pid for worker in server.workers()} == pids
        assert "said" not in "\n".join(server.log.lines())


class TestPipedLog:
    @pytest.fixture
    def server(self, make_httpd):
        server = make_httpd("", apps={"app.wsgi": SCRIPT}, start=False)
        program = server.root / "logger"
        program.write_text("#!/bin/sh\nexec cat >>%s/piped.log\n" % server.root)
        program.chmod(0o755)
        server.configure(TWO % "|${ROOT}/logger")
        return server.start()

    def test_a_program_gets_the_records_also_after_restarts(self, server):
        log = server.root / "piped.log"
        host = [("Host", "one.example")]
        assert server.get("/?first", host).body == b"said"
        wait_for(lambda: "said first" in text(log) and "PYW0317" in text(log))
        pids = {worker.pid for worker in server.workers()}
        for how in ("graceful", "restart", "graceful"):
            getattr(server, how)()
            assert server.get("/?after-%s" % how, host).body == b"said"
            wait_for(lambda: "said after-%s" % how in text(log))
        assert {worker.pid for worker in server.workers()} == pids


@pytest.mark.long
class TestRemovedGroup:
    """Its requests may come from a child of httpd from before the restart, and take longer than the group continues to
    serve.
    """

    def test_a_request_that_outlives_it_is_finished(self, make_httpd):
        apps = {"app.wsgi": """
import sys
import time

def application(environ, start_response):
    sys.__stderr__.write("begun %s\\n" % environ["QUERY_STRING"])
    sys.__stderr__.flush()
    time.sleep(float(environ["QUERY_STRING"]))
    start_response("200 OK", [])
    return [b"slept"]
"""}
        server = make_httpd("WSGIDaemonProcess gone threads=2\nWSGIDaemonProcess app threads=2\n"
                            "WSGIScriptAlias /gone ${APPS}/app.wsgi process-group=gone\n"
                            "WSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n", apps=apps)
        server.allow_log("begun")
        with server.connect() as connection:
            assert server.get("/gone?0").body == b"slept"
            connection.start("GET", "/gone?14")
            server.log.wait("begun 14")
            since = server.log.position()
            server.configure("WSGIDaemonProcess app threads=2\n"
                             "WSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n")
            server.graceful()
            server.log.wait("PYW0331: group 'gone'", since)
            response = connection.read_response()
        assert (response.status, response.body) == (200, b"slept")
        wait_for(lambda: len(server.workers()) == 1)


# A private /dev, in which the test is the system's log.
OWN_DEV = """
set -e
for name in null zero random urandom full; do
    touch "$0/$name"
    mount --bind "/dev/$name" "$0/$name"
done
mkdir -p "$0/shm"
ln -sf /proc/self/fd "$0/fd"
mount --rbind "$0" /dev
exec "$@"
"""


def in_own_dev(directory, command):
    return ["unshare", "-m", "sh", "-c", OWN_DEV, str(directory), *command]


@functools.lru_cache(maxsize=None)
def can_have_own_dev():
    if not paths.is_root() or not shutil.which("unshare"):
        return False
    directory = paths.new_directory("pyw-dev.")
    try:
        return subprocess.run(in_own_dev(directory, ["true"]), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class OwnDevHttpd(Httpd):
    def command(self, *arguments):
        return in_own_dev(self.root / "dev", super().command(*arguments))


@pytest.mark.skipif(not can_have_own_dev(), reason="only root, with mount namespaces, can have a /dev of its own")
class TestSyslog:
    def test_a_group_of_a_virtual_host_that_logs_to_syslog(self):
        server = OwnDevHttpd(TWO % "syslog:local3", apps={"app.wsgi": SCRIPT})
        (server.root / "dev").mkdir(mode=0o755)
        messages = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system:
            path = str(server.root / "dev" / "log")
            system.bind(path)
            os.chmod(path, 0o666)
            system.settimeout(20)

            def wait_message(word):
                while not any(word in message for message in messages):
                    messages.append(system.recv(65536))

            server.start()
            host = [("Host", "one.example")]
            assert server.get("/?first", host).body == b"said"
            wait_message(b"said first")
            wait_message(b"PYW0317")
            server.graceful()
            assert server.get("/?second", host).body == b"said"
            wait_message(b"said second")
            server.finish()
