# SPDX-License-Identifier: Apache-2.0
"""F35: applications that flood the error log."""
import concurrent.futures
import re

import pytest

from pyw import paths
from pyw.site import BOTH_MODES, Site

FLOOD = '''
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import DATA, dispatcher, note_of, plain, query  # noqa: E402


def flood(environ, start_response):
    """Lines as fast as they go, until the test says so."""
    go, count = os.path.join(DATA, query(environ, "key") + ".go"), 0
    note_of(environ, "begun")
    while not os.path.exists(go):
        sys.stderr.write("flood %06d %s\\\\n" % (count, "x" * 200))
        count += 1
    return plain(start_response, count)


def line(environ, start_response):
    """One line: digits that tell where one is, and control bytes."""
    text = "".join("%07d " % i for i in range(3000)) if query(environ, "what") == "digits" else "<\\\\x1b[31m\\\\x07\\\\0>" * 2000
    environ["wsgi.errors"].write(text + "\\\\n")
    return plain(start_response, len(text))


def quick(environ, start_response):
    return plain(start_response, "quick")


application = dispatcher(globals())
'''.replace("\\\\", "\\")


@pytest.fixture(scope="class")
def server(make_httpd):
    apps = {"app.wsgi": FLOOD, "support.py": paths.SUPPORT}
    return make_httpd(BOTH_MODES.replace("threads=4", "threads=8"), apps=apps)


@pytest.fixture
def site(server, mode):
    return Site(server, mode)


def texts(lines):
    """The text that the application wrote, without httpd's part of the records."""
    return [re.sub(r"^(\[[^\]]*\] )+", "", line) for line in lines]


class TestFlood:
    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"\[pywsgi:error\].*(flood \d|\d{7} |\\x1b|\\x07|x00|31m|>)")

    def test_others_are_served_meanwhile(self, server, site):
        key = site.new_key()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            floods = [pool.submit(site.get, "/flood?key=" + key) for _ in range(2)]
            try:
                site.wait_notes(key, 2)
                assert [site.get("/quick").body for _ in range(50)] == [b"quick"] * 50
                assert not any(flood.done() for flood in floods)
            finally:
                (server.data / (key + ".go")).touch()
        assert [flood.result().status for flood in floods] == [200, 200]

    def test_a_long_line_becomes_several_and_nothing_is_lost(self, server, site):
        since = server.log.position()
        assert site.get("/line?what=digits").status == 200
        server.log.wait("0002999", since)
        lines = server.log.find(r"\d{7} ", since)
        assert len(lines) > 1 and all(len(line) <= 8192 for line in lines)
        assert "".join(texts(lines)).replace(" ", "") == "".join("%07d" % i for i in range(3000))

    def test_control_bytes_are_escaped_and_nothing_is_lost(self, server, site):
        since = server.log.position()
        assert site.get("/line?what=control").status == 200
        server.log.wait(r"x00>$", since)
        lines = server.log.find(r"31m|x00|x07|x1b", since)
        assert all(len(line) <= 8192 and not re.search(r"[\x00-\x08\x0b-\x1f]", line) for line in lines)
        assert "".join(texts(lines)).count("31m") == 2000
