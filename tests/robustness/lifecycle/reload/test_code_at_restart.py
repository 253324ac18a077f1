# SPDX-License-Identifier: Apache-2.0
"""A restart of httpd, as after a deployment or a log rotation: the workers are replaced if a file that they have loaded
has changed, and stay otherwise.
"""
import os
import re
import shutil

import pytest
from lifecycle_site import DaemonSite
from pyw.httpd import server_user
from traffic import Clients

from pyw import wait_for

SCRIPT = """
import part
try:
    import optional
except ImportError:
    optional = None

def application(environ, start_response):
    if environ["PATH_INFO"] == "/late":
        import late
    start_response("200 OK", [])
    return [part.VALUE]
"""
VALUE = "VALUE = b'%s'\n"
APPS = {"app.wsgi": SCRIPT, "part.py": VALUE % "one", "late.py": VALUE % "late", "optional.py": ""}
CONFIG = """
    WSGIDaemonProcess app %s threads=4 python-path=${APPS}
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
"""
BROKEN = r"PYW0316|PYW0317|PYW0394|PYW06\d\d|PYW0310|Traceback|\]   |File|RuntimeError"
REPLACED = r"PYW0398: httpd was restarted, and the workers of group 'app' are replaced: "
LOADED = r".*/%s has changed since (worker|template) \d+ loaded it$"
SOURCE = r".*/%s, a file in a directory of the application, has changed since (worker|template) \d+ started$"
NEW = r".*/%s did not exist when worker \d+ started$"
KEPT = r"PYW0399: httpd was restarted, and the workers of group 'app' stay: no file"


class Deployment:
    """Changes files of the application, and restarts httpd."""

    def __init__(self, server):
        self.server = server
        self.site = DaemonSite(server)
        self.count = 0
        self.settle()

    def write(self, name, text, when=None):
        """Replace a file, as git and rsync do. Each text has another length, because .pyc files depend on it."""
        self.count += 1
        new = self.server.apps / "new.part"
        new.write_text(text + "#" * self.count + "\n")
        if when is not None:
            os.utime(new, (when, when))
        new.rename(self.server.apps / name)

    def pids(self):
        return {worker.pid for worker in self.server.workers("app")}

    def settle(self):
        """Wait until a replacement is complete."""
        self.server.wait_for_workers()

    def restart_keeps(self):
        before, since = self.pids(), self.server.log.position()
        self.server.graceful()
        self.server.log.wait(KEPT, since)
        assert self.pids() == before
        assert not self.server.log.find("PYW0398|PYW0318|PYW0330", since)

    def restart_replaces(self, reason):
        before, since = self.pids(), self.server.log.position()
        self.server.graceful()
        self.server.log.wait(REPLACED + reason, since)
        wait_for(lambda: self.pids() and self.pids().isdisjoint(before), 60)
        self.settle()
        assert len(self.server.log.find("PYW0398", since)) == 1
        assert not self.server.log.find(KEPT, since)


@pytest.fixture(scope="class")
def deployment(request, make_httpd):
    config = getattr(request.cls, "CONFIG", None) or CONFIG % request.cls.OPTIONS
    return Deployment(make_httpd(config, apps=dict(APPS, **getattr(request.cls, "APPS", {}))))


class Deployments:
    """Promises for executed workers and for workers that a template forks."""

    def test_a_log_rotation_replaces_nothing(self, deployment):
        deployment.restart_keeps()
        deployment.site.get("/late")
        deployment.restart_keeps()

    def test_a_deployment_under_traffic_brings_the_new_code_and_fails_no_request(self, deployment):
        before = deployment.site.get("/").body
        with Clients(deployment.site, "/") as clients:
            wait_for(lambda: clients.answers)
            deployment.write("part.py", VALUE % "two")
            deployment.restart_replaces(LOADED % "part.py")
            wait_for(lambda: clients.answers[-1] == (200, b"two"))
        assert set(clients.answers) == {(200, before), (200, b"two")}
        deployment.restart_keeps()

    def test_an_old_modification_time_hides_nothing(self, deployment):
        deployment.write("part.py", VALUE % "three", when=1000000000)
        deployment.restart_replaces(LOADED % "part.py")
        assert deployment.site.get("/").body == b"three"

    def test_a_module_that_a_request_has_imported_counts(self, deployment):
        """A template, which has not loaded it, finds it among the files of the application, and may answer first."""
        for _ in range(20):
            deployment.site.get("/late")
        deployment.write("late.py", VALUE % "later")
        deployment.restart_replaces("(%s|%s)" % (LOADED % "late.py", SOURCE % "late.py"))

    def test_a_removed_module_counts(self, deployment):
        (deployment.server.apps / "optional.py").unlink()
        deployment.restart_replaces(LOADED % "optional.py")
        deployment.restart_keeps()

    def test_code_that_does_not_load_leaves_the_old_one_serving(self, deployment):
        server = deployment.server
        body, since = deployment.site.get("/").body, server.log.position()
        server.allow_log(BROKEN)
        deployment.write("part.py", "raise RuntimeError('announced')")
        with Clients(deployment.site, "/") as clients:
            server.graceful()
            server.log.wait("PYW0316", since)
            wait_for(lambda: len(clients.answers) > 20)
        assert set(clients.answers) == {(200, body)}
        deployment.write("part.py", VALUE % "repaired")
        deployment.restart_replaces(LOADED % "part.py")
        assert deployment.site.get("/").body == b"repaired"


class TestExecutedWorkers(Deployments):
    OPTIONS = "processes=2"


@pytest.mark.long
class TestForkedWorkers(Deployments):
    OPTIONS = "processes=2 preload=On"


class TestModes:
    @pytest.mark.parametrize("restart", ["graceful", "restart"])
    def test_always_replaces_even_if_nothing_has_changed(self, make_httpd, restart):
        deployment = Deployment(make_httpd(CONFIG % "reload-at-restart=always", apps=APPS))
        before, since = deployment.pids(), deployment.server.log.position()
        getattr(deployment.server, restart)()
        deployment.server.log.wait(REPLACED + "reload-at-restart=always", since)
        wait_for(lambda: deployment.pids().isdisjoint(before))
        deployment.settle()

    def test_never_keeps_the_workers_after_any_change(self, make_httpd):
        deployment = Deployment(make_httpd(CONFIG % "reload-at-restart=never", apps=APPS))
        before, since = deployment.pids(), deployment.server.log.position()
        deployment.write("part.py", VALUE % "two")
        deployment.server.graceful()
        deployment.server.wait_for_look()
        assert not deployment.server.log.find("PYW0398|PYW0399", since)
        assert deployment.pids() == before
        assert deployment.site.get("/").body == b"one"


class TestSources:
    """Files that Python does not import, but frameworks read once."""
    OPTIONS = "processes=2 reload-exclude=generated,${APPS}/public/*.json"

    @pytest.mark.parametrize("name", ["templates/page.html", "locale/de/LC_MESSAGES/django.mo", "settings.yaml", ".env",
                                      "commands/unused.py", "media/__init__.py", "media/upload.html"])
    def test_a_new_and_a_changed_file_count(self, deployment, name):
        (deployment.server.apps / name).parent.mkdir(parents=True, exist_ok=True)
        deployment.write(name, "one")
        deployment.restart_replaces(NEW % re.escape(name))
        deployment.write(name, "two")
        deployment.restart_replaces(SOURCE % re.escape(name))

    @pytest.mark.parametrize("name", ["db.sqlite3", "uploads/page.html", "generated/page.html", "public/data.json",
                                      ".git/config.txt", "node_modules/a/a.js", "__pycache__/a.py", "page.html.swp",
                                      "venv/a.py"])
    def test_data_does_not_count(self, deployment, name):
        (deployment.server.apps / name).parent.mkdir(parents=True, exist_ok=True)
        if name.startswith("venv/"):
            (deployment.server.apps / "venv" / "pyvenv.cfg").touch()
        deployment.write(name, "one")
        deployment.restart_keeps()

    @pytest.mark.skipif(os.geteuid() != 0, reason="takes another user than httpd's")
    def test_a_file_that_the_application_wrote_does_not_count(self, deployment):
        deployment.write("cached.html", "one")
        shutil.chown(deployment.server.apps / "cached.html", server_user())
        deployment.restart_keeps()


class TestScriptsOfRequests:
    """No directive names the script: httpd finds it in a directory."""
    CONFIG = """
        WSGIDaemonProcess app threads=4
        Alias / ${APPS}/site/
        <Directory ${APPS}/site>
            Options ExecCGI
            AddHandler wsgi-script .wsgi
            WSGIProcessGroup app
        </Directory>
    """
    APPS = {"site/found.wsgi": SCRIPT.replace("part.VALUE", "b'found'").replace("import part\n", ""),
            "site/page.html": "one"}

    def test_files_in_its_directory_count(self, deployment):
        assert deployment.site.get("/found.wsgi").body == b"found"
        deployment.restart_keeps()
        deployment.write("site/page.html", "two")
        deployment.restart_replaces(SOURCE % "page.html")
        assert deployment.site.get("/found.wsgi").body == b"found"
        deployment.write("site/module.py", VALUE % "new")
        deployment.restart_replaces(r".*/module\.py")  # the worker may have listed it, in doubt


class TestSymbolicLink:
    """Releases in directories of their own, and a link that names the current one."""
    CONFIG = """
        WSGIDaemonProcess app threads=4 python-path=${APPS}/current
        WSGIAppAlias / shop:application process-group=app
    """
    SHOP = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'%s']\n"

    def test_a_switched_link_is_new_code(self, make_httpd):
        server = make_httpd(self.CONFIG, start=False)
        for name in "one", "three":
            (server.apps / name).mkdir()
            (server.apps / name / "shop.py").write_text(self.SHOP % name)
            os.utime(server.apps / name / "shop.py", (1000000000, 1000000000))
        (server.apps / "current").symlink_to("one")
        server.start()
        deployment = Deployment(server)
        assert deployment.site.get("/").body == b"one"
        (server.apps / "next").symlink_to("three")
        (server.apps / "next").rename(server.apps / "current")
        deployment.restart_replaces(LOADED % "current/shop.py")
        assert deployment.site.get("/").body == b"three"
        deployment.restart_keeps()


class TestSearchPath:
    OPTIONS = "processes=2"

    def test_a_pth_file_counts_whether_it_is_new_or_changed(self, deployment):
        deployment.write("extra.pth", "import sys")
        deployment.restart_replaces(NEW % r"extra\.pth")
        deployment.restart_keeps()
        deployment.write("extra.pth", "import sys, os")
        deployment.restart_replaces(LOADED % r"extra\.pth")


class TestOtherInterpreters:
    CONFIG = "WSGIScriptAlias /other ${APPS}/other.wsgi process-group=app application-group=other\n" + CONFIG % ""
    APPS = {"other.wsgi": SCRIPT.replace("part", "elsewhere"), "elsewhere.py": VALUE % "other"}

    def test_their_modules_count(self, deployment):
        assert deployment.site.get("/other").body == b"other"
        deployment.restart_keeps()
        deployment.write("elsewhere.py", VALUE % "changed")
        deployment.restart_replaces(LOADED % "elsewhere.py")
        assert deployment.site.get("/other").body == b"changed"


class TestEnvironmentFile:
    def test_a_changed_file_is_a_changed_option(self, make_httpd):
        server = make_httpd("", apps=APPS, start=False)
        (server.data / "env").write_text("NAME=one\n")
        server.configure(CONFIG % "env-file=%s/env" % server.data)
        server.start()
        deployment = Deployment(server)
        deployment.restart_keeps()
        since, before = server.log.position(), deployment.pids()
        (server.data / "env").write_text("NAME=two\n")
        server.graceful()
        server.log.wait(r"PYW0330: the options of group 'app' changed \(env\)", since)
        wait_for(lambda: deployment.pids().isdisjoint(before))
        deployment.settle()
        assert not server.log.find("PYW0398|PYW0399", since)


class TestService:
    """The program of a service group ends before its successor starts."""
    CONFIG = """
        WSGIDaemonProcess app threads=0 python-path=${APPS}
        WSGIImportScript ${APPS}/program.py process-group=app application-group=%{GLOBAL}
    """
    APPS = {"program.py": "import part, time\nwhile True:\n    time.sleep(60)\n"}

    def test_its_modules_count(self, deployment):
        deployment.restart_keeps()
        deployment.write("part.py", VALUE % "two")
        deployment.restart_replaces(LOADED % "part.py")


@pytest.mark.long
class TestManyModules:
    COUNT = 2000
    OPTIONS = ""
    APPS = {"app.wsgi": "import importlib\nfor i in range(%d):\n    importlib.import_module('many.m%%d' %% i)\n" % COUNT +
            SCRIPT}

    def test_the_check_takes_little_time(self, make_httpd, capsys):
        server = make_httpd("", apps=dict(APPS, **self.APPS), start=False)
        (server.apps / "many").mkdir()
        for i in range(self.COUNT):
            (server.apps / "many" / ("m%d.py" % i)).write_text("")
        server.configure("LogLevel pywsgi:debug\n" + CONFIG % "")
        server.start()
        deployment = Deployment(server)
        deployment.restart_keeps()
        record, = server.log.wait("PYW0491")
        count, time = re.search(r"(\d+) files .* ([0-9.]+) ms of CPU time", record).groups()
        with capsys.disabled():
            print(" [%s files: %s ms of CPU time]" % (count, time), end="")
        assert int(count) > self.COUNT
