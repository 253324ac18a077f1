# SPDX-License-Identifier: Apache-2.0
"""A running contender: its processes, its directory, its ports."""
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

START_SECONDS = 30
STOP_SECONDS = 20
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_root():
    return os.geteuid() == 0


class Server:
    """A contender. `key` is its name in tables, `peer` the key of the mod_wsgi to compare it with, `build` the
    directory of our artifacts. Subclasses determine what this machine lacks, and start their processes.
    """

    peer = None
    families = ("floor", "standard")

    def __init__(self, key, scratch, processes=2, threads=4):
        self.key = key
        self.processes, self.threads = processes, threads
        self.root = scratch / key
        self.apps = scratch / "apps"
        self.port, self.h2_port = free_port(), free_port()
        self.started = []

    def missing(self):
        """Return the files and programs that this machine lacks for it."""
        return []

    def commands(self):
        """Write the configuration; yield the commands of its processes, which all stay in the foreground."""
        raise NotImplementedError

    def start(self):
        self.root.mkdir(mode=0o755)
        (self.root / "run").mkdir()
        (self.root / "run").chmod(0o1777)
        for number, command in enumerate(self.commands()):
            with open(self.root / ("output.%d" % number), "wb") as output:
                self.started.append(subprocess.Popen(
                    [str(word) for word in command], cwd=str(self.root), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output, start_new_session=True))
        self._wait_for_answer()

    def _wait_for_answer(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/hello" % self.port, timeout=5) as response:
                    if response.read() == b"Hello, World!":
                        return
            except OSError:
                pass
            dead = [process.args[0] for process in self.started if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise RuntimeError("%s does not answer%s:\n%s" % (self.key, ", ended: %s" % dead if dead else "",
                                                                  self.output()))
            time.sleep(0.05)

    def output(self):
        files = sorted(self.root.glob("output.*")) + sorted(self.root.glob("*.log"))
        return "".join(file.read_text(errors="replace")[-2000:] for file in files)

    def roots(self):
        return [process.pid for process in self.started]

    def stop(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def absent(*paths):
    return [str(path) for path in paths if not pathlib.Path(path).exists()]
