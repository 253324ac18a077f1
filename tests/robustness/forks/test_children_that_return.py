# SPDX-License-Identifier: Apache-2.0
"""A forked child that returns from the application ends there, and no other process is affected."""
import socket
import subprocess
import threading

import pytest
from fork_site import APPS

from pyw import processes, pythons, wait_for
from pyw.site import BOTH_MODES

COMES_BACK = {
    "/returns": ("exit 0", "returned"),
    "/exits": ("exit 3", "called sys.exit()"),
    "/exits?code=none": ("exit 0", "called sys.exit()"),
    "/exits?code=text": ("exit 1", "called sys.exit()"),
    "/raises": ("exit 1", "let an exception through"),
    "/iterates": ("first exit 0", "returned"),
    "/writes": ("exit 0", "returned"),
    "/starts": ("exit 0", "returned"),
    "/reports": ("exit 1", "let an exception through"),
    "/library": ("exit 0", "returned"),
}


class TestComingBack:
    @pytest.mark.parametrize("path", sorted(COMES_BACK))
    def test_ends_the_child_with_the_right_status(self, site, path):
        status, how = COMES_BACK[path]
        since = site.httpd.log.position()
        response = site.get(path)
        assert (response.status, response.body.decode()) == (200, status)
        lines = site.httpd.log.wait("PYW0530", since)
        assert len(lines) == 1 and how in lines[0] and "client" not in lines[0]
        assert "GET %s%s (%s/app.wsgi)" % (site.prefix, path, site.httpd.apps) in lines[0]

    def test_in_close(self, site):
        key = site.new_key()
        assert site.get("/closes?key=" + key).body == b"ok"
        assert site.wait_notes(key) == ["exit 0"]

    def test_in_iter_and_len(self, site):
        key = site.new_key()
        assert site.get("/counts?key=" + key).body == b"ok"
        assert site.wait_notes(key) == ["iter: exit 0 len: exit 0"]

    def test_in_the_methods_of_a_file(self, site):
        key = site.new_key()
        assert site.get("/wraps?key=" + key).body == b"exit 0"
        assert site.wait_notes(key) == ["exit 0 exit 0 exit 0"]

    def test_runs_no_exit_function_of_the_application(self, site):
        for path in ("/returns", "/exits", "/raises", "/in_thread", "/process?job=succeed&method=fork"):
            assert site.get(path).status == 200
        assert not (site.httpd.data / "exit-functions").exists()

    def test_by_a_thread_of_its_own(self, site):
        assert site.get("/in_thread").body == b"exit 0"

    def test_exit_in_c_runs_no_exit_function_of_the_host(self, site):
        assert site.get("/library_exits").body == b"exit 5"
        assert (site.httpd.run / "httpd.pid").exists()

    def test_logs_the_traceback_once(self, site):
        since = site.httpd.log.position()
        site.get("/raises")
        site.httpd.log.wait("ValueError: of the child", since)
        assert len(site.httpd.log.find("ValueError: of the child", since)) == 1
        assert not site.httpd.log.find("client.*ValueError", since)

    def test_the_text_of_sys_exit_is_logged(self, site):
        since = site.httpd.log.position()
        site.get("/exits?code=text")
        assert len(site.httpd.log.wait("a word at the end", since)) == 1

    def test_cannot_read_the_request(self, site):
        assert site.post("/reads", b"a body").body == b"OSError; exit 0; a body"


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"], scope="class")
class TestOthers:
    @pytest.mark.parametrize("round", range(2))
    def test_get_their_own_answers(self, site, round):
        answers = {}

        def ask(number):
            answers[number] = site.get("/slow?n=%d" % number).body

        children = [int(site.get("/background?go=go-%s-%d" % (site.mode, round)).body) for _ in range(3)]
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        (site.httpd.data / ("go-%s-%d" % (site.mode, round))).touch()
        for thread in threads:
            thread.join()
        assert answers == {number: b"%d" % number for number in range(8)}
        assert not site.httpd.log.find("broke the protocol")
        wait_for(lambda: not any(processes.is_running(child) for each in children for child in processes.descendants(each)), 10)

    def test_a_child_has_no_socket_of_ours(self, site):
        assert site.get("/sockets").body == b"[]; exit 0"

    def test_a_child_has_no_memory_of_ours(self, site):
        assert site.get("/memory").body == b"[]; exit 0"


FORKING = """
import os
pid = os.fork()
if pid:
    status = os.waitpid(pid, 0)[1] >> 8
elif %r:
    raise ValueError("of the child")

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"%%d" %% status]
"""


@pytest.mark.parametrize("mode", ["daemon", "embedded", "preload"])
@pytest.mark.parametrize("raises", [False, True])
class TestImports:
    OPTIONS = {"daemon": "WSGIDaemonProcess app", "preload": "WSGIDaemonProcess app preload=On", "embedded": ""}
    ALIASES = ["WSGIScriptAlias /script ${APPS}/script.wsgi", "WSGIAppAlias /module module:application"]

    def test_a_child_that_falls_through_ends(self, make_httpd, mode, raises):
        group = "" if mode == "embedded" else " process-group=app"
        aliases = [alias + group + " application-group=%{GLOBAL}" for alias in self.ALIASES]
        server = make_httpd("\n".join(["WSGIPythonPath ${APPS}", self.OPTIONS[mode].replace("app", "app python-path=${APPS}", 1), *aliases]),
                            apps={"script.wsgi": FORKING % raises, "module.py": FORKING % raises}, start=False)
        server.allow_log(r"PYW0530|Traceback|File|raise|ValueError|\]   ")
        server.start()
        for name, target in (("script", server.apps / "script.wsgi"), ("module", "module")):
            assert server.get("/" + name).body == (b"1" if raises else b"0")
            how = "let an exception through" if raises else "returned"
            assert len(server.log.find("PYW0530: %s: process .*, which it forked, %s" % (target, how))) == 1


class TestPrograms:
    PROGRAM = """
import os, pathlib, time
pid = os.fork()
if pid:
    status = os.waitpid(pid, 0)[1]
    pathlib.Path(%r).write_text(str(status))
    time.sleep(1000)
"""

    def test_a_child_that_falls_through_ends(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess svc threads=0\n"
                            "WSGIImportScript ${APPS}/program.py process-group=svc application-group=%{GLOBAL}", start=False)
        server.add_apps({"program.py": self.PROGRAM % str(server.data / "status")})
        server.expect_log(r"PYW0530: \S+/program.py: process .*, which it forked, returned")
        server.start()
        wait_for(lambda: (server.data / "status").exists() and (server.data / "status").read_text() == "0", 20)
        assert len(server.workers()) == 1
        server.end_test()


# As tools for coverage or profiling start. Not in a sub-interpreter, where CPython cannot fork.
AT_START = """
import os
try:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
except RuntimeError:
    pass
"""


class TestAtTheStart:
    CONFIG = """
        WSGIDaemonProcess app python-path=${APPS} %s
        WSGIPythonPath ${APPS}
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
    """

    def check(self, server, mode):
        server.expect_log("PYW0530: code that runs at the start of Python: process .* returned")
        assert server.start().get("/%s/slow?n=1" % mode).body == b"1"
        assert len(server.children()) == 1 and len(server.workers()) == 1
        server.end_test()

    def test_a_child_of_a_pth_file_of_the_python_path_ends(self, make_httpd, mode):
        server = make_httpd(self.CONFIG % "", apps={**APPS, "at_start.py": AT_START, "at_start.pth": "import at_start\n"}, start=False)
        self.check(server, mode)

    def test_a_child_of_a_pth_file_of_the_environment_ends(self, make_httpd, mode):
        server = make_httpd("WSGIPythonHome ${ROOT}/venv\n" + self.CONFIG % "python-home=${ROOT}/venv", apps=APPS, start=False)
        home = server.root / "venv"
        subprocess.run(["%s/bin/python3" % (pythons.chosen_class().python_home or "/usr"), "-m", "venv", "--without-pip", str(home)], check=True)
        packages, = home.glob("lib/python*/site-packages")
        (packages / "at_start.py").write_text(AT_START)
        (packages / "at_start.pth").write_text("import at_start\n")
        self.check(server, mode)


class TestAtTheEnd:
    @pytest.mark.parametrize("mpm", ["event", "prefork"])
    def test_a_child_does_not_keep_the_port(self, make_httpd, mode, mpm):
        server = make_httpd(BOTH_MODES, apps=APPS, mpm=mpm)
        server.allow_log("PYW0530")
        pid = int(server.get("/%s/background?go=go" % mode).body)
        assert server.stop() == 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", server.port))
            probe.listen()
        (server.data / "go").touch()
        processes.wait_gone(processes.descendants(pid))

    def serve(self, make_httpd, mode, mpm, script, options=""):
        text = "WSGIScriptAlias / ${APPS}/app.wsgi%s\n" % options
        if mode == "daemon":
            text = "WSGIDaemonProcess app env=PYWSGI_TEST_ROOT=${ROOT}\nWSGIProcessGroup app\n" + text
        return make_httpd(text, apps={"app.wsgi": script}, mpm=mpm)

    AT_EXIT = """
import atexit, os, pathlib
def at_exit():
    pid = os.fork()
    if pid:
        status = os.waitpid(pid, 0)[1]
        pathlib.Path(os.environ["PYWSGI_TEST_ROOT"], "data", "ended").write_text(str(status))
atexit.register(at_exit)
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
"""

    @pytest.mark.parametrize("mpm", ["event", "prefork"])
    def test_a_child_of_an_exit_function_ends(self, make_httpd, mode, mpm):
        server = self.serve(make_httpd, mode, mpm, self.AT_EXIT)
        server.expect_log("PYW0530: a function that runs at the exit of an interpreter: process .* returned")
        assert server.get("/").body == b"ok"
        assert server.stop() == 0
        assert (server.data / "ended").read_text() == "0" and server.log.find("PYW0530")

    # After Python has removed its modules; from 3.12 on it does not fork then.
    AT_THE_VERY_END = """
import os, sys
class Forks:
    functions = os.fork, os.waitpid, os.open, os.write, os.listdir, os.readlink
    path = os.path.join(os.environ["PYWSGI_TEST_ROOT"], "data", "ended"), os.O_WRONLY | os.O_CREAT | os.O_APPEND
    def __del__(self):
        fork, waitpid, open, write, listdir, readlink = self.functions
        note = open(*self.path)
        try:
            pid = fork()
        except RuntimeError:
            write(note, b"no sockets, ended 0")
            return
        if pid:
            write(note, b"ended %d" % waitpid(pid, 0)[1])
            return
        for fd in listdir("/proc/self/fd"):
            try:
                if readlink("/proc/self/fd/" + fd).startswith("socket:"):
                    write(note, b"a socket, ")
            except OSError:
                pass
        write(note, b"no sockets, ")
sys.last_of_all = Forks()
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
"""

    @pytest.mark.parametrize("mpm", ["event", "prefork"])
    def test_a_child_of_the_end_of_python_ends(self, make_httpd, mode, mpm):
        server = self.serve(make_httpd, mode, mpm, self.AT_THE_VERY_END, " application-group=%{GLOBAL}")
        assert server.get("/").body == b"ok"
        assert server.stop() == 0
        assert (server.data / "ended").read_text() == "no sockets, ended 0"
