# SPDX-License-Identifier: Apache-2.0
"""Three httpd with the application behind httpd's mod_proxy_balancer, HAProxy or nginx, with the files of examples/balancer."""
import collections
import re
import shutil
import signal
import subprocess
import sys

import pytest

from pyw import Connection, paths, processes, wait_for
from pyw.ports import free_port

sys.path.append(str(paths.TESTS / "robustness" / "lifecycle"))

from traffic import Clients  # noqa: E402

pytestmark = pytest.mark.long

EXAMPLES = paths.TOP / "examples" / "balancer"
MODULES = ("proxy", "proxy_http", "proxy_balancer", "proxy_hcheck", "lbmethod_bybusyness", "slotmem_shm", "headers")
CLIENTS = 4
APP = '''
import os
import time

SLOW = os.path.exists(os.path.join(os.path.dirname(__file__), "slow"))


def application(environ, start_response):
    time.sleep(0.1 if SLOW else float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["mod_wsgi.listener_port"].encode()]
'''


def example(name, ports, own_port):
    """Return the text of the example, with the addresses and directories of this test."""
    text = (EXAMPLES / name).read_text()
    for number, port in enumerate(ports, 1):
        text = text.replace("app%d.example.org:80" % number, "127.0.0.1:%d" % port)
    text = text.replace("*:80", "127.0.0.1:%d" % own_port).replace("bind :80", "bind 127.0.0.1:%d" % own_port)
    text = text.replace("192.0.2.1", "127.0.0.1").replace("/srv/app", "${APPS}")
    assert "example.org:80" not in text
    return text


class Backend:
    """One of the three servers."""

    def __init__(self, make_httpd, slow=False):
        self.httpd = make_httpd(start=False, modules=("authz_host",), apps={"app.py": APP, **({"slow": ""} if slow else {})})
        self.port = self.httpd.port
        self.httpd.configure(example("app-server.conf", (), self.port))
        self.httpd.start()
        self.wait_ready()

    def wait_ready(self):
        wait_for(lambda: self.httpd.get("/-/ready").status == 200)

    def answers(self):
        return str(self.port).encode()

    def reboot(self):
        """Take it out of service as before a reboot of its machine, and start it again."""
        self.httpd.allow_log("PYW0404|PYW0405")
        subprocess.run([str(self.httpd.root / "modules" / "pywsgi"), "drain", "--seconds", "3", "--directory",
                        str(self.httpd.run)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.httpd.stop()
        self.httpd.start()
        self.wait_ready()

    def kill(self):
        family = processes.descendants(self.httpd.process.pid)
        for process in family:
            process.send_signal(signal.SIGSTOP)     # nobody starts a successor
        processes.kill(family)
        self.httpd.expected_status = -signal.SIGKILL
        processes.wait_gone(family)
        for directory in self.httpd.socket_directories():
            shutil.rmtree(directory)    # as /run is empty after a power failure


class HttpdBalancer:
    def __init__(self, make_httpd, ports):
        self.httpd = make_httpd(pywsgi=False, modules=MODULES, start=False)
        self.port = self.httpd.port
        self.httpd.configure(example("httpd.conf", ports, self.port))
        self.httpd.allow_log(r"\[proxy")
        self.httpd.start()


class HaproxyBalancer:
    def __init__(self, directory, ports):
        self.port = free_port()
        (directory / "haproxy.cfg").write_text(example("haproxy.cfg", ports, self.port))
        self.process = subprocess.Popen(["haproxy", "-db", "-f", str(directory / "haproxy.cfg")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


NGINX = """
daemon off;
pid "%(directory)s/nginx.pid";
error_log "%(directory)s/nginx.log";
events { }
http {
    access_log off;
    client_body_temp_path "%(directory)s/body";
    proxy_temp_path "%(directory)s/proxy";
    fastcgi_temp_path "%(directory)s/fastcgi";
    uwsgi_temp_path "%(directory)s/uwsgi";
    scgi_temp_path "%(directory)s/scgi";
    include "%(directory)s/app.conf";
}
"""


class NginxBalancer:
    def __init__(self, directory, ports):
        self.port = free_port()
        (directory / "app.conf").write_text(example("nginx.conf", ports, self.port))
        (directory / "nginx.conf").write_text(NGINX % {"directory": directory})
        self.process = subprocess.Popen(["nginx", "-c", str(directory / "nginx.conf"), "-e", str(directory / "nginx.log")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


PROGRAMS = {"haproxy": HaproxyBalancer, "nginx": NginxBalancer}


class Farm:
    def __init__(self, backends, port):
        self.backends = backends
        self.port = port

    def get(self, path, headers=()):
        with Connection(self.port) as connection:
            return connection.request("GET", path, [*headers, ("Connection", "close")])

    def shares(self, clients):
        """Return {port of the server: answers}."""
        return collections.Counter(body.decode() for status, body in list(clients.answers) if status == 200)

    def wait_until_all_serve(self, clients):
        """Wait until each server has answered anew."""
        since = len(clients.answers)
        names = {backend.answers() for backend in self.backends}
        wait_for(lambda: {body for _, body in clients.answers[since:]} >= names, 30, lambda: self.shares(clients))


@pytest.fixture(params=["httpd", *PROGRAMS])
def make_farm(request, make_httpd, tmp_path):
    """make_farm(slow=port number): three servers and a balancer."""
    if request.param in PROGRAMS and not shutil.which(request.param, path=paths.SYSTEM_PATH):
        pytest.skip("%s is not installed" % request.param)
    running = []

    def make(slow=None):
        backends = [Backend(make_httpd, slow=number == slow) for number in range(3)]
        ports = [backend.port for backend in backends]
        if request.param == "httpd":
            balancer = HttpdBalancer(make_httpd, ports)
        else:
            balancer = PROGRAMS[request.param](tmp_path, ports)
            running.append(balancer.process)
        farm = Farm(backends, balancer.port)
        wait_for(lambda: is_serving(farm))
        return farm

    yield make
    for process in running:
        process.terminate()
        process.wait(20)


def is_serving(farm):
    try:
        return farm.get("/").status == 200
    except OSError:
        return False


class TestFarm:
    def test_a_rolling_restart_loses_no_request(self, make_farm):
        farm = make_farm()
        with Clients(farm, "/", CLIENTS) as clients:
            farm.wait_until_all_serve(clients)
            for backend in farm.backends:
                backend.reboot()
                farm.wait_until_all_serve(clients)
        assert clients.statuses() == {200}

    def test_a_killed_server_fails_only_the_requests_that_it_runs(self, make_farm):
        farm = make_farm()
        with Clients(farm, "/?0.02", CLIENTS) as clients:
            farm.wait_until_all_serve(clients)
            killed = farm.backends[0]
            killed.kill()
            since = len(clients.answers)
            wait_for(lambda: len(clients.answers) > since + 100)
            last = clients.answers[-50:]
        assert {status for status, _ in last} == {200} and killed.answers() not in {body for _, body in last}
        failures = [status for status, _ in clients.answers if status != 200]
        assert len(failures) <= CLIENTS and set(failures) <= {502, 503}

    def test_a_slow_server_gets_fewer_requests(self, make_farm):
        farm = make_farm(slow=2)
        with Clients(farm, "/", CLIENTS) as clients:
            wait_for(lambda: len(clients.answers) > 300)
        shares = farm.shares(clients)
        slow = shares.pop(str(farm.backends[2].port), 0)
        assert slow < min(shares.values()) / 2, (slow, shares)

    @pytest.mark.parametrize("make_farm", ["httpd", "haproxy"], indirect=True)  # nginx knows no such cookies
    def test_a_cookie_keeps_a_client_at_its_server_while_that_serves(self, make_farm):
        farm = make_farm()
        first = farm.get("/")
        cookie = [("Cookie", re.match("ROUTE=[^;]+", first.header("Set-Cookie")).group())]
        assert {farm.get("/", cookie).body for _ in range(10)} == {first.body}
        its_server, = [backend for backend in farm.backends if backend.answers() == first.body]
        subprocess.run([str(its_server.httpd.root / "modules" / "pywsgi"), "drain", "--no-wait", "--seconds", "60",
                        "--directory", str(its_server.httpd.run)], check=True, stdout=subprocess.DEVNULL)
        its_server.httpd.allow_log("PYW0404")
        wait_for(lambda: farm.get("/", cookie).body != first.body)
        with Clients(farm, "/", CLIENTS) as clients:
            wait_for(lambda: len(clients.answers) > 50)
        assert clients.statuses() == {200}


class TestLimits:
    def test_the_client_is_the_browser_and_not_the_balancer(self, make_httpd):
        backend = Backend(make_httpd)
        (backend.httpd.apps / "app.py").write_text(
            "def application(environ, start_response):\n    start_response('200 OK', [])\n"
            "    return [environ['REMOTE_ADDR'].encode()]\n")
        subprocess.run([str(backend.httpd.root / "modules" / "pywsgi"), "reload", "app", "--directory",
                        str(backend.httpd.run)], check=True, stdout=subprocess.DEVNULL)
        assert backend.httpd.get("/", [("X-Forwarded-For", "192.0.2.7")]).body == b"192.0.2.7"
