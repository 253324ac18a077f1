# SPDX-License-Identifier: Apache-2.0
"""
A worker that was taken over: /next accepts at the group's listening socket in place of the worker's only thread, and
answers the next connection of httpd with the bytes that the test wrote to a file.
"""
import array
import json
import os
import select
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import DATA, dispatcher, note_of, plain, query  # noqa: E402

LISTENER = 4


def read_request(peer):
    """The REQUEST frame, and no more: what a worker reads before it answers."""
    head = b""
    while len(head) < 8:
        head += peer.recv(8 - len(head))
    left = int.from_bytes(head[4:], "little")
    while left:
        left -= len(peer.recv(min(left, 65536)))


def next(environ, start_response):
    """?key= names the file with the answer: a list of [bytes in hex, path of a descriptor to pass or null]."""
    with open(os.path.join(DATA, query(environ, "key") + ".answer")) as file:
        pieces = json.load(file)
    listener = socket.socket(fileno=os.dup(LISTENER))
    listener.settimeout(20)
    note_of(environ, "listening")
    peer, _ = listener.accept()
    listener.close()
    peer.settimeout(20)
    read_request(peer)
    if query(environ, "unread"):
        select.select([peer], [], [], 20)  # until httpd says something more, which stays unread: a reset
        peer.close()
        return plain(start_response, "answered")
    for data, path in pieces:
        ancillary = []
        if path:
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK if path.endswith("fifo") else os.O_RDONLY)
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        try:
            peer.sendmsg([bytes.fromhex(data)], ancillary)
        except OSError:
            break
    peer.shutdown(socket.SHUT_WR)
    while True:
        try:
            if not peer.recv(65536):
                break
        except OSError:
            break
    return plain(start_response, "answered")


def hello(environ, start_response):
    return plain(start_response, "hello")


application = dispatcher(globals())
