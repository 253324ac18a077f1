# SPDX-License-Identifier: Apache-2.0
"""WSGIPassApacheRequest: a capsule with httpd's request_rec, for extension modules."""
import pytest

from pyw import paths

APP = """
import ctypes

import support

address_of = ctypes.pythonapi.PyCapsule_GetPointer
address_of.restype, address_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
last = None


def application(environ, start_response):
    global last
    if environ["QUERY_STRING"] == "last":
        try:
            return support.plain(start_response, "address %d" % address_of(last, None))
        except ValueError:
            return support.plain(start_response, "ValueError")
    last = environ.get("apache.request_rec")
    return support.plain(start_response, "none" if last is None else type(last).__name__ if address_of(last, None) else "0")
"""


class TestCapsule:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd("""
            WSGIPythonPath ${APPS}
            WSGIApplicationGroup %{GLOBAL}
            WSGIDaemonProcess app python-path=${APPS}
            WSGIScriptAlias /without ${APPS}/app.wsgi
            WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
            WSGIScriptAlias / ${APPS}/app.wsgi
            <Location />
                WSGIPassApacheRequest On
            </Location>
            <Location /without>
                WSGIPassApacheRequest Off
            </Location>
            """, apps={"app.wsgi": APP, "support.py": paths.SUPPORT})

    def test_it_contains_an_address(self, httpd):
        assert httpd.get("/").body == b"PyCapsule"

    @pytest.mark.parametrize("path", ["/without", "/daemon"])
    def test_it_is_withheld(self, httpd, path):
        assert httpd.get(path).body == b"none"


class TestEnd:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd("""
            StartServers 1
            ServerLimit 1
            MaxRequestWorkers 25
            WSGIPythonPath ${APPS}
            WSGIPassApacheRequest On
            WSGIScriptAlias / ${APPS}/app.wsgi
            """, apps={"app.wsgi": APP, "support.py": paths.SUPPORT})

    def test_the_address_is_not_available_after_the_request(self, httpd):
        assert httpd.get("/").body == b"PyCapsule"
        assert httpd.get("/?last").body == b"ValueError"
