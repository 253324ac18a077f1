# SPDX-License-Identifier: Apache-2.0
"""Reports its process and its user, waits for the test, and dies in various ways."""
import contextlib
import grp
import hashlib
import json
import locale
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import dispatcher, note, note_of, plain, query, wait_for_file  # noqa: E402

TYPE = ("Content-Type", "text/plain")
active, most, lock = 0, 0, threading.Lock()


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def now(environ, start_response):
    return plain(start_response, time.time())


def umask():
    value = os.umask(0)
    os.umask(value)
    return value


def server_pid(environ, start_response):
    return plain(start_response, environ["mod_wsgi.server_pid"])


def facts(environ, start_response):
    return plain(start_response, json.dumps({
        "pid": os.getpid(), "ppid": os.getppid(), "uids": os.getresuid(), "gids": os.getresgid(),
        "groups": sorted(os.getgroups()), "group name": grp.getgrgid(os.getgid()).gr_name, "umask": umask(),
        "cwd": os.getcwd(), "environ": dict(os.environ), "path": sys.path, "prefix": sys.prefix,
        "executable": sys.executable, "utf8": sys.flags.utf8_mode, "encoding": sys.getfilesystemencoding(),
        "locale": locale.setlocale(locale.LC_ALL), "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "policy": os.sched_getscheduler(0), "session": os.getsid(0),
        "multithread": environ["wsgi.multithread"], "multiprocess": environ["wsgi.multiprocess"],
        "descriptors": {name: os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")
                        if os.path.exists("/proc/self/fd/" + name)},
        "dumpable": open("/proc/self/status").read(),
    }))


def imports(environ, start_response):
    return plain(start_response, __import__(query(environ, "name")).VALUE)


def hold(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held by %d" % os.getpid())


def disconnect(environ, start_response):
    """Shuts down the connections of httpd's children when the test says so, after this request has ended."""
    key = query(environ, "key")

    def shut(descriptor):
        with socket.socket(fileno=os.dup(descriptor)) as candidate:
            if not candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and "/w." in candidate.getsockname():
                candidate.shutdown(socket.SHUT_RDWR)

    def act():
        wait_for_file(key + ".go", 60)
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(FileNotFoundError):    # the descriptor of this listing
                if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                    shut(int(name))
        note(key, "disconnected")

    threading.Thread(target=act, daemon=True).start()
    return plain(start_response, os.getpid())


def eat(environ, start_response):
    """Takes all descriptors, and gives them back when the test says so."""
    eaten = []
    try:
        while True:
            eaten.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        os.close(eaten.pop())
        note_of(environ, "%d" % os.getpid())
        eaten.append(os.open("/dev/null", os.O_RDONLY))
    wait_for_file(query(environ, "key") + ".go", 60)
    for descriptor in eaten:
        os.close(descriptor)
    return plain(start_response, "full")


def hold_chunked(environ, start_response):
    start_response("200 OK", [TYPE])
    yield b"first"
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    yield b"second"


def crowd(environ, start_response):
    """The maximum number of requests that ran at the same time."""
    global active, most
    with lock:
        active += 1
        most = max(most, active)
    time.sleep(0.05)
    with lock:
        active -= 1
    return plain(start_response, most)


def endless(environ, start_response):
    def produce():
        try:
            while True:
                yield b"x" * 65536
        finally:
            note_of(environ, "end")

    start_response("200 OK", [TYPE])
    return produce()


def upload(environ, start_response):
    note_of(environ, "begun")
    try:
        size = len(environ["wsgi.input"].read())
    except OSError as error:
        note_of(environ, "OSError")
        raise
    note_of(environ, "read %d" % size)
    return plain(start_response, size)


def digest(environ, start_response):
    note_of(environ, "begun")
    whole = hashlib.sha256()
    for block in iter(lambda: environ["wsgi.input"].read(1 << 16), b""):
        whole.update(block)
    return plain(start_response, whole.hexdigest())


def large(environ, start_response):
    """64 MiB in blocks, or ?size=."""
    size = int(query(environ, "size", str(64 << 20)))
    start_response("200 OK", [TYPE] + ([("Content-Length", str(size))] if query(environ, "length") else []))
    return (b"0123456789abcdef" * 256 for _ in range(size // 4096))


def a_file(environ, start_response):
    """A file, through wsgi.file_wrapper."""
    start_response("200 OK", [TYPE])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


def numbered(environ, start_response):
    """?size= bytes in blocks that contain their offsets; notes when all are made, and their number."""
    size = int(query(environ, "size"))

    def produce():
        made = 0
        try:
            while made < size:
                made += 4096
                yield b"%4096d" % made
        finally:
            note_of(environ, "made %d" % made)

    start_response("200 OK", [TYPE] + ([("Content-Length", str(size))] if query(environ, "length") else []))
    return produce()


application = dispatcher(globals())
