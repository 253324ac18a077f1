# SPDX-License-Identifier: Apache-2.0
"""Ports for servers that start later, out of reach of other test processes and of outgoing connections."""
import functools
import itertools
import socket

# Below Linux's ports for outgoing connections.
FIRST, BLOCK, BLOCKS = 10000, 100, 100


@functools.lru_cache(maxsize=None)
def block():
    """Return a socket that reserves a block of ports until the process exits, and a cycle of the block's ports."""
    for first in range(FIRST, FIRST + BLOCK * BLOCKS, BLOCK):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind("\0pyw-ports-%d" % first)
        except OSError:
            claim.close()
        else:
            return claim, itertools.cycle(range(first, first + BLOCK))
    raise RuntimeError("all ports from %d on are claimed by other tests" % FIRST)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    """Return an unused port of 127.0.0.1; later calls return other ports."""
    return next(filter(is_free, itertools.islice(block()[1], BLOCK)))
