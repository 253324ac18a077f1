# SPDX-License-Identifier: Apache-2.0
"""Slow responses of many kinds."""
import ctypes
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import DATA, dispatcher, note_of, plain, query, wait_for_file  # noqa: E402

TYPE = ("Content-Type", "text/plain")


def pid(environ, start_response):
    return plain(start_response, "%d %d" % (os.getpid(), threading.get_ident()))


def deadline(environ, start_response):
    due = environ.get("pywsgi.deadline")
    return plain(start_response, "none" if due is None else "%.3f" % (due - time.monotonic()))


def hold(environ, start_response):
    """Run Python code until the test ends it."""
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
    """Send something from time to time, and never end."""
    def produce():
        try:
            while True:
                yield b"x" * 100
                time.sleep(0.01)
        finally:
            note_of(environ, "end")

    start_response("200 OK", [TYPE])
    return produce()


def note_end(environ):
    """Note the end, even if the interruption happens meanwhile."""
    try:
        note_of(environ, "end")
    finally:
        path = os.path.join(DATA, query(environ, "key", "none"))
        if not os.path.exists(path) or os.path.getsize(path) == 0:
            note_of(environ, "end")


def flood(environ, start_response):
    """Send more than any client reads."""
    def produce():
        try:
            while True:
                yield b"x" * 65536
        finally:
            note_end(environ)

    start_response("200 OK", [TYPE])
    return produce()


def hints(environ, start_response):
    """Send early hints, and no response."""
    try:
        while True:
            environ["wsgi.early_hints"]([("Link", "<%s>" % ("x" * 4000))])
    finally:
        note_end(environ)


def large(environ, start_response):
    """A large response, produced at once."""
    start_response("200 OK", [TYPE])
    size = int(query(environ, "size"))
    for at in range(0, size, 65536):
        yield b"y" * min(65536, size - at)
    note_of(environ, "made")


def dying(environ, start_response):
    """As large, but the process dies before the end."""
    yield from large(environ, start_response)
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(environ, start_response):
    """In C code, without the GIL."""
    note_of(environ, str(os.getpid()))
    time.sleep(float(query(environ, "seconds", "3")))
    return plain(start_response, "awake")


def lock(environ, start_response):
    note_of(environ, str(os.getpid()))
    held = threading.Lock()
    held.acquire()
    held.acquire(timeout=float(query(environ, "seconds", "3")))
    return plain(start_response, "nobody released it")


def stubborn(environ, start_response):
    """Catch all exceptions."""
    note_of(environ, str(os.getpid()))
    while not os.path.exists(os.path.join(DATA, query(environ, "key") + ".go")):
        try:
            for _ in range(1000):
                time.sleep(0.002)
        except BaseException as error:
            note_of(environ, type(error).__name__)
    return plain(start_response, "finished at last")


def excuse(environ, start_response):
    """Respond in spite of the exception."""
    import pywsgi
    try:
        while True:
            time.sleep(0.002)
    except pywsgi.RequestTimeout:
        note_of(environ, "caught")
        return plain(start_response, "sorry")


class Closing:
    def __init__(self, environ):
        self.environ = environ

    def __iter__(self):
        return self

    def __next__(self):
        time.sleep(0.002)
        return b""

    def close(self):
        note_of(self.environ, "close")


def iterate(environ, start_response):
    start_response("200 OK", [TYPE])
    return Closing(environ)


def hog(environ, start_response):
    """In C code with the GIL: PyDLL does not release it."""
    note_of(environ, str(os.getpid()))
    ctypes.PyDLL(None).sleep(int(query(environ, "seconds", "3")))
    return plain(start_response, "not stuck any more")


def silent(environ, start_response):
    """Yield nothing forever, after ?first= bytes."""
    def produce():
        try:
            yield b"x" * int(query(environ, "first", "0"))
            note_of(environ, "begun")
            while True:
                yield b""
                time.sleep(0.01)
        finally:
            note_of(environ, "end")

    start_response("200 OK", [TYPE])
    return produce()


def watch(environ, start_response):
    """Wait until pywsgi.client_gone() returns true."""
    note_of(environ, "begun")
    due = time.monotonic() + 10
    while not environ["pywsgi.client_gone"]() and time.monotonic() < due:
        time.sleep(0.01)
    note_of(environ, "gone: %s" % environ["pywsgi.client_gone"]())
    return plain(start_response, "nobody reads this")


def busy(environ, start_response):
    """Send nothing, and never check the client."""
    import pywsgi
    note_of(environ, "begun")
    try:
        wait_for_file(query(environ, "key") + ".go", 20)
    except pywsgi.ClientGone:
        note_of(environ, "ClientGone")
        raise
    note_of(environ, "not interrupted")
    return plain(start_response, "done")


def upload(environ, start_response):
    note_of(environ, "begun")
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        note_of(environ, type(error).__name__)
        raise
    return plain(start_response, "read")


def near(environ, start_response):
    """End close to the deadline, in C code, so that an exception may be pending for this thread."""
    due = environ["pywsgi.deadline"]
    time.sleep(max(0, due - time.monotonic() + float(query(environ, "after", "0"))))
    return plain(start_response, "just so")


def work(environ, start_response):
    """Much Python code, in which an exception for another request would show."""
    return plain(start_response, sum(len(str(i)) for i in range(20000)))


application = dispatcher(globals())
