# SPDX-License-Identifier: Apache-2.0
"""Reports where it was loaded, and which functions of pywsgi.after_fork have run since."""
import glob
import os
import random
import signal
import sys
import threading

import pywsgi

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import DATA, dispatcher, note, plain  # noqa: E402

VERSION = "one"
LOADED_IN = os.getpid()
calls = []
note("loaded", str(os.getpid()))


@pywsgi.after_fork
def first():
    calls.append("first %d" % os.getpid())


def second():
    calls.append("second %d" % os.getpid())


assert pywsgi.after_fork(second) is second


@pywsgi.after_fork
def die():
    """For each file death.*, the worker that creates the file dead.* of that name dies before it is ready."""
    for path in glob.glob(os.path.join(DATA, "death.*")):
        try:
            open(path.replace("death.", "dead."), "x").close()
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)


def state(environ, start_response):
    return plain(start_response, "%d %d %s" % (os.getpid(), LOADED_IN, VERSION))


def hooks(environ, start_response):
    return plain(start_response, ",".join(calls))


def warm(environ, start_response):
    note("warmed", "%d %s" % (os.getpid(), calls[0]))
    return plain(start_response, "warm")


def late(environ, start_response):
    """A function that a request registers is called at once."""
    ran = []
    pywsgi.after_fork(lambda: ran.append(os.getpid()))
    return plain(start_response, "%s %d" % (ran, os.getpid()))


def threads(environ, start_response):
    main = threading.main_thread()
    return plain(start_response, "%s %s" % (main.name, main.is_alive()))


def number(environ, start_response):
    return plain(start_response, "%d %r" % (os.getpid(), random.random()))


def leave(environ, start_response):
    os._exit(7)


application = dispatcher(globals())
