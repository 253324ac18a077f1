# SPDX-License-Identifier: Apache-2.0
"""Mounting applications, choosing their group, and the directives for requests and responses."""
import json

import pytest
from conformance_apps import HERE, apps

APP = "mount.wsgi"
MOUNT = HERE / "wsgi" / APP


class TestMounts:
    APPS = {"scripts/one.wsgi": MOUNT, "scripts/sub/two.wsgi": MOUNT, "package/__init__.py": "",
            "package/module.py": MOUNT, "forbidden/x.wsgi": MOUNT}
    CONFIG = """
        Alias /daemon/static ${ROOT}/htdocs
        <Directory ${APPS}/forbidden>
            Require all denied
        </Directory>
        WSGIScriptAlias /daemon/forbidden ${APPS}/forbidden/x.wsgi process-group=app
        WSGIScriptAlias /daemon/directory ${APPS}/scripts process-group=app
        WSGIScriptAlias /embedded/directory ${APPS}/scripts
        WSGIScriptAlias /daemon/slashed/ ${APPS}/scripts/ process-group=app
        WSGIScriptAlias /daemon/file/ ${APPS}/app.wsgi process-group=app
        WSGIAppAlias /daemon/module_below/ package.module:application process-group=app
        WSGIScriptAliasMatch ^/daemon/match/([a-z]+)(?=/|$) ${APPS}/scripts/$1.wsgi process-group=app
        WSGIAppAlias /daemon/module package.module:application process-group=app
        WSGIAppAlias /embedded/module package.module:application
        WSGIAppAlias /daemon/factory package.module:create() process-group=app
        WSGIAppAlias /daemon/inner package.module:namespace.inner process-group=app
        WSGIAppAlias /daemon/default package.module process-group=app
        WSGIScriptAliasMatch ^/daemon/ends/ ${APPS}/app.wsgi process-group=app
        WSGIScriptAliasMatch ^/daemon/app ${APPS}/app.wsgi process-group=app
        WSGIScriptAliasMatch ^/(?=top) ${APPS}/app.wsgi process-group=app
        WSGIScriptAliasMatch ^/daemon/(missing)$ ${APPS}/$1.wsgi process-group=app
        WSGIScriptAlias /daemon/other ${APPS}/app.wsgi process-group=app callable-object=other
        WSGIScriptAlias /daemon/created ${APPS}/app.wsgi process-group=app callable-object=create()
    """

    def get(self, server, path):
        return server.get(path).json()

    def test_a_file(self, site):
        answer = site.get("/x/y").json()
        assert (answer["file"], answer["script_name"], answer["path_info"]) == ("app.wsgi", site.prefix, "/x/y")

    def test_the_prefix_ends_at_a_segment(self, server):
        assert server.get("/daemonx").status == 404

    @pytest.mark.parametrize("path, script_name, path_info", [
        ("/directory/one.wsgi", "/directory/one.wsgi", ""),
        ("/directory/one.wsgi/a/b", "/directory/one.wsgi", "/a/b"),
        ("/directory/sub/two.wsgi/a", "/directory/sub/two.wsgi", "/a"),
    ])
    def test_a_directory_of_scripts(self, site, path, script_name, path_info):
        answer = site.get(path).json()
        assert (answer["script_name"], answer["path_info"]) == (site.prefix + script_name, path_info)

    def test_a_directory_with_slashes(self, server):
        assert self.get(server, "/daemon/slashed/one.wsgi/x")["path_info"] == "/x"

    @pytest.mark.parametrize("name", ["file", "module_below"])
    def test_a_url_path_with_a_final_slash_needs_the_slash(self, server, name):
        """<Location /daemon/file/> protects all URLs of the application."""
        answer = self.get(server, "/daemon/%s" % name)
        assert (answer["script_name"], answer["path_info"]) == ("/daemon", "/" + name)
        answer = self.get(server, "/daemon/%s/" % name)
        assert (answer["script_name"], answer["path_info"]) == ("/daemon/" + name, "/")

    def test_a_file_below_a_final_slash(self, server):
        answer = self.get(server, "/daemon/file//x")
        assert (answer["script_name"], answer["path_info"]) == ("/daemon/file", "/x")

    def test_a_script_that_is_not_in_the_directory(self, site):
        site.expect_log("PYW0205")
        assert site.get("/directory/none.wsgi").status == 404

    def test_the_directory_itself(self, site):
        """httpd first redirects to the name with a slash."""
        site.httpd.allow_log("PYW0206|AH01276|AH01630")
        assert site.get("/directory").status in (301, 403, 404)
        assert site.get("/directory/").status in (403, 404)

    def test_match(self, server):
        answer = self.get(server, "/daemon/match/one/rest")
        assert answer["file"] == "one.wsgi"
        assert (answer["script_name"], answer["path_info"]) == ("/daemon/match/one", "/rest")

    @pytest.mark.parametrize("path, script_name, path_info", [
        ("/top/x", "", "/top/x"), ("/daemon/ends/x", "/daemon/ends", "/x"), ("/daemon/app", "/daemon/app", ""),
        ("/daemon/app/x", "/daemon/app", "/x")])
    def test_path_info_of_a_match_begins_with_a_slash(self, server, path, script_name, path_info):
        answer = self.get(server, path)
        assert (answer["script_name"], answer["path_info"]) == (script_name, path_info)

    def test_a_match_within_a_segment(self, server):
        server.expect_log("PYW0205.*app.wsgile")
        assert server.get("/daemon/apple").status == 404

    def test_an_importable_application(self, site):
        answer = site.get("/module/x").json()
        assert (answer["module"], answer["script_name"], answer["path_info"]) == (
            "package.module", site.prefix + "/module", "/x")

    @pytest.mark.parametrize("path, name", [
        ("factory", "made by create()"), ("inner", "namespace.inner"), ("default", "application"), ("other", "other"),
        ("created", "made by create()")])
    def test_callables(self, server, path, name):
        assert self.get(server, "/daemon/" + path)["callable"] == name

    def test_a_missing_script_is_404(self, server):
        server.expect_log("PYW0205")
        server.allow_log("missing.wsgi")
        assert server.get("/daemon/missing").status == 404

    def test_directory_access_control_applies_to_scripts(self, server):
        server.expect_log("AH01630")
        assert server.get("/daemon/forbidden").status == 403

    def test_alias_for_static_files_wins(self, server):
        assert server.get("/daemon/static/static.txt").body == b"static\n"


class TestHandlers:
    APPS = {"cgi/script.wsgi": MOUNT, "cgi/off/script.wsgi": MOUNT, "cgi/plain/script.py": MOUNT}
    CONFIG = """
        Alias /cgi ${APPS}/cgi
        <Directory ${APPS}/cgi>
            Options ExecCGI
            AddHandler wsgi-script .wsgi
            WSGIProcessGroup app
            AllowOverride FileInfo
        </Directory>
        <Directory ${APPS}/cgi/off>
            Options None
        </Directory>
        <Directory ${APPS}/cgi/plain>
            SetHandler wsgi-script
            AcceptPathInfo Off
        </Directory>
        <LocationMatch ^/(daemon|embedded)/status>
            SetHandler server-status
        </LocationMatch>
        <Files app.wsgi>
            AddHandler server-status .wsgi
        </Files>
    """
    MODULES = ("status",)

    def test_add_handler(self, server):
        answer = server.get("/cgi/script.wsgi/rest?200+OK").json()
        assert (answer["script_name"], answer["path_info"]) == ("/cgi/script.wsgi", "/rest")
        assert answer["process_group"] == "app"

    def test_exec_cgi_off_is_403(self, server):
        server.expect_log("PYW0204")
        assert server.get("/cgi/off/script.wsgi").status == 403

    def test_set_handler(self, server):
        assert server.get("/cgi/plain/script.py").json()["file"] == "script.py"

    def test_set_handler_wins_over_an_alias(self, site):
        """server-status below an application that serves the whole site."""
        assert b"Server Version" in site.get("/status").body

    def test_add_handler_for_the_suffix_of_a_script_does_not(self, site):
        assert site.get("/x").json()["path_info"] == "/x"

    def test_accept_path_info_off_is_404(self, server):
        server.allow_log("PYW0208|AH00128")
        assert server.get("/cgi/plain/script.py/rest").status == 404

    def test_htaccess(self, server):
        (server.apps / "cgi" / ".htaccess").write_text("WSGICallableObject other\n")
        try:
            assert server.get("/cgi/script.wsgi").json()["callable"] == "other"
        finally:
            (server.apps / "cgi" / ".htaccess").unlink()


class TestGroups:
    CONFIG = """
        WSGIDaemonProcess second
        WSGIProcessGroup app
        WSGIScriptAlias /inherited ${APPS}/app.wsgi
        <Location /located>
            WSGIProcessGroup second
            SetEnv MARKER located
        </Location>
        WSGIScriptAlias /located ${APPS}/app.wsgi
        <Location /from-env>
            SetEnvIf X-Group "(.*)" CHOSEN=$1
            WSGIProcessGroup %{ENV:CHOSEN}
        </Location>
        WSGIScriptAlias /from-env ${APPS}/app.wsgi
        WSGIScriptAlias /global ${APPS}/app.wsgi process-group=%{GLOBAL}
        WSGIScriptAlias /main ${APPS}/app.wsgi process-group=app application-group=%{GLOBAL}
        WSGIScriptAlias /named ${APPS}/app.wsgi process-group=app application-group=own
        WSGIScriptAlias /resource ${APPS}/app.wsgi process-group=app application-group=%{RESOURCE}
        WSGIScriptAlias /server ${APPS}/app.wsgi process-group=app application-group=%{SERVER}
    """
    MODULES = ("setenvif",)

    @pytest.mark.parametrize("path, group", [("/inherited", "app"), ("/located", "second"), ("/global", "")])
    def test_process_group(self, server, path, group):
        assert server.get(path).json()["process_group"] == group

    @pytest.mark.parametrize("value, group", [("second", "second"), ("app", "app"), ("%{GLOBAL}", "")])
    def test_process_group_of_a_variable(self, server, value, group):
        assert server.get("/from-env", [("X-Group", value)]).json()["process_group"] == group

    def test_a_variable_that_names_no_group_is_500(self, server):
        server.expect_log("PYW0203.*'nothere'")
        assert server.get("/from-env", [("X-Group", "nothere")]).status == 500

    def test_application_groups(self, server):
        assert server.get("/main").json()["application_group"] == ""
        assert server.get("/named").json()["application_group"] == "own"
        assert server.get("/resource").json()["application_group"] == "127.0.0.1:%d|/resource" % server.port
        assert server.get("/server").json()["application_group"] == "127.0.0.1:%d" % server.port

    def test_setenv_of_a_location(self, server):
        assert server.get("/located").json()["marker"] == "located"


class TestDirectives:
    CONFIG = """
        WSGIScriptAlias /daemon/overridden ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/overridden ${APPS}/app.wsgi
        <LocationMatch /overridden>
            WSGIErrorOverride On
            ErrorDocument 404 "own document"
        </LocationMatch>
        WSGIScriptAlias /daemon/on ${APPS}/app.wsgi process-group=app
        WSGIScriptAlias /embedded/on ${APPS}/app.wsgi
        <LocationMatch /on>
            WSGIMapHEADToGET On
        </LocationMatch>
    """

    def test_error_override(self, site):
        response = site.get("/overridden?404+Not+Found")
        assert (response.status, response.body) == (404, b"own document")
        assert response.header("Set-Cookie") == "a=1" and response.header("X-App") is None

    def test_no_override_of_successes(self, site):
        assert site.get("/overridden?200+OK").json()["callable"] == "application"

    def test_without_it_the_application_has_the_last_word(self, site):
        response = site.get("/?404+Not+Found")
        assert response.status == 404 and response.json()["callable"] == "application"

    @pytest.mark.parametrize("path, method", [("/on", "GET"), ("/auto", "HEAD")])
    def test_map_head_to_get(self, site, path, method):
        assert site.request("HEAD", path).header("X-Method") == method


class TestRestrictEmbedded:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("""
            WSGIRestrictEmbedded On
            WSGIDaemonProcess app
            WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=app
            WSGIScriptAlias /embedded ${APPS}/app.wsgi""", apps=apps(APP))

    def test_embedded_is_500(self, server):
        server.expect_log("PYW0201")
        assert server.get("/embedded").status == 500

    def test_daemon_mode_is_served(self, server):
        assert json.loads(server.get("/daemon").body)["process_group"] == "app"


class TestMergeSlashesOff:
    CONFIG = """
        MergeSlashes Off
        WSGIScriptAlias /daemon/directory ${APPS}/scripts process-group=app
        WSGIScriptAlias /embedded/directory ${APPS}/scripts
        WSGIScriptAliasMatch ^/daemon/+match/([a-z]+) ${APPS}/scripts/$1.wsgi process-group=app
        WSGIScriptAliasMatch ^/embedded/+match/([a-z]+) ${APPS}/scripts/$1.wsgi
        WSGIAppAlias /daemon/module package.module:application process-group=app
        WSGIAppAlias /embedded/module package.module:application
    """
    APPS = {"scripts/one.wsgi": MOUNT, "package/__init__.py": "", "package/module.py": MOUNT}

    @pytest.mark.parametrize("path, script_name, path_info", [
        ("/a//b", "", "/a//b"),
        ("//a", "", "//a"),
        ("/web/http://h/x", "", "/web/http://h/x"),
        ("/a/b//", "", "/a/b//"),
        ("/match/one//a//b", "/match/one", "//a//b"),
        ("///match/one/http://h", "/match/one", "/http://h"),
        ("/module//a//b", "/module", "//a//b"),
        ("//module/a//b", "/module", "/a//b"),
        ("/directory/one.wsgi/a//b", "/directory/one.wsgi", "/a//b"),
        ("//directory//one.wsgi/a", "/directory/one.wsgi", "/a"),
    ])
    def test_script_name_is_the_alias_and_path_info_the_rest(self, site, path, script_name, path_info):
        answer = site.get(path).json()
        assert (answer["script_name"], answer["path_info"]) == (site.prefix + script_name, path_info)

    def test_script_name_is_never_the_url_of_another_host(self, server, mode):
        assert server.get("//%s//x" % mode).json()["script_name"] == "/" + mode
