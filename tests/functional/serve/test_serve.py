# SPDX-License-Identifier: Apache-2.0
"""`pywsgi serve`: a private httpd for an application, which leaves nothing."""
import fcntl
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import termios

import pytest
from private_server import PROJECT, PrivateServer, failed

from pyw import Connection, paths, processes, wait_for

NOBODY = 65534


class TestRequests:
    OPTIONS = ["blog:app", "--static", "/static=files", "--mount", "/admin=blog:create_app()", "--env-file",
               "settings.env", "--ready", "/-/ready", "--processes", "1", "--threads", "4"]

    def test_the_application_has_the_project_as_path_and_directory(self, serve):
        response = serve.get("/page")
        assert (response.status, response.body) == (200, b"blog /page http blue")

    def test_static_files(self, serve):
        response = serve.get("/static/style.css")
        assert (response.status, response.header("Content-Type"), response.body) == (200, "text/css", b"p {}\n")
        assert serve.get("/static/../settings.env").body != b"COLOUR=blue\n"

    def test_a_factory_below_a_path(self, serve):
        assert serve.get("/admin/x").body == b"blog /admin/x http blue"

    def test_readiness(self, serve):
        assert serve.get("/-/ready").status == 200

    def test_the_access_log_and_prints_are_shown(self, serve):
        serve.get("/logged?x=1")
        serve.wait_line('"GET /logged?x=1 HTTP/1.1" 200 ')
        serve.wait_line("a line of the application\n")
        assert "GET /logged?x=1" in serve.output and "a line of" in serve.errors

    def test_a_traceback_is_shown(self, serve):
        assert serve.get("/error").status == 500
        serve.wait_line("ValueError: an error of the application\n")


class TestEnd:
    def test_ctrl_c_leaves_nothing(self, project):
        """The server runs on a terminal of its own, to which the test writes Ctrl-C."""
        master, slave = pty.openpty()
        with PrivateServer(project, "blog:app", stdout=slave, stderr=slave, start_new_session=True,
                           preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0)) as server:
            os.close(slave)
            with os.fdopen(master, "rb", buffering=0) as terminal:
                text = b""
                while b"Ctrl-C ends it" not in text:
                    text += terminal.read(1000)
                server.family = processes.descendants(server.process.pid)
                assert server.get("/").status == 200 and len(server.family) >= 4
                os.write(master, b"\x03")
                assert server.wait_end() == 0

    def test_what_an_application_has_started_ends(self, project):
        with PrivateServer(project, "blog:app") as server:
            server.wait_ready()
            before = set(processes.descendants(server.process.pid))
            server.get("/stray")
            stray = wait_for(lambda: [process for process in processes.descendants(server.process.pid)
                                      if process not in before and process.ppid() == server.process.pid])
            server.family += stray
            assert server.stop(signal.SIGINT) == 0

    def test_sigterm_finishes_running_requests(self, project):
        with PrivateServer(project, "blog:app", "--ready", "/ready", "--drain", "1") as server:
            server.wait_ready()
            with Connection(server.port) as connection:
                connection.start("GET", "/slow")
                wait_for((project / "data" / "begun").exists)
                server.process.send_signal(signal.SIGTERM)
                wait_for(lambda: server.get("/ready").status == 503)
                response = connection.read_response()
                assert (response.status, response.complete) == (200, True)
            assert server.wait_end() == 0

    def test_a_second_sigterm_stops_at_once(self, project):
        with PrivateServer(project, "blog:app", "--drain", "60") as server:
            server.wait_ready()
            server.process.send_signal(signal.SIGTERM)
            server.wait_line("PYW0404")
            assert server.stop(signal.SIGTERM) == 0

    def test_httpd_stops_if_the_program_is_killed(self, project):
        with PrivateServer(project, "blog:app") as server:
            server.wait_ready()
            server.process.kill()
            processes.wait_gone(server.family)
            subprocess.run(["rm", "-r", *server.temporary.iterdir()], check=True)


class TestReload:
    OPTIONS = ["late:app", "--reload"]
    FILES = {"late.py": "from blog import app as wrapped\n\ndef app(environ, start_response):\n"
                        "    return [b'1 '] + wrapped(environ, start_response)\n"}

    def test_a_changed_module_is_loaded_and_a_broken_one_is_not(self, serve, project):
        assert serve.get("/").body == b"1 blog / http None"
        for text in ("no_such_name\n", PROJECT["blog.py"].replace('"blog ', '"new ')):
            (project / "new").write_text(text)
            os.rename(project / "new", project / "blog.py")
            if text.startswith("no"):
                serve.wait_line("name 'no_such_name' is not defined")
                assert serve.get("/").body == b"1 blog / http None"
        wait_for(lambda: serve.get("/").body == b"1 new / http None")


class TestTLS:
    OPTIONS = ["blog:app", "--tls"]

    def curl(self, serve, *arguments):
        command = ["curl", "-s", "-w", " %{http_version}", *arguments, "https://localhost:%d/" % serve.port]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    def test_the_certificate_is_for_localhost(self, serve):
        certificate, = serve.temporary.glob("*/cert.pem")
        assert self.curl(serve, "--http1.1", "--cacert", str(certificate)) == "blog / https None 1.1"

    def test_http_2(self, serve):
        assert self.curl(serve, "-k", "--http2") == "blog / https None 2"

    def test_others_cannot_read_the_key(self, serve):
        key, = serve.temporary.glob("*/key.pem")
        assert key.stat().st_mode & 0o077 == 0

    def test_own_files(self, serve, project):
        certificate, = serve.temporary.glob("*/cert.pem")
        for name in ("cert.pem", "key.pem"):
            shutil.copy(certificate.parent / name, project / name)
        text = failed(project, "blog:app", "--tls", "cert.pem,key.pem", "--print")[1]
        assert 'SSLCertificateFile "%s/cert.pem"\nSSLCertificateKeyFile "%s/key.pem"\n' % (project, project) in text


class TestProject:
    FILES = {
        "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.live")\n',
        "shop/wsgi.py": "import os\nfrom blog import app\nsettings = os.environ['DJANGO_SETTINGS_MODULE']\n"
                        "def application(environ, start_response):\n"
                        "    return [settings.encode()] + app(environ, start_response)\n",
        "other/manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n",
    }

    def test_django(self, project):
        with PrivateServer(project, "--django") as server:
            assert server.wait_ready().get("/").body == b"shop.settings.liveblog / http None"

    @pytest.mark.parametrize("directory, settings, application, expected", [
        (".", "", "shop.wsgi:application", "shop.settings.live"),
        ("other", "", "django.core.wsgi:get_wsgi_application()", "settings"),
        (".", "shop.test", "shop.wsgi:application", "shop.test"),
    ])
    def test_the_settings_of_django(self, project, directory, settings, application, expected):
        text = failed(project, "--django", "--print", "--project", directory,
                      environment={"DJANGO_SETTINGS_MODULE": settings})[1]
        assert 'WSGIAppAlias "/" %s process' % application in text
        assert '"env=DJANGO_SETTINGS_MODULE=%s"' % expected in text

    def test_the_virtual_environment(self, project):
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", project / ".venv"], check=True)
        site, = (project / ".venv").glob("lib/python*/site-packages")
        (site / "only_here.py").write_text("from blog import app\n")
        with PrivateServer(project, "only_here:app") as server:
            assert server.wait_ready().get("/").status == 200
        for environment, arguments in (({"VIRTUAL_ENV": str(project / "data")}, []), ({}, ["--venv", "data"])):
            text = failed(project, "blog:app", "--print", *arguments, environment=environment)[1]
            assert '"python-home=%s/data"' % project in text


class TestFailures:
    def test_an_application_that_does_not_load(self, project):
        status, output = failed(project, "broken:app")
        assert status == 1
        assert "Traceback (most recent call last)" in output and "No module named 'no_such_module'" in output
        assert "process group 'broken' is broken" in output

    def test_one_of_two_applications_that_does_not_load(self, project):
        status, output = failed(project, "blog:app", "--mount", "/b=broken:app")
        assert status == 1 and "No module named 'no_such_module'" in output

    def test_an_address_in_use(self, project):
        with socket.create_server(("127.0.0.1", 0)) as other:
            status, output = failed(project, "blog:app", "--bind", "127.0.0.1:%d" % other.getsockname()[1])
        assert status == 1 and "could not bind to address" in output

    @pytest.mark.parametrize("arguments, words", [
        ([], "name the application as module:callable"),
        (["blog.py"], "'blog.py' is no application"),
        (["blog:app:x"], "'blog:app:x' is no application"),
        (["blog:app\nUser root"], "is no application"),
        (["blog:app", "--bind", "unix:/tmp/x"], "--bind takes HOST:PORT"),
        (["blog:app", "--bind", "70000"], "--bind takes HOST:PORT"),
        (["blog:app", "--static", "static=files"], "write /path=directory"),
        (["blog:app", "--static", "/static=missing"], "missing does not exist"),
        (["blog:app", "--static", "/${PATH}=files"], "write /path=directory"),
        (["blog:app", "--mount", "/admin"], "write /path=module:callable"),
        (["blog:app", "--mount", "/=blog:app"], "two applications have the path /"),
        (["blog:app", "--env-file", "missing"], "missing does not exist"),
        (["blog:app", "--project", "missing"], "missing does not exist"),
        (["blog:app", "--processes", "0"], "--processes takes a whole number"),
        (["blog:app", "--tls=cert.pem"], "--tls takes nothing, or CERT,KEY"),
        (["blog:app", "--django"], "give no module"),
        (["--django"], "no manage.py"),
        (["blog:app", "--ready", "ready"], "--ready takes the path of a URL"),
    ])
    def test_a_wrong_command_line(self, project, arguments, words):
        status, output = failed(project, *arguments)
        assert status == 2 and words in output, output

    def test_a_port_that_is_no_port(self, project):
        status, output = failed(project, "blog:app", environment={"PORT": "tcp://10.0.0.1:80"})
        assert status == 2 and "PORT is no port" in output


class TestConfiguration:
    def print(self, project, *arguments, **environment):
        status, output = failed(project, "--print", *arguments, environment=environment)
        assert status == 0
        return output

    def test_it_is_printed_and_nothing_is_started(self, project):
        text = self.print(project, "blog:app", "--bind", "0.0.0.0:8123", "--static", "/s=files", "--processes", "2")
        assert "\nListen 0.0.0.0:8123\n" in text and '\nAlias "/s" "%s/files"\n' % project in text
        assert re.search(r'\nWSGIDaemonProcess blog processes=2 \\\n    "home=%s" \\\n' % re.escape(str(project)), text)
        assert '\nWSGIAppAlias "/" blog:app process-group=blog application-group=%{GLOBAL}\n' in text

    @pytest.mark.parametrize("bind, port, expected", [
        (None, "8001", "127.0.0.1:8001"), ("0.0.0.0", "8001", "0.0.0.0:8001"), (":8002", "8001", "127.0.0.1:8002"),
        ("8003", "", "127.0.0.1:8003"), (None, "", "127.0.0.1:8000"), ("[::1]:8004", "", "[::1]:8004"),
        ("[::]", "8005", "[::]:8005"), ("localhost:8006", "", "localhost:8006"),
    ])
    def test_addresses(self, project, bind, port, expected):
        arguments = ["--bind", bind] if bind else []
        assert "\nListen %s\n" % expected in self.print(project, "blog:app", *arguments, PORT=port)

    def test_longer_paths_come_first(self, project):
        text = self.print(project, "blog:app", "--mount", "/a=blog:app", "--mount", "/a/b/=blog.x:app")
        assert re.findall('^WSGIAppAlias "(.*)" .* process-group=([^ ]*)', text, re.M) == [
            ("/a/b", "blog-3"), ("/a", "blog-2"), ("/", "blog")]


@pytest.mark.skipif(not paths.is_root(), reason="needs root")
class TestUsers:
    def test_any_user_can_run_it(self, project):
        """As in a container, the user has no account."""
        def become():
            os.setgroups([])
            os.setgid(54321)
            os.setuid(54321)

        with PrivateServer(project, "blog:app", preexec_fn=become) as server:
            assert server.wait_ready().get("/").status == 200
            assert {process.uids().real for process in server.family} == {54321}

    def test_the_output_may_be_a_socket(self, project):
        """As that of a systemd unit, which httpd could not open by a name."""
        ours, other = socket.socketpair()
        with ours, PrivateServer(project, "blog:app", stdout=other) as server:
            other.close()
            server.wait_ready().get("/socket")
            wait_for(lambda: b"GET /socket" in ours.recv(1000))

    def test_root_can_choose_the_user(self, project):
        with PrivateServer(project, "blog:app", "--user", "nobody") as server:
            server.wait_ready()
            workers = [process for process in server.family if "--worker" in processes.title(process)]
            assert [process.uids().real for process in workers] == [NOBODY] and server.get("/").status == 200

    def test_applications_do_not_run_as_root(self, project):
        status, output = failed(project, "blog:app", "--user", "root")
        assert status == 1 and "applications do not run as root" in output
