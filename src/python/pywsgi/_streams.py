# SPDX-License-Identifier: Apache-2.0
"""The standard streams: an empty sys.stdin, and output streams whose lines become records of the error log."""
import io
import sys

import _pywsgi
from pywsgi import _settings


class _Nothing(io.RawIOBase):
    closed = False
    name = "<stdin>"
    mode = "rb"

    def readable(self):
        return True

    def readinto(self, buffer):
        return 0

    def close(self):
        pass


class _Input(io.BufferedReader):
    """An empty standard input. It cannot be closed."""

    def close(self):
        pass


class _Log(io.BufferedIOBase):
    """Bytes for the error log. It cannot be closed."""

    closed = False
    mode = "wb"

    def __init__(self, stream, name, fd):
        self._fd = fd
        self.name = name
        self.write, self.flush = _pywsgi.log_functions(stream)

    def writable(self):
        return True

    def close(self):
        self.flush()

    def fileno(self):
        return self._fd


class _Text(io.TextIOWrapper):
    """Text for the error log. Each line becomes a record when it ends, separately for each thread."""

    line_buffering = True
    write_through = True
    mode = "w"

    def __init__(self, stream, name, fd):
        super().__init__(_Log(stream, name, fd), "utf-8", "backslashreplace", "\n", write_through=True)

    def reconfigure(self, *, line_buffering=None, write_through=None, **options):
        # Buffered text would be logged for the request of the thread that flushes it, so there is no buffer.
        super().reconfigure(**options)


class _Restricted:
    """A standard stream that applications must not use."""

    closed = True  # Python does not flush it when it ends

    def __init__(self, name, directive):
        self.__dict__.update(_name=name, _directive=directive)

    def __getattr__(self, attribute):
        raise OSError("%s must not be used, because %s is On" % (self._name, self._directive))


# The first argument is a pyw_stream.
stdout = _Text(0, "<stdout>", 1)
stderr = _Text(1, "<stderr>", 2)
errors = _Text(2, "<wsgi.errors>", 2)


def make_stdin():
    """Return an empty text stream."""
    stdin = io.TextIOWrapper(_Input(_Nothing()), "utf-8", "surrogateescape")
    stdin.mode = "r"
    return stdin


def install():
    """Replace the standard streams of this interpreter."""
    sys.stdin = sys.__stdin__ = make_stdin()
    sys.stdout = sys.__stdout__ = stdout
    sys.stderr = sys.__stderr__ = stderr
    if _settings.is_on("restrict-stdin"):
        sys.stdin = _Restricted("sys.stdin", "WSGIRestrictStdin")
    if _settings.is_on("restrict-stdout"):
        sys.stdout = _Restricted("sys.stdout", "WSGIRestrictStdout")
