# SPDX-License-Identifier: Apache-2.0
"""A server during whose start, restarts, reloads, deaths and stop calls fail."""
import os
import re
import subprocess

import psutil
from torture_cases import CRASH, REASON

from pyw import paths, processes, wait_for
from pyw.httpd import RUNNING
from pyw.site import Site

# The limits are shorter than the defaults, so that a wait for one of them ends within LATE.
CONFIG = """
WSGIDaemonProcess app processes=2 threads=3 python-path=${APPS} startup-timeout=10s graceful-timeout=3s \\
    shutdown-timeout=2s
WSGIDaemonProcess preloaded preload=On threads=2 python-path=${APPS} startup-timeout=10s graceful-timeout=3s \\
    shutdown-timeout=2s
WSGIScriptAlias /app ${APPS}/torture.wsgi process-group=app
WSGIScriptAlias /preloaded ${APPS}/torture.wsgi process-group=preloaded
"""
APPS = {"torture.wsgi": paths.TESTS / "torture" / "torture.wsgi", "support.py": paths.SUPPORT}
THREADS = {"app": 6, "preloaded": 2}
WORKERS = 3
PROGRAMS = WORKERS + 2     # with the manager and the template

# A worker has fewer threads; a template without the application, which its workers have to load.
IMPAIRED = "PYW0415|PYW0394: .*could not be loaded"

SUSPECT = "PYW0367"     # a request is suspected, because all workers that were killed were running it

SECONDS = 5     # the limit for an event and for the return of the service
LATE = 20       # ... if a record says that something failed: pauses before the next attempt are documented


class Life:
    def __init__(self, httpd, order):
        self.httpd = httpd
        self.order = order
        self.sites = [Site(httpd, group) for group in THREADS]

    # Its state

    def is_running(self):
        return self.httpd.process is not None and self.httpd.process.poll() is None

    def groups(self):
        """Return the groups as `pywsgi status` shows them; []: the manager does not answer."""
        try:
            return self.httpd.group_status()
        except ValueError:
            return []

    def is_settled(self):
        """Return whether all workers are ready, and no others exist."""
        states = [worker["state"] for group in self.groups() for worker in group["workers"]]
        return sorted(states) == ["ready"] * WORKERS + ["template"]

    def is_served(self):
        """Return whether all threads of all workers serve at the same time, which needs all slots, too."""
        connections = []
        try:
            for site in self.sites:
                for _ in range(THREADS[site.mode]):
                    connections.append(site.connect(timeout=LATE))
                    connections[-1].start("GET", site.prefix + "/endless?key=served")
            heads = [connection.read_head() for connection in connections]
            return all(head is not None and head.status == 200 for head in heads)
        except OSError:
            return False
        finally:
            for connection in connections:
                connection.close()

    def is_impaired(self, since):
        """Return whether the log announces a lasting consequence, which only new code or a reload mends."""
        return bool(self.httpd.log.find(IMPAIRED, since))

    def programs(self):
        """Return the processes of pywsgid, with those that a dead parent has left."""
        def runs_pywsgid(pid):
            try:
                program = os.readlink("/proc/%d/exe" % pid)
                return program.replace(" (deleted)", "") == str(self.httpd.root / "modules" / "pywsgid")
            except OSError:
                return False

        return processes.existing(filter(runs_pywsgid, psutil.pids()))

    def zombies(self):
        family = processes.descendants(self.httpd.process.pid)
        return [process for process in family if processes.is_zombie(process)]

    def has_its_processes(self):
        return len(self.programs()) == PROGRAMS and not self.zombies()

    def descriptors(self):
        """Return the number of descriptors of each process that serves no requests."""
        family = {"parent": psutil.Process(self.httpd.process.pid), "manager": self.httpd.manager(),
                  "template": next(iter(self.httpd.templates()), None)}
        return {role: processes.descriptor_count(process.pid) for role, process in family.items() if process}

    def leaks(self, before):
        now = self.descriptors()
        return {role: (before[role], count) for role, count in now.items() if count > before.get(role, count)}

    # Its log

    def reasons(self, since, killed=()):
        """Return the warnings and errors, without those about deaths that the test itself caused."""
        caused = "|".join([SUSPECT, *(r"\b%d\b" % pid for pid in killed)])
        return [line for line in self.httpd.log.find(REASON, since) if not re.search(caused, line)]

    def crashes(self, since):
        return self.httpd.log.find(CRASH, since)

    # Transitions

    def bring_up(self):
        if not self.is_running():
            self.httpd.start()
        wait_for(self.is_quiet, 2 * LATE, "all workers")

    def is_quiet(self):
        """Return whether nothing is going to happen. After a failed reload the manager tries again some time."""
        if any(group["reload_failed_at"] for group in self.groups()):
            self.reload()
            return False
        return self.is_settled()

    def bring_down(self):
        if self.is_running():
            self.httpd.stop()
        elif self.httpd in RUNNING:     # it has exited by itself
            RUNNING.remove(self.httpd)

    def reload(self):
        self.run_command("reload", "--all").communicate(timeout=LATE)

    def start_over(self):
        """After a failure: nothing that is left of it takes part in the next round."""
        if self.httpd in RUNNING:
            RUNNING.remove(self.httpd)
        for process in [*self.session(), *self.programs()]:
            processes.kill([process])
        self.httpd.process.wait()
        processes.wait_gone(self.programs())
        self.httpd.remove_socket_directories()

    def session(self):
        """Return the processes of httpd's session. The manager has a session of its own."""
        def is_member(pid):
            try:
                return os.getsid(pid) == self.httpd.process.pid
            except OSError:
                return False

        return processes.existing(filter(is_member, psutil.pids()))

    def run_command(self, *arguments):
        program = [str(self.httpd.root / "modules" / "pywsgi"), *arguments, "--directory", str(self.httpd.run)]
        return subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)
