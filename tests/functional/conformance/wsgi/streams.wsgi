# SPDX-License-Identifier: Apache-2.0
"""The standard streams and wsgi.errors as libraries use them: as text streams of io.TextIOWrapper."""
import array
import io
import os
import subprocess
import sys

from support import dispatcher, plain, query

# At import, as command-line tools do.
at_import = [sys.stdin.buffer.read(0), sys.stdout.buffer.write(b""), sys.stderr.buffer.write(b"")]


def stream(environ):
    name = query(environ, "stream")
    return environ["wsgi.errors"] if name == "errors" else getattr(sys, name)


def attributes(environ, start_response):
    text = stream(environ)
    found = [isinstance(text, io.TextIOWrapper), text.encoding, text.errors, text.closed, text.isatty(), text.readable(),
             text.writable(), text.seekable(), text.newlines, text.name, text.mode, text.buffer.closed,
             isinstance(text.buffer, io.BufferedIOBase), text.buffer.isatty(), text.buffer.name]
    return plain(start_response, repr(found))


def number(environ, start_response):
    try:
        return plain(start_response, stream(environ).fileno())
    except io.UnsupportedOperation:
        return plain(start_response, "unsupported")


def reads(environ, start_response):
    text = stream(environ)
    found = [text.read(), text.read(5), text.readline(), text.readlines(), list(text), text.buffer.read(),
             text.buffer.read(5), text.buffer.read1(), text.buffer.readline(), text.buffer.readinto(bytearray(3))]
    text.close()
    return plain(start_response, repr((found, text.closed, text.read())))


def binary(environ, start_response):
    text = stream(environ)
    line = query(environ, "text").encode()
    lengths = [text.buffer.write(line + b"-bytes\n"), text.buffer.write(bytearray(line + b"-array\n")),
               text.buffer.write(memoryview(line + b"-view\n")), text.buffer.write(array.array("H", [0x0a2e, 0x0a2e]))]
    text.buffer.writelines([memoryview(line), b"-", memoryview(b"lines\n")])
    text.writelines([query(environ, "text"), "-text\n"])
    return plain(start_response, lengths)


def wrapped(environ, start_response):
    """Python programs wrap the bytes in a stream of their own; the original stays usable after this stream is freed."""
    wrapper = io.TextIOWrapper(stream(environ).buffer, "latin-1", write_through=True)
    wrapper.write(query(environ, "text") + "-wrapped\n")
    wrapper.close()
    del wrapper
    print(query(environ, "text") + "-after", file=stream(environ))
    return plain(start_response, "ok")


def reconfigured(environ, start_response):
    text = stream(environ)
    text.reconfigure(encoding="latin-1", errors="replace", line_buffering=False, write_through=False)
    found = [text.encoding, text.errors, text.line_buffering, text.write_through]
    text.write(query(environ, "text") + "-latin \u20ac\n")
    text.reconfigure(encoding="utf-8", errors="backslashreplace")
    text.write(query(environ, "text") + "-utf\n")
    return plain(start_response, found)


def closed(environ, start_response):
    text = stream(environ)
    text.close()
    text.buffer.close()
    text.write(query(environ, "text") + "\n")
    return plain(start_response, text.closed)


def mistakes(environ, start_response):
    text = stream(environ)
    found = []
    for call in (lambda: text.write(b"bytes"), lambda: text.buffer.write("str"), text.read, text.buffer.read):
        try:
            call()
        except (TypeError, io.UnsupportedOperation) as error:
            found.append(type(error).__name__)
    return plain(start_response, found)


def child(environ, start_response):
    status = subprocess.run(["sh", "-c", "cat; echo $0-child >&2", query(environ, "text")], stdout=sys.stdout,
                            stderr=sys.stderr, timeout=20).returncode
    return plain(start_response, status)


application = dispatcher(globals())
