# SPDX-License-Identifier: Apache-2.0
"""Responses that end with their process, and uploads that are weighed."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note_of, plain, query  # noqa: E402

BLOCK = b"0123456789abcdef" * 256


def blocks(size):
    whole, rest = divmod(size, len(BLOCK))
    yield from (BLOCK for _ in range(whole))
    yield BLOCK[:rest]


def dying(environ, size):
    """Up to that size; then this process dies by its own hand, or says that it waits to be killed."""
    yield from blocks(size)
    if query(environ, "how") == "itself":
        os.kill(os.getpid(), signal.SIGKILL)
    note_of(environ, str(os.getpid()))
    time.sleep(60)


def response(environ, start_response):
    """?size= bytes, of which only ?at= come."""
    headers = [("Content-Type", "text/plain")]
    if query(environ, "length"):
        headers.append(("Content-Length", query(environ, "size")))
    start_response("200 OK", headers)
    return dying(environ, int(query(environ, "at")))


def upload(environ, start_response):
    """Reads to the end, in blocks as a form parser does, or all at once, and notes how that went."""
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


application = dispatcher(globals())
