# SPDX-License-Identifier: Apache-2.0
"""The resource limits of a worker; F30, F31."""
import contextlib
import os
import pathlib
import resource
import signal

import pytest
from lifecycle_site import APPS, ONE, DaemonSite

from pyw import paths, sanitizers, wait_for

MIB = 1 << 20
TRACEBACK = r"PYW06\d\d|Traceback|\]   |MemoryError"


@sanitizers.memory_is_limited
class TestAllOfThem:
    OPTIONS = "threads=2 memory-limit=700M virtual-memory-limit=3G process-limit=20000 file-limit=200 core-limit=1M"

    def test_they_are_set_for_good(self, site):
        assert site.get("/limits").json() == {
            "DATA": [700 * MIB] * 2, "AS": [3072 * MIB] * 2, "NPROC": [20000] * 2, "NOFILE": [200] * 2,
            "CORE": [MIB] * 2}

    def test_too_many_files_are_an_error_of_the_application_only(self, server, site):
        pid = site.pid()
        count, text = site.get("/files").body.decode().split(None, 1)
        assert 100 < int(count) < 200 and text == "Too many open files"
        assert site.pid() == pid


@sanitizers.memory_is_limited
@pytest.mark.parametrize("option", ["memory-limit=200M", "virtual-memory-limit=600M"])
class TestMemory:
    def test_too_much_is_a_memory_error_and_the_worker_lives_on(self, make_httpd, option):
        server = make_httpd(ONE % ("threads=2 " + option), apps=APPS)
        server.allow_log(TRACEBACK)
        site = DaemonSite(server)
        pid = site.pid()
        assert site.get("/grow?mib=800").status == 500
        server.log.wait("MemoryError")
        assert site.pid() == pid
        assert site.get("/grow?mib=10").status == 200


@pytest.mark.skipif(not paths.is_root(), reason="takes another user than httpd's")
class TestProcesses:
    OPTIONS = "user=nobody threads=2 process-limit=40"

    def test_a_fork_bomb_ends_at_the_limit(self, server, site):
        assert 0 < int(site.get("/processes?count=80").body) < 40
        assert site.get("/pid").status == 200


class TestDefault:
    def test_a_group_without_limits_has_httpds_limits(self, server, site):
        expected = {name: list(resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
                    for name in ("DATA", "AS", "NPROC", "CORE")}
        limits = site.get("/limits").json()
        assert {name: limits[name] for name in expected} == expected


def unified_cgroups():
    """Return where version 2 of the kernel's cgroups is mounted; None: nowhere, or without permission to write."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, directory, kind = line.split()[:3]
        if kind == "cgroup2" and os.access(directory + "/cgroup.procs", os.W_OK):
            return pathlib.Path(directory)
    return None


@pytest.mark.skipif(not paths.is_root() or not unified_cgroups(), reason="no cgroup of version 2 can be made here")
class TestCgroup:
    @pytest.fixture(scope="class")
    def cgroup(self):
        directory = unified_cgroups() / ("pywsgi-test-%d" % os.getpid())
        directory.mkdir()
        yield directory
        if directory.exists():
            directory.rmdir()

    @pytest.fixture(scope="class")
    def server(self, cgroup, make_httpd):
        return make_httpd(ONE % ("user=www-data threads=2 cgroup=%s" % cgroup), apps=APPS)

    def members(self, cgroup):
        return [int(pid) for pid in (cgroup / "cgroup.procs").read_text().split()]

    def test_the_worker_is_in_it_and_the_manager_is_not(self, server, site, cgroup):
        pid = site.pid()
        assert self.members(cgroup) == [pid]

    def test_so_is_its_successor(self, server, site, cgroup):
        server.allow_log("PYW0310")
        pid = site.pid()
        os.kill(pid, signal.SIGKILL)
        successor = site.wait_pid_other_than(pid)
        assert self.members(cgroup) == [successor]

    def test_without_it_no_worker_is_started(self, server, site, cgroup):
        server.allow_log("PYW0310|PYW0312|PYW0340|PYW024|PYW023")
        os.kill(site.pid(), signal.SIGKILL)

        def is_gone():
            with contextlib.suppress(OSError):
                cgroup.rmdir()
            for pid in self.members(cgroup) if cgroup.exists() else []:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not cgroup.exists()

        wait_for(is_gone, 10, "the end of the cgroup")
        line = server.log.wait("PYW0312")[0]
        assert "cgroup=%s does not take it: No such file or directory" % cgroup in line
        wait_for(lambda: site.get("/pid").status == 503)
        cgroup.mkdir()
        wait_for(lambda: site.get("/pid").status == 200, 60)
        assert self.members(cgroup) == [site.pid()]
