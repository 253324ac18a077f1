# SPDX-License-Identifier: Apache-2.0
"""The module is found under mod_wsgi's names, whatever LoadModule line loads it."""
import os

import pytest

from pyw import paths

OURS = 'LoadModule pywsgi_module "${MODULES}/mod_pywsgi.so"\n'
THEIRS = 'LoadModule wsgi_module "${MODULES}/mod_pywsgi.so"\n'
MOD_WSGI = 'LoadModule wsgi_module "%s"\n' % paths.module_file("wsgi")

LINES = {"pywsgi": OURS, "wsgi": THEIRS, "pywsgi, wsgi": OURS + THEIRS, "wsgi, pywsgi": THEIRS + OURS}

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'

SITE = """
<IfModule mod_wsgi.c>
<IfModule wsgi_module>
<IfModule mod_pywsgi.c>
    WSGIDaemonProcess app
    WSGIScriptAlias /daemon ${APPS}/hello.wsgi process-group=app
    WSGIScriptAlias /embedded ${APPS}/hello.wsgi
</IfModule>
</IfModule>
</IfModule>
<IfModule !wsgi_module>
    This hides nothing.
</IfModule>
<IfModule !pywsgi_module>
    This hides nothing.
</IfModule>
<IfModule !mod_wsgi.c>
    This hides nothing.
</IfModule>
"""

LEVELS = """
LogLevel warn
WSGIScriptAlias / ${APPS}/hello.wsgi
WSGIChunkedRequest Off
<VirtualHost *:${PORT}>
    ServerName quiet.example
</VirtualHost>
<VirtualHost *:${PORT}>
    ServerName host.example
    LogLevel wsgi:info
</VirtualHost>
<Location /directory>
    LogLevel pywsgi:info
</Location>
"""

needs_mod_wsgi = pytest.mark.skipif(not os.path.exists(paths.module_file("wsgi")), reason="mod_wsgi is not installed")


@pytest.fixture
def server(make_httpd):
    server = make_httpd(apps={"hello.wsgi": HELLO}, start=False, pywsgi=False)
    paths.install_artifacts(server.root / "modules")
    return server


def configtest(server, config):
    server.configure(config)
    return server.configtest()


class TestLoadModule:
    @pytest.mark.parametrize("lines", LINES)
    def test_each_line_alone_and_both_serve_also_after_restarts(self, server, lines):
        server.configure(LINES[lines] + SITE)
        server.start()
        for restart in (server.graceful, server.restart, lambda: None):
            assert server.get("/daemon").body == server.get("/embedded").body == b"hello"
            restart()
        assert not server.log.find("already loaded|not found in module list|Cannot remove")

    @pytest.mark.parametrize("lines", LINES)
    def test_directives_take_effect_once(self, server, lines):
        ok, text = configtest(server, LINES[lines] + "WSGIDaemonProcess app response-flush-delay=5")
        assert ok and text.count("'response-flush-delay'") == 1, text

    @pytest.mark.parametrize("lines", LINES)
    def test_another_line_for_the_same_name_changes_nothing(self, server, lines):
        ok, text = configtest(server, LINES[lines] + LINES[lines] + SITE)
        assert ok and "already loaded, skipping" in text

    @needs_mod_wsgi
    @pytest.mark.parametrize("config", [OURS + MOD_WSGI + SITE, MOD_WSGI + OURS + SITE])
    def test_mod_wsgi_itself_is_refused_before_its_directives(self, server, config):
        ok, text = configtest(server, config)
        assert not ok and "PYW0106" in text and "Segmentation" not in text, text

    @needs_mod_wsgi
    def test_mod_wsgi_is_not_loaded_under_a_name_that_is_in_use(self, server):
        ok, text = configtest(server, THEIRS + MOD_WSGI + SITE)
        assert ok and "wsgi_module is already loaded" in text


class TestLogLevel:
    @pytest.mark.parametrize("lines", LINES)
    def test_of_wsgi_and_of_pywsgi_are_the_same(self, server, lines):
        server.configure(LINES[lines] + LEVELS)
        server.start()
        for host, path in [("quiet.example", "/"), ("host.example", "/host"), ("quiet.example", "/directory")]:
            assert server.post(path, b"body", [("Host", host)], chunked=True).status == 411
        found = server.log.find("PYW0209")
        assert len(found) == 2, found

    def test_of_the_server(self, server):
        server.configure(OURS + LEVELS.replace("LogLevel warn", "LogLevel warn wsgi:info"))
        server.start()
        assert server.post("/", b"body", [("Host", "quiet.example")], chunked=True).status == 411
        assert len(server.log.find(r"\[pywsgi:info\].*PYW0209")) == 1
