# SPDX-License-Identifier: Apache-2.0
"""The disturbed servers: ours, and Debian's mod_wsgi with the same configuration."""
import os
import pathlib
import subprocess

from pyw import paths
from pyw.httpd import STARTED

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = (HERE / "disturbance.wsgi").read_text()
BROKEN = "raise RuntimeError('announced')\n"

# Room for the children of many graceful restarts, so that httpd itself never waits for an old child.
COMMON = """
StartServers 2
ServerLimit 24
ThreadsPerChild 25
MinSpareThreads 25
MaxSpareThreads 600
MaxRequestWorkers 600
MaxKeepAliveRequests 0
CustomLog "${ROOT}/access.log" "%%r"
%s
WSGIDaemonProcess app %s
WSGIScriptAlias /app ${APPS}/app.wsgi process-group=app application-group=%%{GLOBAL}
"""


class Server:
    """One httpd with the application below /app. `make(config, apps=, start=False, ...)` gives an Httpd."""
    pywsgi = True
    prelude = ""

    def __init__(self, make, options):
        self.release = 0
        config = COMMON % (self.prelude, options)
        self.httpd = make(config, apps={"app.wsgi": self.code("1")}, start=False, pywsgi=self.pywsgi)
        if "venv" in options:
            self.make_environment("venv")
            self.make_environment("venv.new")
        self.release = 1
        self.httpd.start()

    @staticmethod
    def code(version):
        return SCRIPT.replace("@VERSION@", version)

    def make_environment(self, name):
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(self.httpd.root / name)], check=True)

    def signal(self, number):
        """Send a signal to httpd to restart; return when it has restarted."""
        since = self.httpd.log.position()
        self.httpd.remember_family()
        os.kill(self.httpd.process.pid, number)
        self.httpd.log.wait(STARTED, since, 40)

    def write(self, text):
        """Replace the script atomically, as a deployment does, with a newer timestamp."""
        script, new = self.httpd.apps / "app.wsgi", self.httpd.apps / "new"
        when = script.stat().st_mtime_ns + 1_000_000_000
        new.write_text(text)
        os.utime(new, ns=(when, when))
        new.rename(script)

    def deploy(self):
        """Return the current version of the code."""
        self.release += 1
        self.write(self.code(str(self.release)))
        return str(self.release)

    def move(self, old, new):
        (self.httpd.root / old).rename(self.httpd.root / new)


class Ours(Server):
    name = "mod_pywsgi"


class Peer(Server):
    name = "mod_wsgi"
    pywsgi = False
    prelude = 'LoadModule wsgi_module "%s"\nWSGISocketPrefix ${ROOT}/run/wsgi\n' % paths.module_file("wsgi")
