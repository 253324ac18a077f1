# SPDX-License-Identifier: Apache-2.0
"""A virtual host that was written for mod_wsgi, with daemon mode and a virtualenv, works unchanged."""
import os
import subprocess

import pytest

from pyw import paths

SITE = '''
import json
import sys

import only_in_the_venv


def application(environ, start_response):
    body = json.dumps({
        "prefix": sys.prefix, "venv": only_in_the_venv.VALUE, "group": environ["mod_wsgi.process_group"],
        "application_group": environ["mod_wsgi.application_group"], "script_name": environ["SCRIPT_NAME"],
        "path_info": environ["PATH_INFO"], "authorization": environ.get("HTTP_AUTHORIZATION"),
        "multithread": environ["wsgi.multithread"], "multiprocess": environ["wsgi.multiprocess"],
        "length": len(environ["wsgi.input"].read()), "marker": environ.get("MARKER"),
    }).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
'''

VHOST = """
<VirtualHost 127.0.0.1:${PORT}>
    ServerName www.example.com
    ServerAlias example.com
    WSGIDaemonProcess example.com processes=2 threads=15 display-name=%{GROUP} python-home=${ROOT}/venv \\
        python-path=${APPS}/lib lang='C.UTF-8' locale='C.UTF-8' deadlock-timeout=60 request-timeout=60 \\
        maximum-requests=5000 inactivity-timeout=0 header-buffer-size=32768
    WSGIProcessGroup example.com
    WSGIApplicationGroup %{GLOBAL}
    WSGIPassAuthorization On
    WSGIScriptReloading On
    SetEnv MARKER vhost
    Alias /static/ ${ROOT}/htdocs/
    WSGIScriptAlias /app ${APPS}/site.wsgi process-group=example.com application-group=%{GLOBAL}
    WSGIScriptAlias / ${APPS}/site.wsgi
    <Directory ${APPS}>
        <Files site.wsgi>
            Require all granted
        </Files>
    </Directory>
</VirtualHost>
"""


def answers(server):
    host = [("Host", "example.com"), ("Authorization", "Bearer token")]
    return [server.get("/a/b?c", host).json(), server.get("/app/x", host).json(),
            server.post("/", b"12345", host).json(), server.get("/static/static.txt", host).body.decode()]


@pytest.fixture(scope="class")
def prepare(make_httpd):
    def make(**options):
        server = make_httpd(apps={"site.wsgi": SITE}, start=False, **options)
        home = server.root / "venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(home)], check=True)
        library = next((home / "lib").iterdir()) / "site-packages"
        (library / "only_in_the_venv.py").write_text("VALUE = 'yes'\n")
        subprocess.run(["chmod", "-R", "go+rX", str(home)], check=True)
        return server

    return make


class TestVirtualHost:
    def test_it_is_served(self, prepare):
        server = prepare()
        server.configure(VHOST)
        server.allow_log("PYW0107")
        server.start()
        get, app, post, static = answers(server)
        assert (get["prefix"], get["venv"], get["group"]) == (str(server.root / "venv"), "yes", "example.com")
        assert (get["script_name"], get["path_info"], get["marker"]) == ("", "/a/b", "vhost")
        assert (app["script_name"], app["path_info"], post["length"], static) == ("/app", "/x", 5, "static\n")
        assert get["authorization"] == "Bearer token"

    @pytest.mark.skipif(not os.path.exists(paths.module_file("wsgi")), reason="mod_wsgi is not installed")
    def test_mod_wsgi_answers_the_same(self, prepare):
        ours, theirs = prepare(), prepare(pywsgi=False)
        ours.configure(VHOST)
        theirs.configure('LoadModule wsgi_module "%s"\nWSGISocketPrefix ${ROOT}/run/wsgi\n%s' % (
            paths.module_file("wsgi"), VHOST))
        ours.allow_log("PYW0107")
        theirs.allow_log(r"\[wsgi:|AH0005")
        results = []
        for server in (ours, theirs):
            server.start()
            text = repr(answers(server)).replace(str(server.root), "ROOT")
            results.append(text)
        assert results[0] == results[1]
