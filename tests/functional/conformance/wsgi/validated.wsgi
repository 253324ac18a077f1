# SPDX-License-Identifier: Apache-2.0
"""Under wsgiref.validate, which raises AssertionError for each violation of PEP 3333 by the server."""
import wsgiref.validate

from support import dispatcher, query

TYPE = ("Content-Type", "text/plain")


def listed(environ, start_response):
    start_response("200 OK", [TYPE])
    return [b"listed"]


def generated(environ, start_response):
    start_response("200 OK", [TYPE])

    def produce():
        yield b"gener"
        yield b"ated"

    return produce()


def written(environ, start_response):
    start_response("200 OK", [TYPE])(b"written")
    return []


def read(environ, start_response):
    stream = environ["wsgi.input"]
    how = query(environ, "how")
    body = {
        "read": lambda: stream.read(1 << 20),
        "readline": lambda: b"".join(iter(stream.readline, b"")),
        "readlines": lambda: b"".join(stream.readlines()),
        "iteration": lambda: b"".join(stream),
    }[how]()
    start_response("200 OK", [TYPE])
    return [body]


def errors(environ, start_response):
    environ["wsgi.errors"].write("announced\n")
    environ["wsgi.errors"].writelines(["announced as well\n"])
    environ["wsgi.errors"].flush()
    return listed(environ, start_response)


def nothing(environ, start_response):
    start_response("204 No Content", [])
    return []


application = wsgiref.validate.validator(dispatcher(globals()))
