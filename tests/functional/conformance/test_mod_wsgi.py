# SPDX-License-Identifier: Apache-2.0
"""The modules and environ keys that applications written for mod_wsgi use."""
import os
import pathlib
import re
import signal
import time

import pytest
from conformance_apps import apps

from pyw import paths, wait_for
from pyw.site import BOTH_MODES, Site

APP = "mod_wsgi.wsgi"

# The keys of mod_wsgi 4.9 and 6, with their types. Times are texts of microseconds, as 4.9 has them.
KEYS = {
    "apache.version": "tuple",
    "mod_wsgi.application_group": "str",
    "mod_wsgi.application_start": "float",
    "mod_wsgi.callable_object": "str",
    "mod_wsgi.enable_sendfile": "str",
    "mod_wsgi.handler_script": "str",
    "mod_wsgi.ignore_activity": "str",
    "mod_wsgi.listener_host": "str",
    "mod_wsgi.listener_port": "str",
    "mod_wsgi.path_info": "str",
    "mod_wsgi.process_group": "str",
    "mod_wsgi.request_handler": "str",
    "mod_wsgi.request_id": "str",
    "mod_wsgi.request_start": "str",
    "mod_wsgi.script_name": "str",
    "mod_wsgi.script_reloading": "str",
    "mod_wsgi.script_start": "str",
    "mod_wsgi.server_pid": "str",
    "mod_wsgi.thread_id": "int",
    "mod_wsgi.thread_requests": "int",
    "mod_wsgi.total_requests": "int",
    "mod_wsgi.version": "tuple",
}
DAEMON_KEYS = {
    "mod_wsgi.daemon_connects": "str",
    "mod_wsgi.daemon_restarts": "str",
    "mod_wsgi.daemon_start": "str",
    "mod_wsgi.queue_start": "str",
}


class TestEnviron:
    CONFIG = """
        SetEnv mod_wsgi.server_pid evil
        SetEnv apache.version evil
        <If "%{QUERY_STRING} == 'on'">
            WSGIEnableSendfile On
            WSGIIgnoreActivity On
        </If>
    """

    def environ(self, site):
        return site.get("/environ").json()

    def test_environ_has_the_keys_of_mod_wsgi(self, site, mode):
        expected = {**KEYS, **DAEMON_KEYS} if mode == "daemon" else KEYS
        found = {name: kind for name, (kind, _) in self.environ(site).items()
                 if name.startswith(("mod_wsgi.", "apache."))}
        assert found == expected

    def test_the_times_follow_each_other_and_are_microseconds(self, site, mode):
        before = time.time()
        environ = self.environ(site)
        names = ["request_start", "queue_start", "daemon_start", "script_start"]
        if mode == "embedded":
            names = ["request_start", "script_start"]
        times = [int(environ["mod_wsgi." + name][1]) for name in names]
        assert all(later >= earlier - 1000 for earlier, later in zip(times, times[1:]))
        assert before - 1 < times[0] / 1e6 < before + 30
        assert abs(environ["mod_wsgi.application_start"][1] - times[-1] / 1e6) < 1e-3

    def test_requests_and_threads_are_counted(self, site):
        first, second = self.environ(site), self.environ(site)
        threads = {environ["mod_wsgi.thread_id"][1] for environ in (first, second)}
        assert min(threads) >= 1
        # embedded mode may have several processes
        if first["mod_wsgi.server_pid"] == second["mod_wsgi.server_pid"] or site.mode == "daemon":
            assert second["mod_wsgi.total_requests"][1] == first["mod_wsgi.total_requests"][1] + 1

    def test_the_server_and_the_script(self, site, server):
        environ = {name: value for name, (_, value) in self.environ(site).items()}
        assert environ["mod_wsgi.listener_port"] == str(server.port)
        assert int(environ["mod_wsgi.server_pid"]) in [child.pid for child in server.children()]
        assert (environ["mod_wsgi.script_name"], environ["mod_wsgi.path_info"]) == (site.prefix, "/environ")
        assert environ["mod_wsgi.request_handler"] == "wsgi-script"
        assert int(environ["mod_wsgi.script_reloading"]) == 1
        assert environ["apache.version"].startswith("(2, 4, ")

    def test_the_settings_of_the_request(self, site):
        names = ["mod_wsgi.enable_sendfile", "mod_wsgi.ignore_activity"]
        set_on = site.get("/environ?on").json()
        assert [(set_on[name][1], self.environ(site)[name][1]) for name in names] == [("1", "0"), ("1", "0")]

    def test_each_request_has_an_id_of_its_own(self, site):
        ids = {self.environ(site)["mod_wsgi.request_id"][1] for _ in range(20)}
        assert len(ids) == 20 and all(len(id) == 11 for id in ids)


class TestPackages:
    """Expressions of packages that look for mod_wsgi."""
    CONFIG = ""

    def ask(self, site, name):
        return site.get("/packages").json()[name]

    def test_new_relic_finds_the_mode_and_the_size_of_the_group(self, site, mode):
        dispatcher = ["Apache/mod_wsgi (%s)" % mode, "(6, 0, 5)"]
        assert self.ask(site, "dispatcher") == dispatcher
        assert self.ask(site, "size") == ([1, 4] if mode == "daemon" else self.ask(site, "size of httpd"))

    def test_new_relic_finds_when_the_request_was_queued(self, site, mode):
        before = time.time()
        assert before - 1 < self.ask(site, "queued") < before + 30

    def test_rosetta_touches_the_script_in_daemon_mode(self, site, mode):
        assert self.ask(site, "reloads") is (mode == "daemon")

    def test_pycsw_and_checkmk_find_the_versions(self, site):
        httpd, mod_wsgi, group = self.ask(site, "versions")
        assert httpd[:2] == [2, 4] and mod_wsgi == [6, 0, 5] and group == ""


class TestTrustedProxy:
    CONFIG = "WSGITrustedProxyHeaders X-Script-Name\n"

    def test_script_name_is_that_of_the_proxy_but_not_that_of_mod_wsgi(self, site):
        environ = {name: value for name, (_, value) in site.get("/environ", [("X-Script-Name", "/front")]).json().items()}
        assert (environ["SCRIPT_NAME"], environ["mod_wsgi.mount_point"]) == ("/front", "/front")
        assert environ["mod_wsgi.script_name"] == site.prefix


class TestRequestId:
    CONFIG = 'LogFormat "id %L" id\nCustomLog "${ROOT}/ids" id\n'

    def test_the_id_is_that_of_the_access_log(self, site, server):
        found = site.get("/facts").json()["request_id"]
        wait_for(lambda: "id %s\n" % found in (server.root / "ids").read_text())


class TestModule:
    @pytest.fixture
    def facts(self, site):
        return site.get("/facts").json()

    def test_the_process(self, facts, mode):
        assert facts["version"] == [6, 0, 5]
        assert facts["process_group"] == ("app" if mode == "daemon" else "")
        if mode == "daemon":
            assert (facts["maximum_processes"], facts["threads_per_process"]) == (1, 4)
        else:
            assert facts["maximum_processes"] == facts["apache"]["maximum_processes"]
            assert facts["threads_per_process"] == facts["apache"]["threads_per_process"]
        assert facts["thread_id"] >= 1

    def test_the_types(self, facts):
        assert facts["file_wrapper"] is True
        assert (facts["timeout"], facts["handler"]) == ("BaseException", "Handler")

    def test_the_data_of_a_request(self, facts):
        assert facts["data"] == {"path": "/facts"}
        assert facts["active"][facts["request_id"]] == {"path": "/facts"}
        assert "runs no request" in facts["at_import"]

    def test_httpd(self, facts):
        apache = facts["apache"]
        assert apache["version"][:2] == [2, 4] and apache["mpm_name"] in ("prefork", "worker", "event")
        assert apache["description"].startswith("Apache/2.4") and apache["build_date"]

    def test_the_script_is_recognised(self, facts, server):
        assert facts["__name__"].startswith("_mod_wsgi_")
        assert facts["argv"] == ["mod_wsgi"]
        assert facts["__mtime__"] == (pathlib.Path(server.apps) / "app.wsgi").stat().st_mtime_ns // 1000

    def test_metrics(self, site, mode):
        site.get("/metrics")
        requests, process, server = site.get("/metrics").json()
        assert process["request_count"] >= 1 and process["active_requests"] >= 1
        assert process["threads"][0]["thread_id"] == 1
        if mode == "daemon":
            assert requests["request_count"] == 1 and requests["status_2xx"] == 1
            assert requests["request_threads_maximum"] == 4 and requests["output_bytes"] > 100
        assert server is None


class TestServerMetrics:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("ExtendedStatus On\nWSGIServerMetrics On\n" + BOTH_MODES.replace(
            "threads=4", "threads=4 server-metrics=On"), apps=apps(APP))

    @pytest.fixture
    def site(self, server, mode):
        return Site(server, mode)

    def test_the_scoreboard_has_the_request_that_brought_it(self, site, mode):
        def look():
            """Return the scoreboard once it shows this request: httpd's child sends it once a second."""
            found = site.get("/metrics").json()[2]
            running = [(process, worker) for process in found["processes"] for worker in process["workers"]
                       if worker["status"] == "W" and "/%s/metrics" % mode in worker["request"]]
            return running and (found, *running[0])

        found, process, worker = wait_for(look)
        assert sorted(found) == ["current_time", "processes", "restart_time", "running_generation", "running_time",
                                 "server_limit", "thread_limit"]
        assert found["restart_time"] <= found["current_time"] <= time.time() < found["current_time"] + 60
        assert len(found["processes"]) == found["server_limit"]
        assert os.path.exists("/proc/%d" % process["pid"]) and not process["quiescing"]
        assert len(process["workers"]) == found["thread_limit"]
        assert sorted(worker) == ["access_count", "bytes_served", "client", "generation", "last_used", "request",
                                  "start_time", "status", "stop_time", "thread_num", "vhost"]
        assert worker["client"] == "127.0.0.1" and worker["generation"] == found["running_generation"]

    def test_it_is_no_part_of_environ(self, site):
        assert "pywsgi.server_metrics" not in site.get("/environ").json()


class TestEvents:
    """In one process, so that requests see the events of other requests."""
    CONFIG = """
        StartServers 1
        ServerLimit 1
        MaxRequestWorkers 1
        <IfModule !mpm_prefork_module>
            ThreadsPerChild 4
            MaxRequestWorkers 4
            MinSpareThreads 1
        </IfModule>
    """

    def events_of(self, site, path, body=b""):
        """Make a request and return the names and the facts of its events."""
        site.post(path, body)
        found = []

        def is_over():
            found.extend(item for item in site.get("/").json() if item[0] == path)
            return found and found[-1][1] == "request_finished"

        wait_for(is_over)
        return [name for _, name, _ in found], [event for _, _, event in found]

    def test_a_request_has_three(self, site, mode):
        names, (started, responded, finished) = self.events_of(site, "/three", b"12345")
        assert names == ["request_started", "response_started", "request_finished"]
        assert started["request_id"] == responded["request_id"] == finished["request_id"]
        assert started["callable_object"] == "application" and "function application" in started["application_object"]
        assert (started["queue_start"] > 0) == (started["daemon_start"] > 0) == (mode == "daemon")
        assert started["request_start"] <= started["application_start"] + 0.001
        assert (responded["response_status"], responded["exception_info"]) == ("200 OK", None)
        assert finished["status"] == 200 and finished["application_time"] > 0 and finished["cpu_time"] >= 0
        assert finished["input_reads"] >= 1 and finished["input_length"] == 5
        assert (finished["output_writes"], finished["output_length"]) == (2, 2)

    @staticmethod
    def facts_on_the_page():
        """Return the names of the facts of each event, from the table of events in docs/reference/module.md."""
        facts = {}
        for line in (paths.TOP / "docs/reference/module.md").read_text().splitlines():
            row = re.match(r"\| `((?:request|response|process)_\w+)` \|[^|]*\|(.*)\|$", line)
            if row:
                facts[row[1]] = set(re.findall(r"`(\w+)`", row[2]))
        facts["request_finished"] -= {"request_started"}
        facts["request_finished"] |= facts["request_started"] - {"application_object", "callable_object", "request_environ"}
        return facts

    @pytest.mark.parametrize("path", ["/three", "/fails"])
    def test_events_have_the_facts_of_the_page_and_no_others(self, site, path):
        if path == "/fails":
            site.expect_log("PYW0603.*KeyError|Traceback|File|KeyError|raise|\\^")
        names, events = self.events_of(site, path)
        assert {name: set(event) for name, event in zip(names, events)} == {
            name: facts for name, facts in self.facts_on_the_page().items() if name in names}

    def test_the_time_for_pythons_lock_begins_before_the_application(self, site):
        finished = self.events_of(site, "/three")[1][-1]
        assert finished["gil_wait_count"] >= 1 and finished["gil_wait_time"] > 0

    def test_an_exception_has_one_of_its_own(self, site):
        site.expect_log("PYW0603.*KeyError|Traceback|File|KeyError|raise|\\^")
        names, events = self.events_of(site, "/fails")
        assert names == ["request_started", "request_exception", "request_finished"]
        assert "KeyError" in events[1]["exception_info"] and events[2]["status"] == 0

    def test_a_subscriber_may_replace_the_application(self, site):
        response = site.get("/wrapped")
        assert (response.status, response.body) == (202, b"wrapped")

    def test_a_subscriber_that_fails_is_logged(self, site):
        site.expect_log("PYW0547.*request_started|Traceback|File|LookupError|raise|\\^|added")
        assert site.get("/subscriber_fails").status == 200


class TestSignals:
    @pytest.fixture
    def site(self, server):
        return Site(server, "daemon")

    def test_sigint_of_the_application_replaces_its_worker(self, site, server):
        since = server.log.position()
        assert site.get("/interrupts").status == 200
        server.log.wait("PYW0354: worker .* of group 'app' is replaced: it got SIGUSR1 or SIGINT", since)
        server.log.wait("shutdown: process_stopping graceful_signal", since)
        assert site.get("/facts").status == 200

    @pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR2"])
    def test_a_worker_passes_signals_to_subscribers(self, site, server, name):
        site.get("/facts")
        since = server.log.position()
        worker, = wait_for(lambda: len(server.workers()) == 1 and server.workers())
        os.kill(worker.pid, getattr(signal, name))
        server.log.wait("signal: process_signal %s %d" % (name, getattr(signal, name)), since)
        assert site.get("/facts").status == 200


REASONS = {
    "maximum_requests": "maximum-requests=1",
    "restart_interval": "restart-interval=1s restart-interval-jitter=0",
    "inactivity_timeout": "inactivity-timeout=1s",
    "cpu_time_limit": "cpu-time-limit=1s",
    "memory_recycle": "memory-recycle=100M",
    "script_reload": "",
}

ENDING = """
import time
import mod_wsgi
import support

kept = []


@mod_wsgi.subscribe_shutdown
def on_shutdown(name, shutdown_reason):
    support.note(mod_wsgi.process_group, shutdown_reason)


def application(environ, start_response):
    if mod_wsgi.process_group == "cpu_time_limit":
        while time.process_time() < 1.1:
            pass
    if mod_wsgi.process_group == "memory_recycle":
        kept.append(b"x" * (120 << 20))
    start_response("200 OK", [])
    return [b""]
"""


class TestReasons:
    """Each group reaches one of the limits, or gets new code."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("".join("""
            WSGIDaemonProcess %s threads=1 python-path=${APPS} %s
            WSGIScriptAlias /%s ${APPS}/%s.wsgi process-group=%s
            """ % (name, options, name, name, name) for name, options in REASONS.items()),
            apps={"support.py": paths.SUPPORT, **{name + ".wsgi": ENDING for name in REASONS}})

    @pytest.mark.long
    def test_the_event_has_the_reason_of_the_end(self, server):
        for name in REASONS:
            assert server.get("/" + name).status == 200
        (server.apps / "script_reload.wsgi").write_text(ENDING + "\n")
        for name in REASONS:
            wait_for((server.data / name).exists, 20, name)
            assert (server.data / name).read_text().split()[0] == name


HELD = """
import ctypes
import os
import time
import mod_wsgi
import support


def hold_successor():  # a successor must not be ready before the end of the worker
    if os.path.exists(os.path.join(support.DATA, "stuck")):
        support.wait_for_file("deadlock_timeout")


hold_successor()
os.register_at_fork(after_in_child=hold_successor)  # with preload=On


@mod_wsgi.subscribe_shutdown
def on_shutdown(name, shutdown_reason):
    support.note(mod_wsgi.process_group, shutdown_reason)


def ignore_the_interruption():
    support.note("begun", "")
    try:
        support.wait_for_file("never")
    except mod_wsgi.RequestTimeout:
        support.wait_for_file("release")


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/ignores":
        ignore_the_interruption()
    elif path == "/beside":
        support.note("beside", "")
        support.wait_for_file("release")
        while len(mod_wsgi.active_requests) > 1:
            time.sleep(0.005)
    elif path == "/stuck":
        fifo = os.open(os.path.join(support.DATA, "fifo"), os.O_RDWR)
        support.note("stuck", "")
        ctypes.PyDLL(None).read(fifo, ctypes.create_string_buffer(1), 1)
    start_response("200 OK", [])
    return [b""]
"""


class TestReasonsOfHeldWorkers:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("".join("""
            WSGIDaemonProcess %s threads=3 python-path=${APPS} %s
            WSGIScriptAlias /%s ${APPS}/held.wsgi process-group=%s
            """ % (name, options, name, name) for name, options in (
                ("request_timeout", "interrupt-timeout=200ms"), ("deadlock_timeout", "deadlock-timeout=1s"))) +
            "<Location /request_timeout/ignores>\nWSGIRequestTimeout 300ms\n</Location>",
            apps={"support.py": paths.SUPPORT, "held.wsgi": HELD})

    def test_a_request_that_ignores_its_interruption(self, server):
        """Another request holds the worker until that one has ended: otherwise the worker ends without an event."""
        server.allow_log("PYW062|PYW03[1-4]|PYW024|\\]   ")
        with server.connect() as beside, server.connect() as client:
            beside.start("GET", "/request_timeout/beside")
            wait_for((server.data / "beside").exists, 20, "the request beside")
            client.start("GET", "/request_timeout/ignores")
            assert client.read_response().status == 504
            server.log.wait("a request in it does not end although its time is up")
            (server.data / "release").touch()
            assert beside.read_response().status == 200
        wait_for((server.data / "request_timeout").exists, 20, "the event")
        assert (server.data / "request_timeout").read_text().split()[0] == "request_timeout"

    def test_a_python_that_responds_again(self, server):
        server.allow_log("PYW042[23]|PYW0322|PYW024")
        os.mkfifo(server.data / "fifo")
        (server.data / "fifo").chmod(0o666)
        with server.connect() as client:
            client.start("GET", "/deadlock_timeout/stuck")
            server.log.wait("PYW0322: worker")
            (server.data / "fifo").write_bytes(b"x")
            wait_for((server.data / "deadlock_timeout").exists, 20, "the event")
        assert (server.data / "deadlock_timeout").read_text().split()[0] == "deadlock_timeout"


class TestTheEnd:
    def test_subscribers_learn_of_the_end_of_the_process(self, make_httpd, mode):
        server = make_httpd(BOTH_MODES, apps=apps(APP))
        assert server.get("/%s/facts" % mode).status == 200
        server.stop()
        assert server.log.find("shutdown: process_stopping shutdown_signal")
