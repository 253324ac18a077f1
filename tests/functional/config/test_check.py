# SPDX-License-Identifier: Apache-2.0
"""The check of a whole site in configtest: each mistake is found, and the finding says what to write."""
import json
import re
import shutil
import subprocess
import sys
import venv

import psutil
import pytest

from pyw import Httpd, paths

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'

APPS = {
    "hello.wsgi": HELLO,
    "missing.wsgi": "import nosuchmodule\n",
    "site/wsgi.py": "import shop.views\n" + HELLO,
    "shop/views.py": "",
    "layout/wsgi.py": "import stock\n",
    "layout/src/stock/__init__.py": "",
    "deep/code/app.wsgi": "import inenv\n",
    "deep/venv/pyvenv.cfg": "version = 3.11.2\n",
    "deep/venv/lib/python3.11/site-packages/inenv.py": "",
    "asgi.wsgi": "async def application(scope, receive, send):\n    pass\n",
    "one.wsgi": "def application(environ):\n    return []\n",
    "other.wsgi": "app = print\n",
    "raises.wsgi": 'raise ValueError("\\x1b[31mred")\n',
    "whoami.wsgi": "import os, pwd\nraise SystemError(pwd.getpwuid(os.geteuid()).pw_name + os.environ['SECRET'][:3])\n",
    "touch.wsgi": "import os\nopen(os.path.join(os.path.dirname(__file__), '../data/touched'), 'w').close()\n" + HELLO,
    "slow.wsgi": "import time\nprint('begun', flush=True)\ntime.sleep(30)\n",
    "lines.wsgi": "import os\nos.write(1, b'PYW0610: x\\n' * 5000)\n"
                  "os.write(1, b'PYW0611: y\\n' + b'\\n' * 200000)\n",
    "control.wsgi": "import os\nos.write(2, b'PYW0610: \\x1b[31m\\xff\\n\\x1b]0;title\\x07\\n')\n"
                    "os._exit(0)\n",
    "exits.wsgi": "import os, sys\nprint('no \x1b[31mlicence', file=sys.stderr)\nos._exit(0)\n",
    "crashes.wsgi": "import ctypes\nctypes.string_at(0)\n",
    "tab.wsgi": "raise ValueError('one\\ttwo')\n",
    "flood.wsgi": "import os\nfor _ in range(200):\n    os.write(1, b'x' * 65536)\nimport nosuchmodule\n",
}


@pytest.fixture(scope="module")
def server():
    """A server that is never started. Each test writes its own configuration."""
    server = Httpd(apps=APPS, modules=["authz_host", "authz_user", "mime"])
    for name, mode in (("private", 0o700), ("open", 0o755)):
        (server.root / name).mkdir()
        (server.root / name / "app.wsgi").write_text(HELLO)
        (server.root / name).chmod(mode)
    (server.root / "open" / "closed.wsgi").write_text(HELLO)
    (server.root / "open" / "closed.wsgi").chmod(0o600)
    (server.root / "open" / "link.wsgi").symlink_to(server.root / "private" / "app.wsgi")
    shutil.copytree(server.root / "modules", server.root / "private" / "engines")
    yield server
    server.destroy()


def run_check(server, config, define="PYWSGI_CHECK_JSON"):
    server.configure(config)
    done = subprocess.run(server.command("-t", "-D", define), env=server.child_environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(server, config):
    return [json.loads(line) for line in run_check(server, config).splitlines() if line.startswith("{")]


def tags(findings):
    return sorted({finding["tag"] for finding in findings})


GROUP = "WSGIDaemonProcess blog\n"
GRANTED = "<Directory ${ROOT}>\nRequire all granted\n</Directory>\n"


def alias(script, url="/"):
    return "WSGIScriptAlias %s %s process-group=blog\n" % (url, script)


class TestSound:
    def test_a_sound_site_has_no_findings(self, server):
        config = (GROUP + GRANTED + alias("${APPS}/hello.wsgi") + "WSGIDaemonProcess other\n"
                  "<VirtualHost *:80>\nServerName b.example\nWSGIProcessGroup other\n"
                  "WSGIScriptAlias /b ${APPS}/hello.wsgi\nWSGIScriptAlias /c ${APPS}\n</VirtualHost>\n"
                  "WSGIScriptAlias /e ${APPS}/hello.wsgi process-group=%{GLOBAL}\n")
        assert check(server, config) == []

    def test_a_site_without_groups(self, server):
        assert check(server, "WSGIScriptAlias / ${APPS}/hello.wsgi\n") == []

    @pytest.mark.parametrize("line", [
        "^/[0-9]+ ${APPS}/missing.wsgi", "^/a$ ${APPS}/$0", "/a.* ${APPS}/\\\\$1.wsgi", "\\.py$ ${APPS}/missing.wsgi"])
    def test_a_pattern_without_a_known_url_or_target_is_not_visited(self, server, line):
        assert check(server, GRANTED + "WSGIScriptAliasMatch %s\n" % line) == []

    @pytest.mark.parametrize("rule", ["Require ip 192.0.2.1", "Require valid-user"])
    def test_access_for_some_clients_is_no_finding(self, server, rule):
        config = GROUP + alias("${APPS}/hello.wsgi") + "<Location />\n%s\n</Location>" % rule
        assert check(server, config) == []

    def test_an_ordinary_configtest_does_not_load_applications(self, server):
        server.configure(GROUP + alias("${APPS}/touch.wsgi"))
        assert server.configtest() == (True, "Syntax OK\n")
        assert not (server.data / "touched").exists()


class TestVirtualHosts:
    def test_a_rule_of_another_host_does_not_explain_a_denial(self, server):
        host = "<VirtualHost *:80>\nServerName %s\n<Location />\nRequire %s\n</Location>\n%s</VirtualHost>\n"
        found = check(server, GROUP + host % ("a.example", "ip 192.0.2.1", "")
                      + host % ("b.example", "all denied", alias("${APPS}/hello.wsgi")))
        assert tags(found) == ["PYW0161"]


class TestPatterns:
    @pytest.mark.parametrize("pattern, url", [("^/shop/", "/shop/"), ("^/shop/(.*)$", "/shop/"), ("^/shop/?", "/shop"),
                                              ("^/shop", "/shop"), ("/shop(/|$)", "/shop")])
    def test_its_literal_beginning_is_the_url_of_the_visit(self, server, pattern, url):
        line = "WSGIScriptAliasMatch %s ${APPS}/missing.wsgi process-group=blog\n" % pattern
        found = check(server, GROUP + line + "<Location />\nRequire all denied\n</Location>\n")
        assert "a request for %s gets 403" % url in one(found, "PYW0161")["what"]
        assert "missing.wsgi" in one(found, "PYW0610")["what"]
        found = check(server, GROUP + GRANTED + line)
        assert tags(found) == ["PYW0610"]

    def test_its_group_is_used(self, server):
        assert check(server, GROUP + GRANTED + "WSGIScriptAliasMatch ^/a/ ${APPS}/hello.wsgi process-group=blog\n") == []


class TestScriptsWithoutAlias:
    """SetHandler and AddHandler in a <Directory> below the DocumentRoot."""

    @pytest.fixture
    def config(self, server):
        root = server.root / "htdocs.check"
        if not root.exists():
            (root / "below").mkdir(parents=True)
            for name, text in (("good.wsgi", HELLO), ("bad.wsgi", "import nosuchmodule\n"), (".bad.wsgi", "import hidden\n"),
                               ("notes.txt", "import text\n"), ("below/bad.wsgi", "import lower\n")):
                (root / name).write_text(text)
        return GROUP + ("TypesConfig /dev/null\nDocumentRoot %s\n<Directory %s>\nOptions ExecCGI\nWSGIProcessGroup blog\nRequire all %%s\n"
                        "%%s\n</Directory>\n" % (root, root))

    def test_a_suffix_selects_them(self, server, config):
        found = one(check(server, config % ("granted", "AddHandler wsgi-script .py .WSGI")), "PYW0610")
        assert "htdocs.check/bad.wsgi" in found["what"] and "nosuchmodule" in found["detail"]

    def test_a_handler_for_all_files(self, server, config):
        found = check(server, config % ("granted", "SetHandler wsgi-script"))
        assert sorted(finding["what"].split(" does not load")[0].rpartition("/")[2] for finding in found) == [
            "bad.wsgi", "notes.txt"]

    def test_access_that_nobody_has(self, server, config):
        found = check(server, config % ("denied", "AddHandler wsgi-script .wsgi"))
        assert re.search(r"a request for /(good|bad)\.wsgi gets 403", one(found, "PYW0161")["what"])
        assert one(found, "PYW0161")["write"] == "<Directory %s/htdocs.check/> Require all granted </Directory>" % server.root

    @pytest.mark.parametrize("options", ["Options None", "Options -ExecCGI", ""])
    def test_a_directory_without_execcgi(self, server, config, options):
        config = config.replace("Options ExecCGI", options)
        found = one(check(server, config % ("granted", "AddHandler wsgi-script .wsgi")), "PYW0690")
        assert re.search(r"a request for /(good|bad)\.wsgi gets 403", found["what"]) and found["severity"] == "error"
        assert found["write"] == "<Directory %s/htdocs.check/> Options +ExecCGI </Directory>" % server.root
        repaired = config + found["write"].replace("> ", ">\n").replace(" </", "\n</") + "\n"
        assert "PYW0690" not in tags(check(server, repaired % ("granted", "AddHandler wsgi-script .wsgi")))

    def test_an_alias_needs_no_execcgi(self, server):
        assert check(server, GROUP + GRANTED + alias("${APPS}/hello.wsgi")
                     + "<Directory ${APPS}>\nOptions None\n</Directory>\n") == []

    def test_sections_of_another_virtual_host_are_not_searched(self, server, config):
        host = ("<VirtualHost *:80>\nDocumentRoot {0}\n<Directory {0}>\nOptions ExecCGI\nAddHandler wsgi-script .wsgi\n"
                "</Directory>\n</VirtualHost>\n").format(server.root / "htdocs.check")
        main = config.replace("Options ExecCGI", "Options None") % ("granted", "")
        assert tags(check(server, main + host)) == ["PYW0610"]

    @pytest.mark.parametrize("line", ["AddHandler cgi-script .wsgi", "<Files bad.wsgi>\nSetHandler wsgi-script\n</Files>"])
    def test_other_handlers_and_sections_are_left_alone(self, server, config, line):
        assert tags(check(server, config % ("granted", line))) in ([], ["PYW0163"])


def one(findings, tag):
    found = [finding for finding in findings if finding["tag"] == tag]
    assert len(found) == 1, findings
    return found[0]


class TestApplications:
    """One check finds all mistakes of a group."""

    @pytest.fixture(scope="class")
    def findings(self, server):
        names = ["missing", "site/wsgi.py", "deep/code/app", "asgi", "one", "other", "raises"]
        return check(server, GROUP + GRANTED + "".join(
            alias("${APPS}/" + (name if "." in name else name + ".wsgi"), "/%d" % number)
            for number, name in enumerate(names)))

    def about(self, findings, name):
        found = [finding for finding in findings if name in finding["what"]]
        assert len(found) == 1, findings
        return found[0]

    def test_each_is_found_once_and_is_an_error(self, findings):
        assert [finding["tag"] for finding in findings] == ["PYW0610"] * 3 + ["PYW0167"] * 2 + ["PYW0613", "PYW0610"]
        assert {finding["severity"] for finding in findings} == {"error"}
        assert all("httpd.conf:" in finding["place"] for finding in findings)

    def test_a_missing_module_has_the_traceback_the_path_and_the_user(self, findings):
        found = self.about(findings, "missing.wsgi")
        assert "ModuleNotFoundError: No module named 'nosuchmodule'\n" in found["detail"]
        assert "Traceback" in found["detail"] and "sys.path: /" in found["detail"]
        if paths.is_root():
            assert "by user www-data" in found["detail"]

    def test_a_module_beside_the_directory_of_the_script_needs_python_path(self, server, findings):
        assert self.about(findings, "site/wsgi.py")["write"] == "python-path=%s" % server.apps

    def test_a_module_in_a_directory_of_sources_needs_python_path(self, server):
        found = one(check(server, GROUP + GRANTED + alias("${APPS}/layout/wsgi.py")), "PYW0610")
        assert found["write"] == "python-path=%s/layout/src" % server.apps

    def test_a_module_in_a_virtual_environment_needs_python_home(self, server, findings):
        assert self.about(findings, "deep/code/app.wsgi")["write"] == "python-home=%s/deep/venv" % server.apps

    def test_an_asgi_application(self, findings):
        assert "ASGI" in self.about(findings, "asgi.wsgi")["what"]

    def test_a_callable_with_one_parameter(self, findings):
        found = self.about(findings, "one.wsgi")
        assert "its parameters are (environ)" in found["what"]
        assert found["write"] == "def application(environ, start_response)"

    def test_a_callable_of_another_name(self, findings):
        assert "callables in it: app" in self.about(findings, "other.wsgi")["what"]

    def test_text_of_an_application_cannot_control_the_terminal(self, findings):
        detail = self.about(findings, "raises.wsgi")["detail"]
        assert "\x1b" not in detail and "red" in detail


class TestGroups:
    @pytest.mark.root
    def test_applications_are_loaded_as_the_user_with_the_environment_of_the_group(self, server):
        config = "WSGIDaemonProcess blog user=daemon env=SECRET=hunter2\n" + GRANTED + alias("${APPS}/whoami.wsgi")
        text = run_check(server, config)
        assert "SystemError: daemonhun" in text and "hunter2" not in text

    def test_loading_that_takes_too_long(self, server):
        found = check(server, "WSGIDaemonProcess blog startup-timeout=1\n" + GRANTED + alias("${APPS}/slow.wsgi"))
        assert one(found, "PYW0166")["write"] == "startup-timeout=2"

    @pytest.mark.parametrize("script, death, output", [
        ("exits.wsgi", "exited (status 0)", "no \\x1b[31mlicence"), ("crashes.wsgi", "was killed by signal 11", "")])
    def test_an_application_that_ends_the_process(self, server, script, death, output):
        found = one(check(server, GROUP + GRANTED + alias("${APPS}/" + script)), "PYW0169")
        assert found["severity"] == "error" and death in found["what"] and output in found["detail"]

    def test_an_application_that_floods_its_output(self, server):
        assert tags(check(server, GROUP + GRANTED + alias("${APPS}/flood.wsgi"))) == []

    def test_an_application_that_forges_records(self, server):
        assert 1 <= len(check(server, GROUP + GRANTED + alias("${APPS}/lines.wsgi"))) <= 101
        found = one(check(server, GROUP + GRANTED + alias("${APPS}/control.wsgi")), "PYW0610")
        assert (found["what"], found["detail"]) == ("\\x1b[31m\\xff", "\\x1b]0;title\\x07\n")

    def test_a_group_without_an_application(self, server):
        found = one(check(server, GROUP), "PYW0163")
        assert found["severity"] == "warning" and found["write"].startswith("process-group=blog")

    def test_too_few_descriptors(self, server):
        config = "WSGIDaemonProcess blog threads=20 file-limit=30\n" + GRANTED + alias("${APPS}/hello.wsgi")
        assert "threads=20" in one(check(server, config), "PYW0164")["what"]

    def test_too_little_memory(self, server):
        (server.apps / "large.wsgi").write_text("data = bytearray(256 * 1024 * 1024)\n" + HELLO)
        config = "WSGIDaemonProcess blog memory-limit=128M\n" + GRANTED + alias("${APPS}/large.wsgi")
        assert "MemoryError" in one(check(server, config), "PYW0610")["detail"]

    def test_an_application_that_runs_embedded_by_accident(self, server):
        found = one(check(server, GROUP + GRANTED + alias("${APPS}/hello.wsgi", "/a") +
                          "WSGIScriptAlias /b ${APPS}/hello.wsgi\n"), "PYW0162")
        assert found["severity"] == "warning" and "URL /b" in found["what"] and "process-group=blog" in found["write"]

    def test_setenv_for_the_process(self, server):
        found = one(check(server, GROUP + GRANTED + alias("${APPS}/hello.wsgi") +
                          "SetEnv DJANGO_SETTINGS_MODULE shop.settings\nSetEnv shop.mode fast\n"), "PYW0165")
        assert found["write"].startswith("env=DJANGO_SETTINGS_MODULE=") and "shop.settings" not in str(found)


class TestAccess:
    @pytest.mark.parametrize("mount, remedy", [
        ("WSGIScriptAlias / ${APPS}/hello.wsgi process-group=blog", "<Directory %s/>"),
        ("WSGIAppAlias /m os.path:join process-group=blog", "<Location /m>")])
    def test_missing_access_is_reported_with_a_remedy(self, server, mount, remedy):
        found = one(check(server, GROUP + mount + "\n<Location />\nRequire all denied\n</Location>"), "PYW0161")
        assert "AH01630" in found["what"]
        assert found["write"].startswith(remedy % server.apps if "%s" in remedy else remedy)

    @pytest.mark.root
    @pytest.mark.parametrize("target, blocked, command", [
        ("private/app.wsgi", "private", "chmod o+x"), ("open/closed.wsgi", "open/closed.wsgi", "chmod o+r"),
        ("open/link.wsgi", "private", "chmod o+x")])
    def test_a_script_that_the_user_may_not_read(self, server, target, blocked, command):
        found = one(check(server, GROUP + GRANTED + alias("${ROOT}/" + target)), "PYW0157")
        assert found["write"] == "%s %s/%s" % (command, server.root, blocked)
        assert "owner root" in found["what"] and "user www-data may not" in found["what"]

    @pytest.mark.root
    def test_a_directory_that_httpd_may_not_enter(self, server):
        found = one(check(server, GROUP + GRANTED + alias("${ROOT}/private/app.wsgi")), "PYW0160")
        assert "AH00035" in found["what"] and found["write"] == "chmod o+x %s/private" % server.root

    @pytest.mark.root
    @pytest.mark.parametrize("option, right", [("python-path", "rx"), ("python-home", "x")])
    def test_an_environment_that_the_user_may_not_read(self, server, option, right):
        if option == "python-home":
            (server.root / "private" / "lib" / ("python%d.%d" % sys.version_info[:2])).mkdir(parents=True, exist_ok=True)
            (server.root / "private" / "lib" / ("python%d.%d" % sys.version_info[:2]) / "os.py").touch()
        config = "WSGIDaemonProcess blog %s=${ROOT}/private\n" % option + GRANTED + alias("${APPS}/hello.wsgi")
        assert one(check(server, config), "PYW0157")["write"] == "chmod o+%s %s/private" % (right, server.root)

    @pytest.mark.root
    def test_directories_that_need_not_be_listed(self, server):
        for name in ("unlisted", "unlisted/home"):
            (server.root / name).mkdir()
        (server.root / "unlisted" / "app.wsgi").write_text(HELLO)
        venv.create(server.root / "unlisted" / "home", symlinks=True)
        for name in ("unlisted", "unlisted/home"):
            (server.root / name).chmod(0o711)
        config = "WSGIDaemonProcess blog python-home=${ROOT}/unlisted/home\n" + alias("${ROOT}/unlisted/app.wsgi")
        assert check(server, config + GRANTED) == []
        assert "AH01630" in one(check(server, config + GRANTED.replace("granted", "denied")), "PYW0161")["what"]

    @pytest.mark.root
    def test_an_engine_that_the_user_may_not_read(self, server):
        config = "WSGIEnginePath ${ROOT}/private/engines\n" + GROUP + GRANTED + alias("${APPS}/hello.wsgi")
        found = one(check(server, config), "PYW0158")
        assert "Python does not start" in found["what"] and found["write"] == "chmod o+x %s/private" % server.root

    @pytest.mark.root
    def test_sockets_that_httpd_cannot_reach(self, server):
        config = "WSGISocketPrefix ${ROOT}/private/s\n" + GROUP + GRANTED + alias("${APPS}/hello.wsgi")
        assert one(check(server, config), "PYW0168")["write"] == "chmod o+x %s/private" % server.root


class TestVerb:
    """pywsgi check runs httpd and shows the findings."""

    APACHECTL = "echo \"Action '$*' failed.\"\necho 'The Apache error log may have more information.'\nexit 1\n"

    def run(self, server, config, *options, program=None, file=None, afterwards="", **where):
        server.configure(config)
        script = server.root / "httpd.sh"
        script.write_text("#!/bin/sh\n%s -d %s \"$@\" && exit\n%s" % (paths.httpd_program(), server.root, afterwards))
        script.chmod(0o755)
        return subprocess.run([paths.BUILD / "pywsgi", "check", "--httpd", program or script, "--config",
                               file or server.root / "httpd.conf", *options], env=server.child_environment(), **where,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def test_a_sound_site(self, server):
        config = GROUP + GRANTED + alias("${APPS}/hello.wsgi")
        done = self.run(server, config)
        assert (done.returncode, done.stdout) == (0, "1 process groups, 1 aliases: 0 findings\n"), done
        done = self.run(server, config, "--json")
        assert done.returncode == 0 and json.loads(done.stdout) == {"findings": []}

    def test_findings(self, server):
        config = GROUP + GRANTED + alias("${APPS}/missing.wsgi") + alias("${APPS}/nothere.wsgi", "/b")
        done = self.run(server, config)
        assert done.returncode == 1 and done.stdout.endswith(": 2 findings\n")
        assert "\nerror PYW0610: " in done.stdout and done.stdout.startswith("warning PYW0107: ")
        done = self.run(server, config, "--json")
        assert done.returncode == 1 and tags(json.loads(done.stdout)["findings"]) == ["PYW0107", "PYW0610"]

    def test_a_tab_in_a_message_of_the_application(self, server):
        done = self.run(server, GROUP + GRANTED + alias("${APPS}/tab.wsgi"), "--json")
        found, = json.loads(done.stdout)["findings"]
        assert "one\ttwo" in found["detail"]

    def test_a_configuration_that_httpd_refuses(self, server):
        done = self.run(server, "WSGIDeamonProcess \"x\ty\"", "--json")
        found = json.loads(done.stdout)["findings"]
        assert done.returncode == 1 and {finding["severity"] for finding in found} == {"error"}
        assert found[0]["tag"] == "PYW0156" and any("Invalid command" in finding["what"] for finding in found)

    @pytest.mark.parametrize("config", ["WSGIDeamonProcess blog", "WSGIStatus perhaps"])
    def test_other_output_of_apache2ctl_is_left_out(self, server, config):
        done = self.run(server, config, "--json", afterwards=self.APACHECTL)
        assert done.returncode == 1 and json.loads(done.stdout)["findings"]
        done = self.run(server, config, afterwards=self.APACHECTL)
        assert done.returncode == 1 and "Action" not in done.stdout and "error AH00526" in done.stdout

    def test_a_program_that_fails_without_a_message(self, server):
        done = self.run(server, GROUP, program="/bin/false")
        assert (done.returncode, done.stdout) == (1, "error /bin/false -t failed (status 1) without a message\n")

    def test_a_file_in_the_current_directory(self, server):
        done = self.run(server, GROUP + GRANTED + alias("${APPS}/hello.wsgi"), file="../httpd.conf", cwd=server.apps)
        assert done.returncode == 0, done.stdout

    def test_a_configuration_without_the_module(self, server):
        (server.root / "bare.conf").write_text(
            "LoadModule mpm_event_module %s\nListen 127.0.0.1:%d\nErrorLog %s/bare.log\n"
            % (paths.module_file("mpm_event"), server.port, server.root))
        done = self.run(server, GROUP, "--config", server.root / "bare.conf")
        assert done.returncode == 1 and "does not load mod_pywsgi; write: LoadModule pywsgi_module" in done.stdout

    def test_a_program_that_cannot_be_run(self, server):
        done = self.run(server, GROUP, program="/nowhere/httpd")
        assert done.returncode == 3 and "/nowhere/httpd cannot be run" in done.stderr


class TestConfigtest:
    def test_with_wsgi_check_an_error_fails(self, server):
        server.configure("WSGICheck On\n" + GROUP + GRANTED + alias("${APPS}/missing.wsgi"))
        ok, text = server.configtest()
        assert not ok and "PYW0610: " in text and "No module named 'nosuchmodule'" in text

    def test_with_wsgi_check_a_warning_does_not_fail(self, server):
        server.configure("WSGICheck On\n" + GROUP)
        ok, text = server.configtest()
        assert ok and "PYW0163: " in text and "; write: process-group=blog" in text

    def test_findings_as_text(self, server):
        text = run_check(server, GROUP + GRANTED + alias("${APPS}/missing.wsgi"), "PYWSGI_CHECK")
        assert text.startswith("error PYW0610: ") and "\n    Traceback" in text and "\n  write: " in text

    def test_no_process_is_left(self, server):
        check(server, "WSGIDaemonProcess blog startup-timeout=1\n" + GRANTED + alias("${APPS}/slow.wsgi"))
        assert not [process for process in psutil.process_iter(["exe", "cmdline"])
                    if "--check" in (process.info["cmdline"] or []) and (process.info["exe"] or "").startswith(str(server.root))]
