# SPDX-License-Identifier: Apache-2.0
"""Early hints, and values that are not allowed as one."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, plain, query  # noqa: E402

STYLE = ("Link", "</style.css>; rel=preload; as=style")
SCRIPT = ("Link", "</app.js>; rel=preload; as=script")
BAD = {
    "newline": [("Link", "a\r\nSet-Cookie: b=c")], "nul": [("Link", "a\0b")], "name": [("Li nk", "a")],
    "no name": [("", "a")], "bytes": [(b"Link", b"a")], "latin": [("Link", "\u20ac")], "tuple": [("Link", "a")],
    "list": [["Link", "a"]], "three": [("Link", "a", "b")], "hop": [("Connection", "close")],
    "length": [("Content-Length", "5")], "large": [("Link", "x" * 300000)], "none": None, "dict": {"Link": "a"},
}
BAD["tuple"] = tuple(BAD["tuple"])


def hints(environ, start_response):
    environ["wsgi.early_hints"]([STYLE, SCRIPT])
    return plain(start_response, "hello", headers=[SCRIPT])


def twice(environ, start_response):
    for header in (STYLE, SCRIPT):
        environ["wsgi.early_hints"]([header])
    return plain(start_response, "hello")


def nothing(environ, start_response):
    environ["wsgi.early_hints"]([])
    return plain(start_response, "hello")


def bad(environ, start_response):
    try:
        environ["wsgi.early_hints"](BAD[query(environ, "what")])
    except (TypeError, ValueError) as error:
        return plain(start_response, type(error).__name__)
    return plain(start_response, "accepted")


def late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"a"
    try:
        environ["wsgi.early_hints"]([STYLE])
    except RuntimeError as error:
        yield str(error).encode()


kept = []


def keep(environ, start_response):
    kept.append(environ["wsgi.early_hints"])
    return plain(start_response, "kept")


def use_kept(environ, start_response):
    try:
        kept.pop()([STYLE])
    except RuntimeError as error:
        return plain(start_response, error)
    return plain(start_response, "accepted")


def upload(environ, start_response):
    environ["wsgi.early_hints"]([STYLE])
    return plain(start_response, len(environ["wsgi.input"].read()))


def override(environ, start_response):
    environ["wsgi.early_hints"]([STYLE])
    return plain(start_response, "no such thing", "404 Not Found")


application = dispatcher(globals())
