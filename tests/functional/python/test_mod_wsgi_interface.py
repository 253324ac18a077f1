# SPDX-License-Identifier: Apache-2.0
"""mod_wsgi's interface in the package pywsgi: modules, events, metrics; without httpd and the engine."""
import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest
from unittest import mock

from embedded_package import take_calls  # before pywsgi, which it makes importable

import pywsgi
from pywsgi import _events, _metrics, _modules


class TestModules(unittest.TestCase):
    SERVER = "2.4.58\tevent\t16\t25\t2026-01-02T03:04:05\tApache/2.4.58 (Unix)"

    def setUp(self):
        patch = mock.patch.dict(sys.modules)
        patch.start()
        self.addCleanup(patch.stop)
        for name in ("mod_wsgi", "apache"):
            sys.modules.pop(name, None)
        self.addCleanup(sys.path.__setitem__, slice(None), sys.path[:])
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def offer(self):
        _modules.offer_mod_wsgi({"process_group": "blog"}, pywsgi.__getattr__)
        _modules.offer_apache(self.SERVER)
        return sys.modules["mod_wsgi"], sys.modules["apache"]

    def test_mod_wsgi_has_the_names_and_a_version(self):
        mod_wsgi, _ = self.offer()
        assert (mod_wsgi.version, mod_wsgi.process_group) == ((6, 0, 5), "blog")
        assert mod_wsgi.LogHandler is pywsgi.LogHandler and mod_wsgi.thread_id == 0
        with self.assertRaises(AttributeError):
            mod_wsgi.nothing

    def test_an_installed_package_mod_wsgi_gets_the_names(self):
        package = self.directory / "mod_wsgi"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "server.py").write_text("value = 1")
        sys.path.insert(0, str(self.directory))
        mod_wsgi, _ = self.offer()
        assert mod_wsgi.process_group == "blog" and mod_wsgi.__file__ == str(package / "__init__.py")
        from mod_wsgi import server
        assert server.value == 1

    def test_a_package_mod_wsgi_that_cannot_be_imported_is_replaced(self):
        (self.directory / "mod_wsgi.py").write_text("import a_module_that_does_not_exist")
        sys.path.insert(0, str(self.directory))
        assert self.offer()[0].process_group == "blog"

    def test_apache_has_the_facts_about_httpd(self):
        _, apache = self.offer()
        assert (apache.version, apache.mpm_name, apache.build_date) == ((2, 4, 58), "event", "2026-01-02T03:04:05")
        assert (apache.maximum_processes, apache.threads_per_process) == (16, 25)
        assert apache.description == "Apache/2.4.58 (Unix)"

    def test_a_module_apache_of_the_application_is_kept(self):
        (self.directory / "apache.py").write_text("mine = 1")
        sys.path.insert(0, str(self.directory))
        assert self.offer()[1].mine == 1 and not hasattr(sys.modules["apache"], "mpm_name")

    def test_both_modules_have_the_functions_and_the_facts(self):
        names = {"process_group": "blog", "application_group": ""}
        self.addCleanup(lambda: [pywsgi.__dict__.pop(name) for name in (
            *names, "FileWrapper", "maximum_processes", "threads_per_process", "request_data")])
        self.addCleanup(setattr, _metrics, "threads_maximum", _metrics.threads_maximum)
        pywsgi.__dict__.update(names)
        with mock.patch.dict(sys.modules):
            sys.modules.pop("mod_wsgi", None)
            pywsgi._complete(object, 2, 15, TestModules.SERVER)
            for module in (pywsgi, sys.modules["mod_wsgi"]):
                assert (module.maximum_processes, module.threads_per_process) == (2, 15)
                assert module.FileWrapper is object and module.subscribe_events is _events.subscribe_events
                assert all(hasattr(module, name) for name in pywsgi.__all__ if name not in pywsgi._OURS)


ENVIRON = {"mod_wsgi.request_id": "Zq8", "mod_wsgi.thread_id": 2, "mod_wsgi.server_pid": "77",
           "mod_wsgi.request_start": "1700000000000000", "mod_wsgi.queue_start": "1700000000100000",
           "mod_wsgi.daemon_start": "1700000000200000", "mod_wsgi.script_start": "1700000000300000",
           "mod_wsgi.daemon_connects": "1", "mod_wsgi.daemon_restarts": "0", "mod_wsgi.callable_object": "app"}
COUNTS = (1, 10, 2, 20, 3)
TIMES = (0.01, 0.02, 0.03, 0.04, 0.05)


class TestEvents(unittest.TestCase):
    def setUp(self):
        take_calls()
        self.events = []
        self.data = {}
        for callbacks in (_events.event_callbacks, _events.shutdown_callbacks, _events.signal_callbacks):
            self.addCleanup(callbacks.clear)

    def take(self, name, **event):
        self.events.append((name, event))

    def start(self):
        return _events.request_started(self.take, ENVIRON, self.data)

    def test_a_subscriber_gets_name_and_facts(self):
        assert pywsgi.subscribe_events(self.take) == self.take
        assert self.start()[0] == self.take
        (name, event), = self.events
        assert name == "request_started" and event["request_environ"] is ENVIRON and event["request_data"] is self.data
        assert (event["request_id"], event["thread_id"], event["server_pid"]) == ("Zq8", 2, "77")
        assert (event["request_start"], event["queue_start"]) == (1700000000.0, 1700000000.1)
        assert (event["daemon_start"], event["application_start"]) == (1700000000.2, 1700000000.3)
        assert (event["daemon_connects"], event["daemon_restarts"], event["callable_object"]) == (1, 0, "app")

    def test_a_subscriber_may_replace_the_application(self):
        pywsgi.subscribe_events(lambda name, **event: {"application_object": "other", "mark": 1})
        pywsgi.subscribe_events(self.take)
        assert self.start()[0] == "other"
        assert self.events[0][1]["application_object"] == "other" and self.events[0][1]["mark"] == 1

    def test_the_end_of_a_request_has_times_and_counts(self):
        _, start = self.start()
        pywsgi.subscribe_events(self.take)
        _events.request_finished(start, 1700000000.8, 404, COUNTS, TIMES)
        (name, event), = self.events
        assert name == "request_finished" and event["status"] == 404 and event["request_data"] is self.data
        assert round(event["application_time"], 6) == 0.5 and event["application_finish"] == 1700000000.8
        assert (event["input_reads"], event["input_length"], event["input_time"]) == (1, 10, 0.01)
        assert (event["output_writes"], event["output_length"], event["output_time"]) == (2, 20, 0.02)
        assert (event["gil_wait_count"], event["gil_wait_time"]) == (3, 0.03)
        assert round(event["cpu_time"], 6) == 0.09

    def test_an_exception_of_a_subscriber_is_logged_and_the_next_is_called(self):
        pywsgi.subscribe_events(lambda name, **event: 1 / 0)
        pywsgi.subscribe_events(self.take)
        _events.response_started("Zq8", self.data, "200 OK", [], None)
        (call, name, text), = take_calls()
        assert (call, name) == ("warn_callback", "response_started") and "ZeroDivisionError" in text
        assert self.events == [("response_started", {
            "request_id": "Zq8", "request_data": {}, "response_status": "200 OK", "response_headers": [],
            "exception_info": None})]

    def test_an_exception_that_ends_a_request_is_raised(self):
        def interrupted(name, **event):
            raise pywsgi.RequestTimeout

        pywsgi.subscribe_events(interrupted)
        with self.assertRaises(pywsgi.RequestTimeout):
            self.start()

    def test_the_end_of_the_process_reaches_both_kinds_of_subscribers(self):
        pywsgi.subscribe_events(self.take)
        pywsgi.subscribe_shutdown(self.take)
        pywsgi.subscribe_signals(lambda name, **event: 1 / 0)
        _events.process_stopping("maximum_requests")
        assert self.events == [("process_stopping", {"shutdown_reason": "maximum_requests"})] * 2

    def test_signals_have_a_name_and_a_number(self):
        pywsgi.subscribe_signals(self.take)
        _events.process_signal(signal.SIGHUP)
        assert self.events == [("process_signal", {"signame": "SIGHUP", "signum": int(signal.SIGHUP)})]

    def test_signals_cannot_be_subscribed_to_in_embedded_mode(self):
        with mock.patch.object(_events, "is_embedded", True):
            assert pywsgi.subscribe_signals(self.take) == self.take
        (call, file, _), = take_calls()
        assert (call, file) == ("warn_no_signals", __file__) and _events.signal_callbacks == []

    def test_an_object_that_is_no_function_is_a_type_error(self):
        for subscribe in (pywsgi.subscribe_events, pywsgi.subscribe_shutdown, pywsgi.subscribe_signals):
            with self.assertRaisesRegex(TypeError, r"subscribe_\w+\(\) expects a function, not int"):
                subscribe(1)


class TestMetrics(unittest.TestCase):
    def setUp(self):
        self.addCleanup(_events.event_callbacks.clear)
        for name, value in (("threads_maximum", 3), ("_sample", None), ("_running", {}), ("_busy_time", 0.0)):
            patch = mock.patch.object(_metrics, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def serve(self, status=200):
        _, start = _events.request_started(None, ENVIRON, {})
        _events.request_finished(start, 1700000000.8, status, COUNTS, TIMES)

    def test_nothing_is_recorded_before_the_first_call(self):
        assert _events.event_callbacks == []
        assert pywsgi.request_metrics() == {}
        assert len(_events.event_callbacks) == 1
        pywsgi.start_recording_metrics()
        assert len(_events.event_callbacks) == 1

    def test_the_metrics_cover_the_time_since_the_previous_call(self):
        pywsgi.start_recording_metrics()
        self.serve()
        self.serve(status=404)
        metrics = pywsgi.request_metrics()
        assert (metrics["pid"], metrics["request_count"]) == (os.getpid(), 2)
        assert (metrics["status_2xx"], metrics["status_4xx"], metrics["status_5xx"]) == (1, 1, 0)
        assert metrics["request_threads_completed"] == [0, 2, 0]
        assert (metrics["input_bytes"], metrics["output_writes"]) == (20, 4)
        assert pywsgi.request_metrics()["request_count"] == 0

    def test_the_phases_of_requests(self):
        pywsgi.start_recording_metrics()
        self.serve()
        metrics = pywsgi.request_metrics()
        means = {name: round(metrics[name], 4) for name in _metrics._PHASES}
        assert means == {"server_time": 0.1, "queue_time": 0.1, "daemon_time": 0.1, "application_time": 0.5,
                         "request_time": 0.8, "input_read_time": 0.01, "output_write_time": 0.02,
                         "gil_wait_time": 0.03}
        assert [len(metrics[name + "_buckets"]) for name in _metrics._PHASES] == [65] * 8
        assert abs(metrics["application_time_max_us"] - 500000) < 5
        assert metrics["application_time_buckets"].index(1) == _metrics._bucket(0.5)

    def test_the_buckets_grow_by_a_quarter_of_an_octave(self):
        buckets = [_metrics._bucket(ms / 1000) for ms in (0.1, 1, 1.26, 2, 3, 4, 65535, 65536, 1e9)]
        assert buckets == [0, 0, 1, 4, 6, 8, 63, 64, 64]

    def test_the_totals_of_the_process(self):
        pywsgi.start_recording_metrics()
        self.serve()
        metrics = pywsgi.process_metrics()
        assert metrics["pid"] == os.getpid() and metrics["memory_rss"] > 1024 * 1024
        assert round(metrics["request_busy_time"], 4) == 0.5
        assert abs(metrics["current_time"] - metrics["restart_time"] - metrics["running_time"]) < 1.1
        assert 0 < metrics["running_time"] + 1 < 24 * 3600

    def test_a_running_request_is_busy(self):
        pywsgi.start_recording_metrics()
        _events.request_started(None, dict(ENVIRON, **{"mod_wsgi.script_start": "%d" % (time.time() * 1e6 - 1e6)}), {})
        metrics = pywsgi.request_metrics()
        assert metrics["request_threads_active"] == 1 and metrics["request_threads_current_elapsed"][1] >= 1


if __name__ == "__main__":
    unittest.main()
