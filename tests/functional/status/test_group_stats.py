# SPDX-License-Identifier: Apache-2.0
"""The manager's counters and measurements: in the metrics and in the JSON of the status page."""
import os
import signal
import time

import pytest
from status_site import APPLICATION
from test_status_page import report, running

from pyw import wait_for

BURN = """
import time

def application(environ, start_response):
    end = time.thread_time() + 0.3
    while time.thread_time() < end:
        pass
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
"""

GROUP = """
WSGIDaemonProcess app processes=2 threads=3
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
WSGIScriptAlias /burn ${APPS}/burn.wsgi process-group=app
"""


def group_of(server, name="app"):
    """The group, as soon as the manager has measured it for the first time."""
    return wait_for(lambda: next((group for group in report(server)["groups"]
                                  if group["name"] == name and "restarts" in group), None), what="measurements")


class Site:
    CONFIG = GROUP
    FILES = {"app.wsgi": APPLICATION, "burn.wsgi": BURN}


class TestWorkers(Site):
    def test_each_worker_is_shown_with_its_memory_and_cpu_time(self, server):
        processes = wait_for(lambda: [shown for shown in group_of(server)["processes"] if shown["state"] == "ready"])
        wait_for(lambda: len(group_of(server)["processes"]) == 2)
        pids = {process.pid for process in server.workers()}
        assert {shown["pid"] for shown in group_of(server)["processes"]} == pids
        assert all(shown["threads"] == 3 and shown["resident"] > 1 << 20 for shown in processes)
        assert all(0 < shown["proportional"] <= shown["resident"] for shown in processes)

    def test_they_are_counted_by_state(self, metrics):
        wait_for(lambda: metrics("pywsgi_group_processes", group="app", state="ready") == 2)
        assert metrics("pywsgi_group_processes", group="app") == 2
        assert metrics("pywsgi_group_resident_memory_bytes", group="app") > 2 << 20
        assert metrics("pywsgi_group_proportional_memory_bytes", group="app") > 0

    def test_a_busy_thread_uses_capacity(self, server, metrics):
        before = metrics("pywsgi_group_busy_thread_seconds_total", group="app")
        with running(server, "/app", "busy"):
            wait_for(lambda: metrics("pywsgi_group_threads_busy", group="app") == 1)
            wait_for(lambda: metrics("pywsgi_group_busy_thread_seconds_total", group="app") > before + 0.5)
            assert group_of(server)["busy"] == 1
        assert (metrics("pywsgi_group_busy_thread_seconds_total", group="app")
                <= metrics("pywsgi_group_thread_seconds_total", group="app"))

    def test_cpu_time(self, server, metrics):
        before = metrics("pywsgi_group_cpu_seconds_total", group="app")
        server.get("/burn")
        wait_for(lambda: metrics("pywsgi_group_cpu_seconds_total", group="app") >= before + 0.28)
        assert group_of(server)["cpu_ms"] >= 280


class TestCountersNeverGoBack(Site):
    @pytest.fixture
    def kept(self, server, metrics):
        """Return a function that waits for numbers, and says whether they are at least those from before."""
        server.get("/burn")

        def counters():
            return {(name, labels["group"], labels.get("reason")): value for name, labels, value in metrics.samples()
                    if name.startswith(("pywsgi_group_", "pywsgi_worker_")) and name.endswith("_total")}
        wait_for(lambda: metrics("pywsgi_group_cpu_seconds_total", group="app") >= 0.28)
        before = counters()
        assert before

        def is_kept(changed):
            """`changed`: the manager has measured again."""
            seconds = before["pywsgi_group_thread_seconds_total", "app", None]
            end = time.monotonic() + 10
            while time.monotonic() < end:
                after = counters()
                assert all(after.get(key, value) >= value for key, value in before.items())
                if not changed or after.get(("pywsgi_group_thread_seconds_total", "app", None), 0) > seconds:
                    return True
            return False
        return is_kept

    @pytest.mark.parametrize("how", ["graceful", "restart"])
    def test_at_a_restart(self, server, kept, how):
        getattr(server, how)()
        assert kept(changed=True)

    def test_after_the_death_of_the_manager(self, server, kept):
        server.expect_log("PYW0253")
        server.allow_log("PYW03")
        manager = server.manager()
        os.kill(manager.pid, signal.SIGKILL)
        server.wait_new_manager(manager)
        assert kept(changed=True)

    def test_when_a_group_is_removed_and_added_again(self, server, kept):
        text = server.config_text
        server.configure(text.replace("WSGIDaemonProcess app", "WSGIDaemonProcess other").replace("=app", "=other"))
        server.graceful()
        assert kept(changed=False)
        server.configure(text)
        server.graceful()
        assert kept(changed=True)


class TestRestarts(Site):
    CONFIG = """
    WSGIDaemonProcess app threads=1
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    WSGIDaemonProcess few threads=1 maximum-requests=2 maximum-requests-jitter=0
    WSGIScriptAlias /few ${APPS}/app.wsgi process-group=few
    """

    @pytest.fixture
    def restarts(self, server):
        """Return a function that says how many workers of a group were restarted since the test began, by reason."""
        server.wait_for_workers()
        before = {name: group_of(server, name)["restarts"] for name in ("app", "few")}

        def changed(name="app"):
            now = group_of(server, name)["restarts"]
            return {reason: now[reason] - before[name][reason] for reason in now if now[reason] != before[name][reason]}
        return changed

    def test_a_crash(self, server, restarts, metrics):
        server.expect_log("PYW0310")
        os.kill(server.workers("app")[0].pid, signal.SIGKILL)
        wait_for(lambda: restarts() == {"crash": 1})
        assert metrics("pywsgi_worker_restarts_total", group="app", reason="crash") >= 1

    def test_a_limit(self, server, restarts):
        server.allow_log("PYW0321")
        for _ in range(2):
            server.get("/few/")
        wait_for(lambda: restarts("few") == {"maximum_requests": 1})

    def test_a_changed_script(self, server, restarts, metrics):
        (server.apps / "app.wsgi").write_text(APPLICATION + "\n")
        wait_for(lambda: restarts() == {"reload": 1})
        reload = wait_for(lambda: group_of(server)["last_reload"])
        wait_for(lambda: group_of(server)["last_reload"]["result"] == "done")
        assert reload["cause"] == "script" and abs(reload["at"] - time.time()) < 60
        assert metrics("pywsgi_group_last_reload_timestamp_seconds", group="app", cause="script", result="done") > 0

    def test_a_script_that_does_not_load(self, server, restarts):
        server.allow_log("PYW|Traceback|  File|    |SyntaxError")
        assert server.get("/app/").status == 200
        (server.apps / "app.wsgi").write_text("def application(:\n")

        def look():
            reload = group_of(server)["last_reload"]
            return reload and reload["result"] == "failed" and reload

        failed = wait_for(look)
        assert failed["cause"] == "script" and failed["problem"]
        assert server.get("/app/").status == 200
