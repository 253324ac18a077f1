# SPDX-License-Identifier: Apache-2.0
"""Uploads that are weighed, and a response without an end."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note_of, plain, query  # noqa: E402


def upload(environ, start_response):
    """Read to the end, in blocks like a form parser or all at once, and note the result."""
    note_of(environ, "begun")
    size = 4096 if query(environ, "how") == "blocks" else -1
    read = 0
    try:
        for block in iter(lambda: environ["wsgi.input"].read(size), b""):
            read += len(block)
    except OSError:
        note_of(environ, "cut")
        raise
    note_of(environ, "complete")
    return plain(start_response, str(read))


def endless(environ, start_response):
    """Send blocks, or single bytes with a pause between them, until nobody reads them any more."""
    pause = float(query(environ, "pause", "0"))

    def produce():
        try:
            while True:
                yield b"x" if pause else b"x" * 65536
                time.sleep(pause)
        finally:
            note_of(environ, "end")

    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return produce()


application = dispatcher(globals())
