# SPDX-License-Identifier: Apache-2.0
"""No user can reach the processes, sockets, files, directories and memory of a running server that are not theirs.

intruder.py attempts everything: as a user without a process group, and as the application of another process group.
"""
import json
import pathlib
import re
import shutil
import subprocess

import pytest

from pyw import processes, wait_for
from pyw.httpd import server_user

pytestmark = pytest.mark.root

INTRUDER = (pathlib.Path(__file__).resolve().parent / "intruder.py").read_text()
APP = """
import subprocess

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    if environ["PATH_INFO"] != "/intrude":
        return [b"hello"]
    program, targets = body.split(b"\\0")
    return [subprocess.run(["/usr/bin/python3", "-I", "-c", program], input=targets, stdout=subprocess.PIPE).stdout]
"""
CONFIG = """
    WSGITempDir ${ROOT}/tmp
    WSGIDaemonProcess victim user=games preload=On threads=2 env=TOKEN=secret request-buffer=0
    WSGIScriptAlias /victim ${APPS}/app.wsgi process-group=victim
    WSGIDaemonProcess attacker user=news
    WSGIScriptAlias /attacker ${APPS}/app.wsgi process-group=attacker
    WSGIDaemonProcess own
    WSGIScriptAlias /own ${APPS}/app.wsgi process-group=own
"""

# httpd writes its pid file for everybody to read, and the administrator made its directory (DefaultRuntimeDir).
PERMITTED = {"read httpd.pid", "list run"}


def roles(server):
    """Return [[pid, role]] of all processes."""
    wait_for(lambda: server.workers("victim") and server.templates("victim") and server.workers("own"))
    found = [(server.process, "httpd's parent"), (server.manager(), "manager")]
    found += [(child, "httpd's child") for child in server.children()]
    found += [(worker, "worker") for name in ("victim", "own") for worker in server.workers(name)]
    found += [(template, "template") for template in server.templates("victim")]
    return [[process.pid, role] for process, role in found]


def targets(server):
    directories = [server.run, server.root / "tmp", *server.socket_directories()]
    files = [path for directory in directories for path in directory.iterdir() if not path.is_dir()]
    return {"processes": roles(server), "files": sorted(map(str, files)), "directories": sorted(map(str, directories))}


def as_user(server, user, what):
    """Run intruder.py as a user of the machine."""
    result = subprocess.run(["/usr/bin/python3", "-I", "-c", INTRUDER], input=json.dumps(what), user=user,
                            group=user if user != "nobody" else "nogroup", extra_groups=[], cwd="/",
                            stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return names(server, json.loads(result.stdout))


def as_application(server, _, what):
    """Run it in the worker of another process group."""
    body = INTRUDER.encode() + b"\0" + json.dumps(what).encode()
    return names(server, json.loads(server.post("/attacker/intrude", body).body))


def names(server, attempts):
    return {re.sub(r"/\S*/", "", attempt) for attempt in attempts}


@pytest.fixture(scope="class")
def server(make_httpd):
    server = make_httpd(CONFIG, apps={"app.wsgi": APP}, start=False)
    (server.root / "tmp").mkdir(mode=0o700)
    shutil.chown(server.root / "tmp", server_user())
    server.start()
    wait_for(lambda: {server.get("/" + name).status for name in ("victim", "attacker", "own")} == {200})
    return server


class TestAttempts:
    @pytest.mark.parametrize("attack, user", [(as_user, "nobody"), (as_user, "news"), (as_application, "news")],
                             ids=["a user", "the user of another group", "an application of another group"])
    def test_nothing_is_possible(self, server, attack, user):
        before = targets(server)
        assert attack(server, user, before) - PERMITTED == set()
        assert targets(server) == before and server.get("/victim").body == b"hello"

    def test_root_can_do_it(self, server):
        """The control experiment. Files are left out: root would remove them."""
        possible = as_user(server, "root", {**targets(server), "files": [], "directories": []})
        for what in ("signal", "ptrace", "memory", "read environ", "read maps", "list fd", "write mem"):
            assert {"%s: %s" % (role, what) for role in ("worker", "template", "manager", "httpd's child")} <= possible

    def test_a_user_may_do_everything_to_the_processes_of_the_own_group(self, server):
        """Process groups with the same user are not protected from each other."""
        workers = [[worker.pid, "worker"] for worker in server.workers("victim")]
        possible = as_user(server, "games", {"processes": workers, "files": [], "directories": []})
        assert {"worker: signal", "worker: ptrace", "worker: read environ"} <= possible

    def test_the_user_of_a_group_cannot_reach_httpd_and_the_manager(self, server):
        others = [pair for pair in roles(server) if pair[1] in ("httpd's parent", "httpd's child", "manager")]
        assert as_user(server, "games", {**targets(server), "processes": others}) - PERMITTED == set()

    def test_httpds_user_reaches_the_sockets_of_workers_and_of_stacks_only(self, server):
        """httpd's children connect to them, so a process of the same user can, too."""
        server.allow_log("PYW04")
        before = targets(server)
        others = [pair for pair in before["processes"] if pair[0] not in own_pids(server)]
        directories = [str(server.run), *map(str, server.socket_directories())]
        attempts = {**before, "processes": others, "directories": directories}
        possible = as_user(server, "www-data", attempts) - PERMITTED
        assert possible and all(re.match(r"(connect|chmod|chown) (w\.|stacks)", what) for what in possible), possible
        assert targets(server) == before


def own_pids(server):
    """httpd's children may dump core because of CoreDumpDirectory, so their user can trace them."""
    return {process.pid for process in server.children() + server.workers("own")}


class TestHttpdsChildren:
    def children(self, server):
        return {"processes": [[child.pid, "child"] for child in server.children()], "files": [], "directories": []}

    @pytest.mark.parametrize("dumps", [False, True], ids=["without CoreDumpDirectory", "with CoreDumpDirectory"])
    def test_a_group_of_httpds_user_reads_their_memory_only_with_core_dumps(self, make_httpd, dumps):
        server = make_httpd(CONFIG.replace("WSGITempDir ${ROOT}/tmp", ""),
                            apps={"app.wsgi": APP}, start=False)
        if not dumps:
            path = server.root / "httpd.conf"
            path.write_text(re.sub("^CoreDumpDirectory.*\n", "", path.read_text(), flags=re.MULTILINE))
        server.start()
        possible = as_user(server, "www-data", self.children(server))
        assert ("child: memory" in possible) == ("child: read environ" in possible) == dumps, possible


class TestTraces:
    """A running server has no abstract socket, no unexpected directory, and no named shared memory."""

    def test_no_abstract_socket_and_no_other_directory(self, server):
        held = {target for process in [server.manager(), *server.workers(), *server.templates()]
                for target in processes.descriptors(process.pid).values()}
        rows = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]]
        names = {row[7] for row in rows if len(row) > 7 and "socket:[%s]" % row[6] in held}
        assert names and all(re.search(r"/(w\.\w+|manager|stacks)(\.new)?$", name) for name in names), names

    def test_shared_memory_has_no_name(self, server):
        for process in [server.process, *server.children(), server.manager(), *server.workers(), *server.templates()]:
            assert not [path for path in processes.maps(process.pid) if path.startswith(("/dev/shm/p", "/SYSV"))]

    def test_a_body_that_is_being_received_has_no_name(self, server):
        with server.connect() as connection:
            connection.start("POST", "/own/", [("Content-Length", "3000000")])
            connection.send(b"x" * 2000000)
            wait_for(lambda: [path for child in server.children() for path in processes.descriptors(child.pid).values()
                              if path.startswith(str(server.root / "tmp"))])
            assert list((server.root / "tmp").iterdir()) == []
            connection.send(b"x" * 1000000)
            assert connection.read_response().status == 200
