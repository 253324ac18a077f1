# SPDX-License-Identifier: Apache-2.0
"""Shows what surrounds an application in its worker: interpreter, threads, programs that it starts."""
import atexit
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note, plain, query  # noqa: E402

shared = []
atexit.register(lambda: note("atexit", str(os.getpid())))


def interpreter_number():
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    current = interpreters.get_current()
    return int(current[0] if isinstance(current, tuple) else current)


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def say(environ, start_response):
    print(query(environ, "text"))
    return plain(start_response, "said")


def background(environ, start_response):
    """A record that belongs to no request."""
    thread = threading.Thread(target=lambda: print(query(environ, "text")))
    thread.start()
    thread.join()
    return plain(start_response, "said")


def interpreter(environ, start_response):
    shared.append(1)
    return plain(start_response, json.dumps({
        "number": interpreter_number(), "calls": len(shared), "pid": os.getpid(),
        "application_group": environ["mod_wsgi.application_group"]}))


PROGRAM = """
import json, os, signal
print(json.dumps({
    "blocked": sorted(int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "ignored": [n for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1)
                if signal.getsignal(n) == signal.SIG_IGN],
    "descriptors": sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)),
}))
"""


def program(environ, start_response):
    command = [sys.executable, "-I", "-c", PROGRAM]
    return plain(start_response, subprocess.run(command, stdout=subprocess.PIPE, close_fds=False, check=True).stdout)


application = dispatcher(globals())
