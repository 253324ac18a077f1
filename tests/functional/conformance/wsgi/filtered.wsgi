# SPDX-License-Identifier: Apache-2.0
"""Reports the request body that it reads, and the keys of environ about it."""
import json

from support import dispatcher, note_of, plain, query


def answer(environ, start_response, body):
    names = ("REQUEST_METHOD", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING", "HTTP_CONTENT_LANGUAGE",
             "REDIRECT_STATUS", "wsgi.input_terminated")
    found = {name: environ.get(name) for name in names}
    return plain(start_response, json.dumps({"body": body.decode("latin-1"), **found}))


def whole(environ, start_response):
    return answer(environ, start_response, environ["wsgi.input"].read())


def blocks(environ, start_response):
    size = int(query(environ, "size", "7"))
    return answer(environ, start_response, b"".join(iter(lambda: environ["wsgi.input"].read(size), b"")))


def lines(environ, start_response):
    return answer(environ, start_response, b"".join(environ["wsgi.input"]))


def ignore(environ, start_response):
    note_of(environ, "ran")
    return plain(start_response, "not read")


def stream(environ, start_response):
    """Begins its answer before it reads."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun\n"
    for line in environ["wsgi.input"]:
        yield line


def careful(environ, start_response):
    """Has an answer of its own for a body that cannot be read."""
    try:
        return answer(environ, start_response, environ["wsgi.input"].read())
    except OSError as error:
        return plain(start_response, "no body: " + type(error).__name__, "422 Unprocessable Content")


application = dispatcher(globals())
