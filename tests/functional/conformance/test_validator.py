# SPDX-License-Identifier: Apache-2.0
"""wsgiref.validate reports no error of the server; otherwise the test would see 500 and a traceback in the log."""
import pytest

APP = "validated.wsgi"


class TestValidator:
    @pytest.mark.parametrize("path, body", [("/listed", b"listed"), ("/generated", b"generated"),
                                            ("/written", b"written")])
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_responses(self, site, method, path, body):
        response = site.request(method, path, body=b"x" if method == "POST" else None)
        assert response.status == 200 and response.complete
        assert response.body == (b"" if method == "HEAD" else body)

    @pytest.mark.parametrize("how", ["read", "readline", "readlines", "iteration"])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_input(self, site, how, chunked):
        response = site.request("POST", "/read?how=" + how, [("Content-Type", "text/plain")], b"a\nb\nc", chunked)
        assert response.body == b"a\nb\nc"

    def test_errors(self, site):
        site.expect_log(r"pywsgi:error.*announced as well")
        site.httpd.allow_log(r"pywsgi:error.*announced")
        assert site.get("/errors").body == b"listed"

    def test_no_content(self, site):
        assert site.get("/nothing").status == 204
