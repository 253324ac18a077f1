# SPDX-License-Identifier: Apache-2.0
"""
A worker that was taken over: /victim finds the connection on which its own request came, and says there what the test
wrote to a file, before the worker can say anything.
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

from support import DATA, dispatcher, note, note_of, plain, query, wait_for_file  # noqa: E402

FIRST = 7  # behind what a worker inherits

PAGE = os.sysconf("SC_PAGE_SIZE")
LARGEST = 1 << 28  # what is larger is address space that sanitizers have reserved
STAMP = b"\xa5\x5a"  # where the test wants that of the request

found_in = set()
answered = set()  # a request that comes again has been sent to another worker


def connected(descriptor):
    """The socket of httpd's child behind the descriptor; None if it is something else."""
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
    """Of httpd's only child; the worker has one thread, so that one of them is served and the others are at rest."""
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
    """The bytes from start to end, with zeros for the pages that cannot be read: the guards of a stack, say."""
    try:
        return os.pread(memory, end - start, start)
    except OSError:
        if end - start <= PAGE:
            return b"\0" * PAGE
    middle = start + (end - start) // PAGE // 2 * PAGE
    return read_memory(memory, start, middle) + read_memory(memory, middle, end)


def writable_memory():
    """Where the last REQUEST was found is where the next one will be."""
    with open("/proc/self/maps") as maps:
        spans = [line.split()[0] for line in maps if " rw" in line]
    for span in sorted(spans, key=lambda span: span not in found_in):
        start, end = (int(part, 16) for part in span.split("-"))
        if end - start > LARGEST:
            continue
        with open("/proc/self/mem", "rb", 0) as memory:
            yield span, read_memory(memory.fileno(), start, end)


def stamp(environ):
    """What httpd wants to see in the head: from the REQUEST, which the application is not shown. See docs/internals/WIRE.md."""
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
    """
    ?key= names the file with the answer: a list of [bytes in hex, path of a descriptor to pass or null]. ?again= lets the
    worker answer the same request again, behind it.
    """
    if query(environ, "key") in answered:
        return plain(start_response, "once more", "404 Not Found")
    answered.add(query(environ, "key"))
    if query(environ, "unread"):
        note_of(environ, "begun")
        select.select(connections(), [], [], 20)  # until httpd says something more, which stays unread: a reset
        os._exit(1)
    with open(os.path.join(DATA, query(environ, "key") + ".answer")) as file:
        pieces = [(bytes.fromhex(data).replace(STAMP, stamp(environ)), path) for data, path in json.load(file)]
    if query(environ, "again"):
        for data, _ in pieces:
            connections()[-1].send(data)
        wait_for_file(query(environ, "key") + ".go")
        return plain(start_response, "for somebody else")
    for peer in connections():
        try:
            for data, path in pieces:
                say(peer, data, path)
            peer.shutdown(socket.SHUT_RDWR)  # a request that comes later is not sent, and goes elsewhere
        except OSError:
            pass
        peer.close()
    return plain(start_response, "what nobody hears")


def watched_by(descriptor):
    """What an epoll descriptor of this process watches; nothing if it is none."""
    try:
        with open("/proc/self/fdinfo/%d" % descriptor) as file:
            return [int(line.split()[1]) for line in file if line.startswith("tfd:")]
    except OSError:
        return []


def take_over():
    """From now on no thread of the worker hears of its connections. Returns them, and its listening sockets."""
    taken = []
    for name in os.listdir("/proc/self/fd"):
        for descriptor in watched_by(int(name)):
            select.epoll.fromfd(os.dup(int(name))).unregister(descriptor)
            taken.append(socket.socket(fileno=os.dup(descriptor)))
    return taken


def go_away(sockets, key):
    """Says GOAWAY to whatever comes, until the listening socket is shut down."""
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
                ready.send(b"\5\x0a\0\0\0\0\0\0")
            ready.close()


def deserter(environ, start_response):
    """Its worker begins no other request, although it is listed as one that does."""
    taken = take_over()
    own = [found for found in taken if found.family == socket.AF_UNIX and "/w." in str(found.getsockname())]
    threading.Thread(target=go_away, args=(own, query(environ, "key")), daemon=True).start()
    return plain(start_response, "you will see")


def upload(environ, start_response):
    return plain(start_response, len(environ["wsgi.input"].read()))


def hello(environ, start_response):
    return plain(start_response, "hello")


application = dispatcher(globals())
