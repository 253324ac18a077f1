# SPDX-License-Identifier: Apache-2.0
"""Answers in every way that PEP 3333 has, and in some that it forbids."""
import json
import sys

from support import Closing, dispatcher, note_of, plain, query, wait_for_file

TYPE = ("Content-Type", "text/plain")


class Failure(Exception):
    pass


def start(environ, start_response):
    """?status= and ?headers= (JSON) as they are."""
    headers = [tuple(pair) for pair in json.loads(query(environ, "headers", "[]"))]
    try:
        start_response(query(environ, "status", "200 OK"), headers)
    except Exception as error:
        note_of(environ, "%s: %s" % (type(error).__name__, error))
        raise
    return [query(environ, "body", "body").encode()]


def odd(environ, start_response):
    """?what= a value that no application may use."""
    what = query(environ, "what")
    if what == "str body":
        start_response("200 OK", [TYPE])
        return ["text"]
    if what == "None":
        start_response("200 OK", [TYPE])
        return None
    if what == "no start_response":
        return [b"body"]
    if what == "headers tuple":
        start_response("200 OK", (TYPE,))
    elif what == "header list":
        start_response("200 OK", [list(TYPE)])
    elif what == "bytes status":
        start_response(b"200 OK", [TYPE])
    elif what == "bytes value":
        start_response("200 OK", [("X-Test", b"value")])
    elif what == "int value":
        start_response("200 OK", [("Content-Length", 4)])
    elif what == "start twice":
        start_response("200 OK", [TYPE])
        start_response("200 OK", [TYPE])
    return [b"body"]


def blocks(environ, start_response):
    start_response("200 OK", [TYPE])
    return [b"one ", b"", b"two ", b"three"]


def generator(environ, start_response):
    start_response("200 OK", [TYPE])
    yield b"one "
    yield b""
    yield b"two"


def late(environ, start_response):
    """start_response is called by the first step of the iteration."""
    start_response("200 OK", [TYPE])
    yield b"late"


def writing(environ, start_response):
    write = start_response("200 OK", [TYPE])
    write(b"written ")
    write(b"twice ")
    return [b"and returned"]


def steps(environ, start_response):
    """The second block waits for the test, which must have got the first one."""
    start_response("200 OK", [TYPE])
    yield b"first"
    wait_for_file(query(environ, "key") + ".go")
    yield b"second"


def head_waits(environ, start_response):
    start_response("200 OK", [TYPE])
    note_of(environ, "started")
    yield b""
    wait_for_file(query(environ, "key") + ".go")
    yield b"body"


def length(environ, start_response):
    """Announces ?length=, and sends ?blocks= of 10 bytes."""
    headers = [TYPE, ("Content-Length", query(environ, "length"))]
    start_response("200 OK", headers)

    def produce():
        for number in range(int(query(environ, "blocks"))):
            note_of(environ, "block %d" % number)
            yield b"0123456789"

    return Closing(environ, produce())


def empty(environ, start_response):
    start_response(query(environ, "status", "200 OK"), [])
    return []


def replaced(environ, start_response):
    """An error page in place of the head that has not been sent yet."""
    start_response("200 OK", [TYPE, ("X-First", "1")])
    try:
        raise Failure("announced")
    except Failure:
        start_response("500 Replaced", [TYPE, ("X-Second", "2")], sys.exc_info())
    return [b"replaced"]


def too_late(environ, start_response):
    """exc_info after the first byte raises the exception again."""
    start_response("200 OK", [TYPE])
    yield b"x" * 10
    try:
        raise Failure("announced")
    except Failure:
        try:
            start_response("500 Replaced", [TYPE], sys.exc_info())
        except Failure:
            note_of(environ, "raised again")
            raise
    yield b"never"


def large_headers(environ, start_response):
    count, size = int(query(environ, "count")), int(query(environ, "size"))
    return plain(start_response, "ok", headers=[("X-H%d" % i, "v" * size) for i in range(count)])


def large(environ, start_response):
    return plain(start_response, b"0123456789abcdef" * (int(query(environ, "size")) // 16))


def raising(environ, start_response):
    """?where= before, after (start_response), first, middle (of the iteration)."""
    where = query(environ, "where")
    if where == "before":
        raise Failure("announced failure")
    headers = [TYPE] + ([("Content-Length", "100")] if query(environ, "length") else [])
    start_response("200 OK", headers)
    if where == "after":
        raise Failure("announced failure")

    def produce():
        if where == "first":
            raise Failure("announced failure")
        yield b"some bytes"
        yield b"more bytes"
        raise Failure("announced failure")

    return Closing(environ, produce())


def closing(environ, start_response):
    start_response(query(environ, "status", "200 OK"), [TYPE])
    return Closing(environ, [b"a", b"b"])


def close_raises(environ, start_response):
    class Raising(Closing):
        def close(self):
            super().close()
            raise Failure("announced failure in close")

    start_response("200 OK", [TYPE])
    return Raising(environ, [b"body"])


def redirect(environ, start_response):
    return plain(start_response, "body of 200", headers=[("Location", "/elsewhere")])


def cookies(environ, start_response):
    return plain(start_response, "ok", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("WWW-Authenticate", "X"),
                                                ("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT"), ("ETag", '"t"')])


def endless(environ, start_response):
    def produce():
        while True:
            yield b"x" * 65536

    start_response("200 OK", [TYPE])
    return Closing(environ, produce())


def exits(environ, start_response):
    sys.exit(3)


application = dispatcher(globals())
