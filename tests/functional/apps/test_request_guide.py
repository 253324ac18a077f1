# SPDX-License-Identifier: Apache-2.0
"""docs/guide/request.md: its application and configuration serve, and its commands print what it shows."""
import re
import shlex
import subprocess

import pytest

from pyw import paths

PAGE = (paths.TOP / "docs" / "guide" / "request.md").read_text()
OMITTED = ("Date: ", "Server: ")     # from the responses on the page


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, PAGE, re.M | re.S)


def examples():
    """Return (command, output) of each example."""
    indented = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE, re.M)
    texts = [re.sub(r"^    ", "", text, flags=re.M).strip("\n") for text in indented]
    return [tuple(text[2:].split("\n", 1)) for text in texts if text.startswith("$ ")]


def methods():
    """Return {method: what the page says of it here}."""
    return dict(re.findall(r"^\| ([A-Z]+) \|[^|]+\| (.+) \|$", PAGE, re.M))


class TestGuide:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        notes, show_environ = blocks("python")
        config, = blocks("apache")
        return make_httpd(config.replace("/srv/notes", "${APPS}"),
                          apps={"notes.py": notes, "show_environ.py": show_environ})

    @pytest.fixture(autouse=True)
    def only_the_first_note(self, server):
        for number in range(2, 5):
            server.request("DELETE", "/notes/%d" % number)

    @pytest.mark.parametrize("command, output", examples(), ids=lambda text: text.split("\n")[0])
    def test_the_commands_print_what_the_page_shows(self, server, command, output):
        program, *arguments = shlex.split(command.replace(":8080", ":%d" % server.port))
        printed = subprocess.run([program, "-s", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout
        lines = [line for line in printed.splitlines() if not line.startswith(OMITTED)]
        assert "\n".join(lines) == output.replace(":8080", ":%d" % server.port)

    def test_the_page_has_examples(self):
        assert len(examples()) == 3 and len(methods()) == 8

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_methods_without_a_view_are_405(self, server, method):
        assert "405" in methods()[method]
        assert server.request(method, "/lists/today").status == 405

    def test_head_has_the_headers_of_get_and_no_body(self, server):
        head, get = (server.request(method, "/lists/today") for method in ("HEAD", "GET"))
        assert head.status == 200 and head.body == b""
        assert head.header("Content-Length") == str(len(get.body))

    def test_delete_may_be_repeated(self, server):
        server.post("/lists/today", b"text=short", [("Content-Type", "application/x-www-form-urlencoded")])
        assert [server.request("DELETE", "/notes/2").status for _ in range(2)] == [204, 204]

    def test_options_lists_the_methods(self, server):
        listed = re.search(r"Allow: ([A-Z, ]+)", methods()["OPTIONS"]).group(1)
        allow = server.request("OPTIONS", "/lists/today").header("Allow")
        assert sorted(allow.split(", ")) == listed.split(", ")

    def test_httpd_answers_trace(self, server):
        response = server.request("TRACE", "/lists/today")
        assert response.status == 200 and response.body.startswith(b"TRACE /lists/today HTTP/1.1")
