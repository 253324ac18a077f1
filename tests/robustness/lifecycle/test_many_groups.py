# SPDX-License-Identifier: Apache-2.0
"""F50: hundreds of groups with a lower soft limit of descriptors, and groups that are added and removed."""
import os

import psutil
import pytest
from lifecycle_site import APPS, DaemonSite

from pyw import processes, wait_for

GROUP = "WSGIDaemonProcess %s threads=1 %s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n"

# By default the groups sleep, because starting hundreds of Pythons takes long. PYWSGI_MANY=1 runs a worker in each, and
# renames 100.
IS_LONG = "PYWSGI_MANY" in os.environ
GROUPS = 300
RENAMES = 100 if IS_LONG else 12
SOFT, HARD = 256, 4096


def groups(names, options="processes=0-1"):
    return "".join(GROUP % (name, options, name, name) for name in names)


def limits(process):
    """(soft, hard)"""
    with open("/proc/%d/limits" % process.pid) as file:
        line, = [line for line in file if line.startswith("Max open files")]
    return tuple(int(word) for word in line.split()[3:5])


@pytest.fixture
def make(make_httpd):
    def make_with(config, **options):
        return make_httpd(config, apps=APPS, **options)

    return make_with


@pytest.mark.long
class TestMoreGroupsThanTheSoftLimitAllows:
    NAMES = ["g%d" % number for number in range(GROUPS)]

    def test_all_are_served(self, make):
        server = make(groups(self.NAMES, "" if IS_LONG else "processes=0-1"), files=(SOFT, HARD))
        assert limits(server.process)[0] == SOFT
        for name in self.NAMES if IS_LONG else [*self.NAMES[::20], self.NAMES[-1]]:
            assert DaemonSite(server, "/" + name).get("/pid", timeout=60).status == 200
        assert limits(server.manager()) == (HARD, HARD)

    def test_a_child_of_httpd_keeps_connections_to_some_of_them_only(self, make):
        names = self.NAMES[:40]
        server = make(groups(names), files=(80, HARD))
        for _ in range(2):
            for name in names:
                assert DaemonSite(server, "/" + name).get("/pid", timeout=60).status == 200
        child, = server.children()
        assert processes.descriptor_count(child.pid) < 60


class TestLimitOfWorkers:
    """Above 1,023 select(2) does not work, so workers get the limit that httpd was started with."""

    def test_they_and_their_programs_have_the_original_one(self, make):
        server = make(groups(["app"], "") + groups(["limited"], "file-limit=300") + groups(["forked"], "preload=On"),
                      files=(SOFT, HARD))
        found = {}
        for name in ("app", "limited", "forked"):
            found[name] = limits(psutil.Process(DaemonSite(server, "/" + name).pid()))
        template, = server.templates()
        assert limits(template) == (SOFT, HARD)
        assert found == {"app": (SOFT, HARD), "limited": (300, 300), "forked": (SOFT, HARD)}


class TestTooManyForTheHardLimit:
    def test_httpd_does_not_start_and_names_the_number_needed(self, make):
        server = make(groups(["g%d" % number for number in range(50)]), start=False, files=(200, 200))
        server.allow_log("PYW0252.*50 groups need at least 246 descriptors, but the hard limit is 200|AH00020")
        with pytest.raises(AssertionError, match="httpd ended"):
            server.start()
        assert server.log.find("PYW0252.*50 groups need at least 246 descriptors")

    def test_workers_that_may_be_missing_are_announced(self, make):
        server = make(groups(["app"], "processes=0-100"), start=False, files=(200, 200))
        server.expect_log("PYW0255: 1 groups with up to 100 workers need up to 501 descriptors.*the hard limit is 200")
        server.start()
        assert DaemonSite(server, "/app").get("/pid").status == 200


@pytest.mark.long
class TestRenamedGroups:
    """Each restart renames a group: no process or file of the old groups is left."""
    STAYS = ["one", "two"]

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(groups([*self.STAYS, "renamed"]), apps=APPS)

    def rename(self, server, name):
        children = server.children()
        server.configure(groups([*self.STAYS, name]))
        server.graceful()
        processes.wait_gone(children, 20)
        assert DaemonSite(server, "/" + name).get("/pid").status == 200
        wait_for(lambda: len(server.sockets()) == 1, 20, server.sockets)

    def facts(self, server):
        """Return the descriptors of httpd's parent and the manager, and the tables of groups that the parent has
        mapped.
        """
        with open("/proc/%d/maps" % server.process.pid) as file:
            tables = sum("/dev/zero" in line for line in file)
        return [processes.descriptor_count(server.process.pid), processes.descriptor_count(server.manager().pid),
                tables]

    def test_their_descriptors_files_and_tables_are_given_back(self, server):
        for number in range(2):
            self.rename(server, "first%d" % number)
        before = self.facts(server)
        for number in range(RENAMES):
            self.rename(server, "again%d" % number)
        wait_for(lambda: all(now <= then for now, then in zip(self.facts(server), before)), 10,
                 lambda: (before, self.facts(server)))
        assert len(server.workers()) <= 3
