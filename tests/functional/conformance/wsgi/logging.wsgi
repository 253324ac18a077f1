# SPDX-License-Identifier: Apache-2.0
"""Writes ?text= to the log in every way."""
import logging
import sys
import threading
import warnings

from support import dispatcher, plain, query


def errors(environ, start_response):
    environ["wsgi.errors"].write(query(environ, "text") + "\n")
    return plain(start_response, "ok")


def unfinished(environ, start_response):
    environ["wsgi.errors"].write(query(environ, "text"))
    return plain(start_response, "ok")


def pieces(environ, start_response):
    for piece in query(environ, "text"):
        environ["wsgi.errors"].write(piece)
    environ["wsgi.errors"].write("\n")
    return plain(start_response, "ok")


def stdout(environ, start_response):
    print(query(environ, "text"))
    return plain(start_response, "ok")


def stderr(environ, start_response):
    print(query(environ, "text"), file=sys.stderr)
    return plain(start_response, "ok")


def warn(environ, start_response):
    warnings.simplefilter("always")
    warnings.warn(query(environ, "text"))
    return plain(start_response, "ok")


def logged(environ, start_response):
    import pywsgi
    logger = logging.getLogger("own")
    if not logger.handlers:
        logger.addHandler(pywsgi.LogHandler())
        logger.setLevel(logging.DEBUG)
    logger.log(getattr(logging, query(environ, "level")), query(environ, "text"))
    return plain(start_response, "ok")


def torn(environ, start_response):
    """Eight threads write lines at the same time."""
    def write(name):
        for number in range(50):
            sys.stderr.write("thread %s line %d" % (name, number))
            sys.stderr.write(" end\n")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return plain(start_response, "ok")


application = dispatcher(globals())
