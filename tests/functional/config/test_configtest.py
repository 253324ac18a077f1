# SPDX-License-Identifier: Apache-2.0
"""configtest finds mistakes: the message names the directive, the option, the value, and the allowed values."""
import os
import subprocess
import sys

import pytest

from pyw import paths

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'


@pytest.fixture(scope="module")
def server():
    """A server that is never started. Each test writes its own configuration."""
    from pyw import Httpd
    server = Httpd(apps={"hello.wsgi": HELLO})
    yield server
    server.destroy()


def configtest(server, config):
    """Run configtest. Whatever its result, it starts no process and leaves no file."""
    server.configure(config)
    before = sorted(server.root.rglob("*"))
    ok, text = server.configtest()
    assert sorted(server.root.rglob("*")) == before
    assert not processes_of(server)
    return ok, text


def processes_of(server):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                if str(server.root).encode() in file.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def refused(server, config, *words):
    ok, text = configtest(server, config)
    assert not ok, "configtest accepts " + config
    for word in words:
        assert word in text, "%r is not in:\n%s" % (word, text)
    return text


def warned(server, config, *words):
    """One warning that contains the words."""
    ok, text = configtest(server, config)
    assert ok and text.count("PYW0107") == 1 and "httpd.conf:" in text, text
    for word in words:
        assert word in text, "%r is not in:\n%s" % (word, text)


GOOD = """
    WSGIDaemonProcess app processes=2 threads=8 umask=027 home=${ROOT} python-path=${APPS} lang=C.UTF-8 \\
        locale=C.UTF-8 display-name=%{GROUP} listen-backlog=50 connect-timeout=500ms socket-timeout=1min \\
        shutdown-timeout=5 startup-timeout=30s stack-size=1M cpu-priority=5 send-buffer-size=64K \\
        request-timeout=30s interrupt=Off interrupt-timeout=500ms \\
        receive-buffer-size=65536 request-buffer=0 request-spool=2G header-buffer-size=64K response-buffer=4M response-spool=0 graceful-timeout=1min deadlock-timeout=0 \\
        memory-limit=1G virtual-memory-limit=8G \\
        process-limit=500 preload=On reload-on=${ROOT}/version,${ROOT}/restart.txt reload-overlap=2 warmup=/health \\
        scale-after=100ms scale-idle=5min file-limit=1024 core-limit=0 maximum-requests=1000 maximum-requests-jitter=20% restart-interval=24h \\
        restart-interval-jitter=5 memory-recycle=300M cpu-time-limit=10min inactivity-timeout=1h env=NAME=value "env=OTHER=two words"
    WSGIScriptAlias /a ${APPS}/hello.wsgi process-group=app application-group=%{GLOBAL} pass-authorization=On
    WSGIScriptAliasMatch ^/m/(.*) ${APPS}/$1.wsgi
    WSGIAppAlias /c package.module:create_app() process-group=app
    WSGIImportScript ${APPS}/warm.py process-group=app application-group=%{SERVER}
    WSGIImportScript ${APPS}/warm.py process-group=%{GLOBAL} application-group=%{GLOBAL}
    WSGISocketPrefix ${ROOT}/run/pywsgi
    WSGITempDir ${ROOT}/run
    WSGITrustedProxies 127.0.0.1
    WSGIRequestIdHeader X-Request-Id
    WSGIJSONLog ${ROOT}/log.json
    WSGIPythonPath ${APPS}:/nowhere
    <Directory ${APPS}>
        WSGIProcessGroup app
        WSGIApplicationGroup %{ENV:GROUP}
        WSGICallableObject create_app()
        WSGIPassAuthorization On
        WSGIScriptReloading Off
        WSGIChunkedRequest On
        WSGIMapHEADToGET Auto
        WSGIErrorOverride Off
        WSGIEnableSendfile On
        WSGIRequestTimeout 2min
        WSGIClientGone Interrupt
        WSGITrustedProxies 127.0.0.1 10.0.0.0/8 172.16.0.0/255.240.0.0 192.168. ::1 2001:db8::/32
        WSGITrustedProxyHeaders Forwarded x-forwarded-for X-Forwarded-Host
        WSGIAccessScript ${APPS}/hello.wsgi process-group=app application-group=%{GLOBAL}
        WSGIAuthUserScript ${APPS}/hello.wsgi
        WSGIAuthGroupScript "${APPS}/hello.wsgi" process-group=%{ENV:GROUP}
        WSGIDispatchScript ${APPS}/hello.wsgi
        WSGIHandlerScript my-handler ${APPS}/hello.wsgi process-group=app pass-authorization=On
        WSGIRestrictProcess app other %{GLOBAL}
    </Directory>
"""


class TestAccepted:
    def test_a_configuration_with_all_directives(self, server):
        assert configtest(server, GOOD) == (True, "Syntax OK\n")

    @pytest.mark.parametrize("rest", ["/", "/more", "/more/of/it"])
    def test_a_target_that_continues_after_the_script(self, server, rest):
        assert configtest(server, "WSGIScriptAlias / ${APPS}/hello.wsgi" + rest) == (True, "Syntax OK\n")

    def test_no_directive_at_all(self, server):
        assert configtest(server, "")[0]

    @pytest.mark.root
    def test_an_environment_in_the_root_directory_of_the_group(self, server):
        (server.root / "jail/venv").mkdir(parents=True)
        (server.root / "jail/venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = %d.%d.0\n" % sys.version_info[:2])
        (server.root / "jail/venv/bin").mkdir()
        (server.root / "jail/venv/bin/python3").symlink_to(sys.executable)
        assert configtest(server, "WSGIDaemonProcess app chroot=${ROOT}/jail python-home=/venv") == (True, "Syntax OK\n")

    def test_options_of_mod_wsgi_that_have_no_effect_are_named(self, server):
        ok, text = configtest(server, "WSGIDaemonProcess app response-flush-delay=5 response-socket-timeout=9 "
                                      "newrelic-config-file=/etc/newrelic.ini newrelic-environment=production")
        assert ok and text.count("PYW0107") == 4, text
        for option in ("response-flush-delay", "response-socket-timeout", "newrelic-config-file",
                       "newrelic-environment"):
            assert "option '%s' of mod_wsgi has no effect" % option in text

    @pytest.mark.parametrize("config, words", [
        ("WSGIPythonOptimize 7", ["WSGIPythonOptimize '7' counts as 2", "write 0, 1 or 2"]),
        ("WSGIPythonOptimize On", ["WSGIPythonOptimize 'On' counts as 0"]),
        ("WSGIPythonPath lib:/srv/lib", ["WSGIPythonPath", "'lib'", "absolute"]),
        ("WSGIDaemonProcess app home=/nowhere/at/all",
         ["option 'home' is '/nowhere/at/all'", "does not exist", "status 503"]),
        ("WSGIDaemonProcess app chroot=/nowhere/at/all", ["option 'chroot' is '/nowhere/at/all'", "does not exist"]),
        ("WSGIDaemonProcess app python-home=/nowhere/at/all",
         ["option 'python-home': /nowhere/at/all does not exist", "status 503"]),
        ("WSGIDaemonProcess app python-home=/etc", ["'python-home'", "/etc is not a Python environment", "status 503"]),
        ("WSGIDaemonProcess app python-home=/etc/passwd", ["'python-home'", "/etc/passwd is not a directory"]),
        ("WSGIDaemonProcess app python-home=/usr:/opt",
         ["option 'python-home': only the prefix /usr is used, not the exec_prefix /opt"]),
        ("WSGIPythonHome /usr:/opt", ["WSGIPythonHome: only the prefix /usr is used, not the exec_prefix /opt"]),
        ("WSGIPythonHome /nowhere/at/all\nWSGIScriptAlias / ${APPS}/hello.wsgi",
         ["WSGIPythonHome: /nowhere/at/all does not exist", "status 500"]),
        ("WSGIPythonHome /etc\nWSGIScriptAlias / ${APPS}/hello.wsgi",
         ["WSGIPythonHome: /etc is not a Python environment", "status 500"]),
        ("WSGIDaemonProcess app umask=01000", ["'umask' is '01000'", "000 is used instead"]),
        ("WSGIDaemonProcess app threads=many", ["'threads' is 'many'", "read as 0", "from 0 to 1000"]),
        ("WSGIDaemonProcess app eviction-timeout=x", ["'eviction-timeout' is 'x'", "read as 0"]),
        ("WSGIDaemonProcess app python-eggs=eggs", ["'eggs' in option 'python-eggs' is relative", "home="]),
        ("WSGIDaemonProcess %{GLOBAL}", ["WSGIDaemonProcess %{GLOBAL}: no request can use this group"]),
        ("WSGIDaemonProcess svc threads=0", ["needs a program", "WSGIImportScript"]),
        ("WSGIDaemonProcess svc threads=0\nWSGIScriptAlias / ${APPS}/hello.wsgi process-group=svc",
         ["WSGIScriptAlias", "'svc' is a service group", "status 500"]),
        ("WSGIDaemonProcess svc threads=0\nWSGIProcessGroup svc", ["WSGIProcessGroup", "serves no requests"]),
        ("WSGIProcessGroup %{NONSENSE}", ["WSGIProcessGroup", "'%{NONSENSE}' is not defined", "%{ENV:name}"]),
        ("WSGIProcessGroup %{ENV:}", ["WSGIProcessGroup", "'%{ENV:}' is not defined", "status 500"]),
        ("WSGIHandlerScript name ${APPS}/hello.wsgi process-group=nothere",
         ["WSGIHandlerScript", "'nothere' is not defined", "status 500"]),
        ("WSGIDaemonProcess app group=root", ["option 'group' is 'root'", "primary group"]),
        ("WSGIDaemonProcess app group=#0", ["option 'group' is '#0'", "primary group"]),
        ("WSGIDaemonProcess app\n<WSGIInterpreterOptions process-group=appp>\nWSGISwitchInterval 0.1\n"
         "WSGIRestrictStdout On\n</WSGIInterpreterOptions>", ["httpd.conf:", "process-group=appp> has no effect"]),
        ("WSGIPerInterpreterGIL On", ["WSGIPerInterpreterGIL On has no effect", "processes="]),
        ("WSGIFreeThreading On", ["WSGIFreeThreading On has no effect"]),
        ("<WSGIInterpreterOptions application-group=a>\nWSGISwitchInterval 0.1\n</WSGIInterpreterOptions>",
         ["WSGISwitchInterval has no effect here", "application-group="])])
    def test_values_that_mod_wsgi_accepts_cause_a_warning(self, server, config, words):
        ok, text = configtest(server, config)
        assert ok and "PYW0107" in text
        assert not [word for word in words if word not in text], text

    @pytest.mark.parametrize("config", [
        "WSGIPerInterpreterGIL Off\nWSGIFreeThreading Off", "WSGIPythonOptimize 0", "WSGIPythonHashSeed random",
        "WSGISlowRequests 0", "<WSGIInterpreterOptions>\n</WSGIInterpreterOptions>",
        "WSGIDaemonProcess app response-buffer-size=8388608 eviction-timeout=0 server-metrics=On python-eggs=/eggs",
        "<Directory /srv>\nWSGIIgnoreActivity On\nWSGIPassApacheRequest On\n</Directory>"])
    def test_settings_without_a_warning(self, server, config):
        assert configtest(server, config) == (True, "Syntax OK\n")

    @pytest.mark.parametrize("line, words", [
        ("WSGITrustedProxyHeaders X-Forwarded-For X-Forwarded-Protocol",
         ["'X-Forwarded-Protocol' is not known", "did you mean 'X-Forwarded-Proto'?"]),
        ("WSGITrustedProxyHeaders X-Whatever", ["'X-Whatever' is not known and has no effect\n"]),
        ("WSGIRequestIdHeader X-Request-Id", ["WSGIRequestIdHeader", "WSGITrustedProxies"]),
        ("WSGITrustedProxyHeaders", ["nothing is trusted"]), ("WSGITrustedProxies", ["nothing is trusted"])])
    def test_headers_of_proxies_that_are_not_known(self, server, line, words):
        ok, text = configtest(server, line)
        assert ok and "PYW0107" in text and all(word in text for word in words), text

    def test_a_script_with_functions_that_does_not_exist_yet(self, server):
        ok, text = configtest(server, "<Location />\nWSGIAccessScript ${APPS}/later.py\n</Location>")
        assert ok and "PYW0107" in text and "later.py" in text

    def test_env_file(self, server):
        (server.root / "good.env").write_text("# comment\n\nA=1\nexport B=\"two words\"\n")
        assert configtest(server, "WSGIDaemonProcess app env-file=${ROOT}/good.env")[0]

    def test_a_fifo_of_a_site_does_not_delay_httpd(self, server):
        """Its owner could otherwise keep httpd from starting."""
        venv = server.root / "fifo-venv"
        venv.mkdir()
        for path in (server.root / "fifo.env", venv / "pyvenv.cfg"):
            os.mkfifo(path)
        refused(server, "WSGIDaemonProcess app env-file=${ROOT}/fifo.env", "fifo.env: it is not a regular file")
        warned(server, "WSGIDaemonProcess app python-home=${ROOT}/fifo-venv", "fifo-venv is not a Python environment")


class TestImportScript:
    @pytest.mark.parametrize("line, words", [
        ("WSGIImportScript", ["needs a file"]),
        ("WSGIImportScript /srv/warm.py", ["needs process-group=", "%{GLOBAL}"]),
        ("WSGIImportScript /srv/warm.py process-group=blog", ["'blog' is not defined", "WSGIImportScript"]),
        ("WSGIImportScript /srv/warm.py proces-group=app", ["did you mean 'process-group'?"]),
        ("WSGIImportScript /srv/warm.py process-group=", ["'process-group' has an empty value"]),
        ("WSGIImportScript /srv/warm.py process-group=%{ENV:x}", ["'process-group'", "'%{ENV:x}'", "%{GLOBAL}"]),
        ("WSGIImportScript /srv/warm.py process-group=app application-group=",
         ["'application-group' has an empty value"]),
        ("WSGIRestrictEmbedded On\nWSGIImportScript /srv/warm.py process-group=%{GLOBAL}",
         ["PYW0110", "WSGIRestrictEmbedded"])])
    def test_mistakes_are_reported(self, server, line, words):
        refused(server, "WSGIDaemonProcess app\n" + line, *words)


ALIAS = "\nWSGIScriptAlias /a ${APPS}/hello.wsgi\n"

SERVICE = "WSGIDaemonProcess svc threads=0\nWSGIImportScript /srv/program.py process-group=svc\n"


class TestServiceGroups:
    def test_one_with_a_program(self, server):
        assert configtest(server, SERVICE)[0]

    @pytest.mark.parametrize("config, words", [
        (SERVICE.replace("=0", "=0 preload=On"), ["option 'preload'", "service group"]),
        (SERVICE.replace("=0", "=0 processes=1-3"), ["option 'processes'", "service group"])])
    def test_mistakes_are_reported(self, server, config, words):
        refused(server, config, *words)


class TestOptions:
    @pytest.mark.parametrize("option, words", [
        ("thread=8", ["unknown option 'thread'", "did you mean 'threads'?"]),
        ("proceses=8", ["unknown option 'proceses'", "did you mean 'processes'?"]),
        ("python_home=/usr", ["unknown option 'python_home'", "did you mean 'python-home'?"]),
        ("zzzzzzzz=1", ["unknown option 'zzzzzzzz'"]),
        ("venv=/srv/venv", ["unknown option 'venv'", "did you mean 'python-home'?"]),
        ("workers=4", ["unknown option 'workers'", "did you mean 'processes'?"]),
        ("display-name=my blog", ["'blog' has no value", "\"display-name=my blog\" in quotes"]),
        ("request-timeout=30 seconds", ["write request-timeout=30s"]),
        ("memory-limit=512 MB threads=2", ["write memory-limit=512M"]),
        ("threads=8 extra", ["'extra' has no value: write extra=..."]),
        ("env=PASSWORD=one two", ["\"env=NAME=two words\""]),
        ("python-home=${ROOT}/old", ["does not support Python 3.8", "3.9 to 3.14"]),
        ("threads", ["'threads'", "threads="]),
        ("threads=-3", ["'threads'", "'-3'"]),
        ("processes=0", ["'processes'", "'0'", "from 1 to"]),
        ("interrupt=maybe", ["'interrupt'", "'maybe'", "On or Off"]),
        ("preload=yes", ["'preload'", "'yes'", "On or Off"]),
        ("queue-limit=100000", ["'queue-limit'", "'100000'", "from 0 to 10000"]),
        ("scale-after=soon", ["'scale-after'", "'soon'", "ms, s, min or h"]),
        ("umask=9", ["'umask'", "'9'", "octal"]),
        ("shutdown-timeout=-1", ["'shutdown-timeout'", "'-1'"]),
        ("send-buffer-size=511", ["'send-buffer-size'", "'511'"]),
        ("home=relative/path", ["'home'", "'relative/path'", "absolute"]),
        ("processes=8-2", ["'processes'", "'8-2'", "a minimum and a maximum, such as 2-8"]),
        ("processes=2 memory-budget=1G", ["'memory-budget'", "processes=2-3"]),
        ("cgroup=/nowhere/at/all", ["'cgroup'", "'/nowhere/at/all'", "No such file", "create it first"]),
        ("cgroup=/tmp", ["'cgroup'", "'/tmp'", "it is not a cgroup (version 2)"]),
        ("env=NOVALUE", ["'env'", "NAME=value"]),
        ("env=1A=x", ["'env'", "NAME=value"]),
        ("env-file=/nowhere/file", ["'env-file'", "/nowhere/file", "No such file"]),
        ("env-file=${ROOT}/bad.env", ["'env-file'", "bad.env:2", "NAME=value"]),
        ("script-user=nosuchuser", ["'script-user'", "no such user"]),
        ("script-group=nosuchgroup", ["'script-group'", "no such group"]),
        ("switch-interval=soon", ["'switch-interval'", "seconds"]),
    ])
    def test_wsgi_daemon_process(self, server, option, words):
        (server.root / "bad.env").write_text("A=1\nnot a setting\n")
        (server.root / "old" / "bin").mkdir(parents=True, exist_ok=True)
        (server.root / "old" / "bin" / "python3").touch()
        (server.root / "old" / "pyvenv.cfg").write_text("version = 3.8.20\n")
        refused(server, "WSGIDaemonProcess blog " + option, "WSGIDaemonProcess", *words)

    def test_a_message_about_env_does_not_show_a_secret(self, server):
        assert "hunter2" not in refused(server, "WSGIDaemonProcess blog env=PASS-WORD=hunter2", "'env'")

    @pytest.mark.parametrize("option, words", [
        ("proces-group=app", ["'proces-group'", "did you mean 'process-group'?"]),
        ("pass-authorization=maybe", ["'pass-authorization'", "'maybe'", "On or Off"]),
        ("nonsense", ["'nonsense'"]),
        ("process-group=", ["'process-group'", "empty"]),
    ])
    @pytest.mark.parametrize("directive", [
        "WSGIScriptAlias / ${APPS}/hello.wsgi", "WSGIScriptAliasMatch ^/ ${APPS}/hello.wsgi",
        "WSGIAppAlias / package.module:app"])
    def test_mounts(self, server, directive, option, words):
        refused(server, "WSGIDaemonProcess app\n%s %s" % (directive, option), directive.split()[0], *words)


class TestUsers:
    def test_unknown_user(self, server):
        refused(server, "WSGIDaemonProcess blog user=nosuchuser", "'user'", "'nosuchuser'", "no such user")

    def test_unknown_group(self, server):
        refused(server, "WSGIDaemonProcess blog group=nosuchgroup", "'group'", "'nosuchgroup'", "no such group")

    def test_unknown_supplementary_group(self, server):
        refused(server, "WSGIDaemonProcess blog supplementary-groups=daemon,nosuchgroup", "'supplementary-groups'",
                "'nosuchgroup'")

    def test_unknown_socket_user(self, server):
        refused(server, "WSGIDaemonProcess blog socket-user=nosuchuser", "'socket-user'", "'nosuchuser'")

    @pytest.mark.parametrize("user", ["root", "#0"])
    def test_applications_never_run_as_root(self, server, user):
        refused(server, "WSGIDaemonProcess blog user=" + user, "'user'", user, "root")

    @pytest.mark.root
    def test_user_without_group_takes_the_primary_group(self, server):
        assert configtest(server, "WSGIDaemonProcess blog user=nobody")[0]

    @pytest.mark.root
    def test_a_uid_without_an_entry_needs_a_group(self, server):
        refused(server, "WSGIDaemonProcess blog user=#54321", "'user'", "#54321", "group=")

    @pytest.mark.root
    @pytest.mark.parametrize("option", ["user=daemon", "chroot=/tmp"])
    def test_a_configtest_without_root_only_warns_of_options_that_need_root(self, server, option):
        server.configure("WSGISocketPrefix /nowhere/at/all\nWSGIDaemonProcess blog " + option)
        done = subprocess.run(server.command("-t"), env=server.child_environment(), user="nobody", group="nogroup",
                              extra_groups=[], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "PYW0107" in done.stderr, done.stderr
        assert "'%s' is '%s'" % tuple(option.split("=")) in done.stderr and "repeat it with sudo" in done.stderr

    @pytest.mark.skipif(paths.is_root(), reason="root may become anybody")
    def test_without_root_there_is_no_other_user(self, server):
        ok, text = configtest(server, "WSGIDaemonProcess blog user=nobody")
        assert ok and "PYW0107" in text and "'user' is 'nobody'" in text


class TestGroups:
    def test_defined_twice_with_other_options(self, server):
        refused(server, "WSGIDaemonProcess blog env=A=hunter2\nWSGIDaemonProcess blog threads=2 env=A=hunter3",
                "WSGIDaemonProcess blog", "already defined", "httpd.conf:", "other values of threads, env")

    def test_defined_twice_with_the_same_options(self, server):
        ok, text = configtest(server, "LogLevel info\n" + 2 * "WSGIDaemonProcess blog threads=2 env=A=hunter2\n")
        assert ok and "PYW0132" in text and "one group for both places" in text and "hunter2" not in text

    @pytest.mark.parametrize("config", [
        "WSGIScriptAlias / ${APPS}/hello.wsgi process-group=nothere",
        "WSGIAppAlias / module:app process-group=nothere",
        "WSGIProcessGroup nothere",
        "WSGIProcessGroup nothere\n<VirtualHost *:80>\nWSGIProcessGroup app" + ALIAS + "</VirtualHost>",
        "<Directory ${APPS}>\nWSGIProcessGroup nothere\n</Directory>" + ALIAS,
    ])
    def test_never_defined(self, server, config):
        warned(server, "WSGIDaemonProcess app\n" + config, "'nothere' is not defined", "WSGIDaemonProcess nothere",
               "a request that uses it gets status 500")

    def test_a_misspelt_one_is_suggested(self, server):
        warned(server, "WSGIDaemonProcess blog\nWSGIScriptAlias / ${APPS}/hello.wsgi process-group=blgo",
               "'blgo' is not defined, did you mean 'blog'?")

    def test_defined_in_the_virtual_host_that_uses_it(self, server):
        warned(server, "WSGIProcessGroup app\n<VirtualHost *:80>\nServerName a.example\nWSGIDaemonProcess app" + ALIAS +
               "</VirtualHost>", "belongs to the virtual host", "a request to another host gets status 500")

    def test_used_above_its_definition(self, server):
        assert configtest(server, "WSGIProcessGroup app\nWSGIDaemonProcess app")[0]

    @pytest.mark.parametrize("line", ["WSGIScriptAlias / ${APPS}/hello.wsgi process-group=private",
                                      "WSGIImportScript ${APPS}/hello.wsgi process-group=private"])
    def test_of_another_server_name(self, server, line):
        """Without its group a script of WSGIImportScript would never run."""
        check, tag = (refused, "PYW0102") if "Import" in line else (warned, "PYW0107")
        check(server, """
            <VirtualHost *:80>
                ServerName one.example
                WSGIDaemonProcess private
            </VirtualHost>
            <VirtualHost *:80>
                ServerName two.example
                %s
            </VirtualHost>""" % line, tag, "'private' belongs to the virtual host", "ServerName")

    def test_of_the_same_server_name_on_another_port(self, server):
        assert configtest(server, """
            <VirtualHost *:80>
                ServerName one.example
                WSGIDaemonProcess shared
            </VirtualHost>
            <VirtualHost *:443>
                ServerName one.example
                WSGIScriptAlias / ${APPS}/hello.wsgi process-group=shared
            </VirtualHost>""")[0]

    def test_without_a_name(self, server):
        refused(server, "WSGIDaemonProcess threads=8", "WSGIDaemonProcess needs a name")

    def test_socket_path_over_107_bytes(self, server):
        refused(server, "WSGISocketPrefix ${ROOT}/run/%s\nWSGIDaemonProcess app" % ("p" * 90), "107", "socket",
                "WSGISocketPrefix")

    @pytest.mark.parametrize("path", ["/nowhere/at/all", "${ROOT}/httpd.conf"])
    def test_a_temporary_directory_that_is_none(self, server, path):
        refused(server, "WSGITempDir " + path, "PYW0116", "WSGITempDir", "no such directory")

    def test_socket_prefix_in_a_directory_that_does_not_exist(self, server):
        """The manager makes it."""
        assert configtest(server, "WSGISocketPrefix /nowhere/at/all\nWSGIDaemonProcess app") == (True, "Syntax OK\n")


class TestMisspeltDirectives:
    @pytest.mark.parametrize("line, meant", [
        ("WSGIDeamonProcess blog", "WSGIDaemonProcess"), ("WSGIScriptAlais / /x", "WSGIScriptAlias"),
        ("<Location />\nWGSIProcessGroup blog\n</Location>", "WSGIProcessGroup")])
    def test_the_nearest_is_suggested_before_httpd_refuses(self, server, line, meant):
        refused(server, line, "PYW0156", "did you mean %s?" % meant, "httpd.conf:", "Invalid command")

    @pytest.mark.parametrize("line", ["WSGILogFormat json", "WSGIErrorLogFormat json", "WSGILogJSON error.json"])
    def test_other_names_of_the_json_log_lead_to_its_directive(self, server, line):
        refused(server, line, "PYW0156", "did you mean WSGIJSONLog file-path?", "Invalid command")

    def test_directives_of_other_modules_have_no_suggestion(self, server):
        assert "PYW0156" not in refused(server, "Watchdog On", "Invalid command")


class TestMounts:
    @pytest.mark.parametrize("config, words", [
        ("WSGIScriptAlias /", ["WSGIScriptAlias needs"]),
        ("WSGIScriptAliasMatch ^/( ${APPS}/hello.wsgi", ["WSGIScriptAliasMatch", "regular expression"]),
        ("WSGIAppAlias / ${APPS}/hello.wsgi", ["WSGIAppAlias", "WSGIScriptAlias"]),
        ("WSGIAppAlias / not-a-module:app", ["WSGIAppAlias", "package.module:callable"]),
        ("WSGIAppAlias / a..b:app", ["WSGIAppAlias", "package.module:callable"]),
        ("WSGIAppAlias / module:", ["WSGIAppAlias", "package.module:callable"]),
        ("WSGIAppAlias / module:app callable-object=other", ["WSGIAppAlias", "'callable-object'"]),
        ("WSGIPassAuthorization maybe", ["WSGIPassAuthorization", "'maybe'", "On or Off"]),
        ("WSGIStatus maybe", ["WSGIStatus", "'maybe'", "On or Off"]),
        ("WSGICheck maybe", ["WSGICheck", "'maybe'", "On or Off"]),
        ("WSGIScriptReloading 1", ["WSGIScriptReloading", "'1'", "On or Off"]),
        ("WSGIChunkedRequest x", ["WSGIChunkedRequest", "'x'", "On or Off"]),
        ("WSGIMapHEADToGET x", ["WSGIMapHEADToGET", "'x'", "On, Off or Auto"]),
        ("WSGIClientGone On", ["WSGIClientGone", "'On'", "Interrupt or Ignore"]),
        ("WSGIRequestTimeout soon", ["WSGIRequestTimeout", "'soon'", "ms, s, min or h"]),
        ("WSGIRequestTimeout -1", ["WSGIRequestTimeout", "'-1'"]),
        ("WSGIRequestIdHeader \"X Request Id\"", ["WSGIRequestIdHeader", "'X Request Id'", "name of a header"]),
        ("WSGITrustedProxies proxy.example", ["WSGITrustedProxies", "'proxy.example'", "IP address"]),
        ("WSGITrustedProxies 10.0.0.0/33", ["WSGITrustedProxies", "'10.0.0.0/33'", "10.0.0.0/8"]),
        ("WSGIErrorOverride x", ["WSGIErrorOverride", "'x'", "On or Off"]),
        ("WSGIResponseBuffering x", ["WSGIResponseBuffering", "'x'", "On or Off"]),
        ("WSGIEnableSendfile x", ["WSGIEnableSendfile", "'x'", "On or Off"]),
        ("WSGIRestrictEmbedded x", ["WSGIRestrictEmbedded", "'x'", "On or Off"]),
        ("WSGIBatchScheduling x", ["WSGIBatchScheduling", "'x'", "On or Off"]),
        ("WSGIPythonHashSeed -1", ["WSGIPythonHashSeed", "'-1'", "random", "4294967295"]),
        ("WSGIPythonHashSeed 4294967296", ["WSGIPythonHashSeed"]),
        ("WSGIDontWriteBytecode x", ["WSGIDontWriteBytecode", "'x'", "On or Off"]),
        ("WSGIRestrictStdin x", ["WSGIRestrictStdin", "'x'", "On or Off"]),
        ("WSGIRestrictSignal x", ["WSGIRestrictSignal", "'x'", "On or Off"]),
        ("WSGISwitchInterval 0", ["WSGISwitchInterval", "'0'", "seconds"]),
        ("WSGISlowRequests soon", ["WSGISlowRequests", "'soon'", "ms, s, min or h"]),
        ("<WSGIInterpreterOptions process-group=app\n</WSGIInterpreterOptions>", ["WSGIInterpreterOptions", "closing"]),
        ("<WSGIInterpreterOptions group=app>\n</WSGIInterpreterOptions>",
         ["WSGIInterpreterOptions", "'group'", "process-group and application-group"]),
        ("<WSGIInterpreterOptions>\nWSGIPythonOptimize 1\n</WSGIInterpreterOptions>",
         ["WSGIInterpreterOptions", "cannot contain WSGIPythonOptimize", "httpd.conf:"]),
        ("<VirtualHost *:80>\nWSGIPythonOptimize 1\n</VirtualHost>", ["WSGIPythonOptimize"]),
        ("<VirtualHost *:80>\n<WSGIInterpreterOptions>\n</WSGIInterpreterOptions>\n</VirtualHost>",
         ["WSGIInterpreterOptions"]),
        ("<VirtualHost *:80>\nWSGIPythonHome /usr\n</VirtualHost>", ["WSGIPythonHome"]),
        ("<VirtualHost *:80>\nWSGISocketPrefix run/x\n</VirtualHost>", ["WSGISocketPrefix"]),
        ("<VirtualHost *:80>\nWSGIRestrictEmbedded On\n</VirtualHost>", ["WSGIRestrictEmbedded"]),
        ("<VirtualHost *:80>\nWSGIBatchScheduling Off\n</VirtualHost>", ["WSGIBatchScheduling"]),
        ("WSGIAuthUserScript /x", ["WSGIAuthUserScript", "not allowed"]),
        ("<Location />\nWSGIAuthUserScript\n</Location>", ["WSGIAuthUserScript needs the path"]),
        ("<Location />\nWSGIAccessScript /x proces-group=app\n</Location>",
         ["WSGIAccessScript", "did you mean 'process-group'?"]),
        ("WSGIDispatchScript /x application-group=", ["WSGIDispatchScript", "'application-group' has an empty value"]),
        ("WSGIHandlerScript /x", ["WSGIHandlerScript needs the name of a handler"]),
        ("WSGIHandlerScript name /x pass-authorization=1", ["WSGIHandlerScript", "'1'", "On or Off"]),
    ])
    def test_directives(self, server, config, words):
        refused(server, config, *words)


class TestMistakesThatModWsgiAccepts:
    """mod_wsgi starts with them, so they are warnings."""

    @pytest.mark.parametrize("config, words", [
        ("WSGIRestrictProcess", ["WSGIRestrictProcess names no process group", "500"]),
        ("WSGIImportScript ${APPS}/hello.wsgi process-group=%{GLOBAL} application-group=%{RESOURCE}",
         ["application-group=%{RESOURCE}", "%{GLOBAL} or %{SERVER}"]),
        ("WSGIDaemonProcess app python-home=no-venv", ["'python-home': ", "/no-venv does not exist"]),
        ("WSGIScriptAlias blog ${APPS}/hello.wsgi", ["'blog' does not begin with a slash", "write /blog"]),
        ("WSGIScriptAlias / ${APPS}/missing.wsgi", ["there is no file", "missing.wsgi"]),
        ("WSGIScriptAliasMatch ^/ ${APPS}/missing.wsgi", ["there is no file", "missing.wsgi"]),
        ("WSGIScriptAlias / hello.wsgi", ["there is no file", "relative to ServerRoot"]),
        ("WSGIScriptAlias / ${APPS}/hello.wsgi:app", ["write WSGIScriptAlias / /", "/hello.wsgi callable-object=app"]),
        ("WSGIAppAlias / app.py:app", ["write WSGIAppAlias / app:app"]),
        ("WSGIScriptAlias / ${APPS}", ["is a directory", "write the path of its script"]),
        ("WSGIScriptAlias ${APPS}/hello.wsgi /", ["the URL path comes first", "write WSGIScriptAlias / "]),
        ("WSGIApplicationGroup %{NONSENSE}", ["WSGIApplicationGroup", "%{NONSENSE}", "%{GLOBAL}", "%{ENV:name}"]),
        ("WSGIScriptAlias / ${APPS}/hello.wsgi application-group=%{global}", ["unknown variable '%{global}'"]),
        ("WSGIScriptAlias / ${APPS}/hello.wsgi process-group=%{global}", ["'%{global}' is not defined"]),
        ("WSGIDispatchScript ${APPS}/hello.wsgi application-group=%{X}", ["unknown variable '%{X}'"]),
        ("<Location />\nWSGIAccessScript ${APPS}/hello.wsgi process-group=nowhere\n</Location>",
         ["WSGIAccessScript", "'nowhere' is not defined"]),
        ("WSGIPythonPath /a:relative:/b", ["WSGIPythonPath", "'relative'", "absolute"]),
        ("WSGIDaemonProcess app startup-timeout=3days", ["'3days'", "read as 3", "ms, s, min or h"]),
        ("WSGIDaemonProcess app python-path=/a:b", ["'b'", "python-path", "absolute"]),
    ])
    def test_a_warning_suggests_the_correction(self, server, config, words):
        warned(server, config, *words)

    @pytest.mark.parametrize("config", [
        "WSGIScriptAlias / apps/hello.wsgi", "WSGIScriptAlias /dir ${APPS}", "WSGIScriptAliasMatch ^/(.*) ${APPS}/$1",
        "WSGIDaemonProcess app socket-timeout=2147483647 restart-interval=31536000 connect-timeout=0 stack-size=8192 "
        "request-timeout=100000 listen-backlog=100000 lang= locale= python-path= python-eggs= maximum-requests=0",
        "WSGIAcceptMutex posixsem\nWSGISocketRotation Off\nWSGILazyInitialization On\nWSGIVerboseDebugging On",
        "WSGICaseSensitivity On\nWSGIGroupAuthoritative Off",
    ])
    def test_correct_lines_cause_no_warning(self, server, config):
        assert configtest(server, "LogLevel warn\n" + config) == (True, "Syntax OK\n")

    def test_notices_at_level_info(self, server):
        ok, text = configtest(server, "LogLevel warn wsgi:info\nWSGIAcceptMutex flock\nWSGIDaemonProcess app lang=\n"
                                      "WSGIVerboseDebugging On")
        assert ok and text.count("PYW0132") == 3 and "LogLevel wsgi:debug" in text and "PYW0107" not in text, text


class TestEngines:
    def test_python_home_whose_engine_is_not_installed(self, server):
        home = server.root / "venv314"
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "python3").symlink_to("/usr/bin/python3")
        (home / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.14.0\n")
        refused(server, "WSGIEnginePath ${ROOT}/run\nWSGIDaemonProcess blog python-home=%s" % home, "WSGIDaemonProcess blog", str(home),
                "pywsgi_cpython314.so", "make PYTHON=")

    @pytest.mark.parametrize("program", ["python3.99t", "python3.99"])
    @pytest.mark.parametrize("is_venv", [True, False])
    def test_python_home_of_a_free_threaded_build(self, server, program, is_venv):
        home = server.root / ("%s-%d" % (program, is_venv))
        (home / "bin").mkdir(parents=True)
        (home / "lib" / "python3.99t").mkdir(parents=True)
        (home / "lib" / "python3.99t" / "os.py").touch()
        (home / "bin" / program).touch()
        (home / "bin" / "python3").symlink_to(program)
        if is_venv:
            (home / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.99.0\n")
        refused(server, "WSGIDaemonProcess blog python-home=%s" % home, "WSGIDaemonProcess blog", str(home),
                "Python 3.99t is a free-threaded build", "with the GIL")

    def test_virtualenv_with_a_dangling_link(self, server):
        home = server.root / "broken"
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "python3").symlink_to("/nowhere/python3")
        (home / "pyvenv.cfg").write_text("version = 3.11.0\n")
        warned(server, "WSGIDaemonProcess blog python-home=%s" % home, "bin/python3", "dangling", "status 503")

    def test_virtualenv_of_an_installed_engine(self, server):
        home = server.root / "venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(home)], check=True)
        assert configtest(server, "WSGIDaemonProcess blog python-home=%s" % home)[0]

    def test_embedded_engine_missing(self, server):
        (server.root / "empty").mkdir()
        refused(server, "WSGIEnginePath ${ROOT}/empty\nWSGIScriptAlias / ${APPS}/hello.wsgi", "PYW0105",
                "pywsgi_cpython", str(server.root / "empty"))

    def test_nothing_embedded_needs_no_engine_for_it(self, server):
        assert configtest(server, "WSGIEnginePath ${ROOT}/empty")[0]

    def test_daemon_program_missing(self, server):
        refused(server, "WSGIDaemonProgram /nowhere/pywsgid\nWSGIDaemonProcess app", "/nowhere/pywsgid", "PYW0103")

    def test_mod_wsgi_beside_us(self, server):
        if not os.path.exists(paths.module_file("wsgi")):
            pytest.skip("mod_wsgi is not installed")
        refused(server, 'LoadModule wsgi_module "%s"' % paths.module_file("wsgi"), "mod_wsgi")
