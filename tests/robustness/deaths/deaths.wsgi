# SPDX-License-Identifier: Apache-2.0
"""Dies in various ways, before, in and after its response."""
import ctypes
import faulthandler
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note_of, plain, query, wait_for_file  # noqa: E402

kept = []


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def upload(environ, start_response):
    read = environ["wsgi.input"].read()
    return plain(start_response, "%d %d" % (os.getpid(), len(read)))


def hold(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held by %d" % os.getpid())


def hold_started(environ, start_response):
    """After start_response, before a body byte."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return hold(environ, lambda *_: None)


def die(environ, start_response):
    """?how= a signal's name, or exit."""
    how = query(environ, "how")
    note_of(environ, str(os.getpid()))
    if how == "exit":
        os._exit(7)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(30)
    return plain(start_response, "survived")


def response(environ, start_response):
    """?size= bytes, of which only ?at= are sent; then this process kills itself, or waits to be killed."""
    headers = [("Content-Type", "text/plain")]
    if query(environ, "length"):
        headers.append(("Content-Length", query(environ, "size")))
    start_response("200 OK", headers)
    whole, rest = divmod(int(query(environ, "at")), 4096)
    yield from (b"x" * 4096 for _ in range(whole))
    yield b"x" * rest
    if query(environ, "how") == "itself":
        os.kill(os.getpid(), signal.SIGKILL)
    note_of(environ, str(os.getpid()))
    time.sleep(60)


def leave_behind(environ, start_response):
    """A program that outlives its request."""
    return plain(start_response, subprocess.Popen(["/bin/sleep", "1000"]).pid)


def grow(environ, start_response):
    """Keeps ?mib= more, written so that they are resident."""
    kept.append(b"x" * (int(query(environ, "mib")) << 20))
    return plain(start_response, os.getpid())


def overflow():
    """Recursion in C until the thread's stack is used up: glibc parses nested parentheses so."""
    ctypes.PyDLL(None).regcomp(ctypes.create_string_buffer(4096), b"(" * 2000000, 1)


def crash(environ, start_response):
    """?how= the name of a signal, or read, abort, overflow; ?faulthandler= has the application's own handler set up."""
    how = query(environ, "how")
    note_of(environ, str(os.getpid()))
    if query(environ, "faulthandler"):
        faulthandler.enable(2)
    if how == "read":
        ctypes.string_at(16)
    elif how == "overflow":
        overflow()
    elif how == "abort":
        os.abort()
    else:
        signal.raise_signal(getattr(signal, how))
    return plain(start_response, "survived")


def scribble(environ, start_response):
    """Fills this worker's board with ?byte= (hexadecimal), and dies of a signal that no handler catches."""
    note_of(environ, str(os.getpid()))
    board, = [int(name) for name in os.listdir("/proc/self/fd")
              if "pywsgi-board" in os.path.realpath("/proc/self/fd/" + name)]
    os.pwrite(board, bytes.fromhex(query(environ, "byte")) * os.fstat(board).st_size, 0)
    ctypes.CDLL(None).signal(signal.SIGSEGV, None)
    signal.raise_signal(signal.SIGSEGV)


def crash_child(environ, start_response):
    """A process that the application forks, without exec, crashes; the worker does not."""
    pid = os.fork()
    if pid == 0:
        ctypes.string_at(16)
    _, status = os.waitpid(pid, 0)
    return plain(start_response, os.WTERMSIG(status))


application = dispatcher(globals())
