# SPDX-License-Identifier: Apache-2.0
"""A process of httpd is stopped (SIGSTOP, a debugger) while it holds the lock of a group's table of requests."""
import contextlib
import ctypes
import mmap
import os
import re
import struct

import pytest

from pyw.wait import PROMPT, elapsed

ROBUST_AND_SHARED = 16 | 128    # the kind of the mutex at the start of the table, the fifth word of pthread_mutex_t
HOLDER, WORKER_LIST = 40, 64         # offsets in struct pyw_slots


def mappings(pid):
    """Return (start, end, name) of the shared mappings of a process."""
    with open("/proc/%d/maps" % pid) as file:
        for line in file:
            found = re.match(r"(\w+)-(\w+) r[w-]-s \S+ \S+ \S+ +(\S+)", line)
            if found:
                yield int(found[1], 16), int(found[2], 16), found[3]


def find_table(pid):
    """Map the table of the only group into this process."""
    shared = list(mappings(pid))
    lists = [(first, end) for first, end, name in shared if "pywsgi-worker-list" in name]
    for first, end, name in shared:
        if name != "/dev/zero":
            continue
        with open("/proc/%d/map_files/%x-%x" % (pid, first, end), "r+b") as file:
            table = mmap.mmap(file.fileno(), end - first)
        kind, = struct.unpack_from("i", table, 16)
        worker_list, = struct.unpack_from("P", table, WORKER_LIST)
        if kind == ROBUST_AND_SHARED and any(start <= worker_list < stop for start, stop in lists):
            return table
        table.close()
    raise AssertionError("no table in %s" % shared)


@contextlib.contextmanager
def locked(server):
    """Hold the lock in this process, as a stopped process of httpd would."""
    table = find_table(server.children()[0].pid)
    lock = ctypes.c_char.from_buffer(table)
    libc = ctypes.CDLL(None)
    assert libc.pthread_mutex_lock(ctypes.byref(lock)) == 0
    try:
        struct.pack_into("i", table, HOLDER, os.getpid())
        yield
        struct.pack_into("i", table, HOLDER, 0)
    finally:
        libc.pthread_mutex_unlock(ctypes.byref(lock))
        del lock
        table.close()


@pytest.mark.root
class TestStoppedHolder:
    CONFIG = """
        WSGIDaemonProcess app threads=2
        WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    """

    def test_requests_get_503_in_time_and_the_group_recovers(self, site, server):
        server.expect_log("PYW0228.*process %d has locked" % os.getpid())
        held = site.hold()
        with locked(server):
            response, seconds = elapsed(lambda: site.get("/pid"))
            assert response.status == 503 and response.header("Retry-After") and seconds < PROMPT
            held.let_go()
            (response,), seconds = elapsed(held.responses)
            assert response.status == 200 and seconds < PROMPT
        assert site.get("/pid").status == 200
        both = site.hold(count=2)    # the slot of the request that ended meanwhile is free
        assert [response.status for response in both.finish()] == [200, 200]

    def test_a_request_that_waits_for_a_thread_gets_503_as_well(self, site, server):
        server.expect_log("PYW0228")
        held = site.hold(count=2)
        waiting = site.hold(wait=False)
        with locked(server):
            responses, seconds = elapsed(waiting.responses)
            assert [response.status for response in responses] == [503] and seconds < PROMPT
        assert [response.status for response in held.finish()] == [200, 200]
        assert site.get("/pid").status == 200
