# SPDX-License-Identifier: Apache-2.0
"""The example of the quickstart, and a blog as in Flask's tutorial, in both modes."""
import hashlib
import json
import os
import pathlib

import pytest
from browser import Browser

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent


class TestExample:
    """examples/flask, mounted as in examples/quickstart.conf."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess hello threads=8
            WSGIScriptAlias /embedded ${APPS}/flask/hello.wsgi
            WSGIScriptAlias /daemon ${APPS}/flask/hello.wsgi process-group=hello""",
                          apps={"flask": paths.TOP / "examples" / "flask"})

    @pytest.fixture
    def browser(self, server, mode):
        return Browser(server.port, "/" + mode)

    def test_pages(self, browser, mode):
        index = browser.open("/")
        assert index.status == 200 and "/%s/post/two-modes" % mode in index.text
        assert browser.open("/post/none").status == 404

    def test_print_writes_to_the_log(self, browser, server):
        since = server.log.position()
        assert browser.open("/post/logging").status == 200
        server.log.wait(r"\[pywsgi:notice\].*somebody reads 'Where print\(\) goes'", since)

    def test_who_serves(self, browser, mode):
        info = json.loads(browser.open("/info").body)
        assert (info["mode"], info["flask_root"]) == (mode, "/" + mode)

    def test_a_stream_arrives_line_by_line(self, server, mode):
        with server.connect() as connection:
            connection.start("GET", "/%s/stream" % mode)
            assert connection.read_head().status == 200
            assert connection.read_chunk() == b"line 1 of 10\n"
            assert connection.read_chunk() == b"line 2 of 10\n"

    def test_upload(self, browser):
        content = os.urandom(700000)
        answer = json.loads(browser.upload("/upload", "a.bin", content).body)
        assert answer == {"name": "a.bin", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def test_file(self, browser):
        page = browser.open("/source")
        assert page.body == (paths.TOP / "examples" / "flask" / "blog.py").read_bytes()
        assert "attachment" in page.headers["Content-Disposition"]


class TestTutorial:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("""
            WSGIPythonPath ${APPS}
            WSGIDaemonProcess flaskr python-path=${APPS} processes=2 threads=4 env=FLASKR_DATABASE=${DATA}/daemon.sqlite
            WSGIAppAlias /embedded flaskr:create_app()
            WSGIAppAlias /daemon flaskr:create_app() process-group=flaskr""",
                          apps={"flaskr.py": HERE / "flaskr" / "flaskr.py"})

    def test_register_login_and_write(self, server, mode):
        browser = Browser(server.port, "/" + mode)
        assert browser.post("/create", title="t", body="b").status == 401
        assert browser.post("/register", name="alice", password="pw").status == 200
        assert browser.post("/login", name="alice", password="wrong").status == 403
        assert json.loads(browser.post("/login", name="alice", password="pw").body)["user"] == "alice"
        answer = json.loads(browser.post("/create", title="Caf\u00e9", body="text").body)
        assert answer == {"posts": [["alice", "Caf\u00e9", "text"]], "user": "alice", "root": "/" + mode}
