# SPDX-License-Identifier: Apache-2.0
"""pywsgi on a terminal: top, status --watch, the width and the colours."""
import re

import pytest
from control_site import groups

from pyw import wait_for
from pyw.terminal import Terminal


@pytest.fixture
def terminal(tmp_path, commands):
    opened = []

    def start(*arguments, **options):
        command = [commands.program, *arguments, "--directory", str(commands.server.run)]
        opened.append(Terminal(tmp_path / ("tmux%d" % len(opened)), command, **options))
        return opened[-1]

    yield start
    for found in opened:
        found.close()


class TestTop:
    CONFIG = groups(app="processes=2 threads=2", other="", é="")

    def test_the_workers_are_shown_sorted_and_within_80_columns(self, terminal, commands, site):
        wait_for(lambda: len(commands.workers("app")) == 2 and len(commands.workers("other")) == 1)
        held = site.hold()
        top = terminal("top", "--interval", "1")
        top.wait(r"(?m)^app .* 1/2 .* (\d+s )?GET /app/hol")
        top.wait(r"(?m)^(\d+s )?GET /app/hold\?key=\w+ *$")
        top.wait(r"(?m)^client 127.0.0.1, id \S{11} *$")
        assert "k stacks" in top.screen()
        assert "4 workers, sorted by BUSY" in top.screen()
        assert max(map(len, top.screen().splitlines())) <= 80
        top.keys("g")
        top.wait(r"sorted by GROUP")
        assert re.findall("(?m)^(app|other) ", top.screen()) == ["app", "app", "other"]
        held.finish()
        top.keys("q")
        wait_for(top.is_over)

    def test_a_key_shows_the_stacks(self, terminal, commands):
        wait_for(lambda: len(commands.workers("other")) == 1)
        top = terminal("top", "other")
        top.wait("1 workers, sorted by")
        top.keys("k")
        top.wait(r"worker %d \(ready\)|press return" % commands.workers("other")[0]["pid"])
        top.wait("press return")
        top.keys("Enter")
        top.wait("1 workers, sorted by")

    def test_columns_are_aligned_whatever_the_name_of_the_group(self, terminal, commands):
        wait_for(lambda: len(commands.workers("é")) == 1)
        top = terminal("top")
        top.wait("4 workers, sorted by")
        assert len({line.index(" ready ") for line in top.screen().splitlines() if " ready " in line}) == 1

    def test_a_window_of_another_size(self, terminal):
        top = terminal("top")
        top.wait("4 workers, sorted by")
        top.run("resize-window", "-x", "40", "-y", "10")
        top.wait(r"(?m)^GROUP +WORKER STATE +U?P?$|^GROUP +WORKER STATE")
        assert max(map(len, top.screen().splitlines())) <= 40

    def test_top_without_a_terminal_is_refused(self, commands):
        assert commands.refused("top") == "pywsgi: top needs a terminal; use status --watch\n"


class TestStatus:
    CONFIG = groups(app="threads=2")

    @pytest.fixture(autouse=True)
    def ready(self, commands):
        wait_for(lambda: commands.workers("app"))

    def test_rows_are_cut_at_the_width_of_a_terminal_only(self, terminal, commands, server):
        assert str(server.apps / "app.wsgi") in commands.table()
        shown = terminal("status", "--watch", "1", columns=60)
        shown.wait("(?m)^app  ")
        line, = [line for line in shown.screen().splitlines() if line.startswith("app ")]
        assert len(line) <= 60 and "app.wsgi" not in shown.screen()

    def test_a_request_is_whole_on_a_terminal(self, terminal, site):
        held = site.hold("/hold/" + "x" * 120)
        shown = terminal("status", "--watch", "1", columns=60)
        wait_for(lambda: re.search(r"x{120}.*  \(127.0.0.1, id \S{11}\)", shown.screen("-J")))
        held.finish()

    def test_watch_shows_the_state_again_and_again(self, terminal, commands):
        shown = terminal("status", "--watch", "1")
        shown.wait("(?m)^app +running")
        commands.do("stop", "app")
        shown.wait("(?m)^app +stopped")
        commands.do("start", "app")
        shown.wait("(?m)^app +running")

    def test_watch_takes_a_number_or_the_name_of_a_group(self, commands):
        assert "there is no group 'x'" in commands.run("status", "x")[2]
        for arguments in (["--watch=0"], ["--watch", "0"], ["--watch=x"]):
            status, output, errors = commands.run("status", *arguments)
            assert status == 2 and not output and "--watch takes a whole number" in errors

    def test_colours_are_for_terminals_without_no_color(self, terminal, commands):
        assert "\x1b" not in commands.table()
        colourful = terminal("status", "--watch")
        colourful.wait("(?m)app .*running", "-e")
        assert "\x1b[32m" in colourful.screen("-e")
        colourful.close()
        plain = terminal("status", "--watch", environment=["NO_COLOR=1"])
        plain.wait("(?m)^app +running", "-e")
        assert "\x1b" not in plain.screen("-e")
