# SPDX-License-Identifier: Apache-2.0
"""WSGISlowRequests: a request that runs for long is logged once, with its stack, and continues."""
import pytest

from pyw import paths
from pyw.site import BOTH_MODES, Site

APP = """
import support


def wait_for_the_test(name):
    support.wait_for_file(name)


def application(environ, start_response):
    name = environ["QUERY_STRING"]
    if name:
        wait_for_the_test(name)
    return support.plain(start_response, "ok")
"""


@pytest.fixture
def site(server, mode):
    return Site(server, mode)


def run_slowly(site, key):
    """Run a request that ends after its report is written."""
    with site.connect() as client:
        client.start("GET", "%s/?%s" % (site.prefix, key))
        site.httpd.log.wait("PYW0537.*\\?%s " % key)
        (site.httpd.data / key).touch()
        response = client.read_response()
    assert (response.status, response.body) == (200, b"ok")


class TestReport:
    @pytest.fixture(scope="class", params=["Off", "On"])
    def server(self, make_httpd, request):
        mounts = BOTH_MODES.replace("threads=4", "threads=4 preload=" + request.param)
        return make_httpd("WSGISlowRequests 100ms" + mounts, apps={"app.wsgi": APP, "support.py": paths.SUPPORT})

    def test_it_has_the_stack_and_appears_once_and_the_request_continues(self, site):
        key = site.new_key()
        site.expect_log("PYW0537: GET /%s/\\?%s \\[.*the request is slow \\(WSGISlowRequests\\)" % (site.mode, key))
        site.expect_log("  File \".*app.wsgi\", line \\d+,? in wait_for_the_test")
        site.httpd.allow_log("  File \"")
        run_slowly(site, key)
        assert len(site.httpd.log.find("PYW0537.*\\?%s " % key)) == 1

    def test_a_fast_request_causes_none(self, site):
        for _ in range(20):
            assert site.get("/").status == 200
        assert not site.httpd.log.find("PYW0537.*GET /%s/ " % site.mode)


class TestTimeout:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("WSGISlowRequests 100ms\nWSGIRequestTimeout 1500ms" + BOTH_MODES, apps={"app.wsgi": APP, "support.py": paths.SUPPORT})

    def test_a_slow_request_is_interrupted_at_its_deadline_nevertheless(self, site):
        key = site.new_key()
        site.expect_log("PYW0537.*\\?%s " % key)
        site.expect_log("PYW0620.*\\?%s .*the thread is interrupted" % key)
        site.httpd.allow_log("  File \"")
        assert site.get("/?" + key).status == 504

