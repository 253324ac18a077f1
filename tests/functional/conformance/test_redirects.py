# SPDX-License-Identifier: Apache-2.0
"""Internal redirects of httpd: a request that reaches an alias in any way has the settings of the alias."""
import getpass
import os

import pytest
from conformance_apps import HERE

from pyw import paths

MOUNT = HERE / "wsgi" / "mount.wsgi"
APPS = {"app.wsgi": MOUNT, "wrong.wsgi": MOUNT, "package/__init__.py": "", "package/module.py": MOUNT,
        "scripts/one.wsgi": MOUNT, "scripts/plain.txt": "text\n", "support.py": paths.SUPPORT}

# The settings of each alias, which no other path to the application has.
TARGETS = {
    "daemon-script": "WSGIScriptAlias /%s ${APPS}/app.wsgi process-group=own application-group=mine callable-object=other",
    "daemon-match": "WSGIScriptAliasMatch ^/%s(?=/|$) ${APPS}/app.wsgi process-group=own application-group=mine "
                    "callable-object=other",
    "daemon-module": "WSGIAppAlias /%s package.module:other process-group=own application-group=mine",
    "embedded-script": "WSGIScriptAlias /%s ${APPS}/app.wsgi application-group=mine callable-object=other",
    "embedded-module": "WSGIAppAlias /%s package.module:other application-group=mine",
}

WAYS = """
    <Directory ${ROOT}/htdocs/fallback/%(target)s>
        FallbackResource /%(target)s/x
        AcceptPathInfo Off
    </Directory>
    <Directory ${ROOT}/htdocs/index/%(target)s>
        DirectoryIndex /%(target)s/x
    </Directory>
    <Directory ${ROOT}/htdocs/rewritten/%(target)s>
        RewriteEngine On
        RewriteRule ^ /%(target)s/x
    </Directory>
    RewriteRule ^/passed/%(target)s$ /%(target)s/x [PT]
    <Directory ${ROOT}/htdocs/error/%(target)s>
        ErrorDocument 404 /%(target)s/x
    </Directory>
    <Directory ${ROOT}/htdocs/put/%(target)s>
        Script PUT /%(target)s/x
    </Directory>
    Action act-%(target)s /%(target)s virtual
    <Location /action/%(target)s>
        SetHandler act-%(target)s
    </Location>
"""

SERVER = """
    WSGIPythonPath ${APPS}
    WSGIDaemonProcess own python-path=${APPS} %s
    WSGIDaemonProcess wrong python-path=${APPS}
    RewriteEngine On
    <Directory ${ROOT}/htdocs>
        Options +Includes +ExecCGI
        AddOutputFilter INCLUDES .shtml
        AddHandler type-map .var
        AddHandler wsgi-script .wsgi
    </Directory>
    WSGIScriptAlias /scripts-daemon ${APPS}/scripts process-group=own application-group=mine callable-object=other
    WSGIScriptAlias /scripts-embedded ${APPS}/scripts application-group=mine callable-object=other
    <Directory ${APPS}/scripts>
        Options +MultiViews
        AddType text/x-python .wsgi
        DirectoryIndex one.wsgi
        CheckSpelling On
    </Directory>
"""
MODULES = ("rewrite", "actions", "include", "filter", "negotiation", "speling")


def make_pages(httpd):
    for name in TARGETS:
        for way in ("fallback", "index", "rewritten", "error", "put"):
            (httpd.root / "htdocs" / way / name).mkdir(parents=True)
        (httpd.root / "htdocs" / ("%s.var" % name)).write_text("URI: /%s/x\nContent-Type: application/json\n" % name)
        (httpd.root / "htdocs" / ("%s.shtml" % name)).write_text('<!--#include virtual="/%s/x" -->' % name)


@pytest.fixture(scope="class")
def server(make_httpd, request):
    user = "user=games" if os.geteuid() == 0 else ""
    config = SERVER % user + "".join(alias % name + "\n" + WAYS % {"target": name} for name, alias in TARGETS.items())
    httpd = make_httpd(getattr(request.cls, "CONFIG", "") + config, apps={**APPS, **getattr(request.cls, "APPS", {})}, modules=MODULES, start=False)
    make_pages(httpd)
    return httpd.start()


def check(answer, is_daemon):
    user = "games" if os.geteuid() == 0 and is_daemon else "www-data" if os.geteuid() == 0 else getpass.getuser()
    assert (answer["process_group"], answer["user"]) == ("own" if is_daemon else "", user)
    assert (answer["application_group"], answer["callable"]) == ("mine", "other")


@pytest.fixture(params=sorted(TARGETS))
def target(request):
    return request.param


class TestWays:
    @pytest.mark.parametrize("path, path_info", [
        ("/%s/x", "/x"), ("/fallback/%s/none", "/x"), ("/index/%s/", "/x"), ("/rewritten/%s/none", "/x"),
        ("/passed/%s", "/x"), ("/error/%s/none", "/x"), ("/%s.shtml", "/x"), ("/%s.var", "/x"),
    ])
    def test_the_settings_of_the_alias_apply(self, server, target, path, path_info):
        answer = server.get(path % target).json()
        check(answer, target.startswith("daemon"))
        assert (answer["script_name"], answer["path_info"]) == ("/" + target, path_info)

    def test_an_action(self, server, target):
        answer = server.get("/action/" + target).json()
        check(answer, target.startswith("daemon"))
        assert (answer["script_name"], answer["path_info"]) == ("/" + target, "/action/" + target)

    def test_the_body_is_passed_on(self, server, target):
        answer = server.post("/fallback/%s/none" % target, b"0123456789").json()
        assert (answer["method"], answer["body"]) == ("POST", "0123456789")

    def test_a_script_for_a_method(self, server, target):
        answer = server.request("PUT", "/put/%s/" % target, body=b"0123456789").json()
        check(answer, target.startswith("daemon"))
        assert (answer["method"], answer["path_info"], answer["body"]) == ("PUT", "/x/put/%s/" % target, "0123456789")

    @pytest.mark.parametrize("chunked", [False, True])
    def test_an_error_document_after_a_post_has_no_body(self, server, target, chunked):
        answer = server.post("/error/%s/none" % target, b"0123456789", chunked=chunked).json()
        check(answer, target.startswith("daemon"))
        assert (answer["method"], answer["body"], answer["content_length"]) == ("GET", "", None)


class TestDirectoriesOfScripts:
    @pytest.mark.parametrize("path", ["/one.wsgi", "/", "/one", "/one/"])
    def test_multiviews_and_index(self, server, mode, path):
        answer = server.get("/scripts-%s%s" % (mode, path)).json()
        check(answer, mode == "daemon")
        assert answer["file"] == "one.wsgi"

    def test_a_name_with_a_mistake(self, server, mode):
        response = server.get("/scripts-%s/onne.wsgi" % mode)
        assert response.status == 301 and response.header("Location").endswith("/scripts-%s/one.wsgi" % mode)


class TestOtherWaysToTheFile:
    """AddHandler for the script of an alias: it runs with the settings of the alias, or not at all."""

    CONFIG = """
        RewriteRule ^/handled$ ${APPS}/app.wsgi [H=wsgi-script]
        Alias /files ${APPS}
        <Directory ${APPS}>
            Options +ExecCGI
            AddHandler wsgi-script .wsgi
        </Directory>
        <Location /alike>
            WSGIProcessGroup own
            WSGIApplicationGroup mine
            WSGICallableObject other
        </Location>
        Alias /alike ${APPS}
        <Location /group>
            WSGIProcessGroup wrong
            WSGIApplicationGroup mine
            WSGICallableObject other
        </Location>
        Alias /group ${APPS}
        <Location /application-group>
            WSGIProcessGroup own
            WSGICallableObject other
        </Location>
        Alias /application-group ${APPS}
        <Location /callable>
            WSGIProcessGroup own
            WSGIApplicationGroup mine
        </Location>
        Alias /callable ${APPS}
        <Location /located>
            WSGIProcessGroup own
        </Location>
        WSGIScriptAlias /located ${APPS}/located/app.wsgi
        WSGIScriptAliasMatch ^/matched/([a-z]+) ${APPS}/matched/$1.wsgi process-group=own
        WSGIScriptAlias /current ${APPS}/current process-group=own
        WSGIScriptAliasMatch ^/current-matched/([a-z]+) ${APPS}/current-matched/$1.wsgi process-group=own
    """
    APPS = {"located/app.wsgi": MOUNT, "matched/one.wsgi": MOUNT, "nobodys/app.wsgi": MOUNT, "release/one.wsgi": MOUNT,
            "release-matched/one.wsgi": MOUNT}

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log("PYW0107: .*there is no file .*/current")

    def test_alike_it_is_served(self, server):
        check(server.get("/alike/scripts/one.wsgi").json(), True)

    @pytest.mark.parametrize("path", [
        "/files/app.wsgi", "/files/scripts/one.wsgi", "/group/scripts/one.wsgi", "/application-group/scripts/one.wsgi",
        "/callable/scripts/one.wsgi", "/files/located/app.wsgi", "/files/matched/one.wsgi"])
    def test_another_group_application_group_or_callable_is_refused(self, server, path):
        server.expect_log(r"PYW0290: \S+%s belongs to the alias" % path[path.index("/", 1):])
        assert server.get(path).status == 403

    def test_a_handler_of_a_rewrite_rule_is_refused(self, server):
        server.expect_log(r"PYW0290: \S+/app.wsgi belongs to the alias")
        assert server.get("/handled").status == 403

    @pytest.mark.parametrize("link", [os.symlink, os.link])
    def test_a_link_to_the_script_is_refused(self, server, link):
        name = "%s.wsgi" % link.__name__
        link(server.apps / "located" / "app.wsgi", server.apps / name)
        server.expect_log(r"PYW0290: \S+/%s belongs to the alias /located" % name)
        assert server.get("/files/" + name).status == 403

    @pytest.mark.parametrize("target", ["scripts", "matched"])
    def test_a_link_to_a_script_in_the_directory_of_an_alias_is_refused(self, server, target):
        (server.apps / ("link-%s.wsgi" % target)).symlink_to(server.apps / target / "one.wsgi")
        server.expect_log(r"PYW0290: \S+/link-%s.wsgi belongs to the alias" % target)
        assert server.get("/files/link-%s.wsgi" % target).status == 403

    @pytest.mark.parametrize("target", ["scripts", "matched"])
    def test_a_path_through_a_linked_directory_is_refused(self, server, target):
        (server.apps / ("linked-" + target)).symlink_to(target)
        server.expect_log(r"PYW0290: \S+/linked-%s/one.wsgi belongs to the alias" % target)
        assert server.get("/files/linked-%s/one.wsgi" % target).status == 403

    @pytest.mark.parametrize("kind", ["", "-matched"])
    def test_a_script_behind_an_alias_for_a_link_is_refused(self, server, kind):
        (server.apps / ("current" + kind)).symlink_to("release" + kind)
        server.expect_log(r"PYW0290: \S+/release%s/one.wsgi belongs to the alias" % kind)
        assert server.get("/files/release%s/one.wsgi" % kind).status == 403

    def test_a_link_to_a_script_that_no_alias_maps_is_served(self, server):
        (server.apps / "link-nobodys.wsgi").symlink_to(server.apps / "nobodys" / "app.wsgi")
        assert server.get("/files/link-nobodys.wsgi").json()["process_group"] == ""

    def test_the_alias_itself_serves(self, server):
        assert server.get("/located/x").json()["process_group"] == "own"
        assert server.get("/matched/one").json()["process_group"] == "own"

    def test_a_script_that_no_alias_maps_is_served(self, server):
        assert server.get("/files/nobodys/app.wsgi").json()["process_group"] == ""
