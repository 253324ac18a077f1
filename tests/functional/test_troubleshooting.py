# SPDX-License-Identifier: Apache-2.0
"""docs/guide/troubleshooting.md: each mistake of its tables is made here, and has the message of the page.

The numbers of the page and of this file are compared, so that no row is left out.
"""
import re
import subprocess

import pytest

from pyw import Httpd, paths

PAGE = paths.TOP / "docs" / "guide" / "troubleshooting.md"
HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'
BODY = "def application(environ, start_response):\n    "

APPS = {
    "hello.wsgi": HELLO, "app.py": HELLO, "denied/hello.wsgi": HELLO,
    "missing.wsgi": "import nosuchmodule\n",
    "site/wsgi.py": "import shop.views\n", "shop/views.py": "",
    "deep/code/app.wsgi": "import inenv\n", "deep/venv/pyvenv.cfg": "version = 3.11.2\n",
    "deep/venv/lib/python3.11/site-packages/inenv.py": "",
    "syntax.wsgi": "def application(:\n", "other.wsgi": "app = print\n",
    "asgi.wsgi": "async def application(scope, receive, send):\n    pass\n",
    "one.wsgi": "def application(environ):\n    return []\n",
    "large.wsgi": "data = bytearray(256 * 1024 * 1024)\n" + HELLO,
    "slow.wsgi": "import time\ntime.sleep(30)\n",
    "raises.wsgi": BODY + "raise ValueError('x')\n",
    "text.wsgi": BODY + "start_response('200 OK', [])\n    return 42\n",
    "silent.wsgi": BODY + "return [b'x']\n",
    "sleeps.wsgi": "import time\n" + BODY + "time.sleep(30)\n",
    "changes.wsgi": HELLO,
}


def messages():
    """Return the messages of the page by their numbers, as regular expressions."""
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| `(.+?)` \| ", PAGE.read_text(), re.M)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    return {int(number): ".*".join(re.escape(part) for part in text.split("...")) for number, text in rows}


MESSAGES = messages()


def find(numbers, text):
    for number in numbers:
        assert re.search(MESSAGES[number], text), "no. %d: %r is not in:\n%s" % (number, MESSAGES[number], text)


@pytest.fixture(scope="module")
def server():
    """A server that is never started."""
    server = Httpd(apps=APPS)
    (server.root / "closed").mkdir(mode=0o755)
    (server.root / "closed" / "app.wsgi").write_text(HELLO)
    (server.root / "secret.wsgi").write_text(HELLO)
    (server.root / "secret.wsgi").chmod(0o600)
    for name, config, has_program in (("old", "version = 3.8.1\n", True), ("bare", "version = 3.11.2\n", False),
                                      ("next", "version = 3.14.0\n", True)):
        (server.root / name / "bin").mkdir(parents=True)
        (server.root / name / "pyvenv.cfg").write_text(config)
        if has_program:
            (server.root / name / "bin" / "python3").touch()
    yield server
    server.destroy()


# httpd stops at the first mistake of this kind.
DIRECTIVES = {
    1: "WSGIDeamonProcess blog",
    2: "WSGIDaemonProcess blog venv=/srv/venv",
    3: "WSGIDaemonProcess blog display-name=my blog",
    4: "WSGIDaemonProcess blog request-timeout=30 seconds",
    5: "WSGIDaemonProcess blog env=NAME",
    6: "WSGIDaemonProcess blog home=srv/blog",
    7: "WSGIPassAuthorization yes",
    8: "WSGIDaemonProcess blog\nWSGIDaemonProcess blog threads=2",
}

# httpd reports all mistakes of this kind.
GROUPS = {
    9: "WSGIDaemonProcess g9 user=nosuchuser",
    10: "WSGIDaemonProcess g10 user=root",
    11: "WSGIDaemonProcess g11 python-home=${ROOT}/old",
    12: "WSGIEnginePath ${ROOT}/run\nWSGIDaemonProcess g12 python-home=${ROOT}/next",
    13: "WSGIDaemonProcess g13 memory-budget=1G",
    14: "WSGITempDir /nowhere/at/all",
    15: "WSGISocketPrefix ${ROOT}/run/" + "p" * 90,
}

WARNINGS = {
    16: "WSGIDaemonProcess blog\nWSGIScriptAlias /16 ${APPS}/hello.wsgi process-group=blgo",
    17: "WSGIDaemonProcess g17 python-home=/etc/passwd",
    18: "WSGIDaemonProcess g18 python-home=/etc",
    19: "WSGIDaemonProcess g19 python-home=${ROOT}/bare",
    20: "<VirtualHost *:80>\nServerName a.example\nWSGIDaemonProcess private\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName b.example\nWSGIScriptAlias / ${APPS}/hello.wsgi process-group=private\n"
        "</VirtualHost>",
    21: "WSGIDaemonProcess svc threads=0\nWSGIScriptAlias /21 ${APPS}/hello.wsgi process-group=svc",
    22: "WSGIDaemonProcess g22 threads=0",
    23: "WSGIScriptAlias /a ${APPS}/app.py:app",
    24: "WSGIAppAlias /b app.py:app",
    25: "WSGIScriptAlias ${APPS}/hello.wsgi /c",
    26: "WSGIScriptAlias /d ${APPS}/nothere.wsgi",
    27: "WSGIScriptAlias / ${APPS}",
    28: "WSGIScriptAlias blog ${APPS}/hello.wsgi",
}

# The findings of one check.
BLOG = " process-group=blog\n"
CHECK = {
    29: "WSGIScriptAlias /denied ${APPS}/denied/hello.wsgi" + BLOG +
        "<Directory ${APPS}/denied>\nRequire all denied\n</Directory>",
    31: "WSGIScriptAlias /31 ${APPS}/missing.wsgi" + BLOG,
    32: "WSGIScriptAlias /32 ${APPS}/site/wsgi.py" + BLOG,
    33: "WSGIScriptAlias /33 ${APPS}/deep/code/app.wsgi" + BLOG,
    34: "WSGIScriptAlias /34 ${APPS}/syntax.wsgi" + BLOG,
    35: "WSGIScriptAlias /35 ${APPS}/other.wsgi" + BLOG,
    36: "WSGIScriptAlias /36 ${APPS}/asgi.wsgi" + BLOG,
    37: "WSGIScriptAlias /37 ${APPS}/one.wsgi" + BLOG,
    38: "SetEnv DJANGO_SETTINGS_MODULE shop.settings",
    40: "WSGIDaemonProcess small memory-limit=128M\nWSGIScriptAlias /40 ${APPS}/large.wsgi process-group=small",
    47: "WSGIDaemonProcess late startup-timeout=1\nWSGIScriptAlias /47 ${APPS}/slow.wsgi process-group=late",
    48: "WSGIDaemonProcess few threads=20 file-limit=30\nWSGIScriptAlias /48 ${APPS}/hello.wsgi process-group=few",
    50: "WSGIScriptAlias /50 ${APPS}/hello.wsgi",
    51: "WSGIDaemonProcess unused",
}

# Only root can start processes of another user.
CHECK_AS_ROOT = {
    30: "WSGIScriptAlias /30 ${ROOT}/closed/app.wsgi" + BLOG,
    39: "WSGIDaemonProcess secret\nWSGIScriptAlias /39 ${ROOT}/secret.wsgi process-group=secret",
    46: "WSGISocketPrefix ${ROOT}/closed/s",
}

REQUESTS = {41: "/raises", 42: "/text", 43: "/silent", 44: "/gone", 45: "/unlisted", 49: "/sleeps", 52: "/changes"}


def test_every_row_of_the_page_is_tried_here():
    tried = [*DIRECTIVES, *GROUPS, *WARNINGS, *CHECK, *CHECK_AS_ROOT, *REQUESTS]
    assert sorted(tried) == sorted(MESSAGES) and len(tried) >= 40


class TestConfigtest:
    @pytest.mark.parametrize("number", DIRECTIVES)
    def test_directives(self, server, number):
        server.configure(DIRECTIVES[number])
        ok, text = server.configtest()
        assert not ok
        find([number], text)

    def test_groups(self, server):
        server.configure("\n".join(GROUPS.values()))
        ok, text = server.configtest()
        assert not ok
        find(GROUPS, text)

    def test_warnings(self, server):
        server.configure("\n".join(WARNINGS.values()))
        ok, text = server.configtest()
        assert ok
        find(WARNINGS, text)


def check(server, config):
    server.configure("WSGIDaemonProcess blog\n<Directory ${ROOT}>\nRequire all granted\n</Directory>\n" + config)
    done = subprocess.run(server.command("-t", "-D", "PYWSGI_CHECK"), env=server.child_environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestCheck:
    def test_findings(self, server):
        find(CHECK, check(server, "\n".join(CHECK.values())))

    @pytest.mark.root
    def test_findings_of_permissions(self, server):
        (server.root / "closed").chmod(0o700)
        find(CHECK_AS_ROOT, check(server, "\n".join(CHECK_AS_ROOT.values())))


class TestRequests:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        names = ["raises", "text", "silent", "sleeps"]
        httpd = make_httpd("WSGIDaemonProcess app\n" + "".join(
            "WSGIScriptAlias /%s ${APPS}/%s.wsgi process-group=app\n" % (name, name) for name in names) +
            "WSGIScriptAlias /gone ${APPS}/gone.wsgi process-group=app\n"
            "WSGIScriptAlias /unlisted ${APPS}/hello.wsgi process-group=app\n"
            "WSGIScriptAlias /changes ${APPS}/changes.wsgi process-group=%{GLOBAL}\n"
            "<Location /sleeps>\nWSGIRequestTimeout 300ms\n</Location>\n"
            "<Location /unlisted>\nWSGIRestrictProcess other\n</Location>\n", apps=APPS)
        httpd.allow_log("PYW|Traceback|Error|File|:error.*\\]     |nosuchmodule|pywsgi.RequestTimeout")
        return httpd

    @pytest.mark.parametrize("number", [number for number in REQUESTS if number != 52])
    def test_requests(self, httpd, number):
        since = httpd.log.position()
        assert httpd.get(REQUESTS[number]).status >= 400
        httpd.log.wait(MESSAGES[number], since)

    @pytest.mark.long
    def test_new_code_that_does_not_load(self, httpd):
        assert httpd.get("/changes").status == 200
        since = httpd.log.position()
        (httpd.apps / "changes.wsgi").write_text("import nosuchmodule  # longer than before " + "." * 200)
        assert httpd.get("/changes").body == b"hello"
        httpd.log.wait(MESSAGES[52], since)
