# SPDX-License-Identifier: Apache-2.0
"""The events in the life of a server during which calls fail."""
import os
import re
import shutil
import signal
import subprocess
import time

import torture_life
from torture_life import LATE, SECONDS

from pyw import processes, wait_for
from pyw.httpd import RUNNING, STARTED

READY = r"PYW0317: worker \d+ of group '\w+' is ready$"
KEPT = "PYW0(330|398|399)"     # the workers of a group stay, or are replaced for a reason
OLD_ENDS = "PYW0272"
UNREADABLE = "AH000(18|20): Configuration .*exiting"
STARTS = r"PYW03(13|91): (?:worker|template) (?P<pid>\d+) of group"


class Event:
    """`cause` begins the event. `is_done` tells whether it is complete, in success or in failure."""

    needs_server = True
    may_end_server = False
    killed = ()     # the processes that the event kills
    message = ""    # the text that an administrator reads at the terminal

    def __init__(self, life):
        self.life = life
        self.httpd = life.httpd
        self.since = self.httpd.log.position()

    def prepare(self):
        """Runs before calls can fail."""

    def count(self, pattern):
        return len(self.httpd.log.find(pattern, self.since))

    def started(self):
        """Return the pids of the workers and templates that were started."""
        return [int(re.search(STARTS, line).group("pid")) for line in self.httpd.log.find(STARTS, self.since)]

    def reasons(self):
        return self.life.reasons(self.since, self.killed) + self.message.splitlines()

    def finish(self):
        """Runs when the calls do not fail any more. Return what is wrong."""


class Start(Event):
    needs_server = False
    may_end_server = True
    is_refused = False

    def prepare(self):
        self.stderr = self.httpd.root / "stderr.txt"
        self.size = self.stderr.stat().st_size if self.stderr.exists() else 0

    def cause(self):
        begun = time.monotonic()
        try:
            self.httpd.start()
        except AssertionError:
            if self.life.is_running():
                raise
            self.is_refused = True
            self.message = self.stderr.read_bytes()[self.size:].decode(errors="replace")
        self.seconds = time.monotonic() - begun

    def is_done(self):
        return self.is_refused or self.count(READY) >= torture_life.WORKERS

    def finish(self):
        if self.seconds > (LATE if self.reasons() else SECONDS):
            return "httpd's start takes %.1f s" % self.seconds
        if not self.is_refused:
            return None
        if self.httpd.process.returncode < 0:
            return "httpd crashed with signal %d" % -self.httpd.process.returncode
        wait_for(lambda: not self.life.programs(), SECONDS, lambda: "left behind: %s" % self.life.programs())
        self.httpd.remove_socket_directories()
        return None if self.reasons() else "httpd did not start, and no message says why"


class Graceful(Event):
    """httpd exits if it cannot read its configuration, as at the start."""

    @property
    def may_end_server(self):
        return self.count(UNREADABLE) > 0

    def cause(self):
        os.kill(self.httpd.process.pid, signal.SIGUSR1)

    def is_done(self):
        return not self.life.is_running() or (self.count(STARTED) > 0 and self.count(KEPT) >= 2)


class Upgrade(Graceful):
    """
    A graceful restart with another pywsgid on disk: a manager takes over from another. If httpd cannot look at the file,
    or the new manager cannot take over, the old one continues until the next restart.
    """

    def prepare(self):
        program, new = self.httpd.root / "modules" / "pywsgid", self.httpd.root / "new"
        shutil.copy(program, new)
        new.rename(program)

    def is_done(self):
        return super().is_done() or (self.count(STARTED) > 0 and self.count(OLD_ENDS) > 0)


class Reload(Event):
    def prepare(self):
        self.old = self.httpd.managed()

    def cause(self):
        self.command = self.life.run_command("reload", "--all")

    def is_done(self):
        status = self.command.poll()
        return status is not None and (status > 0 or not any(map(processes.is_running, self.old)))

    def finish(self):
        try:
            self.message = self.command.communicate(timeout=LATE)[1]
        except subprocess.TimeoutExpired:
            self.command.kill()
            self.command.communicate()
            return "pywsgi reload did not return"
        return None if self.command.returncode == 0 or self.message else "pywsgi reload failed without a message"


class Kill(Event):
    """In each group, the worker of a request is killed."""

    def prepare(self):
        self.connections = []
        for site in self.life.sites:
            connection = site.connect(timeout=SECONDS)
            self.connections.append(connection)
            connection.start("GET", site.prefix + "/endless?key=kill", [("Connection", "close")])
            self.killed += int(connection.read_head().header("X-Worker")),

    def cause(self):
        for pid in self.killed:
            os.kill(pid, signal.SIGKILL)

    def is_done(self):
        return self.count(READY) >= len(self.killed)

    def finish(self):
        ends = [connection.is_closed_by_server() for connection in self.connections]
        for connection in self.connections:
            connection.close()
        return None if all(ends) else "the request of a killed worker does not end"


class Stop(Event):
    may_end_server = True

    def cause(self):
        self.httpd.remember_family()
        self.httpd.process.send_signal(signal.SIGTERM)

    def is_done(self):
        return not self.life.is_running()

    def finish(self):
        """No process may be left. The directory of the sockets may: the manager could not open or examine it."""
        wait_for(self.is_done, LATE, "end of httpd")
        RUNNING.remove(self.httpd)
        if self.httpd.process.returncode != 0:
            return "httpd ended with status %d" % self.httpd.process.returncode
        wait_for(lambda: not self.life.programs(), SECONDS, lambda: "left behind: %s" % self.life.programs())
        self.httpd.remove_socket_directories()
        return None


EVENTS = {"start": Start, "graceful": Graceful, "upgrade": Upgrade, "reload": Reload, "kill": Kill, "stop": Stop}
