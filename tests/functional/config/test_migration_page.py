# SPDX-License-Identifier: Apache-2.0
"""docs/guide/migration.md names everything that mod_wsgi has, once, and agrees with the tables of the code."""
import re
import subprocess

import pytest

from pyw import paths

DIRECTIVES = """
    WSGIScriptAlias WSGIScriptAliasMatch WSGIHandlerScript WSGIProcessGroup WSGIApplicationGroup WSGICallableObject
    WSGIDispatchScript WSGIRestrictProcess WSGIImportScript WSGIScriptReloading WSGICaseSensitivity
    WSGIPassAuthorization WSGIPassApacheRequest WSGIErrorOverride WSGIChunkedRequest WSGIMapHEADToGET
    WSGIEnableSendfile WSGIIgnoreActivity WSGITrustedProxies WSGITrustedProxyHeaders
    WSGIAccessScript WSGIAuthUserScript WSGIAuthGroupScript WSGIGroupAuthoritative
    WSGIPythonHome WSGIPythonPath WSGIPythonEggs WSGIPythonOptimize WSGIPythonWarnings WSGIPythonHashSeed
    WSGIDontWriteBytecode WSGISwitchInterval WSGIDestroyInterpreter WSGIPerInterpreterGIL WSGIFreeThreading
    <WSGIInterpreterOptions> WSGIRestrictEmbedded WSGIRestrictStdin WSGIRestrictStdout WSGIRestrictSignal
    WSGIDaemonProcess WSGISocketPrefix WSGISocketRotation WSGIAcceptMutex WSGIServerMetrics WSGITelemetryService
    WSGISlowRequests WSGITelemetryOptions WSGIVerboseDebugging
""".split()
EARLIER = "WSGILazyInitialization WSGINewRelicConfigFile WSGINewRelicEnvironment".split()
OPTIONS = """
    processes threads user group supplementary-groups umask home chroot lang locale python-home python-path python-eggs
    switch-interval stack-size display-name listen-backlog connect-timeout socket-timeout queue-timeout request-timeout
    interrupt-timeout deadlock-timeout startup-timeout inactivity-timeout graceful-timeout eviction-timeout
    shutdown-timeout restart-interval maximum-requests cpu-time-limit cpu-priority memory-limit virtual-memory-limit
    send-buffer-size receive-buffer-size header-buffer-size response-buffer-size response-socket-timeout
    response-flush-delay socket-user script-user script-group server-metrics
""".split()
EARLIER_OPTIONS = "newrelic-config-file newrelic-environment".split()
MODULE = """
    version process_group application_group maximum_processes threads_per_process thread_id active_requests request_data
    subscribe_events subscribe_shutdown subscribe_signals start_recording_metrics request_metrics process_metrics
    server_metrics RequestTimeout FileWrapper LogHandler
""".split()
KEYS = ["apache.version", "apache.request_rec"] + ["mod_wsgi." + name for name in """
    version process_group application_group callable_object script_name path_info mount_point request_handler
    handler_script listener_host listener_port request_id connection_id server_pid thread_id request_start queue_start
    daemon_start script_start application_start script_reloading enable_sendfile ignore_activity thread_requests
    total_requests daemon_connects daemon_restarts
""".split()]
# These have functions or members of their own.
DIRECTIVES_WITHOUT_EFFECT = {"WSGIPerInterpreterGIL", "WSGIFreeThreading"}
OPTIONS_WITHOUT_EFFECT = {"connect-timeout", "listen-backlog"}
CLASSES = {"same", "better", "no effect", "refused"}

PAGE = paths.TOP / "docs" / "guide" / "migration.md"
TABLE = (paths.TOP / "src" / "config" / "directives" / "table.c").read_text()
OPTION_TABLE = (paths.TOP / "src" / "config" / "options" / "table.c").read_text()


def rows(title):
    """Return the cells of the table below a title, without its two head lines."""
    section = re.split(r"^## ", PAGE.read_text(), flags=re.M)
    text = next(part for part in section if part.startswith(title + "\n"))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def rows_of(macro):
    """Return the directives whose rows in the table use a macro."""
    return set(re.findall(r'^    %s\("([^"]+)"' % macro, TABLE, re.M))


def names(cell):
    """Return the names in a cell: `a`, `b`, or links to pages."""
    return re.findall(r"\[`?([^`\]]+)`?\]|`([^`]+)`", cell)


def classes(title):
    """Return name -> class of a table; a name that occurs twice fails."""
    found = {}
    for row in rows(title):
        for pair in names(row[0]):
            name = pair[0] or pair[1]
            assert name not in found, name + " is there twice"
            found[name] = row[1]
    return found


@pytest.mark.parametrize("title, expected", [
    ("Directives", DIRECTIVES), ("Directives of earlier versions", EARLIER),
    ("Options of WSGIDaemonProcess", OPTIONS), ("Options of earlier versions", EARLIER_OPTIONS), ("Python modules", MODULE), ("Keys of environ", KEYS)])
def test_every_name_occurs_once_and_has_a_class(title, expected):
    found = classes(title)
    assert sorted(found) == sorted(expected)
    assert set(found.values()) <= CLASSES


def with_class(found, name):
    return {key.rstrip(">") for key, value in found.items() if value == name}


def test_the_class_of_a_directive_is_that_of_its_row():
    page = {**classes("Directives"), **classes("Directives of earlier versions")}
    assert rows_of("REFUSED") == with_class(page, "refused")
    assert rows_of("IGNORED") | rows_of("MEANINGLESS") | DIRECTIVES_WITHOUT_EFFECT == with_class(page, "no effect")


def test_the_class_of_an_option_is_that_of_its_row():
    page = {**classes("Options of WSGIDaemonProcess"), **classes("Options of earlier versions")}
    ignored = set(re.findall(r'\{"([a-z-]+)", PYW_KIND_IGNORED', OPTION_TABLE))
    known = set(re.findall(r'^    \{"([a-z-]+)"', OPTION_TABLE, re.M))
    assert ignored | OPTIONS_WITHOUT_EFFECT == with_class(page, "no effect")
    assert set(page) - known == with_class(page, "refused")


def test_the_package_has_the_names_of_the_module():
    package = (paths.TOP / "src" / "python" / "pywsgi" / "__init__.py").read_text()
    assert set(MODULE) <= set(re.findall(r'"(\w+)"', package))


def test_the_page_about_environ_describes_each_key():
    described = set(re.findall(r"`([\w.]+)`", (paths.TOP / "docs" / "reference" / "environ.md").read_text()))
    assert {key for key, value in classes("Keys of environ").items() if value != "no effect"} <= described


def test_httpd_knows_each_directive(make_httpd):
    server = make_httpd(start=False)
    listed = subprocess.run(server.command("-L"), env=server.child_environment(), stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    known = set(re.findall(r"^(<?WSGI\w+)", listed, re.M))
    assert {name.rstrip(">") for name in DIRECTIVES + EARLIER} <= known


def test_links_lead_to_files_and_titles():
    for target in re.findall(r"\]\(([^)]+)\)", PAGE.read_text()):
        path, _, title = target.partition("#")
        file = (PAGE.parent / path).resolve() if path else PAGE
        assert file.exists(), target
        titles = [re.sub(r"[^\w -]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
                  for line in file.read_text().splitlines() if line.startswith("#")]
        assert not title or title in titles, target
