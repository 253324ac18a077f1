# SPDX-License-Identifier: Apache-2.0
"""docs/guide/deploying.md: its script and virtual host deploy new code and go back under traffic. No request fails."""
import re
import subprocess
import sys

import pytest

from pyw import paths, wait_for

sys.path.append(str(paths.TESTS / "robustness" / "lifecycle"))

from traffic import Clients  # noqa: E402

pytestmark = pytest.mark.long

PAGE = (paths.TOP / "docs" / "guide" / "deploying.md").read_text()
APPLICATION = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%s"]
"""
FAILED_RELOAD = r"PYW0316|PYW0610|PYW0310|ModuleNotFoundError|Traceback|\]   |File|was searched by|install it in"
PIP = '"releases/$name/venv/bin/pip" install -q -r "releases/$name/requirements.txt"'     # takes long; tools/check-guides runs it


def block(language):
    text, = re.findall(r"^```%s\n(.*?)^```$" % language, PAGE, re.M | re.S)
    return text


class Blog:
    """The server of the guide, below the directory of a test's httpd instead of /srv/blog."""

    def __init__(self, server):
        self.server = server
        self.directory = server.apps / "blog"
        self.script = server.root / "deploy-blog"
        for path in (self.directory, self.directory / "releases", self.directory / "repo.git"):
            path.mkdir()
        self.git("init", "-q", "-b", "main")
        program = "%s reload --directory %s blog" % (server.root / "modules" / "pywsgi", server.run)
        text = self.adapted(block("sh")).replace("pywsgi reload blog", program)
        assert PIP in text
        self.script.write_text(text.replace(PIP, ":").replace("-m venv", "-m venv --without-pip"))
        self.script.chmod(0o755)

    def adapted(self, text):
        return text.replace("/srv/blog", str(self.directory))

    def git(self, *arguments):
        identity = ["-c", "user.name=You", "-c", "user.email=you@example.org"]
        subprocess.run(["git", "-C", str(self.directory / "repo.git"), *identity, *arguments], check=True)

    def commit(self, code):
        repository = self.directory / "repo.git"
        (repository / "blog.py").write_text(code)
        (repository / "requirements.txt").write_text("")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "a version")

    def deploy(self, *arguments):
        """Return the exit status and what the script has printed."""
        result = subprocess.run([str(self.script), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, timeout=120, stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})
        return result.returncode, result.stdout

    def releases(self):
        return sorted(path.name for path in (self.directory / "releases").iterdir())

    def current(self):
        return (self.directory / "current").resolve().name

    def start(self):
        config = self.adapted(block("apache")).replace("*:80>", "*:${PORT}>")
        self.server.configure(config.replace(" user=blog", ""))
        self.server.start()
        wait_for(lambda: self.server.get("/").status == 200)


@pytest.fixture(scope="class")
def blog(make_httpd):
    blog = Blog(make_httpd(start=False))
    blog.commit(APPLICATION % "1")
    status, output = blog.deploy()
    assert status == 0 and output.endswith("serves\n"), output
    blog.first = blog.current()     # releases() does not sort the commits of one second by time
    blog.start()
    return blog


class TestReleases:
    def test_clients_see_the_old_and_the_new_version_and_no_error(self, blog):
        first = blog.current()
        with Clients(blog.server, "/") as clients:
            self.deploy_the_second_version(blog, clients)
            self.deploy_broken_code(blog, clients)
            self.go_back(blog, clients, first)
        assert clients.statuses() == {200} and clients.bodies() == {b"1", b"2"}

    def deploy_the_second_version(self, blog, clients):
        blog.commit(APPLICATION % "2")
        status, output = blog.deploy()
        assert status == 0 and "2 workers are ready" in output, output
        assert blog.server.get("/").body == b"2"

    def deploy_broken_code(self, blog, clients):
        blog.server.allow_log(FAILED_RELOAD)
        before = blog.current()
        blog.commit("import nosuchmodule\n")
        status, output = blog.deploy()
        assert status == 1 and "No module named 'nosuchmodule'" in output and "continues to serve" in output, output
        assert blog.current() == before and blog.server.get("/").body == b"2"

    def go_back(self, blog, clients, first):
        status, output = blog.deploy("--to", first)
        assert status == 0 and blog.current() == first, output
        assert blog.server.get("/").body == b"1"

    def test_a_front_page_with_status_500_is_not_activated(self, blog):
        blog.server.allow_log(FAILED_RELOAD + "|PYW0355|PYW0603|ValueError|PYW0317")
        before = blog.server.get("/").body
        blog.commit("def app(environ, start_response):\n    raise ValueError\n")
        status, output = blog.deploy()
        assert status == 1 and blog.server.get("/").body == before, output

    def test_an_unknown_release_changes_nothing(self, blog):
        before = blog.current()
        assert blog.deploy("--to", "nosuchrelease") == (2, "deploy-blog: there is no release nosuchrelease\n")
        assert blog.current() == before

    def test_a_commit_that_does_not_compile_leaves_no_release(self, blog):
        before = blog.releases()
        blog.commit("def app(:\n")
        status, output = blog.deploy()
        assert status == 1 and "SyntaxError" in output, output
        assert blog.releases() == before

    def test_old_releases_are_removed_but_not_the_one_that_serves_and_the_one_before(self, blog):
        first, before = blog.first, blog.current()
        new = ["2999010%d" % number for number in range(6)]
        for name in new:
            (blog.directory / "releases" / name).mkdir()
        status, output = blog.deploy("--to", first)
        assert status == 0, output
        assert blog.current() == first and blog.releases() == sorted({first, before, *new[1:]})
