# SPDX-License-Identifier: Apache-2.0
"""Traffic during an event, and its results. Each client is a thread with a persistent connection, like a browser: it
sends a request, reads the response, pauses, and repeats. It never retries, so the results contain every failure.
"""
import dataclasses
import itertools
import select
import threading
import time

from pyw import wait_for
from pyw.client import Connection

PAUSE = 0.01
PATIENCE = 30
RECENT = 20


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of request. `seconds`: how long the application takes; `extra`: additional query parameters."""
    name: str
    path: str
    seconds: float = 0
    extra: str = ""

    def target(self, number):
        return "%s?id=%d&seconds=%g%s" % (self.path, number, self.seconds, self.extra)


STATIC = Kind("static", "/static.txt")
SHORT = Kind("short", "/app/short", 0.02)


@dataclasses.dataclass
class Exchange:
    """A request: its times, whether its connection was used before, and its result."""
    kind: Kind
    number: int
    begun: float
    reused: bool
    ended: float = 0
    status: int = 0
    complete: bool = False
    answered: bool = False
    error: str = ""
    body: bytes = b""

    @property
    def good(self):
        return self.status == 200 and self.complete

    @property
    def took(self):
        return self.ended - self.begun

    @property
    def answers(self):
        """Return (version, pid) of each response of the application."""
        if self.kind is STATIC:
            return []
        return [(version, int(pid)) for version, pid in (line.split() for line in self.body.decode().splitlines())]

    def __str__(self):
        return "%s %d: status %d%s after %.3f s%s%s" % (
            self.kind.name, self.number, self.status, "" if self.complete else " CUT", self.took,
            ", kept connection" if self.reused else "", ", " + self.error if self.error else "")


def has_ended(connection):
    """Has the server closed an idle connection?"""
    return bool(select.select([connection.socket], [], [], 0)[0])


class Client(threading.Thread):
    def __init__(self, traffic, kind):
        super().__init__(daemon=True)
        self.traffic = traffic
        self.kind = kind
        self.connection = None
        self.leaves = threading.Event()

    def run(self):
        while not self.leaves.wait(PAUSE):
            self.traffic.add(self.exchange())
        self.drop()

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def exchange(self):
        if self.connection and has_ended(self.connection):
            self.drop()
        exchange = Exchange(self.kind, next(self.traffic.numbers), time.monotonic(), self.connection is not None)
        try:
            self.connection = self.connection or Connection(self.traffic.port, timeout=PATIENCE)
            self.connection.start("GET", self.kind.target(exchange.number))
            self.note(exchange, self.connection.read_response())
        except OSError as error:
            exchange.error = str(error) or type(error).__name__
        exchange.ended = time.monotonic()
        if not exchange.good or self.connection.ended:
            self.drop()
        return exchange

    def note(self, exchange, response):
        exchange.answered = response is not None or bool(self.connection.buffer)
        if response is None:
            return
        exchange.status, exchange.complete, exchange.body = response.status, response.complete, response.body
        if "close" in response.header("Connection", "").lower():
            self.connection.ended = True


class Traffic:
    """Clients, one for each entry of the list `kinds`, at 127.0.0.1:`port`, while the block runs."""

    def __init__(self, port, kinds):
        self.port = port
        self.numbers = itertools.count(1)
        self.exchanges = []
        self.clients = [Client(self, kind) for kind in kinds]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *error):
        self.dismiss(self.clients)

    def join(self, kinds):
        """Add clients; dismiss() ends them, otherwise they stay to the end."""
        clients = [Client(self, kind) for kind in kinds]
        self.clients += clients
        for client in clients:
            client.start()
        return clients

    def dismiss(self, clients):
        for client in clients:
            client.leaves.set()
        for client in clients:
            client.join()

    def add(self, exchange):
        self.exchanges.append(exchange)

    # Waiting, based on the results of the traffic

    def good(self, since=0, kind="short"):
        return [exchange for exchange in self.exchanges[since:] if exchange.good and exchange.kind.name == kind]

    def wait(self, count=RECENT, seconds=20):
        """Wait until that many more short requests were answered."""
        since = len(self.exchanges)
        wait_for(lambda: len(self.good(since)) >= count, seconds, "%d more answers" % count)

    def run_for(self, seconds):
        """Wait until the static file was requested after that many seconds."""
        until = time.monotonic() + seconds
        wait_for(lambda: any(exchange.ended >= until for exchange in self.exchanges[-200:]), seconds + 20, "traffic")

    def wait_version(self, version, seconds=30):
        """Wait until the last responses were all of that version."""
        def seen():
            last = self.good()[-RECENT:]
            return {each for exchange in last for each, _ in exchange.answers} == {version}

        wait_for(seen, seconds, "version %s" % version)

    def pids(self, since=0):
        """Return the processes that responded, in order of the first response."""
        return list(dict.fromkeys(pid for exchange in self.good(since) for _, pid in exchange.answers))

    def wait_pids(self, count, other_than=(), since=0, seconds=30):
        """Wait until that many processes have responded, apart from `other_than`."""
        wait_for(lambda: len(set(self.pids(since)) - set(other_than)) >= count, seconds, "%d other processes" % count)
