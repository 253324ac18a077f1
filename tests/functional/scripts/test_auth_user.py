# SPDX-License-Identifier: Apache-2.0
"""WSGIAuthUserScript: the functions authenticate users, in httpd's children and in a daemon group alike."""
import hashlib
import json
import pwd
import re

import pytest
from scripts_site import BASIC, SECRET, credentials

MODULES = ("auth_basic", "authz_user")


class TestBasic:
    SECTION = BASIC
    MODULES = MODULES

    def test_the_right_password_is_let_in(self, site):
        response = site.get("/", credentials("bob"))
        assert (response.status, response.body) == (200, b"bob Basic 0")

    def test_the_body_of_the_request_is_for_the_application(self, site):
        assert site.post("/", b"x" * 70000, credentials("bob")).body == b"bob Basic 70000"

    def test_one_connection_serves_several_requests(self, site):
        site.httpd.allow_log("AH01618")
        with site.connect() as connection:
            for user, status in (("bob", 200), ("eve", 401), ("bob", 200)):
                assert connection.request("POST", site.prefix + "/", credentials(user), b"body").status == status

    def test_no_credentials_is_401(self, site):
        response = site.get("/")
        assert response.status == 401 and response.header("WWW-Authenticate") == 'Basic realm="Top Secret"'

    @pytest.mark.parametrize("user", ["bob", "eve"])
    def test_a_wrong_password_or_an_unknown_user_is_401(self, site, user):
        site.expect_log("AH01618.*user eve not found" if user == "eve" else "AH01617.*user bob")
        assert site.get("/", credentials(user, "wrong")).status == 401

    def test_a_name_that_the_function_returns_is_the_user(self, site):
        response = site.get("/", credentials("alias"))
        assert (response.status, response.body) == (200, "b\xf6b Basic 0".encode())

    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
    def test_credentials_are_text_in_either_encoding(self, site, encoding):
        assert site.get("/", credentials("b\xf6b", "p\xe4ss", encoding)).status == 200

    @pytest.mark.parametrize("user, record", [
        ("raises", "PYW0603.*ValueError"), ("number", "PYW0603.*TypeError"), ("empty", "PYW0603.*TypeError"),
        ("bytes", "PYW0603.*TypeError"), ("control", "PYW0603.*ValueError")])
    def test_a_function_that_fails_denies(self, site, user, record):
        site.expect_log(record)
        site.expect_log(r"PYW0292.*WSGIAuthUserScript: check_password\(\) of .*/auth.py")
        site.httpd.allow_log(r"Traceback|File|\^\^|misbehave|ValueError|TypeError")
        assert site.get("/", credentials(user)).status == 500

    def test_the_password_is_in_no_log(self, site):
        site.get("/", credentials("bob"))
        assert not site.httpd.log.find(SECRET)


class TestEnviron:
    SECTION = "SetEnv SECRET hidden\nCGIPassAuth On\nWSGIPassAuthorization On\n" + BASIC
    MODULES = MODULES

    def called(self, site, path="/a%20b", headers=()):
        key = site.new_key()
        assert site.post(path + "?key=" + key, b"body", credentials("bob") + list(headers)).status == 200
        call, = (json.loads(line) for line in site.notes(key))
        return call

    def test_it_describes_the_request_of_the_client(self, site):
        call = self.called(site, headers=[("X-Custom", "yes"), ("Cookie", "a=b")])
        environ = call["environ"]
        assert call["arguments"] == ["bob", SECRET]
        assert environ["REQUEST_METHOD"] == "POST" and environ["REQUEST_URI"].startswith(site.prefix + "/a%20b?key=")
        assert environ["PATH_INFO"] == "/a b" and environ["REMOTE_ADDR"] == "127.0.0.1"
        assert environ["HTTP_X_CUSTOM"] == "yes" and environ["HTTP_COOKIE"] == "a=b"
        assert environ["SCRIPT_FILENAME"].endswith("/app.wsgi")
        assert environ["mod_wsgi.process_group"] == ("app" if site.mode == "daemon" else "")

    def test_it_has_neither_credentials_nor_body_nor_setenv(self, site):
        call = self.called(site)
        assert call["body"] == ""
        assert not {"HTTP_AUTHORIZATION", "CONTENT_LENGTH", "SECRET"} & set(call["keys"])
        assert not [name for name in call["keys"] if name.startswith("pywsgi.call.")]
        assert SECRET not in call["environ"].values()


@pytest.mark.root
class TestUser:
    CONFIG = "WSGIDaemonProcess nobody user=nobody threads=1 python-path=${APPS}\n"
    GROUP = "nobody"
    SECTION = BASIC
    MODULES = MODULES

    @pytest.mark.parametrize("mode, user", [("daemon", "nobody"), ("embedded", "www-data")])
    def test_the_script_runs_as_the_user_of_its_group(self, site, user):
        key = site.new_key()
        assert site.get("/?key=" + key, credentials("bob")).status == 200
        call, = (json.loads(line) for line in site.notes(key))
        assert call["uid"] == pwd.getpwnam(user).pw_uid


class TestFaults:
    CONFIG = "WSGIDaemonProcess slow threads=2 python-path=${APPS} request-timeout=1s interrupt=On\n"
    GROUP = "slow"
    SECTION = "WSGIRequestTimeout 1s\n" + BASIC
    MODULES = MODULES

    def test_a_function_that_hangs_denies_at_the_deadline(self, site):
        site.httpd.wait_for_workers()
        site.expect_log("PYW0292.*status 504")
        site.httpd.allow_log("PYW062|PYW0602|PYW0292|Thread|File|in ")
        assert site.get("/", credentials("hangs")).status == 500
        assert site.get("/", credentials("bob")).status == 200


class TestScriptsThatDoNotLoad:
    FILES = {"broken.py": "import nothing_like_this\n", "empty.py": "def other(): pass\n"}
    SECTION = "\n".join("""<If "%%{QUERY_STRING} == '%s'">
        WSGIAuthUserScript ${APPS}/%s.py
    </If>""" % (name, name) for name in ("broken", "empty", "missing")) + BASIC
    MODULES = MODULES

    @pytest.mark.parametrize("name, record", [
        ("broken", "PYW061[01].*broken.py"), ("empty", r"PYW061[13].*empty.py"), ("missing", "PYW0612.*missing.py")])
    def test_they_deny(self, site, name, record):
        site.expect_log(record)
        site.expect_log("PYW0292.*%s.py" % name)
        site.httpd.allow_log("Traceback|File|ModuleNotFoundError|nothing|PYW0107.*missing.py")
        assert site.get("/?" + name, credentials("bob")).status == 500


def digest_header(response, user, path, password, realm="Top Secret"):
    def digest(text):
        return hashlib.md5(text.encode()).hexdigest()

    nonce = re.search('nonce="([^"]+)"', response.header("WWW-Authenticate")).group(1)
    first, second = digest("%s:%s:%s" % (user, realm, password)), digest("GET:" + path)
    answer = digest(":".join((first, nonce, "00000001", "abc", "auth", second)))
    return [("Authorization", 'Digest username="%s", realm="%s", nonce="%s", uri="%s", qop=auth, nc=00000001, '
             'cnonce="abc", response="%s", algorithm=MD5' % (user, realm, nonce, path, answer))]


class TestDigest:
    SECTION = BASIC.replace("Basic", "Digest")
    MODULES = ("auth_digest", "authz_user")

    def get(self, site, user, password=SECRET):
        response = site.get("/")
        assert response.status == 401
        return site.get("/", digest_header(response, user, site.prefix + "/", password))

    def test_the_right_password_is_let_in(self, site):
        response = self.get(site, "bob")
        assert (response.status, response.body) == (200, b"bob Digest 0")

    @pytest.mark.parametrize("user, password, record", [("bob", "wrong", "AH01792|AH01794"), ("eve", SECRET, "AH01790")])
    def test_others_get_401(self, site, user, password, record):
        site.httpd.allow_log(record)
        assert self.get(site, user, password).status == 401

    @pytest.mark.parametrize("user, record", [
        ("raises", "PYW0603.*ValueError"), ("number", "PYW0603.*TypeError"), ("short", "PYW0603.*TypeError")])
    def test_a_function_that_fails_denies(self, site, user, record):
        site.expect_log(record)
        site.expect_log(r"PYW0292.*get_realm_hash\(\)")
        site.httpd.allow_log(r"Traceback|File|\^\^|misbehave|ValueError|TypeError")
        assert self.get(site, user).status in (401, 500)
