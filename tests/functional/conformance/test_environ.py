# SPDX-License-Identifier: Apache-2.0
"""The keys of environ: PEP 3333, CGI, and the rules about headers."""
import base64
import json
import subprocess

import pytest
from conformance_apps import apps

from pyw.site import BOTH_MODES
from pyw.tls import virtual_host

APP = "environ.wsgi"


class TestPaths:
    def environ(self, site, path):
        return site.get(path).json()

    def test_script_name_and_path_info_make_the_url_path(self, site):
        environ = self.environ(site, "/a%20b/c")
        assert environ["SCRIPT_NAME"] == site.prefix
        assert environ["PATH_INFO"] == "/a b/c"

    def test_path_info_is_empty_without_a_rest(self, site):
        assert self.environ(site, "")["PATH_INFO"] == ""

    def test_path_info_of_a_trailing_slash(self, site):
        assert self.environ(site, "/")["PATH_INFO"] == "/"

    def test_path_info_holds_the_bytes_of_utf8_as_latin1(self, site):
        assert self.environ(site, "/%C3%A9")["PATH_INFO"].encode("latin-1").decode("utf-8") == "/\u00e9"

    def test_percent_is_decoded_once(self, site):
        assert self.environ(site, "/%2541")["PATH_INFO"] == "/%41"

    def test_a_long_segment_is_no_file_name(self, site):
        assert self.environ(site, "/" + "x" * 1000)["PATH_INFO"] == "/" + "x" * 1000

    def test_query_string_is_raw(self, site):
        assert self.environ(site, "/?a=%20b&c&d=%C3%A9")["QUERY_STRING"] == "a=%20b&c&d=%C3%A9"

    def test_query_string_exists_without_a_query(self, site):
        assert self.environ(site, "/")["QUERY_STRING"] == ""

    def test_request_uri_is_raw(self, site):
        assert self.environ(site, "/a%20b//c?q=%41")["REQUEST_URI"] == site.prefix + "/a%20b//c?q=%41"

    def test_request_uri_of_an_absolute_target(self, site):
        with site.connect() as connection:
            connection.send(b"GET http://127.0.0.1%s/x?y HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % site.prefix.encode())
            assert connection.read_response().json()["REQUEST_URI"] == site.prefix + "/x?y"

    def test_script_filename_is_the_script(self, site, server):
        assert self.environ(site, "/x")["SCRIPT_FILENAME"] == str(server.apps / "app.wsgi")


class TestWsgiKeys:
    @pytest.fixture
    def environ(self, site):
        return site.get("/").json()

    def test_environ_is_a_dict_of_native_strings(self, environ):
        assert environ["type of environ"] == "dict" and environ["type of all names"] == ["str"]

    def test_constants(self, environ):
        assert environ["wsgi.version"] == ["tuple", "(1, 0)"]
        assert environ["wsgi.run_once"] is False
        assert environ["wsgi.input_terminated"] is True
        assert environ["wsgi.url_scheme"] == "http"

    def test_threads_and_processes(self, server, environ, mode):
        assert environ["wsgi.multithread"] is (mode == "daemon" or server.mpm != "prefork")
        assert environ["wsgi.multiprocess"] is (mode == "embedded")

    def test_input_errors_and_file_wrapper_exist(self, environ):
        assert {"wsgi.input", "wsgi.errors", "wsgi.file_wrapper"} <= set(environ)

    def test_names_that_code_for_mod_wsgi_looks_for(self, environ, mode):
        assert environ["mod_wsgi.process_group"] == ("app" if mode == "daemon" else "")
        assert environ["mod_wsgi.version"][0] == "tuple"
        assert isinstance(environ["mod_wsgi.application_group"], str)

    def test_client_gone_is_false(self, environ):
        assert environ["client gone"] == "False"


class TestRequestKeys:
    CONFIG = """
        SetEnv MY_VALUE "from SetEnv"
        SetEnv REQUEST_METHOD EVIL
        SetEnv SCRIPT_NAME /evil
        SetEnv PATH_INFO /evil
        SetEnv QUERY_STRING evil
        SetEnv REMOTE_ADDR evil
        SetEnv SERVER_NAME evil
        SetEnv CONTENT_LENGTH 666
        SetEnv HTTP_PROXY evil
        SetEnv HTTP_HOST evil
        SetEnv wsgi.url_scheme evil
        SetEnv wsgi.input evil
        SetEnv mod_wsgi.process_group evil
        ServerAdmin admin@example.org
    """

    def test_server_and_client(self, site, server):
        environ = site.get("/").json()
        assert environ["SERVER_NAME"] == "127.0.0.1"
        assert environ["SERVER_PORT"] == str(server.port)
        assert environ["SERVER_ADDR"] == environ["REMOTE_ADDR"] == "127.0.0.1"
        assert environ["REMOTE_PORT"].isdigit()
        assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        assert environ["REQUEST_SCHEME"] == "http"
        assert environ["SERVER_ADMIN"] == "admin@example.org"
        assert environ["DOCUMENT_ROOT"] == str(server.root / "htdocs")
        assert environ["SERVER_SOFTWARE"].startswith("Apache")

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "MADEUP"])
    def test_request_method(self, site, method):
        assert site.request(method, "/").json()["REQUEST_METHOD"] == method

    def test_http_1_0(self, site):
        with site.connect() as connection:
            connection.send(b"GET %s/ HTTP/1.0\r\n\r\n" % site.prefix.encode())
            assert connection.read_response().json()["SERVER_PROTOCOL"] == "HTTP/1.0"

    def test_setenv_reaches_the_application(self, site):
        assert site.get("/").json()["MY_VALUE"] == "from SetEnv"

    def test_computed_values_win_over_setenv(self, site):
        assert "evil" not in site.get("/x?y").body.decode().lower()

    def test_content_type_and_length_of_a_body(self, site):
        environ = site.post("/", b"12345", [("Content-Type", "text/x-test")]).json()
        assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/x-test", "5")
        assert not {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"} & set(environ)

    def test_no_content_length_without_a_body(self, site):
        assert not {"CONTENT_LENGTH", "CONTENT_TYPE"} & set(site.get("/").json())

    def test_a_chunked_body_has_no_length_and_no_transfer_encoding(self, site):
        environ = site.post("/", b"12345", chunked=True).json()
        assert not {"CONTENT_LENGTH", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"} & set(environ)
        assert environ["wsgi.input_terminated"] is True


class TestHeaders:
    def environ(self, site, *headers):
        return site.get("/", headers).json()

    def test_a_header_becomes_a_variable(self, site):
        assert self.environ(site, ("X-Some-Header2", "v: w"))["HTTP_X_SOME_HEADER2"] == "v: w"

    def test_values_are_latin1(self, site):
        assert self.environ(site, ("X-Test", "\u00e9"))["HTTP_X_TEST"] == "\u00e9"

    def test_repeated_headers_are_joined(self, site):
        assert self.environ(site, ("X-Test", "a"), ("X-Test", "b"))["HTTP_X_TEST"] == "a, b"

    @pytest.mark.parametrize("name", ["X_Real_IP", "X.Real.IP", "X!Real", "X~Real"])
    def test_other_spellings_of_a_name_are_dropped(self, site, name):
        environ = self.environ(site, (name, "evil"))
        assert not any("evil" in str(value) for value in environ.values())

    def test_an_underscore_does_not_change_the_real_header(self, site):
        environ = self.environ(site, ("X-Real-IP", "good"), ("X_Real_IP", "evil"))
        assert environ["HTTP_X_REAL_IP"] == "good"

    def test_no_http_proxy(self, site):
        assert "HTTP_PROXY" not in self.environ(site, ("Proxy", "http://evil/"))

    def test_a_header_cannot_set_a_computed_key(self, site):
        environ = self.environ(site, ("Remote-User", "evil"), ("Script-Name", "evil"))
        assert "REMOTE_USER" not in environ and environ["SCRIPT_NAME"] == site.prefix

    def test_authorization_is_withheld(self, site):
        environ = self.environ(site, ("Authorization", "Bearer t"), ("Proxy-Authorization", "Bearer t"))
        assert not {"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION"} & set(environ)

    def test_headers_as_large_as_httpd_allows_arrive_whole(self, site):
        headers = [("X-Large-%d" % i, "v" * 8000) for i in range(90)]
        environ = self.environ(site, *headers)
        assert [environ["HTTP_X_LARGE_%d" % i] for i in range(90)] == ["v" * 8000] * 90


class TestAuthorization:
    MODULES = ("auth_basic", "authn_file", "authz_user", "setenvif")
    CONFIG = """
        WSGIScriptAlias /daemon/option ${APPS}/app.wsgi process-group=app pass-authorization=On
        WSGIScriptAlias /embedded/option ${APPS}/app.wsgi pass-authorization=On
        <LocationMatch "^/(daemon|embedded)/private">
            AuthType Basic
            AuthName private
            AuthUserFile ${APPS}/users
            Require valid-user
        </LocationMatch>
        <LocationMatch "^/(daemon|embedded)/passed">
            WSGIPassAuthorization On
        </LocationMatch>
        <LocationMatch "^/(daemon|embedded)/cgi">
            CGIPassAuth On
        </LocationMatch>
        SetEnvIf X-Forwarded-Proto "^https$" HTTPS=1
    """
    APPS = {"users": "alice:{SHA}%s\n" % base64.b64encode(bytes.fromhex(
        "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8")).decode()}
    ALICE = ("Authorization", "Basic " + base64.b64encode(b"alice:password").decode())

    def test_the_user_that_httpd_authenticated(self, site):
        environ = site.get("/private", [self.ALICE]).json()
        assert (environ["REMOTE_USER"], environ["AUTH_TYPE"]) == ("alice", "Basic")
        assert "HTTP_AUTHORIZATION" not in environ

    def test_httpd_refuses_before_the_application_runs(self, site):
        assert site.get("/private").status == 401

    @pytest.mark.parametrize("path", ["/passed", "/option", "/cgi"])
    def test_authorization_is_passed_where_it_is_asked_for(self, site, path):
        assert site.get(path, [self.ALICE]).json()["HTTP_AUTHORIZATION"] == self.ALICE[1]

    def test_a_proxy_in_front_may_say_https(self, site):
        environ = site.get("/", [("X-Forwarded-Proto", "https")]).json()
        assert environ["wsgi.url_scheme"] == "https"


class TestTls:
    @pytest.fixture(scope="class")
    def tls_server(self, make_httpd):
        server = make_httpd(start=False, modules=("ssl", "socache_shmcb"), apps=apps(APP))
        server.configure(BOTH_MODES + virtual_host(server))
        return server.start()

    def test_the_scheme_is_https(self, tls_server, mode):
        output = subprocess.run(["curl", "-sk", "https://127.0.0.1:%d/%s/x" % (tls_server.tls_port, mode)], check=True,
                                stdout=subprocess.PIPE).stdout
        environ = json.loads(output)
        assert (environ["wsgi.url_scheme"], environ["REQUEST_SCHEME"]) == ("https", "https")
        assert environ["SERVER_PORT"] == str(tls_server.tls_port)
