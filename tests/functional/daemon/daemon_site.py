# SPDX-License-Identifier: Apache-2.0
"""Shared by the suites about processes: the application, and requests that the test holds and releases."""
import pathlib

from pyw import paths, wait_for
from pyw.site import Site
from pyw.wait import PATIENCE

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "daemon.wsgi", "support.py": paths.SUPPORT}


class DaemonSite(Site):
    def __init__(self, httpd, prefix=""):
        super().__init__(httpd, "daemon", prefix)

    def pid(self):
        return int(self.get("/pid").body)

    def facts(self):
        return self.get("/facts").json()

    def hold(self, path="/hold", count=1, **options):
        """Return a Held with `count` requests in which the application waits."""
        return Held(self, path, count, **options)

    def wait_pid_other_than(self, *pids, seconds=PATIENCE):
        """Return the pid of a worker that serves, other than these."""
        def look():
            response = self.get("/pid")
            return response and response.status == 200 and int(response.body) not in pids and int(response.body)

        return wait_for(look, seconds, "a successor of %s" % (pids,))


class Held:
    def __init__(self, site, path, count, wait=True):
        self.site = site
        self.key = site.new_key()
        self.connections = []
        for _ in range(count):
            connection = site.connect()
            connection.start("GET", "%s%s?key=%s" % (site.prefix, path, self.key))
            self.connections.append(connection)
        if wait:
            self.wait_begun(count)

    def wait_begun(self, count):
        self.pids = [int(note) for note in self.site.wait_notes(self.key, count)]
        return self.pids

    def let_go(self):
        (self.site.httpd.data / (self.key + ".go")).touch()

    def responses(self):
        return [connection.read_response() for connection in self.connections]

    def finish(self):
        self.let_go()
        return self.responses()
