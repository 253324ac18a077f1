# SPDX-License-Identifier: Apache-2.0
"""Responses for the engine's tests: the first part of PATH_INFO selects the function."""
import sys
import tempfile
import threading
import time

closed = []


class Closing:
    def __init__(self, blocks, error=None):
        self.blocks = iter(blocks)
        self.error = error

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        closed.append(1)
        if self.error:
            raise self.error


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello World!\n"]


def two(environ, start_response):
    start_response("201 Created", [])
    return (b"one ", b"two")


def empty(environ, start_response):
    start_response("200 OK", [])
    return []


def big(environ, start_response):
    start_response("200 OK", [])
    return [b"x" * 100000]


def generator(environ, start_response):
    start_response("200 OK", [])
    yield b"one "
    yield b""
    yield b"two"


def single_with_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return Closing([b"abc"])


def plain_iterator_with_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return iter([b"abc"])


def late_start(environ, start_response):
    start_response("200 OK", [])
    yield b"late"


def empty_first(environ, start_response):
    yield b""
    start_response("200 OK", [])
    yield b"late"


def written(environ, start_response):
    write = start_response("200 OK", [])
    write(b"one ")
    write(b"two ")
    return [b"three"]


def raises(environ, start_response):
    start_response("200 OK", [])
    raise ValueError("before the head")


def exits(environ, start_response):
    sys.exit(3)


def interrupted(environ, start_response):
    raise KeyboardInterrupt


def raises_later(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])

    def blocks():
        yield b"abc"
        raise ValueError("in the middle")

    return Closing(blocks())


def returns_none(environ, start_response):
    start_response("200 OK", [])


def returns_str(environ, start_response):
    start_response("200 OK", [])
    return "text"


def returns_int(environ, start_response):
    start_response("200 OK", [])
    return 7


def str_block(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


def no_start(environ, start_response):
    return [b"body"]


def no_start_empty(environ, start_response):
    return []


def too_few(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    return [b"abc"]


def too_many(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return [b"abcdef"]


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return [b"dropped"]


def not_modified(environ, start_response):
    start_response("304 Not Modified", [])
    return Closing([b"dropped"])


def own_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "1234")])
    return []


def close_fails(environ, start_response):
    start_response("200 OK", [])
    return Closing([b"abc"], RuntimeError("close"))


def restart(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    try:
        raise ValueError("an error page")
    except ValueError:
        start_response("500 Oops", [("X-Second", "2")], sys.exc_info())
    return [b"error page"]


def start_twice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return [b""]


def bad_header(environ, start_response):
    start_response("200 OK", [("X-Bad", "a\r\nSet-Cookie: b")])
    return [b""]


def hop_by_hop(environ, start_response):
    start_response("200 OK", [("Transfer-Encoding", "chunked"), ("X-Good", "1")])
    return [b"ok"]


def interim(environ, start_response):
    start_response("103 Early Hints", [])
    return [b""]


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [body]


def lines(environ, start_response):
    parts = [environ["wsgi.input"].readline(4), environ["wsgi.input"].readline()]
    parts += environ["wsgi.input"].readlines() + [environ["wsgi.input"].read(1)]
    start_response("200 OK", [])
    return [b"|".join(parts)]


def catches_read(environ, start_response):
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        text = type(error).__name__ + " " + str(environ["pywsgi.client_gone"]())
    start_response("200 OK", [])
    return [text.encode()]


def environ_keys(environ, start_response):
    start_response("200 OK", [])
    keys = ["wsgi.version", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once", "wsgi.url_scheme",
            "wsgi.input_terminated", "pywsgi.process_group", "pywsgi.application_group", "mod_wsgi.version",
            "SCRIPT_NAME", "HTTP_X"]
    return [";".join("%s=%r" % (key, environ.get(key)) for key in keys).encode()]


def file_sent(environ, start_response):
    file = tempfile.TemporaryFile()
    file.write(b"0123456789")
    file.seek(3)
    start_response("200 OK", [])
    return environ["wsgi.file_wrapper"](file)


def file_clamped(environ, start_response):
    file = tempfile.TemporaryFile()
    file.write(b"0123456789")
    file.seek(0)
    start_response("200 OK", [("Content-Length", "4")])
    return environ["wsgi.file_wrapper"](file)


def file_like(environ, start_response):
    import io

    start_response("200 OK", [])
    return environ["wsgi.file_wrapper"](io.BytesIO(b"like a file"), 4)


def prints(environ, start_response):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    environ["wsgi.errors"].write("two\nlines\n")
    print("partial", end="")
    sys.stdout.write(" line\nand ")
    print("rest\x00\udcff", end="")
    thread = threading.Thread(target=print, args=("from another thread",))
    thread.start()
    thread.join()
    start_response("200 OK", [])
    return [b""]


def logs(environ, start_response):
    import logging

    import pywsgi

    logger = logging.getLogger("engine")
    logger.setLevel(logging.DEBUG)
    handler = pywsgi.LogHandler()
    logger.addHandler(handler)
    logger.warning("a %s", "warning")
    logger.debug("fine\nprint")
    logger.removeHandler(handler)
    start_response("200 OK", [])
    return [b""]


kept = []


def keeps(environ, start_response):
    kept.append((environ, start_response))
    start_response("200 OK", [])
    return [b"kept"]


def uses_kept(environ, start_response):
    old_environ, old_start = kept.pop()
    found = []
    for call in (lambda: old_start("200 OK", []), old_environ["wsgi.input"].read, old_environ["pywsgi.client_gone"]):
        try:
            call()
        except RuntimeError:
            found.append("RuntimeError")
    start_response("200 OK", [])
    return [" ".join(found).encode()]


def streams_to_gone(environ, start_response):
    start_response("200 OK", [])
    return Closing(b"x" for _ in range(100))


def count_closed(environ, start_response):
    start_response("200 OK", [])
    number = len(closed)
    del closed[:]
    return [str(number).encode()]


def who(environ, start_response):
    import _thread

    start_response("200 OK", [])
    return [("%s %s" % (sys.executable, _thread.get_ident())).encode()]


def signals(environ, start_response):
    import signal

    for _ in range(2):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    start_response("200 OK", [])
    return [str(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL).encode()]


def process(environ, start_response):
    import mod_wsgi
    import pywsgi

    start_response("200 OK", [])
    return [repr((sys.argv, sys.stdin.read(), sys.stdout.isatty(), sys.getfilesystemencoding(), mod_wsgi.version,
                  pywsgi.process_group, pywsgi.application_group, __name__ in sys.modules,
                  threading.main_thread() is threading.current_thread())).encode()]


local = threading.local()


def thread_local(environ, start_response):
    local.count = getattr(local, "count", 0) + 1
    start_response("200 OK", [])
    return [str(local.count).encode()]


def print_half(environ, start_response):
    start_response("200 OK", [])
    print("half a line", end="")
    return []


def allocated(environ, start_response):
    import gc

    gc.collect()
    start_response("200 OK", [])
    return [b"%d" % sys.getallocatedblocks()]


def until_pushed(environ):
    """Wait for the flusher: see memory_client_gone."""
    deadline = time.monotonic() + 10
    while not environ["pywsgi.client_gone"]():
        if time.monotonic() > deadline:
            raise RuntimeError("nothing was pushed")
        time.sleep(0.001)


def hundred(environ, start_response):
    start_response("200 OK", [])
    for number in range(100):
        yield b"%04d" % number * 250


def mixed(environ, start_response):
    start_response("200 OK", [])
    for size in (10, 20, 40000, 30, 16384, 16383, 1):
        yield b"x" * size


def pauses(environ, start_response):
    start_response("200 OK", [])
    yield b"one "
    yield b"two "
    yield b"three "
    until_pushed(environ)
    yield b"four"


def pauses_in_c(environ, start_response):
    """Pause with the GIL, as an extension module may."""
    import ctypes

    start_response("200 OK", [])
    yield b"one "
    yield b"two "
    ctypes.PyDLL(None).usleep(300000)
    yield b"pushed" if environ["pywsgi.client_gone"]() else b"not pushed"


class PausesInClose(list):
    def __init__(self, environ, blocks):
        super().__init__(blocks)
        self.environ = environ

    def close(self):
        until_pushed(self.environ)


def close_pauses(environ, start_response):
    start_response("200 OK", [])
    return PausesInClose(environ, [b"all of it"])


def stream_close_pauses(environ, start_response):
    start_response("200 OK", [("Content-Length", "6")])
    return PausesInClose(environ, [b"abc", b"def"])


class ClosingList(list):
    def close(self):
        pass


def close_is_quick(environ, start_response):
    start_response("200 OK", [])
    return ClosingList([b"all of it"])


def waited(environ, start_response):
    start_response("200 OK", [])
    texts = [environ["mod_wsgi." + name] for name in ("request_start", "script_start")]
    assert [len(text) for text in texts] == [16, 16] and "".join(texts).isdecimal()
    return [str(int(texts[1]) - int(texts[0])).encode()]


def streams_then_reads(environ, start_response):
    start_response("200 OK", [])
    yield b"one "
    yield b"two "
    yield environ["wsgi.input"].read()


def streams_then_raises(environ, start_response):
    start_response("200 OK", [])
    yield b"one "
    yield b"two "
    raise ValueError("behind two blocks")


def application(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)
