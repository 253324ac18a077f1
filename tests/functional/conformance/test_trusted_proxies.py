# SPDX-License-Identifier: Apache-2.0
"""WSGITrustedProxies and WSGITrustedProxyHeaders: headers of trusted proxies count, headers of other clients do not."""
import os

import pytest

from pyw import paths
from pyw.site import Site

APP = "environ.wsgi"

# header, a valid value, the keys that it sets, a malformed value, the other headers with the same meaning
CLIENT = ["Forwarded", "X-Forwarded-For", "X-Client-IP", "X-Real-IP"]
HOST = ["Forwarded", "X-Forwarded-Host", "X-Host"]
SCRIPT_NAME = ["X-Script-Name", "X-Forwarded-Script-Name"]
SCHEME = ["Forwarded", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Scheme", "X-Forwarded-HTTPS", "X-Forwarded-SSL",
          "X-HTTPS"]
ADDRESS = {"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "0"}
HTTPS = {"wsgi.url_scheme": "https"}
PATH = {"SCRIPT_NAME": "/public/app", "mod_wsgi.mount_point": "/public/app"}
TABLE = [
    ("Forwarded", 'for="192.0.2.7:4711";host=www.example.com;proto=https',
     {"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "4711", "HTTP_HOST": "www.example.com", **HTTPS}, 'for="192.0.2.7',
     CLIENT + HOST + SCHEME),
    ("X-Forwarded-For", "192.0.2.7", ADDRESS, "192.0.2.7.8", CLIENT),
    ("X-Client-IP", "192.0.2.7", ADDRESS, "nonsense", CLIENT),
    ("X-Real-IP", "192.0.2.7", ADDRESS, "192.0.2.7 evil", CLIENT),
    ("X-Forwarded-Host", "www.example.com:8443", {"HTTP_HOST": "www.example.com:8443"}, "a@b", HOST),
    ("X-Host", "www.example.com", {"HTTP_HOST": "www.example.com"}, "a/b", HOST),
    ("X-Forwarded-Server", "front.example.com", {"SERVER_NAME": "front.example.com"}, "a b", ["X-Forwarded-Server"]),
    ("X-Forwarded-Port", "443", {"SERVER_PORT": "443"}, "https", ["X-Forwarded-Port"]),
    ("X-Script-Name", "/public/app", PATH, "//evil.example", SCRIPT_NAME),
    ("X-Forwarded-Script-Name", "/public/app", PATH, "public", SCRIPT_NAME),
    ("X-Forwarded-Proto", "https", HTTPS, "spdy", SCHEME),
    ("X-Forwarded-Scheme", "HTTPS", HTTPS, "https:", SCHEME),
    ("X-Scheme", "https", HTTPS, "", SCHEME),
    ("X-Forwarded-HTTPS", "On", HTTPS, "yes", SCHEME),
    ("X-Forwarded-SSL", "1", HTTPS, "2", SCHEME),
    ("X-HTTPS", "true", HTTPS, "https", SCHEME),
]
FORGED = {"Forwarded": "for=6.6.6.6;host=evil.example;proto=http", "X-Forwarded-Port": "666",
          **dict.fromkeys(CLIENT[1:], "6.6.6.6"), **dict.fromkeys(HOST[1:], "evil.example"),
          **dict.fromkeys(SCHEME[1:4], "http"), **dict.fromkeys(SCHEME[4:], "off"),
          **dict.fromkeys(SCRIPT_NAME, "/evil"), "X-Forwarded-Server": "evil.example"}
KEYS = sorted({key for row in TABLE for key in row[2]} - {"REMOTE_PORT"})
each_header = pytest.mark.parametrize("header, good, sets, malformed, synonyms", TABLE, ids=[row[0] for row in TABLE])


def variable(header):
    return "HTTP_" + header.upper().replace("-", "_")


def location(place, *lines):
    return '<LocationMatch "^/(daemon|embedded)/%s">\n%s\n</LocationMatch>\n' % (place, "\n".join(lines))


def locations(place, proxies):
    return "".join(location("%s/%s$" % (place, row[0]), "WSGITrustedProxyHeaders " + row[0], proxies) for row in TABLE)


class TestEachHeader:
    CONFIG = (locations("trusted", "WSGITrustedProxies 10.0.0.0/8 127.0.0.1") +
              locations("untrusted", "WSGITrustedProxies 10.0.0.0/8 ::1") + locations("unlimited", ""))

    def environ(self, site, place, *headers):
        environ = site.get(place, headers).json()
        assert "evil" not in repr(environ) and "6.6.6.6" not in repr(environ)
        return environ

    def plain(self, site, place):
        """The values of environ without the headers of proxies."""
        environ = site.get(place).json()
        return {key: environ.get(key) for key in KEYS}

    def expect(self, environ, sets, plain):
        assert {key: environ.get(key) for key in KEYS} == {**plain, **{k: v for k, v in sets.items() if k in KEYS}}

    @each_header
    def test_of_a_trusted_proxy_it_counts(self, site, header, good, sets, malformed, synonyms):
        place = "/trusted/" + header
        environ = self.environ(site, place, (header, good))
        self.expect(environ, sets, self.plain(site, place))
        assert environ[variable(header)] == good
        assert environ["REMOTE_PORT"] == sets.get("REMOTE_PORT", environ["REMOTE_PORT"])

    @each_header
    def test_of_anybody_else_it_is_removed(self, site, header, good, sets, malformed, synonyms):
        place = "/untrusted/" + header
        environ = self.environ(site, place, (header, good))
        self.expect(environ, {}, self.plain(site, place))
        assert variable(header) not in environ

    @each_header
    def test_twice_the_last_counts(self, site, header, good, sets, malformed, synonyms):
        place = "/trusted/" + header
        environ = self.environ(site, place, (header, FORGED[header]), (header, good))
        if header in SCRIPT_NAME:  # a comma may be part of a path
            assert variable(header) not in environ
        else:
            self.expect(environ, sets, self.plain(site, place))
            assert environ[variable(header)] == good

    @each_header
    def test_malformed_it_is_removed(self, site, header, good, sets, malformed, synonyms):
        place = "/trusted/" + header
        environ = self.environ(site, place, (header, malformed or "-"))
        self.expect(environ, {}, self.plain(site, place))
        assert variable(header) not in environ

    @each_header
    def test_headers_of_the_same_meaning_are_removed(self, site, header, good, sets, malformed, synonyms):
        forged = [(name, FORGED[name]) for name in dict.fromkeys(synonyms) if name != header]
        environ = self.environ(site, "/trusted/" + header, *forged, (header, good))
        self.expect(environ, sets, self.plain(site, "/trusted/" + header))
        for name, _ in forged:
            assert variable(name) not in environ
        environ = self.environ(site, "/untrusted/" + header, *forged)
        for name, _ in forged:
            assert variable(name) not in environ

    @each_header
    def test_without_a_list_of_proxies_every_peer_is_trusted(self, site, header, good, sets, malformed, synonyms):
        place = "/unlimited/" + header
        self.expect(self.environ(site, place, (header, good)), sets, self.plain(site, place))

    def test_headers_that_are_not_named_stay(self, site):
        environ = self.environ(site, "/trusted/X-Forwarded-Port", ("X-Forwarded-For", "192.0.2.7"))
        assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.7" and environ["REMOTE_ADDR"] == "127.0.0.1"

    def test_without_the_directive_all_stay(self, site):
        headers = [(row[0], row[1]) for row in TABLE]
        environ = site.get("/elsewhere", headers).json()
        assert {variable(name): environ[variable(name)] for name, _ in headers} == {
            variable(name): value for name, value in headers}
        assert environ["REMOTE_ADDR"] == "127.0.0.1" and "mod_wsgi.mount_point" not in environ


class TestScopes:
    """The nearest scope decides; lines of one scope add up."""

    CONFIG = """
        WSGITrustedProxies 10.0.0.0/8
        WSGITrustedProxies 127.0.0.0/255.0.0.0 2001:db8:ff::/48
        WSGITrustedProxyHeaders X-Forwarded-For
        WSGITrustedProxyHeaders x-forwarded-proto
        <Directory ${APPS}>
            AllowOverride FileInfo
        </Directory>
    """ + location("inner", "WSGITrustedProxies 10.0.0.0/8") + location(
        "none", "WSGITrustedProxies 127.0.0.1", "WSGITrustedProxyHeaders X-Real-IP X-Forwarded-For")
    HEADERS = [("X-Forwarded-For", "6.6.6.6, 192.0.2.7, 2001:db8:ff::1, 10.1.2.3"), ("X-Forwarded-Proto", "https")]

    def addressed(self, site, path, *more):
        environ = site.get(path, [*self.HEADERS, *more]).json()
        return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_FOR")

    def test_the_client_is_the_last_that_is_no_proxy(self, site):
        assert self.addressed(site, "/") == ("192.0.2.7", "https", "192.0.2.7, 2001:db8:ff::1, 10.1.2.3")

    def test_an_inner_scope_has_its_own_list(self, site):
        assert self.addressed(site, "/inner") == ("127.0.0.1", "http", None)

    def test_the_synonym_that_is_named_last_wins(self, site):
        assert self.addressed(site, "/none", ("X-Real-IP", "198.51.100.1"))[0] == "10.1.2.3"
        assert site.get("/none", [("X-Real-IP", "198.51.100.1")]).json()["REMOTE_ADDR"] == "198.51.100.1"

    def test_htaccess(self, site, server):
        (server.apps / ".htaccess").write_text("WSGITrustedProxyHeaders X-Forwarded-Host\n")
        try:
            environ = site.get("/", [*self.HEADERS, ("X-Forwarded-Host", "www.example.com")]).json()
        finally:
            (server.apps / ".htaccess").unlink()
        assert environ["HTTP_HOST"] == "www.example.com" and environ["REMOTE_ADDR"] == "127.0.0.1"


BOTH = """
    WSGITrustedProxies 127.0.0.1 10.0.0.0/8
    WSGITrustedProxyHeaders X-Forwarded-For X-Forwarded-Proto
"""


class TestModRemoteip:
    MODULES = ("remoteip",)
    CONFIG = BOTH + """
        RemoteIPHeader X-Forwarded-For
        RemoteIPInternalProxy 127.0.0.1
    """

    def environ(self, site, addresses):
        environ = site.get("/", [("X-Forwarded-For", addresses), ("X-Forwarded-Proto", "https")]).json()
        assert environ["wsgi.url_scheme"] == "https"
        return environ

    def test_the_other_headers_of_the_proxy_count(self, site):
        assert self.environ(site, "192.0.2.7")["REMOTE_ADDR"] == "192.0.2.7"

    def test_headers_of_the_client_are_ignored(self, site):
        environ = self.environ(site, "6.6.6.6, 192.0.2.7")
        assert environ["REMOTE_ADDR"] == "192.0.2.7" and "HTTP_X_FORWARDED_FOR" not in environ

    def test_a_proxy_that_only_wsgi_trusts(self, site):
        assert self.environ(site, "6.6.6.6, 192.0.2.7, 10.1.2.3")["REMOTE_ADDR"] == "192.0.2.7"


class TestProxyProtocol:
    """The TCP peer, 127.0.0.1, is a load balancer that does not touch HTTP."""

    MODULES = ("remoteip",)
    CONFIG = BOTH + "RemoteIPProxyProtocol On\n"

    def environ(self, site, peer):
        with site.connect() as connection:
            connection.send(b"PROXY TCP4 %s 127.0.0.1 4711 80\r\nGET %s/ HTTP/1.1\r\nHost: localhost\r\n"
                            b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n\r\n" % (
                                peer, site.prefix.encode()))
            return connection.read_response().json()

    def test_its_address_does_not_make_the_client_a_proxy(self, site):
        environ = self.environ(site, b"192.0.2.7")
        assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("192.0.2.7", "http")
        assert not {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"} & set(environ)

    def test_a_proxy_behind_it(self, site):
        environ = self.environ(site, b"10.1.2.3")
        assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("198.51.100.1", "https")


class TestTheSameAsModWsgi:
    ECHO = """
import json

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({key: value for key, value in environ.items() if isinstance(value, str)}).encode()]
"""
    VHOST = """
        WSGIDaemonProcess app threads=4 python-path=${APPS}
        WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
        WSGITrustedProxies 127.0.0.1 10.0.0.0/8
        WSGITrustedProxyHeaders X-Forwarded-For X-Forwarded-Host X-Forwarded-Server X-Forwarded-Port X-Script-Name
        WSGITrustedProxyHeaders X-Forwarded-Proto
    """
    HEADERS = [("X-Forwarded-For", "6.6.6.6, 192.0.2.7, 10.1.2.3"), ("X-Forwarded-Host", "www.example.com"),
               ("X-Forwarded-Server", "front.example.com"), ("X-Forwarded-Port", "443"), ("X-Script-Name", "/public"),
               ("X-Forwarded-Proto", "https"), ("X-Real-IP", "6.6.6.6"), ("X-Host", "evil"), ("X-HTTPS", "off")]
    COMPARED = ["REMOTE_ADDR", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme",
                "mod_wsgi.mount_point"] + [variable(name) for name, _ in HEADERS]

    @pytest.mark.skipif(not os.path.exists(paths.module_file("wsgi")), reason="mod_wsgi is not installed")
    def test_environ(self, make_httpd):
        ours, theirs = [make_httpd(apps={"app.wsgi": self.ECHO}, start=False, pywsgi=mine) for mine in (True, False)]
        ours.configure(self.VHOST)
        theirs.configure('LoadModule wsgi_module "%s"\nWSGISocketPrefix ${ROOT}/run/wsgi\n%s' % (
            paths.module_file("wsgi"), self.VHOST))
        theirs.allow_log(r"\[wsgi:|AH0005")
        answers = []
        for server in (ours, theirs):
            server.start()
            environ = Site(server, "daemon").get("/x", self.HEADERS).json()
            answers.append({key: environ.get(key) for key in self.COMPARED})
        assert answers[0] == answers[1]
