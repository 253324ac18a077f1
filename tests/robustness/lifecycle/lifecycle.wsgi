# SPDX-License-Identifier: Apache-2.0
"""An application that grows, computes, hangs, crashes, and identifies its process."""
import ctypes
import json
import logging
import os
import resource
import subprocess
import sys
import threading
import time

import pywsgi

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note_of, plain, query, wait_for_file  # noqa: E402

kept = []


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def debug(environ, start_response):
    """Write a record of level debug that belongs to no request."""
    def write():
        logger = logging.getLogger("lifecycle")
        logger.setLevel(logging.DEBUG)
        handler = pywsgi.LogHandler()
        logger.addHandler(handler)
        logger.debug("a debug record")
        logger.removeHandler(handler)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    return plain(start_response, os.getpid())


def upload(environ, start_response):
    read = environ["wsgi.input"].read()
    return plain(start_response, "%d %d" % (os.getpid(), len(read)))


def multiprocess(environ, start_response):
    return plain(start_response, environ["wsgi.multiprocess"])


def hold(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held by %d" % os.getpid())


def grow(environ, start_response):
    """Allocate ?mib= more, and write to it, so that it is resident."""
    kept.append(b"x" * (int(query(environ, "mib")) << 20))
    return plain(start_response, os.getpid())


def burn(environ, start_response):
    """Use ?ms= of CPU time."""
    end = time.thread_time() + int(query(environ, "ms")) / 1000
    while time.thread_time() < end:
        pass
    return plain(start_response, os.getpid())


def compute(environ, start_response):
    """Run Python code for ?seconds=, however much CPU time it gets."""
    end = time.monotonic() + float(query(environ, "seconds"))
    while time.monotonic() < end:
        pass
    return plain(start_response, os.getpid())


def limits(environ, start_response):
    names = ("DATA", "AS", "NPROC", "NOFILE", "CORE")
    return plain(start_response, json.dumps({name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))
                                             for name in names}))


def processes(environ, start_response):
    """Return how many of ?count= processes can be started."""
    started = []
    try:
        while len(started) < int(query(environ, "count")):
            started.append(subprocess.Popen(["/bin/sleep", "1000"]))
    except BlockingIOError:
        pass
    for process in started:
        process.kill()
        process.wait()
    return plain(start_response, len(started))


def files(environ, start_response):
    """Return how many files can be opened."""
    opened = []
    try:
        while True:
            opened.append(open("/dev/null"))
    except OSError as error:
        return plain(start_response, "%d %s" % (len(opened), error.strerror))
    finally:
        for file in opened:
            file.close()


def stuck_in_c(environ, start_response):
    """Sleep in C code with the GIL: PyDLL does not release it."""
    note_of(environ, str(os.getpid()))
    ctypes.PyDLL(None).sleep(int(query(environ, "seconds", "100")))
    return plain(start_response, "not stuck any more")


application = dispatcher(globals())
