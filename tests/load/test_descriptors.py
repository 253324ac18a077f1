# SPDX-License-Identifier: Apache-2.0
"""F17: a child of httpd without free descriptors answers 503, does not spin, and recovers by itself."""
import subprocess

import pytest
from daemon_site import APPS

from pyw import processes, wait_for
from pyw.httpd import server_user

CONFIG = """
<Directory "/">
    AllowOverride None
    AllowOverrideList None
</Directory>
WSGIDaemonProcess app threads=4
WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""

BODY = b"x" * 300_000


class NoDescriptors:
    """Prevents the process from opening further descriptors; open descriptors stay open."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        with open("/proc/%d/limits" % self.pid) as limits:
            self.before = next(line.split()[3] for line in limits if line.startswith("Max open files"))
        wait_for(self.take_all, what="a limit that leaves none")

    def __exit__(self, *exc_info):
        self.limit(self.before)

    def take_all(self):
        """The descriptors of the previous request may be closed a moment later, so try again."""
        free = self.first_free()
        self.limit(free)
        return self.first_free() == free

    def first_free(self):
        used = processes.descriptors(self.pid)
        return next(number for number in range(len(used) + 1) if number not in used)

    def limit(self, number):
        """As the child's own user: otherwise even root needs a capability that containers do not have."""
        subprocess.run(["prlimit", "--pid", str(self.pid), "--nofile=%s:" % number], check=True,
                       user=server_user(), group=server_user(), extra_groups=[])


def spool_files(child):
    return [path for path in processes.descriptors(child.pid).values() if path.endswith("(deleted)")]


@pytest.mark.root
class TestNoDescriptors:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(CONFIG, apps=APPS)

    def cpu(self, server):
        return sum(sum(child.cpu_times()[:2]) for child in server.children())

    @pytest.mark.parametrize("method, path, body, log", [
        ("POST", "/digest", BODY, "Too many.*PYW0280"),
        ("GET", "/a_file", None, "Too many.*PYW0(231|285)"),
    ], ids=["upload", "file"])
    def test_503_and_then_as_before(self, site, server, method, path, body, log):
        server.expect_log(log)
        server.allow_log("Too many open files")
        child, = server.children()
        with site.connect() as connection:
            assert connection.request(method, path, body=body).status == 200
            wait_for(lambda: not spool_files(child), what="end of the request")
            before = self.cpu(server)
            with NoDescriptors(child.pid):
                response = connection.request(method, path, body=body)
                assert response.status == 503
            assert self.cpu(server) - before < 0.5, "busy loop"
        with site.connect() as connection:
            response = connection.request(method, path, body=body)
            assert response.status == 200 and response.complete
