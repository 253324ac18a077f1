# SPDX-License-Identifier: Apache-2.0
"""WSGIDispatchScript, WSGIRestrictProcess and WSGIHandlerScript."""
import pytest
from pyw.site import Site
from scripts_site import APPS

APP = '''
import json

def describe(environ, start_response, callable):
    body = json.dumps({"callable": callable, "process": environ["mod_wsgi.process_group"],
                       "application": environ["mod_wsgi.application_group"], "script": environ["SCRIPT_NAME"],
                       "path": environ["PATH_INFO"], "file": environ["SCRIPT_FILENAME"],
                       "authorization": environ.get("HTTP_AUTHORIZATION")}).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

def application(environ, start_response):
    return describe(environ, start_response, "application")

def other(environ, start_response):
    return describe(environ, start_response, "other")

def handle_request(environ, start_response):
    return describe(environ, start_response, "handle_request")
'''

DISPATCH = '''
def choose(environ, name):
    choice = environ.get("HTTP_X_" + name, environ.get("CHOOSE_" + name))
    if choice == "raise":
        raise LookupError(name)
    return {"number": 1, "newline": "a\\nb"}.get(choice, choice)

def process_group(environ):
    return choose(environ, "PROCESS")

def application_group(environ):
    return choose(environ, "APPLICATION")

def callable_object(environ):
    return choose(environ, "CALLABLE")
'''

FILES = {**APPS, "describe.wsgi": APP, "dispatch.py": DISPATCH, "nothing.py": "value = 1\n"}

GROUPS = """
WSGIPythonPath ${APPS}
WSGIDaemonProcess one threads=1 python-path=${APPS}
WSGIDaemonProcess two threads=1 python-path=${APPS}
"""


class TestDispatch:
    """The script runs in httpd's children, or in a group."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(GROUPS + """
            WSGIScriptAlias /embedded ${APPS}/describe.wsgi process-group=one
            WSGIScriptAlias /daemon ${APPS}/describe.wsgi process-group=one
            WSGIScriptAlias /nothing ${APPS}/describe.wsgi process-group=one
            <Location /embedded>
                WSGIDispatchScript ${APPS}/dispatch.py
                WSGIRestrictProcess one two
            </Location>
            <Location /daemon>
                WSGIDispatchScript ${APPS}/dispatch.py process-group=two
                WSGIRestrictProcess one two
            </Location>
            SetEnvIf Request_URI /variable$ CHOOSE_CALLABLE=other
            <Location /nothing>
                WSGIDispatchScript ${APPS}/nothing.py
            </Location>""", apps=FILES, modules=("setenvif",))

    @pytest.fixture
    def site(self, server, mode):
        return Site(server, mode)

    def test_the_functions_select(self, site):
        answer = site.get("/x", [("X-Process", "two"), ("X-Application", "green"), ("X-Callable", "other")]).json()
        assert (answer["process"], answer["application"], answer["callable"]) == ("two", "green", "other")
        assert (answer["script"], answer["path"]) == (site.prefix, "/x")

    def test_they_know_the_variables_of_setenv(self, site):
        assert site.get("/variable").json()["callable"] == "other"

    def test_none_keeps_the_settings(self, site):
        answer = site.get("/").json()
        assert (answer["process"], answer["callable"]) == ("one", "application")

    def test_the_forms_of_the_directives_are_known(self, site):
        assert site.get("/", [("X-Application", "%{GLOBAL}")]).json()["application"] == ""

    def test_a_script_without_the_functions_selects_nothing(self, server):
        assert server.get("/nothing").json()["process"] == "one"

    @pytest.mark.parametrize("header, choice, record", [
        ("X-Process", "raise", "PYW0603.*LookupError"), ("X-Callable", "number", "PYW0603.*TypeError"),
        ("X-Application", "newline", "PYW0603.*ValueError"), ("X-Process", "%{GLOBAL}", "PYW0298.*%{GLOBAL}"),
        ("X-Process", "three", "PYW0298.*'three'")])
    def test_a_failure_is_500(self, site, header, choice, record):
        site.expect_log(record)
        site.httpd.allow_log(r"PYW0292|Traceback|File|choose|\^\^|Error")
        assert site.get("/", [(header, choice)]).status == 500


class TestRestrictProcess:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(GROUPS + """
            WSGIRestrictProcess one
            WSGIScriptAlias /one ${APPS}/describe.wsgi process-group=one
            WSGIScriptAlias /two ${APPS}/describe.wsgi process-group=two
            WSGIScriptAlias /embedded ${APPS}/describe.wsgi process-group=%{GLOBAL}
            WSGIScriptAlias /variable ${APPS}/describe.wsgi process-group=%{ENV:GROUP}
            SetEnvIf X-Group (.+) GROUP=$1
            <Location /embedded/allowed>
                WSGIRestrictProcess %{GLOBAL} two
            </Location>""", apps=FILES, modules=("setenvif",))

    @pytest.mark.parametrize("path", ["/one", "/embedded/allowed"])
    def test_a_listed_group_serves(self, server, path):
        assert server.get(path).status == 200

    @pytest.mark.parametrize("path, name", [("/two", "'two'"), ("/embedded", "'%{GLOBAL}'")])
    def test_another_group_does_not(self, server, path, name):
        server.expect_log("PYW0298.*" + name)
        assert server.get(path).status == 500

    def test_a_variable_does_not_leave_the_list(self, server):
        assert server.get("/variable", [("X-Group", "one")]).status == 200
        server.expect_log("PYW0298.*'two'")
        assert server.get("/variable", [("X-Group", "two")]).status == 500


class TestHandlerScript:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(GROUPS + """
            WSGIHandlerScript daemon-handler ${APPS}/describe.wsgi process-group=one application-group=%{GLOBAL} \\
                pass-authorization=On
            WSGIHandlerScript embedded-handler ${APPS}/describe.wsgi
            WSGIHandlerScript missing-handler ${APPS}/missing.py process-group=one
            AddHandler daemon-handler .daemon
            <Location /virtual>
                SetHandler embedded-handler
            </Location>
            <Location /missing>
                SetHandler missing-handler
            </Location>""", apps=FILES, start=False)
        for name in ("page.daemon", "page.embedded"):
            (server.root / "htdocs" / name).write_text("content\n")
        with open(server.root / "httpd.conf", "a") as file:
            file.write("AddHandler embedded-handler .embedded\n")
        server.allow_log("PYW0107.*missing.py")
        return server.start()

    @pytest.fixture
    def site(self, server, mode):
        return Site(server, mode, "")

    def test_a_file_with_the_handler_is_handled(self, site):
        answer = site.get("/page.%s/more?x=1" % site.mode).json()
        assert answer["callable"] == "handle_request"
        assert answer["process"] == ("one" if site.mode == "daemon" else "")
        assert (answer["script"], answer["path"]) == ("/page." + site.mode, "/more")
        assert answer["file"].endswith("/htdocs/page." + site.mode)

    def test_no_file_is_needed(self, server):
        assert server.get("/virtual/thing").json()["callable"] == "handle_request"

    def test_one_interpreter_serves_all_urls(self, server):
        groups = {server.get(path).json()["application"] for path in ("/virtual/a", "/virtual/b", "/page.embedded")}
        assert len(groups) == 1

    def test_pass_authorization(self, server):
        headers = [("Authorization", "Bearer x")]
        assert server.get("/page.daemon", headers).json()["authorization"] == "Bearer x"
        assert server.get("/page.embedded", headers).json()["authorization"] is None

    def test_a_missing_script_is_404(self, server):
        server.expect_log("PYW0612.*missing.py")
        assert server.get("/missing").status == 404


RELOADING = """
import os
from support import note, DATA

executed = len(open(os.path.join(DATA, "executed")).read()) if os.path.exists(os.path.join(DATA, "executed")) else 0
note("executed", "")

def reload_required(path):
    if path.endswith("raise"):
        raise LookupError(path)
    return path.endswith("again")

def handle_request(environ, start_response):
    body = str(executed).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


RELOADING_SCRIPT = """
import os
from support import note, DATA

note("executed", ".")
executed = os.path.getsize(os.path.join(DATA, "executed"))

def version():
    return os.path.exists(os.path.join(DATA, "version")) and open(os.path.join(DATA, "version")).read()

loaded = version()

def reload_required(path):
    return path == __file__ and version() != loaded

def create(number=executed):
    def app(environ, start_response):
        body = str(number).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    return app

application = create()
"""


class TestReloadRequiredOfScripts:
    """As with mod_wsgi, any script may have the function."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(GROUPS + """
            WSGIScriptAlias /daemon/script ${APPS}/script.wsgi process-group=one
            WSGIScriptAlias /embedded/script ${APPS}/script.wsgi
            WSGIScriptAlias /daemon/factory ${APPS}/factory.wsgi process-group=one callable-object=create()
            WSGIScriptAlias /embedded/off ${APPS}/off.wsgi
            <Location /embedded/off>
                WSGIScriptReloading Off
            </Location>""", apps={**FILES, "script.wsgi": RELOADING_SCRIPT, "factory.wsgi": RELOADING_SCRIPT,
                                  "off.wsgi": RELOADING_SCRIPT})

    @pytest.mark.parametrize("path", ["/daemon/script", "/embedded/script", "/daemon/factory"])
    def test_the_script_decides_when_it_is_executed_again(self, server, path):
        first = int(server.get(path).body)
        assert int(server.get(path).body) == first
        (server.data / "version").write_text(path)
        again = int(server.get(path).body)
        assert again > first and int(server.get(path).body) == again

    def test_it_is_not_asked_if_scripts_are_not_reloaded(self, server):
        first = int(server.get("/embedded/off").body)
        (server.data / "version").write_text("off")
        assert int(server.get("/embedded/off").body) == first


class TestReloadRequired:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(GROUPS + """
            <LocationMatch ^/daemon>
                WSGIHandlerScript reloading ${APPS}/reloading.py process-group=one
                SetHandler reloading
            </LocationMatch>
            <LocationMatch ^/embedded>
                WSGIHandlerScript reloading ${APPS}/reloading.py
                SetHandler reloading
            </LocationMatch>""", apps={**FILES, "reloading.py": RELOADING})

    @pytest.fixture
    def site(self, server, mode):
        return Site(server, mode)

    def test_the_script_decides_when_it_is_executed_again(self, site):
        first = int(site.get("-x").body)
        assert int(site.get("-x").body) == first
        again = int(site.get("-again").body)
        assert again > first and int(site.get("-x").body) == again

    def test_an_exception_is_logged_and_the_request_is_served(self, site):
        site.expect_log("LookupError")
        site.httpd.allow_log("Traceback|File|raise")
        assert site.get("-raise").status == 200
