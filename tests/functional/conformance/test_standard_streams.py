# SPDX-License-Identifier: Apache-2.0
"""sys.stdin, sys.stdout, sys.stderr and wsgi.errors are text streams over bytes, as in any Python program."""
import pytest

APP = "streams.wsgi"
OUTPUTS = ["stdout", "stderr", "errors"]


@pytest.fixture
def ask(site):
    def get(path, stream, text=""):
        response = site.get("/%s?stream=%s&text=%s" % (path, stream, text))
        assert response.status == 200, response.body
        return response.body.decode()
    return get


class TestStreams:
    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_the_attributes_of_an_output(self, ask, stream):
        name = "<wsgi.errors>" if stream == "errors" else "<%s>" % stream
        assert ask("attributes", stream) == repr([True, "utf-8", "backslashreplace", False, False, False, True, False, None,
                                                  name, "w", False, True, False, name])

    def test_the_attributes_of_the_input(self, ask):
        assert ask("attributes", "stdin") == repr([True, "utf-8", "surrogateescape", False, False, True, False, False, None,
                                                   "<stdin>", "r", False, True, False, "<stdin>"])

    @pytest.mark.parametrize("stream, number", [("stdin", "unsupported"), ("stdout", "1"), ("stderr", "2"), ("errors", "2")])
    def test_the_descriptor(self, ask, stream, number):
        assert ask("number", stream) == number

    def test_the_input_is_empty_and_stays_open(self, ask):
        for _ in range(2):
            assert ask("reads", "stdin") == repr((["", "", "", [], [], b"", b"", b"", b"", 0], False, ""))

    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_bytes_are_lines_of_the_log(self, site, ask, stream):
        text = site.new_key()
        site.expect_log(text + r"|\] \.$")
        assert ask("binary", stream, text) == str([len(text) + 7, len(text) + 7, len(text) + 6, 4])
        for ending in ("bytes", "array", "view", "lines", "text"):
            line, = site.httpd.log.wait("%s-%s$" % (text, ending))
            assert "[client " in line

    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_a_wrapper_around_the_bytes_leaves_the_stream_open(self, site, ask, stream):
        text = site.new_key()
        site.expect_log(text)
        assert ask("wrapped", stream, text) == "ok"
        assert site.httpd.log.wait(text + "-wrapped$") and site.httpd.log.wait(text + "-after$")

    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_another_encoding_and_never_a_buffer_for_all_threads(self, site, ask, stream):
        text = site.new_key()
        site.expect_log(text)
        assert ask("reconfigured", stream, text) == str(["latin-1", "replace", True, True])
        assert site.httpd.log.wait(text + r"-latin \?$") and site.httpd.log.wait(text + "-utf$")

    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_an_output_cannot_be_closed(self, site, ask, stream):
        text = site.new_key()
        site.expect_log(text)
        assert ask("closed", stream, text) == "False"
        assert site.httpd.log.wait(text)

    @pytest.mark.parametrize("stream", OUTPUTS)
    def test_mistakes_are_exceptions(self, ask, stream):
        assert ask("mistakes", stream) == str(["TypeError", "TypeError", "UnsupportedOperation", "UnsupportedOperation"])

    def test_a_program_gets_the_streams(self, site, ask):
        text = site.new_key()
        site.httpd.allow_log(text)
        assert ask("child", "stdout", text) == "0"
