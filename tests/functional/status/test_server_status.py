# SPDX-License-Identifier: Apache-2.0
"""The section of mod_pywsgi on the page of mod_status."""
import re

import pytest
from pyw import wait_for
from status_site import APPLICATION
from test_status_page import Text

CONFIG = """
WSGIDaemonProcess app threads=2
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
<Location /server-status>
    SetHandler server-status
</Location>
"""


class TestServerStatus:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        httpd = make_httpd(CONFIG, apps={"app.wsgi": APPLICATION}, modules=["status"])
        httpd.wait_for_workers()
        httpd.get("/app/fail")
        wait_for(lambda: b"PywsgiGroup[0]Requests5xx: 1\n" in httpd.get("/server-status?auto").body)
        return httpd

    def test_a_table_shows_the_groups(self, server):
        page = server.get("/server-status").body.decode()
        section = re.search(r"<h2>mod_pywsgi.*?</table>", page, re.S)[0]
        cells = Text(section).cells
        row = cells[cells.index("app"):]
        assert row[:4] == ["app", "running", "1", "2"] and row[6:8] == ["1", "1"]

    def test_lines_for_programs(self, server):
        lines = server.get("/server-status?auto").body.decode().splitlines()
        assert "PywsgiGroup[0]Name: app" in lines and "PywsgiGroup[0]State: running" in lines
        assert "PywsgiGroup[0]Threads: 2" in lines and "PywsgiGroup[0]Requests5xx: 1" in lines

    def test_without_tables(self, server):
        page = server.get("/server-status?notable").body.decode()
        assert re.search(r"<pre>\napp: running, 1 workers, 0 requests running, 0 waiting\n</pre>", page)
