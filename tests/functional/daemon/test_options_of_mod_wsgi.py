# SPDX-License-Identifier: Apache-2.0
"""Options of WSGIDaemonProcess that sites use with mod_wsgi: owners of scripts, chroot, activity, mistakes."""
import os
import pathlib
import pwd
import shutil
import signal
import sys
import sysconfig

import pytest

from pyw import paths, wait_for

APP = """
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("SCRIPT_FILENAME", "DOCUMENT_ROOT", "SCRIPT_NAME")
    return [repr([sorted(os.listdir("/")), os.getcwd(), __file__] + [environ[name] for name in names]).encode()]
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@needs_root
class TestScriptOwner:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess user script-user=daemon
            WSGIDaemonProcess group script-group=daemon
            WSGIScriptAlias /user ${APPS}/own/app.wsgi process-group=user
            WSGIScriptAlias /group ${APPS}/own/app.wsgi process-group=group
            WSGIAppAlias /module wsgiref.simple_server:demo_app process-group=user
            """, apps={"own/app.wsgi": APP}, start=False)
        self.give(server, "daemon", 0o755, 0o644)
        return server.start()

    @staticmethod
    def give(server, owner, directory_mode, script_mode):
        account = pwd.getpwnam(owner)
        script = server.root / "apps/own/app.wsgi"
        for path, mode in ((script.parent, directory_mode), (script, script_mode)):
            os.chown(path, account.pw_uid, account.pw_gid)
            path.chmod(mode)

    @pytest.mark.parametrize("path", ["/user", "/group", "/module"])
    def test_the_right_owner_is_served(self, httpd, path):
        self.give(httpd, "daemon", 0o755, 0o644)
        assert httpd.get(path).status == 200

    @pytest.mark.parametrize("path, word", [("/user", "script-user"), ("/group", "script-group")])
    def test_another_owner_gets_403(self, httpd, path, word):
        self.give(httpd, "nobody", 0o755, 0o644)
        httpd.expect_log("PYW0155.*own/app.wsgi does not belong to the (user|group) of " + word)
        assert httpd.get(path).status == 403

    @pytest.mark.parametrize("path", ["/user", "/group"])
    @pytest.mark.parametrize("modes, what", [((0o755, 0o646), "app.wsgi"), ((0o757, 0o644), "own/")])
    def test_a_script_that_everybody_can_write_is_not_run(self, httpd, path, modes, what):
        self.give(httpd, "daemon", *modes)
        httpd.expect_log("PYW0155.*%s is writable by everybody" % what)
        assert httpd.get(path).status == 403

    @pytest.mark.parametrize("modes", [(0o755, 0o664), (0o775, 0o644)])
    def test_only_with_script_group_the_group_may_write(self, httpd, modes):
        self.give(httpd, "daemon", *modes)
        httpd.expect_log("PYW0155.*is writable by its group")
        assert (httpd.get("/user").status, httpd.get("/group").status) == (403, 200)


def copy_python(jail):
    """Copy the files that the engine's Python needs: its standard library, and the libraries that modules link."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    target = jail / str(library).lstrip("/")
    shutil.copytree(library, target, symlinks=True,
                    ignore=shutil.ignore_patterns("test", "idlelib", "tkinter", "ensurepip", "lib2to3", "__pycache__"))
    for name in ("libz.so.1", "libexpat.so.1", "libffi.so.8"):
        for found in pathlib.Path("/").glob("lib/*/" + name):
            (jail / str(found.parent).lstrip("/")).mkdir(parents=True, exist_ok=True)
            shutil.copy(found, jail / str(found).lstrip("/"))
    executable = pathlib.Path("/usr/bin/python3.%d" % sys.version_info[1])
    (jail / "usr/bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(executable, jail / str(executable).lstrip("/"))


@needs_root
class TestChroot:
    @pytest.fixture(scope="class", params=["Off", "On"])
    def httpd(self, make_httpd, request):
        server = make_httpd("""
            WSGIDaemonProcess app chroot=${ROOT}/jail home=/srv preload=%s
            WSGIScriptAlias /app ${ROOT}/jail/srv/app.wsgi process-group=app
            WSGIScriptAlias /outside ${APPS}/outside.wsgi process-group=app
            DocumentRoot ${ROOT}/jail/srv
            WSGIImportScript ${ROOT}/jail/srv/warm.py process-group=app
            <Directory ${ROOT}/jail>
                Require all granted
            </Directory>
            """ % request.param, apps={"outside.wsgi": APP}, start=False)
        jail = server.root / "jail"
        (jail / "srv").mkdir(parents=True)
        copy_python(jail)
        (jail / "srv/app.wsgi").write_text(APP)
        (jail / "srv/warm.py").write_text("import sys; sys.stderr.write('warm\\n')\n")
        server.allow_log("warm$|PYW0401|PYW0612.*outside.wsgi|PYW0317.*could not be loaded")
        return server.start()

    def test_the_application_sees_only_the_directory(self, httpd):
        response = httpd.get("/app")
        assert response.status == 200
        root, directory, file, script, document_root, name = eval(response.body.decode())
        assert "srv" in root and "etc" not in root
        assert directory == "/srv"
        assert (file, script, document_root, name) == ("/srv/app.wsgi", "/srv/app.wsgi", "/srv", "/app")

    def test_it_is_loaded_before_a_request(self, httpd):
        assert httpd.log.wait("warm$")

    def test_a_script_outside_does_not_exist(self, httpd):
        httpd.expect_log("client.*PYW0612: there is no script .*outside.wsgi")
        assert httpd.get("/outside").status == 404


class TestIgnoreActivity:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess app processes=0-1 inactivity-timeout=2s
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
            <Location /health>
                WSGIIgnoreActivity On
            </Location>
            """, apps={"app.wsgi": APP})

    def test_a_group_falls_asleep_although_its_health_is_checked(self, httpd):
        httpd.allow_log("PYW0371")
        assert httpd.get("/").status == 200

        def sleeps():
            assert httpd.get("/health").status == 200
            return httpd.log.find("PYW0371.*group 'app' sleeps")
        assert wait_for(sleeps, what="a sleeping group")

    def test_other_requests_keep_it_awake(self, httpd):
        assert httpd.get("/").status == 200
        since = httpd.log.position()
        for _ in range(4):
            httpd.wait_for_look()
            assert httpd.get("/").status == 200
        assert not httpd.log.find("PYW0371.*group 'app' sleeps", since)


class TestEviction:
    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess app graceful-timeout=0 eviction-timeout=500ms python-path=${APPS}
            WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
            """, apps={"support.py": paths.SUPPORT, "app.wsgi": """
import support

def application(environ, start_response):
    if environ["QUERY_STRING"]:
        support.note(environ["QUERY_STRING"], "begun")
        support.wait_for_file("never", 60)
    return support.plain(start_response, "ok")
"""})

    def test_a_worker_that_gets_sigusr1_has_this_time(self, httpd):
        httpd.expect_log("PYW0315")
        httpd.allow_log("PYW0[234]")
        worker, = wait_for(lambda: httpd.workers("app"))
        with httpd.connect() as client:
            client.start("GET", "/?busy")
            wait_for(lambda: (httpd.data / "busy").exists(), 20, "the request")
            os.kill(worker.pid, signal.SIGUSR1)
            assert client.read_response().status == 502
        assert httpd.get("/").status == 200


class TestHeaderBufferSize:
    """A header counts with its name, colon, space and the end of the line, and must be shorter than the option."""

    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        return make_httpd("""
            WSGIDaemonProcess small header-buffer-size=8192 threads=1
            WSGIDaemonProcess default threads=1
            WSGIScriptAlias /small ${APPS}/app.wsgi process-group=small
            WSGIScriptAlias /default ${APPS}/app.wsgi process-group=default
            """, apps={"app.wsgi": """
def application(environ, start_response):
    length, pieces = map(int, environ["QUERY_STRING"].split(","))
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-A", "a" * length)])
    return (b"piece" for i in range(pieces))
"""})

    @pytest.mark.parametrize("path, length", [("/small", 8184), ("/default", 60000)])
    def test_a_header_that_fits_is_sent(self, httpd, path, length):
        response = httpd.get("%s?%d,2" % (path, length))
        assert (response.status, len(response.header("X-A")), response.body) == (200, length, b"piecepiece")

    @pytest.mark.parametrize("pieces", [1, 50000])
    def test_a_longer_header_is_status_500_and_the_log_names_it(self, httpd, pieces):
        httpd.expect_log("PYW0136: process group 'small': the header 'X-A' .*8185 bytes.*header-buffer-size=8192")
        assert httpd.get("/small?8185,%d" % pieces).status == 500
        worker, = httpd.workers("small")
        assert httpd.get("/small?1,1").body == b"piece"
        assert httpd.workers("small") == [worker]


class TestMistakesThatModWsgiAccepts:
    """httpd starts with them, and only their own requests fail."""

    @pytest.fixture(scope="class")
    def httpd(self, make_httpd):
        server = make_httpd("""
            WSGIDaemonProcess app eviction-timeout=x python-eggs=relative/eggs send-buffer-size=x \\
                receive-buffer-size=x header-buffer-size=x response-buffer-size=x umask=70027
            WSGIDaemonProcess %odd
            WSGIDaemonProcess %{GLOBAL}
            WSGIDaemonProcess idle threads=many
            WSGIDaemonProcess pair python-home=/usr:/usr
            WSGIDaemonProcess etc python-home=/etc
            WSGIDaemonProcess homeless home=/nowhere/at/all
            WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
            WSGIScriptAlias /pair ${APPS}/app.wsgi process-group=pair
            WSGIScriptAlias /odd ${APPS}/app.wsgi process-group=%odd
            WSGIScriptAlias /undefined ${APPS}/app.wsgi process-group=undefined
            WSGIScriptAlias /variable ${APPS}/app.wsgi process-group=%{NOSUCH}
            WSGIScriptAlias /idle ${APPS}/app.wsgi process-group=idle
            WSGIScriptAlias /etc ${APPS}/app.wsgi process-group=etc
            WSGIScriptAlias /homeless ${APPS}/app.wsgi process-group=homeless
            WSGIHandlerScript undefined ${APPS}/app.wsgi process-group=undefined
            <Location /handler>
                SetHandler undefined
                WSGIRestrictProcess undefined
            </Location>
            """, apps={"app.wsgi": """
import os

def application(environ, start_response):
    start_response("200 OK", [])
    return [os.environ.get("PYTHON_EGG_CACHE", environ["mod_wsgi.process_group"]).encode()]
"""}, start=False)
        server.allow_log("PYW0107|PYW03[14]0|PYW0420")
        return server.start()

    @pytest.mark.parametrize("path, body", [("/app", b"relative/eggs"), ("/pair", b"pair"), ("/odd", b"%odd")])
    def test_a_value_that_works_is_used(self, httpd, path, body):
        assert httpd.get(path).body == body

    @pytest.mark.parametrize("path, message", [
        ("/undefined", "PYW0203: process group 'undefined' is not defined"),
        ("/handler", "PYW0203: process group 'undefined' is not defined"),
        ("/variable", r"PYW0203: process group '%{NOSUCH}' is not defined"),
        ("/idle", "PYW0111: process group 'idle' is a service group")])
    def test_a_group_that_serves_no_requests_is_status_500(self, httpd, path, message):
        httpd.expect_log(message)
        assert httpd.get(path).status == 500

    @pytest.mark.parametrize("path, message", [
        ("/etc", "PYW0420.*python-home /etc is no Python environment"),
        ("/homeless", "PYW0420.*home=/nowhere/at/all: No such file or directory")])
    def test_workers_that_cannot_start_are_status_503(self, httpd, path, message):
        assert httpd.get(path).status == 503
        httpd.log.wait(message)

    def test_a_service_group_without_a_program_waits_for_its_end(self, httpd):
        httpd.log.wait("PYW0317.*group 'idle' is ready")
        worker, = httpd.workers("idle")
        httpd.wait_for_look()
        assert httpd.workers("idle") == [worker]
        assert not httpd.log.find("PYW0452|PYW0310.*'idle'")
