# SPDX-License-Identifier: Apache-2.0
"""Drives a real httpd with mod_pywsgi: a private server for a test class, raw HTTP, and what it must leave behind.

    class TestHello:
        @pytest.fixture(scope="class")
        def httpd(self, make_httpd):
            return make_httpd("WSGIScriptAlias / ${APPS}/hello.wsgi", apps={"hello.wsgi": HELLO})

        def test_hello(self, httpd):
            assert httpd.get("/").body == b"hello"

The error log is an assertion: a warning or an error that no test announced with httpd.expect_log() fails the test.
"""
from .client import Connection, Response
from .httpd import Httpd
from .wait import wait_for

__all__ = ["Connection", "Httpd", "Response", "wait_for"]
