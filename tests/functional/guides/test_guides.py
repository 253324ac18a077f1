# SPDX-License-Identifier: Apache-2.0
"""The guides of docs/guide: their files compile, configtest accepts their configurations, and their links lead somewhere.

tools/check-guides runs their commands, which needs root and a fresh Debian. This notices a broken guide on each commit.
"""
import json
import os
import re
import subprocess
import sys

import pytest

from pyw import Httpd, paths
from pyw.tls import make_certificate

sys.path.insert(0, str(paths.TOP / "tools" / "guides"))
import machine  # noqa: E402
from guide import Guide, Step  # noqa: E402

GUIDES = [Guide(path) for path in sorted((paths.TOP / "docs" / "guide").glob("*.md"))]
MODULES = ("authn_file", "authz_host", "deflate", "env", "expires", "filter", "headers", "http2", "log_config", "md",
           "proxy", "proxy_http", "remoteip", "reqtimeout", "rewrite", "setenvif", "ssl", "watchdog")


def blocks(*languages):
    """Return a parameter for each block in these languages."""
    return [pytest.param(block, id="%s:%d" % (guide.name, block.line)) for guide in GUIDES for block in guide.blocks
            if block.language in languages]


def heading_anchor(heading):
    """Return the anchor that GitHub makes of a heading."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def has_anchor(path, anchor):
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    return anchor in {heading_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
class TestLinks:
    def test_links_lead_to_files_and_headings(self, guide):
        for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)\s\"]+)\)", guide.text)):
            if "://" in target or target.startswith("mailto:"):
                continue
            path = (guide.path.parent / target).resolve() if target else guide.path
            assert path.exists(), target
            assert not anchor or path.suffix != ".md" or has_anchor(path, anchor), "%s#%s" % (target, anchor)


def check_shell(text):
    done = subprocess.run(["bash", "-n"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


CHECKS = {"python": lambda text: compile(text, "block", "exec"), "sh": check_shell, "json": json.loads}


class TestFiles:
    @pytest.mark.parametrize("block", blocks(*CHECKS))
    def test_it_compiles(self, block):
        CHECKS[block.language](block.text)

    @pytest.mark.parametrize("block", blocks("console"))
    def test_commands(self, block):
        for step in block.steps():
            check_shell(step.command)
        check_shell(block.instead or ":")


class TestConfigurations:
    @pytest.fixture(scope="class")
    def server(self):
        """A server that is never started, with files for what a configuration must be able to read."""
        server = Httpd(modules=MODULES)
        make_certificate(server)
        (server.root / "site.env").write_text("NAME=value\n")
        yield server
        server.destroy()

    @pytest.mark.parametrize("block", blocks("apache"))
    def test_configtest_accepts_it(self, server, block):
        server.configure(here(server, block.text))
        valid, output = server.configtest()
        assert valid, output


def here(server, text):
    """Return a configuration with the users and the files of this machine."""
    user = " user=nobody" if paths.is_root() else ""
    text = re.sub(r" user=\S+", user, text)
    text = re.sub(r" (group|supplementary-groups|socket-user|script-user|script-group)=\S+", "", text)
    text = re.sub(r"( env-file=)\S+", r"\1%s/site.env" % server.root, text)
    text = re.sub(r"(SSLCertificateFile )\S+", r"\1%s/cert.pem" % server.root, text)
    text = re.sub(r"(SSLCertificateKeyFile )\S+", r"\1%s/key.pem" % server.root, text)
    text = re.sub(r"^(\s*)(Listen|User|Group|LoadModule) .*$", r"\1", text, flags=re.M)
    return "Define APACHE_LOG_DIR ${ROOT}\nMDStoreDir %s/md\n%s" % (server.root, text)


class TestOutput:
    """The comparison of tools/check-guides."""

    @pytest.mark.parametrize("shown, printed, is_answer", [
        ("hello", "hello\n", True), ("hello", "hello again\n", False), ("hello", "", False), ("", "", True),
        ("a ... c", "a b c", True), ("a ... c", "a\nc", False), ("a  b", "  a b\n\n", True),
        ("...\nend", "1\n2\nend\n", True), ("...\nend", "end", True), ("begin\n...\nend", "begin\nend\nmore", False),
        ("begin\n...", "begin", True), ("[...] x.y", "[1] x-y", False),
    ])
    def test_dots_stand_for_any_text(self, shown, printed, is_answer):
        step = Step(1, "you", "command")
        step.output = shown.split("\n")
        assert step.is_answer(printed) == is_answer


class TestParser:
    GUIDE = """# Title

The file is `/srv/app.py`:

```python
x = 1
```

<!-- fails -->

```console
# first \\
    --option
$ second
output
...
blog$ third
```

An example, not `/srv/other.py`: this one.

<!-- instead:
true
-->

```console
# certbot
```
"""

    @pytest.fixture
    def guide(self, tmp_path):
        (tmp_path / "guide.md").write_text(self.GUIDE)
        return Guide(tmp_path / "guide.md")

    def test_blocks(self, guide):
        assert [(block.line, block.language, block.path, block.fails, block.instead) for block in guide.blocks] == [
            (5, "python", "/srv/app.py", False, None), (11, "console", None, True, None),
            (26, "console", None, False, "\ntrue\n")]

    def test_steps(self, guide):
        assert [(step.line, step.user, step.command, step.output) for step in guide.steps()] == [
            (12, "root", "first \\\n    --option", []), (14, "you", "second", ["output", "..."]),
            (17, "blog", "third", []), (27, "root", "certbot", [])]


def test_make_compiles_a_changed_file_again_on_the_machine_even_if_it_is_older_than_the_object(tmp_path):
    for tree, text in (("old", "before"), ("new", "after")):
        (tmp_path / tree / "src").mkdir(parents=True)
        (tmp_path / tree / "src" / "same.c").write_text("same")
        (tmp_path / tree / "src" / "changed.c").write_text(text)
    for name in ("same.c", "changed.c"):
        os.utime(tmp_path / "old" / "src" / name, (1000, 1000))
    machine.keep_times(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new" / "src" / "same.c").stat().st_mtime == 1000
    assert (tmp_path / "new" / "src" / "changed.c").stat().st_mtime > 1000
