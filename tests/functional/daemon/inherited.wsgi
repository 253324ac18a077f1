# SPDX-License-Identifier: Apache-2.0
"""A process that the application starts gets duplicates of the worker's sockets, as if it had inherited them."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import DATA, dispatcher, note_of, plain, query, wait_for_file  # noqa: E402

HOLDER = """
import os, socket, sys, time
own = socket.socket(fileno=0)
own.recvmsg(1, socket.CMSG_SPACE(4 * 100))
own.send(b"x")
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
"""


def pid(environ, start_response):
    return plain(start_response, os.getpid())


def sockets():
    """Yields the descriptors of the worker's sockets, including 3, the channel to the manager."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2 and os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                yield int(name)
        except FileNotFoundError:    # the descriptor of this listing
            pass


def lend(environ, start_response):
    """Starts a process in a session of its own, which holds all sockets of the worker until ?end= is made."""
    found = list(sockets())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, os.path.join(DATA, query(environ, "end"))], stdin=theirs, start_new_session=True)
        socket.send_fds(ours, [b"x"], found)
        ours.recv(1)
    return plain(start_response, holder.pid)


def hold(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "held by %d" % os.getpid())


application = dispatcher(globals())
