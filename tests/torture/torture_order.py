# SPDX-License-Identifier: Apache-2.0
"""The order for fail_call.c: which call of which processes fails."""
import ctypes
import errno
import mmap
import os
import shutil
import subprocess

from pyw import paths, wait_for

LIBRARY = paths.BUILD / "tests" / "torture" / "fail_call.so"

CENSUS_MOST = 48

ROLES = {"parent": 1, "child": 2, "manager": 4, "worker": 8, "template": 16}

# The errno of a failed call, if it is not ENOMEM. Each can occur while both ends of a connection are alive.
ERRORS = {
    "read": errno.EIO, "write": errno.ENOSPC, "writev": errno.ENOBUFS, "pwrite": errno.ENOSPC, "pread": errno.EIO,
    "send": errno.ENOBUFS, "sendmsg": errno.ENOBUFS, "connect": errno.ECONNREFUSED, "accept4": errno.EMFILE,
    "socket": errno.EMFILE, "socketpair": errno.EMFILE, "pipe2": errno.EMFILE, "eventfd": errno.EMFILE,
    "memfd_create": errno.EMFILE, "open": errno.EMFILE, "openat": errno.EMFILE, "mkostemp": errno.ENOSPC,
    "fork": errno.EAGAIN, "execv": errno.ENOENT, "ftruncate": errno.ENOSPC, "epoll_ctl": errno.ENOSPC,
    "epoll_create1": errno.EMFILE, "setresuid": errno.EPERM, "sigaction": errno.EINVAL, "bind": errno.EADDRINUSE,
    "fstat": errno.EIO, "stat": errno.EIO, "pthread_create": errno.EAGAIN,
}


class CensusRow(ctypes.Structure):
    """The struct census_row of fail_call.c."""

    _fields_ = [("function", ctypes.c_char * 24), ("count", ctypes.c_uint32)]


class Layout(ctypes.Structure):
    """The struct order of fail_call.c."""

    _fields_ = [("roles", ctypes.c_uint32), ("error", ctypes.c_uint32), ("first", ctypes.c_uint32),
                ("last", ctypes.c_uint32), ("count", ctypes.c_uint32), ("failed", ctypes.c_uint32),
                ("pid", ctypes.c_uint32), ("offset", ctypes.c_uint32), ("object", ctypes.c_char * 32),
                ("function", ctypes.c_char * 32), ("census_size", ctypes.c_uint32),
                ("census", CensusRow * CENSUS_MOST)]


class Order:
    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(mmap.PAGESIZE))
        path.chmod(0o666)
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.shared = Layout.from_buffer(self.map)

    @classmethod
    def for_server(cls, server):
        """Make the order of a server that has not started yet."""
        order = cls(server.root / "order")
        server.environment = order.environment()
        return order

    def environment(self):
        assert LIBRARY.exists(), "make check-torture builds %s" % LIBRARY
        library = shutil.copy(LIBRARY, self.path.parent)
        others = os.environ.get("PYWSGI_LD_PRELOAD", "").split()
        return {"LD_PRELOAD": " ".join([library, *others]), "FAIL_CALL": str(self.path)}

    def begin_census(self, role, functions):
        """Count the calls of all `functions` from now on."""
        self.withdraw()
        for row, function in zip(self.shared.census, functions):
            row.function, row.count = function.encode(), 0
        self.shared.census_size = len(functions)
        self.shared.roles = ROLES[role]

    def end_census(self):
        """Return {function: number of calls}."""
        self.withdraw()
        rows = self.shared.census[:self.shared.census_size]
        self.shared.census_size = 0
        return {row.function.decode(): row.count for row in rows}

    def give(self, role, function, first=0, last=None):
        """Fail the calls with the numbers `first` to `last` from now on; 0: only count."""
        self.withdraw()
        self.shared.census_size = 0
        self.shared.function = function.encode()
        self.shared.error = ERRORS.get(function, errno.ENOMEM)
        self.shared.first, self.shared.last = first, last or first
        self.shared.count = self.shared.failed = self.shared.pid = 0
        self.shared.roles = sum(ROLES[each] for each in role.split("+"))

    def withdraw(self):
        """Return the number of calls since the order."""
        self.shared.roles = 0
        return self.shared.count

    def has_failed(self):
        return self.shared.failed > 0

    def fail_one(self, role, function, number, cause):
        """Fail a call that `cause` makes necessary."""
        self.give(role, function, number)
        try:
            cause()
            wait_for(self.has_failed, 5, "a failed call")
        finally:
            self.withdraw()

    def place(self):
        """Return the function and line of the first failed call."""
        file = self.shared.object.decode()
        if not (paths.BUILD / file).exists():
            return file
        output = subprocess.run(["addr2line", "-fspe", str(paths.BUILD / file), hex(self.shared.offset)],
                                stdout=subprocess.PIPE, text=True).stdout
        return "%s+%#x (%s)" % (file, self.shared.offset, output.strip())
