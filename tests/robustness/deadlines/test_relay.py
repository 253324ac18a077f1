# SPDX-License-Identifier: Apache-2.0
"""At the deadline the client gets a response from httpd, whatever the worker does."""
import os
import signal
import socket

import pytest
from deadline_site import TOO_LATE, DaemonSite

from pyw import processes
from pyw.wait import elapsed


@pytest.mark.alone
class TestTheClientIsAnswered:
    CONFIG = """
        WSGIDaemonProcess app threads=2 request-timeout=1s interrupt=Off
        WSGIScriptAlias /patient ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /hasty ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
        <Location /patient>
            WSGIRequestTimeout 0
        </Location>
        <Location /hasty>
            WSGIRequestTimeout 300ms
        </Location>
    """

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"PYW062\d|File \"|PYW0604")

    def test_with_504_on_time(self, server):
        site = DaemonSite(server)
        held = site.hold()
        responses, seconds = elapsed(held.responses)
        held.let_go()
        assert responses[0].status == 504 and seconds < 1.2

    def test_with_a_cut_once_the_response_has_begun(self, server):
        site = DaemonSite(server)
        held = site.hold("/stream")
        responses, seconds = elapsed(held.responses)
        held.let_go()
        assert (responses[0].status, responses[0].body, responses[0].complete) == (200, b"first", False)
        assert seconds < 1.2

    def test_with_a_reset_if_the_end_of_the_connection_would_be_that_of_the_response(self, server):
        site = DaemonSite(server)
        key = site.new_key()
        with socket.create_connection(("127.0.0.1", server.port), 20) as client:
            client.sendall(b"GET /stream?key=%s HTTP/1.0\r\n\r\n" % key.encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
            try:
                with pytest.raises(ConnectionResetError):
                    while client.recv(4096):
                        pass
            finally:
                (server.data / (key + ".go")).touch()

    def test_with_a_cut_in_a_response_that_never_pauses(self, server):
        site = DaemonSite(server)
        key = site.new_key()
        response, seconds = elapsed(lambda: site.get("/trickle?key=" + key))
        assert response.status == 200 and not response.complete and 0.8 < seconds < 1.5
        assert site.wait_notes(key) == ["end"]

    def test_by_the_location_rather_than_by_the_group(self, server):
        hasty = DaemonSite(server, "/hasty").hold()
        responses, seconds = elapsed(hasty.responses)
        hasty.let_go()
        assert responses[0].status == 504 and seconds < 0.6

    def test_never_where_there_is_no_limit(self, server):
        patient = DaemonSite(server, "/patient").hold()
        beside = DaemonSite(server).hold()
        assert beside.finish()[0].status in (200, 504)
        server.log.wait("PYW0276")
        assert patient.finish()[0].status == 200

    def test_though_it_waited_for_a_thread_all_the_time(self, server):
        server.expect_log(r"PYW0264: process group 'app': \"GET /hold.*waited for a free thread")
        site = DaemonSite(server)
        patient = DaemonSite(server, "/patient").hold(count=2)
        waiting = site.hold(wait=False)
        responses, seconds = elapsed(waiting.responses)
        assert responses[0].status == 504 and 0.8 < seconds < 1.3
        waiting.let_go()
        assert [response.status for response in patient.finish()] == [200, 200]
        assert site.get("/pid").status == 200
        assert not site.notes(waiting.key), "it was run although nobody waited for it any more"

    def test_though_the_worker_does_nothing_at_all(self, server):
        server.expect_log("PYW0275|PYW0264")
        site = DaemonSite(server)
        pid = int(site.get("/pid").body.split()[0])
        processes.stop(pid)
        try:
            response, seconds = elapsed(lambda: site.get("/pid"))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert response.status == 504 and seconds < 1.3

    def test_on_a_connection_that_is_kept(self, server):
        site = DaemonSite(server)
        key = site.new_key()
        with site.connect() as connection:
            assert connection.request("GET", "/hasty/hold?key=" + key).status == 504
            (server.data / (key + ".go")).touch()
            assert connection.request("GET", "/pid").status == 200


class TestATimeThatNeverComes:
    CONFIG = """
        WSGIDaemonProcess app threads=1 request-timeout=1s interrupt=Off
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
        <Location /hold>
            WSGIRequestTimeout 0
        </Location>
    """

    def test_ends_the_wait_for_a_thread(self, server):
        server.allow_log(r"PYW0275|PYW0264")
        site = DaemonSite(server)
        held = site.hold()
        waiting = []
        for _ in range(5):
            connection = site.connect()
            connection.start("GET", "/pid")
            waiting.append(connection)
        responses, seconds = elapsed(lambda: [connection.read_response() for connection in waiting])
        assert [response.status for response in responses] == [504] * 5 and seconds < TOO_LATE
        assert held.finish()[0].status == 200
