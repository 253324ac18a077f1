# SPDX-License-Identifier: Apache-2.0
"""The log reports an import that hangs, threads that do not end, and modules that an interpreter refuses."""
import re
import signal

import pytest

HANGS = """
import threading


def connect_to_the_database():
    threading.Event().wait(60)


connect_to_the_database()
"""

THREADS = """
import atexit
import os
import threading

atexit.register(lambda: print("exit function of", os.getpid(), flush=True))
never = threading.Event()


def job_that_never_ends():
    never.wait(120)


def application(environ, start_response):
    if environ["QUERY_STRING"] == "start":
        threading.Thread(target=job_that_never_ends, name="nightly-report", daemon=False).start()
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""

REFUSES = """
try:
    import pywsgi
    if pywsgi.application_group:
        raise ImportError("Interpreter change detected - this module can only be loaded into one interpreter per process.")
except ImportError as error:
    raise ImportError("numpy cannot be imported") from error


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
"""

REFUSES_LATE = """
def application(environ, start_response):
    raise ImportError("PyO3 modules do not yet support subinterpreters, see https://github.com/PyO3/pyo3/issues/576")
"""

FIRST = """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"first"]
"""

BROKEN = """
raise RuntimeError("not today")
"""


class TestHangingImport:
    @pytest.mark.parametrize("preload", ["Off", "On"])
    @pytest.mark.long
    def test_the_stack_of_the_import_is_in_the_log(self, make_httpd, preload):
        httpd = make_httpd("""
            WSGIDaemonProcess app startup-timeout=3 preload=%s
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
            """ % preload, apps={"app.wsgi": HANGS})
        httpd.allow_log("PYW|File|Thread|thread")
        httpd.log.wait("PYW0423: .*app.wsgi.*connect_to_the_database", 0, 20)
        assert httpd.log.find(r"PYW0480: .*startup-timeout \(3 s\)")
        httpd.log.wait("PYW0314|PYW0392", 0, 20)


class TestThreadsAtTheEnd:
    CONFIG = """
        WSGIDaemonProcess app shutdown-timeout=3
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
    """

    @pytest.mark.parametrize("group", ["%{GLOBAL}", "another"])
    @pytest.mark.long
    def test_a_thread_is_named_and_exit_functions_run(self, make_httpd, mode, group):
        httpd = make_httpd("WSGIApplicationGroup %s\n" % group + self.CONFIG, apps={"app.wsgi": THREADS})
        httpd.allow_log("PYW0535|File|self.|never.wait|waiter|Traceback|_bootstrap|^.*\\]     ")
        pid = httpd.get("/%s/?start" % mode).body.decode()
        httpd.stop()
        assert httpd.log.find(r"pid %s\b.*PYW0535: the thread 'nightly-report'" % pid)
        assert httpd.log.find(r"pid %s\b.*in job_that_never_ends" % pid)
        assert len(httpd.log.find("exit function of %s" % pid)) == 1

    def test_threads_that_end_are_not_reported(self, make_httpd, mode):
        httpd = make_httpd(self.CONFIG, apps={"app.wsgi": THREADS.replace("never.wait(120)", "never.wait(0.5)")})
        pid = httpd.get("/%s/?start" % mode).body.decode()
        httpd.stop()
        assert not httpd.log.find("PYW0535")
        assert len(httpd.log.find("exit function of %s" % pid)) == 1


@pytest.mark.long
class TestThreadsAtAnEndWithoutLimit:
    UNTIL_TOLD = THREADS.replace("never.wait(120)", """while not os.path.exists(__file__ + ".go"):
        never.wait(0.05)""")

    @pytest.mark.parametrize("group", ["%{GLOBAL}", "another"])
    def test_a_thread_is_named_and_waited_for(self, make_httpd, group):
        httpd = make_httpd("""
            WSGIDaemonProcess app shutdown-timeout=0
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=app application-group=%s
            """ % group, apps={"app.wsgi": self.UNTIL_TOLD})
        httpd.expect_log(r"pywsgi:warn.*PYW0535: the thread 'nightly-report'.* waits for it without a limit")
        httpd.allow_log("File|never.wait|self|_bootstrap|^.*\\]     ")
        pid = httpd.get("/?start").body.decode()
        httpd.let_connections_close()
        httpd.process.send_signal(signal.SIGTERM)
        httpd.log.wait("PYW0535", 0, 20)
        httpd.log.wait("in job_that_never_ends", 0)
        (httpd.apps / "app.wsgi.go").touch()
        httpd.stop()
        httpd.end_test()
        assert len(httpd.log.find("exit function of %s" % pid)) == 1 and len(httpd.log.find("PYW0535")) == 1


class TestRefusedInterpreters:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        lines = ["WSGIDaemonProcess app"]
        for mode, group in (("daemon", " process-group=app"), ("embedded", "")):
            for name in ("first", "refuses", "late"):
                lines.append("WSGIScriptAlias /%s/%s ${APPS}/%s.wsgi%s" % (mode, name, name, group))
            lines.append("WSGIScriptAlias /%s/named ${APPS}/refuses.wsgi%s application-group=own" % (mode, group))
        return make_httpd("\n".join(lines), apps={"first.wsgi": FIRST, "refuses.wsgi": REFUSES, "late.wsgi": REFUSES_LATE})

    @pytest.mark.parametrize("name", ["refuses", "late", "named"])
    def test_the_way_out_is_in_the_log(self, httpd, mode, name):
        httpd.allow_log("PYW|Traceback|File|raise|Error|exception|import|^.*\\]  |^.*\\] $")
        assert httpd.get("/%s/first" % mode).body == b"first"
        since = httpd.log.position()
        assert httpd.get("/%s/%s" % (mode, name)).status == 500
        line = httpd.log.wait("PYW0536", 0 if mode == "daemon" else since)[-1]
        group = "own" if name == "named" else r"[^']*\|/%s/%s" % (mode, name)
        found = [text for text in httpd.log.find("PYW0536") if re.search("application group '%s'" % group, text)]
        assert found, line
        assert "application-group=%{GLOBAL}" in found[-1] and "process-group=NAME" in found[-1]
        assert "belongs to the application group" in found[-1]


class TestPids:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        httpd = make_httpd("""
            WSGIDaemonProcess good
            WSGIDaemonProcess bad
            WSGIScriptAlias /daemon/good ${APPS}/good.wsgi process-group=good
            WSGIScriptAlias /daemon/bad ${APPS}/bad.wsgi process-group=bad
            WSGIScriptAlias /embedded/bad ${APPS}/bad.wsgi
            """, apps={"bad.wsgi": BROKEN, "good.wsgi": THREADS.replace('if environ["QUERY', 'print("a line"); if environ["QUERY')
                       .replace('print("a line"); if', 'print("a line")\n    if')}, start=False)
        httpd.allow_log("PYW0317|PYW0610|Traceback|File|raise|RuntimeError|exec|_call|import|^.*\\]  ")
        return httpd.start()

    def test_lines_of_a_request_name_the_worker(self, httpd):
        pid = httpd.get("/daemon/good").body.decode()
        assert httpd.log.wait(r"\[client [^]]*\] \[worker %s\] a line$" % pid)

    def test_the_record_with_the_traceback_is_named(self, httpd, mode):
        httpd.allow_log("PYW0317|PYW061|Traceback|File|raise|RuntimeError|^.*\\]  ")
        since = httpd.log.position()
        assert [httpd.get("/%s/bad" % mode).status for _ in range(2)] == [500, 500]
        line = httpd.log.wait("PYW0611", since)[-1]
        pid = re.search(r"is not loaded in process (\d+): .* record PYW0610 of pid (\d+)", line)
        assert pid and pid.group(1) == pid.group(2)
        assert httpd.log.find(r"\[pid %s:.*PYW0610" % pid.group(1))
        if mode == "daemon":
            assert "[worker %s] PYW0611" % pid.group(1) in line
