# SPDX-License-Identifier: Apache-2.0
"""WSGIAccessScript: allow_access() decides before authentication, and for files as well."""
import json

import pytest
from pyw.site import Site


class TestAccess:
    SECTION = "WSGIAccessScript @SCRIPT@\n"
    MODULES = ("authz_user",)

    @pytest.mark.parametrize("wish, status", [("yes", 200), ("undecided", 200), ("no", 403)])
    def test_the_function_decides(self, site, wish, status):
        assert site.get("/", [("X-Access", wish)]).status == status

    @pytest.mark.parametrize("wish, record", [
        ("number", "PYW0603.*TypeError"), ("text", "PYW0603.*TypeError"), ("raises", "PYW0603.*ValueError")])
    def test_a_function_that_fails_denies(self, site, wish, record):
        site.expect_log(record)
        site.expect_log(r"PYW0292.*WSGIAccessScript: allow_access\(\)")
        site.httpd.allow_log(r"Traceback|File|\^\^|misbehave|TypeError|ValueError")
        assert site.get("/", [("X-Access", wish)]).status == 500

    def test_it_gets_the_address_of_the_client(self, site):
        key = site.new_key()
        assert site.get("/?key=" + key, [("X-Access", "yes")]).status == 200
        call, = map(json.loads, site.notes(key))
        assert call["arguments"] == ["127.0.0.1"]


class TestFiles:
    """The content is httpd's."""
    SECTION = ""
    CONFIG = """
        Alias /files ${ROOT}/htdocs
        <Directory ${ROOT}/htdocs>
            WSGIAccessScript ${APPS}/auth.py process-group=app
        </Directory>
    """
    MODULES = ()

    @pytest.mark.parametrize("wish, status", [("yes", 200), ("no", 403)])
    def test_the_function_decides(self, server, wish, status):
        assert server.get("/files/static.txt", [("X-Access", wish)]).status == status


class TestRestrictEmbedded:
    """Only applications are restricted. The server's own configuration may still run scripts in httpd's children."""
    SECTION = ""
    CONFIG = """
        WSGIRestrictEmbedded On
        <Location /static.txt>
            WSGIAccessScript ${APPS}/auth.py
        </Location>
    """
    MODULES = ()

    @pytest.mark.parametrize("wish, status", [("yes", 200), ("no", 403)])
    def test_the_function_decides(self, server, wish, status):
        assert server.get("/static.txt", [("X-Access", wish)]).status == status


HTACCESS = "WSGIAccessScript %s/auth.py %s\n"


class TestHtaccess:
    """Its author may not choose the group of another user."""
    SECTION = ""
    CONFIG = """
        WSGIDaemonProcess other threads=1 python-path=${APPS}
        WSGIDaemonProcess listed threads=1 python-path=${APPS}
        WSGIRestrictEmbedded On
        <Directory ${ROOT}/htdocs>
            AllowOverride AuthConfig
            WSGIProcessGroup app
            WSGIRestrictProcess app listed
        </Directory>
    """
    MODULES = ()

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        from scripts_site import APPS
        return make_httpd("WSGIDaemonProcess app threads=1 python-path=${APPS}\n" + self.CONFIG, apps=APPS)

    @pytest.mark.parametrize("options, status, record", [
        ("process-group=app", 200, None), ("process-group=listed", 200, None),
        ("process-group=other", 500, "PYW0291.*'other'"), ("", 500, "PYW0201.*process-group=")])
    def test_the_group_of_the_directory_runs_the_script(self, server, options, status, record):
        (server.root / "htdocs" / ".htaccess").write_text(HTACCESS % (server.apps, options))
        if record:
            server.expect_log(record)
            server.expect_log("PYW0292")
        assert Site(server, "daemon", "").get("/static.txt", [("X-Access", "yes")]).status == status
