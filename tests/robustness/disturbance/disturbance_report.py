# SPDX-License-Identifier: Apache-2.0
"""The effect of a disturbance on the traffic: failed and stalled requests, and the code that responded."""
import collections
import re


def noted(path):
    """(number of a request, pid of the process that began it), once for each time"""
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(number), int(pid)) for number, pid in (line.split() for line in lines)]


def read_by_httpd(path):
    """Return the numbers of the requests in the access log."""
    return {int(number) for number in re.findall(r"[?&]id=(\d+)", path.read_text())} if path.exists() else set()


class Report:
    """
    `excuses(exchange, pid)` returns true if the request was allowed to fail; pid: the process that had begun it; None:
    no process had. If httpd closed the idle connection while the request was being sent, the request is `unread`: every
    client repeats it, and static files are affected, too. `stall`: a longer delay counts as a stall, in seconds.
    """

    def __init__(self, httpd, exchanges, excuses, stall):
        self.exchanges = exchanges
        notes = noted(httpd.data / "begun")
        self.begun = dict(notes)
        counts = collections.Counter(number for number, _ in notes)
        self.repeated = [number for number, count in counts.items() if count > 1]
        self.known = read_by_httpd(httpd.root / "access.log")
        self.statics = [exchange for exchange in exchanges if exchange.kind.name == "static"]
        dynamic = [exchange for exchange in exchanges if exchange.kind.name != "static"]
        bad = [exchange for exchange in exchanges if not exchange.good]
        self.unread = [exchange for exchange in bad if self.is_unread(exchange)]
        bad = [exchange for exchange in bad if not self.is_unread(exchange)]
        self.excused = [exchange for exchange in bad if excuses(exchange, self.begun.get(exchange.number))]
        self.failed = [exchange for exchange in bad if not excuses(exchange, self.begun.get(exchange.number))]
        good = [exchange for exchange in dynamic if exchange.good]
        self.served = len(good)
        self.stalled = [exchange for exchange in good if self.delay(exchange) > stall]
        self.longest = max([self.delay(exchange) for exchange in good], default=0)
        self.static = max([static.took for static in self.statics], default=0)
        self.versions = self.versions_by_pid(good)
        self.mixed = {pid: sorted(versions) for pid, versions in self.versions.items() if len(versions) > 1}

    def is_unread(self, exchange):
        return (exchange.reused and not exchange.answered and exchange.number not in self.known
                and exchange.number not in self.begun)

    def delay(self, exchange):
        """Return the additional time compared with the application's own time and with a static file at that time."""
        statics = [static.took for static in self.statics
                   if static.ended >= exchange.begun and static.begun <= exchange.ended]
        return max(0, exchange.took - exchange.kind.seconds - max(statics, default=0))

    @staticmethod
    def versions_by_pid(exchanges):
        versions = {}
        for exchange in exchanges:
            for version, pid in exchange.answers:
                versions.setdefault(pid, set()).add(version)
        return versions

    def faults(self):
        """Return all violations as lines; an empty list if the promise was kept."""
        lines = ["failed: %s%s" % (exchange, self.where(exchange)) for exchange in self.failed]
        lines += ["stalled by %.3f s: %s%s" % (self.delay(exchange), exchange, self.where(exchange))
                  for exchange in self.stalled]
        lines += ["run twice: request %d" % number for number in self.repeated]
        return lines + ["process %d answered with versions %s" % item for item in self.mixed.items()]

    def where(self, exchange):
        pid = self.begun.get(exchange.number)
        return ", begun by %d" % pid if pid else ", begun by nobody"

    def __str__(self):
        return "%d served, %d failed, %d excused, %d unread, %d stalled, longest delay %.3f s (static file: %.3f s)" % (
            self.served, len(self.failed), len(self.excused), len(self.unread), len(self.stalled), self.longest,
            self.static)
