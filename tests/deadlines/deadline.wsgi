# SPDX-License-Identifier: Apache-2.0
"""Takes its time in various ways."""
import ctypes
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note_of, plain, query, wait_for_file  # noqa: E402

TYPE = ("Content-Type", "text/plain")


def pid(environ, start_response):
    return plain(start_response, "%d %d" % (os.getpid(), threading.get_ident()))


def deadline(environ, start_response):
    due = environ.get("pywsgi.deadline")
    return plain(start_response, "none" if due is None else "%.3f" % (due - time.monotonic()))


def hold(environ, start_response):
    """Runs Python code until the test lets it go."""
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held by %d" % os.getpid())


def stream(environ, start_response):
    start_response("200 OK", [TYPE])
    yield b"first"
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    yield b"second"


def trickle(environ, start_response):
    """Always something, never the end."""
    def produce():
        try:
            while True:
                yield b"x" * 100
                time.sleep(0.01)
        finally:
            note_of(environ, "end")

    start_response("200 OK", [TYPE])
    return produce()


application = dispatcher(globals())
