# SPDX-License-Identifier: Apache-2.0
"""Other modules of httpd around WSGIAuthUserScript: the cache of mod_authn_socache, mod_auth_form, provider aliases."""
import pytest
from scripts_site import BASIC, SECRET, credentials


class TestCache:
    SECTION = BASIC.replace("AuthBasicProvider wsgi", "AuthBasicProvider socache wsgi\n    AuthnCacheProvideFor wsgi")
    CONFIG = "AuthnCacheEnable\nAuthnCacheSOCache shmcb\n"
    MODULES = ("auth_basic", "authz_user", "socache_shmcb", "authn_socache")

    def test_the_script_is_asked_once(self, site):
        key = site.new_key()
        for _ in range(3):
            assert site.get("/?key=" + key, credentials("bob")).status == 200
        assert len(site.notes(key)) <= 1  # the other mode may have filled the cache

    def test_a_wrong_password_is_not_let_in_by_the_cache(self, site):
        site.httpd.allow_log("AH01617")
        assert site.get("/", credentials("bob")).status == 200
        assert site.get("/", credentials("bob", "wrong")).status == 401

    def test_a_user_with_another_name_is_not_stored(self, site):
        key = site.new_key()
        for _ in range(2):
            assert site.get("/?key=" + key, credentials("alias")).body == "b\xf6b Basic 0".encode()
        assert len(site.notes(key)) == 2


class TestNoCache:
    SECTION = BASIC
    MODULES = ("auth_basic", "authz_user")

    def test_the_script_is_asked_each_time(self, site):
        key = site.new_key()
        for _ in range(3):
            assert site.get("/?key=" + key, credentials("bob")).status == 200
        assert len(site.notes(key)) == 3


class TestForm:
    SECTION = """
        AuthType Form
        AuthName "Top Secret"
        AuthFormProvider wsgi
        WSGIAuthUserScript @SCRIPT@
        Session On
        SessionCookieName session path=/
        Require valid-user
    """
    MODULES = ("authz_user", "session", "session_cookie", "request", "auth_form")

    def log_in(self, site, user, password=SECRET):
        body = "httpd_username=%s&httpd_password=%s" % (user, password)
        return site.post("/", body.encode(), [("Content-Type", "application/x-www-form-urlencoded")])

    def test_the_right_password_is_let_in(self, site):
        response = self.log_in(site, "bob")
        assert response.status == 200 and response.body.startswith(b"bob ")

    @pytest.mark.parametrize("user, password", [("bob", "wrong"), ("eve", SECRET)])
    def test_others_are_not(self, site, user, password):
        site.httpd.allow_log("AH0180[0-9]|AH01807|AH01808")
        assert self.log_in(site, user, password).status == 401


class TestAlias:
    CONFIG = """
        <AuthnProviderAlias wsgi mine>
            WSGIAuthUserScript ${APPS}/auth.py process-group=app
        </AuthnProviderAlias>
    """
    SECTION = BASIC.replace("Provider wsgi", "Provider mine").replace("    WSGIAuthUserScript @SCRIPT@\n", "")
    MODULES = ("auth_basic", "authz_user")

    def test_the_alias_has_a_script_of_its_own(self, site):
        assert site.get("/", credentials("bob")).status == 200


class TestNoScript:
    SECTION = BASIC.replace("    WSGIAuthUserScript @SCRIPT@\n", "")
    MODULES = ("auth_basic", "authz_user")

    def test_the_log_names_the_missing_script(self, site):
        site.expect_log("PYW0294.*WSGIAuthUserScript")
        assert site.get("/", credentials("bob")).status == 500
