# SPDX-License-Identifier: Apache-2.0
"""A real git client pushes 3 MB to dulwich's HTTP server and clones it again."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def git(directory, *arguments):
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(directory), "GIT_TERMINAL_PROMPT": "0",
                   "GIT_CONFIG_NOSYSTEM": "1"}
    settings = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main", "-c",
                "http.proxy=", "-c", "safe.directory=*"]
    return subprocess.run(["git", *settings, *arguments], cwd=directory, env=environment, check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


class TestGit:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess git threads=4
            WSGIScriptAlias /daemon ${APPS}/git.wsgi process-group=git
            WSGIScriptAlias /embedded ${APPS}/git.wsgi""", apps={"git.wsgi": HERE / "git.wsgi"}, start=False)
        git(server.data, "init", "-q", "--bare", "repo.git")
        subprocess.run(["chmod", "-R", "a+rwX", str(server.data / "repo.git")], check=True)
        return server.start()

    @pytest.mark.parametrize("buffer", ["1m", pytest.param("10m", marks=pytest.mark.long)], ids=["chunked", "with a length"])
    def test_push_and_clone(self, server, mode, buffer, tmp_path):
        server.allow_log(r"dulwich|git-|Handling service|\"(GET|POST) ")
        url = "http://127.0.0.1:%d/%s/repo" % (server.port, mode)
        branch = "%s-%s" % (mode, buffer)
        content = os.urandom(3 << 20)
        git(tmp_path, "init", "-q", "work")
        (tmp_path / "work" / "large").write_bytes(content)
        git(tmp_path / "work", "add", "large")
        git(tmp_path / "work", "commit", "-q", "-m", "large")
        git(tmp_path / "work", "-c", "http.postBuffer=" + buffer, "push", "-q", url, "HEAD:refs/heads/" + branch)
        git(tmp_path, "clone", "-q", "-b", branch, url, "clone")
        assert (tmp_path / "clone" / "large").read_bytes() == content
