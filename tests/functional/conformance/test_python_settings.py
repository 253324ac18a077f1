# SPDX-License-Identifier: Apache-2.0
"""The directives that determine how Python starts, and what applications may do, in both modes."""
import ast

import pytest

from pyw import paths, wait_for
from pyw.site import BOTH_MODES

APP = """
import os
import signal
import sys


def attempt(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


def install(number):
    signal.signal(number, lambda number, frame: None)


def facts():
    return {
        "optimize": sys.flags.optimize,
        "asserts": __debug__,
        "writes": not sys.dont_write_bytecode,
        "hash": hash("mod_pywsgi"),
        "warnings": sys.warnoptions,
        "interval": round(sys.getswitchinterval(), 6),
        "eggs": os.environ.get("PYTHON_EGG_CACHE"),
        "stdin": attempt(lambda: sys.stdin.read()),
        "stdout": attempt(lambda: sys.stdout.write("")),
        "path": sys.path[:4],
        "usr2": attempt(lambda: install(signal.SIGUSR2)),
        "term": attempt(lambda: install(signal.SIGTERM)),
    }


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(facts()).encode()]
"""


@pytest.fixture
def ask(server, mode):
    def get(path=""):
        server.allow_log("PYW0510.*signal.signal")
        response = server.get("/" + mode + path)
        assert response.status == 200, response.body
        return ast.literal_eval(response.body.decode())
    return get


def fixture_of(config, mounts=BOTH_MODES):
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(config + mounts, apps={"app.wsgi": APP})
    return server


class TestDefaults:
    server = fixture_of("")

    def test_python_starts_as_python_does(self, ask):
        facts = ask()
        assert (facts["optimize"], facts["asserts"], facts["writes"], facts["warnings"]) == (0, True, True, [])
        assert (facts["interval"], facts["eggs"]) == (0.005, None)

    def test_applications_may_use_the_streams(self, ask):
        facts = ask()
        assert (facts["stdin"], facts["stdout"]) == ("", 0)

    def test_no_handler_of_a_signal_is_installed(self, ask):
        facts = ask()
        assert (facts["usr2"], facts["term"]) == (None, None)


class TestEverySetting:
    server = fixture_of("""
        WSGIPythonOptimize 2
        WSGIPythonWarnings ignore::DeprecationWarning
        WSGIPythonWarnings error::ResourceWarning
        WSGIPythonHashSeed 7
        WSGIDontWriteBytecode On
        WSGIPythonEggs /srv/eggs
        WSGISwitchInterval 0.02
        WSGIRestrictStdin On
        WSGIRestrictStdout On
        WSGIRestrictSignal Off
        """)

    def test_the_level_of_optimization(self, ask):
        facts = ask()
        assert (facts["optimize"], facts["asserts"]) == (2, False)

    def test_filters_of_warnings_add_up(self, ask):
        assert ask()["warnings"] == ["ignore::DeprecationWarning", "error::ResourceWarning"]

    def test_no_bytecode_is_written(self, server, ask):
        assert not ask()["writes"]
        assert not list(server.root.rglob("*.pyc"))

    def test_the_seed_makes_hashes_the_same_in_all_processes(self, server):
        server.allow_log("PYW0510")
        assert server.get("/daemon").status == server.get("/embedded").status == 200
        hashes = {ast.literal_eval(server.get(path).body.decode())["hash"] for path in ("/daemon", "/embedded")}
        assert len(hashes) == 1

    def test_options_of_the_group_take_the_place_of_two_directives(self, ask, mode):
        facts = ask()
        assert (facts["eggs"], facts["interval"]) == (("/srv/eggs", 0.02) if mode == "embedded" else (None, 0.005))

    @pytest.mark.parametrize("stream, directive", [("stdin", "WSGIRestrictStdin"), ("stdout", "WSGIRestrictStdout")])
    def test_a_restricted_stream_raises_and_names_the_directive(self, ask, stream, directive):
        assert ask()[stream] == "OSError: sys.%s must not be used, because %s is On" % (stream, directive)

    def test_handlers_of_other_signals_are_installed_where_python_allows_it(self, server, ask, mode):
        in_main_thread = mode == "embedded" and server.mpm == "prefork"
        refusal = "ValueError: signal only works in main thread of the main interpreter"
        assert ask()["usr2"] == (None if in_main_thread else refusal)

    def test_signals_of_the_server_stay_its_own(self, server, ask):
        assert ask()["term"] is None


class TestOptionsOfAGroup:
    server = fixture_of("", BOTH_MODES.replace("threads=4", "threads=4 python-eggs=/srv/own switch-interval=0.001"))

    def test_they_act_on_its_workers_only(self, ask, mode):
        facts = ask()
        assert (facts["eggs"], facts["interval"]) == (("/srv/own", 0.001) if mode == "daemon" else (None, 0.005))


class TestSections:
    server = fixture_of("""
        WSGIRestrictStdin On
        <WSGIInterpreterOptions process-group=app application-group=b>
            WSGIPythonPath /most/specific
        </WSGIInterpreterOptions>
        <WSGIInterpreterOptions>
            WSGIPythonPath /for/all
            WSGIRestrictStdin Off
        </WSGIInterpreterOptions>
        <WSGIInterpreterOptions application-group=b>
            WSGIRestrictStdout On
        </WSGIInterpreterOptions>
        <WSGIInterpreterOptions process-group=app>
            WSGIPythonPath /of/group
            WSGISwitchInterval 0.03
        </WSGIInterpreterOptions>
        <WSGIInterpreterOptions process-group=%{GLOBAL}>
            WSGIPythonPath /of/httpd
        </WSGIInterpreterOptions>
        """, BOTH_MODES + """
        WSGIScriptAlias /b/daemon ${APPS}/app.wsgi process-group=app application-group=b
        WSGIScriptAlias /b/embedded ${APPS}/app.wsgi application-group=b
        """)

    @pytest.fixture
    def both(self, server, mode):
        def get(prefix):
            server.allow_log("PYW0510")
            return ast.literal_eval(server.get(prefix + "/" + mode).body.decode())
        return get

    def test_a_section_takes_precedence_over_the_server(self, both):
        assert both("")["stdin"] == ""

    def test_a_section_acts_on_its_interpreter_only(self, both):
        assert both("")["stdout"] == 0
        assert both("/b")["stdout"].startswith("OSError")

    def test_the_directories_of_all_sections_add_up_the_most_specific_first(self, server, both, mode):
        apps = str(server.root / "apps")
        group = "/of/group" if mode == "daemon" else "/of/httpd"
        assert both("")["path"][:3] == [group, "/for/all", apps]
        expected = (["/most/specific"] if mode == "daemon" else []) + [group, "/for/all", apps]
        assert both("/b")["path"][:len(expected)] == expected

    def test_a_setting_of_the_process_is_one_for_its_group(self, both, mode):
        assert both("")["interval"] == both("/b")["interval"] == (0.03 if mode == "daemon" else 0.005)


class TestChange:
    server = fixture_of("WSGIPythonHashSeed 1")

    def test_a_restart_replaces_the_workers(self, server, ask, mode):
        before = ask()["hash"]
        server.configure("WSGIPythonHashSeed 2" + BOTH_MODES)
        server.graceful()
        wait_for(lambda: ask()["hash"] != before, what="the workers of the new configuration")
        server.configure("WSGIPythonHashSeed 1" + BOTH_MODES)
        server.graceful()
        wait_for(lambda: ask()["hash"] == before, what="the workers of the new configuration")


class TestPreload:
    server = fixture_of("""
        WSGIPythonOptimize 1
        WSGIRestrictStdout On
        """, BOTH_MODES.replace("threads=4", "threads=4 preload=On switch-interval=0.02"))

    def test_a_worker_that_a_template_forks_has_the_settings(self, server):
        server.allow_log("PYW0510")
        facts = ast.literal_eval(server.get("/daemon").body.decode())
        assert (facts["optimize"], facts["interval"], facts["stdout"][:7]) == (1, 0.02, "OSError")


class TestDestroyInterpreter:
    APP = """
import atexit
import pywsgi
import support

atexit.register(support.note, "exit", "ran")


@pywsgi.subscribe_shutdown
def on_shutdown(name, shutdown_reason):
    support.note("event", shutdown_reason)


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]
"""

    @pytest.mark.parametrize("value, notes", [("On", ["ran"]), ("Off", [])])
    @pytest.mark.parametrize("mount", ["process-group=app", "application-group=%{GLOBAL}"], ids=["daemon", "embedded"])
    def test_exit_functions_run_only_if_the_interpreter_is_destroyed_and_the_event_always(self, make_httpd, value, notes, mount):
        server = make_httpd("""
            WSGIDestroyInterpreter %s
            WSGIPythonPath ${APPS}
            WSGIDaemonProcess app python-path=${APPS}
            WSGIScriptAlias / ${APPS}/app.wsgi %s
            """ % (value, mount), apps={"app.wsgi": self.APP, "support.py": paths.SUPPORT})
        assert server.get("/").status == 200
        server.stop()
        path = server.data / "exit"
        assert (path.read_text().splitlines() if path.exists() else []) == notes
        assert (server.data / "event").read_text().splitlines() == ["shutdown_signal"]
