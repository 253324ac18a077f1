# SPDX-License-Identifier: Apache-2.0
"""The response of start_response, write() and the iterable."""
import json
import urllib.parse

import pytest

APP = "response.wsgi"


def start(site, status="200 OK", headers=(), method="GET", body="body", key="none"):
    query = urllib.parse.urlencode({"status": status, "headers": json.dumps(headers), "body": body, "key": key})
    return site.request(method, "/start?" + query)


class TestBody:
    def test_a_list_of_one_gets_a_content_length(self, site):
        response = start(site)
        assert (response.status, response.body, response.framing) == (200, b"body", "length")

    def test_several_blocks_arrive_whole(self, site):
        response = site.get("/blocks")
        assert response.body == b"one two three" and response.complete

    def test_a_generator_is_chunked(self, site):
        response = site.get("/generator")
        assert (response.body, response.framing, response.complete) == (b"one two", "chunked", True)

    def test_a_generator_for_http_1_0_ends_with_the_connection(self, site):
        with site.connect() as connection:
            connection.send(b"GET %s/generator HTTP/1.0\r\n\r\n" % site.prefix.encode())
            response = connection.read_response()
            assert (response.body, response.framing) == (b"one two", "close")

    def test_start_response_may_come_with_the_first_bytes(self, site):
        assert site.get("/late").body == b"late"

    def test_written_data_precedes_the_iterable(self, site):
        response = site.get("/writing")
        assert response.body == b"written twice and returned" and response.complete

    def test_a_block_is_not_held_back(self, site, server):
        key = site.new_key()
        with site.connect() as connection:
            connection.start("GET", site.prefix + "/steps?key=" + key)
            assert connection.read_head().status == 200
            assert connection.read_chunk() == b"first"
            (server.data / (key + ".go")).touch()
            assert connection.read_chunk() == b"second"
            assert connection.read_chunk() == b""

    def test_the_head_waits_for_the_first_bytes(self, site, server):
        key = site.new_key()
        with site.connect(timeout=0.3) as connection:
            connection.start("GET", site.prefix + "/head_waits?key=" + key)
            site.wait_notes(key)
            with pytest.raises(TimeoutError):
                connection.read_head()
            (server.data / (key + ".go")).touch()
            connection.socket.settimeout(20)
            assert connection.read_response().body == b"body"

    def test_no_blocks_at_all(self, site):
        response = site.get("/empty")
        assert (response.status, response.body, response.complete) == (200, b"", True)

    @pytest.mark.parametrize("size", [65536, 65536 + 16, 5 << 20])
    def test_a_large_block(self, site, size):
        response = site.get("/large?size=%d" % size)
        assert response.complete and len(response.body) == size
        assert response.body == b"0123456789abcdef" * (size // 16)

    def test_many_requests_on_one_connection(self, site):
        with site.connect() as connection:
            for path, body in [("/blocks", b"one two three"), ("/generator", b"one two"), ("/start", b"body")] * 5:
                assert connection.request("GET", site.prefix + path).body == body


class TestHead:
    @pytest.mark.parametrize("status", ["200 OK", "201 Made up words", "404 Not Found", "503 Service Unavailable",
                                        "299 Odd", "599 Last", "200 "])
    def test_status_and_reason_go_out_as_they_are(self, site, status):
        response = start(site, status)
        assert "%d %s" % (response.status, response.reason) == status
        assert response.body == b"body"

    def test_headers_go_out_as_they_are(self, site):
        response = start(site, headers=[("X-One", "a, b; c"), ("Content-Type", "text/x-own; charset=utf-8")])
        assert response.header("X-One") == "a, b; c"
        assert response.header("Content-Type") == "text/x-own; charset=utf-8"

    def test_a_latin1_value(self, site):
        assert start(site, headers=[("X-One", "\u00e9")]).header("X-One") == "\u00e9"

    def test_no_content_type_is_made_up(self, site):
        assert start(site).header("Content-Type") is None

    def test_repeated_and_special_headers(self, site):
        response = site.get("/cookies")
        assert response.all("Set-Cookie") == ["a=1", "b=2"]
        assert response.header("WWW-Authenticate") == "X"
        assert response.header("Last-Modified") == "Mon, 02 Jan 2006 15:04:05 GMT"
        assert response.header("ETag") == '"t"'

    def test_location_with_200_is_no_internal_redirect(self, site):
        """F37"""
        response = site.get("/redirect")
        assert (response.status, response.body) == (200, b"body of 200")
        assert response.header("Location") == "/elsewhere"

    @pytest.mark.parametrize("count, size", [(1, 65536), (2000, 100)])
    def test_large_response_heads(self, site, count, size):
        """F24"""
        response = site.get("/large_headers?count=%d&size=%d" % (count, size))
        assert response.status == 200
        headers = dict(response.headers)
        assert [headers["X-H%d" % i] for i in range(count)] == ["v" * size] * count

    def test_a_head_over_256_kib_is_500_and_a_record_names_the_limit(self, site):
        """F24"""
        site.expect_log("256 KiB")
        site.httpd.allow_log("Traceback|File \"|PYW06|^.*pywsgi:error")
        assert site.get("/large_headers?count=5&size=65000").status == 500


class TestExcInfo:
    def test_the_head_is_replaced_before_the_first_byte(self, site):
        response = site.get("/replaced")
        assert (response.status, response.reason, response.body) == (500, "Replaced", b"replaced")
        assert response.header("X-First") is None and response.header("X-Second") == "2"

    def test_after_the_first_byte_the_exception_is_raised_again(self, site):
        site.expect_log("Failure: announced")
        site.httpd.allow_log("pywsgi:error")
        key = site.new_key()
        response = site.get("/too_late?key=" + key)
        assert response.status == 200 and not response.complete
        assert site.wait_notes(key) == ["raised again"]


class TestBodilessResponses:
    def test_head_has_no_body_and_keeps_the_content_length(self, site):
        """F26"""
        with site.connect() as connection:
            response = connection.request("HEAD", site.prefix + "/length?length=1000&blocks=100")
            assert (response.status, response.header("Content-Length")) == (200, "1000")
            assert connection.request("GET", site.prefix + "/blocks").body == b"one two three"

    def test_head_of_a_one_block_answer_has_the_length_of_get(self, site):
        assert start(site, method="HEAD").header("Content-Length") == "4"

    @pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
    def test_204_and_304_lose_their_body(self, site, status):
        """F27"""
        with site.connect() as connection:
            query = urllib.parse.urlencode({"status": status, "body": "x" * 100})
            response = connection.request("GET", site.prefix + "/start?" + query)
            assert response.status == int(status[:3])
            assert response.header("Content-Type") is None and response.header("Transfer-Encoding") is None
            assert response.header("Content-Length") is None
            assert connection.request("GET", site.prefix + "/blocks").body == b"one two three"


class TestLengths:
    def test_too_few_bytes_cut_the_connection(self, site):
        """F6"""
        site.expect_log("PYW0602")
        with site.connect() as connection:
            response = connection.request("GET", site.prefix + "/length?length=25&blocks=2")
            assert not response.complete and response.body == b"0123456789" * 2
            assert connection.is_closed_by_server()

    def test_too_few_bytes_in_one_block(self, site):
        """F6"""
        site.expect_log("PYW0602")
        response = start(site, headers=[("Content-Length", "10")])
        assert not response.complete or response.status >= 500

    def test_too_many_bytes_are_cut_and_the_iteration_stops(self, site):
        """F7"""
        site.expect_log("PYW0601")
        key = site.new_key()
        with site.connect() as connection:
            response = connection.request("GET", site.prefix + "/length?length=25&blocks=9&key=" + key)
            assert response.complete and response.body == b"0123456789" * 2 + b"01234"
            assert connection.request("GET", site.prefix + "/blocks").complete
        notes = site.wait_notes(key, 4)
        assert notes == ["block 0", "block 1", "block 2", "close"]

    def test_too_many_bytes_in_one_block(self, site):
        """F7"""
        site.expect_log("PYW0601")
        response = start(site, headers=[("Content-Length", "2")])
        assert response.complete and response.body == b"bo"
