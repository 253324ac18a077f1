# SPDX-License-Identifier: Apache-2.0
"""Workers: interpreters, programs, logs, signals, slow and broken starts, replacement."""
import os
import signal
import threading

import pytest
from daemon_site import APPS, HERE, DaemonSite

from pyw import processes, wait_for

WORKER_APPS = {"app.wsgi": HERE / "worker.wsgi", "support.py": APPS["support.py"]}
ONE = "WSGIDaemonProcess app threads=4\nWSGIScriptAlias / ${APPS}/app.wsgi process-group=app\n"
SCRIPT = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"%s"]\n'


class TestInterpreters:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess alone
            WSGIScriptAlias /alone ${APPS}/app.wsgi process-group=alone
            WSGIDaemonProcess pair
            WSGIScriptAlias /first ${APPS}/app.wsgi process-group=pair
            WSGIScriptAlias /second ${APPS}/app.wsgi process-group=pair
            WSGIDaemonProcess chosen
            WSGIScriptAlias /main ${APPS}/app.wsgi process-group=chosen application-group=%{GLOBAL}
            WSGIScriptAlias /own ${APPS}/app.wsgi process-group=chosen application-group=own
            WSGIScriptAlias /same ${APPS}/app.wsgi process-group=chosen application-group=own""", apps=WORKER_APPS)

    def ask(self, server, path):
        return server.get(path + "/interpreter").json()

    def test_the_only_application_of_a_process_is_in_the_main_interpreter(self, server):
        assert self.ask(server, "/alone")["number"] == 0

    def test_two_applications_have_an_interpreter_each(self, server):
        first, second = self.ask(server, "/first"), self.ask(server, "/second")
        assert first["pid"] == second["pid"] and first["number"] != second["number"]
        assert first["calls"] == second["calls"] == 1

    def test_application_groups_choose_the_interpreter(self, server):
        main, own, same = (self.ask(server, path) for path in ("/main", "/own", "/same"))
        assert main["number"] == 0 and main["application_group"] == ""
        assert own["number"] == same["number"] != 0
        assert (own["calls"], same["calls"]) == (1, 2)


class TestSurroundings:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE, apps=WORKER_APPS)

    def test_a_program_starts_without_our_descriptors_and_signal_settings(self, server):
        facts = server.get("/program").json()
        assert facts["blocked"] == [] and facts["ignored"] == []
        assert set(facts["descriptors"]) <= {0, 1, 2, 3}, "3 is its own listing of /proc/self/fd"

    def test_records_of_no_request_go_to_the_groups_log(self, server):
        since = server.log.position()
        assert server.get("/background?text=from-a-thread").body == b"said"
        assert "from-a-thread" in server.log.wait("from-a-thread", since)[0]

    def test_sigterm_to_a_worker_lets_it_finish_and_replaces_it(self, server):
        server.allow_log(r"PYW0310|PYW0418")
        pid = int(server.get("/pid").body)
        os.kill(pid, signal.SIGTERM)
        DaemonSite(server).wait_pid_other_than(pid)
        wait_for(lambda: str(pid) in (server.data / "atexit").read_text().split(), what="atexit of the worker")

    def test_atexit_runs_when_httpd_stops(self, make_httpd):
        server = make_httpd(ONE, apps=WORKER_APPS)
        pid = server.get("/pid").body.decode()
        assert server.stop() == 0
        assert (server.data / "atexit").read_text().split() == [pid]
        server.finish()


class TestLogRotation:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE, apps=WORKER_APPS)

    def test_after_a_rotation_with_graceful_nobody_writes_into_the_old_file(self, server):
        pid = int(server.get("/pid").body)
        rotated = server.root / "error.log.1"
        (server.root / "error.log").rename(rotated)
        os.kill(server.process.pid, signal.SIGUSR1)
        server.log.wait("resuming normal operations")
        assert server.get("/say?text=written-afterwards").body == b"said"
        assert server.get("/background?text=also-written-afterwards").body == b"said"
        server.log.wait("written-afterwards")
        server.log.wait("also-written-afterwards")
        assert "written-afterwards" not in rotated.read_text()
        assert int(server.get("/pid").body) == pid, "an unchanged group keeps its worker"
        for process in [server.manager(), *server.workers()]:
            wait_for(lambda: str(rotated) not in processes.descriptors(process.pid).values())


class TestReplacement:
    """A changed script: the new worker is ready before the old one exits; if it does not load, the old one stays."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE, apps={"app.wsgi": SCRIPT % "one"})

    def write(self, server, text):
        path = server.apps / "app.wsgi"
        when = path.stat().st_mtime_ns + 1_000_000_000
        (server.apps / "new").write_text(text)
        os.utime(server.apps / "new", ns=(when, when))
        (server.apps / "new").rename(path)

    def test_no_request_fails_while_it_is_replaced(self, server):
        before = server.get("/").body
        answers, stop = [], threading.Event()

        def client():
            while not stop.is_set():
                response = server.get("/")
                answers.append((response.status, response.body) if response else None)

        threads = [threading.Thread(target=client) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: answers)
            self.write(server, SCRIPT % "two")
            wait_for(lambda: answers and answers[-1] == (200, b"two"))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert set(answers) == {(200, before), (200, b"two")}
        wait_for(lambda: len(server.workers()) == 1)

    def test_a_script_that_does_not_load_leaves_the_old_code_serving(self, server):
        server.allow_log(r"PYW0316|PYW0317|PYW0610|PYW0310|Traceback|File \"|raise|RuntimeError")
        before = server.get("/").body
        pids = [worker.pid for worker in server.workers()]
        since = server.log.position()
        self.write(server, "raise RuntimeError('announced')\n")
        server.log.wait("PYW0316", since)
        assert "announced" in server.log.wait("RuntimeError: announced", since)[0]
        assert server.get("/").body == before
        wait_for(lambda: [worker.pid for worker in server.workers()] == pids)
        self.write(server, SCRIPT % "repaired")
        wait_for(lambda: server.get("/").body == b"repaired", 20)


class TestSlowStart:
    CONFIG = """
        WSGIDaemonProcess slow startup-timeout=1s
        WSGIScriptAlias /slow ${APPS}/slow.wsgi process-group=slow
        WSGIDaemonProcess fine
        WSGIScriptAlias /fine ${APPS}/fine.wsgi process-group=fine
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        apps = {"slow.wsgi": "import time\ntime.sleep(60)\n", "fine.wsgi": SCRIPT % "fine"}
        server = make_httpd(self.CONFIG, apps=apps, start=False)
        server.allow_log(r"PYW0310|PYW0314|PYW0312|PYW0340|PYW024\d|PYW0318|PYW0319|PYW032\d|PYW0480|PYW0423|PYW0315")
        return server.start()

    def test_the_others_are_served(self, server):
        assert server.get("/fine").body == b"fine"

    def test_the_client_gets_an_error_and_the_worker_is_replaced_until_one_is_ready(self, server):
        server.log.wait(r"PYW0314.*slow.*1 s")
        since = server.log.position()
        wait_for(lambda: server.get("/slow").status == 503, 15)
        server.log.wait("PYW0314.*slow", since)
        assert len(server.log.find("PYW0313.*slow")) <= 6, "there is no back-off"
        (server.apps / "slow.wsgi").write_text(SCRIPT % "at last")
        wait_for(lambda: server.get("/slow").body == b"at last", 40)


class TestUnreachable:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE.replace("WSGIDaemonProcess app", "WSGIDaemonProcess app queue-timeout=500ms"),
                          apps=WORKER_APPS)

    def test_while_no_worker_can_be_reached_the_queue_has_its_limits(self, server):
        """The manager is suspended by the test, so that it does not start a worker."""
        server.log.wait("PYW0317")
        assert server.get("/pid").status == 200
        server.expect_log("PYW0262.*'app'.*queue-timeout")
        server.allow_log("PYW0310")
        manager = server.manager()
        manager.suspend()
        try:
            server.remove_sockets()
            server.workers()[0].kill()
            response = server.get("/pid")
            assert response.status == 503 and response.header("Retry-After")
        finally:
            manager.resume()
        wait_for(lambda: server.get("/pid").status == 200)
