# SPDX-License-Identifier: Apache-2.0
"""WSGIImportScript: scripts that are executed when a process starts, before it serves."""
import pytest
from lifecycle_site import DaemonSite

from pyw import wait_for

WARM = """
import builtins, os, threading
import pywsgi
path = %r
builtins.warmed = getattr(builtins, "warmed", []) + ["%s in %%r" %% pywsgi.application_group]
descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
os.write(descriptor, b"%s\\n")
os.close(descriptor)
"""
APP = """
import builtins, pywsgi
found = list(getattr(builtins, "warmed", []))

def application(environ, start_response):
    start_response("200 OK", [])
    return [(", ".join(found) + "; " + pywsgi.application_group).encode()]
"""
CONFIG = """
    WSGIDaemonProcess app %s
    WSGIScriptAlias / ${APPS}/app.wsgi process-group=app
    WSGIImportScript ${APPS}/one.py process-group=app application-group=%%{GLOBAL}
    WSGIImportScript ${APPS}/two.py process-group=app
    WSGIImportScript ${APPS}/three.py process-group=app application-group=other
"""
ERRORS = r"PYW0529|PYW0317|PYW0394|PYW0612|PYW0316|Traceback|\]   |File|Error"


def add_script(server, name, text=WARM):
    server.add_apps({"new.py": text % (str(server.data / "warmed"), name, name)})
    (server.apps / "new.py").rename(server.apps / (name + ".py"))


def make(make_httpd, config, names=("one", "two", "three"), **options):
    server = make_httpd(config, apps={"app.wsgi": APP}, start=False, **options)
    for name in names:
        add_script(server, name)
    return server


class TestDaemon:
    @pytest.mark.parametrize("options", ["threads=2", "threads=2 preload=On"])
    def test_they_run_once_in_their_order_before_the_application(self, make_httpd, options):
        server = make(make_httpd, CONFIG % options).start()
        assert DaemonSite(server).get("/").body == b"one in '', two in ''; "
        assert sorted((server.data / "warmed").read_text().split()) == ["one", "three", "two"]
        assert (server.data / "warmed").read_text().index("one") < (server.data / "warmed").read_text().index("two")

    def test_a_changed_script_replaces_the_workers(self, make_httpd):
        server = make(make_httpd, CONFIG % "threads=2").start()
        site = DaemonSite(server)
        assert site.get("/").status == 200
        add_script(server, "two", WARM.replace("%s in", "another %s in"))
        wait_for(lambda: b"another two" in site.get("/").body)

    def test_a_failing_script_is_logged_and_the_application_serves(self, make_httpd):
        server = make(make_httpd, CONFIG % "threads=2")
        (server.apps / "two.py").write_text("raise RuntimeError('announced')\n")
        (server.apps / "three.py").unlink()
        server.allow_log(ERRORS)
        server.start()
        assert DaemonSite(server).get("/").body == b"one in ''; "
        assert server.log.wait(r"PYW0529.*two\.py") and server.log.find("RuntimeError: announced")
        assert server.log.wait(r"PYW0612.*three\.py: check the path of its WSGIImportScript")
        add_script(server, "two")
        wait_for(lambda: b"two in" in DaemonSite(server).get("/").body)


class TestEmbedded:
    @pytest.mark.parametrize("mpm", ["event", "prefork"])
    def test_they_run_in_each_child_before_it_serves(self, make_httpd, mpm):
        server = make(make_httpd, """
            WSGIScriptAlias / ${APPS}/app.wsgi
            WSGIImportScript ${APPS}/one.py process-group=%{GLOBAL} application-group=%{GLOBAL}
            """, mpm=mpm).start()
        assert server.get("/").body.startswith(b"one in ''; ")
        wait_for(lambda: (server.data / "warmed").read_text().count("one") == len(server.children()))

    def test_a_failing_script_is_logged_and_the_child_serves(self, make_httpd):
        server = make(make_httpd, """
            WSGIScriptAlias / ${APPS}/app.wsgi
            WSGIImportScript ${APPS}/one.py process-group=%{GLOBAL}
            """)
        (server.apps / "one.py").write_text("raise RuntimeError('announced')\n")
        server.allow_log(ERRORS)
        server.start()
        assert server.get("/").status == 200
        assert server.log.wait(r"PYW0529.*one\.py") and server.log.find("RuntimeError: announced")
