# SPDX-License-Identifier: Apache-2.0
"""An author of .htaccess files can never run code as another user than that of the site."""
import re

import pytest

from pyw import paths

PAGE = paths.TOP / "docs" / "internals" / "security.md"
PAGES = paths.TOP / "docs" / "directives"
OVERRIDES = ("FileInfo", "AuthConfig", "Limit", "Indexes", "Options")

WHO = """
import os, pwd

def application(environ, start_response):
    start_response("200 OK", [("X-Variable", environ.get("VARIABLE", ""))])
    return [("%s %s" % (pwd.getpwuid(os.getuid()).pw_name, environ["pywsgi.process_group"])).encode()]

def other(environ, start_response):
    return application(environ, start_response)
"""


def directives():
    """Return the directives of the module, without those of mod_wsgi that have no effect or are refused."""
    names = re.findall(rb"\0(<?WSGI[A-Za-z]+)(?=\0)", (paths.BUILD / "mod_pywsgi.so").read_bytes())
    return sorted({name.decode().strip("<") for name in names if (PAGES / (name.decode().strip("<") + ".md")).exists()})


def listed():
    """Return {(directive, override)} of the table in the page."""
    section = PAGE.read_text().split("## Authors of .htaccess files", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| \[(WSGI\w+)\]\([^)]*\) \| (\w+) \|", section, re.MULTILINE)
    return set(rows)


class TestList:
    """The page lists every directive that an .htaccess file may contain. If you add one, say there what its author can
    do with it, and try the dangerous values in TestDangers.
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        sections = "".join("<Directory ${ROOT}/htdocs/%s>\nAllowOverride %s\n</Directory>\n" % (name, name)
                           for name in OVERRIDES)
        server = make_httpd(sections, start=False)
        for name in OVERRIDES:
            (server.root / "htdocs" / name).mkdir()
            (server.root / "htdocs" / name / "file.txt").write_text("text")
        server.allow_log(r"/\.htaccess: |PYW0612|PYW0292")     # the scripts of that name do not exist
        return server.start()

    def is_allowed(self, server, directive, override):
        since = server.log.position()
        text = "%s On\n" % directive
        if directive == "WSGIInterpreterOptions":
            text = "<%s>\n</%s>\n" % (directive, directive)
        (server.root / "htdocs" / override / ".htaccess").write_text(text)
        status = server.get("/%s/file.txt" % override).status
        assert not server.log.find("Invalid command", since), directive
        return not (status == 500 and server.log.find("not allowed here", since))

    def test_every_directive_of_htaccess_files_is_on_the_page(self, server):
        names = directives()
        assert {"WSGICallableObject", "WSGIProcessGroup"} <= set(names)
        found = {(name, override) for name in names for override in OVERRIDES
                 if self.is_allowed(server, name, override)}
        assert found == listed()


@pytest.mark.root
class TestDangers:
    """alice may write .htaccess files in her directory, whose scripts run as her user. bob has a site, too."""

    CONFIG = """
        WSGIDaemonProcess alice user=games
        WSGIDaemonProcess bob user=news
        WSGIScriptAlias /alice/app ${APPS}/alice/app.wsgi process-group=alice
        WSGIScriptAlias /bob ${APPS}/bob/app.wsgi process-group=bob
        Alias /home ${APPS}/alice
        <Directory ${APPS}/alice>
            AllowOverride FileInfo
            Options FollowSymLinks
        </Directory>
        <Directory ${APPS}/alice/all>
            AllowOverride All
            Options FollowSymLinks ExecCGI
            WSGIProcessGroup alice
        </Directory>
        <Directory ${APPS}/alice/nogroup>
            AllowOverride All
        </Directory>
        <Directory ${APPS}/alice/variable>
            AllowOverride FileInfo
            Options ExecCGI
            AddHandler wsgi-script .wsgi
            WSGIProcessGroup %{ENV:GROUP}
            SetEnv GROUP alice
        </Directory>
        WSGIRestrictEmbedded On
    """

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        names = ("alice/app.wsgi", "alice/own.wsgi", "bob/app.wsgi", "alice/all/own.wsgi", "alice/nogroup/own.wsgi",
                 "alice/variable/own.wsgi")
        server = make_httpd(self.CONFIG, modules=("rewrite",), apps={name: WHO for name in names})
        (server.apps / "alice" / "all" / "link.wsgi").symlink_to(server.apps / "bob" / "app.wsgi")
        (server.apps / "alice" / "all" / "bob").symlink_to(server.apps / "bob")
        return server

    def ask(self, server, path, text, directory="alice"):
        """Return status and body of a request, with the text as .htaccess."""
        server.allow_log(r"/\.htaccess: |PYW0|AH00\d\d\d|AH01630|own.wsgi|\[pywsgi:error\]")
        file = server.apps / directory / ".htaccess"
        file.write_text(text)
        try:
            response = server.get(path)
        finally:
            file.unlink()
        return response.status, response.body

    def test_without_anything_she_is_herself(self, server):
        assert self.ask(server, "/alice/app", "") == (200, b"games alice")
        assert self.ask(server, "/home/all/own.wsgi", "SetHandler wsgi-script\n", "alice/all") == (200, b"games alice")

    @pytest.mark.parametrize("line", [
        "WSGIProcessGroup bob", "WSGIProcessGroup %{GLOBAL}", "WSGIApplicationGroup bob",
        "WSGIDaemonProcess mine user=news", "WSGIScriptAlias /x /etc/passwd", "WSGIScriptAliasMatch ^/x /etc/passwd",
        "WSGIAppAlias /x os:abort", "WSGIImportScript /tmp/x.py process-group=bob", "WSGIPythonPath /tmp",
        "WSGIPythonHome /tmp", "WSGIRestrictEmbedded Off", "WSGISocketPrefix /tmp/x", "WSGITempDir /tmp",
        "WSGIDaemonProgram /bin/true", "WSGIEnginePath /tmp", "WSGIRequestTimeout 0", "WSGIPriority High",
        "WSGIConcurrency 0", "WSGIBatchScheduling Off"])
    @pytest.mark.parametrize("directory, path", [("alice", "/alice/app"), ("alice/all", "/home/all/own.wsgi")],
                             ids=["FileInfo", "All"])
    def test_directives_for_user_code_or_limits_are_not_allowed(self, server, line, directory, path):
        since = server.log.position()
        assert self.ask(server, path, "SetHandler wsgi-script\n%s\n" % line, directory)[0] == 500
        server.log.wait("%s not allowed here" % line.split()[0], since)

    @pytest.mark.parametrize("text", [
        "WSGICallableObject other", "WSGICallableObject application.__globals__['os'].abort()",
        "WSGICallableObject os.getpid()", "WSGICallableObject pwd", "WSGICallableObject %{ENV:GROUP}",
        "SetEnv GROUP bob", "SetEnv WSGI_PROCESS_GROUP bob", "SetEnv mod_wsgi.process_group bob",
        "SetEnv pywsgi.process_group bob", "SetEnv PYTHONPATH /tmp", "SetEnv LD_PRELOAD /tmp/x.so",
        "SetEnv SCRIPT_FILENAME /etc/passwd",
        "WSGIScriptReloading Off", "WSGIChunkedRequest Off", "WSGIMapHEADToGET On", "WSGIErrorOverride On",
        "WSGIEnableSendfile On", "WSGIClientGone Interrupt", "WSGIResponseBuffering Off", "WSGIPassAuthorization On"])
    def test_whatever_is_allowed_runs_as_her_user(self, server, text):
        for path, directory in (("/alice/app", "alice"), ("/home/all/own.wsgi", "alice/all")):
            status, body = self.ask(server, path, "SetHandler wsgi-script\n%s\n" % text, directory)
            assert (status, body) == (200, b"games alice") or status in (403, 500), (status, body)

    @pytest.mark.parametrize("text, path", [
        ("SetHandler wsgi-script", "/home/own.wsgi"), ("AddHandler wsgi-script .wsgi", "/home/own.wsgi"),
        ("ForceType application/x-httpd-wsgi", "/home/own.wsgi"),
        ("RewriteEngine On\nRewriteRule ^own.wsgi$ - [H=wsgi-script]", "/home/own.wsgi")])
    def test_a_handler_needs_exec_cgi_which_file_info_does_not_give(self, server, text, path):
        assert self.ask(server, path, text)[0] == 403

    @pytest.mark.parametrize("path", ["/home/all/link.wsgi", "/home/all/bob/app.wsgi"])
    def test_a_handler_does_not_run_the_script_of_an_alias_in_another_group(self, server, path):
        assert self.ask(server, path, "SetHandler wsgi-script\n", "alice/all")[0] == 403

    def test_a_handler_outside_of_a_group_runs_nothing_with_restrict_embedded(self, server):
        text = "Options ExecCGI\nSetHandler wsgi-script\n"
        assert self.ask(server, "/home/nogroup/own.wsgi", text, "alice/nogroup")[0] == 500

    def test_a_group_that_a_variable_chooses_is_hers_to_choose(self, server):
        """The page warns of this: a client or an author who can set the variable chooses the group."""
        assert self.ask(server, "/home/variable/own.wsgi", "") == (200, b"games alice")
        assert self.ask(server, "/home/variable/own.wsgi", "SetEnv GROUP bob\n", "alice/variable") == (200, b"news bob")
