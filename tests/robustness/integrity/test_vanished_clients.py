# SPDX-License-Identifier: Apache-2.0
"""A client disappears anywhere in its upload: the application never takes the partial body for complete."""
import random

import pytest

from pyw import wait_for
from pyw.http2 import Http2Connection
from pyw.site import BOTH_MODES, Site

# Both collected and streamed bodies.
CONFIG = "Protocols h2c http/1.1\n" + BOTH_MODES + """
WSGIDaemonProcess streaming threads=4 python-path=${APPS} request-buffer=0 request-spool=0
WSGIScriptAlias /streaming ${APPS}/app.wsgi process-group=streaming
"""
SIZES = (1000, 60_000, 70_000, 400_000)


class TestVanishedInAnUpload:
    CONFIG = CONFIG
    SHARES = 9
    LOG = r"OSError|ConnectionResetError|Traceback|File \"|wsgi\.input|PYW0\d\d\d|\[pywsgi:error\]|AH01382|AH02530"

    def chunks(self, body, draw):
        while body:
            size = draw.randrange(1, 20_000)
            yield body[:size]
            body = body[size:]

    def vanish_http1(self, server, path, size, at, draw, framing, wait):
        connection = server.connect()
        body = "Content-Length: %d" % size if framing == "length" else "Transfer-Encoding: chunked"
        connection.send(("POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path, body)).encode())
        for chunk in self.chunks(b"x" * at, draw):
            connection.send(chunk) if framing == "length" else connection.send_chunk(chunk)
        wait()
        connection.reset() if draw.random() < 0.5 else connection.close()

    def vanish_http2(self, server, path, at, wait):
        with Http2Connection(server.port) as connection:
            stream = connection.start("POST", path, end=False)
            connection.send(stream, b"x" * at)
            wait()

    @pytest.mark.parametrize("framing", ["length", "chunked", "http2"])
    @pytest.mark.parametrize("place", ["daemon", "streaming", "embedded"])
    def test_a_short_body_is_never_complete(self, server, place, seeds, framing):
        server.allow_log(self.LOG)
        site = Site(server, place)
        key = site.new_key()
        for seed in seeds:
            draw = random.Random(seed)
            size = draw.choice(SIZES)
            at = draw.choice([0, size - 1, draw.randrange(size), draw.randrange(size)])
            wait = self.until_begun(site, key) if place != "daemon" and seed % 3 else int
            path = "%s/upload?key=%s&how=%s" % (site.prefix, key, draw.choice(["blocks", "all"]))
            if framing == "http2":
                self.vanish_http2(server, path, at, wait)
            else:
                self.vanish_http1(server, path, size, at, draw, framing, wait)
        assert site.post("/upload?key=%s" % key, b"x" * SIZES[-1]).body == b"%d" % SIZES[-1]
        wait_for(lambda: self.all_ended(site.notes(key)), 20, lambda: str(site.notes(key)))
        assert site.notes(key).count("complete") == 1
        assert place == "daemon" or "cut" in site.notes(key), "the application has seen none of them"

    @staticmethod
    def until_begun(site, key):
        """Most clients wait until the application has the request; the others leave at any moment."""
        before = site.notes(key).count("begun")
        return lambda: wait_for(lambda: site.notes(key).count("begun") > before, what="application")

    @staticmethod
    def all_ended(notes):
        return notes.count("begun") == notes.count("cut") + notes.count("complete")
