# SPDX-License-Identifier: Apache-2.0
"""Helpers for the applications of the suites. They import it in the server; tests never import it."""
import os
import urllib.parse

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def query(environ, name, default=""):
    return urllib.parse.parse_qs(environ["QUERY_STRING"], keep_blank_values=True).get(name, [default])[0]


def note(key, text):
    """Append a line to a file that the test reads. It is written immediately, so the order of lines is reliable."""
    descriptor = os.open(os.path.join(DATA, key), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, (text + "\n").encode())
    finally:
        os.close(descriptor)


def note_of(environ, text):
    note(query(environ, "key", "none"), text)


def wait_for_file(name, seconds=20):
    """Wait until the test creates a file. This allows a test to hold an application."""
    import time
    deadline = time.monotonic() + seconds
    while not os.path.exists(os.path.join(DATA, name)):
        if time.monotonic() > deadline:
            raise RuntimeError("nobody made " + name)
        time.sleep(0.005)


def plain(start_response, body, status="200 OK", headers=()):
    body = body if isinstance(body, bytes) else str(body).encode()
    start_response(status, [("Content-Type", "text/plain"), *headers])
    return [body]


class Closing:
    """An iterable that records calls of close()."""

    def __init__(self, environ, blocks):
        self.environ = environ
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        note_of(self.environ, "close")


def dispatcher(functions):
    """Make an application in which the first segment of PATH_INFO selects the function that responds."""

    def application(environ, start_response):
        function = functions.get(environ["PATH_INFO"].split("/")[1])
        if function is None:
            return plain(start_response, "no such test application", "404 Not Found")
        return function(environ, start_response)

    return application
