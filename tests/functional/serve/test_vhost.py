# SPDX-License-Identifier: Apache-2.0
"""`pywsgi vhost`: the virtual host that it writes serves the application."""
import os
import subprocess

import pytest

from pyw import Httpd, paths
from pyw.tls import make_certificate

NAMES = ["--server-name", "www.example.org", "--server-alias", "example.org"]
DEBIAN = os.path.isdir("/etc/apache2")
SITES = "etc/apache2/sites-available" if DEBIAN else "etc/httpd/conf.d"


def run(project, *arguments):
    result = subprocess.run([paths.snapshot() / "pywsgi", "vhost", *arguments], cwd=project, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                            env={"PATH": paths.SYSTEM_PATH})
    return result.returncode, result.stdout, result.stderr


def write(project, *arguments):
    status, output, errors = run(project, *NAMES, *arguments)
    assert (status, errors) == (0, "")
    return output


def server_config(text):
    """The virtual hosts as a part of a test's server."""
    return ("Define APACHE_LOG_DIR ${ROOT}\n" if DEBIAN else "") + text.replace("*:80>", "*:${PORT}>")


class TestVhost:
    OPTIONS = ["blog:app", "--static", "/static=files", "--env-file", "settings.env", "--threads", "3"]

    def test_the_site_is_served(self, project, make_httpd):
        user = ["--user", "nobody"] if paths.is_root() else []
        server = make_httpd(server_config(write(project, *self.OPTIONS, *user)), modules=("log_config",))
        server.add_log("www.example.org-error.log")
        for host in ("www.example.org", "example.org"):
            assert server.get("/page", [("Host", host)]).body == b"blog /page http blue"
        assert server.get("/static/style.css", [("Host", "www.example.org")]).body == b"p {}\n"
        group, = server.group_status()
        assert (group["name"], group["threads"]) == ("www.example.org", 3)

    @pytest.mark.parametrize("tls", [["md", "--email", "root@example.org"], ["${ROOT}/cert.pem,${ROOT}/key.pem"]],
                             ids=["md", "files"])
    def test_the_configuration_with_tls_is_valid(self, project, make_httpd, tls):
        server = Httpd(modules=("log_config", "ssl", "http2", "md"))
        try:
            make_certificate(server)
            arguments = [argument.replace("${ROOT}", str(server.root)) for argument in tls]
            text = write(project, *self.OPTIONS, "--tls", *arguments)
            assert text.count("<VirtualHost") == 2 and "<VirtualHost *:443>" in text
            server.configure(server_config(text))
            valid, output = server.configtest()
            assert valid, output
        finally:
            server.destroy()

    def test_the_paths_of_certbot(self, project):
        text = write(project, "blog:app", "--tls", "certbot")
        assert '    SSLCertificateFile "/etc/letsencrypt/live/www.example.org/fullchain.pem"\n' in text
        assert '"https://www.example.org/$1"' in text

    def test_install_writes_the_file_and_keeps_an_existing_one(self, project, tmp_path):
        arguments = ["--install", "--root", str(tmp_path), "--tls", "certbot", "blog:app"]
        path = tmp_path / SITES / "www.example.org.conf"
        status, output, errors = run(project, *NAMES, *arguments)
        assert (status, output) == (0, "%s\n" % path)
        assert "certbot certonly --apache -d www.example.org -d example.org\n" in errors
        assert path.read_text() == write(project, "blog:app", "--tls", "certbot")
        path.write_text("mine")
        status, output, errors = run(project, *NAMES, *arguments)
        assert (status, output, path.read_text()) == (1, "", "mine") and "exists, and stays as it is" in errors

    def test_a_fifo_instead_of_manage_py_is_not_read(self, tmp_path):
        os.mkfifo(tmp_path / "manage.py")
        status, output, errors = run(tmp_path, *NAMES, "--django")
        assert (status, output) == (2, "") and "there is no manage.py here" in errors

    @pytest.mark.parametrize("arguments, words", [
        (["blog:app"], "--server-name takes the host name"),
        (["blog:app", "--server-name", "a b"], "--server-name takes the host name"),
        (["blog:app", "--server-name", "../../etc/x"], "--server-name takes the host name"),
        (["blog:app", *NAMES, "--server-alias", "x\nServerName y"], "--server-alias takes another host name"),
        (["blog:app", *NAMES, "--user", "www data"], "--user and --group take the name of an account"),
        (["blog:app", *NAMES, "--tls", "md"], "--tls md needs --email"),
        (["blog:app", *NAMES, "--tls", "cert.pem,key.pem"], "two absolute paths"),
        (["blog:app", *NAMES, "--tls", "md", "--email", "me"], "--email takes a mail address"),
        (NAMES, "name the application as module:callable"),
    ])
    def test_a_wrong_command_line(self, project, arguments, words):
        status, output, errors = run(project, *arguments)
        assert (status, output) == (2, "") and words in errors
