# SPDX-License-Identifier: Apache-2.0
"""Several Pythons: each engine in the build works in both modes, and together with the others in one httpd."""
import subprocess

import pytest
from daemon_site import HERE

from pyw import paths, pythons
from pyw.site import BOTH_MODES, Site

SCRIPT = '''
import json
import sys
import ssl, sqlite3, ctypes  # extension modules of this very Python


def application(environ, start_response):
    body = json.dumps({"version": "%d.%d" % sys.version_info[:2], "prefix": sys.prefix, "base": sys.base_prefix,
                       "executable": sys.executable, "length": len(environ["wsgi.input"].read())}).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]
'''
CONFORMANCE = HERE.parent / "conformance" / "wsgi"

usable = [series for series, prefix in pythons.others().items() if pythons.httpd_class(prefix)]


def start(config, apps, prefix):
    server = pythons.httpd_class(prefix)(config, apps=apps)
    return server.start()


@pytest.mark.parametrize("series", usable)
class TestEachPython:
    @pytest.fixture
    def server(self, series):
        prefix = pythons.others()[series]
        apps = {"app.wsgi": CONFORMANCE / "validated.wsgi", "support.py": paths.SUPPORT, "version.wsgi": SCRIPT}
        server = start('WSGIPythonHome "%s"\nWSGIScriptAlias /version ${APPS}/version.wsgi\n' % prefix + BOTH_MODES,
                       apps, prefix)
        yield server
        server.finish()

    def test_the_rules_of_pep_3333(self, server, series):
        assert server.get("/version").json()["version"] == series
        for mode in ("daemon", "embedded"):
            site = Site(server, mode)
            for path in ("/listed", "/generated", "/written"):
                assert site.get(path).body.decode() == path[1:]
            for how in ("read", "readline", "readlines", "iteration"):
                assert site.post("/read?how=" + how, b"a\nb\nc", [("Content-Type", "text/plain")]).body == b"a\nb\nc"
        server.graceful()
        assert server.get("/daemon/listed").body == b"listed"


@pytest.mark.long
@pytest.mark.skipif(not usable, reason="no engine of another Python is built, or its users may not read it")
class TestSideBySide:
    def test_an_httpd_serves_all_of_them_and_a_virtualenv(self):
        lines = ["WSGIDaemonProcess default\nWSGIScriptAlias /default ${APPS}/app.wsgi process-group=default"]
        for series in usable:
            lines.append('WSGIDaemonProcess py{0} python-home="{1}"\n'
                         "WSGIScriptAlias /{0} ${{APPS}}/app.wsgi process-group=py{0}".format(
                             series, pythons.others()[series]))
        first = pythons.others()[usable[0]]
        server = pythons.httpd_class(first)("", apps={"app.wsgi": SCRIPT})
        try:
            home = server.root / "venv"
            subprocess.run([str(first / "bin" / "python3"), "-m", "venv", "--without-pip", str(home)], check=True)
            lines.append('WSGIDaemonProcess venv python-home="%s"\n'
                         "WSGIScriptAlias /venv ${APPS}/app.wsgi process-group=venv" % home)
            server.configure("\n".join(lines))
            server.start()
            for series in usable:
                assert server.get("/" + series).json()["version"] == series
            assert server.get("/default").json()["prefix"] == "/usr"
            facts = server.get("/venv").json()
            assert (facts["prefix"], facts["base"], facts["version"]) == (str(home), str(first), usable[0])
        finally:
            server.finish()
