# SPDX-License-Identifier: Apache-2.0
"""The files, descriptors and memory that an application's process can access, and access to this process by others."""
import re
import shutil
import socket
import struct
import subprocess

import pytest

from pyw import paths, processes, wait_for
from pyw.httpd import Httpd
from pyw.tls import virtual_host

HELLO = 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"hello"]\n'
CONFIG = """
    WSGIDaemonProcess app threads=3
    WSGIScriptAlias /app ${APPS}/hello.wsgi process-group=app
"""


def secret_numbers(server):
    """The primes of the key, in OpenSSL's memory format (little-endian words) and big-endian."""
    text = subprocess.run(["openssl", "rsa", "-in", str(server.root / "key.pem"), "-noout", "-text"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    numbers = []
    for name in ("prime1", "prime2"):
        digits = re.search(name + r":\n((?: +[0-9a-f:]+\n)+)", text).group(1)
        number = bytes.fromhex("".join(digits.split()).replace(":", "")).lstrip(b"\0")
        numbers += [number, number[::-1]]
    return [number[8:72] for number in numbers]


def holds(pid, needles):
    return any(needle in block for block in processes.read_memory(pid) for needle in needles)


class TestTls:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(modules=("ssl", "socache_shmcb"), apps={"hello.wsgi": HELLO}, start=False)
        server.configure(CONFIG + virtual_host(server, """
            ErrorLog ${ROOT}/tls.log
            WSGIDaemonProcess other
            WSGIScriptAlias /other ${APPS}/hello.wsgi process-group=other"""))
        server.add_log("tls.log")
        return server.start()

    @pytest.mark.root
    def test_the_private_key_is_in_httpd(self, server):
        """The control experiment: the search below would find it."""
        assert holds(server.process.pid, secret_numbers(server))

    @pytest.mark.root
    def test_the_private_key_is_in_no_process_of_ours(self, server):
        numbers = secret_numbers(server)
        wait_for(lambda: len(server.workers()) == 2)
        for process in [server.manager(), *server.workers()]:
            assert not holds(process.pid, numbers), processes.title(process)

    def test_no_key_file_and_no_tcp_socket_is_open(self, server):
        listening = tcp_inodes()
        for process in [server.manager(), *server.workers()]:
            open_files = processes.descriptors(process.pid).values()
            assert not any(path.endswith(".pem") for path in open_files)
            assert not [path for path in open_files if path in listening]


def tcp_inodes():
    found = set()
    for name in ("tcp", "tcp6"):
        with open("/proc/net/" + name) as file:
            found.update("socket:[%s]" % line.split()[9] for line in file.readlines()[1:])
    return found


class TestDescriptors:
    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        server = make_httpd(CONFIG + """
            CustomLog ${ROOT}/access.log "%h %r"
            <VirtualHost 127.0.0.1:${PORT}>
                ServerName own.example
                ErrorLog ${ROOT}/own.log
                WSGIDaemonProcess own
                WSGIScriptAlias /own ${APPS}/hello.wsgi process-group=own
            </VirtualHost>
            <VirtualHost 127.0.0.1:${PORT}>
                ServerName foreign.example
                ErrorLog ${ROOT}/foreign.log
            </VirtualHost>""", apps={"hello.wsgi": HELLO}, start=False)
        server.add_log("own.log")
        server.add_log("foreign.log")
        return server.start()

    def test_a_workers_descriptors_are_the_declared_ones(self, server):
        """The descriptors of src/worker/heritage.h, its board, its epoll and event descriptors, spare ones, and
        httpd's connection.
        """
        assert server.get("/own", [("Host", "own.example")]).body == b"hello"
        worker, = server.workers("own")
        wait_for(lambda: not any(path.startswith("/usr/") for path in processes.descriptors(worker.pid).values()),
                 what="the end of imports")
        open_files = processes.descriptors(worker.pid)
        others = sorted(re.sub(r"\d+| .*", "", path) for fd, path in open_files.items() if fd > 6)
        assert set(range(7)) <= set(open_files)
        assert open_files[0] == "/dev/null"
        assert open_files[1].startswith("pipe:") and open_files[1] == open_files[2] == open_files[6]
        assert open_files[3].startswith("socket:") and open_files[4].startswith("socket:")
        assert open_files[5] == "anon_inode:[eventfd]"
        assert set(others) <= {"/memfd:pywsgi-board", "/memfd:pywsgi-stacks", "anon_inode:[eventpoll]", "socket:[]",
                               "/dev/null"}
        assert len(others) <= 7

    def test_no_worker_has_a_log(self, server):
        for worker in server.workers():
            assert not any(path.endswith(".log") for path in processes.descriptors(worker.pid).values())

    def test_no_worker_has_the_access_log(self, server):
        for process in [server.manager(), *server.workers()]:
            assert not any("access.log" in path for path in processes.descriptors(process.pid).values())

    def test_httpds_children_have_no_control_channel(self, server):
        """Only the parent has the other end; a child with it could send commands to the manager."""
        control = [path for path in processes.descriptors(server.manager().pid).values() if path.startswith("socket:")]
        peers = peer_inodes(control)
        assert peers & set(processes.descriptors(server.process.pid).values()), "the control: the parent has it"
        for child in server.children():
            assert not peers & set(processes.descriptors(child.pid).values())


def peer_inodes(sockets):
    """Return the other ends of UNIX socket pairs, from ss; empty if it is not installed."""
    program = shutil.which("ss", path=paths.SYSTEM_PATH)
    if not program:
        pytest.skip("ss is not installed")
    output = subprocess.run([program, "-xnp"], stdout=subprocess.PIPE, text=True).stdout
    inodes = {name[8:-1] for name in sockets}
    peers = set()
    for line in output.splitlines():
        words = line.split()
        numbers = [word for word in words if word.isdigit()]
        if inodes & set(numbers):
            peers.update("socket:[%s]" % number for number in numbers if number not in inodes and len(number) > 2)
    return peers


class TestSockets:
    """The sockets belong to httpd's user: modes exclude other users, and so does SO_PEERCRED."""

    @pytest.fixture(scope="class")
    def server(self, make_httpd):
        return make_httpd(CONFIG, apps={"hello.wsgi": HELLO})

    def knock(self, path, user):
        """Return the result for a process of `user`: "refused" by the file system, "closed" by the worker, or
        "answered".
        """
        code = ("import socket, sys\n"
                "s = socket.socket(socket.AF_UNIX)\n"
                "s.settimeout(5)\n"
                "try:\n"
                "    s.connect(sys.argv[1])\n"
                "except PermissionError:\n"
                "    print('refused'); sys.exit()\n"
                "try:\n"
                "    s.sendall(b'x' * 64)\n"
                "    print('closed' if not s.recv(1) else 'answered')\n"
                "except OSError as error:\n"
                "    print('closed' if not isinstance(error, socket.timeout) else 'open')\n")
        result = subprocess.run(["/usr/bin/python3", "-I", "-c", code, str(path)], user=user, group=user,
                                extra_groups=[], stdout=subprocess.PIPE, text=True, timeout=20, cwd="/")
        return result.stdout.strip()

    @pytest.mark.root
    def test_another_user_cannot_connect(self, server):
        assert self.knock(wait_for(server.sockets)[0], "games") == "refused"

    @pytest.mark.root
    def test_another_user_is_refused_with_any_mode(self, server):
        path = wait_for(server.sockets)[0]
        server.allow_log(r"PYW04\d\d")
        path.chmod(0o666)
        try:
            assert self.knock(path, "games") == "closed"
        finally:
            path.chmod(0o600)
        assert server.get("/app").body == b"hello"

    def test_garbage_from_the_right_user_harms_nothing(self, server):
        server.allow_log(r"PYW04\d\d|PYW00\d\d")
        for data in (b"", b"x", b"\xff" * 64, b"\0" * 4096, struct.pack("<IIII", 0xffffffff, 1, 2, 3) * 16):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(10)
                peer.connect(str(wait_for(server.sockets)[0]))
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                while True:
                    try:
                        if not peer.recv(4096):
                            break
                    except ConnectionResetError:
                        break
        assert server.get("/app").body == b"hello"
        assert len(server.workers()) == 1

    @pytest.mark.root
    def test_the_directory_cannot_be_listed_by_others(self, server):
        directory, = server.socket_directories()
        result = subprocess.run(["/usr/bin/ls", str(directory)], user="games", group="games", extra_groups=[], cwd="/",
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert result.returncode != 0


class TracedHttpd(Httpd):
    """Runs under strace, which follows every fork."""

    def command(self, *arguments):
        own = super().command(*arguments)
        if "-DFOREGROUND" not in arguments:
            return own
        calls = "trace=execve,openat,open,setresuid,setuid,setgroups,setresgid"
        return ["strace", "-D", "-f", "-q", "-e", calls, "-o", str(self.root / "trace"), *own]


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                                                      stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.root
@pytest.mark.skipif(not can_trace(), reason="strace is not installed, or may not trace here")
class TestPrivileges:
    def test_no_file_of_python_is_opened_before_the_privileges_are_dropped(self):
        server = TracedHttpd("WSGIDaemonProcess app user=nobody\n"
                             "WSGIScriptAlias / ${APPS}/hello.wsgi process-group=app", apps={"hello.wsgi": HELLO})
        try:
            server.start()
            response, pid = server.get("/"), server.workers()[0].pid
            server.stop()
            trace = wait_for(lambda: self.trace_of(server, pid), what="the end of the trace of %d" % pid)
            assert response.body == b"hello"
        finally:
            server.finish()
        names = [re.match(r"(?:<\.\.\. )?(\w+)", call) for call in trace]
        names = [match.group(1) if match else "" for match in names]
        dropped = next(i for i, call in enumerate(trace)
                       if names[i] in ("setresuid", "setuid") and call.endswith("= 0"))
        python = re.compile(r'open(at)?\(.*(pywsgi_cpython|libpython|/python3|\.py"|pyvenv)')
        assert not [call for call in trace[:dropped] if python.search(call)]
        assert [call for call in trace[dropped:] if python.search(call)]
        assert names.index("setgroups") < names.index("setresgid") < dropped

    def trace_of(self, server, pid):
        """Return the calls of a process when strace has recorded its end."""
        lines = [line.split(None, 1) for line in (server.root / "trace").read_text(errors="replace").splitlines()]
        calls = [words[1] for words in lines if words[0] == str(pid)]
        return calls if calls and calls[-1].startswith("+++") else None


class TestSecrets:
    """The values of env= and env-file= are visible to no other process."""

    def test_not_in_any_command_line_or_environment_but_the_workers(self, make_httpd):
        server = make_httpd("WSGIDaemonProcess app env=TOKEN=s3cr3t-value\n"
                            "WSGIScriptAlias / ${APPS}/hello.wsgi process-group=app", apps={"hello.wsgi": HELLO})
        assert server.get("/").body == b"hello"
        for process in [server.process, server.manager(), *server.workers()]:
            for name in ("cmdline", "environ"):
                with open("/proc/%d/%s" % (process.pid, name), "rb") as file:
                    assert b"s3cr3t-value" not in file.read(), (process.pid, name)

    def test_a_worker_contains_no_memory_of_httpd(self, make_httpd):
        server = make_httpd(CONFIG + "SetEnv SOME_HTTPD_SECRET value\n", apps={"hello.wsgi": HELLO})
        assert server.get("/static.txt").status == 200
        worker = wait_for(lambda: server.workers())[0]
        needle = b"SOME_HTTPD_" + b"SECRET"
        assert holds(server.process.pid, [needle])
        assert not holds(worker.pid, [needle])
        assert not holds(server.manager().pid, [needle])
