# SPDX-License-Identifier: Apache-2.0
"""Sends the text of ?text= (bytes in hexadecimal) to the log, in every way that an application has."""
import logging
import os
import subprocess
import sys
import threading
import traceback
import warnings

import pywsgi

from support import dispatcher, plain, query


def bytes_of(environ):
    return bytes.fromhex(query(environ, "text"))


def text_of(environ):
    return bytes_of(environ).decode("utf-8", "surrogateescape")


def printed(environ, start_response):
    print(text_of(environ).encode("utf-8", "replace").decode())
    return plain(start_response, "ok")


def errors(environ, start_response):
    environ["wsgi.errors"].write(text_of(environ).encode("utf-8", "replace").decode() + "\n")
    return plain(start_response, "ok")


def binary(environ, start_response):
    sys.stderr.buffer.write(bytes_of(environ) + b"\n")
    sys.stderr.flush()
    return plain(start_response, "ok")


def logged(environ, start_response):
    logger = logging.getLogger("injection")
    if not logger.handlers:
        logger.addHandler(pywsgi.LogHandler())
    logger.error("%s", text_of(environ))
    return plain(start_response, "ok")


def warned(environ, start_response):
    warnings.simplefilter("always")
    warnings.warn(text_of(environ).encode("utf-8", "replace").decode())
    return plain(start_response, "ok")


def raised(environ, start_response):
    raise RuntimeError(text_of(environ))


def named(environ, start_response):
    """An exception whose type and traceback have hostile names."""
    code = compile("def f():\n    raise E('text')\n", text_of(environ).replace("\0", ""), "exec")
    names = {"E": type(text_of(environ).encode("utf-8", "replace").decode().replace("\0", ""), (Exception,), {})}
    exec(code, names)
    names["f"]()


def status(environ, start_response):
    start_response("200 " + bytes_of(environ).decode("latin-1"), [])
    return []


def header(environ, start_response):
    start_response("200 OK", [("X-" + bytes_of(environ).decode("latin-1"), bytes_of(environ).decode("latin-1"))])
    return []


def body(environ, start_response):
    start_response("200 OK", [])
    return [type(text_of(environ).encode("utf-8", "replace").decode().replace("\0", ""), (), {})()]


def threads(environ, start_response):
    def run():
        traceback.print_stack()
        print(text_of(environ).encode("utf-8", "replace").decode(), file=sys.stderr)

    thread = threading.Thread(target=run, name=text_of(environ).encode("utf-8", "replace").decode())
    thread.start()
    thread.join()
    return plain(start_response, "ok")


def unraisable(environ, start_response):
    class Broken:
        def __del__(self):
            raise RuntimeError(text)

    text = text_of(environ)
    Broken()
    return plain(start_response, "ok")


def raw(environ, start_response):
    os.write(2, bytes_of(environ) + b"\n")
    os.write(1, bytes_of(environ) + b"\n")
    return plain(start_response, "ok")


def program(environ, start_response):
    subprocess.run(["cat"], input=bytes_of(environ) + b"\n", stdout=2)
    return plain(start_response, "ok")


def killed(environ, start_response):
    """The request line and the board are in the exit report."""
    os.kill(os.getpid(), 9)


application = dispatcher(globals())
