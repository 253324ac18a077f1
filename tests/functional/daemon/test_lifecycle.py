# SPDX-License-Identifier: Apache-2.0
"""Start, restart, graceful restart and stop of httpd; the death of the manager and of httpd's parent."""
import os
import re
import signal
import subprocess

import psutil
import pytest
from daemon_site import APPS, DaemonSite

from pyw import paths, processes, wait_for

GROUP = "WSGIDaemonProcess %s %s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n"


def groups(**options):
    return "".join(GROUP % (name, text, name, name) for name, text in options.items())


class TestStart:
    CONFIG = groups(one="processes=2", two="")

    def test_one_manager_and_the_workers_of_all_groups(self, server):
        assert server.manager() is not None
        wait_for(lambda: len(server.workers()) == 3)

    def test_the_directory_and_the_sockets_have_their_modes(self, server):
        directory, = server.socket_directories()
        assert directory.stat().st_mode & 0o7777 == 0o711
        assert directory.stat().st_uid == os.geteuid()
        for path in server.sockets():
            assert path.stat().st_mode & 0o7777 == 0o600
            if paths.is_root():
                assert path.owner() == "www-data"

    def test_httpd_and_the_manager_do_not_link_python(self, server):
        manager = server.manager()
        for process in [server.process, manager]:
            assert not any(re.search(r"libpython|pywsgi_cpython", path) for path in processes.maps(process.pid))
        assert not any("libapr" not in path and "httpd" in path for path in processes.maps(manager.pid))


class TestRestart:
    CONFIG = groups(app="threads=2")

    @pytest.fixture(autouse=True)
    def site(self, server):
        server.allow_log("PYW0257")     # on a busy machine a new manager needs more than a second
        return DaemonSite(server, "/app")

    @pytest.mark.parametrize("how", ["graceful", "restart"])
    def test_the_site_is_served_afterwards(self, site, server, how):
        for _ in range(3):
            getattr(server, how)()
            assert site.get("/pid").status == 200
        wait_for(lambda: len(server.workers()) == 1)
        assert server.manager() is not None

    def test_no_worker_of_the_time_before_is_left_behind(self, site, server):
        before = server.workers()
        server.graceful()
        site.pid()
        wait_for(lambda: len(server.workers()) == 1)
        now = server.workers()
        processes.wait_gone([worker for worker in before if worker not in now])

    def test_descriptors_of_parent_and_manager_do_not_grow(self, site, server):
        server.graceful()
        manager = server.manager()
        pids = server.process.pid, manager.pid
        site.pid()
        before = list(map(processes.descriptor_count, pids))
        for _ in range(4):
            server.graceful()
            site.pid()
        wait_for(lambda: all(processes.descriptor_count(pid) <= count for pid, count in zip(pids, before)))

    def test_a_changed_group_gets_new_workers(self, site, server):
        site.pid()
        server.configure(groups(app="threads=3 env=CHANGED=1"))
        server.graceful()
        wait_for(lambda: site.facts()["environ"].get("CHANGED") == "1")

    def test_a_new_group_is_started_and_a_removed_group_ends(self, site, server):
        """The removed group serves until httpd's old children have exited."""
        server.configure(groups(app="threads=3", added=""))
        server.graceful()
        assert DaemonSite(server, "/added").get("/pid").status == 200
        server.configure(groups(app="threads=3"))
        server.graceful()
        wait_for(lambda: len(server.workers()) == 1, 20)
        wait_for(lambda: len(server.sockets()) == 1)
        assert site.get("/pid").status == 200

    def test_without_groups_the_manager_exits_and_is_started_again(self, site, server):
        manager = server.manager()
        server.configure("")
        server.graceful()
        processes.wait_gone([manager])
        assert not server.sockets()
        server.configure(groups(app="threads=2"))
        server.graceful()
        wait_for(lambda: site.get("/pid").status == 200)  # an old child that has just started may accept once more

    def test_without_the_module_the_manager_exits_and_is_started_again(self, site, server):
        """A graceful restart with a configuration that does not load the module any more."""
        server.expect_log("AH00488")    # httpd: "long lost child came home"
        site.pid()
        server.remember_family()
        ours = [server.manager(), *server.workers()]
        server.pywsgi = False
        server.configure("")
        server.graceful()
        processes.wait_gone(ours)
        assert not server.socket_directories()
        assert server.get("/static.txt").status == 200
        server.pywsgi = True
        server.configure(groups(app="threads=2"))
        server.graceful()
        wait_for(lambda: site.get("/pid").status == 200)
        assert server.manager() not in ours

    def test_a_broken_configuration_does_not_stop_the_workers(self, site, server):
        pid = site.pid()
        good = server.config_text
        server.configure("WSGIDaemonProcess app thread=1")
        assert not server.configtest()[0]
        server.configure(good)
        assert site.pid() == pid


class TestStop:
    """make_httpd asserts at the end of a class that no process, socket or directory is left."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGWINCH], ids=["stop", "graceful-stop"])
    def test_nothing_is_left(self, make_httpd, number):
        server = make_httpd(groups(one="processes=2", two=""), apps=APPS)
        DaemonSite(server, "/one").pid()
        assert server.stop(number) == 0
        server.finish()

    def test_a_running_request_does_not_hold_the_end_up(self, make_httpd):
        server = make_httpd(groups(app="shutdown-timeout=500ms"), apps=APPS)
        server.allow_log(r"PYW0315|PYW0310")
        DaemonSite(server, "/app").hold()
        assert server.stop() == 0
        assert not server.log.find("AH00046")    # httpd kills a manager that does not exit
        server.finish()

    def test_httpd_killed_takes_the_workers_with_it(self, make_httpd):
        """httpd's children survive their parent; that is the behaviour of httpd."""
        server = make_httpd(groups(one="processes=2", two=""), apps=APPS)
        DaemonSite(server, "/one").pid()
        ours = [server.manager(), *server.workers()]
        server.remember_family()
        children = server.children()
        server.expected_status = -signal.SIGKILL
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        processes.wait_gone(ours)
        assert not server.socket_directories()
        processes.kill(children)
        server.allow_log(r"PYW03\d\d")
        server.finish()


class TestManagerDeath:
    """F9"""
    CONFIG = groups(app="threads=2")

    @pytest.fixture(autouse=True)
    def running(self, server):
        """A manager that has accepted the configuration, and its workers."""
        wait_for(server.workers)

    def test_it_is_started_again_and_the_old_workers_exit(self, server):
        site = DaemonSite(server, "/app")
        server.expect_log("PYW0253")
        server.allow_log(r"PYW0254|PYW03\d\d|PYW04\d\d")
        site.pid()
        server.remember_family()
        manager, workers = server.manager(), server.workers()
        os.kill(manager.pid, signal.SIGKILL)
        wait_for(lambda: server.manager() not in (None, manager), what="a new manager")
        assert site.get("/pid").status == 200
        processes.wait_gone(workers)
        wait_for(lambda: len(server.workers()) == 1)
        assert len(server.sockets()) == 1
        assert [child.pid for child in psutil.Process(server.process.pid).children()
                if processes.program(child) == "pywsgid"] == [server.manager().pid]

    def test_until_then_the_old_workers_serve(self, server):
        """httpd's parent is stopped (SIGSTOP), so that it cannot start another manager."""
        site = DaemonSite(server, "/app")
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d")
        pid, manager = site.pid(), server.manager()
        processes.stop(server.process.pid)
        os.kill(manager.pid, signal.SIGKILL)
        try:
            wait_for(lambda: not processes.is_running(manager))
            assert site.pid() == pid
        finally:
            server.process.send_signal(signal.SIGCONT)
        site.wait_pid_other_than(pid)
        wait_for(lambda: [worker.pid for worker in server.workers()] == [site.pid()])

    def test_running_requests_are_finished(self, server):
        site = DaemonSite(server, "/app")
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d")
        held = site.hold()
        manager = server.manager()
        os.kill(manager.pid, signal.SIGKILL)
        wait_for(lambda: server.manager() not in (None, manager), what="a new manager")
        response, = held.finish()
        assert response.status == 200


ORPHAN_SECONDS = 10  # five seconds, and a margin for a busy machine


class TestOrphans:
    """F9: five seconds after the manager's death all of its workers have exited, whatever they do."""
    LINGERING = ("import atexit, subprocess, time\natexit.register(time.sleep, 60)\n"
                 "subprocess.Popen(['/bin/sleep', '1000'])\n" + APPS["app.wsgi"].read_text())
    CONFIG = groups(app="", endless="shutdown-timeout=0") + GROUP.replace("app.wsgi", "lingering.wsgi") % (
        "lingering", "shutdown-timeout=3s", "lingering", "lingering")
    FILES = {**APPS, "lingering.wsgi": LINGERING}

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW02\d\d")

    def kill_manager(self, server):
        wait_for(lambda: len(server.workers()) == 3)
        orphans, manager = server.workers(), server.manager()
        programs = [child for orphan in orphans for child in processes.children(orphan)]
        assert len(programs) == 1
        server.remember_family()
        os.kill(manager.pid, signal.SIGKILL)
        return orphans + programs

    def test_requests_that_run_longer_are_cut(self, server):
        held = [DaemonSite(server, "/" + name).hold() for name in ("app", "endless", "lingering")]
        server.expect_log("PYW0419: .* its manager has exited")
        processes.wait_gone(self.kill_manager(server), ORPHAN_SECONDS)
        assert [one.responses()[0].status for one in held] == [502, 502, 502]
        assert DaemonSite(server, "/app").get("/pid").status == 200

    @pytest.mark.long
    def test_exit_functions_that_do_not_return_are_cut_too(self, server):
        assert DaemonSite(server, "/lingering").get("/pid").status == 200
        processes.wait_gone(self.kill_manager(server), ORPHAN_SECONDS)
        wait_for(lambda: len(server.workers()) == 3)


class TestOrphansThatDoNotServe:
    """F9 for workers that do not serve yet, or no longer, while their main thread is in Python or in the kernel."""
    HANGS = """
import os, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import DATA, note

def hang(name, sleep=time.sleep):
    if os.path.exists(os.path.join(DATA, "hang")):
        note(name, str(os.getpid()))
        sleep(1000)

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
"""
    FILES = {"support.py": APPS["support.py"],
             "importing.wsgi": HANGS + "hang('importing')",
             "locked.wsgi": HANGS + "import ctypes\nhang('locked', ctypes.PyDLL(None).sleep)",  # with the GIL
             "ending.wsgi": HANGS + "import atexit\natexit.register(hang, 'ending')",
             "loading.wsgi": HANGS + "hang('loading')",
             "forking.wsgi": HANGS + "os.register_at_fork(before=lambda: hang('forking'))",
             "forked.wsgi": HANGS + "os.register_at_fork(after_in_child=lambda: hang('forked'))",
             "starting.wsgi": HANGS}
    OPTIONS = {"importing": "", "locked": "", "ending": "shutdown-timeout=0", "starting": "python-home=VENV",
               "loading": "preload=On", "forking": "preload=On", "forked": "preload=On"}
    STARTS = ("import os, time; p = %r; os.path.exists(p + 'hang') and "
              "(open(p + 'starting', 'a').write('%%d\\n' %% os.getpid()), time.sleep(1000))")

    @pytest.fixture
    def server(self, make_httpd):
        """A group for each of them."""
        server = make_httpd("# to come", apps=self.FILES, start=False)
        home = server.root / "venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(home)], check=True)
        packages, = home.glob("lib/python3*/site-packages")
        (packages / "hang.pth").write_text(self.STARTS % (str(server.data) + "/") + "\n")
        server.configure("".join(
            (GROUP % (name, options.replace("VENV", str(home)), name, name)).replace("app.wsgi", name + ".wsgi")
            for name, options in self.OPTIONS.items()))
        server.allow_log(r"PYW0253|PYW0254|PYW03\d\d|PYW04\d\d|PYW02\d\d")
        (server.data / "hang").touch()
        return server.start()

    def hanging(self, server, name):
        note = server.data / name
        wait_for(lambda: note.exists() and note.read_text(), what="a worker that hangs: " + name)
        return psutil.Process(int(note.read_text().split()[0]))

    @pytest.mark.long
    def test_they_are_gone_too(self, server):
        ready, = server.log.wait("PYW0317: worker [0-9]+ of group 'ending'")
        os.kill(int(re.search("worker ([0-9]+)", ready).group(1)), signal.SIGTERM)
        hanging = [self.hanging(server, name) for name in self.OPTIONS]
        orphans = [*server.workers(), *server.templates(), *hanging]
        (server.data / "hang").unlink()
        server.remember_family()
        os.kill(server.manager().pid, signal.SIGKILL)
        processes.wait_gone(orphans, ORPHAN_SECONDS)
        for name in self.OPTIONS:
            assert DaemonSite(server, "/" + name).get("/").body == b"served"


class TestSocketRemoved:
    """F15: without effect, because connections are pooled, and workers without a socket are replaced."""
    CONFIG = groups(app="")

    def test_the_next_request_is_served_and_the_sockets_come_back(self, server):
        server.allow_log(r"PYW03\d\d")
        site = DaemonSite(server, "/app")
        pid = site.pid()
        server.remove_sockets()
        assert site.get("/pid").status == 200
        site.wait_pid_other_than(pid)  # httpd's next children could not reach a worker without a socket
        wait_for(lambda: len(server.sockets()) == 1)

    def test_a_new_child_of_httpd_is_served_too(self, server):
        server.allow_log(r"PYW03\d\d")
        site = DaemonSite(server, "/app")
        for _ in range(2):
            server.remove_sockets()
            server.graceful()
            assert site.get("/pid").status == 200
