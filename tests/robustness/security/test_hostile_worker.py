# SPDX-License-Identifier: Apache-2.0
"""httpd does not trust the frames of a worker: the client gets a clean 502 or a visibly truncated response."""
import json
import os
import pathlib
import random
import socket
import struct

import pytest

from pyw import paths, processes, wait_for, wire
from pyw.site import Site
from pyw.wire import frame

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "hostile.wsgi", "support.py": paths.SUPPORT,
        "wire_version.py": "WIRE_VERSION = %d\n" % wire.VERSION}
STAMP = b"\xa5\x5a"  # hostile.wsgi puts the stamp of the request here
DATA, END, HEAD, FILE, LOG, INTERIM, ERROR, GOAWAY, TAKEN = 3, 4, 5, 6, 7, 8, 9, 10, 16


def head(status=200, reason=b"OK", headers=(), kind=HEAD, count=None):
    pairs = b"".join(struct.pack("<II", len(name), len(value)) + name + value for name, value in headers)
    return frame(kind, struct.pack("<H", status) + STAMP + struct.pack("<I", len(reason)) + reason
                 + struct.pack("<I", len(headers) if count is None else count) + pairs)


def file(offset, length, flags=1):
    return frame(FILE, struct.pack("<QQ", offset, length), flags)


RANDOM = random.Random(42)
BODY = frame(DATA, b"hello", 1)

BEFORE_A_RESPONSE = {
    "nothing": b"",
    "random bytes": RANDOM.randbytes(4096),
    "zeros": bytes(4096),
    "HTTP": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "half a frame header": b"\x04\x05",
    "half a frame": head()[:-3],
    "another version": frame(HEAD, b"", version=1),
    "an unknown type": frame(99),
    "a frame of httpd's": frame(1, b"x" * 32),
    "a length of 4 GiB": frame(HEAD, b"", length=0xffffffff),
    "a head over its limit": frame(HEAD, b"", length=(512 << 10) + 1),
    "body before the head": BODY,
    "the end before the head": frame(END),
    "a flag nobody knows": frame(HEAD, head()[8:], flags=0x8000),
    "status 0": head(0) + BODY,
    "status 99": head(99) + BODY,
    "status 100 as the final one": head(100) + BODY,
    "status 600": head(600) + BODY,
    "status 65535": head(65535) + BODY,
    "a count of headers beyond the frame": head(count=0xffffffff) + BODY,
    "a name longer than the frame": frame(HEAD, struct.pack("<HHII", 200, 0, 0, 1) + struct.pack("<II", 0xfffffff0, 1)),
    "a reason longer than the frame": frame(HEAD, struct.pack("<HHII", 200, 0, 0xffffffff, 0)),
    "two heads": head() + head() + BODY,
    "a line end in the reason": head(reason=b"OK\r\nX-Evil: 1") + BODY,
    "a line end in a value": head(headers=[(b"X-A", b"v\r\nX-Evil: 1")]) + BODY,
    "a NUL in a value": head(headers=[(b"X-A", b"v\0w")]) + BODY,
    "a line end in a name": head(headers=[(b"X-Evil: 1\r\nX-B", b"v")]) + BODY,
    "an empty name": head(headers=[(b"", b"v")]) + BODY,
    "Transfer-Encoding": head(headers=[(b"Transfer-Encoding", b"chunked")]) + BODY,
    "Connection": head(headers=[(b"Connection", b"upgrade")]) + BODY,
    "two lengths": head(headers=[(b"Content-Length", b"5"), (b"Content-Length", b"6")]) + BODY,
    "a length that is no number": head(headers=[(b"Content-Length", b"-5")]) + BODY,
    "an ERROR with status 200": frame(ERROR, struct.pack("<H", 200)),
    "an ERROR of one byte": frame(ERROR, b"x"),
    "an interim response that is 200": head(200, kind=INTERIM) + head() + BODY,
    "Switching Protocols": head(101, kind=INTERIM) + head() + BODY,
    "a file without a descriptor": head() + file(0, 5),
    "GOAWAY after a log record": frame(LOG, b"begun", 7) + frame(GOAWAY),
    "GOAWAY after an interim response": head(103, kind=INTERIM) + frame(GOAWAY),
    "GOAWAY after the head": head() + frame(GOAWAY),
    "TAKEN that httpd did not ask for": frame(TAKEN),
    "an interim response after the head": head() + head(103, kind=INTERIM) + BODY,
    "a log record over its limit": frame(LOG, b"x" * 8193, 3),
    "a log level that does not exist": frame(LOG, b"x", 9),
}

AFTER_THE_BEGINNING = {
    "no end": frame(DATA, b"hello"),
    "half a frame": frame(DATA, b"hello") + frame(DATA, b"world")[:-2],
    "a second head": frame(DATA, b"hello") + head(),
    "an unknown type": frame(DATA, b"hello") + frame(77),
    "a body frame over its limit": frame(DATA, b"hello") + frame(DATA, b"", length=(1 << 20) + 1),
    "an empty body frame": frame(DATA, b"hello") + frame(DATA),
    "GOAWAY": frame(DATA, b"hello") + frame(GOAWAY),
    "TAKEN": frame(DATA, b"hello") + frame(TAKEN),
    "an interim response": frame(DATA, b"hello") + head(103, kind=INTERIM),
    "an ERROR": frame(DATA, b"hello") + frame(ERROR, struct.pack("<H", 500)),
}


class TestDeserter:
    """A worker that begins no request costs no request, even if httpd does not have all of its body yet."""

    @pytest.fixture
    def server(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess two processes=2 threads=1 request-buffer=0 request-spool=0
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=two""", apps=APPS)

    @pytest.mark.parametrize("size", [0, 10, 2 << 20])
    def test_another_worker_gets_the_whole_request(self, server, size):
        server.allow_log(r"PYW0310|PYW0242")
        site = Site(server, "daemon", "")
        key = site.new_key()
        assert site.get("/deserter?key=" + key).status == 200

        def is_asked():
            response = site.post("/upload", b"x" * size)
            assert (response.status, response.body) == (200, b"%d" % size)
            return site.notes(key)

        wait_for(is_asked)


class TestLeftovers:
    @pytest.fixture
    def server(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess one threads=1
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=one""", apps=APPS)
        server.log.wait("PYW0317")      # from now on its connections are kept
        return server

    def test_no_other_client_gets_an_answer_left_on_a_kept_connection(self, server):
        server.expect_log("PYW0243: .*broke the protocol before it answered .GET /hello")
        site = Site(server, "daemon", "")
        key = site.new_key()
        (server.data / (key + ".answer")).write_text(json.dumps([((head() + BODY + frame(END)).hex(), None)]))
        with site.connect() as victim, site.connect() as other:
            assert victim.request("GET", "/victim?again=1&key=" + key).body == b"hello"
            other.start("GET", "/hello")
            (server.data / (key + ".go")).touch()
            assert other.read_response().status == 502
        assert server.get("/hello").body == b"hello"


class TestStatesInTheLog:
    @pytest.fixture
    def server(self, make_httpd):
        return make_httpd("""
            LogLevel pywsgi:trace1
            WSGIDaemonProcess one threads=1
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=one""", apps=APPS)

    def test_the_log_names_the_state_in_which_the_worker_broke_the_protocol(self, server):
        server.expect_log("PYW0243: .*broke the protocol before it answered .GET /victim")
        site = Site(server, "daemon", "")
        key = site.new_key()
        answer = frame(LOG, b"begun", 7) + head() + frame(GOAWAY)
        (server.data / (key + ".answer")).write_text(json.dumps([(answer.hex(), None)]))
        assert site.get("/victim?key=" + key).status == 502
        server.log.wait("relay: ASKING, token gone -> BEGUN")
        server.log.wait("relay: BEGUN, LOG -> BEGUN")
        server.log.wait("relay: BEGUN, HEAD -> ANSWERING")
        server.log.wait("relay: ANSWERING, GOAWAY -> PEERS_FAULT")
        server.log.wait("relay: ANSWERING, broken -> DONE")


class TestHostileWorker:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess one threads=1 socket-timeout=20
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=one""",
                            apps=APPS, start=False)
        (server.data / "content").write_bytes(b"0123456789")
        (server.data / "directory").mkdir()
        os.mkfifo(server.data / "fifo")
        for name in ("content", "fifo"):
            (server.data / name).chmod(0o666)
        return server.start()

    def answer(self, server, *pieces):
        """Return the response for a worker that sends these items: (bytes, path of a descriptor or None), one after the
        other.
        """
        server.allow_log(r"PYW024[34]|\[pywsgi:error\]|\[core:error\]")
        site = Site(server, "daemon", "")
        key = site.new_key()
        (server.data / (key + ".answer")).write_text(json.dumps([(data.hex(), path) for data, path in pieces]))
        with site.connect() as victim:
            response = victim.request("GET", "/victim?key=" + key)
            assert not victim.buffer, "bytes behind the response"
            wait_for(lambda: self.says_hello(server))
        return response

    def says_hello(self, server):
        """The next request gets its own response; or none, if it was sent before the worker had closed the connection.
        """
        response = server.get("/hello")
        assert response.status == 502 or (response.status, response.body) == (200, b"hello")
        return response.status == 200

    @pytest.mark.parametrize("name", BEFORE_A_RESPONSE)
    def test_before_a_response_it_is_a_clean_error(self, server, name):
        response = self.answer(server, (BEFORE_A_RESPONSE[name], None))
        assert response.status == 502 and response.complete
        assert response.header("X-Evil") is None and b"hello" not in response.body

    @pytest.mark.parametrize("name", AFTER_THE_BEGINNING)
    @pytest.mark.parametrize("headers", [(), [(b"Content-Length", b"100")]], ids=["chunked", "length"])
    def test_afterwards_it_is_a_visible_cut(self, server, name, headers):
        response = self.answer(server, (head(headers=headers) + AFTER_THE_BEGINNING[name], None))
        assert not response.complete or response.status == 502

    @pytest.mark.parametrize("body", [b"hello world", b"hell", b""], ids=["longer", "shorter", "empty"])
    @pytest.mark.parametrize("flags", [0, 1], ids=["END", "last"])
    def test_a_body_of_another_length_splits_no_response(self, server, body, flags):
        pieces = [(head(headers=[(b"Content-Length", b"5")]), None)]
        pieces += [(frame(DATA, body, flags), None)] if body else []
        response = self.answer(server, *pieces, (frame(END), None))
        assert response.status == 502 or not response.complete

    def test_a_file_of_another_length_splits_no_response(self, server):
        response = self.answer(server, (head(headers=[(b"Content-Length", b"5")]), None),
                               (file(0, 10), str(server.data / "content")), (frame(END), None))
        assert response.status == 502 or not response.complete

    @pytest.mark.parametrize("path, offset, length", [
        ("content", 0, 1000), ("content", 100, 1), ("content", 0, (1 << 63) - 1),
        ("content", (1 << 64) - 1, (1 << 64) - 1), ("directory", 0, 1), ("fifo", 0, 1), ("/dev/zero", 0, 10),
    ])
    def test_a_file_that_differs_from_its_announcement(self, server, path, offset, length):
        response = self.answer(server, (head(), None), (file(offset, length), str(server.data / path)))
        assert response.status == 502

    def test_unexpected_descriptors_are_closed(self, server):
        before = {child.pid: processes.descriptor_count(child.pid) for child in server.children()}
        content = str(server.data / "content")
        response = self.answer(server, *[(frame(LOG, b"with a descriptor", 7), content)] * 10, (head() + BODY, None),
                               (frame(END), None))
        assert (response.status, response.body) == (200, b"hello")
        self.answer(server, *[(frame(LOG, b"with a descriptor", 7), content)] * 40)
        for child in server.children():
            wait_for(lambda: processes.descriptor_count(child.pid) <= before[child.pid] + 1, 5,
                     lambda: "closing of descriptors: %s" % processes.descriptors(child.pid))

    def test_a_worker_cannot_raise_the_servers_own_alarms(self, server):
        server.allow_log("all is lost")
        since = server.log.position()
        record = frame(LOG, b"all is lost\x1b[31m\n[core:emerg] faked", 0)
        self.answer(server, (record + head() + BODY + frame(END), None))
        line, = server.log.wait("all is lost", since)
        assert ":crit]" in line and "\x1b" not in line and "faked" in line

    def test_a_request_that_was_begun_is_not_repeated_after_a_goaway(self, server):
        assert self.answer(server, (frame(GOAWAY), None)).status == 502

    def test_a_request_that_may_have_been_begun_is_not_repeated(self, server):
        """The worker dies with unread data other than the REQUEST."""
        server.allow_log(r"PYW0243|PYW0310")
        site = Site(server, "daemon", "")
        key = site.new_key()
        (server.data / (key + ".answer")).write_text("[]")
        with site.connect() as victim:
            victim.start("GET", "/victim?unread=1&key=" + key)
            site.wait_notes(key)
            victim.socket.shutdown(socket.SHUT_WR)
            assert victim.read_response().status == 502

    def test_a_valid_answer_is_taken(self, server):
        """The control experiment: our way of sending works."""
        response = self.answer(server, (head(headers=[(b"X-Good", b"1")]) + BODY + frame(END), None))
        assert (response.status, response.body, response.header("X-Good")) == (200, b"hello", "1")

    def test_a_valid_file_is_taken(self, server):
        response = self.answer(server, (head(), None), (file(2, 5), str(server.data / "content")), (frame(END), None))
        assert (response.status, response.body) == (200, b"23456")

    def test_an_error_has_the_status_from_the_worker(self, server):
        assert self.answer(server, (frame(ERROR, struct.pack("<H", 503)), None)).status == 503
