# SPDX-License-Identifier: Apache-2.0
"""The program pywsgi by itself: explain, the manual pages, and the completion for bash."""
import json
import re
import shutil
import subprocess

import pytest

from pyw import paths

PROGRAM = str(paths.BUILD / "pywsgi")
ERRORS = (paths.TOP / "docs" / "errors.md").read_text()
MANUAL = sorted((paths.BUILD / "man").glob("*.1"))


def run(*arguments):
    result = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return result.returncode, result.stdout, result.stderr


def verbs():
    return re.findall("^  ([a-z]+) .*[a-z]$", run("help")[1], re.M)


class TestExplain:
    @pytest.mark.parametrize("word", ["PYW0610", "pyw0610", "610", "0610"])
    def test_the_text_is_that_of_the_documentation(self, word):
        status, output, errors = run("explain", word)
        assert (status, errors) == (0, "") and output.startswith("PYW0610\n\n")
        assert "\n### PYW0610\n\n%s\n### " % output[len("PYW0610\n\n"):] in ERRORS

    def test_every_message_is_found(self):
        tags = re.findall("^### (PYW[0-9]{4})$", ERRORS, re.M)
        for tag in (tags[0], tags[len(tags) // 2], tags[-1]):
            assert run("explain", tag)[1].startswith(tag + "\n\n")

    def test_json(self):
        entry = json.loads(run("explain", "--json", "610")[1])
        assert entry["tag"] == "PYW0610" and entry["text"] in ERRORS

    def test_the_neighbours_of_an_unknown_tag_are_named(self):
        numbers = sorted(int(number) for number in re.findall("^### PYW([0-9]{4})$", ERRORS, re.M))
        before, after = next((one, other) for one, other in zip(numbers, numbers[1:]) if other - one > 1)
        assert run("explain", str(before + 1)) == (1, "", "pywsgi: there is no message PYW%04d; the nearest: PYW%04d "
                                                   "PYW%04d\n" % (before + 1, before, after))

    @pytest.mark.parametrize("word", ["x", "PYW", "-1", "0", "10000", "99999999999999999999", "610x", ""])
    def test_nonsense_is_a_wrong_command_line(self, word):
        status, output, _ = run("explain", "--", word)
        assert status == 2 and not output

    def test_the_installed_file_is_read(self, tmp_path):
        (tmp_path / "bin").mkdir()
        shutil.copy(PROGRAM, tmp_path / "bin")
        command = [str(tmp_path / "bin" / "pywsgi"), "explain", "7"]
        assert subprocess.run(command, stderr=subprocess.PIPE, text=True).returncode == 1
        (tmp_path / "share" / "mod_pywsgi").mkdir(parents=True)
        (tmp_path / "share" / "mod_pywsgi" / "errors.md").write_text("# Log\n\n### PYW0007\n\nSeven.\n")
        assert subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout == "PYW0007\n\nSeven.\n"


class TestManual:
    def test_every_verb_has_a_page(self):
        assert {page.name for page in MANUAL} == {"pywsgi.1", *("pywsgi-%s.1" % verb for verb in verbs())}

    def test_every_option_of_the_help_is_in_the_page(self):
        for verb in verbs():
            options = re.findall("^  --([a-z-]+)", run(verb, "--help")[1], re.M)
            page = (paths.BUILD / "man" / ("pywsgi-%s.1" % verb)).read_text()
            assert options and re.findall("^\\.It Fl -([a-z-]+)", page, re.M) == options

    def test_the_pages_are_well_formed(self):
        """Whether another manual is found depends on the machine."""
        lines = subprocess.run(["mandoc", "-Tlint", *map(str, MANUAL)], stdout=subprocess.PIPE, text=True).stdout
        assert [line for line in lines.splitlines() if "referenced manual not found" not in line] == []
        for name in re.findall("\\.Xr (pywsgi[a-z-]*) 1", "".join(page.read_text() for page in MANUAL)):
            assert paths.BUILD / "man" / ("%s.1" % name) in MANUAL


class TestCompletion:
    SCRIPT = """
source %s
COMP_WORDS=(%s) COMP_CWORD=%d
_pywsgi
printf '%%s\\n' "${COMPREPLY[@]}"
"""

    def complete(self, *words, program=PROGRAM):
        quoted = " ".join("'%s'" % word for word in (program, *words))
        script = self.SCRIPT % (paths.TOP / "tools" / "pywsgi.bash", quoted, len(words))
        result = subprocess.run(["bash", "--norc", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 0 and not result.stderr
        return [line for line in result.stdout.splitlines() if line]

    def test_verbs(self):
        assert self.complete("") == [*verbs(), "help"] and self.complete("exp") == ["explain"]

    def test_options(self):
        assert self.complete("status", "--js") == ["--json"]
        assert {"--no-wait", "--directory", "--help"} <= set(self.complete("stop", "--"))

    def test_groups(self, server):
        status, _, errors = run("status", "--directory", str(server.run))
        assert status in (0, 4), errors
        assert self.complete("stop", "--directory", str(server.run), "ap") == ["app"]

    def test_names_are_quoted_and_not_executed(self, tmp_path):
        program = tmp_path / "pywsgi"
        program.write_text("#!/bin/sh\ncat <<'END'\nmy blog\n$(touch %s/executed)`x`\na\"b*\nEND\n" % tmp_path)
        program.chmod(0o755)
        assert self.complete("stop", "my", program=program) == ["my\\ blog"]
        assert self.complete("stop", "my\\ b", program=program) == ["my\\ blog"]
        assert self.complete("stop", "a", program=program) == ['a\\"b\\*']
        assert len(self.complete("stop", "", program=program)) == 3 and not (tmp_path / "executed").exists()

    def test_directories(self, tmp_path):
        for words in (["stop", "--directory"], ["serve", "--project"], ["vhost", "--root"], ["serve", "--env-file"],
                      ["check", "--config"], ["profile", "--output"]):
            assert str(tmp_path) in self.complete(*words, str(tmp_path)[:-1])
