# SPDX-License-Identifier: Apache-2.0
"""Many requests, and the state of the processes afterwards."""
import threading

import psutil
import pytest

from pyw import processes, sanitizers, wait_for

CLIENTS = 16


def run_clients(site, requests, path="/pid"):
    """Send `requests` in total over CLIENTS persistent connections. Return the number of complete 200 responses, and
    the first others.
    """
    good, failures = [], []

    def client():
        with site.connect() as connection:
            for _ in range(requests // CLIENTS):
                response = connection.request("GET", site.prefix + path)
                if response is None or response.status != 200 or not response.complete:
                    failures.append(response)
                    return
                good.append(1)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(good), failures


@pytest.mark.long
@sanitizers.memory_is_measured
class TestLoad:
    CONFIG = "MaxKeepAliveRequests 0\n"

    def test_10000_requests_at_16_connections(self, site, server):
        assert run_clients(site, 2000) == (2000, [])
        before = {process: (processes.descriptors(process.pid), memory)
                  for process, memory in server.memory().items()}
        assert run_clients(site, 10000) == (10000, [])
        for process, (descriptors, memory) in before.items():
            assert psutil.pid_exists(process.pid), "a process died under load"
            wait_for(lambda: len(processes.descriptors(process.pid)) <= len(descriptors) + 1, 10,    # httpd closes connections with a delay
                     lambda: "%s, and not %s" % (processes.descriptors(process.pid), descriptors))
            assert process.memory_info().rss - memory < 1 << 20


@sanitizers.memory_is_measured
class TestSlowReaders:
    def test_a_client_that_does_not_read_costs_no_memory(self, site, server):
        """F14: data that the client does not read stays with its producer."""
        site.get("/pid")
        before = server.memory()
        with site.connect(receive_buffer=4096) as connection:
            connection.start("GET", site.prefix + "/large")
            assert connection.read_head().status == 200
            for _ in range(20):
                assert site.get("/pid").status == 200
            for process in server.children() + server.workers():
                assert process.memory_info().rss - before.get(process, process.memory_info().rss) < 8 << 20
