# SPDX-License-Identifier: Apache-2.0
"""The error log as an assertion."""
import os
import re

from .wait import PATIENCE, wait_for

BAD = re.compile(r"^\[[^\]]*\] \[[\w-]*:(warn|error|crit|alert|emerg)\]")
RECORD = re.compile(r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} ")
MARK = "# test: "

# When it stops, the event MPM closes the sockets of connections that its threads have not returned yet (AH03092, AH03093).
# mod_ssl reports an OpenSSL that is older than the one it was built with, but works (AH01882).
# httpd repeats its SIGTERM after three seconds, which a process may need on a busy machine (AH00045). A process that it
# has to kill is an error (AH00046). mod_http2 does not wait long for its idle threads (AH10291).
HTTPD_NOISE = re.compile(r"AH03092: process_lingering_close: apr_pollset_add failure|"
                         r"AH03093: process_socket: apr_pollset_add failure|AH01882: Init: this version of mod_ssl|"
                         r"AH00045: child process \d+ still did not exit, sending a SIGTERM|"
                         r"AH10291: h2_workers: cleanup, (\d+) workers \(\1 idle\) did not exit")

# At any level: a signal ended a child of httpd.
DEATH = re.compile(r"AH0005[12]:")


class ErrorLog:
    """A log file, read by lines. An incomplete line is left for the next read."""

    def __init__(self, path):
        self.path = path
        self.inode, self.size, self.known = None, 0, []     # of the file, as far as it was read
        self.checked = 0
        self.announced = []

    def lines(self, first=0):
        try:
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self.inode or status.st_size < self.size:
                    self.inode, self.size, self.known = status.st_ino, 0, []
                file.seek(self.size)
                data = file.read()
        except FileNotFoundError:
            return []
        complete = data[:data.rfind(b"\n") + 1]
        self.size += len(complete)
        self.known += complete.decode(errors="replace").splitlines()
        return self.known[first:]

    def position(self):
        """Return the current number of lines, for `since`."""
        return len(self.lines())

    def find(self, pattern, since=0):
        return [line for line in self.lines(since) if re.search(pattern, line)]

    def wait(self, pattern, since=0, seconds=PATIENCE):
        """Wait for a matching line, and return all matching lines."""
        try:
            return wait_for(lambda: self.find(pattern, since), seconds)
        except AssertionError:
            raise AssertionError("no line like %r within %g s in:\n%s" % (
                pattern, seconds, "\n".join(self.lines(since)))) from None

    def mark(self, text):
        with open(self.path, "a") as file:
            file.write(MARK + text + "\n")

    def announce(self, pattern):
        self.announced.append(re.compile(pattern))

    def unannounced(self):
        """Return the unexpected lines since the last call."""
        lines = self.lines(self.checked)
        self.checked += len(lines)
        return [line for line in lines if is_bad(line) and not any(known.search(line) for known in self.announced)]


def is_bad(line):
    if line.startswith(MARK) or not line or HTTPD_NOISE.search(line):
        return False
    return bool(BAD.search(line) or DEATH.search(line) or not RECORD.match(line))
