# SPDX-License-Identifier: Apache-2.0
"""Runs `pywsgi serve`, and checks that it leaves nothing."""
import glob
import os
import signal
import subprocess

from pyw import Connection, paths, processes, wait_for
from pyw.ports import free_port

BLOG = """
import os, time

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        open("data/begun", "w").close()
        time.sleep(1.5)
    if path == "/stray" and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    if path == "/error":
        raise ValueError("an error of the application")
    print("a line of the application")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("blog %s%s %s %s" % (environ["SCRIPT_NAME"], path, environ["wsgi.url_scheme"],
                                  os.environ.get("COLOUR"))).encode()]

def create_app():
    return app
"""
PROJECT = {"blog.py": BLOG, "broken.py": "import no_such_module\n", "files/style.css": "p {}\n",
           "settings.env": "COLOUR=blue\n"}


def available(stream):
    """Return what can be read from the pipe without waiting."""
    try:
        return os.read(stream.fileno(), 1 << 20).decode() if stream else ""
    except BlockingIOError:
        return ""


class PrivateServer:
    def __init__(self, project, *arguments, environment=None, **options):
        self.project = project
        self.port = free_port()
        self.temporary = paths.new_directory("pyw-serve.")
        self.temporary.chmod(0o1777)
        names = {"PATH": paths.SYSTEM_PATH, "TMPDIR": str(self.temporary), "PORT": str(self.port), **(environment or {})}
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        self.process = subprocess.Popen([paths.snapshot() / "pywsgi", "serve", *arguments], cwd=project, env=names,
                                        stdin=subprocess.DEVNULL, **output)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                os.set_blocking(stream.fileno(), False)
        self.family = []
        self.output = self.errors = ""

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self.process.poll() is None:
            self.stop(signal.SIGINT)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        processes.kill(self.family)
        os.rmdir(self.temporary)

    def read(self):
        """Return what the server has printed so far on its two outputs."""
        self.output += available(self.process.stdout)
        self.errors += available(self.process.stderr)
        return self.output + self.errors

    def wait_line(self, text):
        wait_for(lambda: text in self.read(), what=lambda: "%r in %s" % (text, self.read()))

    def wait_ready(self):
        self.wait_line("Ctrl-C ends it")
        self.family = processes.descendants(self.process.pid)
        return self

    def get(self, path):
        with Connection(self.port) as connection:
            return connection.request("GET", path, [("Connection", "close")])

    def wait_end(self):
        """Wait until nothing of the server is left, and return the exit status."""
        wait_for(lambda: self.read() is not None and self.process.poll() is not None, what=self.read)
        self.read()
        assert not [process for process in self.family if processes.is_running(process)]
        assert glob.glob(str(self.temporary / "*")) == []
        return self.process.returncode

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait_end()


def failed(project, *arguments, **options):
    """Return the exit status of a server that does not start, and all that it has printed."""
    with PrivateServer(project, *arguments, **options) as server:
        return server.wait_end(), server.read()
