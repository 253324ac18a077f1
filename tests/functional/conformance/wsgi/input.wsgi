# SPDX-License-Identifier: Apache-2.0
"""Reads wsgi.input in every way that PEP 3333 has."""
import hashlib
import json

from support import dispatcher, note_of, plain, query

kept = []


def answer(start_response, value):
    return plain(start_response, json.dumps(value, default=lambda data: data.decode("latin-1")))


def calls(environ, start_response):
    """?do=read:3,readline,read: the results of these calls, in order."""
    stream, results = environ["wsgi.input"], []
    for call in query(environ, "do").split(","):
        name, _, argument = call.partition(":")
        if name == "iterate":
            results.append(list(stream))
        elif argument == "None":
            results.append(getattr(stream, name)(None))
        else:
            results.append(getattr(stream, name)(*([int(argument)] if argument else [])))
    return answer(start_response, results)


def digest(environ, start_response):
    """The SHA-256 and the size of the body, read in blocks of ?block=."""
    sha, size = hashlib.sha256(), 0
    for block in iter(lambda: environ["wsgi.input"].read(int(query(environ, "block", "8192"))), b""):
        sha.update(block)
        size += len(block)
    return answer(start_response, [size, sha.hexdigest()])


def ignore(environ, start_response):
    return plain(start_response, "not read")


def echo(environ, start_response):
    """Each block is sent back when it arrives: both directions at the same time."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return iter(lambda: environ["wsgi.input"].readline(), b"")


def begin(environ, start_response):
    """The response begins before the body is read."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    yield b"begun "
    yield environ["wsgi.input"].read()


def keep(environ, start_response):
    kept[:] = [environ["wsgi.input"]]
    return plain(start_response, "kept")


def use_kept(environ, start_response):
    try:
        kept[0].read()
    except Exception as error:
        return plain(start_response, type(error).__name__)
    return plain(start_response, "no error")


def ran(environ, start_response):
    note_of(environ, "ran")
    environ["wsgi.input"].read()
    note_of(environ, "read all")
    return plain(start_response, "read all")


def careful(environ, start_response):
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        note_of(environ, "OSError")
        raise
    return plain(start_response, "read all")


application = dispatcher(globals())
