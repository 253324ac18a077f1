# SPDX-License-Identifier: Apache-2.0
"""The package pywsgi (src/python/pywsgi) without httpd and the engine. unittest runs it on other Pythons."""
import logging
import marshal
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import types
import unittest
import unittest.mock
from unittest import mock

from embedded_package import take_calls  # before pywsgi, which it makes importable

import pywsgi
from pywsgi import (_events, _explain, _fork, _hooks, _imports, _interpreter, _program, _scripts, _shutdown, _signals,
                    _streams, _threads)


def run_python(code):
    """Run `code` in a process of its own; return its exit status and output."""
    result = subprocess.run([sys.executable, "-B", "-W", "ignore", "-c", code], cwd=pathlib.Path(__file__).parent,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return result.returncode, result.stdout


class TestStreams(unittest.TestCase):
    def setUp(self):
        take_calls()

    def written(self):
        return b"".join(call[2] for call in take_calls() if call[0] == "write")

    def test_each_stream_writes_to_its_own_log(self):
        for number, stream in enumerate((_streams.stdout, _streams.stderr, _streams.errors)):
            stream.write("text")
            assert take_calls() == [("write", number, b"text")]

    def test_characters_without_utf8_are_escaped(self):
        print("a\udcffb\u20ac", file=_streams.stdout)
        assert self.written() == b"a\\udcffb\xe2\x82\xac\n"

    def test_a_closed_stream_can_be_written_to(self):
        _streams.stderr.close()
        assert set(take_calls()) == {("flush", 1)}
        assert not _streams.stderr.closed and not _streams.stderr.buffer.closed
        _streams.stderr.write("more")
        assert take_calls() == [("write", 1, b"more")]

    def test_reconfigure_does_not_buffer(self):
        _streams.stdout.reconfigure(line_buffering=False, write_through=False, errors="replace")
        try:
            _streams.stdout.write("x\udcff")
            assert self.written() == b"x?"
        finally:
            _streams.stdout.reconfigure(errors="backslashreplace")

    def test_the_streams_describe_themselves(self):
        assert [stream.name for stream in (_streams.stdout, _streams.stderr)] == ["<stdout>", "<stderr>"]
        assert [stream.fileno() for stream in (_streams.stdout, _streams.stderr)] == [1, 2]
        assert _streams.stdout.writable() and not _streams.stdout.readable()

    def test_stdin_is_empty_and_stays_open(self):
        stdin = _streams.make_stdin()
        assert stdin.read() == "" and stdin.readline() == "" and list(stdin) == []
        stdin.close()
        stdin.buffer.close()
        assert stdin.read() == "" and stdin.mode == "r" and stdin.name == "<stdin>"

    def test_install_replaces_the_standard_streams(self):
        names = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
        with mock.patch.multiple(sys, **{name: getattr(sys, name) for name in names}):
            _streams.install()
            assert sys.stdout is sys.__stdout__ is _streams.stdout
            assert sys.stderr is sys.__stderr__ is _streams.stderr
            assert sys.stdin is sys.__stdin__ and sys.stdin.read() == ""


class TestLogHandler(unittest.TestCase):
    def test_its_place_is_the_package(self):
        assert (pywsgi.LogHandler.__module__, pywsgi.LogHandler.__qualname__) == ("pywsgi", "LogHandler")
        assert pywsgi.LogHandler is pywsgi.LogHandler

    def test_a_level_of_logging_becomes_one_of_httpd(self):
        handler = pywsgi.LogHandler()
        expected = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, 25: 6, logging.INFO: 6, logging.DEBUG: 7}
        for level, ours in expected.items():
            take_calls()
            handler.handle(logging.LogRecord("name", level, "file", 1, "a %s", ("text",), None))
            assert take_calls() == [("log", ours, "a text")]

    def test_a_record_that_cannot_be_formatted_raises_nothing(self):
        handler = pywsgi.LogHandler()
        with mock.patch.object(handler, "handleError") as handle_error:
            handler.handle(logging.LogRecord("name", logging.INFO, "file", 1, "%d", ("text",), None))
        assert handle_error.called

    def test_another_name_is_an_attribute_error(self):
        with self.assertRaisesRegex(AttributeError, "module 'pywsgi' has no attribute 'nothing'"):
            pywsgi.nothing


class TestHooks(unittest.TestCase):
    def setUp(self):
        self.called = []
        self.addCleanup(_hooks._registered.clear)
        self.addCleanup(_hooks.release)

    def test_without_hold_a_function_is_called_immediately(self):
        assert pywsgi.after_fork(self.setUp) == self.setUp
        _hooks.after_fork(lambda: self.called.append(1))
        assert self.called == [1]

    def test_kept_functions_are_called_once_in_order(self):
        _hooks.hold()
        for number in range(3):
            _hooks.after_fork(lambda number=number: self.called.append(number))
        assert self.called == []
        _hooks.run()
        _hooks.run()
        assert self.called == [0, 1, 2]

    def test_a_function_that_raises_is_called_again_by_the_next_run(self):
        def fail():
            self.called.append("fail")
            if self.called.count("fail") == 1:
                raise KeyError("once")

        _hooks.hold()
        _hooks.after_fork(fail)
        _hooks.after_fork(lambda: self.called.append("next"))
        with self.assertRaises(KeyError):
            _hooks.run()
        _hooks.run()
        assert self.called == ["fail", "fail", "next"]

    def test_after_a_failure_functions_are_called_immediately(self):
        _hooks.hold()
        _hooks.after_fork(lambda: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            _hooks.run()
        _hooks.after_fork(lambda: self.called.append(1))
        assert self.called == [1]

    def test_a_function_of_a_module_that_was_imported_again_is_left_out(self):
        old, new = types.ModuleType("hooked"), types.ModuleType("hooked")
        for module in (old, new):
            module.__dict__.update(pywsgi=pywsgi, called=self.called)
            _hooks.hold()
            exec("pywsgi.after_fork(lambda: called.append(1))", module.__dict__)
        with mock.patch.dict(sys.modules, hooked=new):
            _hooks.run()
        assert self.called == [1]

    def test_an_object_that_is_no_function_is_a_type_error(self):
        with self.assertRaisesRegex(TypeError, "expects a function, not int"):
            pywsgi.after_fork(1)


class TestSignals(unittest.TestCase):
    def setUp(self):
        take_calls()
        patch = mock.patch.object(signal, "signal", signal.signal)
        patch.start()
        self.addCleanup(patch.stop)
        self.addCleanup(_signals._warned.clear)
        _signals.refuse_handlers()

    def test_no_handler_is_installed_and_each_place_is_warned_of_once(self):
        before = signal.getsignal(signal.SIGTERM)
        for _ in range(2):
            assert signal.signal(signal.SIGTERM, lambda *_: None) == before
        assert signal.getsignal(signal.SIGTERM) == before
        (name, file, line, number), = take_calls()
        assert (name, file, number) == ("warn_signal", __file__, signal.SIGTERM) and line > 0

    def test_a_forked_process_may_install_handlers(self):
        with mock.patch.object(sys.modules["_pywsgi"], "is_forked", lambda: True):
            before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
            assert signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN
            signal.signal(signal.SIGUSR2, before)
        assert take_calls() == []


class TestProgram(unittest.TestCase):
    def setUp(self):
        before = signal.getsignal(signal.SIGTERM)
        self.addCleanup(signal.signal, signal.SIGTERM, before)
        self.addCleanup(setattr, _program, "_was_told", False)

    def test_sigterm_ends_it_by_system_exit(self):
        _program.begin()
        with self.assertRaises(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 10)
        assert _program.end() is True

    def test_after_its_end_sigterm_is_only_noted(self):
        _program.begin()
        assert _program.end() is False
        os.kill(os.getpid(), signal.SIGTERM)
        assert _program.end() is True


class TestThreads(unittest.TestCase):
    def run_adopted(self, function):
        """Run function() in a thread that the module threading has not started."""
        import _thread

        done, results = threading.Event(), []

        def run():
            _threads.adopt("pywsgi-7")
            results.append(function())
            _threads.release()
            results.append(threading.get_ident() in threading._active)
            done.set()

        _thread.start_new_thread(run, ())
        assert done.wait(10)
        assert results.pop() is False, "release() forgets the thread"
        return results[0]

    def test_an_adopted_thread_has_a_name_and_is_a_daemon(self):
        thread = self.run_adopted(threading.current_thread)
        assert isinstance(thread, _threads.RequestThread)
        assert (thread.name, thread.daemon) == ("pywsgi-7", True)

    def test_an_adopted_thread_is_alive_until_it_is_released(self):
        thread = []
        assert self.run_adopted(lambda: thread.append(threading.current_thread()) or thread[0].is_alive())
        assert not thread[0].is_alive()

    def test_an_adopted_thread_cannot_be_joined(self):
        with self.assertRaisesRegex(RuntimeError, "cannot be joined"):
            self.run_adopted(threading.current_thread).join()

    def test_the_kernel_id_is_that_of_the_thread(self):
        native_id, own = self.run_adopted(lambda: (threading.current_thread().native_id, threading.get_native_id()))
        assert native_id == own

    def test_threads_of_python_are_not_adopted(self):
        _threads.adopt("pywsgi-8")
        assert threading.current_thread() is threading.main_thread()
        _threads.release()
        assert threading.current_thread() is threading.main_thread()

    def test_other_threads_are_listed_by_name(self):
        end = threading.Event()
        thread = threading.Thread(target=end.wait, name="a-thread")
        thread.start()
        try:
            assert "a-thread" in _threads.name_others().split(", ")
        finally:
            end.set()
            thread.join()
        assert "a-thread" not in _threads.name_others()


SHUT_DOWN = """
import threading
import embedded_package
from pywsgi import _shutdown

end = threading.Event()
threading.Thread(target=end.wait, name="endless").start()
threading.Thread(target=end.wait, name="a-daemon", daemon=True).start()
_shutdown.shut_down(0.05)
(name, thread, stack, is_awaited), = embedded_package.take_calls()
print(name, thread, is_awaited, "end.wait" in stack or "in wait" in stack, flush=True)
end.set()
"""


class TestShutdown(unittest.TestCase):
    def test_threads_that_are_no_daemons_are_waited_for(self):
        ended = []
        end = threading.Event()

        def late():
            end.wait(10)
            ended.append("late")

        def early():
            threading.Thread(target=late).start()
            ended.append("early")
            end.set()

        threading.Thread(target=early).start()
        _shutdown.join_others()
        assert ended == ["early", "late"]

    def test_a_thread_that_does_not_end_is_reported_with_its_stack(self):
        assert run_python(SHUT_DOWN) == (0, "warn_thread endless False True\n")


FORK = """
import os, signal, sys, threading, _thread
import embedded_package
from pywsgi import _fork, _threads

def run():
    _threads.adopt("pywsgi-1")
    sys.modules["_pywsgi"].is_forked = lambda: True
    pid = os.fork()
    if pid == 0:
        os._exit(threading.current_thread() is not threading.main_thread())
    os._exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))

_fork.prepare(is_embedded=False)
_thread.start_new_thread(run, ())
signal.pause()
"""


class TestFork(unittest.TestCase):
    def setUp(self):
        take_calls()

    def test_a_program_is_started_without_blocked_signals(self):
        start = _fork._with_signals(os.posix_spawn)
        pid = start(sys.executable, [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
        assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 3
        assert take_calls() == [("call_with_signals", "posix_spawn")]
        assert start.__name__ == "posix_spawn" and start.__doc__ == os.posix_spawn.__doc__

    def test_fork_is_refused_where_it_would_crash(self):
        with unittest.mock.patch("_pywsgi.may_fork", lambda: False):
            self.assertRaises(RuntimeError, _fork._refuse_in_sub_interpreters(os.fork))
        fork = _fork._refuse_in_sub_interpreters(os.fork)
        pid = fork()
        if pid == 0:
            os._exit(3)
        assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 3
        assert fork.__name__ == "fork" and fork.__doc__ == os.fork.__doc__

    def test_system_returns_the_status_of_a_shell(self):
        assert os.WEXITSTATUS(_fork._system("exit 5")) == 5

    def test_a_child_of_a_request_thread_has_it_as_its_main_thread(self):
        assert run_python(FORK) == (0, "")


class TestInterpreter(unittest.TestCase):
    def setUp(self):
        self.before = sys.path[:]
        self.addCleanup(sys.path.__setitem__, slice(None), self.before)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = os.path.realpath(directory.name)

    def directory(self, name, *lines):
        path = pathlib.Path(self.top) / name
        path.mkdir()
        if lines:
            (path / "more.pth").write_text("".join("%s\n" % line for line in lines))
        return str(path)

    def test_entries_come_first_in_their_order(self):
        first, second = self.directory("z"), self.directory("a")
        _interpreter.extend_path([], [first, second])
        assert sys.path == [first, second] + self.before

    def test_paths_of_a_pth_file_follow_its_directory(self):
        added = self.directory("added")
        first, second = self.directory("first", added), self.directory("second")
        _interpreter.extend_path([], [first, second])
        assert sys.path == [first, added, second] + self.before

    def test_an_entry_that_is_known_moves_to_the_front(self):
        known = self.directory("known")
        sys.path.append(known)
        _interpreter.extend_path([], [known])
        assert sys.path == [known] + self.before

    def test_a_relative_entry_becomes_absolute(self):
        _interpreter.extend_path([], [os.path.relpath(self.directory("relative"))])
        assert sys.path[0] == os.path.join(self.top, "relative")

    def test_the_first_directories_have_no_pth_files(self):
        home, entry = self.directory("home", "added"), self.directory("entry")
        pathlib.Path(home, "added").mkdir()
        _interpreter.extend_path([home], [entry])
        assert sys.path == [home, entry] + self.before

    def test_a_pth_file_that_is_not_text_is_reported(self):
        """It may be a model of PyTorch."""
        entry = self.directory("models")
        pathlib.Path(entry, "model.pth").write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9")
        with mock.patch("locale.getpreferredencoding", lambda *args: "utf-8"):
            _interpreter.extend_path([], [entry])
        assert sys.path == [entry] + self.before
        assert [call[:2] for call in take_calls()] == [("warn_pth", entry)]

    def test_an_interpreter_begins_with_the_environ_of_the_first(self):
        with mock.patch.dict(os.environ):
            first = _interpreter.begin_environ(None)
            os.environ["SET_BY_AN_APPLICATION"] = "1"
            assert marshal.loads(_interpreter.begin_environ(first)) == marshal.loads(first)
            assert "SET_BY_AN_APPLICATION" not in os.environ and "PATH" in os.environ
            os.environ["SET_BY_AN_APPLICATION"] = "1"
        assert marshal.loads(first) == os.environ._data


class TestImports(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, _imports, "main_group", None)

    def explain(self, error, cause=None, main_group=None):
        _imports.main_group = main_group
        try:
            raise error from cause
        except type(error) as caught:
            return _imports.explain_refusal(caught)

    def test_a_module_that_refuses_a_sub_interpreter_is_explained(self):
        error = ImportError("module numpy.core does not support loading in subinterpreters")
        assert self.explain(error) == "its name was given explicitly"
        assert self.explain(error, main_group="blog").endswith("belongs to the application group 'blog'")

    def test_the_reason_may_be_a_cause(self):
        cause = ImportError("cannot load module more than once per process")
        assert self.explain(RuntimeError("plain"), cause) is not None

    def test_other_errors_are_not_explained(self):
        assert self.explain(ImportError("No module named 'x'")) is None
        assert self.explain(ValueError("interpreter")) is None

    def test_a_circle_of_causes_ends(self):
        first, second = ValueError(1), ValueError(2)
        first.__cause__, second.__cause__ = second, first
        assert _imports.explain_refusal(first) is None


class TestExplanations(unittest.TestCase):
    def missing(self, name):
        with self.assertRaises(ImportError) as caught:
            __import__(name)
        return _explain.missing_module(caught.exception)

    def test_a_missing_module_has_the_search_path_and_a_remedy(self):
        text = self.missing("nosuchmodule.part")
        assert "'nosuchmodule' was searched" in text and ":".join(sys.path) in text
        assert "; write: " in text.splitlines()[1]

    def test_other_errors_of_imports_are_not_explained(self):
        assert self.missing("os.nosuchmodule") is None
        assert _explain.missing_module(ImportError("cannot import name 'x'")) is None

    def problem(self, application):
        with mock.patch.dict("pywsgi._settings.values", {"check": "On"}):
            return _explain.callable_problem(application)

    def test_callables_of_wsgi_have_no_problem(self):
        class Application:
            def __init__(self, environ, start_response):
                pass

            def method(self, environ, start_response):
                pass

        for application in (Application, Application({}, None).method, lambda environ, start_response, extra=1: [],
                            lambda *arguments: [], print):
            assert self.problem(application) is None

    def test_callables_with_other_parameters(self):
        async def asgi(scope, receive, send):
            pass

        assert "ASGI" in self.problem(asgi)
        assert "(environ)" in self.problem(lambda environ: [])
        assert _explain.callable_problem(asgi) is None  # not while an application serves requests


class TestScripts(unittest.TestCase):
    def ask(self, name, script, **arguments):
        """Return the answer, and the environ that the function has seen."""
        heads = []
        known = {**dict.fromkeys(("user", "password", "realm", "host"), ""), "groups": "a\nb", **arguments}
        environ = {"PATH_INFO": "/", **{"pywsgi.call." + key: value for key, value in known.items()}}
        application = _scripts.application(types.SimpleNamespace(**script), name)
        body = application(environ, lambda *head: heads.append(head))
        assert heads == [("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body[0])))])]
        return body[0], environ

    def test_a_script_without_the_function_has_no_application(self):
        for script in ({}, {"check_password": "text"}):
            assert _scripts.application(types.SimpleNamespace(**script), "check_password") is None

    def test_the_function_does_not_see_the_arguments_in_environ(self):
        answer, environ = self.ask("check_password", {"check_password": lambda *_: True}, user="u", password="p")
        assert answer == b"granted"
        assert sorted(environ) == ["PATH_INFO", "mod_ssl.is_https", "mod_ssl.var_lookup"]

    def test_variables_of_mod_ssl(self):
        for arguments, expected in (({}, (False, None)),
                                    ({"tls.HTTPS": "on", "tls.SSL_PROTOCOL": "TLSv1.3"}, (True, "TLSv1.3"))):
            _, environ = self.ask("dispatch", {}, **arguments)
            assert (environ["mod_ssl.is_https"](), environ["mod_ssl.var_lookup"]("SSL_PROTOCOL")) == expected

    def test_arguments_are_utf8_or_latin1(self):
        for sent, seen in (("\xc3\xb6", "\xf6"), ("\xf6", "\xf6")):
            check = mock.Mock(return_value=None)
            assert self.ask("check_password", {"check_password": check}, user=sent, password="")[0] == b"unknown"
            assert check.call_args[0][1] == seen

    def test_answers(self):
        digest = "0123456789ABCDEF" * 2
        for name, result, answer in (
                ("check_password", False, b"denied"), ("check_password", "\xf6", b"user \xc3\xb6"),
                ("get_realm_hash", None, b"unknown"), ("get_realm_hash", digest, b"hash " + digest.lower().encode()),
                ("groups_for_user", ["c", "b"], b"granted"), ("groups_for_user", ["ab"], b"denied"),
                ("groups_for_user", [""], b"denied"), ("allow_access", None, b"undecided")):
            assert self.ask(name, {name: lambda *_, result=result: result})[0] == answer

    def test_other_results_are_errors_that_do_not_show_the_value(self):
        for name, result in (
                ("check_password", 1), ("check_password", ""), ("get_realm_hash", "secret"),
                ("groups_for_user", "secret"), ("groups_for_user", [b"secret"]), ("allow_access", "secret")):
            with self.assertRaises(TypeError) as caught:
                self.ask(name, {name: lambda *_, result=result: result})
            assert "secret" not in str(caught.exception)

    def test_dispatch_calls_the_functions_that_exist(self):
        script = {"process_group": lambda environ: "blog", "callable_object": lambda environ: None,
                  "application_group": "a name that the script has imported"}
        assert self.ask("dispatch", script)[0] == b"process_group=blog"
        assert self.ask("dispatch", {})[0] == b""

    def test_a_name_has_no_control_characters(self):
        with self.assertRaises(ValueError):
            self.ask("dispatch", {"process_group": lambda environ: "a\nb=c"})


class TestSetUp(unittest.TestCase):
    def test_the_package_tells_version_and_groups(self):
        names = ("__version__", "version", "process_group", "application_group")
        self.addCleanup(setattr, _events, "is_embedded", False)
        self.addCleanup(lambda: [pywsgi.__dict__.pop(name) for name in names])
        with mock.patch.multiple(pywsgi, _streams=mock.DEFAULT, _signals=mock.DEFAULT, _interpreter=mock.DEFAULT,
                                 _fork=mock.DEFAULT) as mocks:
            pywsgi._set_up("1.2.3-rc1", "", "www|/", "blog", (), ["/home"], ["/srv"], None)
        assert [getattr(pywsgi, name) for name in names] == ["1.2.3-rc1", (1, 2, 3), "", "www|/"]
        assert _imports.main_group == "blog"
        mocks["_interpreter"].extend_path.assert_called_once_with(["/home"], ["/srv"])
        mocks["_fork"].prepare.assert_called_once_with(is_embedded=True)
        assert _events.is_embedded



if __name__ == "__main__":
    unittest.main()
