# SPDX-License-Identifier: Apache-2.0
"""Malformed and oversized request bodies: exactly one response, from httpd or from the application."""
import itertools
import json

import pytest
from conformance_apps import apps

from pyw.http2 import Http2Connection

APP = "filtered.wsgi"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
FAR_TOO_LARGE = CHUNKED + "1f4\r\n" + "x" * 500 + "\r\n" + "1f4\r\n" + "x" * 500 + "\r\n" + "1f4\r\n" + "x" * 500 + "\r\n0\r\n\r\n"

# The end of the request, and the statuses with which httpd may answer it.
BODIES = {
    "no chunk size": (CHUNKED + "zz\r\nabc\r\n0\r\n\r\n", (400, 413)),
    "no chunk size later": (CHUNKED + "4\r\nabc\n\r\nzz\r\nabc\r\n0\r\n\r\n", (400, 413)),
    "no end of a chunk": (CHUNKED + "4\r\nabc\nXX0\r\n\r\n", (400, 413)),
    "a huge chunk": (CHUNKED + "fffffffffffffffffff\r\nabc", (400, 413)),
    "too large": (FAR_TOO_LARGE, (413,)),
    "too long": ("Content-Length: 2000\r\n\r\n" + "x" * 2000, (413,)),
}
ALLOWED = r"AH01588|AH01590|AH10414|AH02656|OSError|ConnectionResetError|Traceback|File \"|wsgi\.input|PYW06"
DOCUMENTS = {"plain": "", "text": 'ErrorDocument %d "sorry"', "daemon": "ErrorDocument %d /daemon/document/whole",
             "embedded": "ErrorDocument %d /embedded/document/whole"}


def locations():
    text = ""
    for document, mode in itertools.product(DOCUMENTS, ("daemon", "embedded", "streaming")):
        group = {"daemon": "process-group=app", "embedded": "", "streaming": "process-group=streaming"}[mode]
        lines = [DOCUMENTS[document] % status for status in (400, 413) if DOCUMENTS[document]]
        text += "WSGIScriptAlias /%s/%s ${APPS}/app.wsgi %s\n<Location /%s/%s>\nLimitRequestBody 1000\n%s\n</Location>\n" % (
            mode, document, group, mode, document, "\n".join(lines))
    return text


@pytest.fixture(scope="class")
def server(make_httpd):
    return make_httpd("""
        Protocols h2c http/1.1
        LimitInternalRecursion 5
        WSGIPythonPath ${APPS}
        WSGIDaemonProcess app threads=4 python-path=${APPS}
        WSGIDaemonProcess streaming request-buffer=0 request-spool=0 python-path=${APPS}
        WSGIScriptAlias /daemon/document ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/document ${APPS}/app.wsgi
    """ + locations(), apps=apps(APP), modules=("http2",))


@pytest.fixture(params=["daemon", "embedded", "streaming"])
def mode(request):
    return request.param


def responses_of(connection):
    """Return all responses until the server closes the connection; None: it has sent something else."""
    found = []
    while True:
        response = connection.read_response()
        if response is None:
            return None if connection.buffer else found
        found.append(response)


def check_document(answer, statuses):
    """The application of an ErrorDocument: the failed request had a body, this request has none."""
    assert (answer["REQUEST_METHOD"], answer["body"]) == ("GET", "")
    assert int(answer["REDIRECT_STATUS"]) in statuses
    assert (answer["CONTENT_LENGTH"], answer["CONTENT_TYPE"], answer["HTTP_CONTENT_LANGUAGE"]) == (None, None, None)


class TestOneResponse:
    @pytest.mark.parametrize("body", sorted(BODIES))
    @pytest.mark.parametrize("how", ["whole", "ignore", "careful", "stream"])
    @pytest.mark.parametrize("document", sorted(DOCUMENTS))
    def test_http1(self, server, mode, document, how, body):
        server.allow_log(ALLOWED)
        rest, statuses = BODIES[body]
        with server.connect(timeout=10) as connection:
            connection.send(("POST /%s/%s/%s HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n%s" % (mode, document, how, rest)).encode())
            found = responses_of(connection)
        assert found is not None and len(found) == 1, found
        if how == "stream" and document in ("plain", "text"):
            assert found[0].status in statuses or not found[0].complete, "a cut response that looks complete"
        if how == "whole" and document in ("plain", "text"):
            assert found[0].status in statuses
        if how == "whole" and document == "text":
            assert found[0].body == b"sorry"
        if how == "whole" and document in ("daemon", "embedded"):
            check_document(found[0].json(), statuses)

    @pytest.mark.parametrize("how", ["whole", "ignore", "careful", "stream"])
    @pytest.mark.parametrize("document", sorted(DOCUMENTS))
    def test_http2(self, server, mode, document, how):
        server.allow_log(ALLOWED)
        with Http2Connection(server.port) as connection:
            stream = connection.start("POST", "/%s/%s/%s" % (mode, document, how), end=False)
            connection.send(stream, b"x" * 3000, end=True)
            body, complete = connection.read_all(stream)
            status = connection.statuses.get(stream)
            assert connection.wait_head(connection.start("GET", "/static.txt")) == 200, "the connection stays open"
        assert status == 413 or how != "whole" or document in ("daemon", "embedded")
        if how == "whole" and document == "text":
            assert (body, complete) == (b"sorry", True)
        if how == "whole" and document in ("daemon", "embedded"):
            check_document(json.loads(body), (413,))
        if how == "stream" and document in ("plain", "text"):
            assert status == 413 or not complete

    def check_http2_length(self, server, mode, how, length):
        with Http2Connection(server.port) as connection:
            stream = connection.start("POST", "/%s/plain/%s" % (mode, how), [("content-length", str(length))], end=False)
            connection.send(stream, b"x" * 10, end=True)
            _, complete = connection.read_all(stream)
            assert stream in connection.resets or complete, "the stream ends"
            assert not complete or how == "ignore" or connection.statuses[stream] >= 400
            assert connection.wait_head(connection.start("GET", "/static.txt")) == 200, "the connection stays open"

    @pytest.mark.parametrize("how", ["whole", "ignore", "careful", "stream"])
    @pytest.mark.parametrize("length", [5, 15])
    def test_http2_with_a_length_that_is_not_the_body_s(self, server, mode, how, length):
        """mod_http2 2.0.42 with mod_logio sometimes crashes when it resets such a stream, also of a static file."""
        server.allow_log(ALLOWED + "|AH0005[12].*Segmentation fault")
        since = server.log.position()
        try:
            self.check_http2_length(server, mode, how, length)
        except (AssertionError, OSError):
            if not server.log.wait("AH0005[12].*Segmentation fault", since, 3):
                raise
            self.check_http2_length(server, mode, how, length)
