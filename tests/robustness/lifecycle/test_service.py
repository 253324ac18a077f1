# SPDX-License-Identifier: Apache-2.0
"""Service groups (threads=0): a program of WSGIImportScript, supervised like any worker."""
import os
import signal

import pytest
from lifecycle_site import APPS, DaemonSite

import test_handover
import test_pythons
from pyw import processes, pythons, wait_for

RECORDS = r"PYW0310|PYW0397|PYW045\d|Traceback|\]   |File|Error"
NOTES = """
import atexit, os, sys, time
import pywsgi

NOTES = %r

def note(text):
    descriptor = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(descriptor, (text + "\\n").encode())
    os.close(descriptor)

def begin():
    note("%s begins in %%d %%s" %% (os.getpid(), pywsgi.process_group))

"""
RUNS = """
atexit.register(note, "exit function")
try:
    begin()
    time.sleep(1000)
except SystemExit:
    note("told to stop")
    raise
"""
CONFIG = """
    WSGIDaemonProcess svc threads=0 %s
    WSGIImportScript ${APPS}/program.py process-group=svc application-group=%%{GLOBAL}
"""


class Service:
    def __init__(self, make_httpd, config, program=RUNS, **programs):
        self.server = make_httpd(config, apps=APPS, **({} if isinstance(make_httpd, type) else {"start": False}))
        programs["program"] = program
        for name, text in programs.items():
            self.write(text, name)
        self.server.start()

    def write(self, text, name="program"):
        text = NOTES % (str(self.server.data / "notes"), name) + text
        self.server.add_apps({"new.py": text})
        (self.server.apps / "new.py").rename(self.server.apps / (name + ".py"))

    def notes(self):
        path = self.server.data / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def wait_notes(self, count, seconds=15):
        wait_for(lambda: len(self.notes()) >= count, seconds, what=self.notes)
        return self.notes()

    def wait_run(self):
        """Return its process when the program runs."""
        self.wait_notes(1)
        return self.server.workers("svc")[0]


class TestProgram:
    def test_it_runs_and_gets_sigterm_when_httpd_stops(self, make_httpd):
        service = Service(make_httpd, CONFIG % "")
        worker = service.wait_run()
        assert service.notes() == ["program begins in %d svc" % worker.pid]
        service.server.graceful()
        assert service.server.workers() == [worker]
        service.server.stop()
        assert service.notes()[1:] == ["told to stop", "exit function"]
        assert service.server.log.find(r"PYW0310: worker %d .*finished \(status 0\)" % worker.pid)

    def test_a_program_that_does_not_stop_is_killed(self, make_httpd):
        service = Service(make_httpd, CONFIG % "shutdown-timeout=500ms", """
begin()
while True:
    try:
        time.sleep(1000)
    except SystemExit:
        note("no")
""")
        worker = service.wait_run()
        service.server.expect_log("PYW0315: worker %d " % worker.pid)
        service.server.stop()
        assert service.notes()[1:] == ["no"]
        assert service.server.log.find(r"PYW0310: worker %d .*SIGKILL" % worker.pid)
        service.server.end_test()

    @pytest.mark.parametrize("wait", ["threading.Event().wait()", "queue.Queue().get()", "input_.read()",
                                      "threading.Thread(target=time.sleep, args=(1000,), daemon=False).start()"])
    def test_sigterm_interrupts_every_kind_of_wait(self, make_httpd, wait):
        service = Service(make_httpd, CONFIG % "shutdown-timeout=3s", """
import queue, socket, threading
ours, theirs = socket.socketpair()
input_ = ours.makefile("rb")
try:
    begin()
    %s
    time.sleep(1000)
except SystemExit:
    note("told to stop")
    os._exit(0)
""" % wait)
        service.wait_run()
        service.server.stop()
        assert service.notes()[1:] == ["told to stop"]

    def test_another_program_starts_when_the_one_before_has_ended(self, make_httpd):
        service = Service(make_httpd, CONFIG % "")
        first = service.wait_run()
        service.write(RUNS + "# changed")
        notes = service.wait_notes(4)
        assert notes[1:3] == ["told to stop", "exit function"]
        assert notes[3].startswith("program begins") and str(first.pid) not in notes[3]
        service.server.log.wait("PYW0318.*'svc'")

    def test_a_signal_of_a_person_ends_it_and_it_is_started_again(self, make_httpd):
        service = Service(make_httpd, CONFIG % "")
        service.server.allow_log("PYW0418")
        for number in (signal.SIGTERM, signal.SIGUSR1):
            worker = service.wait_run()
            before = service.notes()
            os.kill(worker.pid, number)
            assert service.wait_notes(len(before) + 3)[len(before):][:2] == ["told to stop", "exit function"]
        assert not service.server.log.find("PYW0397")


class TestAnotherProgramOnDisk:
    def test_the_old_managers_program_ends_before_the_new_ones_begins(self, make_httpd):
        service = Service(make_httpd, CONFIG % "shutdown-timeout=1s")
        service.server.allow_log("PYW0271|PYW0359")
        service.wait_run()
        test_handover.replace(service.server, "pywsgid")
        test_handover.restart(service.server)
        service.server.remember_family()
        notes = service.wait_notes(4)
        assert notes[1:3] == ["told to stop", "exit function"] and notes[3].startswith("program begins")
        wait_for(lambda: len(test_handover.managers(service.server)) == 1)


class TestEnd:
    @pytest.mark.parametrize("end, records", [
        ("raise RuntimeError('announced')", ["PYW0453: .*raised RuntimeError", "program.py", "RuntimeError: announced"]),
        ("sys.exit(3)", ["PYW0452.*SystemExit: 3"]),
        ("pass", ["PYW0452: the program of the group ended"]),
        ("os.kill(os.getpid(), 9)", ["PYW0310.*SIGKILL"])])
    def test_it_is_started_again_after_a_pause(self, make_httpd, end, records):
        service = Service(make_httpd, CONFIG % "", "begin()\n" + end)
        server = service.server
        server.allow_log(RECORDS)
        service.wait_notes(3)
        for record in [*records, r"PYW0310: worker \d+ of group 'svc' \(READY\)",
                       r"PYW0397: the program of service group 'svc' is started again in 1 s", r"PYW0397.* in 2 s"]:
            assert server.log.wait(record), record

    def test_threads_that_it_started_are_its_going_on(self, make_httpd):
        service = Service(make_httpd, CONFIG % "", """
import threading
go = os.path.join(os.path.dirname(NOTES), "go")

def work():
    begin()
    while not os.path.exists(go):
        time.sleep(0.01)
    note("work done")

threading.Thread(target=work).start()
""")
        service.server.allow_log(RECORDS)
        service.wait_run()
        assert not service.server.log.find("PYW0452")
        (service.server.data / "go").touch()
        assert service.wait_notes(2)[1] == "work done"
        service.server.log.wait("PYW0452")


class TestSeveral:
    CONFIG = """
    WSGIDaemonProcess app threads=2
    WSGIDaemonProcess svc threads=0
    WSGIDaemonProcess other threads=0 processes=2
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    WSGIImportScript ${APPS}/program.py process-group=svc
    WSGIImportScript ${APPS}/first.py process-group=other application-group=%{GLOBAL}
    WSGIImportScript ${APPS}/second.py process-group=other application-group=other
    """

    def test_groups_and_scripts_keep_apart(self, make_httpd):
        service = Service(make_httpd, self.CONFIG, RUNS, first="begin()", second=RUNS)
        server = service.server
        notes = service.wait_notes(5)
        assert sorted(note.split(" ", 1)[0] for note in notes) == ["first", "first", "program", "second", "second"]
        for worker in server.workers("other"):
            mine = [note for note in notes if " %d " % worker.pid in note]
            assert [note.split()[0] for note in mine] == ["first", "second"]
        server.allow_log(RECORDS)
        site = DaemonSite(server)
        workers = server.workers("svc")
        os.kill(server.workers("other")[0].pid, signal.SIGKILL)
        assert site.get("/pid").status == 200
        wait_for(lambda: len(server.workers("other")) == 2 and all(map(processes.is_running, server.workers("other"))))
        assert server.workers("svc") == workers

    def test_a_request_for_a_service_group_gets_500(self, make_httpd):
        service = Service(make_httpd, CONFIG % "" + """
            SetEnv GROUP svc
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=%{ENV:GROUP}
            """)
        service.wait_run()
        service.server.expect_log("PYW0111.*'svc' is a service group")
        assert service.server.get("/pid").status == 500


@pytest.mark.parametrize("series", test_pythons.usable)
class TestEachPython:
    def test_a_program_gets_sigterm(self, series):
        prefix = pythons.others()[series]
        service = Service(pythons.httpd_class(prefix), 'WSGIPythonHome "%s"' % prefix + CONFIG % "")
        try:
            service.wait_run()
            service.server.stop()
            assert service.notes()[1:] == ["told to stop", "exit function"]
        finally:
            service.server.finish()


class TestDeadlock:
    def test_a_program_that_holds_pythons_lock_is_killed_and_started_again(self, make_httpd):
        service = Service(make_httpd, CONFIG % "deadlock-timeout=1s", "begin()\nimport ctypes\nctypes.PyDLL(None).sleep(1000)")
        service.server.allow_log(RECORDS + r"|PYW0422|PYW0423|PYW0322")
        first = service.wait_run()
        service.wait_notes(2, 20)
        assert service.server.log.find("PYW0423.*program.py") and not processes.is_running(first)
