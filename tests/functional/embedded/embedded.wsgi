# SPDX-License-Identifier: Apache-2.0
"""Notes the start, the requests and the exit of its process."""
import atexit
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note, note_of, plain, query, wait_for_file  # noqa: E402

LOADED = time.time()
atexit.register(lambda: note("exits", str(os.getpid())))


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def loaded(environ, start_response):
    return plain(start_response, "%r %d" % (LOADED, os.getpid()))


def hold(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held")


def work(environ, start_response):
    """Allocates memory and runs a thread, also in a child that is about to exit."""
    results = []
    thread = threading.Thread(target=lambda: results.append(sum(range(1000))))
    thread.start()
    thread.join()
    return plain(start_response, results[0])


def multi(environ, start_response):
    return plain(start_response, "%s %s" % (environ["wsgi.multithread"], environ["wsgi.multiprocess"]))


application = dispatcher(globals())
