# SPDX-License-Identifier: Apache-2.0
"""Whole sites that were written for mod_wsgi, with logins by Basic, by Digest, and by a form."""
import base64
import hashlib
import re

import pytest
from browser import Browser

SITE = '''
def application(environ, start_response):
    body = "%s of %s" % (environ["SCRIPT_NAME"] + environ["PATH_INFO"], environ.get("REMOTE_USER", "nobody"))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body.encode()]
'''

USERS = '''
import hashlib

PASSWORDS = {"ann": "correct horse", "bob": "battery staple"}
GROUPS = {"ann": ["staff"]}


def check_password(environ, user, password):
    return PASSWORDS[user] == password if user in PASSWORDS else None


def get_realm_hash(environ, user, realm):
    if user not in PASSWORDS:
        return None
    return hashlib.md5(("%s:%s:%s" % (user, realm, PASSWORDS[user])).encode()).hexdigest()


def groups_for_user(environ, user):
    return GROUPS.get(user, [])
'''

FILES = {"site.wsgi": SITE, "conf/users.wsgi": USERS}
WRONG = "AH01617|AH01618|AH01631|AH01790|AH01792|AH01794|AH01807|AH01808"

# The application runs in a daemon process; as with mod_wsgi, the script of the users runs in httpd.
HOST = """
<VirtualHost 127.0.0.1:${PORT}>
    ServerName members.example.com
    WSGIDaemonProcess members processes=1 threads=5 display-name=%%{GROUP}
    WSGIProcessGroup members
    WSGIApplicationGroup %%{GLOBAL}
    WSGIScriptAlias / ${APPS}/site.wsgi
    <Directory ${APPS}>
        <Files site.wsgi>
            Require all granted
        </Files>
    </Directory>
    %s
</VirtualHost>
"""


def basic(user, password):
    return [("Authorization", "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode())]


class TestBasic:
    """The members' area, and a part of it for a group."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(HOST % """
            <Location /members>
                AuthType Basic
                AuthName "Members Only"
                AuthBasicProvider wsgi
                WSGIAuthUserScript ${APPS}/conf/users.wsgi application-group=users
                Require valid-user
            </Location>
            <Location /members/staff>
                WSGIAuthGroupScript ${APPS}/conf/users.wsgi application-group=users
                Require wsgi-group staff
            </Location>""", apps=FILES, modules=("auth_basic", "authz_user"))

    def test_the_rest_of_the_site_is_public(self, server):
        assert server.get("/welcome").body == b"/welcome of nobody"

    def test_nobody_without_credentials(self, server):
        response = server.get("/members/")
        assert response.status == 401 and response.header("WWW-Authenticate") == 'Basic realm="Members Only"'

    def test_the_right_password(self, server):
        assert server.get("/members/", basic("ann", "correct horse")).body == b"/members/ of ann"

    @pytest.mark.parametrize("user, password", [
        ("ann", "wrong"), ("ann", ""), ("ann", "battery staple"), ("eve", "correct horse"), ("", "")])
    def test_other_passwords(self, server, user, password):
        server.allow_log(WRONG)
        assert server.get("/members/", basic(user, password)).status == 401

    @pytest.mark.parametrize("user, password, status", [
        ("ann", "correct horse", 200), ("bob", "battery staple", 401), ("ann", "wrong", 401)])
    def test_the_area_of_a_group(self, server, user, password, status):
        server.allow_log(WRONG)
        assert server.get("/members/staff", basic(user, password)).status == status


class TestDigest:
    """The whole site, including its static files."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(HOST % """
            Alias /static/ ${ROOT}/htdocs/
            <Location />
                AuthType Digest
                AuthName "Members Only"
                AuthDigestDomain /
                AuthDigestProvider wsgi
                WSGIAuthUserScript ${APPS}/conf/users.wsgi
                Require valid-user
            </Location>""", apps=FILES, modules=("auth_digest", "authz_user"))

    def get(self, server, path, user, password):
        def md5(*parts):
            return hashlib.md5(":".join(parts).encode()).hexdigest()

        challenge = server.get(path)
        assert challenge.status == 401
        nonce = re.search('nonce="([^"]+)"', challenge.header("WWW-Authenticate")).group(1)
        answer = md5(md5(user, "Members Only", password), nonce, "00000001", "0a4f", "auth", md5("GET", path))
        return server.get(path, [("Authorization", (
            'Digest username="%s", realm="Members Only", nonce="%s", uri="%s", qop=auth, nc=00000001, cnonce="0a4f", '
            'response="%s", algorithm=MD5') % (user, nonce, path, answer))])

    def test_the_right_password(self, server):
        assert self.get(server, "/news", "ann", "correct horse").body == b"/news of ann"
        assert self.get(server, "/static/static.txt", "bob", "battery staple").status == 200

    @pytest.mark.parametrize("user, password", [("ann", "wrong"), ("ann", "battery staple"), ("eve", "correct horse")])
    @pytest.mark.parametrize("path", ["/news", "/static/static.txt"])
    def test_other_passwords(self, server, path, user, password):
        server.allow_log(WRONG)
        assert self.get(server, path, user, password).status == 401


LOGIN = """<form method="POST" action="/dologin"><input name="httpd_username"><input name="httpd_password"></form>"""


class TestForm:
    """A login page, a session in a cookie, and the end of the session."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(HOST % """
            Alias /login.html ${APPS}/public/login.html
            <Directory ${APPS}/public>
                Require all granted
            </Directory>
            Session On
            SessionCookieName session path=/;HttpOnly
            <Location />
                AuthFormProvider wsgi
                AuthType Form
                AuthName members
                WSGIAuthUserScript ${APPS}/conf/users.wsgi
            </Location>
            <Location /account>
                AuthFormLoginRequiredLocation /login.html
                Require valid-user
            </Location>
            <Location /dologin>
                SetHandler form-login-handler
                AuthFormLoginRequiredLocation /login.html
                AuthFormLoginSuccessLocation /account
            </Location>
            <Location /dologout>
                SetHandler form-logout-handler
                AuthFormLogoutLocation /login.html
                SessionMaxAge 1
            </Location>""", apps={**FILES, "public/login.html": LOGIN},
            modules=("authz_user", "session", "session_cookie", "request", "auth_form"))

    @pytest.fixture
    def browser(self, server):
        return Browser(server.port)

    def log_in(self, browser, user, password):
        return browser.post("/dologin", httpd_username=user, httpd_password=password)

    def test_a_user_without_a_session_gets_the_form(self, browser):
        page = browser.open("/account")
        assert page.url.endswith("/login.html") and "httpd_password" in page.text

    def test_the_right_password_opens_a_session(self, browser):
        page = self.log_in(browser, "ann", "correct horse")
        assert page.url.endswith("/account") and page.text == "/account of ann"
        assert browser.open("/account/orders").text == "/account/orders of ann"
        assert browser.open("/dologout").url.endswith("/login.html")
        assert browser.open("/account").url.endswith("/login.html")

    @pytest.mark.parametrize("user, password", [("ann", "wrong"), ("ann", "battery staple"), ("eve", "correct horse")])
    def test_other_passwords_get_the_form_again(self, server, browser, user, password):
        server.allow_log(WRONG + "|AH0180")
        assert self.log_in(browser, user, password).url.endswith("/login.html")
        assert browser.open("/account").url.endswith("/login.html")

    @pytest.mark.parametrize("password", ["wrong", "battery+staple", ""])
    def test_a_session_that_the_client_has_invented_is_none(self, server, password):
        server.allow_log(WRONG + "|AH0180")
        response = server.get("/account", [("Cookie", "session=members-user=ann&members-pw=" + password)])
        assert response.status in (302, 307) and response.header("Location").endswith("/login.html")
