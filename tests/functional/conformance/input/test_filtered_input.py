# SPDX-License-Identifier: Apache-2.0
"""Input filters that change a request body: the application gets their complete output."""
import gzip

import pytest

APP = "filtered.wsgi"
TEXT = b"a line of an upload\n" * 300

# SetInputFilter, the body that is sent, its headers, and the expected input.
FILTERS = {
    "deflate": ("DEFLATE", gzip.compress(TEXT), [("Content-Encoding", "gzip")], TEXT),
    "sed": ("Sed", TEXT, [], TEXT.replace(b"line", b"longer line")),
    "shorter": ("shorter", TEXT, [], TEXT.replace(b"line", b"")),
    "external": ("external", TEXT, [], TEXT.replace(b"line", b"longer line")),
}
MOUNTS = """
    WSGIScriptAlias /daemon/%(name)s ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /embedded/%(name)s ${APPS}/app.wsgi
    WSGIScriptAlias /streaming/%(name)s ${APPS}/app.wsgi process-group=streaming
    <LocationMatch ^/(daemon|embedded|streaming)/%(name)s/>
        SetInputFilter %(filter)s
        %(more)s
    </LocationMatch>
"""
MORE = {"sed": 'InputSed "s/line/longer line/g"'}


def mounts():
    return "".join(MOUNTS % {"name": name, "filter": case[0], "more": MORE.get(name, "")}
                   for name, case in FILTERS.items())


class TestFilters:
    MODULES = ("deflate", "sed", "ext_filter", "buffer", "filter")
    CONFIG = """
        WSGIDaemonProcess streaming request-buffer=0 request-spool=0 python-path=${APPS}
        ExtFilterDefine external mode=input cmd="/bin/sed s/line/longer\\ line/"
        ExtFilterDefine shorter mode=input cmd="/bin/sed s/line//"
    """ + mounts() + MOUNTS % {"name": "same", "filter": "BUFFER", "more": ""}

    @pytest.fixture(params=["daemon", "embedded", "streaming"])
    def mode(self, request):
        return request.param

    @pytest.mark.parametrize("how", ["whole", "blocks", "lines"])
    @pytest.mark.parametrize("name", sorted(FILTERS))
    def test_all_bytes_and_no_stale_length(self, site, name, how):
        _, body, headers, result = FILTERS[name]
        answer = site.post("/%s/%s" % (name, how), body, headers).json()
        assert answer["body"].encode() == result
        assert (answer["CONTENT_LENGTH"], answer["HTTP_CONTENT_ENCODING"]) == (None, None)
        assert answer["wsgi.input_terminated"] is True

    def test_a_slow_body(self, site):
        _, body, headers, result = FILTERS["deflate"]
        with site.connect() as connection:
            connection.send(("POST %s/deflate/whole HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
                             "Content-Length: %d\r\n\r\n" % (site.prefix, len(body))).encode())
            for i in range(len(body)):
                connection.send(body[i:i + 1])
            answer = connection.read_response().json()
        assert (answer["body"].encode(), answer["CONTENT_LENGTH"]) == (result, None)

    def test_expecting_100_continue(self, site):
        _, body, headers, result = FILTERS["deflate"]
        with site.connect() as connection:
            connection.send(("POST %s/deflate/whole HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                             "Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (site.prefix, len(body))).encode())
            assert connection.read_head().status == 100
            connection.send(body)
            response = connection.read_response()
            answer = response.json()
        assert (answer["body"].encode(), answer["CONTENT_LENGTH"], response.interim) == (result, None, [])

    @pytest.mark.parametrize("name", ["deflate", "same"])
    def test_the_length_stays_where_the_filter_does_nothing(self, site, name):
        answer = site.post("/%s/whole" % name, TEXT, [("Content-Type", "text/plain")]).json()
        assert (answer["body"].encode(), answer["CONTENT_LENGTH"]) == (TEXT, str(len(TEXT)))

    def test_a_body_that_cannot_be_inflated_is_400(self, site):
        site.httpd.allow_log(r"AH01394|Traceback|OSError|File \"|PYW06|wsgi.input")
        broken = gzip.compress(TEXT)[:-30] + b"x" * 30
        response = site.post("/deflate/whole", broken, [("Content-Encoding", "gzip")])
        assert response.status == 400
