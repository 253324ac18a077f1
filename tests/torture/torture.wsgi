# SPDX-License-Identifier: Apache-2.0
import ctypes
import hashlib
import os

from support import DATA, Closing, dispatcher, note_of, plain


def wrap_allocators():
    """Let fail_call.c, if it is preloaded, fail allocations of this Python."""
    wrap = getattr(ctypes.PyDLL(None), "fail_call_wrap_python", None)
    if wrap:
        wrap(ctypes.pythonapi.PyMem_GetAllocator, ctypes.pythonapi.PyMem_SetAllocator)


wrap_allocators()
BLOCK = b"0123456789abcdef" * 256


def small(environ, start_response):
    return plain(start_response, "small")


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    return plain(start_response, "%d %s" % (len(body), hashlib.sha256(body).hexdigest()))


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (BLOCK for _ in range(32))


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](open(os.path.join(DATA, "file"), "rb"))


def write(environ, start_response):
    out = start_response("200 OK", [("Content-Type", "text/plain")])
    for _ in range(32):
        out(BLOCK)
    return []


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Worker", str(os.getpid()))])
    note_of(environ, "begin")
    return Closing(environ, iter(lambda: BLOCK, None))


def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(512 * len(BLOCK)))])
    return (BLOCK for _ in range(512))


def error(environ, start_response):
    raise RuntimeError("as the test wants")


application = dispatcher({each.__name__: each for each in (small, echo, stream, file, write, endless, large, error)})
