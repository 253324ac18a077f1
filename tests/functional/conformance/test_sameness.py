# SPDX-License-Identifier: Apache-2.0
"""Rule D: embedded and daemon mode send the same responses: status, headers in order, framing, body, completeness."""
import re

import pytest

APP = "response.wsgi"

REQUESTS = [
    ("GET", "/blocks"), ("GET", "/generator"), ("GET", "/late"), ("GET", "/writing"), ("GET", "/empty"),
    ("HEAD", "/blocks"), ("HEAD", "/generator"), ("GET", "/length?length=25&blocks=3"),
    ("HEAD", "/length?length=25&blocks=3"),
    ("GET", "/start?status=404%20Not%20Here"), ("GET", "/start?status=204%20No%20Content"),
    ("GET", "/start?status=304%20X"),
    ("GET", "/start?status=100%20Continue"), ("GET", "/replaced"), ("GET", "/too_late"), ("GET", "/redirect"),
    ("GET", "/cookies"), ("GET", "/large?size=200000"), ("GET", "/large_headers?count=300&size=100"),
    ("GET", "/large_headers?count=5&size=65000"), ("GET", "/raising?where=before"), ("GET", "/raising?where=first"),
    ("GET", "/raising?where=middle"), ("GET", "/raising?where=middle&length=1"), ("GET", "/odd?what=None"),
    ("POST", "/blocks"), ("OPTIONS", "/blocks"), ("GET", "/missing"),
]


class TestSameness:
    def answer(self, server, mode, method, path):
        body = b"abc" if method == "POST" else None
        response = server.request(method, "/%s%s" % (mode, path), body=body)
        headers = [pair for pair in response.headers if pair[0] != "Date"]
        text = repr((response.status, response.reason, headers, response.framing, response.complete, response.body))
        return re.sub("Error id: <code>[^<]+", "Error id: <code>ID", text.replace("/%s/" % mode, "/MODE/"))

    @pytest.mark.parametrize("method, path", REQUESTS)
    def test_same_answer(self, server, method, path):
        server.allow_log(r"\[pywsgi:(error|warn)\]")
        assert self.answer(server, "daemon", method, path) == self.answer(server, "embedded", method, path)
