# SPDX-License-Identifier: Apache-2.0
"""Directives of httpd that a handler must honour, as documented in docs/reference/httpd-directives.md."""
import http.client
import json
import resource
import socket
import threading
import urllib.parse

import pytest
from conformance_apps import HERE

APP = "environ.wsgi"


class TestMethods:
    MODULES = ("allowmethods",)
    CONFIG = """
        TraceEnable Off
        WSGIScriptAlias /daemon/allowed ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/allowed ${APPS}/app.wsgi
        <LocationMatch /allowed>
            AllowMethods GET
        </LocationMatch>
    """

    def test_trace_off(self, site):
        assert site.request("TRACE", "/x").status == 405

    def test_allow_methods(self, site):
        site.httpd.allow_log("AH01623")
        assert (site.get("/allowed").status, site.request("DELETE", "/allowed").status) == (200, 405)


class TestTrace:
    @pytest.mark.parametrize("value", ["On", "extended"])
    def test_httpd_answers(self, make_httpd, mode, value):
        server = make_httpd("TraceEnable %s\nWSGIDaemonProcess app\nWSGIAppAlias / none %s" % (
            value, "process-group=app" if mode == "daemon" else ""), start=False)
        server.allow_log("PYW|Traceback|ModuleNotFoundError|File |was searched|; write: ")
        server.start()
        response = server.request("TRACE", "/x")
        assert (response.status, response.header("Content-Type")) == (200, "message/http")


class TestEncodedSlashes:
    CONFIG = "".join("""
        <VirtualHost 127.0.0.1:${PORT}>
            ServerName %s
            AllowEncodedSlashes %s
        </VirtualHost>
    """ % (value.lower(), value) for value in ("Off", "On", "NoDecode"))

    @pytest.mark.parametrize("value, path_info", [("on", "/a/b"), ("nodecode", "/a%2Fb")])
    def test_path_info(self, site, value, path_info):
        environ = site.get("/a%2Fb", [("Host", value)]).json()
        assert (environ["PATH_INFO"], environ["REQUEST_URI"]) == (path_info, site.prefix + "/a%2Fb")

    def test_off(self, site):
        assert site.get("/a%2Fb", [("Host", "off")]).status == 404


class TestPathInfo:
    CONFIG = "".join("""
        WSGIScriptAlias /%(mode)s/file/%(value)s ${APPS}/app.wsgi %(group)s
        WSGIScriptAlias /%(mode)s/directory/%(value)s ${APPS} %(group)s
        WSGIAppAlias /%(mode)s/module/%(value)s module:application %(group)s
        <Location /%(mode)s/file/%(value)s>
            AcceptPathInfo %(value)s
        </Location>
        <Location /%(mode)s/directory/%(value)s>
            AcceptPathInfo %(value)s
        </Location>
        <Location /%(mode)s/module/%(value)s>
            AcceptPathInfo %(value)s
        </Location>
    """ % {"mode": mode, "group": group, "value": value}
        for mode, group in (("daemon", "process-group=app"), ("embedded", "")) for value in ("off", "on", "default"))
    APPS = {"module.py": HERE / "wsgi" / APP}

    @pytest.fixture(params=["file/%s", "directory/%s/app.wsgi", "module/%s"])
    def path(self, request):
        return "/" + request.param

    @pytest.mark.parametrize("value", ["on", "default"])
    def test_a_longer_url_than_the_alias_is_served(self, site, path, value):
        assert site.get(path % value + "/rest").json()["PATH_INFO"] == "/rest"

    def test_off(self, site, path):
        assert site.get(path % "off").json()["PATH_INFO"] == ""
        site.expect_log("PYW0208: AcceptPathInfo is off")
        assert site.get(path % "off" + "/rest").status == 404


def name_of(address):
    """Return the name of an address. None: the system knows no name; a minimal one has no /etc/hosts."""
    try:
        return socket.gethostbyaddr(address)[0]
    except socket.herror:
        return None


class TestNames:
    CONFIG = """
        ServerAdmin admin@example.com
        UseCanonicalPhysicalPort Off
        <LocationMatch ^/[a-z]+/on>
            UseCanonicalName On
            HostnameLookups On
            ServerSignature On
        </LocationMatch>
        <LocationMatch ^/[a-z]+/off>
            UseCanonicalName Off
            HostnameLookups Off
            ServerSignature Off
        </LocationMatch>
        <LocationMatch ^/[a-z]+/more>
            UseCanonicalName DNS
            HostnameLookups Double
            ServerSignature EMail
        </LocationMatch>
        <LocationMatch ^/[a-z]+/[a-z]+/physical>
            UseCanonicalPhysicalPort On
        </LocationMatch>
    """

    @pytest.fixture
    def server_and_port(self, site):
        def get(path):
            environ = site.get(path, [("Host", "example.com:8000")]).json()
            return environ["SERVER_NAME"], environ["SERVER_PORT"]

        return get

    def test_use_canonical_name(self, server_and_port):
        assert server_and_port("/off") == ("example.com", "8000")
        assert server_and_port("/on") == ("127.0.0.1", "80")
        assert server_and_port("/more")[0] == (name_of("127.0.0.1") or "127.0.0.1")

    def test_use_canonical_physical_port(self, site, server_and_port):
        assert server_and_port("/on/physical") == ("127.0.0.1", str(site.httpd.port))
        assert server_and_port("/off/physical") == ("example.com", "8000")

    @pytest.mark.parametrize("path", ["/on", "/more"])
    def test_hostname_lookups(self, site, path):
        assert site.get(path).json().get("REMOTE_HOST") == name_of("127.0.0.1")

    def test_server_signature(self, site):
        assert "Apache" in site.get("/on").json()["SERVER_SIGNATURE"]
        assert "mailto:admin@example.com" in site.get("/more").json()["SERVER_SIGNATURE"]

    @pytest.mark.parametrize("path", ["/off", "/"])
    def test_no_names_where_they_are_off_and_by_default(self, site, path):
        assert not {"REMOTE_HOST", "REMOTE_IDENT", "SERVER_SIGNATURE"} & set(site.get(path).json())


class TestIdentityCheck:
    """RFC 1413: httpd queries port 113 of the client's address, which here differs from the server's."""

    MODULES = ("ident",)
    CONFIG = "IdentityCheck On\n"
    CLIENT = "127.0.0.113"

    @pytest.fixture
    def identity_server(self):
        try:
            listener = socket.create_server((self.CLIENT, 113))
        except PermissionError:
            pytest.skip("port 113 is for root")
        thread = threading.Thread(target=self.answer, args=(listener,))
        thread.start()
        yield
        thread.join()
        listener.close()

    def answer(self, listener):
        listener.settimeout(20)
        with listener.accept()[0] as connection:
            question = connection.makefile("rb").readline().strip()
            connection.sendall(question + b" : USERID : UNIX : somebody\r\n")

    def test_the_name_that_the_client_s_host_tells(self, site, identity_server):
        connection = http.client.HTTPConnection("127.0.0.1", site.httpd.port, 20, (self.CLIENT, 0))
        connection.request("GET", site.prefix + "/x")
        environ = json.load(connection.getresponse())
        connection.close()
        assert environ["REMOTE_IDENT"] == "somebody"


def with_headers(*headers):
    return "/start?headers=" + urllib.parse.quote(json.dumps(headers))


class TestHeadersOfResponses:
    APPS = {"app.wsgi": HERE / "wsgi" / "response.wsgi"}
    CONFIG = """
        <Directory ${APPS}>
            FileETag All
            ContentDigest On
            ForceType image/gif
            AddType image/gif .wsgi
            AddEncoding gzip .wsgi
            AddLanguage de .wsgi
            AddCharset iso-8859-5 .wsgi
        </Directory>
        <LocationMatch ^/[a-z]+/start>
            AddDefaultCharset utf-8
        </LocationMatch>
        <LocationMatch ^/[a-z]+/start/on>
            AddDefaultCharset On
        </LocationMatch>
        <LocationMatch ^/[a-z]+/start/off>
            AddDefaultCharset Off
        </LocationMatch>
    """

    @pytest.mark.parametrize("path, sent, received", [
        ("", "text/plain", "text/plain; charset=utf-8"), ("", "text/html", "text/html; charset=utf-8"),
        ("", "text/plain; charset=latin-1", "text/plain; charset=latin-1"), ("", "application/json", "application/json"),
        ("/on", "text/plain", "text/plain; charset=iso-8859-1"), ("/off", "text/plain", "text/plain")])
    def test_add_default_charset(self, site, path, sent, received):
        response = site.get(with_headers(("Content-Type", sent)).replace("?", path + "?"))
        assert (response.header("Content-Type") or "").replace(";charset", "; charset") == received

    @pytest.mark.parametrize("headers", [(), [("Content-Type", "application/json")]])
    def test_directives_for_files_add_no_header(self, site, headers):
        response = site.get(with_headers(*headers))
        assert response.header("Content-Type") == (headers[0][1] if headers else None)
        for name in ("ETag", "Content-MD5", "Content-Encoding", "Content-Language"):
            assert response.header(name) is None


class TestFiles:
    APPS = {"app.wsgi": HERE / "wsgi" / "files.wsgi"}
    CONFIG = """
        FileETag All
        ContentDigest On
    """

    def test_directives_for_static_files_add_no_header(self, site, server):
        (server.data / "small").write_bytes(b"small")
        response = site.get("/real?file=small")
        assert (response.body, response.header("ETag"), response.header("Content-MD5")) == (b"small", None, None)


LIMITS = """
import json, resource
from support import plain

def application(environ, start_response):
    names = ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_NPROC")
    limits = [resource.getrlimit(getattr(resource, name)) for name in names]
    return plain(start_response, json.dumps([limits, len(environ["wsgi.input"].read())]))
"""


class TestLimits:
    """Limits for programs that httpd starts, and for modules that parse XML."""

    APPS = {"app.wsgi": LIMITS}
    CONFIG = "RLimitCPU 1 1\nRLimitMEM 100000000 100000000\nRLimitNPROC 3 3\nLimitXMLRequestBody 10\n"

    def test_they_do_not_hold_for_applications(self, site):
        limits, length = site.post("/", b"<a/>" * 100, [("Content-Type", "text/xml")]).json()
        assert length == 400
        assert limits == [list(resource.getrlimit(which))
                          for which in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC)]
