# SPDX-License-Identifier: Apache-2.0
"""Directives of httpd that a handler has to honour: what docs/httpd-directives.md says."""
import pytest

APP = "environ.wsgi"


class TestMethods:
    MODULES = ("allowmethods",)
    CONFIG = """
        TraceEnable Off
        WSGIScriptAlias /daemon/allowed ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/allowed ${APPS}/app.wsgi
        <LocationMatch /allowed>
            AllowMethods GET
        </LocationMatch>
    """

    def test_trace_off(self, site):
        assert site.request("TRACE", "/x").status == 405

    def test_allow_methods(self, site):
        site.httpd.allow_log("AH01623")
        assert (site.get("/allowed").status, site.request("DELETE", "/allowed").status) == (200, 405)


class TestTrace:
    @pytest.mark.parametrize("value", ["On", "extended"])
    def test_httpd_answers(self, make_httpd, mode, value):
        server = make_httpd("TraceEnable %s\nWSGIDaemonProcess app\nWSGIAppAlias / none %s" % (
            value, "process-group=app" if mode == "daemon" else ""), start=False)
        server.allow_log("PYW|Traceback|ModuleNotFoundError|File ")
        server.start()
        response = server.request("TRACE", "/x")
        assert (response.status, response.header("Content-Type")) == (200, "message/http")


class TestPaths:
    CONFIG = "AllowEncodedSlashes NoDecode\n"

    def test_encoded_slashes(self, site):
        assert site.get("/a%2Fb").json()["PATH_INFO"] == "/a%2Fb"


class TestNames:
    CONFIG = "HostnameLookups On\nServerSignature On\n"

    def test_host_and_signature(self, site):
        environ = site.get("/").json()
        assert environ["REMOTE_HOST"] and "Apache" in environ["SERVER_SIGNATURE"]


class TestDefaults:
    def test_no_names(self, site):
        environ = site.get("/").json()
        assert not {"REMOTE_HOST", "REMOTE_IDENT", "SERVER_SIGNATURE"} & set(environ)
