# SPDX-License-Identifier: Apache-2.0
"""A worker under an attacker's control: /victim finds the connection of its own request, and writes the content of a
file of the test to it, before the worker can write.
"""
import array
import json
import os
import select
import socket
import stat
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from wire_version import WIRE_VERSION  # noqa: E402
from support import DATA, dispatcher, note, note_of, plain, query, wait_for_file  # noqa: E402

FIRST = 7  # after the inherited descriptors

PAGE = os.sysconf("SC_PAGE_SIZE")
LARGEST = 1 << 28  # larger mappings are address space that sanitizers have reserved
STAMP = b"\xa5\x5a"  # replaced by the stamp of the request

found_in = set()
answered = set()  # a repeated request has been sent to another worker


def connected(descriptor):
    """Return the socket of httpd's child behind the descriptor; None if it is something else."""
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
    except OSError:
        return None
    found = socket.socket(fileno=os.dup(descriptor))
    try:
        found.getpeername()
        if found.family == socket.AF_UNIX and found.getsockname():
            return found
    except OSError:
        pass
    found.close()
    return None


def connections():
    """Return the connections of httpd's only child. The worker has one thread, so only one of them is being served."""
    candidates = [int(name) for name in os.listdir("/proc/self/fd") if int(name) >= FIRST]
    return [found for found in map(connected, candidates) if found]


def say(peer, data, path):
    ancillary = []
    if path:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK if path.endswith("fifo") else os.O_RDONLY)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    try:
        peer.sendmsg([data], ancillary)
    finally:
        if path:
            os.close(descriptor)


def read_memory(memory, start, end):
    """Return the bytes from start to end, with zeros for unreadable pages, such as the guard pages of a stack."""
    try:
        return os.pread(memory, end - start, start)
    except OSError:
        if end - start <= PAGE:
            return b"\0" * PAGE
    middle = start + (end - start) // PAGE // 2 * PAGE
    return read_memory(memory, start, middle) + read_memory(memory, middle, end)


def writable_memory():
    """Start where the last REQUEST was found, because the next one will be there, too."""
    with open("/proc/self/maps") as maps:
        spans = [line.split()[0] for line in maps if " rw" in line]
    for span in sorted(spans, key=lambda span: span not in found_in):
        start, end = (int(part, 16) for part in span.split("-"))
        if end - start > LARGEST:
            continue
        with open("/proc/self/mem", "rb", 0) as memory:
            yield span, read_memory(memory.fileno(), start, end)


def stamp(environ):
    """Return the value that httpd expects in the head. It is in the REQUEST, but the application does not see it. See
    docs/internals/WIRE.md.
    """
    target = environ["SCRIPT_FILENAME"].encode()
    target = struct.pack("<I", len(target)) + target + b"\0"
    query_string = b"QUERY_STRING" + environ["QUERY_STRING"].encode()
    for span, piece in writable_memory():
        at = piece.find(target)
        while at >= 0:
            if query_string in piece[at:at + 16384]:
                found_in.add(span)
                return piece[at - 16:at - 14]
            at = piece.find(target, at + 1)
    raise RuntimeError("no REQUEST in memory")


def victim(environ, start_response):
    """?key= names the file with the answer: a list of [bytes in hex, path of a descriptor to pass or null]. ?again=
    lets the worker answer the same request again afterwards.
    """
    if query(environ, "key") in answered:
        return plain(start_response, "once more", "404 Not Found")
    answered.add(query(environ, "key"))
    if query(environ, "unread"):
        note_of(environ, "begun")
        select.select(connections(), [], [], 20)  # until httpd sends more, which stays unread: causes a reset
        os._exit(1)
    with open(os.path.join(DATA, query(environ, "key") + ".answer")) as file:
        answer, expected = json.load(file), stamp(environ)
    pieces = [(bytes.fromhex(data).replace(STAMP, expected), path) for data, path in answer]
    if query(environ, "again"):
        for data, _ in pieces:
            connections()[-1].send(data)
        wait_for_file(query(environ, "key") + ".go")
        return plain(start_response, "for somebody else")
    for peer in connections():
        try:
            for data, path in pieces:
                say(peer, data, path)
            peer.shutdown(socket.SHUT_RDWR)  # a later request is not sent, and goes to another worker
        except OSError:
            pass
        peer.close()
    return plain(start_response, "what nobody hears")


def watched_by(descriptor):
    """Return the descriptors that an epoll descriptor of this process watches; an empty list for others."""
    try:
        with open("/proc/self/fdinfo/%d" % descriptor) as file:
            return [int(line.split()[1]) for line in file if line.startswith("tfd:")]
    except OSError:
        return []


def take_over():
    """Stop all threads of the worker from watching its connections. Return the connections and the listening sockets.
    """
    taken = []
    for name in os.listdir("/proc/self/fd"):
        for descriptor in watched_by(int(name)):
            select.epoll.fromfd(os.dup(int(name))).unregister(descriptor)
            taken.append(socket.socket(fileno=os.dup(descriptor)))
    return taken


def go_away(sockets, key):
    """Send GOAWAY on all connections, until the listening socket is shut down."""
    while True:
        for ready in select.select(sockets, [], [])[0]:
            if ready.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                try:
                    ready, _ = ready.accept()
                except OSError:
                    return
            else:
                sockets.remove(ready)
            if ready.recv(1 << 20):
                note(key, "asked")
                ready.send(bytes([WIRE_VERSION, 10, 0, 0, 0, 0, 0, 0]))
            ready.close()


def deserter(environ, start_response):
    """The worker begins no further request, although it is listed as available."""
    taken = take_over()
    own = [found for found in taken if found.family == socket.AF_UNIX and "/w." in str(found.getsockname())]
    threading.Thread(target=go_away, args=(own, query(environ, "key")), daemon=True).start()
    return plain(start_response, "you will see")


def upload(environ, start_response):
    return plain(start_response, len(environ["wsgi.input"].read()))


def hello(environ, start_response):
    return plain(start_response, "hello")


application = dispatcher(globals())
