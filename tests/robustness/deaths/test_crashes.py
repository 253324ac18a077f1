# SPDX-License-Identifier: Apache-2.0
"""The log describes a worker that died: the signal, its memory, its requests, and its Python stacks."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
from death_site import APPS, ONE, DaemonSite, exit_report

from pyw import paths, pythons, wait_for

MEMORY_CGROUP = pathlib.Path("/sys/fs/cgroup/memory")


def crash(site, how, **more):
    """Return the pid of the worker that was made to crash."""
    key = site.new_key()
    arguments = "&".join("%s=%s" % item for item in more.items())
    assert site.get("/crash?how=%s&key=%s&%s" % (how, key, arguments)).status == 502
    return int(site.notes(key)[0])


class TestStacks:
    OPTIONS = "threads=4"

    @pytest.mark.parametrize("how, name", [("read", "SIGSEGV at address 0x10,"), ("abort", "SIGABRT,"),
                                           ("SIGBUS", "SIGBUS,"), ("SIGFPE", "SIGFPE,"), ("SIGILL", "SIGILL,")])
    def test_the_stacks_of_its_threads_come_before_the_exit_report(self, server, site, how, name):
        since = server.log.position()
        pid = crash(site, how)
        line = exit_report(server, pid, since)
        assert "(%s)" % name.split()[0].strip(",") in line
        first, = server.log.find(r"PYW0365: worker %d of group 'app' crashes: %s" % (pid, name), since)
        lines = server.log.lines(since)
        stack = [text for text in lines[lines.index(first):lines.index(line)] if "PYW0366" in text]
        assert any("app.wsgi" in text and text.endswith("in crash") for text in stack), "\n".join(lines)
        thread = first.split("in thread ")[1].split(";")[0]
        head = [number for number, text in enumerate(stack) if thread in text]
        assert "File" in stack[head[0] + 1], "the stack of the thread that is named"

    def test_a_thread_whose_stack_overflowed(self, server, site):
        since = server.log.position()
        pid = crash(site, "overflow")
        assert "SIGSEGV" in exit_report(server, pid, since)
        assert server.log.find(r"PYW0365: worker %d " % pid, since)
        assert server.log.find(r"PYW0366.*app\.wsgi.* in overflow", since)

    def test_the_crashing_request_is_distinguished_from_the_others(self, server, site):
        since = server.log.position()
        held = site.hold()
        pid = crash(site, "read")
        line = exit_report(server, pid, since)
        assert "it died of: GET /crash?how=read" in line
        assert "it was also running: GET /hold?" in line
        assert server.log.find("PYW0366.*app.wsgi.* in hold", since)
        assert held.responses()[0].status == 502

    def test_a_faulthandler_of_the_application_has_its_say_too(self, server, site):
        server.allow_log(r"Fatal Python error|Thread 0x|thread 0x|  File |Extension modules|\(most recent call|^$|<")
        server.allow_log(r"C stack trace|Binary file")     # CPython 3.14
        server.allow_log(r"\(total: \d+\)")                # a record of another process may intervene
        since = server.log.position()
        pid = crash(site, "read", faulthandler="yes")
        assert "SIGSEGV" in exit_report(server, pid, since)
        assert server.log.find(r"\[pid %d:tid \d+\] Fatal Python error: Segmentation fault" % pid, since)
        assert server.log.find(r"PYW0365: worker %d " % pid, since)

    def test_a_signal_from_outside_blames_no_request(self, server, site):
        since = server.log.position()
        held = site.hold()
        os.kill(held.pids[0], signal.SIGSEGV)
        line = exit_report(server, held.pids[0], since)
        assert "it was running: GET /hold" in line and "died of" not in line
        assert server.log.find("PYW0365.*SIGSEGV sent by pid %d" % os.getpid(), since)

    def test_a_crash_in_a_forked_child_is_not_the_workers(self, server, site):
        pid = site.pid()
        since = server.log.position()
        assert site.get("/crash_child").body == b"11"
        assert site.pid() == pid
        assert not server.log.find("PYW0365", since)


class TestHostileBoard:
    OPTIONS = "threads=4"

    @pytest.mark.parametrize("byte", ["00", "0a", "1b", "41", "ff"])
    def test_the_manager_does_not_trust_the_board(self, server, site, byte):
        manager = server.manager()
        since = server.log.position()
        key = site.new_key()
        assert site.get("/scribble?byte=%s&key=%s" % (byte, key)).status == 502
        pid = int(site.notes(key)[0])
        assert "SIGSEGV" in exit_report(server, pid, since)
        site.wait_pid_other_than(pid)
        assert server.manager().pid == manager.pid
        lines = server.log.lines(since)
        assert len(lines) < 400 and all(len(line) < 10000 for line in lines)
        assert not any("\x1b" in line for line in lines), "control bytes are written as text"


class TestCoreFile:
    OPTIONS = "threads=2 core-limit=1G"
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(ONE % (self.OPTIONS + " home=${DATA}"), apps=APPS)
        yield server
        for file in server.data.glob("core*"):
            file.unlink()

    @pytest.mark.skipif("/" in pattern or pattern.startswith("|"), reason="core files go elsewhere on this machine")
    def test_it_is_written_all_the_same(self, server, site):
        pid = crash(site, "read")
        assert "core dumped" in exit_report(server, pid)
        assert list(server.data.glob("core*"))


class TestExitReport:
    OPTIONS = "processes=2 threads=2"

    def test_it_has_signal_memory_and_request_ids(self, server, site):
        held = site.hold()
        since = server.log.position()
        server.wait_for_look()
        os.kill(held.pids[0], signal.SIGKILL)
        line = exit_report(server, held.pids[0], since)
        assert "signal 9 (SIGKILL) after" in line, "nobody is blamed"
        size, most = map(int, re.search(r"with (\d+) MiB of memory \((\d+) MiB at most\)", line).groups())
        assert 5 < size <= most < 500
        request = line.split("it was running: GET /hold?key=")[1]
        assert re.search(r" \(id [\w/+@-]{8,}\)$", request)

    def test_a_request_line_that_was_running_three_times_is_named_once(self, server, site):
        since = server.log.position()
        for _ in range(2):
            crash(site, "read")
        assert not server.log.find("PYW0367", since)
        for _ in range(3):
            pid = crash(site, "read")
        exit_report(server, pid, since)
        wait_for(lambda: len(server.workers()) == 2)
        line, = server.log.find("PYW0367", since)
        assert '"GET /crash"' in line


@pytest.mark.skipif(not paths.is_root() or not os.access(MEMORY_CGROUP / "memory.oom_control", os.W_OK),
                    reason="no memory cgroup (version 1) of this machine can be given a limit")
class TestOutOfMemory:
    OPTIONS = "threads=2"

    @pytest.fixture
    def cgroup(self):
        directory = MEMORY_CGROUP / ("pywsgi-test-%d" % os.getpid())
        directory.mkdir()
        (directory / "memory.limit_in_bytes").write_text(str(100 << 20))
        yield directory
        for pid in (directory / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        wait_for(lambda: not (directory / "cgroup.procs").read_text())
        directory.rmdir()

    @pytest.mark.long
    def test_the_kernels_killer_is_named(self, server, site, cgroup):
        pid = site.pid()
        (cgroup / "cgroup.procs").write_text(str(pid))
        file = cgroup / "memory.oom_control"
        # Two checks of the manager, so that it knows the current state of the worker.
        for _ in range(2):
            server.wait_for_look()
        assert site.get("/grow?mib=300").status == 502
        assert "by the kernel's OOM killer (oom_kill of %s went from 0 to 1" % file in exit_report(server, pid)
        program = [server.root / "modules" / "pywsgi", "status", "--json", "--directory", server.run]
        shown = json.loads(subprocess.run(program, stdout=subprocess.PIPE, timeout=30).stdout)
        assert shown["groups"][0]["restarts"]["oom"] == 1


usable = [series for series, prefix in pythons.others().items() if pythons.httpd_class(prefix)]


@pytest.mark.parametrize("series", usable)
class TestEachPython:
    @pytest.fixture
    def server(self, series):
        prefix = pythons.others()[series]
        config = ONE % ('threads=2 python-home="%s"' % prefix)
        server = pythons.httpd_class(prefix)(config, apps=APPS).start()
        yield server
        server.finish()

    def test_the_stacks_are_in_the_log(self, server):
        site = DaemonSite(server)
        pid = crash(site, "read")
        assert "SIGSEGV" in exit_report(server, pid)
        assert server.log.find(r"PYW0365: worker %d " % pid)
        assert server.log.find(r"PYW0366.*app\.wsgi.* in crash")
