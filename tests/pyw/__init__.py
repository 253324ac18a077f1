# SPDX-License-Identifier: Apache-2.0
"""Drive a real httpd with mod_pywsgi: a private server for each test class, raw HTTP, and checks for leftovers.

    class TestHello:
        @pytest.fixture(scope="class")
        def httpd(self, make_httpd):
            return make_httpd("WSGIScriptAlias / ${APPS}/hello.wsgi", apps={"hello.wsgi": HELLO})

        def test_hello(self, httpd):
            assert httpd.get("/").body == b"hello"

The error log is an assertion: a warning or an error that the test did not announce with httpd.expect_log() fails it.
"""
from .client import Connection, Response
from .httpd import Httpd
from .wait import wait_for

__all__ = ["Connection", "Httpd", "Response", "wait_for"]
