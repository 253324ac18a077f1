# SPDX-License-Identifier: Apache-2.0
"""A server under mixed traffic, graceful restarts and new code does not grow: make check-soak MINUTES=30."""
import asyncio
import hashlib
import os
import random
import signal
import time

import pytest
from daemon_site import APPS
from slow_clients import Tally, fast_client, open_connection, slow_reader
from soak_growth import Growth

from pyw import processes, sanitizers, wait_for
from pyw.httpd import STARTED

CONFIG = """
WSGITempDir ${ROOT}/spool
WSGIDaemonProcess app threads=4
WSGIDaemonProcess touched threads=4
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
WSGIScriptAlias /touched ${APPS}/touched.wsgi process-group=touched
WSGIScriptAlias /embedded ${APPS}/app.wsgi
"""

MINUTES = float(os.environ.get("PYWSGI_SOAK_MINUTES", "1"))
ROUND = 10
PREFIXES = ("/app", "/touched", "/embedded")
KIB_PER_10000 = 256
STREAM = 1 << 20


async def upload(port, prefix, until, tally):
    """Send bodies of up to 300 KB, which the group keeps in memory or in a file."""
    while time.monotonic() < until:
        body = random.randbytes(random.randrange(300_000))
        reader, writer = await open_connection(port, 65536)
        writer.write(b"POST %s/digest HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (
            prefix.encode(), len(body)) + body)
        response = await reader.read()
        writer.close()
        if not response.endswith(hashlib.sha256(body).hexdigest().encode()):
            tally.failures.append(response[:100])
        tally.times.append(0)


async def abort(port, prefix, until, tally):
    """Leave in the middle of an upload, and in the middle of a response."""
    while time.monotonic() < until:
        for request in (b"POST %s/digest HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\nhalf of it",
                        b"GET %s/large?size=4000000 HTTP/1.1\r\nHost: x\r\n\r\n"):
            reader, writer = await open_connection(port)
            writer.write(request % prefix.encode())
            if request.startswith(b"GET"):
                await reader.read(1000)
            await writer.drain()
            writer.transport.abort()
            tally.times.append(0)
        await asyncio.sleep(0.1)


async def stream(port, prefix, until, tally):
    while time.monotonic() < until:
        size = await slow_reader(port, prefix + "/large?size=%d" % STREAM, random.random())
        if size < STREAM:
            tally.failures.append("%d bytes" % size)
        tally.times.append(0)


async def traffic(port, seconds, event):
    """Return {prefix: Tally} of a round, in the middle of which `event` happens."""
    tallies = {prefix: Tally() for prefix in PREFIXES}
    until = time.monotonic() + seconds
    clients = []
    for prefix, tally in tallies.items():
        clients += [fast_client(port, prefix + "/pid", seconds, tally) for _ in range(3)]
        clients += [client(port, prefix, until, tally) for client in (upload, abort, stream)]
    await asyncio.gather(asyncio.to_thread(event), *clients)
    return tallies


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(300 + 180 * MINUTES)
@sanitizers.memory_is_measured
class TestSoak:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(CONFIG, apps={**APPS, "touched.wsgi": APPS["app.wsgi"]}, start=False)
        (server.root / "spool").mkdir()
        (server.root / "spool").chmod(0o1777)
        return server.start()

    def event(self, server, number):
        """Return what happens in a round. For five minutes between two restarts the children can be measured."""
        return {2: lambda: self.touch(server), 3: lambda: self.graceful(server)}.get(number % 30, lambda: None)

    def graceful(self, server):
        since, children = server.log.position(), server.children()
        server.remember_family()
        os.kill(server.process.pid, signal.SIGUSR1)
        server.log.wait(STARTED, since)
        processes.wait_gone(children)

    def touch(self, server):
        since = server.log.position()
        os.utime(server.apps / "touched.wsgi")
        server.log.wait("PYW0317.*touched", since)

    def settle(self, server):
        """Wait until clients, replaced processes and requests are gone."""
        wait_for(lambda: not processes.clients(server.process.pid), what="the end of all connections")
        server.wait_for_workers()
        wait_for(lambda: len(server.workers()) == 2, what="the end of replaced workers")
        wait_for(lambda: not any((server.root / "spool").iterdir()), what="an empty directory for temporary files")
        wait_for(lambda: all(map(processes.is_running, processes.descendants(server.process.pid))), what="no zombie")

    def test_nothing_grows(self, server):
        growth, end, number = Growth(server), time.monotonic() + 60 * MINUTES, 0
        while time.monotonic() < end:
            tallies = asyncio.run(traffic(server.port, ROUND, self.event(server, number)))
            assert [failure for tally in tallies.values() for failure in tally.failures] == []
            self.settle(server)
            growth.sample({prefix: len(tally.times) for prefix, tally in tallies.items()})
            number += 1
        print(growth.table())
        assert growth.faults(KIB_PER_10000) == []
