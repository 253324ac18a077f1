# SPDX-License-Identifier: Apache-2.0
"""Runs pywsgi as an administrator or a deploy script does."""
import contextlib
import json
import os
import subprocess
import sys

from pyw import paths, wait_for

DAEMON, LIFECYCLE = paths.TESTS / "functional" / "daemon", paths.TESTS / "robustness" / "lifecycle"
sys.path[:0] = [str(DAEMON), str(LIFECYCLE)]

from daemon_site import DaemonSite  # noqa: E402, F401
from traffic import Clients  # noqa: E402, F401

APPS = {"app.wsgi": DAEMON / "daemon.wsgi", "support.py": paths.SUPPORT}
GROUP = "WSGIDaemonProcess %s %s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n"


HEALTHY, IMPAIRED, FAILING = 0, 4, 5    # exit statuses of `pywsgi status`


def groups(**options):
    return "".join(GROUP % (name, text, name, name) for name, text in options.items())


@contextlib.contextmanager
def held_gil(make_httpd):
    """Yield the commands of a server while a request in C code holds the GIL of its worker, for three seconds."""
    apps = {**APPS, "app.wsgi": LIFECYCLE / "lifecycle.wsgi"}
    site = DaemonSite(make_httpd(groups(app="threads=2"), apps=apps), "/app")
    key = site.new_key()
    with site.connect() as connection:
        connection.start("GET", "/app/stuck_in_c?seconds=3&key=" + key)
        site.wait_notes(key, 1)
        yield Commands(site.httpd)
        assert connection.read_response().status == 200


class Commands:
    def __init__(self, server):
        self.server = server
        self.program = str(server.root / "modules" / "pywsgi")

    def start(self, *arguments, directory=True, **options):
        where = ["--directory", str(self.server.run)] if directory is True else []
        return subprocess.Popen([self.program, *arguments, *where], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", **options)

    def run(self, *arguments, **options):
        """Return (exit status, output, error output)."""
        process = self.start(*arguments, **options)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def do(self, *arguments):
        status, output, errors = self.run(*arguments)
        assert status == 0, (arguments, status, output, errors)
        return output

    def refused(self, *arguments, status=1):
        found, output, errors = self.run(*arguments)
        assert found == status and not output, (arguments, found, output, errors)
        return errors

    def status(self, *arguments):
        status, output, errors = self.run("status", "--json", *arguments)
        assert status in (HEALTHY, IMPAIRED, FAILING), (arguments, status, output, errors)
        return json.loads(output)

    def health(self, *arguments):
        """Return the exit status of `pywsgi status`."""
        return self.run("status", *arguments)[0]

    def table(self):
        return self.run("status")[1]

    def group(self, name):
        found, = [group for group in self.status()["groups"] if group["name"] == name]
        return found

    def wait_settled(self, name, count=1):
        """Wait until the group has `count` ready workers and no other ones, such as workers that finish."""
        def states():
            return sorted(worker["state"] for worker in self.group(name)["workers"])

        wait_for(lambda: states() in (["ready"] * count, ["ready"] * count + ["template"]), what=states)

    def workers(self, name, state="ready"):
        return [worker for worker in self.group(name)["workers"] if worker["state"] == state]


def as_nobody():
    os.setgid(65534)
    os.setuid(65534)
