# SPDX-License-Identifier: Apache-2.0
"""A process with several applications: one in the main interpreter, and one in a sub-interpreter."""
import sys

import pytest

from pyw import pythons
from pyw.site import Site

VERSION = tuple(map(int, pythons.CHOSEN.split("."))) if pythons.CHOSEN else sys.version_info[:2]
REFUSING = ["sub"] if VERSION < (3, 13) else ["main", "sub"]


class TestTwoApplications:
    CONFIG = "WSGIPythonPath ${APPS}\nWSGIDaemonProcess app threads=4 python-path=${APPS}\n" + "".join(
        "WSGIScriptAlias /%s/%s ${APPS}/app.wsgi application-group=%s %s\n" % (
            mode, name, group, "process-group=app" if mode == "daemon" else "")
        for mode in ("daemon", "embedded") for name, group in (("main", "%{GLOBAL}"), ("sub", "another")))

    @pytest.fixture
    def both(self, server, mode):
        sites = {name: Site(server, mode, "/%s/%s" % (mode, name)) for name in ("main", "sub")}
        assert [site.get("/run_true").body for site in sites.values()] == [b"0", b"0"]  # both are loaded
        return sites

    if VERSION < (3, 13):
        @pytest.mark.parametrize("path, answer", [
            ("/returns", b"exit 0"), ("/exits", b"exit 3"), ("/thread_of_child", b"True MainThread ['MainThread']; exit 0"),
            ("/in_thread", b"exit 0"), ("/process?job=succeed&method=fork", b"0"), ("/pool?method=fork", b"[0, 1, 4, 9]")])
        def test_the_application_in_the_main_interpreter_forks(self, both, path, answer):
            assert both["main"].get(path).body == answer

    @pytest.mark.parametrize("name", REFUSING)
    def test_where_a_child_would_crash_none_is_forked(self, both, name):
        answers = both[name].get("/refused").body.decode().splitlines()
        assert len(answers) == 5
        for answer in answers:
            assert answer.startswith("CPython cannot fork in a process with sub-interpreters: ")

    @pytest.mark.parametrize("method", ["spawn", "forkserver"])
    @pytest.mark.parametrize("name", ["main", "sub"])
    def test_other_methods_work(self, both, name, method):
        assert both[name].get("/pool?method=" + method).body == b"[0, 1, 4, 9]"
