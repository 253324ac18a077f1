# SPDX-License-Identifier: Apache-2.0
"""examples/django: pages and forms, the admin with its login, an upload, a FileResponse."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from browser import Browser

from pyw import paths, wait_for

HERE = pathlib.Path(__file__).resolve().parent
SITE = HERE / "django_site"


def manage(server, *arguments):
    environment = {"PATH": "/usr/bin:/bin", "GUESTBOOK_DATA": str(server.data / "django"),
                   "DJANGO_SETTINGS_MODULE": "guestbook.settings", "DJANGO_SUPERUSER_PASSWORD": "admin-pw",
                   "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["/usr/bin/python3", "manage.py", *arguments], cwd=server.apps / "django", env=environment,
                   check=True, stdout=subprocess.DEVNULL)


CONFIG = """
    WSGIDaemonProcess guestbook %s python-path=${APPS}/django:${APPS}/site \\
        env=GUESTBOOK_DATA=${DATA}/django env=DJANGO_SETTINGS_MODULE=site_with_files
    WSGIAppAlias / guestbook.wsgi:application process-group=guestbook
    """


def start_guestbook(make_httpd, config, files=None, modules=()):
    apps = {"django": paths.TOP / "examples" / "django", "site": SITE, **(files or {})}
    server = make_httpd(config, apps=apps, modules=modules, start=False)
    data = server.data / "django"
    data.mkdir()
    manage(server, "migrate", "-v0")
    manage(server, "createsuperuser", "--noinput", "--username", "admin", "--email", "a@example.org")
    data.chmod(0o777)
    (data / "guestbook.sqlite3").chmod(0o666)
    return server.start()


class TestGuestbook:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return start_guestbook(make_httpd, CONFIG % "threads=4")

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


def memory(process):
    """Return the proportional (PSS) and the private memory of a process, in KiB."""
    with open("/proc/%d/smaps_rollup" % process.pid) as file:
        rows = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
    return rows["Pss"], rows["Private_Dirty"] + rows["Private_Clean"]


@pytest.mark.long
class TestMemory:
    WORKERS = 4

    def measure(self, make_httpd, options):
        """Return (PSS of all processes of the group, memory of an additional worker) in MiB, after each has served."""
        server = start_guestbook(make_httpd, CONFIG % ("processes=%d threads=4 %s" % (self.WORKERS, options)))
        wait_for(lambda: len(server.log.find("PYW0317")) == self.WORKERS, 60)
        for _ in range(10 * self.WORKERS):
            assert server.get("/").status == 200
        found = [memory(process) for process in server.workers() + server.templates()]
        return sum(pss for pss, _ in found) / 1024, min(private for _, private in found[:self.WORKERS]) / 1024

    def test_workers_of_a_template_share_its_memory(self, make_httpd):
        """The figures in docs/directives/WSGIDaemonProcess.md."""
        plain, plain_worker = self.measure(make_httpd, "")
        shared, shared_worker = self.measure(make_httpd, "preload=On")
        print("\n%d workers: %.0f MiB (each has %.0f MiB of its own); with preload=On, the template included: %.0f MiB "
              "(each %.0f MiB)" % (self.WORKERS, plain, plain_worker, shared, shared_worker))
        assert shared < plain * 0.75


DJANGO_AUTH = """import django

django.setup()

from django.contrib.auth.handlers.modwsgi import check_password, groups_for_user
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
"""


class TestAuthentication:
    """Django's documentation: users of Django may see a directory of httpd."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        config = CONFIG % "threads=1" + """
            Alias /secret ${ROOT}/htdocs/static.txt
            <Location /secret>
                AuthType Basic
                AuthName "Top Secret"
                AuthBasicProvider wsgi
                WSGIAuthUserScript ${APPS}/auth.wsgi process-group=guestbook
                Require valid-user
            </Location>"""
        return start_guestbook(make_httpd, config, {"auth.wsgi": DJANGO_AUTH}, ("auth_basic", "authz_user"))

    @pytest.mark.parametrize("user, password, status", [
        ("admin", "admin-pw", 200), ("admin", "wrong", 401), ("eve", "admin-pw", 401)])
    def test_django_knows_its_users(self, server, user, password, status):
        server.allow_log("AH01617|AH01618")
        credentials = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
        assert server.get("/secret", [("Authorization", "Basic " + credentials)]).status == status


DOCUMENTED = """import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_with_files")
os.environ.setdefault("GUESTBOOK_DATA", os.path.join(os.path.dirname(__file__), "..", "..", "data", "django"))

import django

django.setup()

from django.contrib.auth.handlers.modwsgi import check_password, groups_for_user
from django.core.handlers.wsgi import WSGIHandler

application = WSGIHandler()
"""


class TestDocumentedAuthentication:
    """As Django's documentation has it: the script of the application authenticates, both in httpd's processes."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return start_guestbook(make_httpd, """
            WSGIPythonPath ${APPS}/django:${APPS}/site
            WSGIScriptAlias / ${APPS}/mysite/wsgi.py
            WSGIProcessGroup %{GLOBAL}
            WSGIApplicationGroup %{GLOBAL}
            Alias /secret ${ROOT}/htdocs/static.txt
            <Location "/secret">
                AuthType Basic
                AuthName "Top Secret"
                Require valid-user
                AuthBasicProvider wsgi
                WSGIAuthUserScript ${APPS}/mysite/wsgi.py
            </Location>
            <Location "/secret/agents">
                WSGIAuthGroupScript ${APPS}/mysite/wsgi.py
                Require wsgi-group secret-agents
            </Location>""", {"mysite/wsgi.py": DOCUMENTED}, ("auth_basic", "authz_user"))

    def get(self, server, path, user, password):
        pair = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
        return server.get(path, [("Authorization", "Basic " + pair)] if user else []).status

    def test_the_site_is_public(self, server):
        assert b"csrfmiddlewaretoken" in server.get("/").body

    @pytest.mark.parametrize("user, password, status", [
        ("admin", "admin-pw", 200), ("admin", "wrong", 401), ("eve", "admin-pw", 401), (None, None, 401)])
    def test_django_knows_its_users(self, server, user, password, status):
        server.allow_log("AH01617|AH01618")
        assert self.get(server, "/secret", user, password) == status

    def test_django_knows_their_groups(self, server):
        server.allow_log("AH01631")
        assert self.get(server, "/secret/agents", "admin", "admin-pw") == 401
