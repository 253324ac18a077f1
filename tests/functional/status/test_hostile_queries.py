# SPDX-License-Identifier: Apache-2.0
"""Any query string, and any body of a question for a stack, gets an answer of the handler and leaves httpd unharmed."""
import random

import pytest
import test_status_page

from pyw.client import Connection

HANDLERS = ["/-/status", "/-/status-without-query", "/-/metrics", "/-/live", "/-/ready"]
WORDS = ["json", "request", "app", "=", "&", "-", "%", "%00", "%zz", "+", "\"", "<", "\\", ";", "12-5123764512",
         "4294967295", "18446744073709551616", "-1", "%{GLOBAL}", "\x7f", "\xff", "%e2%80%ae", "x" * 3000]


def texts(seed, count):
    """Return the same texts for the same seed: words of the handlers, and bytes, in any order. No blanks."""
    chosen = random.Random(seed)
    return ["".join(chosen.choices(WORDS, k=chosen.randint(1, 8)))[:4000] for _ in range(count)]


class TestHandlers:
    CONFIG = test_status_page.TestRequests.CONFIG
    ANSWERS = {200, 400, 404, 413, 503}    # 413: a form that is longer than the handler reads

    @pytest.mark.parametrize("path", HANDLERS)
    def test_any_query_string(self, server, path):
        children = server.children()
        for text in texts(path, 150):
            with Connection(server.port) as connection:
                connection.send(b"GET %s?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (path.encode(), text.encode("latin-1")))
                assert connection.read_response().status in self.ANSWERS, text
        assert server.children() == children

    def test_any_question_for_a_stack(self, server):
        children = server.children()
        for text in texts("stack", 150):
            response = server.post("/-/status?json", b"request=" + text.encode("latin-1"),
                                   headers=[("Content-Type", "application/x-www-form-urlencoded")])
            assert response.status in self.ANSWERS, text
            if response.status == 404:
                assert response.json()["stack"] is None
        assert server.children() == children
