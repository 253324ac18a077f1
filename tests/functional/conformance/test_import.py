# SPDX-License-Identifier: Apache-2.0
"""F18: for an application that cannot be imported, the client gets 500 and the log has file and line; others are
unaffected.
"""
import pytest

from pyw import wait_for
from pyw.site import Site

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'

BROKEN = {
    "raises": ("x = 1\nraise RuntimeError('announced')\n", r"raises\.wsgi\", line 2|raises\.wsgi:2"),
    "syntax": ("def application(:\n", r"syntax\.wsgi\", line 1|syntax\.wsgi:1"),
    "exits": ("import sys\nsys.exit(1)\n", r"exits\.wsgi"),
    "empty": ("x = 1\n", r"application.*empty\.wsgi|empty\.wsgi.*application"),
    "number": ("application = 42\n", r"number\.wsgi|int"),
}


class TestImport:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        lines = ["WSGIDaemonProcess good\nWSGIScriptAlias /daemon/good ${APPS}/good.wsgi process-group=good\n"
                 "WSGIScriptAlias /embedded/good ${APPS}/good.wsgi"]
        for name in [*BROKEN, "mended"]:
            lines.append("WSGIDaemonProcess %s\nWSGIScriptAlias /daemon/%s ${APPS}/%s.wsgi process-group=%s\n"
                         "WSGIScriptAlias /embedded/%s ${APPS}/%s.wsgi" % ((name,) * 6))
        apps = {name + ".wsgi": text for name, (text, _) in BROKEN.items()}
        apps["mended.wsgi"] = BROKEN["raises"][0]
        server = make_httpd("\n".join(lines), apps={"good.wsgi": HELLO, **apps}, start=False)
        server.allow_log(r"\[pywsgi:(error|warn|crit)\]")
        return server.start()

    @pytest.fixture
    def site(self, server, mode):
        return Site(server, mode)

    @pytest.mark.parametrize("name", BROKEN)
    def test_500_and_a_record(self, site, name):
        response = site.get("/" + name)
        assert response.status == 500 and b"announced" not in response.body
        assert site.httpd.log.wait(BROKEN[name][1])

    def test_the_client_sees_no_traceback(self, site):
        assert b"Traceback" not in site.get("/raises").body

    def test_siblings_are_served(self, site):
        assert site.get("/good").body == b"hello"

    def test_a_repaired_script_is_tried_again(self, server, site):
        (server.apps / "mended.wsgi").write_text(HELLO)
        wait_for(lambda: site.get("/mended").body == b"hello")
