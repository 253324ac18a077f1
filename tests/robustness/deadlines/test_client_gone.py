# SPDX-License-Identifier: Apache-2.0
"""Clients that leave: the application is informed, its generator is closed, and no error is logged."""
import os
import shutil
import socket
import subprocess
import tempfile

import pytest
from deadline_site import DaemonSite

from pyw import wait_for

LEAVE = {"close": lambda connection: connection.close(), "reset": lambda connection: connection.reset()}


@pytest.fixture
def site(server, mode):
    return DaemonSite(server, "/" + mode)


def begin(site, path, first=0):
    """Return a request that the application has begun, its connection, and its key."""
    key = site.new_key()
    connection = site.connect()
    connection.start("GET", "%s%s?key=%s&first=%d" % (site.prefix, path, key, first))
    site.wait_notes(key)
    return connection, key


class TestIgnored:
    CONFIG = """
        WSGIDaemonProcess app threads=4
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
    """

    @pytest.mark.alone
    @pytest.mark.parametrize("how", sorted(LEAVE))
    @pytest.mark.parametrize("first", [0, 5])
    def test_a_generator_that_yields_nothing_is_closed_within_a_second(self, site, how, first):
        """F12"""
        connection, key = begin(site, "/silent", first)
        if first:
            assert connection.read_head().status == 200
        LEAVE[how](connection)
        assert site.wait_notes(key, 2, seconds=1)[1] == "end"

    @pytest.mark.parametrize("how", sorted(LEAVE))
    def test_client_gone_is_true_when_the_client_has_left(self, site, how):
        connection, key = begin(site, "/watch")
        LEAVE[how](connection)
        assert site.wait_notes(key, 2)[1] == "gone: True"

    def test_client_gone_is_true_for_a_post_whose_body_was_read(self, site):
        key = site.new_key()
        connection = site.connect()
        connection.start("POST", "%s/watch?key=%s" % (site.prefix, key), body=b"")
        site.wait_notes(key)
        connection.close()
        assert site.wait_notes(key, 2)[1] == "gone: True"

    def test_a_thread_that_does_not_ask_is_left_alone(self, site):
        connection, key = begin(site, "/busy")
        connection.reset()
        other, key_of_other = begin(site, "/watch")
        other.reset()
        site.wait_notes(key_of_other, 2)  # the time to detect it
        (site.httpd.data / (key + ".go")).touch()
        assert site.wait_notes(key, 2)[1] == "not interrupted"

    def test_a_half_closed_client_gets_its_answer(self, site):
        connection, key = begin(site, "/busy")
        connection.socket.shutdown(socket.SHUT_WR)
        (site.httpd.data / (key + ".go")).touch()
        response = connection.read_response()
        assert (response.status, response.body) == (200, b"done")

    def test_no_error_in_the_log(self, server, site):
        since = server.log.position()
        for how in sorted(LEAVE):
            for path in ("/silent", "/trickle"):
                key = site.new_key()
                connection = site.connect()
                connection.start("GET", "%s%s?key=%s&first=5" % (site.prefix, path, key))
                assert connection.read_head().status == 200
                LEAVE[how](connection)
                wait_for(lambda: "end" in site.notes(key))
        assert not server.log.find(r":(warn|error)\]", since)


class TestInterrupted:
    CONFIG = """
        WSGIDaemonProcess app threads=4 request-spool=0
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
        WSGIClientGone Interrupt
        <LocationMatch /patient>
            WSGIClientGone Ignore
        </LocationMatch>
    """

    @pytest.mark.parametrize("how", sorted(LEAVE))
    def test_the_thread_gets_client_gone(self, server, site, how):
        since = server.log.position()
        connection, key = begin(site, "/busy")
        LEAVE[how](connection)
        assert site.wait_notes(key, 2)[1] == "ClientGone"
        server.log.wait(r"PYW0621: GET \S+/busy\S* \[[^ \]]+\]: the client left", since)
        assert site.get("/pid").status == 200
        assert not server.log.find(r":(warn|error)\]", since)

    def test_a_client_that_stays_is_served(self, site):
        connection, key = begin(site, "/busy")
        beside, key_beside = begin(site, "/busy")
        beside.reset()
        assert site.wait_notes(key_beside, 2)[1] == "ClientGone"
        (site.httpd.data / (key + ".go")).touch()
        assert connection.read_response().body == b"done"

    def test_the_next_request_of_the_thread_is_not_hit(self, server, site):
        server.allow_log("PYW0243")
        for _ in range(5):
            connection, key = begin(site, "/busy")
            connection.reset()
            site.wait_notes(key, 2)
            assert {site.get("/work").status for _ in range(8)} == {200}

    def test_a_thread_that_waits_for_the_body_gets_an_oserror(self, server, mode):
        site = DaemonSite(server, "/" + mode)
        key = site.new_key()
        with site.connect() as connection:
            connection.send(("POST %s/upload?key=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" % (
                site.prefix, key)).encode() + b"x" * 300000)
            site.wait_notes(key)
        assert site.wait_notes(key, 2)[1] in ("ConnectionResetError", "OSError", "ClientGone")


@pytest.mark.skipif(not shutil.which("curl") or "HTTP2" not in subprocess.run(
    ["curl", "--version"], stdout=subprocess.PIPE, text=True).stdout, reason="curl without HTTP/2")
class TestHttp2:
    MODULES = ("http2",)
    CONFIG = """
        Protocols h2c http/1.1
        WSGIDaemonProcess app threads=4
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded ${APPS}/app.wsgi
        <LocationMatch /busy>
            WSGIClientGone Interrupt
        </LocationMatch>
    """

    @pytest.mark.parametrize("path, last", [("/silent", "end"), ("/watch", "gone: True"), ("/busy", "ClientGone")])
    def test_a_client_that_leaves_is_seen(self, server, site, path, last):
        server.allow_log(r"\[http2:")
        key = site.new_key()
        with tempfile.TemporaryFile() as output:
            client = subprocess.Popen(
                ["curl", "-sN", "--http2-prior-knowledge", "http://127.0.0.1:%d%s%s?key=%s&first=5" % (
                    server.port, site.prefix, path, key)], stdout=output, stderr=output, env=dict(os.environ))
            try:
                site.wait_notes(key)
            finally:
                client.kill()
                client.wait()
        assert site.wait_notes(key, 2)[1] == last
