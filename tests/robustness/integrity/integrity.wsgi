# SPDX-License-Identifier: Apache-2.0
"""Uploads that are weighed."""
import os
import sys

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


application = dispatcher(globals())
