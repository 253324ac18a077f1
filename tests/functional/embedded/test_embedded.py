# SPDX-License-Identifier: Apache-2.0
"""Applications in httpd's children: the start of Python, reloading of scripts, the exit of children."""
import os
import pathlib
import re
import threading

import pytest

from pyw import paths, processes, wait_for
from pyw.site import Site

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "embedded.wsgi", "support.py": paths.SUPPORT}
CONFIG = "WSGIScriptAlias /app ${APPS}/app.wsgi\n"
SCRIPT = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"%s"]\n'


def python_files(pid):
    return [path for path in processes.maps(pid) if re.search(r"libpython|pywsgi_cpython", path)]


class TestWhereTheEngineIs:
    def test_not_in_children_if_nothing_is_embedded(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess app\nWSGIScriptAlias /app ${APPS}/app.wsgi process-group=app", apps=APPS)
        assert server.get("/app/pid").status == 200
        for process in server.children() + [server.process, server.manager()]:
            assert not python_files(process.pid)
        assert python_files(server.workers()[0].pid)

    def test_not_in_children_without_any_application(self, make_httpd):
        server = make_httpd("", apps=APPS)
        assert server.get("/static.txt").status == 200
        assert server.manager() is None
        assert not any(python_files(child.pid) for child in server.children())

    def test_in_every_child_and_never_in_the_parent(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS)
        assert server.get("/app/pid").status == 200
        assert all(python_files(child.pid) for child in server.children())
        assert not python_files(server.process.pid)
        assert server.manager() is None and not server.socket_directories()

    def test_restricted_children_have_none(self, make_httpd):
        server = make_httpd("WSGIRestrictEmbedded On\n" + CONFIG, apps=APPS)
        server.expect_log("PYW0201")
        assert server.get("/app/pid").status == 500
        assert not any(python_files(child.pid) for child in server.children())


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"], scope="class")
class TestMpms:
    @pytest.fixture(scope="class")
    def server(self, make_httpd, mpm):
        return make_httpd(CONFIG + "WSGIDaemonProcess both threads=3\n"
                          "WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=both", apps=APPS, mpm=mpm)

    def test_it_runs_in_a_child_of_httpd(self, server):
        pid = int(server.get("/app/pid").body)
        assert pid in [child.pid for child in server.children()]

    def test_daemon_mode_works_as_well(self, server):
        assert int(server.get("/daemon/pid").body) in [worker.pid for worker in server.workers()]

    def test_threads_and_processes_in_environ(self, server, mpm):
        assert server.get("/app/multi").body.decode() == "%s True" % (mpm != "prefork")

    def test_requests_run_at_the_same_time(self, server, mpm):
        site = Site(server, "embedded", "/app")
        key = site.new_key()
        connections = [site.connect() for _ in range(3)]
        for connection in connections:
            connection.start("GET", "/app/hold?key=" + key)
        pids = site.wait_notes(key, 3)
        (server.data / (key + ".go")).touch()
        assert [connection.read_response().body for connection in connections] == [b"held"] * 3
        assert len(set(pids)) == (3 if mpm == "prefork" else 1)

    def test_graceful_restart(self, server):
        server.graceful()
        assert server.get("/app/pid").status == 200

    def test_a_graceful_restart_lets_a_running_request_end(self, server):
        site = Site(server, "embedded", "/app")
        key = site.new_key()
        with site.connect() as connection:
            connection.start("GET", "/app/hold?key=" + key)
            site.wait_notes(key)
            server.graceful()
            (server.data / (key + ".go")).touch()
            assert connection.read_response().body == b"held"
        assert server.get("/app/pid").status == 200


class TestReloading:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("WSGIScriptAlias /on ${APPS}/on.wsgi\nWSGIScriptAlias /off ${APPS}/off.wsgi\n"
                          "<Location /off>\nWSGIScriptReloading Off\n</Location>",
                          apps={"on.wsgi": SCRIPT % "one", "off.wsgi": SCRIPT % "one"})

    def change(self, server, name, word):
        path = server.apps / name
        before = path.stat()
        path.write_text(SCRIPT % word)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))

    def test_a_changed_script_is_loaded_again_in_the_same_child(self, server):
        self.change(server, "on.wsgi", "one")
        pids = {child.pid for child in server.children()}
        assert server.get("/on").body == b"one"
        self.change(server, "on.wsgi", "two")
        assert server.get("/on").body == b"two"
        assert {child.pid for child in server.children()} == pids

    def test_an_older_file_is_a_change_too(self, server):
        self.change(server, "on.wsgi", "new")
        assert server.get("/on").body == b"new"
        path = server.apps / "on.wsgi"
        path.write_text(SCRIPT % "old")
        os.utime(path, (1, 1))
        assert server.get("/on").body == b"old"

    def test_reloading_off(self, server):
        assert server.get("/off").body == b"one"
        self.change(server, "off.wsgi", "two")
        assert server.get("/off").body == b"one"


class TestDaemonReloading:
    """With a changed script the worker is replaced when it is idle."""

    def test_a_changed_script_gets_a_new_worker(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess app\nWSGIScriptAlias / ${APPS}/app.wsgi process-group=app",
                            apps={"app.wsgi": SCRIPT % "one"})
        assert server.get("/").body == b"one"
        path = server.apps / "app.wsgi"
        path.write_text(SCRIPT % "two")
        os.utime(path, (2_000_000_000, 2_000_000_000))
        wait_for(lambda: server.get("/").body == b"two", 10)
        wait_for(lambda: len(server.workers()) == 1)


class TestEndOfChildren:
    def test_python_is_finalised_at_the_end(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS)
        pid = server.get("/app/pid").body.decode()
        assert server.stop() == 0
        assert pid in (server.data / "exits").read_text().split()
        server.finish()

    def test_python_that_a_request_started_ends_as_well(self, make_httpd):
        """If <Location> may choose the group, a child starts Python with the first embedded request."""
        server = make_httpd("""
            WSGIDaemonProcess app
            WSGIScriptAlias /app ${APPS}/app.wsgi
            <Location /elsewhere>
                WSGIProcessGroup app
            </Location>""", apps=APPS)
        pid = server.get("/app/pid").body.decode()
        assert server.stop() == 0
        assert pid in (server.data / "exits").read_text().split()
        server.finish()

    @pytest.mark.parametrize("mpm", ["event", pytest.param("prefork", marks=pytest.mark.long)])
    def test_children_that_exit_under_load_do_not_crash(self, make_httpd, mpm):
        server = make_httpd(CONFIG + "MaxConnectionsPerChild 20\n", apps=APPS, mpm=mpm)
        server.allow_log("AH03490")     # httpd: children that exit still have their places
        failures = []

        def client():
            for _ in range(60):
                response = server.get("/app/work")
                if response is None or response.status != 200 or response.body != b"499500":
                    failures.append(response)

        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        server.finish()
