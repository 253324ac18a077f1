# SPDX-License-Identifier: Apache-2.0
"""wsgi.file_wrapper with files of all kinds."""
import gzip
import io
import os
import tempfile

from support import DATA, dispatcher, note_of, query

TYPE = ("Content-Type", "application/octet-stream")


class FileLike:
    """Has read() and close(), and no descriptor."""

    def __init__(self, environ, content):
        self.environ = environ
        self.file = None
        self.read = io.BytesIO(content).read

    def close(self):
        note_of(self.environ, "close")


def path_of(environ):
    return os.path.join(DATA, query(environ, "file"))


def respond(environ, start_response, file):
    headers = [TYPE]
    if query(environ, "length"):
        headers.append(("Content-Length", query(environ, "length")))
    start_response(query(environ, "status", "200 OK"), headers)
    return environ["wsgi.file_wrapper"](file, 4096)


def real(environ, start_response):
    file = open(path_of(environ), "rb")
    file.seek(int(query(environ, "seek", "0")))
    return respond(environ, start_response, file)


default = blocks = httpd_sendfile = no_mmap = filtered = real


def partly_read(environ, start_response):
    file = open(path_of(environ), "rb")
    file.read(3)
    return respond(environ, start_response, file)


def unbuffered(environ, start_response):
    return respond(environ, start_response, open(path_of(environ), "rb", buffering=0))


def temporary(environ, start_response):
    file = tempfile.TemporaryFile()
    file.write(b"temporary content")
    file.seek(10)
    return respond(environ, start_response, file)


def named_temporary(environ, start_response):
    file = tempfile.NamedTemporaryFile()
    file.write(b"named content")
    file.seek(0)
    return respond(environ, start_response, file)


def memory(environ, start_response):
    return respond(environ, start_response, io.BytesIO(b"m" * 100000))


def gzipped(environ, start_response):
    return respond(environ, start_response, gzip.open(path_of(environ), "rb"))


def pipe(environ, start_response):
    reader, writer = os.pipe()
    os.write(writer, b"out of a pipe")
    os.close(writer)
    return respond(environ, start_response, open(reader, "rb"))


def file_like(environ, start_response):
    return respond(environ, start_response, FileLike(environ, b"file-like content"))


def closed_early(environ, start_response):
    """The file is closed by the application's close(), before httpd has sent it all."""
    file = open(path_of(environ), "rb")
    start_response("200 OK", [TYPE])

    class Wrapper(FileLike):
        def __init__(self):
            super().__init__(environ, b"")
            self.read = file.read
            self.fileno = file.fileno
            self.tell = file.tell

        def close(self):
            file.close()
            super().close()

    return environ["wsgi.file_wrapper"](Wrapper())


def iterated(environ, start_response):
    """The wrapper is an iterable like any other, also for middleware."""
    start_response("200 OK", [TYPE])
    wrapper = environ["wsgi.file_wrapper"](io.BytesIO(b"abcdefg"), 3)
    return [block.upper() for block in wrapper]


application = dispatcher(globals())
