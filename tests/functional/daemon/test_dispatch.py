# SPDX-License-Identifier: Apache-2.0
"""Dispatching requests to the threads of a group, waiting, and refusing."""
import concurrent.futures
import os
import select
import signal
import socket

import pytest
from daemon_site import DaemonSite

from pyw import processes, wait_for


def group(name, options, location=""):
    return ("WSGIDaemonProcess {0} {1}\nWSGIScriptAlias /{0} ${{APPS}}/app.wsgi process-group={0}\n{2}\n"
            .format(name, options, location))


def in_threads(function, items, threads):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


class TestSingleQueue:
    CONFIG = group("app", "processes=2 threads=1")

    def test_nobody_waits_behind_a_busy_worker_while_another_is_idle(self, server):
        site = DaemonSite(server, "/app")
        held = site.hold()
        others = {site.pid() for _ in range(10)}
        assert held.pids[0] not in others and len(others) == 1
        held.finish()

    def test_a_waiting_request_gets_the_first_free_thread(self, server):
        site = DaemonSite(server, "/app")
        first, second = site.hold(), site.hold()
        waiting = [site.connect() for _ in range(3)]
        for connection in waiting:
            connection.start("GET", "/app/pid")
        second.finish()
        assert {int(connection.read_response().body) for connection in waiting} == set(second.pids)
        first.finish()

    def test_both_workers_get_requests(self, server):
        server.wait_for_workers()
        site = DaemonSite(server, "/app")
        assert len({site.pid() for _ in range(10)}) == 2

    def test_connections_are_kept(self, server):
        site = DaemonSite(server, "/app")
        site.pid()
        before = sum(len(processes.descriptors(worker.pid)) for worker in server.workers())
        for _ in range(50):
            site.pid()
        after = sum(len(processes.descriptors(worker.pid)) for worker in server.workers())
        assert after - before <= 4


def connections(server):
    """Return the sockets of all workers, by inode."""
    return {target for worker in server.workers() for target in processes.descriptors(worker.pid).values()
            if target.startswith("socket:")}


class TestKeptConnections:
    CONFIG = group("app", "processes=1 threads=1")

    def test_they_outlive_clients_that_send_nothing_more(self, server):
        site = DaemonSite(server, "/app")
        pid = site.pid()
        before = connections(server)
        for _ in range(20):
            with site.connect() as connection:
                processes.stop(pid)
                connection.start("GET", "/app/pid")
                connection.socket.shutdown(socket.SHUT_WR)
                assert server.get("/nothing").status == 404     # httpd had time to notify the worker
                os.kill(pid, signal.SIGCONT)
                assert connection.read_response().status == 200
        assert before <= connections(server)

    def test_a_closed_connection_is_replaced_by_another_to_the_same_worker(self, server):
        site = DaemonSite(server, "/app")
        site.pid()
        before = connections(server)

        def disconnect():
            key = site.new_key()
            site.get("/disconnect?key=" + key)
            (server.data / (key + ".go")).touch()
            site.wait_notes(key, 1)
            site.pid()
            return connections(server) - before

        new = wait_for(disconnect)  # several may have been pooled
        for _ in range(5):
            site.pid()
        assert new & connections(server)


class TestRequestsThatWereNotBegun:
    CONFIG = group("app", "processes=2 threads=1") + "LogLevel pywsgi:debug\n"

    def test_the_request_of_a_client_that_leaves_is_not_run(self, server):
        site = DaemonSite(server, "/app")
        held = [site.hold(), site.hold()]
        gone = site.hold(wait=False)
        gone.connections[0].reset()
        server.log.wait("PYW0263|PYW0242")
        for each in held:
            each.finish()
        assert site.pid() and site.pid()
        assert site.notes(gone.key) == []


class TestClientsThatLeave:
    CONFIG = group("app", "processes=1 threads=2")

    def test_their_threads_count_as_busy_until_they_are_free(self, server):
        site = DaemonSite(server, "/app")
        held = site.hold(count=2)
        for connection in held.connections:
            connection.close()
        waiting = site.connect()
        waiting.start("GET", "/app/pid")
        held.let_go()
        assert waiting.read_response().status == 200

    def test_a_request_that_leaves_the_queue_never_runs(self, server):
        site = DaemonSite(server, "/app")
        held = site.hold(count=2)
        gone = site.hold(wait=False)
        gone.connections[0].close()
        server.log.wait("PYW0263")
        held.finish()
        assert site.get("/pid").status == 200
        assert site.notes(gone.key) == []


class TestChildrenOfHttpdThatDie:
    CONFIG = group("app", "processes=1 threads=2")

    @pytest.mark.long
    def test_their_slots_are_free_again_and_the_worker_is_the_same(self, server):
        """F10."""
        server.allow_log("AH00052|AH00051|AH00050")
        site = DaemonSite(server, "/app")
        for _ in range(2):
            held = site.hold(count=2)
            for child in processes.httpd_children(server.process.pid):
                child.send_signal(signal.SIGKILL)
            held.let_go()
            again = site.hold(count=2)
            assert again.pids == held.pids
            assert [response.status for response in again.finish()] == [200, 200]


class TestLimits:
    CONFIG = (group("timed", "threads=1 queue-timeout=300ms")
              + group("slow", "threads=2", "<Location /slow/hold>\nWSGIConcurrency 1\n</Location>")
              + group("login", "threads=2 reserve=1", "<Location /login/pid>\nWSGIPriority High\n</Location>"))

    def test_queue_timeout_is_503_with_retry_after(self, server):
        server.expect_log("PYW0262.*queue-timeout")
        server.log.wait("PYW0317.*'timed' is ready")
        site = DaemonSite(server, "/timed")
        held = site.hold()
        response = site.get("/pid")
        assert response.status == 503 and int(response.header("Retry-After")) >= 1
        held.finish()

    @pytest.mark.parametrize("name", ["slow", "login"])
    def test_other_requests_are_served_while_one_of_these_waits(self, server, name):
        """A location has one of two threads, by WSGIConcurrency, or because the other is reserved for high priority."""
        site = DaemonSite(server, "/" + name)
        server.log.wait("PYW0317.*'%s' is ready" % name)
        held = site.hold()
        second = site.hold(wait=False)
        assert [site.get("/pid").status for _ in range(5)] == [200] * 5
        assert site.notes(second.key) == []
        held.finish()
        second.wait_begun(1)
        assert second.finish()[0].status == 200


class TestWorkersThatGoAway:
    """Each worker exits after a few requests, so GOAWAY occurs at every point."""
    CONFIG = group("app", "processes=2 threads=2 maximum-requests=20 maximum-requests-jitter=50")

    def test_no_request_is_lost(self, server):
        site = DaemonSite(server, "/app")
        pids = {worker.pid for worker in server.workers()}

        def send(number):
            if number % 2:
                return site.request("POST", "/digest", body=b"x" * (number * 997 % 90000)).status
            return site.get("/pid").status

        wait_for(lambda: set(in_threads(send, range(40), 8)) == {200}
                 and not pids & {worker.pid for worker in server.workers()}, 40, "every worker to be replaced")


class TestNoDescriptors:
    CONFIG = group("app", "threads=2 file-limit=64 queue-timeout=500ms")

    def test_requests_without_a_descriptor_get_503_and_it_recovers(self, server):
        """
        F17. The request that uses all descriptors has the only connection. Another one is refused, or it gets the
        descriptor of the note, and cannot receive its token.
        """
        server.allow_log("PYW0425|PYW0428.*Too many open files|PYW0413|PYW0262")
        server.log.wait("PYW0317.*'app' is ready")
        site = DaemonSite(server, "/app")
        held = site.hold("/eat")
        assert site.get("/pid").status == 503
        assert server.log.wait("PYW0425.*file-limit|PYW0428")
        assert held.finish()[0].body == b"full"
        wait_for(lambda: site.get("/pid").status == 200)


class TestOverload:
    """40 requests for 8 threads, of which up to 16 may wait."""
    CONFIG = group("app", "threads=8 queue-limit=16")

    def test_excess_requests_are_refused_at_once_and_the_others_are_served(self, server):
        """F40."""
        server.allow_log("PYW0262.*queue-limit")
        server.log.wait("PYW0317.*'app' is ready")
        held = DaemonSite(server, "/app").hold(count=40, wait=False)
        by_socket = {connection.socket: connection for connection in held.connections}

        def answered():
            return select.select(list(by_socket), [], [], 0)[0]

        wait_for(lambda: len(answered()) == 16, what="16 refusals")
        refused = [by_socket.pop(socket).read_response() for socket in answered()]
        assert {response.status for response in refused} == {503}
        assert all(int(response.header("Retry-After")) >= 1 for response in refused)
        held.let_go()
        assert [connection.read_response().status for connection in by_socket.values()] == [200] * 24
