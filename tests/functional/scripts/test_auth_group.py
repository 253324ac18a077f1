# SPDX-License-Identifier: Apache-2.0
"""WSGIAuthGroupScript with Require wsgi-group."""
import pytest
from scripts_site import BASIC, credentials

MODULES = ("auth_basic", "authz_user")


def requiring(lines):
    return BASIC.replace("    Require valid-user\n", "    WSGIAuthGroupScript @SCRIPT@\n%s\n" % lines)


class TestGroups:
    SECTION = requiring('Require wsgi-group nobody staff')
    MODULES = MODULES

    @pytest.mark.parametrize("user, status", [("bob", 200), ("alice", 401)])
    def test_one_of_the_groups_suffices(self, site, user, status):
        site.httpd.allow_log("AH01631")
        assert site.get("/", credentials(user)).status == status

    @pytest.mark.parametrize("kind", ["tuple", "set", "generator", "many"])
    def test_the_names_may_be_any_iterable(self, site, kind):
        assert site.get("/", credentials("bob") + [("X-Groups", kind)]).status == 200

    @pytest.mark.parametrize("kind, record", [
        ("raises", "PYW0603.*ValueError"), ("none", "PYW0603.*TypeError"), ("text", "PYW0603.*TypeError"),
        ("number", "PYW0603.*TypeError")])
    def test_a_function_that_fails_denies(self, site, kind, record):
        site.expect_log(record)
        site.expect_log(r"PYW0292.*WSGIAuthGroupScript: groups_for_user\(\)")
        site.httpd.allow_log(r"Traceback|File|\^\^|misbehave|ValueError|TypeError|AH01631")
        assert site.get("/", credentials("bob") + [("X-Groups", kind)]).status == 500


class TestCombinations:
    SECTION = requiring("""
    <RequireAny>
        Require wsgi-group "secret agents"
        Require user alice
    </RequireAny>""")
    MODULES = MODULES

    @pytest.mark.parametrize("user", ["bob", "alice"])
    def test_a_group_with_a_space_or_a_user(self, site, user):
        assert site.get("/", credentials(user)).status == 200


class TestNegation:
    SECTION = requiring("""
    <RequireAll>
        Require valid-user
        Require not wsgi-group staff
    </RequireAll>""")
    MODULES = MODULES

    @pytest.mark.parametrize("user, status", [("bob", 401), ("alice", 200)])
    def test_members_are_refused(self, site, user, status):
        site.httpd.allow_log("AH01631")
        assert site.get("/", credentials(user)).status == status

    def test_a_function_that_fails_lets_nobody_in(self, site):
        site.expect_log("PYW0292")
        site.httpd.allow_log(r"PYW0603|Traceback|File|\^\^|misbehave|ValueError|AH01631")
        assert site.get("/", credentials("alice") + [("X-Groups", "raises")]).status == 500


class TestNoScript:
    SECTION = BASIC.replace("    Require valid-user\n", "    Require wsgi-group staff\n")
    MODULES = MODULES

    def test_the_log_names_the_missing_script(self, site):
        site.expect_log("PYW0296.*WSGIAuthGroupScript")
        site.httpd.allow_log("AH01631")
        assert site.get("/", credentials("bob")).status == 500
