# SPDX-License-Identifier: Apache-2.0
"""Streams: each path yields its blocks in a rhythm of its own."""
import ctypes
import time

from support import dispatcher, note_of, plain, query, wait_for_file

HEADERS = [("Content-Type", "text/plain")]


def clock(environ, start_response):
    """Yields each block at its time and not before; a block contains the time at which it was yielded."""
    start_response("200 OK", HEADERS)
    yield b"begin"
    for _ in range(int(query(environ, "count", "20"))):
        time.sleep(0.03)
        yield b"%.6f" % time.monotonic()


def hold(environ, start_response):
    """Some blocks, then nothing until the test says so."""
    start_response("200 OK", HEADERS)
    for number in range(5):
        yield b"block%d" % number
    note_of(environ, "yielded")
    wait_for_file(query(environ, "key") + ".go")
    yield b"last"


def hold_gil(environ, start_response):
    """Computes while it holds the GIL, like an extension module."""
    start_response("200 OK", HEADERS)
    yield b"first"
    yield b"second"
    ctypes.PyDLL(None).usleep(400000)
    yield b"%.6f" % time.monotonic()


class HoldsInClose(list):
    def __init__(self, environ, blocks):
        super().__init__(blocks)
        self.environ = environ

    def close(self):
        note_of(self.environ, "close")
        wait_for_file(query(self.environ, "key") + ".go")


def hold_close(environ, start_response):
    start_response("200 OK", HEADERS)
    return HoldsInClose(environ, [b"complete"])


def echo(environ, start_response):
    """Says that it is ready, behind a block that was gathered, and only then reads."""
    start_response("200 OK", HEADERS)
    yield b"send "
    yield b"please "
    yield environ["wsgi.input"].read()


def flood(environ, start_response):
    """More than all buffers hold, in small blocks."""
    start_response("200 OK", HEADERS)
    for number in range(int(query(environ, "count"))):
        yield b"%07d\n" % number


def patter(environ, start_response):
    """Small blocks for a client that does not read: the buffers fill up, then the flusher finds no room."""
    start_response("200 OK", HEADERS)
    yield b"begin"
    note_of(environ, "begun")
    for _ in range(6):
        yield b"x" * (1 << 20)
        time.sleep(0.01)
        yield b"y" * 100


def pid(environ, start_response):
    return plain(start_response, "here")


application = dispatcher(globals())
