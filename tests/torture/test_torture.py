# SPDX-License-Identifier: Apache-2.0
"""
Each call of the C library that fails during a request leads to an answer, a record and a server that goes on serving.

make check-torture runs all cases, check-long a sample of them (torture_cases.py).
"""

import pytest
import torture_requests
from torture_cases import CALLS, CRASH, PYTHON_CALLS, REASON, choose, choose_rounds, name_case, note_pass
from torture_order import Order
from torture_requests import BLOCK, REQUESTS

from pyw import paths, processes, wait_for
from pyw.site import Site

CONFIG = """
WSGIPythonPath ${APPS}
WSGIDaemonProcess app processes=2 threads=3 python-path=${APPS} socket-timeout=5s startup-timeout=20s
WSGIDaemonProcess streamed threads=2 python-path=${APPS} socket-timeout=5s request-buffer=0 request-spool=0
WSGIScriptAlias /daemon ${APPS}/torture.wsgi process-group=app
WSGIScriptAlias /streamed ${APPS}/torture.wsgi process-group=streamed
WSGIScriptAlias /embedded ${APPS}/torture.wsgi
"""
APPS = {"torture.wsgi": paths.TESTS / "torture" / "torture.wsgi", "support.py": paths.SUPPORT}

PLACES = (("daemon", "worker"), ("daemon", "child"), ("embedded", "child"), ("daemon", "manager"))
SAMPLE = [("daemon", "worker", "recvmsg", "get"), ("daemon", "worker", "sendmsg", "stream"),
          ("daemon", "worker", "malloc", "get"), ("daemon", "child", "sendmsg", "streamed upload"),
          ("embedded", "child", "malloc", "get"), ("daemon", "worker", "PyObject_Malloc", "small upload")]

# The application itself has no memory in its close(), so it cannot note the call.
UNNOTED = "closed"


def cases():
    every = [(*place, call, request) for place in PLACES for call in CALLS for request in REQUESTS]
    return every + [("daemon", "worker", call, request) for call in PYTHON_CALLS for request in REQUESTS
                    if request != UNNOTED]


class Victim:
    """A server whose calls fail on order."""

    def __init__(self, httpd, order):
        self.httpd = httpd
        self.order = order

    def count(self, site, role, call, request):
        self.order.give(role, call)
        answer = REQUESTS[request](site)
        assert answer.is_expected and not answer.problem, "without a failed call: %s" % answer.problem
        return self.order.withdraw()

    def round(self, site, role, call, request, number):
        """Return what is wrong after the failure of one call."""
        since = self.httpd.log.position()
        self.order.give(role, call, number)
        try:
            answer = REQUESTS[request](site)
        except (OSError, AssertionError) as error:
            return "%s: %r" % (type(error).__name__, error)
        finally:
            self.order.withdraw()
        if not self.order.has_failed():
            return None
        return answer.problem or self.missing_reason(answer, since) or self.still_broken(site) or self.crash(since)

    def missing_reason(self, answer, since):
        if answer.is_expected:
            return None
        try:
            wait_for(lambda: self.httpd.log.find(REASON, since), torture_requests.SECONDS)
        except AssertionError:
            return "no record says why"
        return None

    def crash(self, since):
        lines = self.httpd.log.find(CRASH, since)
        return lines[0] if lines else None

    def still_broken(self, site):
        def is_back():
            response = site.get("/small", timeout=torture_requests.SECONDS)
            return response is not None and response.body == b"small"

        try:
            wait_for(is_back, torture_requests.SECONDS, "service")
        except (OSError, AssertionError) as error:
            return "not served again: %r" % error
        return None

    def descriptors(self):
        """Return {process: number of descriptors} of the processes that live on."""
        family = [*self.httpd.children(), self.httpd.manager(), *self.httpd.workers()]
        return {process: processes.descriptor_count(process.pid) for process in family if process}

    def check_descriptors(self, before):
        """A pool of connections may grow by the connections of the request, not by the number of rounds."""
        def leaks():
            now = self.descriptors()
            return {process: (before[process], now[process]) for process in now
                    if process in before and now[process] > before[process] + 4}

        wait_for(lambda: not leaks(), torture_requests.SECONDS, lambda: "descriptors: %s" % leaks())


@pytest.mark.long
class TestRequests:
    @pytest.fixture(scope="class")
    def victim(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        order = Order.for_server(server)
        server.allow_log("")
        (server.data / "file").write_bytes(BLOCK * 100)
        server.start()
        server.wait_for_workers()
        victim = Victim(server, order)
        for mode in ("daemon", "embedded"):
            for request in REQUESTS.values():
                assert request(Site(server, mode)).is_expected
        return victim

    @pytest.mark.parametrize("case", choose(cases(), SAMPLE), ids=name_case)
    def test_a_failed_call_has_an_answer_and_a_reason(self, victim, case):
        mode, role, call, request = case
        site = Site(victim.httpd, mode)
        before = victim.descriptors()
        wrong = []
        count = victim.count(site, role, call, request)
        assert count > 0 or call != "PyObject_Malloc", "fail_call.c does not see Python's allocations"
        for number in choose_rounds(count, in_full=40, in_sample=5):
            result = victim.round(site, role, call, request, number)
            if result:
                wrong.append("call %d in %s: %s" % (number, victim.order.place(), result))
        assert not wrong, "\n".join(wrong)
        victim.check_descriptors(before)
        note_pass(case)
