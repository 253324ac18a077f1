# SPDX-License-Identifier: Apache-2.0
"""The values of env= and env-file= are in the group's own processes, and in no child of httpd (F49)."""
import subprocess

import pytest

from pyw import paths, processes, wait_for

# Not a literal, because the test must not find the text of this file.
SECRET = "".join(["Tr0ub4dor", "-", "UNGUESSABLE"])
NEEDLE = b"Tr0ub4dor" + b"-UNGUESS"
SHOWN = SECRET[:12]
APP = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ.get("PASSWORD", "none")[:12].encode()]  # the whole would pass through httpd's child
"""
WAYS = {
    "plain": "env=PASSWORD=@",
    "quoted value": 'env="PASSWORD=@ and more"',
    "quoted word": '"env=PASSWORD=@ and more"',
    "single quotes": "env='PASSWORD=@'",
    "escaped quotes": "env=\"PASSWORD=@\\\"quoted\\\"\"",
    "continued line": "threads=2 \\\n    env=PASSWORD=@ \\\n    umask=027",
    "broken by a continued line": "threads=2 env=PASSWORD=@-and-\\\nmore umask=027",
    "long": "python-path=" + ":".join("/usr/lib/%060d" % i for i in range(20)) + " env=PASSWORD=@",
    "long value": "env=PASSWORD=@" + "x" * 3000,
    "in the middle": "env=OTHER=@-other env=PASSWORD=@ env=THIRD=3",
    "file": "env-file=${ROOT}/secret.env",
}

pytestmark = pytest.mark.skipif(not paths.is_root(), reason="only root may read the memory of httpd's children")


def group(name, way):
    return "WSGIDaemonProcess %s %s\nWSGIScriptAlias /%s ${APPS}/app.wsgi process-group=%s\n" % (
        name, WAYS[way].replace("@", SECRET), name, name)


def all_ways():
    """Half of them in a virtual host, which httpd reads in a different way."""
    lines = [group("g%d" % number, way) for number, way in enumerate(sorted(WAYS))]
    return "%s<VirtualHost *:${PORT}>\n%s</VirtualHost>\n" % ("".join(lines[::2]), "".join(lines[1::2]))


def copies(httpd):
    return sum(text.count(NEEDLE) for child in httpd.children() for text in processes.read_memory(child.pid))


def make(make_httpd, text, **options):
    httpd = make_httpd(text, apps={"app.wsgi": APP}, start=False, **options)
    (httpd.root / "secret.env").write_text("# for the database\nexport PASSWORD=\"%s\"\n" % SECRET)
    (httpd.root / "secret.env").chmod(0o600)
    return httpd


class Memory:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make(make_httpd, all_ways(), mpm=self.MPM).start()

    @staticmethod
    def answers(httpd):
        return {SHOWN in httpd.get("/g%d" % number).body.decode() for number in range(1, len(WAYS), 2)} == {True}

    def test_no_child_of_httpd_has_a_value(self, httpd):
        assert self.answers(httpd)
        assert httpd.children() and copies(httpd) == 0

    def test_nor_after_graceful(self, httpd):
        before = httpd.children()
        httpd.graceful()
        processes.wait_gone(before)
        assert self.answers(httpd)
        assert httpd.children() and copies(httpd) == 0

    def test_a_new_manager_has_them_and_later_children_do_not(self, httpd):
        httpd.allow_log("PYW0253|AH00052|AH00051")
        manager, workers = httpd.manager(), httpd.workers()
        manager.kill()
        wait_for(lambda: httpd.manager() not in (None, manager), 15, "a new manager")
        processes.wait_gone(workers)
        wait_for(lambda: self.answers(httpd))
        before = httpd.children()
        for child in before:
            child.kill()
        processes.wait_gone(before)
        wait_for(lambda: httpd.children() and self.answers(httpd))
        assert copies(httpd) == 0


class TestEvent(Memory):
    MPM = "event"


@pytest.mark.long
class TestWorker(Memory):
    MPM = "worker"


class TestPrefork(Memory):
    MPM = "prefork"


class TestShown:
    CONFIG = "<Location /info>\nSetHandler server-info\nRequire all granted\n</Location>\n"

    def dump(self, httpd):
        return subprocess.run(httpd.command("-t", "-D", "DUMP_CONFIG"), env=httpd.child_environment(), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60).stdout

    def test_the_configuration_is_shown_without_the_values(self, make_httpd):
        httpd = make(make_httpd, all_ways() + self.CONFIG, modules=["info"]).start()
        for text in (self.dump(httpd), httpd.get("/info?config").body.decode("latin-1")):
            assert text.count("WSGIDaemonProcess") >= len(WAYS)
            assert text.count("env=PASSWORD=***") == len(WAYS) - 1
            assert SECRET not in text

    def test_the_other_options_are_shown_as_they_are(self, make_httpd):
        httpd = make(make_httpd, "WSGIDaemonProcess app  threads=2 env=A=b  python-path=\"/usr/a b\" umask=027\n",
                     modules=["info"])
        assert 'WSGIDaemonProcess app  threads=2 env=A=***  python-path="/usr/a b" umask=027\n' in self.dump(httpd)

    def test_a_message_about_the_group_does_not_show_it(self, make_httpd):
        httpd = make(make_httpd, group("app", "plain").replace("env=", "thread=1 env="))
        fine, text = httpd.configtest()
        assert not fine
        assert "thread" in text and SECRET not in text


class TestReadAgain:
    """httpd reads its command line and environment again at a restart, so these values remain there."""

    @staticmethod
    def check(httpd):
        assert httpd.start().get("/app").body.decode() == SHOWN
        before = httpd.workers()
        httpd.graceful()
        wait_for(lambda: httpd.get("/app").body.decode() == SHOWN)
        assert httpd.workers() == before and "PYW0330" not in httpd.output()

    def test_the_environment(self, make_httpd):
        self.check(make(make_httpd, "WSGIDaemonProcess app ${OPTIONS}\n"
                        "WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app\n",
                        environment={"OPTIONS": "threads=2 env=PASSWORD=" + SECRET}))

    @pytest.mark.parametrize("when", ["-c", "-C"])
    @pytest.mark.long
    def test_the_command_line(self, make_httpd, when):
        if when == "-C":
            line = "Define OPTIONS env=PASSWORD=" + SECRET
            httpd = make(make_httpd, "WSGIDaemonProcess app ${OPTIONS}\n"
                         "WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app\n")
        else:
            line = "WSGIDaemonProcess app env=PASSWORD=" + SECRET
            httpd = make(make_httpd, "WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app\n")
        command = httpd.command
        httpd.command = lambda *arguments: command(*arguments, when, line)
        self.check(httpd)
