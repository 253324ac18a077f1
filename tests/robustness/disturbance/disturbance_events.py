# SPDX-License-Identifier: Apache-2.0
"""The events that disturb a server while the traffic runs, and the failures that are permitted for each."""
import os
import shutil
import signal
import time

import psutil
from disturbance_report import Report
from disturbance_traffic import SHORT, STATIC, Kind, Traffic

from pyw import processes, wait_for

OPTIONS = "processes=2 threads=8"
STALL = 0.9


class Event:
    """A kind of disturbance, repeated `times` times. `broken` gets a line for each broken promise."""
    name = ""
    meaning = ""
    times = 1
    quick = 1
    options = OPTIONS
    peer_options = OPTIONS
    processes = 2
    short = SHORT
    stall = STALL
    log = "PYW0310"

    def __init__(self, server, times, seconds, long_seconds):
        self.server = server
        self.httpd = server.httpd
        self.repetitions = range(times)
        self.seconds = seconds
        self.long = [*2 * [Kind("long", "/app/long", long_seconds)], Kind("stream", "/app/stream", long_seconds)]
        self.broken = []
        self.notes = []
        self.is_ours = server.pywsgi

    def run(self, stall):
        """Return the Report of the traffic; `stall`: a longer delay, in seconds, counts as a stall."""
        with Traffic(self.httpd.port, [STATIC, *4 * [self.short]]) as traffic:
            self.traffic = traffic
            traffic.wait_pids(self.processes)
            begun = time.monotonic()
            traffic.join(self.long)
            traffic.wait()
            try:
                self.happen()
                self.recover()
            except AssertionError as error:
                self.broken.append(str(error).split("\n")[0])
        return Report(self.httpd, [each for each in traffic.exchanges if each.ended >= begun], self.excuses, stall)

    def happen(self):
        raise NotImplementedError

    def recover(self):
        self.traffic.wait()

    def excuses(self, exchange, pid):
        return False

    def promise(self, kept, text):
        if self.is_ours and not kept:
            self.broken.append(text)

    def worker_pids(self):
        return {worker.pid for worker in self.httpd.workers()} if self.is_ours else set()


class Graceful(Event):
    name = "graceful restart"
    meaning = "`apachectl graceful`, the configuration unchanged"
    times = quick = 8

    def happen(self):
        before = self.worker_pids()
        for _ in self.repetitions:
            self.server.signal(signal.SIGUSR1)
            self.traffic.wait()
        self.promise(self.worker_pids() == before, "the workers are not those of before")


class Restart(Event):
    """httpd ends its children, and with them all responses that they are sending, static files included."""
    name = "restart"
    meaning = "`apachectl restart`; httpd itself breaks the connections that are open in that moment"
    times = quick = 3

    def happen(self):
        before = self.worker_pids()
        self.spans = []
        for _ in self.repetitions:
            begun = time.monotonic()
            self.server.signal(signal.SIGHUP)
            self.spans.append((begun, time.monotonic()))
            self.traffic.wait()
        self.promise(self.worker_pids() == before, "the workers are not those of before")

    def excuses(self, exchange, pid):
        """Truncated or without a response, because the connection was closed; a status is never caused by httpd."""
        cut = not exchange.answered or (exchange.status == 200 and not exchange.complete)
        return cut and any(exchange.begun <= end and exchange.ended >= begun for begun, end in self.spans)


class Touch(Event):
    name = "new code"
    meaning = "the script is replaced by a newer one"
    times, quick = 5, 2
    SETTLED = 0.25

    def happen(self):
        self.ready = []
        for _ in self.repetitions:
            since = self.httpd.log.position()
            version = self.server.deploy()
            if self.is_ours:
                wait_for(lambda: len(self.httpd.log.find("PYW0317.*is ready", since)) >= 2, 30, "two new workers")
                self.ready.append((version, time.monotonic()))
            self.traffic.wait_version(version)
        self.promise(not self.late(), "old code after the new was ready: %s" % self.late())

    def late(self):
        return [str(exchange) for version, when in self.ready for exchange in self.traffic.exchanges
                if exchange.good and exchange.begun > when + self.SETTLED
                and any(int(seen) < int(version) for seen, _ in exchange.answers)]


class BrokenCode(Event):
    name = "broken code"
    meaning = "the script raises at import for some seconds, then it is repaired"
    log = r"PYW0316|PYW035[78]|PYW0317|PYW0610|PYW0310|PYW0420|Traceback|File \"|raise|RuntimeError"

    def happen(self):
        from disturbance_server import BROKEN
        since = self.httpd.log.position()
        self.server.write(BROKEN)
        if self.is_ours:
            self.httpd.log.wait("PYW0316", since, 20)
        self.traffic.run_for(self.seconds)
        self.traffic.wait_version(self.server.deploy())


class EnvironmentSwap(Event):
    name = "virtual environment replaced"
    meaning = "the old one is moved away, the script is replaced, some seconds later the new one is in its place"
    options = peer_options = OPTIONS + " python-home=${ROOT}/venv"
    log = BrokenCode.log

    def happen(self):
        since = self.httpd.log.position()
        self.server.move("venv", "venv.old")
        version = self.server.deploy()
        if self.is_ours:
            self.httpd.log.wait("PYW0357", since, 20)
        self.traffic.run_for(self.seconds)
        self.server.move("venv.new", "venv")
        self.traffic.wait_version(version, 60)


class KillWorkers(Event):
    name = "worker killed"
    meaning = "`kill -9` of a process that serves; what it was running fails, nothing else may"
    times, quick = 8, 4
    log = r"PYW0243|PYW0244|PYW0310|PYW0367"
    NOTICED = 1

    def happen(self):
        self.killed = {}
        for _ in self.repetitions:
            since = len(self.traffic.exchanges)
            pid = self.traffic.good()[-1].answers[0][1]
            self.killed[pid] = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            self.traffic.wait_pids(self.processes, self.killed, since)

    def excuses(self, exchange, pid):
        """If the worker had the request but had not reached the application, only the time of the response shows it."""
        if pid is not None or exchange.status < 500:
            return pid in self.killed
        return any(exchange.begun <= when <= exchange.ended <= when + self.NOTICED for when in self.killed.values())


class KillOnlyWorker(KillWorkers):
    name = "the only worker killed"
    meaning = "the same with `processes=1`: whoever comes meanwhile waits for the successor, which has to start Python"
    times, quick = 4, 2
    options = peer_options = "processes=1 threads=16"
    processes = 1
    stall = 2


class KillManager(Event):
    name = "manager killed"
    meaning = "`kill -9` of pywsgid's manager"
    times, quick = 3, 2
    peer_options = None
    stall = 2  # httpd checks its children once a second, and then Python has to start
    log = r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d"

    def happen(self):
        for _ in self.repetitions:
            manager, before = self.httpd.manager(), self.worker_pids()
            self.httpd.remember_family()
            killed = time.monotonic()
            manager.kill()
            wait_for(lambda: self.httpd.manager() not in (None, manager), 10, "another manager")
            self.notes.append("back after %.1f s" % (time.monotonic() - killed))
            self.traffic.wait_pids(2, before)
            wait_for(lambda: not any(psutil.pid_exists(pid) for pid in before), 10, "the end of the old workers")


class KillParent(Event):
    """Nothing is served afterwards. Checks that no process of ours remains."""
    name = "httpd's parent killed"
    meaning = "`kill -9` of httpd's parent; how long the application's processes outlive it"
    log = r"PYW\d{4}|AH"
    LIMIT = 5

    def happen(self):
        self.httpd.remember_family()
        own = self.own()
        children = self.httpd.children() if self.is_ours else self.httpd.family
        self.httpd.expected_status = -signal.SIGKILL
        self.killed = time.monotonic()
        self.httpd.process.kill()
        self.httpd.process.wait()
        try:
            processes.wait_gone(own, self.LIMIT)
            self.notes.append("gone after %.1f s" % (time.monotonic() - self.killed))
        except AssertionError:
            self.notes.append("there after %d s" % self.LIMIT)
            self.promise(False, "processes after %d s" % self.LIMIT)
        self.promise(not self.httpd.socket_directories(), "the directory of the sockets is left")
        processes.kill(children)

    def own(self):
        if self.is_ours:
            return [self.httpd.manager(), *self.httpd.workers()]
        return [psutil.Process(pid) for pid in self.traffic.pids() if psutil.pid_exists(pid)]

    def recover(self):
        pass

    def excuses(self, exchange, pid):
        return exchange.ended >= self.killed


class MemoryRecycling(Event):
    name = "memory recycling"
    meaning = "every request leaks, `memory-recycle=` replaces the workers under load"
    times, quick = 4, 2
    options = OPTIONS + " memory-recycle=64M"
    peer_options = None
    short = Kind("short", "/app/short", 0.02, "&grow=512")

    def happen(self):
        before = self.worker_pids()
        self.traffic.wait_pids(len(self.repetitions), before, seconds=60)
        self.promise(self.httpd.log.find("PYW0321.*memory-recycle"), "nothing was recycled")


class MaximumRequests(Event):
    name = "maximum-requests=50"
    meaning = "processes that are replaced after 50 requests each, under load"
    times, quick = 8, 4
    options = peer_options = OPTIONS + " maximum-requests=50"

    def happen(self):
        self.traffic.wait_pids(len(self.repetitions), self.traffic.pids(), seconds=60)


class Scaling(Event):
    name = "scaling up and down"
    meaning = "`processes=1-4`: a burst of clients comes and goes"
    options = "processes=1-4 threads=9 scale-after=100ms scale-idle=1s"
    peer_options = None
    processes = 1
    BURST = 8 * [Kind("burst", "/app/short", 0.25)]

    def happen(self):
        for _ in self.repetitions:
            since = self.httpd.log.position()
            burst = self.traffic.join(self.BURST)
            self.httpd.log.wait("PYW0368", since, 20)
            self.traffic.wait_pids(2)
            self.traffic.dismiss(burst)
            self.httpd.log.wait("PYW0369", since, 20)
            wait_for(lambda: len(self.worker_pids()) == 1, 20, "one worker")


class SocketsRemoved(Event):
    name = "sockets removed"
    meaning = "the sockets of the daemon processes are deleted, the directory with them"
    times, quick = 2, 1
    stall = 2  # the manager checks once a second
    log = r"PYW0306|PYW0347"

    def happen(self):
        for _ in self.repetitions:
            since = self.httpd.log.position()
            self.remove()
            if self.is_ours:
                self.httpd.log.wait("PYW0347", since)
            self.traffic.run_for(self.seconds)

    def remove(self):
        for directory in self.httpd.socket_directories():
            shutil.rmtree(directory)
        for path in self.httpd.run.glob("wsgi*.sock"):
            path.unlink()


EVENTS = [Graceful, Restart, Touch, BrokenCode, EnvironmentSwap, KillWorkers, KillOnlyWorker, KillManager, KillParent,
          MemoryRecycling, MaximumRequests, Scaling, SocketsRemoved]
