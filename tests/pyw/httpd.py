# SPDX-License-Identifier: Apache-2.0
"""A private httpd in its own directory, on a free port of 127.0.0.1. It must leave nothing behind."""
import json
import os
import pwd
import shutil
import signal
import subprocess

from . import configuration, paths, processes
from .client import Connection
from .log import ErrorLog
from .ports import free_port
from .wait import PATIENCE, wait_for

START_SECONDS = 40
STOP_SECONDS = 30
STARTED = r"AH00(489|163|292|094|488):|resuming normal operations"

# The running servers: the plugin marks their logs and checks them after each test.
RUNNING = []


class Httpd:
    """
    `config` is added to the minimal configuration (see configuration.py), which defines ${ROOT}, ${APPS}, ${DATA},
    ${MODULES} and ${PORT}. `apps` are files below ${APPS}: name -> text, or path to copy. `mpm`: None for event, or the
    choice of PYWSGI_MPM.
    """

    python_home = None  # a Python other than the default: adds a WSGIPythonHome line before `config`

    def __init__(self, config="", apps=None, mpm=None, modules=(), pywsgi=True, log_level="info", environment=None,
                 files=None):
        self.root = paths.new_directory("pyw.")
        self.port = free_port()
        self.mpm = mpm or configuration.CHOSEN_MPM
        self.modules = modules
        self.pywsgi = pywsgi
        self.log_level = log_level
        self.environment = environment or {}
        self.files = files  # httpd's soft and hard limit of descriptors; None: those of pytest
        self.process = None
        self.family = []
        self.expected_status = 0
        self.finished = False
        self.make_directories()
        self.add_apps(apps or {})
        self.log = ErrorLog(self.root / "error.log")
        self.logs = [self.log]
        self.expected = []
        if self.mpm == "prefork":
            # A few connections use all children. mod_http2 works, one request at a time in each child.
            self.allow_log("AH00161: server reached MaxRequestWorkers|AH10034")
        if "TSAN_OPTIONS" in os.environ:
            self.allow_log("PYW0525: .*pywsgi-template \\(not Python's\\)")  # TSan's own thread
        self.configure(config)

    # The directory

    def make_directories(self):
        for name in ("run", "htdocs", "apps", "data", "modules"):
            (self.root / name).mkdir(mode=0o755)
        self.apps, self.data, self.run = self.root / "apps", self.root / "data", self.root / "run"
        self.data.chmod(0o1777)
        (self.root / "htdocs" / "static.txt").write_text("static\n")
        if self.pywsgi:
            paths.install_artifacts(self.root / "modules")

    def add_apps(self, apps):
        for name, source in apps.items():
            target = self.apps / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, os.PathLike) and os.path.isdir(source):
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif isinstance(source, os.PathLike):
                shutil.copy(source, target)
            else:
                target.write_text(source)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(self.apps)], check=True)

    def configure(self, config):
        self.config_text = config
        (self.root / "httpd.conf").write_text(configuration.build(self, config))

    def add_log(self, name):
        """Add another ErrorLog of this server, which is checked like the main one."""
        log = ErrorLog(self.root / name)
        self.logs.append(log)
        return log

    # Running it

    def command(self, *arguments):
        return [paths.httpd_program(), "-d", str(self.root), "-f", str(self.root / "httpd.conf"), *arguments]

    def start_command(self):
        limit = ["/usr/bin/prlimit", "--nofile=%d:%d" % self.files] if self.files else []
        return [*limit, *self.command("-DFOREGROUND")]

    def child_environment(self):
        environment = {"PATH": paths.SYSTEM_PATH, "LANG": "C", "PYWSGI_TEST_ROOT": str(self.root)}
        environment.update({name: value for name, value in os.environ.items() if name.startswith(("ASAN_", "TSAN_", "UBSAN_"))})
        if "PYWSGI_LD_PRELOAD" in os.environ:
            environment["LD_PRELOAD"] = os.environ["PYWSGI_LD_PRELOAD"]
        environment.update(self.environment)
        return environment

    def configtest(self):
        """Return whether the configuration is valid, and the output of httpd."""
        result = subprocess.run(self.command("-t"), env=self.child_environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return result.returncode == 0, result.stdout

    def start(self):
        since = self.log.position()
        with open(self.root / "stderr.txt", "ab") as output:
            self.process = subprocess.Popen(
                self.start_command(), env=self.child_environment(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True)
        RUNNING.append(self)
        wait_for(lambda: self.process.poll() is not None or self.log.find(STARTED, since), START_SECONDS,
                 "start of httpd (see %s)" % self.root)
        if self.process.poll() is not None:
            RUNNING.remove(self)
            raise AssertionError("httpd ended with status %d:\n%s" % (self.process.returncode, self.output()))
        self.descriptors = processes.descriptor_count(self.process.pid)
        self.remember_family()
        return self

    def output(self):
        text = (self.root / "stderr.txt").read_text(errors="replace")
        return text + "\n".join(self.log.lines())

    def _restart(self, number):
        since = self.log.position()
        self.let_connections_close()
        self.remember_family()
        os.kill(self.process.pid, number)
        self.log.wait(STARTED, since, START_SECONDS)

    def graceful(self):
        self._restart(signal.SIGUSR1)

    def restart(self):
        self._restart(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        """Stop httpd, wait for it, and return its exit status."""
        self.let_connections_close()
        self.remember_family()
        if self.mpm == "prefork" and "http2" in self.modules:
            # The signal handler of prefork ends a connection again whose end mod_http2 is waiting for.
            self.allow_log("AH00052: child pid \\d+ exit signal Segmentation fault")
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            RUNNING.remove(self)

    def let_connections_close(self, seconds=0.5):
        """
        httpd's event MPM may crash, with or without our module, if it is stopped at the moment in which it closes a
        connection. Connections that the test holds stay open.
        """
        try:
            wait_for(lambda: not processes.clients(self.process.pid), seconds)
        except AssertionError:
            pass

    # Its processes

    def remember_family(self):
        known = set(self.family)
        self.family += [process for process in processes.descendants(self.process.pid) if process not in known]

    def children(self):
        return processes.httpd_children(self.process.pid)

    def manager(self):
        return processes.manager(self.process.pid)

    def workers(self, group=None):
        """Return the current workers; `group`: only those whose environment or title names it."""
        return [child for child in self.managed(group) if not processes.is_template(child)]

    def templates(self, group=None):
        """Return the templates of groups with preload=On."""
        return [child for child in self.managed(group) if processes.is_template(child)]

    def managed(self, group=None):
        manager = self.manager()
        children = processes.children(manager) if manager else []
        return [child for child in children if group is None or group in processes.title(child)]

    def wait_new_manager(self, old):
        """Wait until httpd has started another manager than `old`, and return it."""
        def find():
            manager = self.manager()
            return manager and manager.pid != old.pid and manager

        return wait_for(find)

    def group_status(self):
        """Return the groups of `pywsgi status --json`."""
        program = [str(self.root / "modules" / "pywsgi"), "status", "--json", "--directory", str(self.run)]
        output = subprocess.run(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=30).stdout
        return json.loads(output)["groups"]

    def wait_for_workers(self, seconds=START_SECONDS):
        """Wait until all groups have all of their workers, and no others, and all have loaded their applications."""
        def states():
            return [[worker["state"] for worker in group["workers"] if worker["state"] != "template"]
                    for group in self.group_status()]

        wait_for(lambda: states() == [["ready"] * group["processes"] for group in self.group_status()], seconds,
                 states)

    def memory(self):
        """Return {process: resident bytes} for httpd's children and the workers."""
        self.wait_for_workers()
        return {process: process.memory_info().rss for process in self.children() + self.workers()}

    def socket_directories(self):
        return sorted(path for path in self.run.iterdir() if path.name.startswith("pywsgi"))

    def sockets(self):
        """Return the workers' sockets, one for each worker."""
        return sorted(path for directory in self.socket_directories() for path in directory.glob("w.*"))

    def remove_sockets(self):
        """Remove the sockets, as a cleaner of temporary directories does. Existing connections stay."""
        for path in self.sockets():
            path.unlink()

    def remove_socket_directories(self):
        """Remove what a manager leaves that httpd kills, because it did not accept its first configuration."""
        for directory in self.socket_directories():
            shutil.rmtree(directory)

    def wait_for_look(self):
        """Wait for the manager's check of its workers, once a second. It then creates its own removed socket again."""
        directory, = self.socket_directories()
        (directory / "manager").unlink()
        wait_for((directory / "manager").exists)

    # Requests

    def connect(self, **options):
        return Connection(self.port, **options)

    def request(self, method, path, headers=(), body=None, chunked=False, **options):
        """Send one request on its own connection."""
        with self.connect(**options) as connection:
            return connection.request(method, path, [*headers, ("Connection", "close")], body, chunked)

    def get(self, path, headers=(), **options):
        return self.request("GET", path, headers, **options)

    def post(self, path, body, headers=(), **options):
        return self.request("POST", path, headers, body, **options)

    # The log

    def expect_log(self, pattern):
        """Announce a line of the error log; it must exist when the test ends."""
        self.allow_log(pattern)
        self.expected.append((pattern, [(log, log.position()) for log in self.logs]))

    def allow_log(self, pattern):
        """Announce a line that may appear from now to the end of the class."""
        for log in self.logs:
            log.announce(pattern)

    def begin_test(self, name):
        for log in self.logs:
            log.mark(name)

    def end_test(self):
        expected, self.expected = self.expected, []
        for pattern, positions in expected:
            wait_for(lambda: any(log.find(pattern, since) for log, since in positions), PATIENCE,
                     "the announced log line %r" % pattern)
        self.check_log()

    def check_log(self):
        lines = [line for log in self.logs for line in log.unannounced()]
        assert not lines, "not announced in the error log:\n" + "\n".join(lines)

    # The end

    def finish(self):
        """Stop the server, if it runs, and assert that it leaves nothing behind. Always remove the directory."""
        if self.finished:
            return
        self.finished = True
        try:
            if self in RUNNING:
                self.check_descriptors()
                assert self.stop() == self.expected_status, self.output()
            processes.assert_gone(self.family)
            assert not self.socket_directories(), "left behind: %s" % self.socket_directories()
            self.check_log()
        finally:
            self.destroy()

    def check_descriptors(self):
        if self.process.poll() is None:
            wait_for(lambda: processes.descriptor_count(self.process.pid) <= self.descriptors, PATIENCE,
                     "as many descriptors in httpd's parent as at the start (%d): %s" % (
                         self.descriptors, processes.descriptors(self.process.pid)))

    def destroy(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self in RUNNING:
            RUNNING.remove(self)
        processes.kill(self.family)
        if not os.environ.get("PYWSGI_KEEP"):
            shutil.rmtree(self.root, ignore_errors=True)


def server_user():
    """Return the user of httpd's children."""
    return "www-data" if paths.is_root() else pwd.getpwuid(os.geteuid()).pw_name
