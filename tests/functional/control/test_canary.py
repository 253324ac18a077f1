# SPDX-License-Identifier: Apache-2.0
"""pywsgi reload --canary: one worker tries the new code before the others load it."""
import re

import pytest
from control_site import DaemonSite, groups

from pyw import wait_for

APP = """
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from shop import application
"""
# Each version has another size, by which Python notices that its compiled file is outdated.
SHOP = """
%(padding)s
def known():
    raise KeyError("known")

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/known":
        known()
    if path == "/new" and %(is_broken)s:
        raise LookupError("a new failure")
    if path in ("/always", "/moved/1", "/moved/2") or path == "/sometimes" and %(is_broken)s:
        start_response("500 Internal Server Error", [])
        return [b"answered by a framework"]
    start_response("200 OK", [])
    return [b"%(name)s"]
"""


class Shop:
    def __init__(self, server, commands):
        self.server, self.commands, self.site = server, commands, DaemonSite(server, "/app")

    def deploy(self, name, is_broken=False):
        """A template may load the file at any moment, so it is never incomplete."""
        text = SHOP % {"name": name, "is_broken": is_broken, "padding": "# moved\n" * len(name)}
        (self.server.apps / "new").write_text(text)
        (self.server.apps / "new").rename(self.server.apps / "shop.py")

    def names(self):
        return {self.site.get("/").body.decode() for _ in range(8)}

    def try_out(self, seconds):
        """Begin a reload with a canary, and wait until the canary serves."""
        process = self.commands.start("reload", "--canary", str(seconds), "app")
        wait_for(lambda: "has answered" in (self.commands.group("app")["canary"] or ""))
        return process

    def fail(self, path):
        """Request the path until the canary has served it, and return the output of the command."""
        process = self.try_out(60)
        wait_for(lambda: self.site.get(path) and process.poll() is not None)
        status, output, errors = self.end(process)
        assert (status, output) == (1, "")
        assert self.names() == {"one"} and len(self.commands.workers("app")) == 2
        return errors

    def end(self, process):
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors


@pytest.fixture
def shop(server, commands):
    """Two workers with the code "one"."""
    shop = Shop(server, commands)
    wait_for(lambda: len(commands.workers("app")) == 2)
    if shop.names() != {"one"}:
        shop.deploy("one")
        commands.do("reload", "app")
    yield shop
    shop.deploy("one")
    wait_for(lambda: commands.group("app")["state"] == "running")


class TestCanary:
    CONFIG = groups(app="processes=2 threads=2")
    APPS = {"app.wsgi": APP, "shop.py": SHOP % {"name": "one", "is_broken": False, "padding": ""}}

    def test_a_new_kind_of_exception_keeps_the_old_code(self, shop, server):
        since = server.log.position()
        server.allow_log(r"PYW0603|Traceback|\]   |LookupError|shop\.py")
        server.expect_log("PYW0408: group 'app': the canary .* the old code stays: .*LookupError: ")
        shop.deploy("second", is_broken=True)
        errors = shop.fail("/new")
        assert re.search(r'Traceback.*shop\.py", line \d+, in application.*LookupError: ', errors, re.DOTALL)
        assert "the canary failed, the old workers continue to serve: LookupError: " in errors
        assert shop.commands.group("app")["reload_problem"].startswith("LookupError: ")
        server.log.wait("PYW0403: .*the canary failed", since)

    def test_a_page_that_is_answered_with_500_since_then_keeps_the_old_code(self, shop, server):
        server.expect_log("PYW0408")
        shop.deploy("another", is_broken=True)
        assert "GET /app/sometimes: the application answered with status 500" in shop.fail("/sometimes")

    def test_failures_that_the_old_code_has_too_do_not_count(self, shop, server):
        server.allow_log(r"PYW0603|Traceback|\]   |KeyError|shop\.py")
        for path in ("/known", "/always", "/moved/1"):
            assert {shop.site.get(path).status for _ in range(4)} == {500}
        shop.deploy("third one")
        process = shop.try_out(3)
        while process.poll() is None:
            shop.site.get("/known"), shop.site.get("/always"), shop.site.get("/moved/2")
        status, output, errors = shop.end(process)
        assert status == 0 and "Traceback" not in errors
        assert re.match(r"group 'app': 2 workers are ready; the canary \(worker \d+\) answered [1-9]\d* requests in 3 s",
                        output)
        assert shop.names() == {"third one"}
        server.log.wait("PYW0409")

    def test_a_canary_without_requests_passes_with_a_remark(self, shop):
        shop.deploy("four")
        assert "had no request in 1 s" in shop.commands.do("reload", "--canary", "1", "app")
        assert shop.names() == {"four"}

    def test_a_canary_that_dies_keeps_the_old_code(self, shop, server):
        server.allow_log("PYW0310")
        server.expect_log("PYW0408: .* it died")
        shop.deploy("sixth")
        process = shop.try_out(60)
        canary = int(re.search(r"worker (\d+)", shop.commands.group("app")["canary"]).group(1))
        next(worker for worker in server.workers() if worker.pid == canary).kill()
        status, _, errors = shop.end(process)
        assert status == 1 and "the canary failed" in errors
        wait_for(lambda: shop.names() == {"one"})

    def test_code_that_does_not_load_is_no_canary(self, shop, server):
        server.allow_log(r"PYW03\d\d|PYW05\d\d|PYW06\d\d|Traceback|\]   |RuntimeError")
        (server.apps / "shop.py").write_text("raise RuntimeError('announced')\n")
        errors = shop.commands.refused("reload", "--canary", "5", "app")
        assert "RuntimeError: announced" in errors and "the old workers continue to serve" in errors
        assert shop.names() == {"one"}

    @pytest.mark.parametrize("arguments", [["--canary", "x", "app"], ["--canary", "0", "app"], ["--all", "app"], []])
    def test_a_wrong_command_line_is_refused(self, commands, arguments):
        assert "pywsgi reload: " in commands.refused("reload", *arguments, status=2)


class TestCanaryOfATemplate:
    CONFIG = groups(app="processes=2 threads=2 preload=On")
    APPS = TestCanary.APPS

    test_a_new_kind_of_exception_keeps_the_old_code = TestCanary.test_a_new_kind_of_exception_keeps_the_old_code


class TestWithoutOldWorkers:
    CONFIG = groups(app="processes=0-1 threads=2")

    def test_there_is_no_canary(self, commands):
        assert commands.group("app")["state"] == "asleep"
        assert "there was no canary, because no older worker served" in commands.do("reload", "--canary", "5", "app")


class TestAll:
    CONFIG = groups(one="threads=2", two="threads=2", three="threads=2")

    def test_all_groups_are_reloaded_but_the_stopped_ones(self, commands, server):
        commands.do("stop", "three")
        before = {group["name"]: group["generation"] for group in commands.status()["groups"]}
        status, output, errors = commands.run("reload", "--all")
        assert (status, output) == (0, "2 groups are reloaded\n")
        assert "group 'one': 1 worker is ready" in errors and "group 'two': 1 worker is ready" in errors
        now = {group["name"]: group["generation"] for group in commands.status()["groups"]}
        assert now == {"one": before["one"] + 1, "two": before["two"] + 1, "three": before["three"]}
