# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes clients and applications send to the log, each line begins with httpd's or the manager's own fields,
and contains no byte that starts a line, controls a terminal, or changes the order in which text appears.
"""
import pathlib
import re
import socket
import unicodedata
import urllib.parse

import pytest

from pyw import paths, wait_for
from pyw.site import BOTH_MODES, Site

HERE = pathlib.Path(__file__).resolve().parent
FORGED = "[Mon Nov 30 00:00:00.000000 2026] [core:emerg] [pid 1:tid 1] PYW0300: forged-KEY"
CONTROLS = "\x1b]0;title\x07\x1b[2J\x9b31m\x08\x7f\x00\u202e\u2066\u200f\u061c\u2028\u2029\x85"
RECORD = re.compile(r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [^\]]*\] \[(\w+):(\w+)\] \[pid (\d+)(:tid \d+)?\] ")

BOTH = ["printed", "errors", "binary", "logged", "warned", "raised", "named", "status", "header", "body", "threads",
        "unraisable"]
DAEMON = ["raw", "program", "killed"]    # embedded, descriptor 2 is that of httpd itself
ALL = [(mode, way) for mode in ("embedded", "daemon") for way in BOTH] + [("daemon", way) for way in DAEMON]

CLIENT = """
    SetEnvIf X-Group (.*) GROUP=$1
    <Location /chosen>
        WSGIProcessGroup %{ENV:GROUP}
    </Location>
    WSGIScriptAlias /chosen ${APPS}/app.wsgi
"""


def payload(key):
    text = "\r\n%s %s" % (FORGED.replace("KEY", key), CONTROLS)
    return text.encode() + b"\xff\xc0\x8a tail\r" + FORGED.replace("KEY", key).encode() + b"\n" + text.encode()


def deceives(character):
    """Control characters, line separators and bidirectional controls."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp") and character != "\t" or (
        unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        or character in "\u200e\u200f\u061c")


class TestInjection:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(BOTH_MODES + CLIENT, modules=("setenvif",),
                            apps={"app.wsgi": HERE / "injection.wsgi", "support.py": paths.SUPPORT})
        server.wait_for_workers()
        return server

    def lines(self, server, since):
        data = server.log.path.read_bytes()[since:]
        assert data.endswith(b"\n") or not data
        lines = [line for line in data.decode("utf-8").split("\n") if line and not line.startswith("# test: ")]
        assert not [line for line in lines if any(map(deceives, line))]
        assert not [line for line in lines if not RECORD.match(line)]
        return lines

    def assert_unharmed(self, server, since, key):
        """No line of the log from the offset `since` on is forged, and each names the process that wrote it."""
        own = {process.pid for process in (server.process, server.manager(), *server.children(), *server.family)}
        for line in self.lines(server, since):
            module, level, pid = RECORD.match(line).group(1, 2, 3)
            assert (module, level) != ("core", "emerg") and int(pid) in own, line

    @pytest.mark.parametrize("mode, way", ALL)
    def test_of_an_application(self, server, mode, way):
        site, since = Site(server, mode), server.log.path.stat().st_size
        key = site.new_key()
        server.allow_log(r"forged-|\[pywsgi:|PYW0310|AH01075")
        server.remember_family()
        site.get("/%s?text=%s" % (way, payload(key).hex()))
        wait_for(lambda: site.get("/printed?text=" + b"end-of-%s".replace(b"%s", key.encode()).hex()).status == 200)
        server.log.wait("end-of-" + key)
        server.remember_family()
        self.assert_unharmed(server, since, key)
        if mode == "daemon":
            workers = {worker.pid for worker in server.family}
            for line in server.log.find("forged-" + key):
                assert int(re.search(r"\[worker (\d+)\]|\[pid (\d+)", line).group(1) or
                           RECORD.match(line).group(3)) in workers, line

    def test_of_a_request_whose_worker_dies(self, server):
        """The manager writes the request line that it finds in shared memory."""
        server.allow_log("PYW0310|PYW024")
        since = server.log.path.stat().st_size
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            path = b"/daemon/killed?" + "\u202e\u2028\x9b".encode() + b"\xff\xc0\x8a"
            client.sendall(b"GET " + path + b"%0d%0aPYW0300:forged HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            client.settimeout(20)
            assert b" 502 " in client.recv(4096)
        server.log.wait("PYW0310: .*killed")
        self.assert_unharmed(server, since, "")

    @pytest.mark.parametrize("value", ["\u202egroup\x9b", "a\tb\u2028c", "x" * 7000],
                             ids=["bidirectional", "separator", "long"])
    def test_of_a_header_that_chooses_the_group(self, server, value):
        server.expect_log("PYW0203")
        since = server.log.path.stat().st_size
        assert server.get("/chosen", [("X-Group", value.encode().decode("latin-1"))]).status == 500
        server.log.wait("PYW0203")
        self.assert_unharmed(server, since, "")

    def test_of_a_url_without_an_application(self, server):
        since = server.log.path.stat().st_size
        server.allow_log("PYW|AH")
        for text in ("\u202e", "\r\nforged", "\x1b[2J"):
            server.get("/chosen/" + urllib.parse.quote(text), [("X-Group", "none")])
        self.assert_unharmed(server, since, "")


class TestEnvironment:
    """The values of env= that an administrator writes, and of httpd's environment, are not in any message."""

    def test_an_env_file_with_hostile_lines(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess app env-file=${ROOT}/a.env\n", start=False)
        (server.root / "a.env").write_bytes(b"no assignment " + payload("env") + b"\n")
        ok, text = server.configtest()
        assert not ok
        assert not any(deceives(character) for line in text.split("\n") for character in line), ascii(text)
