# SPDX-License-Identifier: Apache-2.0
"""`pywsgi status` shows the state of a group as its clients see it, and its exit status whether the state is healthy.
"""
import datetime
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from control_site import FAILING, HEALTHY, IMPAIRED, groups

from pyw import wait_for

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs" / "reference" / "commands.md"
GOOD = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'%s']\n"
BAD = "raise RuntimeError('no database: %s')\n"
NOISE = r"PYW03\d\d|PYW05\d\d|PYW06\d\d|Traceback|\]   |Error"

# The first process to arrive here fails. The others wait for this before they load.
ONE_FAILS = """
import os, time
name = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "first")
try:
    os.close(os.open(name, os.O_CREAT | os.O_EXCL))
except FileExistsError:
    time.sleep(1)
else:
    raise RuntimeError("the first one fails")
""" + GOOD % "late"


def write(server, text):
    (server.apps / "app.wsgi").write_text(text)


@pytest.fixture(autouse=True)
def announced(server):
    server.allow_log(NOISE)


class TestBroken:
    CONFIG = groups(app="processes=2 threads=2", other="")
    APPS = {"app.wsgi": BAD % "down"}

    @pytest.fixture(autouse=True)
    def broken(self, commands):
        wait_for(lambda: len(commands.workers("app", "broken")) == 2)

    def test_a_group_whose_workers_are_all_broken_is_failing(self, commands, site):
        assert site.get("/").status == 500
        assert commands.group("app")["state"] == "broken" and commands.group("app")["health"] == "failing"
        assert commands.health() == FAILING and commands.health("app") == FAILING

    def test_the_reason_is_the_last_line_of_the_traceback(self, commands):
        for worker in commands.workers("app", "broken"):
            assert worker["problem"] == "RuntimeError: no database: down"
        assert "RuntimeError: no database: down" in commands.run("status", "app")[1]

    def test_the_line_in_the_documentation_finds_it(self, commands, server):
        line, = re.findall(r"^    pywsgi (status --json) \| jq '(.+)'$", DOCS.read_text(), re.M)
        if shutil.which("jq"):
            output = commands.run(*line[0].split())[1]
            found = subprocess.run(["jq", "-r", line[1]], input=output, stdout=subprocess.PIPE, text=True, check=True)
            names = found.stdout.split()
        else:
            assert line[1] == '.groups[] | select(.health != "healthy") | .name'
            names = [group["name"] for group in commands.status()["groups"] if group["health"] != "healthy"]
        assert names == ["app", "other"]    # both have the same script


class TestMended:
    CONFIG = groups(app="")
    APPS = {"app.wsgi": "import os\nos.stat(os.path.join(os.path.dirname(__file__), 'database'))\n" + GOOD % "one"}

    def test_a_worker_that_loads_it_later_is_broken_no_longer(self, commands, site, server):
        wait_for(lambda: commands.group("app")["state"] == "broken")
        (server.apps / "database").touch()
        wait_for(lambda: site.get("/").status == 200)
        wait_for(lambda: commands.group("app")["state"] == "running")
        assert commands.health() == HEALTHY and not commands.workers("app", "broken")


class TestDegraded:
    CONFIG = groups(app="processes=2")
    APPS = {"app.wsgi": ONE_FAILS}

    def test_some_workers_are_broken_and_some_are_not(self, commands):
        wait_for(lambda: commands.workers("app", "broken") and commands.workers("app", "ready"))
        assert commands.group("app")["state"] == "degraded"
        assert commands.health() == IMPAIRED


class TestHealth:
    CONFIG = groups(app="processes=0-1 inactivity-timeout=1s", hung="")
    APPS = {"app.wsgi": "import os, time\nwhile not os.path.exists(__file__ + '.go'): time.sleep(.01)\n" + GOOD % "one"}

    @pytest.fixture
    def server(self, make_httpd):
        return make_httpd(self.CONFIG, apps=self.APPS)

    def test_each_state_has_its_exit_status(self, commands, site, server):
        assert commands.group("app")["state"] == "asleep" and commands.health("app") == HEALTHY
        assert commands.group("hung")["state"] == "starting" and commands.health("hung") == IMPAIRED
        assert commands.health() == IMPAIRED
        (server.apps / "app.wsgi.go").touch()
        wait_for(lambda: commands.group("hung")["state"] == "running")
        assert commands.health() == HEALTHY
        commands.do("stop", "hung")
        assert commands.group("hung")["state"] == "stopped" and commands.health() == FAILING
        assert commands.health("app") == HEALTHY
        commands.do("start", "hung")
        assert commands.health() == HEALTHY

    def test_a_group_that_cannot_start_is_failing(self, commands, server):
        write(server, "import os\nos._exit(3)\n")
        worker, = wait_for(lambda: commands.group("hung")["workers"])
        os.kill(worker["pid"], signal.SIGKILL)
        wait_for(lambda: commands.group("hung")["state"] == "down")
        wait_for(lambda: "\n  no worker can be started; the log of the group has" in commands.run("status")[1])
        assert commands.health() == FAILING


@pytest.mark.parametrize("preload", ["", "preload=On"])
class TestReloadThatFails:
    APPS = {"app.wsgi": GOOD % "one"}

    @pytest.fixture
    def server(self, make_httpd, preload):
        server = make_httpd(groups(app="processes=2 " + preload), apps=self.APPS)
        server.allow_log(NOISE)
        return server

    def fail(self, commands, server, text):
        wait_for(lambda: len(commands.workers("app")) == 2)
        write(server, text)
        commands.refused("reload", "app")
        return commands.group("app")

    def test_the_generation_of_the_serving_code_stays(self, commands, server):
        wait_for(lambda: len(commands.workers("app")) == 2)
        before = commands.group("app")["generation"]
        group = self.fail(commands, server, BAD % "down")
        assert group["generation"] == before
        assert [worker["generation"] for worker in group["workers"] if worker["state"] == "ready"] == [before] * 2

    def test_the_status_shows_time_and_reason_of_a_failed_reload(self, commands, server):
        assert commands.group("app")["reload_failed_at"] is None
        group = self.fail(commands, server, BAD % "down")
        failed_at = datetime.datetime.strptime(group["reload_failed_at"], "%Y-%m-%dT%H:%M:%S%z")
        assert abs((datetime.datetime.now(datetime.timezone.utc) - failed_at).total_seconds()) < 60
        assert group["reload_problem"] == "RuntimeError: no database: down"
        assert group["state"] == "running" and commands.health() == HEALTHY
        assert re.search(r"^  the reload of \S+Z failed, older code continues to serve: RuntimeError: no database: do",
                         commands.table(), re.M)

    def test_a_reload_that_succeeds_ends_that(self, commands, server, site):
        before = self.fail(commands, server, BAD % "down")["generation"]
        write(server, GOOD % "two")
        commands.do("reload", "app")
        group = commands.group("app")
        assert group["reload_failed_at"] is None and group["generation"] > before
        assert site.get("/").body == b"two"

    def test_a_worker_that_dies_is_a_reason_too(self, commands, server):
        group = self.fail(commands, server, "import os\nos._exit(3)\n")
        assert re.match(r"(worker|template) \d+ ended before it had loaded its applications", group["reload_problem"])

    def test_hostile_text_is_escaped_and_cut(self, commands, server):
        group = self.fail(commands, server, "raise RuntimeError('\\x1b[2J\\x07' + 'x' * 5000)\n")
        assert group["reload_problem"].startswith("RuntimeError: \\x1b[2J\\x07x") and len(group["reload_problem"]) < 400
        assert "\x1b" not in commands.table()
