# SPDX-License-Identifier: Apache-2.0
"""Request bodies are collected before a worker gets the request: in memory, then in an unnamed file."""
import contextlib
import hashlib
import os
import select
import subprocess

import pytest
from daemon_site import APPS, DaemonSite
from faults_site import small_disk

from pyw import processes, wait_for

CONFIG = """
WSGITempDir ${ROOT}/spool
WSGIDaemonProcess app threads=2 request-buffer=16K request-spool=1M
WSGIScriptAlias /timed ${APPS}/app.wsgi process-group=app
WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
<Location /timed>
    WSGIRequestTimeout 200ms
</Location>
LogLevel pywsgi:debug
"""

BODY = os.urandom(300_000)
DIGEST = hashlib.sha256(BODY).hexdigest().encode()


def make_server(make_httpd, config=CONFIG, prepare=None):
    server = make_httpd(config, apps=APPS, modules=("http2",), start=False)
    (server.root / "spool").mkdir()
    (server.root / "spool").chmod(0o1777)
    if prepare:
        prepare(server)
    return server.start()


def begin_upload(site, key, length, path="digest"):
    connection = site.connect()
    connection.send(b"POST /%s?key=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (
        path.encode(), key.encode(), length))
    return connection


def spool_files(server):
    """Return the files that httpd's children have open below WSGITempDir."""
    return [path for child in server.children() for path in processes.descriptors(child.pid).values()
            if path.startswith(str(server.root / "spool"))]


class TestCollecting:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_server(make_httpd)

    @pytest.fixture
    def site(self, server):
        return DaemonSite(server)

    @pytest.mark.parametrize("size", [1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 65536, 200_001])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_the_application_reads_the_sent_bytes(self, site, size, chunked):
        body = [BODY[at:at + 7000] for at in range(0, size, 7000)] if chunked else BODY[:size]
        if chunked:
            body[-1] = body[-1][:(size - 1) % 7000 + 1]
        response = site.request("POST", "/digest", body=body, chunked=chunked)
        assert response.body == hashlib.sha256(BODY[:size]).hexdigest().encode()

    def test_an_unfinished_body_takes_no_thread(self, site, server):
        key = site.new_key()
        connections = [begin_upload(site, key, len(BODY)) for _ in range(6)]
        for connection in connections:
            connection.send(BODY[:200_000])
        wait_for(lambda: len(spool_files(server)) == 6, what="a file for each upload")
        for _ in range(10):
            assert site.get("/pid").status == 200
        assert site.notes(key) == []
        for connection in connections:
            connection.send(BODY[200_000:])
            assert connection.read_response("POST").body == DIGEST
            connection.close()
        assert len(site.notes(key)) == 6

    def test_the_files_have_no_name_and_are_closed(self, site, server):
        with begin_upload(site, "none", len(BODY)) as connection:
            connection.send(BODY[:100_000])
            wait_for(lambda: spool_files(server))
            assert list((server.root / "spool").iterdir()) == []
            connection.send(BODY[100_000:])
            assert connection.read_response("POST").body == DIGEST
        wait_for(lambda: not spool_files(server), what="closing of the file")
        for worker in server.workers():
            wait_for(lambda: not any("/spool/" in path for path in processes.descriptors(worker.pid).values()))

    @pytest.mark.parametrize("how", ["close", "reset"])
    @pytest.mark.parametrize("sent", [10, 100_000])
    def test_the_request_of_a_client_that_left_is_never_run(self, site, server, how, sent):
        """F11"""
        key = site.new_key()
        since = server.log.position()
        connection = begin_upload(site, key, len(BODY))
        connection.send(BODY[:sent])
        getattr(connection, how)()
        server.log.wait("PYW0282", since)
        assert site.get("/pid").status == 200
        assert site.notes(key) == []

    def test_a_client_that_sends_beyond_its_deadline_gets_408(self, site, server):
        """Even if it sends steadily."""
        key = site.new_key()
        with begin_upload(site, key, 10_000, "timed/digest") as connection:
            for byte in range(2000):
                connection.send(b"x")
                if select.select([connection.socket], [], [], 0.01)[0]:
                    break
            assert connection.read_response("POST").status == 408
        assert site.notes(key) == []

    def test_behind_request_spool_the_rest_streams(self, site):
        key = site.new_key()
        body = BODY * 5
        with begin_upload(site, key, len(body)) as connection:
            connection.send(body[:1_200_000])
            assert site.wait_notes(key) == ["begun"]
            connection.send(body[1_200_000:])
            assert connection.read_response("POST").body == hashlib.sha256(body).hexdigest().encode()

    def test_an_upload_that_the_application_does_not_read(self, site):
        with site.connect() as connection:
            for _ in range(2):
                assert connection.request("POST", "/pid", body=BODY * 5).status == 200

    def test_100_continue_is_sent_before_the_application_runs(self, site):
        key = site.new_key()
        with site.connect() as connection:
            connection.send(b"POST /digest?key=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                            b"Expect: 100-continue\r\n\r\n" % (key.encode(), len(BODY)))
            assert connection.read_head().status == 100
            assert site.notes(key) == []
            connection.send(BODY)
            response = connection.read_response("POST")
            assert (response.body, response.interim) == (DIGEST, [])


class TestHttp2:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_server(make_httpd, CONFIG + "Protocols h2c http/1.1\n")

    def test_an_upload_without_a_length(self, server):
        answer = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "-X", "POST", "-T", "-",
             "http://127.0.0.1:%d/digest" % server.port], input=BODY, stdout=subprocess.PIPE, check=True)
        assert answer.stdout == DIGEST


@pytest.mark.root
class TestFullDisk:
    """F16"""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        with contextlib.ExitStack() as stack:
            yield make_server(make_httpd, prepare=lambda server: stack.enter_context(
                small_disk(server.root / "spool", "128k")))

    @pytest.mark.parametrize("chunked", [False, True])
    def test_507_one_record_and_no_application(self, server, chunked):
        site = DaemonSite(server)
        server.expect_log("No space left.*PYW0280")
        key = site.new_key()
        since = server.log.position()
        body = [BODY[:150_000], BODY[150_000:]] if chunked else BODY
        response = site.request("POST", "/digest?key=" + key, body=body, chunked=chunked)
        assert response.status == 507
        assert len(server.log.find("PYW0280", since)) == 1
        assert site.notes(key) == []
        assert site.post("/digest", BODY[:60_000]).status == 200, "there is room again"


class TestNoDirectory:
    def test_the_directory_was_removed(self, make_httpd):
        server = make_server(make_httpd)
        site = DaemonSite(server)
        assert site.get("/pid").status == 200
        (server.root / "spool").rmdir()
        server.expect_log("No such file.*PYW0280")
        assert site.post("/digest", BODY).status == 500
        assert site.post("/digest", BODY[:10_000]).status == 200

    @pytest.mark.root
    def test_a_directory_that_httpds_user_cannot_write_to_is_reported_at_the_start(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        (server.root / "spool").mkdir()
        server.expect_log("PYW0283.*spool")
        server.start()
