# SPDX-License-Identifier: Apache-2.0
"""Failures of a template (preload=On): it does not start, does not load, or does not fork."""
import resource

import pytest
from lifecycle_site import APPS, ONE, DaemonSite

from pyw import wait_for

FILES = {"support.py": APPS["support.py"]}
APP = """
import gc, os, resource, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import wait_for_file

%s

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
"""
RECORDS = r"PYW0310|PYW0340|PYW0396|PYW0316|PYW0357|PYW024\d|PYW023\d"


@pytest.fixture
def start(make_httpd):
    def make(options, trouble="", *tags):
        server = make_httpd(ONE % ("preload=On threads=2 " + options), apps={**FILES, "app.wsgi": APP % trouble},
                            start=False)
        server.allow_log(RECORDS)
        for tag in tags:
            server.expect_log(tag)
        return server.start() or server

    return make


def mend(server, name):
    """End the failure: the application checks for this file."""
    (server.data / name).touch()
    wait_served(server)


def wait_served(server, seconds=20):
    site = DaemonSite(server)
    wait_for(lambda: (site.get("/").body == b"served"), seconds)


class TestStart:
    def test_a_template_that_cannot_be_started_is_tried_again(self, start):
        """The manager has no free descriptors."""
        server = start("")
        wait_served(server)
        manager, template = server.manager(), server.templates()[0]
        most = manager.rlimit(resource.RLIMIT_NOFILE)
        server.expect_log("PYW0390: the template of group 'app' cannot be started: .*Too many open files")
        manager.rlimit(resource.RLIMIT_NOFILE, (3, most[1]))
        template.kill()
        server.log.wait("PYW0390")
        manager.rlimit(resource.RLIMIT_NOFILE, most)
        wait_for(lambda: server.templates() and server.templates() != [template], 20)
        server.log.wait("PYW0394: template %d " % server.templates()[0].pid)
        wait_served(server)


class TestLoading:
    def test_it_has_startup_timeout_for_it(self, start):
        server = start("startup-timeout=3s", "wait_for_file('load', 60)",
                       r"PYW0392: template \d+ of group 'app' did not load .* \(3 s\)")
        server.allow_log("PYW0480|PYW0423")
        server.log.wait("PYW0392", 0, 20)
        mend(server, "load")

    @pytest.mark.parametrize("trouble", ["gc.freeze = lambda: 1 / 0", "threading.enumerate = None"])
    def test_a_template_that_cannot_be_prepared_is_used_as_it_is(self, start, trouble):
        server = start("", trouble, "PYW0526")
        server.allow_log(r"Traceback|\]   |Error|PYW0513")
        wait_served(server)
        assert len(server.templates()) == 1


class TestCrash:
    def test_a_template_that_crashes_while_it_loads_leaves_its_stacks(self, start):
        server = start("", "import ctypes\nif not os.path.exists(os.path.dirname(__file__) + '/../data/load'):\n"
                           "    ctypes.string_at(16)",
                       r"PYW0365: template \d+ of group 'app' crashes: SIGSEGV at address 0x10",
                       r"PYW0366: .*app\.wsgi.* in <module>")
        server.allow_log("PYW0365|PYW0366")
        server.log.wait("PYW0310: template .*SIGSEGV")
        mend(server, "load")

    def test_nor_does_a_worker_that_was_forked_crash_silently(self, start):
        server = start("", "import ctypes, pywsgi\npywsgi.after_fork(lambda: os.path.exists(os.path.dirname(__file__) + "
                           "'/../data/load') or ctypes.string_at(16))",
                       r"PYW0365: worker \d+ of group 'app' crashes: SIGSEGV at address 0x10",
                       r"PYW0366: .*app\.wsgi.* in <lambda>")
        server.allow_log("PYW0365|PYW0366")
        server.log.wait("PYW0310: worker .*SIGSEGV")
        mend(server, "load")


class TestForking:
    @pytest.mark.long
    def test_a_template_that_does_not_fork_is_killed_and_replaced(self, start):
        """A function that is called before each fork does not return."""
        server = start("", "os.register_at_fork(before=lambda: wait_for_file('fork', 60))",
                       r"PYW0393: template \d+ of group 'app' did not fork a worker within 10 s")
        server.log.wait("PYW0393", 0, 30)
        mend(server, "fork")

    @pytest.mark.long
    def test_a_template_without_access_to_the_gil_is_killed_and_replaced(self, start):
        """It has no watchdog, and a thread that was started while it loaded holds the GIL."""
        server = start("", """
import ctypes

def keep():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/keep")
    while not os.path.exists(path):
        time.sleep(0.01)
    if not os.path.exists(path + "s"):
        ctypes.PyDLL(None).system(b"touch %ss; exec sleep 60" % path.encode())  # with the GIL when the file exists

import time
threading.Thread(target=keep, daemon=True).start()
""", "PYW0525", r"PYW0393: template \d+ of group 'app' did not fork a worker within 10 s")
        wait_served(server)
        template, worker = server.templates()[0], server.workers()[0]
        (server.data / "keep").touch()
        wait_for(lambda: (server.data / "keeps").exists())
        worker.kill()
        server.log.wait("PYW0393: template %d " % template.pid, 0, 30)
        wait_served(server)
        assert server.templates() != [template]

    def test_a_template_that_cannot_fork_is_asked_again(self, start):
        """It may create no more processes."""
        server = start("", """
def limit():
    may_fork = os.path.exists(os.path.join(os.path.dirname(__file__), "../data/fork"))
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (most if may_fork else 0, most))

os.register_at_fork(before=limit)
""", "PYW0450: the template cannot fork a worker: Resource temporarily unavailable", "PYW0396: .*could not be forked")
        server.log.wait("PYW0396", 0, 20)
        mend(server, "fork")


class TestService:
    def test_a_program_without_a_thread_for_orders_is_not_run(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess svc threads=0 process-limit=1\n"
                            "WSGIImportScript ${APPS}/program.py process-group=svc application-group=%{GLOBAL}\n",
                            apps={"program.py": ""}, start=False)
        server.expect_log("PYW0451")
        server.allow_log("PYW0310|PYW0397|PYW0424")
        server.start()
        server.log.wait("PYW0451", 0, 20)
