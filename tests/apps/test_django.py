# SPDX-License-Identifier: Apache-2.0
"""examples/django: pages and forms, the admin with its login, an upload, a FileResponse."""
import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from browser import Browser

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
SITE = HERE / "django_site"


def manage(server, *arguments):
    environment = {"PATH": "/usr/bin:/bin", "GUESTBOOK_DATA": str(server.data / "django"),
                   "DJANGO_SETTINGS_MODULE": "guestbook.settings", "DJANGO_SUPERUSER_PASSWORD": "admin-pw",
                   "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["/usr/bin/python3", "manage.py", *arguments], cwd=server.apps / "django", env=environment,
                   check=True, stdout=subprocess.DEVNULL)


class TestGuestbook:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess guestbook threads=4 python-path=${APPS}/django:${APPS}/site \\
                env=GUESTBOOK_DATA=${DATA}/django env=DJANGO_SETTINGS_MODULE=site_with_files
            WSGIAppAlias / guestbook.wsgi:application process-group=guestbook
            """, apps={"django": paths.TOP / "examples" / "django", "site": SITE}, start=False)
        data = server.data / "django"
        data.mkdir()
        manage(server, "migrate", "-v0")
        manage(server, "createsuperuser", "--noinput", "--username", "admin", "--email", "a@example.org")
        data.chmod(0o777)
        (data / "guestbook.sqlite3").chmod(0o666)
        return server.start()

    @pytest.fixture
    def browser(self, server):
        return Browser(server.port)

    def test_the_form_of_the_guestbook(self, browser):
        page = browser.open("/")
        token = page.hidden("csrfmiddlewaretoken")
        assert browser.post("/", name="Zo\u00eb", text="was here", csrfmiddlewaretoken=token).status == 200
        assert "Zo\u00eb" in browser.open("/").text

    def test_a_form_without_its_token_is_refused(self, browser, server):
        server.allow_log("Forbidden|CSRF")
        assert browser.post("/", name="x", text="y").status == 403

    def test_admin_login_and_a_page_behind_it(self, browser):
        page = browser.open("/admin/")
        assert "/admin/login/" in page.url
        token = page.hidden("csrfmiddlewaretoken")
        page = browser.post("/admin/login/?next=/admin/", username="admin", password="admin-pw",
                            csrfmiddlewaretoken=token)
        assert page.status == 200 and page.url.endswith("/admin/") and "guestbook" in page.text.lower()
        assert browser.open("/admin/guestbook/entry/").status == 200

    def test_upload_and_file_response(self, browser):
        content = os.urandom(3 << 20)
        answer = json.loads(browser.upload("/upload", "big.bin", content).body)
        assert answer == {"name": "big.bin", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        page = browser.open("/download")
        assert page.body == content and page.headers["Content-Length"] == str(len(content))
