# SPDX-License-Identifier: Apache-2.0
"""The calls of functions: hostile answers, workers that die, groups with one thread, templates, and changed scripts."""
import concurrent.futures
import json
import subprocess

import pytest
from pyw import wait_for
from pyw.site import Site
from pyw.tls import virtual_host
from scripts_site import APPS, BASIC, COMMON, SECRET, credentials, in_both_modes

MODULES = ("auth_basic", "authz_user")

HOSTILE = """
from pywsgi import _scripts

_scripts._functions["check_password"] = lambda function, environ, arguments: eval(environ["HTTP_X_ANSWER"])

def check_password(environ, user, password):
    return True
"""


class TestHostileAnswers:
    """The code of the site has replaced the code that answers for it."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        config = COMMON + in_both_modes(BASIC).replace("auth.py", "hostile.py")
        return make_httpd(config, apps={**APPS, "hostile.py": HOSTILE}, modules=MODULES)

    def ask(self, site, answer):
        return site.get("/", credentials("bob") + [("X-Answer", answer)]).status

    def test_a_proper_answer_is_understood(self, site):
        assert self.ask(site, 'b"granted"') == 200

    @pytest.mark.parametrize("answer", [
        'b""', 'b"GRANTED"', r'b"granted\n"', r'b"granted\0"', 'b"granted denied"', 'b"user "', 'b"user"',
        r'b"user a\nb"', r'b"user a\r"', 'b"hash " + b"0" * 32', 'b"x" * 4097', 'b"x" * 3000000'])
    def test_anything_else_denies(self, site, answer):
        site.expect_log(r"PYW0293.*check_password\(\)")
        assert self.ask(site, answer) == 500


class TestWorkersThatDie:
    SECTION = BASIC
    MODULES = MODULES

    def test_the_request_is_refused_and_the_next_is_served(self, server):
        site = Site(server, "daemon")
        server.expect_log("PYW0243.*client gets 502")
        server.expect_log("PYW0292.*status 502")
        server.allow_log("PYW031|PYW0305|PYW033")
        assert site.get("/", credentials("dies")).status == 500
        wait_for(lambda: site.get("/", credentials("bob")).status == 200)


class TestOneThread:
    """The group of the script is that of the application."""
    SECTION = BASIC
    MODULES = MODULES

    def test_requests_do_not_wait_for_themselves(self, server):
        site = Site(server, "daemon")

        def send(number):
            return site.post("/", b"x" * number * 1000, credentials("bob")).status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert set(pool.map(send, range(40))) == {200}


class TestTemplates:
    CONFIG = "WSGIDaemonProcess forked processes=2 threads=1 preload=On python-path=${APPS}\n"
    GROUP = "forked"
    SECTION = BASIC
    MODULES = MODULES

    def test_a_forked_worker_calls_functions(self, server):
        site = Site(server, "daemon")
        assert [site.get("/", credentials(user)).status for user in ("bob", "eve", "bob")] == [200, 401, 200]
        server.allow_log("AH01618")


class TestPrefork:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(COMMON + in_both_modes(BASIC), apps=APPS, modules=MODULES, mpm="prefork")

    def test_users_are_authenticated(self, site):
        site.httpd.allow_log("AH01618")
        assert [site.get("/", credentials(user)).status for user in ("bob", "eve", "bob")] == [200, 401, 200]


BOTH = """
import os
from support import note

note("executed", str(os.getpid()))

def check_password(environ, user, password):
    return True

def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


class TestOneFile:
    """Django's documentation: the script of the application also authenticates."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd("""
            WSGIPythonPath ${APPS}
            WSGIDaemonProcess app threads=1 python-path=${APPS}
            WSGIApplicationGroup %{GLOBAL}
            WSGIScriptAlias /embedded ${APPS}/both.wsgi
            WSGIScriptAlias /daemon ${APPS}/both.wsgi process-group=app
            """ + in_both_modes(BASIC).replace("auth.py", "both.wsgi"), apps={**APPS, "both.wsgi": BOTH}, modules=MODULES)

    def test_it_is_executed_once_in_a_process(self, site):
        for _ in range(3):
            assert site.get("/", credentials("bob")).status == 200
        executed = site.notes("executed")
        assert len(executed) == len(set(executed))


ANSWERS = "def check_password(environ, user, password):\n    return %s\n"


class TestChangedScripts:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(COMMON + in_both_modes(BASIC).replace("auth.py", "answer.py"),
                          apps={**APPS, "answer.py": ANSWERS % "True"}, modules=MODULES)

    def test_new_code_is_used(self, site):
        site.httpd.allow_log("AH01617|AH01618")
        for answer, status in (("True", 200), ("False", 401), ("None", 401), ("user", 200)):
            (site.httpd.apps / "answer.py").write_text(ANSWERS % answer)
            wait_for(lambda: site.get("/", credentials("bob", SECRET)).status == status)


TLS = """
import json

def allow_access(environ, host):
    look_up = environ["mod_ssl.var_lookup"]
    facts = [environ["mod_ssl.is_https"](), look_up("SSL_CLIENT_VERIFY"), look_up("SSL_CLIENT_S_DN"),
             look_up("SSL_CLIENT_CERT"), look_up("NO_SUCH_NAME")]
    with open(environ["DOCUMENT_ROOT"] + "/../data/tls", "w") as file:
        json.dump(facts, file)
    return True
"""


class TestTls:
    """mod_wsgi's functions for the variables of mod_ssl."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(start=False, modules=("ssl", "socache_shmcb"), apps={**APPS, "access.py": TLS})
        section = in_both_modes("WSGIAccessScript @SCRIPT@\n").replace("auth.py", "access.py")
        server.configure(COMMON + section + virtual_host(server, "SSLVerifyClient optional_no_ca"))
        return server.start()

    def facts(self, server, url, *arguments):
        (server.data / "tls").unlink(missing_ok=True)
        subprocess.run(["curl", "-sfk", "-o", "/dev/null", *arguments, url], check=True)
        return json.loads((server.data / "tls").read_text())

    def test_a_certificate_of_the_client(self, server, mode):
        url = "https://127.0.0.1:%d/%s/" % (server.tls_port, mode)
        pem = [str(server.root / name) for name in ("cert.pem", "key.pem")]
        facts = self.facts(server, url, "--cert", pem[0], "--key", pem[1])
        assert facts[0] is True and facts[1] != "NONE" and facts[2] == "CN=127.0.0.1"
        assert facts[3].startswith("-----BEGIN CERTIFICATE-----\n") and facts[4] is None

    def test_no_certificate(self, server, mode):
        assert self.facts(server, "https://127.0.0.1:%d/%s/" % (server.tls_port, mode)) == [True, "NONE"] + [None] * 3

    def test_no_tls(self, server, mode):
        assert self.facts(server, "http://127.0.0.1:%d/%s/" % (server.port, mode)) == [False] + [None] * 4


class TestHttp2:
    CONFIG = "Protocols h2c http/1.1\n"
    SECTION = BASIC
    MODULES = (*MODULES, "http2")

    @pytest.mark.parametrize("user, status", [("bob", "200"), ("number", "500")])
    def test_streams_are_authenticated(self, site, user, status):
        site.httpd.allow_log("PYW0292|PYW0603|Traceback|File|TypeError")
        # mod_http2 may reset a stream, instead of sending its response, if a request with a body is refused early.
        body = ["-d", "body"] if status == "200" else []
        command = ["curl", "-s", "--http2-prior-knowledge", "-w", "%{http_code}", "-o", "/dev/null", *body,
                   "-u", "%s:%s" % (user, SECRET)]
        url = "http://127.0.0.1:%d%s/" % (site.httpd.port, site.prefix)
        assert subprocess.run([*command, url], check=True, stdout=subprocess.PIPE).stdout.decode() == status


class TestOverload:
    CONFIG = "WSGIDaemonProcess tiny threads=1 queue-timeout=300ms python-path=${APPS}\n"
    GROUP = "tiny"
    SECTION = BASIC
    MODULES = MODULES

    def test_a_call_that_would_wait_too_long_denies(self, server):
        server.wait_for_workers()   # the start of Python may take longer than queue-timeout
        site = Site(server, "daemon")
        assert site.get("/", credentials("bob")).status == 200
        (server.data / "go").unlink(missing_ok=True)
        with site.connect() as connection:
            key = site.new_key()
            connection.start("GET", "/daemon/?key=" + key, credentials("holds"))
            site.wait_notes(key)
            server.expect_log("PYW0262.*'tiny'.*queue-timeout")
            server.expect_log("PYW0292.*status 503")
            assert site.get("/", credentials("bob")).status == 500
            (server.data / "go").touch()
            assert connection.read_response().status == 200

    def test_a_client_that_leaves_gives_its_slot_back(self, server):
        site = Site(server, "daemon")
        key = site.new_key()
        (server.data / "go").unlink(missing_ok=True)
        with site.connect() as connection:
            connection.start("GET", "/daemon/?key=" + key, credentials("holds"))
            site.wait_notes(key)
            connection.reset()
        server.log.wait("PYW0292.*status 400")
        (server.data / "go").touch()
        server.allow_log("PYW0262|PYW0292")
        wait_for(lambda: site.get("/", credentials("bob")).status == 200)
