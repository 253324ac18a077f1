# SPDX-License-Identifier: Apache-2.0
"""Applications' output appears in the ErrorLog of the virtual host, with the request's context, line by line."""
import re
import urllib.parse

import pytest

from pyw import wait_for

APP = "logging.wsgi"


def say(site, path, text, **query):
    query = urllib.parse.urlencode({"text": text, **query})
    assert site.get("%s?%s" % (path, query)).body == b"ok"


class TestStreams:
    @pytest.mark.parametrize("path, level", [("/errors", "error"), ("/stderr", "error"), ("/stdout", "notice"),
                                             ("/warn", "(error|warn)"), ("/unfinished", "error"), ("/pieces", "error")])
    def test_a_line_has_its_level_and_the_request_context(self, site, path, level):
        text = "word-%s" % site.new_key()
        site.expect_log(text)
        if path == "/warn":
            site.httpd.allow_log("warnings.warn")
        say(site, path, text)
        line, = site.httpd.log.wait(text)
        assert re.search(r"\[pywsgi:%s\] .*\[client 127\.0\.0\.1:\d+\].*%s" % (level, text), line)

    def test_lines_of_one_text_are_records_of_their_own(self, site):
        key = site.new_key()
        site.expect_log("%s-(one|two)" % key)
        say(site, "/stderr", "%s-one\n%s-two" % (key, key))
        assert len(site.httpd.log.wait(key + "-two")) == 1
        assert len(site.httpd.log.find(key + "-one")) == 1
        assert not site.httpd.log.find(key + "-one.*-two")

    def test_control_bytes_are_escaped(self, site):
        key = site.new_key()
        site.expect_log(key)
        say(site, "/errors", "%s a\x1b[31m\x07b" % key)
        line, = site.httpd.log.wait(key)
        assert "\x1b" not in line and "\x07" not in line

    def test_text_outside_ascii(self, site):
        key = site.new_key()
        site.expect_log(key)
        say(site, "/errors", "%s \u20ac \u00e9" % key)
        assert site.httpd.log.wait(key)

    @pytest.mark.parametrize("level, expected", [("DEBUG", None), ("INFO", "info"), ("WARNING", "warn"),
                                                 ("ERROR", "error"), ("CRITICAL", "crit")])
    def test_logging_keeps_its_levels(self, site, level, expected):
        text = "logged-%s" % site.new_key()
        site.httpd.allow_log(text)
        say(site, "/logged", text, level=level)
        say(site, "/stdout", "after-" + text)
        site.httpd.log.wait("after-" + text)
        lines = [line for line in site.httpd.log.find(text) if "after-" not in line]
        if expected is None:
            assert not lines
        else:
            assert len(lines) == 1 and "[pywsgi:%s]" % expected in lines[0]

    def test_no_record_is_torn_by_another_thread(self, site):
        since = site.httpd.log.position()
        site.httpd.allow_log("thread [a-h] line")
        assert site.get("/torn").body == b"ok"
        wait_for(lambda: len(site.httpd.log.find(r"thread [a-h] line \d+ end$", since)) == 400, what="400 whole records")
        assert len(site.httpd.log.find("thread", since)) == 400


class TestVirtualHosts:
    """The ErrorLog belongs to the host that serves the request, not to the host that defines the group."""
    CONFIG = """
        <VirtualHost 127.0.0.1:${PORT}>
            ServerName other.example
            ErrorLog ${ROOT}/other.log
        </VirtualHost>
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd, request):
        from conformance_apps import apps
        from pyw.site import BOTH_MODES
        hosts = """
            <VirtualHost 127.0.0.1:${PORT}>
                ServerName 127.0.0.1
            </VirtualHost>
        """
        server = make_httpd(BOTH_MODES + hosts + self.CONFIG, apps=apps(APP), start=False)
        server.add_log("other.log")
        return server.start()

    def test_the_hosts_own_log(self, site, server):
        key = site.new_key()
        server.allow_log(key)
        assert site.get("/errors?text=%s-here" % key).body == b"ok"
        assert site.get("/errors?text=%s-there" % key, [("Host", "other.example")]).body == b"ok"
        main, other = server.logs
        assert other.wait(key + "-there") and main.wait(key + "-here")
        assert not main.find(key + "-there") and not other.find(key + "-here")
