# SPDX-License-Identifier: Apache-2.0
"""pywsgi profile: where the threads of a group spend their time."""
import re
import xml.etree.ElementTree
from urllib.parse import quote

import pytest
from control_site import APPS, Commands, DaemonSite, groups, held_gil

from pyw import processes, wait_for

SVG = "{http://www.w3.org/2000/svg}"

# Calls `serve` under a name that the request chooses, until the test creates a file.
NAMED = """
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import dispatcher, note_of, plain, query, wait_for_file

def serve(environ, start_response):
    note_of(environ, str(os.getpid()))
    wait_for_file(query(environ, "key") + ".go", 60)
    return plain(start_response, "served")

def named(environ, start_response):
    code = serve.__code__.replace(co_name=environ["QUERY_STRING"])
    if hasattr(code, "co_qualname"):
        code = code.replace(co_qualname='<b class="x">&;\\n\\x1b[2J\\u202e')
    return type(serve)(code, globals())(environ, start_response)

application = dispatcher(globals())
"""


def stacks_of(folded):
    """Return {stack: samples} of folded text."""
    return {stack: int(count) for stack, count in (line.rsplit(" ", 1) for line in folded.splitlines())}


class TestProfile:
    CONFIG = groups(app="processes=2 threads=2")

    @pytest.fixture(scope="class")
    def profile(self, server, tmp_path_factory):
        """Return the output, the folded stacks and the drawing of a profile of three requests that wait."""
        commands, site = Commands(server), DaemonSite(server, "/app")
        files = tmp_path_factory.mktemp("profile")
        wait_for(lambda: len(commands.workers("app")) == 2)
        held = site.hold(count=3)
        output = commands.do("profile", "app", "--seconds", "1", "--hz", "50", "--output", str(files / "graph.svg"),
                             "--folded", str(files / "stacks"))
        held.finish()
        return output, (files / "stacks").read_text(), xml.etree.ElementTree.parse(files / "graph.svg").getroot()

    def test_each_sample_has_the_stack_of_each_request(self, profile):
        holding = {stack: count for stack, count in stacks_of(profile[1]).items()
                   if re.search(r"\bhold \(apps/app\.wsgi:\d+\);wait_for_file \(apps/support\.py:\d+\)", stack)}
        assert 3 * 10 <= sum(holding.values()) <= 3 * 51

    def test_threads_without_a_request_are_not_counted(self, profile):
        assert all("hold (" in stack for stack in stacks_of(profile[1])), profile[1]

    def test_the_graph_has_the_same_samples(self, profile):
        output, folded, graph = profile
        total = sum(stacks_of(folded).values())
        assert "group 'app': 2 workers, 1 s, %d samples" % total in output
        assert graph.find(SVG + "title").text == output.splitlines()[0]
        boxes = {group.find(SVG + "title").text: float(group.find(SVG + "rect").get("width"))
                 for group in graph.findall(SVG + "g")}
        assert boxes["all: %d samples, 100.00%%" % total] == pytest.approx(1180, abs=0.1)
        waiting = sum(width for title, width in boxes.items() if title.startswith("wait_for_file ("))
        assert waiting == pytest.approx(1180, rel=0.02)

    def test_it_is_in_the_log(self, profile, server):
        server.log.wait(r"PYW0350: group 'app': its workers are profiled for 1 s \(pywsgi profile by user ", 0)

    def test_without_files_the_calls_with_most_samples_are_printed(self, commands, site):
        held = site.hold()
        title, head, first, *_ = commands.do("profile", "app", "--seconds", "1").splitlines()
        held.finish()
        assert re.fullmatch(r"group 'app': 2 workers, 1 s, \d+ samples", title)
        assert head.split() == ["SELF", "TOTAL", "CALL"]
        assert re.fullmatch(r" *[\d.]+% +[\d.]+%  wait_for_file \(apps/support\.py:\d+\)", first)

    def test_an_idle_group_has_no_samples(self, commands):
        assert commands.do("profile", "app", "--seconds", "1") == \
            "group 'app': 2 workers, 1 s, 0 samples: no thread executed Python code\n"

    def test_a_second_one_is_refused_until_the_client_of_the_first_leaves(self, commands):
        first = commands.start("profile", "app", "--seconds", "600")
        commands.server.log.wait("PYW0350: .* are profiled for 600 s")
        assert "another profile" in commands.run("profile", "app", "--seconds", "1")[2]
        first.kill()
        first.communicate()
        wait_for(lambda: commands.run("profile", "app", "--seconds", "1")[2] == "")

    def test_nothing_is_left_open(self, commands, server):
        commands.wait_settled("app", 2)
        pids = [process.pid for process in (server.manager(), *server.workers())]
        count = [processes.descriptor_count(pid) for pid in pids]
        commands.do("profile", "app", "--seconds", "1")
        wait_for(lambda: all(processes.descriptor_count(pid) <= before for pid, before in zip(pids, count)))

    def test_a_reload_ends_it_early_and_keeps_its_samples(self, commands, site):
        held = site.hold()
        since = commands.server.log.position()
        process = commands.start("profile", "app", "--seconds", "600", "--folded", "-")
        commands.server.log.wait("PYW0350: .*profiled", since)
        commands.do("reload", "app")
        held.finish()
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 0 and "hold (" in output, (output, errors)

    def test_a_worker_that_dies_is_named_and_the_others_are_shown(self, commands, site, server):
        server.allow_log(r"PYW03\d\d|PYW02\d\d")
        wait_for(lambda: len(commands.workers("app")) == 2)
        held = site.hold()
        victim, = {worker["pid"] for worker in commands.workers("app")} - set(held.pids)
        since = server.log.position()
        process = commands.start("profile", "app", "--seconds", "2", "--folded", "-")
        server.log.wait("PYW0350: .*profiled", since)
        next(worker for worker in server.workers() if worker.pid == victim).kill()
        output, errors = process.communicate(timeout=30)
        held.finish()
        assert process.returncode == 0 and "hold (" in output
        assert "pywsgi: worker %d: it ended" % victim in errors


class TestUsage:
    CONFIG = groups(app="threads=2")

    @pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seconds", "601"], ["--seconds", "1s"],
                                           ["--hz", "0"], ["--hz", "1001"], ["--hz", ""]])
    def test_time_and_rate_are_limited(self, commands, arguments):
        assert commands.run("profile", "app", *arguments)[0] == 2

    def test_a_file_that_cannot_be_written_is_named_at_once(self, commands, tmp_path):
        path = tmp_path / "none" / "graph.svg"
        assert "%s: No such file" % path in commands.refused("profile", "app", "--seconds", "600", "--output", str(path))

    def test_a_full_disk_is_a_failure(self, commands, site):
        site.pid()
        held = site.hold()
        status, _, errors = commands.run("profile", "app", "--seconds", "1", "--output", "/dev/full")
        held.finish()
        assert status == 1 and "/dev/full: No space left" in errors

    def test_a_stopped_group_has_no_workers(self, commands):
        commands.do("stop", "app")
        assert "group 'app' has no workers now" in commands.refused("profile", "app")
        commands.do("start", "app")


class TestHostileNames:
    CONFIG = groups(app="threads=2")
    APPS = {**APPS, "app.wsgi": NAMED}

    def test_names_are_escaped_in_every_output(self, commands, site, tmp_path):
        key = site.new_key()
        with site.connect() as connection:
            connection.start("GET", "/app/named?key=%s&%s" % (key, quote("<b>;x")))
            site.wait_notes(key, 1)
            table = commands.do("profile", "app", "--seconds", "1")
            # The worker closes its pipe before the first profile has ended.
            wait_for(lambda: commands.run("profile", "app", "--seconds", "1", "--output", str(tmp_path / "svg"),
                                          "--folded", str(tmp_path / "folded"))[2] == "")
            (site.httpd.data / (key + ".go")).touch()
            assert connection.read_response().status == 200
        folded = (tmp_path / "folded").read_text()
        for text in (table, folded, (tmp_path / "svg").read_text()):
            assert "\x1b" not in text and "\u202e" not in text
        assert all("wait_for_file (" in stack for stack in stacks_of(folded)), folded
        graph = xml.etree.ElementTree.parse(tmp_path / "svg").getroot()
        assert {element.tag for element in graph.iter()} <= {SVG + tag for tag in ("svg", "title", "rect", "text", "g")}


class TestStuck:
    def test_a_worker_whose_gil_is_held_is_profiled_too(self, make_httpd):
        with held_gil(make_httpd) as commands:
            stacks = stacks_of(commands.do("profile", "app", "--seconds", "1", "--folded", "-"))
        stuck = [count for stack, count in stacks.items()
                 if re.search(r"stuck_in_c \(apps/app\.wsgi:\d+\);\[GIL held\]$", stack)]
        assert sum(stuck) >= 50
