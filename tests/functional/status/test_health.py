# SPDX-License-Identifier: Apache-2.0
"""SetHandler pywsgi-live and pywsgi-ready: the probes of a load balancer or Kubernetes."""
import pytest
from status_site import APPLICATION

from pyw import wait_for
from pyw.client import Connection

FAILS = "raise RuntimeError('no database')\n"


def ready(server, group=""):
    response = server.get("/-/ready" + ("?" + group if group else ""))
    return response.status, response.body.decode()


class TestReady:
    CONFIG = """
    WSGIDaemonProcess app threads=1
    WSGIDaemonProcess lazy processes=0-1 threads=1
    WSGIDaemonProcess "a b/c&d" threads=1
    WSGIDaemonProcess service threads=0
    WSGIImportScript ${APPS}/service.py process-group=service application-group=%{GLOBAL}
    WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app
    WSGIScriptAlias /lazy ${APPS}/app.wsgi process-group=lazy
    """
    FILES = {"app.wsgi": APPLICATION, "service.py": "import threading\nthreading.Event().wait()\n"}

    def test_all_groups_have_a_worker_or_start_one_for_a_request(self, server):
        assert wait_for(lambda: ready(server) == (200, "ok\n"), 20)
        assert ready(server, "app") == ready(server, "lazy") == (200, "ok\n")

    def test_it_needs_no_thread_of_python(self, server):
        with Connection(server.port) as connection:
            connection.start("GET", "/app/wait?busy")
            wait_for(lambda: (server.data / "begun.busy").exists())
            assert ready(server) == (200, "ok\n")
            assert server.get("/-/live").body == b"ok\n"
            (server.data / "go.busy").touch()
            assert connection.read_response().status == 200

    def test_a_group_that_does_not_exist(self, server):
        assert ready(server, "nobody")[0] == ready(server, "ap%70%2")[0] == 404

    @pytest.mark.parametrize("name", ["a%20b%2fc%26d", "a+b%2Fc&d"])
    def test_a_name_can_be_encoded(self, server, name):
        assert wait_for(lambda: ready(server, name) == (200, "ok\n"))

    def test_head(self, server):
        assert server.request("HEAD", "/-/ready").status == 200


class TestNotReady:
    CONFIG = """
    WSGIDaemonProcess good threads=1
    WSGIDaemonProcess bad threads=1
    WSGIScriptAlias /good ${APPS}/app.wsgi process-group=good application-group=%{GLOBAL}
    WSGIScriptAlias /bad ${APPS}/bad.wsgi process-group=bad application-group=%{GLOBAL}
    """
    FILES = {"app.wsgi": APPLICATION, "bad.wsgi": FAILS}

    @pytest.fixture(autouse=True)
    def announced(self, server):
        server.allow_log(r"PYW03\d\d|PYW05\d\d|PYW06\d\d|Traceback|\]   |Error")

    def test_a_broken_group_is_named_with_its_state(self, server):
        wait_for(lambda: ready(server) == (503, "bad: broken\n"))
        assert ready(server, "bad") == (503, "bad: broken\n")
        assert ready(server, "good") == (200, "ok\n")

    def test_httpd_is_alive_nevertheless(self, server):
        response = server.get("/-/live")
        assert (response.status, response.body) == (200, b"ok\n")
