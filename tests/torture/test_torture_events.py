# SPDX-License-Identifier: Apache-2.0
"""
Each call of the C library that fails while httpd starts, restarts or stops, or while workers are replaced, has a record,
and the service returns.

make check-torture runs all cases, check-long a sample of them (torture_cases.py).
"""
import subprocess
import time

import psutil
import pytest
from torture_cases import LIFE_CALLS, choose, choose_rounds, name_case, note_pass
from torture_events import EVENTS
from torture_life import APPS, CONFIG, LATE, SECONDS, Life
from torture_order import Order

from pyw import processes, wait_for

# httpd's parent has no part in a reload, or in the replacement of a worker.
PLACES = [(event, role) for event in EVENTS for role in ("parent", "manager", "worker", "template")
          if role != "parent" or event not in ("reload", "kill")]
SAMPLE = [("start", "parent", "fork"), ("graceful", "parent", "sendmsg"), ("reload", "manager", "fork"),
          ("kill", "template", "fork"), ("stop", "manager", "sendmsg")]


def cases():
    return [(*place, call) for place in PLACES for call in LIFE_CALLS]


class Trial:
    """One event with one failed call."""

    def __init__(self, life, event):
        self.life = life
        self.order = life.order
        (life.bring_up if EVENTS[event].needs_server else life.bring_down)()
        self.event = EVENTS[event](life)
        self.mended = 0
        self.event.prepare()

    def census(self, role):
        """Return {function: number of calls} of the event without a failure, and the descriptors after it."""
        self.order.begin_census(role, LIFE_CALLS)
        self.event.cause()
        wait_for(self.event.is_done, 2 * LATE, "the event")
        calls = self.order.end_census()
        problem = self.event.finish()
        assert not problem, problem
        self.life.bring_up()
        assert self.life.is_served()
        return calls, self.life.descriptors()

    def fail(self, role, call, number, descriptors):
        """Return what is wrong after the failure of one call."""
        self.order.give(role, call, number)
        try:
            self.event.cause()
            self.wait(lambda: self.event.is_done() or self.order.has_failed(), "the event")
            self.order.withdraw()
            self.conclude(descriptors)
        except (AssertionError, OSError) as error:
            return "%s: %s" % (type(error).__name__, error)
        finally:
            self.order.withdraw()
        return self.judge() if self.order.has_failed() else None

    def wait(self, condition, what):
        """Wait for the condition; longer, if a record says that something failed."""
        try:
            wait_for(condition, SECONDS, what)
        except AssertionError as error:
            if not self.event.reasons():
                raise AssertionError("%s, and no record says why" % error) from None
            wait_for(condition, LATE, what)

    def conclude(self, descriptors):
        """The event comes to its end, and then the server serves with all of its processes."""
        self.wait(lambda: self.event.is_done() or self.event.reasons(), "the end of the event")
        problem = self.event.finish()
        assert not problem, problem
        self.wait(lambda: self.has_come_back() and self.life.is_served(), "service")
        self.wait(lambda: self.has_come_back() and self.is_settled_by_requests(), "all workers")
        self.wait(self.life.has_its_processes, self.describe_processes)
        self.wait(lambda: not self.life.leaks(descriptors), lambda: "descriptors: %s" % self.life.leaks(descriptors))

    def is_settled_by_requests(self):
        """A worker whose application did not load loads it again for a request."""
        return self.life.is_settled() or self.life.is_served() and self.life.is_settled()

    def has_come_back(self):
        """Do what an administrator has to do: start httpd, or reload the application."""
        if not self.life.is_running():
            assert self.event.may_end_server, "httpd has exited"
            self.life.bring_down()
            self.life.bring_up()
        if self.life.is_impaired(self.event.since) and time.monotonic() > self.mended + SECONDS:
            self.life.reload()
            self.mended = time.monotonic()
        return True

    def describe_processes(self):
        found = [*self.life.programs(), *self.life.zombies()]
        return "processes: %s" % [(process.pid, processes.title(process)) for process in found]

    def judge(self):
        crashes = self.life.crashes(self.event.since)
        if crashes:
            return crashes[0]
        dead = [pid for pid in self.event.started() if not psutil.pid_exists(pid)]
        if dead and not self.event.reasons():
            return "no record says why %s ended" % dead
        return None


@pytest.mark.long
@pytest.mark.alone
class TestEvents:
    @pytest.fixture(scope="class")
    def life(self, make_httpd):
        server = make_httpd(CONFIG, apps=APPS, start=False)
        order = Order.for_server(server)
        server.allow_log("")
        life = Life(server, order)
        life.bring_up()
        life.census = {}
        return life

    def attempt(self, life, event, *failure):
        try:
            return Trial(life, event).fail(*failure)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            return "before the event: %s: %s" % (type(error).__name__, error)

    def census(self, life, event, role):
        if (event, role) not in life.census:
            life.census[event, role] = Trial(life, event).census(role)
        return life.census[event, role]

    @pytest.mark.parametrize("case", choose(cases(), SAMPLE), ids=name_case)
    def test_a_failed_call_has_a_reason_and_the_service_returns(self, life, case):
        event, role, call = case
        calls, descriptors = self.census(life, event, role)
        wrong = []
        for number in choose_rounds(calls[call], in_full=12, in_sample=1):
            result = self.attempt(life, event, role, call, number, descriptors)
            if result:
                wrong.append("call %d in %s: %s" % (number, life.order.place(), result))
                life.start_over()
        assert not wrong, "\n".join(wrong)
        note_pass(case)
