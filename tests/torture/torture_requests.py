# SPDX-License-Identifier: Apache-2.0
"""The requests during which calls fail. Each returns a description of a wrong answer, or None."""
import hashlib

from pyw import wait_for
from pyw.site import Site

BLOCK = b"0123456789abcdef" * 256
LARGE_BODY = b"x" * (600 * 1024)
SECONDS = 5

FAILURES = {500, 502, 503, 504, 507}


def problem(response, expected, status=200):
    """The answer is the expected one, a clean failure, or visibly cut."""
    if response is None or not response.complete:
        return None
    if response.status == status and (expected is None or response.body == expected):
        return None
    if response.status in FAILURES:
        return None if b"</html>" in response.body else "a failure without httpd's page: %r" % response
    return "a complete response that is wrong: %r" % response


def is_expected(response, expected, status=200):
    return response is not None and response.complete and response.status == status and expected in (None, response.body)


class Answer:
    """A response, and whether it equals the application's."""

    def __init__(self, response, expected, status=200):
        self.problem = problem(response, expected, status)
        self.is_expected = is_expected(response, expected, status)


def get(site, path, expected, method="GET", status=200):
    return Answer(site.request(method, path, timeout=SECONDS), expected, status)


def post(site, body, path="/echo", **options):
    expected = "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
    return Answer(site.request("POST", path, (), body, timeout=SECONDS, **options), expected.encode())


def streamed(site):
    """In daemon mode the group collects nothing of a body before its application runs."""
    prefix = "/streamed" if site.mode == "daemon" else None
    return post(Site(site.httpd, site.mode, prefix), LARGE_BODY, chunked=True)


def head(site):
    response = site.request("HEAD", "/small", timeout=SECONDS)
    answer = Answer(None, b"")
    answer.is_expected = response is not None and response.status == 200
    if response is not None and response.status not in FAILURES | {200}:
        answer.problem = "HEAD: %r" % response
    return answer


def closed(site):
    """The client leaves while the application streams: close() is called once."""
    key = site.new_key()
    with site.connect(timeout=SECONDS) as connection:
        connection.start("GET", site.prefix + "/endless?key=" + key)
        response = connection.read_head()
    answer = Answer(None, b"")
    answer.is_expected = response is not None and response.status == 200
    if "begin" in site.notes(key):
        wait_for(lambda: "close" in site.notes(key), SECONDS, "close()")
        if site.notes(key).count("close") != 1:
            answer.problem = "close() was called %d times" % site.notes(key).count("close")
    return answer


def slow(site):
    """The client reads in small parts; httpd and the worker have to wait for it."""
    with site.connect(timeout=SECONDS, receive_buffer=4096) as connection:
        connection.start("GET", site.prefix + "/large", [("Connection", "close")])
        return Answer(connection.read_response(), BLOCK * 512)


REQUESTS = {
    "get": lambda site: get(site, "/small", b"small"),
    "small upload": lambda site: post(site, b"abc"),
    "large upload": lambda site: post(site, LARGE_BODY),
    "streamed upload": streamed,
    "stream": lambda site: get(site, "/stream", BLOCK * 32),
    "file_wrapper": lambda site: get(site, "/file", BLOCK * 100),
    "write()": lambda site: get(site, "/write", BLOCK * 32),
    "closed": closed,
    "error": lambda site: get(site, "/error", None, status=500),
    "head": head,
    "slow client": slow,
}
