# SPDX-License-Identifier: Apache-2.0
"""preload=On: a template loads the application once and forks the workers, which behave like any others."""
import os
import pathlib
import re
import signal

import pytest
from lifecycle_site import APPS, ONE, DaemonSite, time_of
from traffic import Clients

import test_handover
import test_pythons

from pyw import processes, pythons, wait_for, wire

SCRIPT = pathlib.Path(__file__).resolve().with_name("preload.wsgi")
FILES = dict(APPS, **{"app.wsgi": SCRIPT})
DEATHS = r"PYW0310|PYW024\d"
BROKEN = r"PYW0316|PYW0317|PYW0394|PYW06\d\d|PYW05\d\d|PYW0310|Traceback|\]   |File|Error"


@pytest.fixture(scope="class")
def server(request, make_httpd):
    return make_httpd(ONE % request.cls.OPTIONS, apps=getattr(request.cls, "FILES", FILES))


def has_one_code(server):
    """While workers are replaced, one of the old ones may not know yet that it has to go."""
    return all(worker["generation"] == group["generation"]
               for group in server.group_status() for worker in group["workers"])


def processes_of(server, count=1, but=()):
    """Return (workers, template) when that many exist, all with the same code, without the processes `but`."""
    def look():
        workers, templates = server.workers(), server.templates()
        return (len(workers) == count and len(templates) == 1 and not {*workers, *templates} & set(but)
                and all(map(processes.is_running, workers + templates)) and has_one_code(server)
                and (workers, templates[0]))

    return wait_for(look, what=lambda: (server.workers(), server.templates()))


def kill(process):
    os.kill(process.pid, signal.SIGKILL)


def write(server, text):
    (server.apps / "new").write_text(text)
    (server.apps / "new").rename(server.apps / "app.wsgi")


def version(name):
    return SCRIPT.read_text().replace('VERSION = "one"', 'VERSION = "%s"' % name)


def version_of(site):
    response = site.get("/state")
    return response.status == 200 and response.body.split()[2].decode()


def places(process):
    """Return the targets of its descriptors, without the numbers that differ, and without the connections of httpd's
    children.
    """
    found = {fd: re.sub(r"\d+", "", path) for fd, path in processes.descriptors(process.pid).items()}
    return {fd: path for fd, path in found.items() if fd < 7 or path != "socket:[]"}


def arguments(process):
    """Return the arguments as ps(1) shows them."""
    return pathlib.Path("/proc/%d/cmdline" % process.pid).read_text().replace("\0", " ").strip()


def lines(process):
    return pathlib.Path("/proc/%d/maps" % process.pid).read_text().splitlines()


class TestWorkers:
    OPTIONS = "processes=3 threads=2 preload=On\nWSGIDaemonProcess plain threads=2\n" \
              "WSGIScriptAlias /plain ${APPS}/plain.wsgi process-group=plain"
    FILES = dict(FILES, **{"plain.wsgi": "def application(environ, start_response):\n"
                                         "    start_response('200 OK', [])\n"
                                         "    return [b'plain']\n"})

    @pytest.fixture(scope="class")
    def group(self, server):
        wait_for(lambda: len(server.workers("app")) == 3 and len(server.templates()) == 1)
        return server.workers("app"), server.templates("app")[0]

    def test_the_application_is_loaded_once(self, server, site, group):
        assert site.get("/state").body.split()[1] == b"%d" % group[1].pid
        assert (server.data / "loaded").read_text() == "%d\n" % group[1].pid

    def test_ps_shows_the_group_as_of_an_executed_worker(self, server, group):
        shown = [arguments(worker) for worker in [*group[0], *server.workers("plain")]]
        assert shown == ["pywsgid --worker app"] * 3 + ["pywsgid --worker plain"]
        assert arguments(group[1]) == "pywsgid --template app"

    def test_they_are_the_managers_children_and_lead_their_process_groups(self, server, group):
        for worker in group[0]:
            assert worker.ppid() == server.manager().pid
            assert os.getpgid(worker.pid) == worker.pid

    def test_they_have_the_descriptors_that_an_executed_one_has(self, server, site, group):
        def look():
            return [places(worker) for worker in [*group[0], server.workers("plain")[0]]]

        wait_for(lambda: all("anon_inode:[eventpoll]" in one.values() and one == look()[-1] for one in look()), what=look)

    def test_a_forked_worker_has_its_own_board_and_not_that_of_the_template(self, group):
        boards = [[path for path in processes.descriptors(process.pid).values() if "pywsgi-board" in path]
                  for process in [*group[0], group[1]]]
        assert [len(paths) for paths in boards] == [1] * 4
        maps = [sum("pywsgi-board" in path for path in lines(process)) for process in [*group[0], group[1]]]
        assert maps == [1] * 4

    def test_the_template_has_no_listener_and_keeps_no_descriptor_of_its_workers(self, server, group):
        server.log.wait("PYW0394")
        # From Python 3.13 on the stacks of all threads need their own file, with two descriptors.
        found = {fd: place for fd, place in places(group[1]).items() if "pywsgi-stacks" not in place}
        assert found == {0: "/dev/null", 1: "pipe:[]", 2: "pipe:[]", 3: "socket:[]", 4: "/dev/null",
                         5: "anon_inode:[eventfd]", 6: "pipe:[]", 7: "/memfd:pywsgi-board (deleted)"}

    def test_the_functions_of_after_fork_have_run_in_each_in_their_order(self, site, group):
        wanted = {b"first %d,second %d" % (worker.pid, worker.pid) for worker in group[0]}
        seen = set()
        wait_for(lambda: seen.add(site.get("/hooks").body) or seen == wanted, what=lambda: seen)

    def test_a_function_that_is_registered_late_is_called_at_once(self, site):
        called, pid = site.get("/late").body.rsplit(None, 1)
        assert called == b"[%s]" % pid

    def test_the_main_thread_is_pythons_main_thread(self, site):
        assert site.get("/threads").body == b"MainThread True"

    def test_their_random_numbers_differ(self, site):
        seen = {}

        def look():
            pid, number = site.get("/number").body.split()
            seen.setdefault(pid, number)
            return len(seen) == 3

        wait_for(look)
        assert len(set(seen.values())) == 3, seen

    def test_they_stop_and_the_template_with_them(self, server, group):
        """The end of each class checks that no process is left."""
        assert processes.is_running(group[1])


def wait_ready(server):
    """Return two workers when both are READY."""
    workers = processes_of(server, 2)[0]
    for worker in workers:
        server.log.wait("PYW0317: worker %d " % worker.pid)
    return workers


PAUSE = 1  # the shortest back-off, in seconds


def pauses_after_a_kill(server, deaths=0):
    """Kill a worker; `deaths` of its successors die STARTING. Return the time from each end to the next start."""
    workers = wait_ready(server)
    since = server.log.position()
    for number in range(deaths):
        (server.data / ("death.%d.%d" % (since, number))).touch()
    kill(workers[0])
    server.log.wait("PYW0317", since)
    assert len(server.log.find(r"PYW0310: worker \d+ of group 'app' \(STARTING\)", since)) == deaths
    ends, starts = (list(map(time_of, server.log.find(tag, since))) for tag in ("PYW0310", "PYW0313"))
    assert len(ends) == len(starts) == deaths + 1
    return [start - end for end, start in zip(ends, starts)]


class TestDisplayName:
    OPTIONS = "processes=1 threads=2 preload=On display-name=%{GROUP}"

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(ONE.replace("%s", self.OPTIONS), apps=FILES)

    def test_a_forked_worker_shows_it_and_nothing_else(self, server):
        workers, template = processes_of(server)
        assert [arguments(process) for process in [*workers, template]] == ["(wsgi:app)"] * 2


@pytest.mark.alone
class TestDeath:
    OPTIONS = "processes=2 threads=2 preload=On"

    def test_a_killed_one_is_replaced_at_once(self, server):
        """A periodic check of the manager, once a second, would take half a second on average."""
        server.allow_log(DEATHS)
        pauses = sorted(pauses_after_a_kill(server)[0] for _ in range(10))
        print("from the end to the next start: %s ms" % ", ".join("%.1f" % (1000 * pause) for pause in pauses))
        assert pauses[5] < 0.3

    def test_a_worker_that_dies_before_it_is_ready_is_replaced_at_once_too(self, server):
        server.allow_log(DEATHS)
        assert max(pauses_after_a_kill(server, 1)) < PAUSE

    def test_but_if_another_one_does_it_is_no_accident(self, server):
        server.allow_log(DEATHS)
        *pauses, last = pauses_after_a_kill(server, 2)
        assert max(pauses) < PAUSE <= last + 0.01

    def test_its_exit_report_is_that_of_any_worker(self, server, site):
        server.allow_log(DEATHS)
        since = server.log.position()
        assert site.get("/leave").status == 502
        assert "GET /leave" in server.log.wait(r"PYW0310: worker \d+ of group 'app' \(READY\) exited \(status 7\)",
                                               since)[0]

    def test_many_deaths_leave_no_zombie_and_no_descriptor(self, server):
        server.allow_log(DEATHS)
        wait_ready(server)      # the manager has the descriptors of both
        before = processes.descriptor_count(server.manager().pid)
        for _ in range(30):
            workers, template = processes_of(server, 2)
            kill(workers[0])
            wait_for(lambda: not processes.is_running(workers[0]))
        wait_ready(server)
        wait_for(lambda: processes.descriptor_count(server.manager().pid) <= before)
        assert len(processes.children(server.manager())) == 3

    def test_another_template_takes_the_place_of_a_dead_one(self, server, site):
        server.allow_log(DEATHS)
        workers, template = processes_of(server, 2)
        with Clients(site, "/state") as clients:
            wait_for(lambda: clients.answers)
            kill(template)
            same, other = processes_of(server, 2, [template])
            server.log.wait("PYW0394: template %d " % other.pid)
        assert same == workers
        assert clients.statuses() == {200}
        kill(workers[0])
        server.log.wait(r"PYW0310: template %d " % template.pid)
        site.httpd.log.wait("PYW0317: worker %d " % next(
            worker for worker in processes_of(server, 2, [workers[0]])[0] if worker != workers[1]).pid)

    def test_when_the_manager_dies_its_template_ends(self, server):
        server.allow_log(DEATHS + "|PYW025[34]")
        workers, template = processes_of(server, 2)
        kill(server.manager())
        processes.wait_gone([template, *workers])
        wait_for(lambda: server.manager() is not None)
        server.remember_family()
        processes_of(server, 2, [template, *workers])


class TestNewCode:
    OPTIONS = "processes=2 threads=2 preload=On"

    @pytest.fixture(autouse=True)
    def configured(self, server):
        """Other tests of the class may have changed the options."""
        if server.config_text != ONE % self.OPTIONS:
            server.configure(ONE % self.OPTIONS)
            server.graceful()
        processes_of(server, 2)

    def test_a_changed_script_gets_a_template_of_its_own_first(self, server, site):
        workers, template = processes_of(server, 2)
        with Clients(site, "/state") as clients:
            wait_for(lambda: clients.answers)
            write(server, version("two"))
            others, successor = processes_of(server, 2, [template, *workers])
            wait_for(lambda: clients.answers[-1][1].endswith(b"two"))
        assert clients.statuses() == {200}
        assert {body.split()[1] for body in clients.bodies()} == {b"%d" % template.pid, b"%d" % successor.pid}

    def test_code_that_does_not_load_leaves_workers_and_template(self, server, site):
        processes_of(server, 2)
        write(server, version("good"))
        wait_for(lambda: version_of(site) == "good")
        wait_for(lambda: len(server.templates()) == 1)
        workers, template = processes_of(server, 2)
        server.allow_log(BROKEN)
        with Clients(site, "/state") as clients:
            wait_for(lambda: clients.answers)
            since = server.log.position()
            write(server, "raise RuntimeError('announced')\n")
            server.log.wait("PYW0316", since)
            assert server.log.find("RuntimeError: announced", since)
            assert processes_of(server, 2) == (workers, template)
            server.allow_log("PYW0243")  # the worker's own request
            kill(workers[0])
            server.log.wait("PYW0317", since)
        assert {body.split()[2] for status, body in clients.answers if status == 200} == {b"good"}
        write(server, version("repaired"))
        wait_for(lambda: version_of(site) == "repaired", 30)
        processes_of(server, 2, [template])

    def test_other_options_get_another_template(self, server, site):
        workers, template = processes_of(server, 2)
        server.configure(ONE % (self.OPTIONS + " env=CHANGED=1"))
        server.graceful()
        workers, template = processes_of(server, 2, [template, *workers])
        assert processes.environment(template.pid) is not None
        wait_for(lambda: site.get("/state").body.split()[1] == b"%d" % template.pid)

    def test_without_the_option_the_template_ends(self, server):
        workers, template = processes_of(server, 2)
        server.configure(ONE % "processes=2 threads=2")
        server.graceful()
        processes.wait_gone([template, *workers])
        wait_for(lambda: len(server.workers()) == 2 and not server.templates())


class TestRestart:
    OPTIONS = "processes=2 threads=2 preload=On"

    def test_a_restart_changes_nothing_but_the_log(self, server, site):
        before = processes_of(server, 2)
        server.graceful()
        server.restart()
        assert processes_of(server, 2) == before
        rotated = server.root / "error.log.1"
        (server.root / "error.log").rename(rotated)
        server.log = server.logs[0]
        (server.root / "error.log").touch()
        os.kill(server.process.pid, signal.SIGUSR1)
        wait_for(lambda: str(server.root / "error.log") in processes.descriptors(server.manager().pid).values())
        for process in [*before[0], before[1], server.manager()]:
            wait_for(lambda: str(rotated) not in processes.descriptors(process.pid).values())


class TestAnotherProgramOnDisk:
    OPTIONS = "processes=2 threads=2 preload=On"

    def test_the_template_ends_with_the_old_manager(self, server, site):
        server.allow_log("PYW0271|PYW0359")
        workers, template = processes_of(server, 2)
        with Clients(site, "/state") as clients:
            wait_for(lambda: clients.answers)
            test_handover.replace(server, "pywsgid")
            test_handover.restart(server)
            server.remember_family()
            processes.wait_gone([template, *workers])
            wait_for(lambda: len(test_handover.managers(server)) == 1)
        assert clients.statuses() == {200}
        processes_of(server, 2, [template, *workers])


class TestWarmup:
    OPTIONS = "processes=2 threads=2 preload=On warmup=/warm"

    def test_it_is_the_workers_that_answer_it_after_their_functions(self, server):
        workers, template = processes_of(server, 2)
        wait_for(lambda: len(server.log.find("PYW0317")) == 2)
        warmed = (server.data / "warmed").read_text().splitlines()
        assert sorted(warmed) == sorted("%d first %d" % (worker.pid, worker.pid) for worker in workers)


class TestBrokenFromTheStart:
    OPTIONS = "processes=2 threads=2 preload=On"
    FILES = dict(FILES, **{"app.wsgi": "raise RuntimeError('announced')\n"})

    def test_requests_get_500_until_it_is_repaired(self, server, site):
        server.allow_log(BROKEN)
        wait_for(lambda: site.get("/state").status == 500)
        server.log.wait("PYW0394.*could not be loaded")
        template = processes_of(server, 2)[1]
        write(server, version("repaired"))
        processes_of(server, 2, [template])
        wait_for(lambda: version_of(site) == "repaired")


FAILING = """
import pywsgi
pywsgi.after_fork(lambda: 1 / 0)

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
"""


@pytest.mark.parametrize("preload", ["On", "Off"])
class TestHook:
    def test_a_function_that_raises_breaks_the_worker(self, make_httpd, preload):
        server = make_httpd(ONE % ("threads=2 preload=" + preload), apps={"app.wsgi": FAILING})
        server.allow_log(BROKEN + "|lambda")
        site = DaemonSite(server)
        assert site.get("/").status == 500
        assert server.log.wait("PYW0527.*app.wsgi")
        assert server.log.wait("ZeroDivisionError") and server.log.wait("PYW0317.*could not be loaded")
        write(server, FAILING.replace("1 / 0", "1 / 1"))
        wait_for(lambda: site.get("/").body == b"served")


class TestWithoutPreload:
    CONFIG = """
    WSGIPythonPath ${APPS}
    WSGIDaemonProcess app threads=2
    WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    """

    def test_functions_of_after_fork_run_after_the_application_was_loaded(self, make_httpd, mode):
        server = make_httpd(self.CONFIG, apps=FILES)
        site = DaemonSite(server, "/" + mode)
        pid, loaded_in, _ = site.get("/state").body.split()
        assert pid == loaded_in
        assert site.get("/hooks").body == b"first %s,second %s" % (pid, pid)
        called, pid = site.get("/late").body.rsplit(None, 1)
        assert called == b"[%s]" % pid


class TestThreads:
    def test_threads_that_a_fork_loses_are_named(self, make_httpd):
        text = SCRIPT.read_text() + "threading.Thread(target=threading.Event().wait, name='poller', daemon=True).start()\n"
        server = make_httpd(ONE % "threads=2 preload=On", apps=dict(FILES, **{"app.wsgi": text}), start=False)
        server.expect_log("PYW0525.*: poller; start them")
        server.start()
        assert DaemonSite(server).get("/state").status == 200


class TestInterpreters:
    CONFIG = """
    WSGIDaemonProcess app threads=2 processes=2 preload=On
    WSGIScriptAlias /one ${APPS}/app.wsgi process-group=app application-group=%{GLOBAL}
    WSGIScriptAlias /two ${APPS}/app.wsgi process-group=app application-group=other
    """

    def test_an_application_outside_of_the_main_one_is_loaded_by_each_worker(self, make_httpd):
        server = make_httpd(self.CONFIG, apps=FILES)
        workers, template = processes_of(server, 2)
        assert DaemonSite(server, "/one").get("/state").body.split()[1] == b"%d" % template.pid
        pid, loaded_in = DaemonSite(server, "/two").get("/state").body.split()[:2]
        assert pid == loaded_in
        assert server.log.find("PYW0528.*'other'")


TROUBLE = """
import os, socket, struct
import pywsgi
%s

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
"""
FORKED = repr(wire.frame(63))
SPEAKS = "os.write(3, %s)" % FORKED
DIES = "os.register_at_fork(before=lambda: os._exit(3))"
PRETENDS = """
def pretend():
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if fd > 5 and os.readlink("/proc/self/fd/" + str(fd)).startswith("socket:"):
                os.write(fd, %s)
        except OSError:
            pass

os.register_at_fork(before=pretend)
""" % FORKED


class TestHostile:
    """A template runs the code of the application, so the manager does not trust it."""
    @pytest.mark.parametrize("trouble, record", [
        (SPEAKS, r"PYW0319: template \d+ of group 'app' .* sent FORKED"),
        (DIES, r"PYW0396: .*it could not be forked"),
        (PRETENDS, r"PYW0396: .*a process that the template did not fork")])
    def test_it_cannot_do_more_than_fail(self, make_httpd, trouble, record):
        text = TROUBLE % trouble
        server = make_httpd("WSGIDaemonProcess fine\nWSGIScriptAlias /fine ${APPS}/fine.wsgi process-group=fine\n" +
                            ONE % "threads=2 preload=On", apps=dict(FILES, **{"app.wsgi": text,
                                                                            "fine.wsgi": TROUBLE % ""}), start=False)
        server.allow_log(r"PYW039\d|PYW0310|PYW0319|PYW0340|PYW0450|PYW0420")
        server.start()
        server.log.wait(record)
        manager = server.manager()
        wait_for(lambda: DaemonSite(server, "/fine").get("/").body == b"served")
        server.log.wait(r"PYW0340|PYW039\d")
        assert server.manager() == manager


@pytest.mark.parametrize("series", test_pythons.usable)
class TestEachPython:
    def test_it_forks_workers_that_serve_and_stop(self, series):
        prefix = pythons.others()[series]
        server = test_pythons.start('WSGIPythonHome "%s"\n' % prefix + ONE % "processes=2 threads=2 preload=On", FILES,
                                    prefix)
        try:
            site = DaemonSite(server)
            server.allow_log(DEATHS)
            workers, template = processes_of(server, 2)
            assert site.get("/state").body.split()[1] == b"%d" % template.pid
            pid = int(site.get("/hooks").body.split()[-1])
            assert site.get("/hooks").status == 200 and pid in {worker.pid for worker in workers}
            kill(workers[0])
            processes_of(server, 2, [workers[0]])
            assert site.get("/state").status == 200
        finally:
            server.finish()
